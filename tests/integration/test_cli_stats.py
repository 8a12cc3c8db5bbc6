"""`recordsmith stats` as a process: the table, JSON, the page, errors."""

import json
import subprocess
import sys
import textwrap

import pytest

from commands import bad, good, run

CSV = "id,area,city,sold\n" + "".join(
    f"{i},{i % 17 * 2.5},{'Oslo' if i % 3 else ''},{i % 2}\n" for i in range(60)
)


@pytest.fixture
def houses(tmp_path):
    path = tmp_path / "houses.csv"
    path.write_text(CSV)
    return path


def test_the_table(houses, tmp_path):
    text = good("stats", "houses.csv", "--label", "sold", cwd=tmp_path)
    lines = text.splitlines()
    assert lines[0].startswith("houses.csv: csv, 60 rows of 4 columns, ")
    assert lines[5].split() == ["city", "text", "33.3%", "1"]
    assert "label sold: 0 50.0%, 1 50.0%" in lines
    assert "id may be an id: whole numbers that rise from row to row" in lines


def test_json_of_standard_input_and_many_files(houses, tmp_path):
    one = json.loads(good("stats", "-", "--from", "csv", "--json", input=CSV.encode()))
    assert one["rows"] == 60 and one["suspected_ids"] == ["id"]
    two = good("stats", "houses.csv", "houses.csv", "--json", cwd=tmp_path)
    assert json.loads(two)["rows"] == 120


def test_records_and_options_of_the_source(houses, tmp_path):
    good(
        "convert",
        "houses.csv",
        "a.pbr",
        "--label",
        "sold",
        "--drop",
        "city",
        cwd=tmp_path,
    )
    found = json.loads(good("stats", "a.pbr", "--json", cwd=tmp_path))
    assert [one["name"] for one in found["columns"]] == ["label", "f0", "f1"]
    args = ["stats", "houses.csv", "--drop", "city,id", "--detailed", "0", "--json"]
    found = json.loads(good(*args, cwd=tmp_path))
    assert [one["quantiles"] for one in found["columns"]] == [None, None]


def test_the_page(houses, tmp_path):
    done = run("stats", "houses.csv", "--html", "a.html", "-q", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    page = (tmp_path / "a.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") and "houses.csv" in page
    message = bad(1, "stats", "houses.csv", "--html", "a.html", cwd=tmp_path)
    assert "exists" in message and "--overwrite" in message
    good("stats", "houses.csv", "--html", "a.html", "--overwrite", cwd=tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.html", "houses.csv"]


def test_errors(houses, tmp_path):
    assert "did you mean 'sold'" in bad(
        1, "stats", "houses.csv", "--label", "solde", cwd=tmp_path
    )
    assert "unknown argument '--nulls'" in bad(
        2, "stats", "houses.csv", "--nulls", "nan", cwd=tmp_path
    )
    assert "--overwrite is for the page" in bad(
        2, "stats", "houses.csv", "--overwrite", cwd=tmp_path
    )
    assert "No such file" in bad(1, "stats", "none.csv", cwd=tmp_path)
    houses.write_text(CSV + "1,2\n")
    message = bad(1, "stats", "houses.csv", "--html", "b.html", cwd=tmp_path)
    assert "line 62" in message
    assert not (tmp_path / "b.html").exists()


PEAK = """
import io, sys
import recordsmith as rs
class Lines(io.RawIOBase):
    "A head, then lines that are made when they are read."
    def __init__(self, n):
        self.ready, self.at, self.n = b"a,b,c,d\\n", 0, n
    def readable(self):
        return True
    def readinto(self, buffer):
        if not self.ready and self.at < self.n:
            part = range(self.at, self.at + 5000)
            self.ready = "".join(
                f"{i},{i * 7919 % 10007 / 7},t{i},{i % 3}\\n" for i in part
            ).encode()
            self.at += 5000
        n = min(len(buffer), len(self.ready))
        buffer[:n] = self.ready[:n]
        self.ready = self.ready[n:]
        return n
n = int(sys.argv[1])
found = rs.stats(Lines(n), source_format="csv", threads=2)
assert found.rows == n and found["a"].maximum == n - 1
with open("/proc/self/status") as status:
    print(int(status.read().split("VmHWM:")[1].split()[0]) // 1024)
"""


def test_memory_is_flat():
    peaks = []
    for rows in (300_000, 1_200_000):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(PEAK), str(rows)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 32, peaks
    assert peaks[1] < 300, peaks
