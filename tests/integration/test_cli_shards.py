"""Folders of shards by the command line."""

import contextlib
import json
import signal
import subprocess
import threading
import time

import numpy as np
import pytest

import recordsmith as rs
from commands import WAIT_S, bad, good, run, start


@pytest.fixture
def table(tmp_path):
    rows = "".join(f"{i % 2},{i},{i * 2}\n" for i in range(2000))
    (tmp_path / "a.csv").write_text(f"y,a,b\n{rows}")
    return tmp_path


def names(folder):
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*"))


def test_convert_to_shards_and_verify(table):
    command = ("convert", "a.csv", "out/", "--label", "y", "--shards=3", "--json")
    done = json.loads(good(*command, cwd=table))
    files = [f"part-0000{i}-of-00003.pbr" for i in range(3)]
    assert names(table / "out") == files
    assert [one["name"] for one in done["shards"]] == files
    assert (done["rows"], done["manifest"]) == (2000, "out.manifest.json")
    assert "out/: ok, 2,000 records" in good("verify", "out/", cwd=table)
    with (table / "out" / files[1]).open("ab") as file:
        file.write(b"x")
    broken = run("verify", "out", cwd=table)
    assert broken.returncode == 1
    assert b"part-00001-of-00003.pbr: " in broken.stdout


def test_split_says_the_rows_of_each_part(table):
    options = ["--label", "y", "--split", "train=.9,test=.1", "--seed", "3"]
    dry = run("convert", "a.csv", "out", *options, "--dry-run", cwd=table)
    assert dry.returncode == 0, dry.stderr
    assert b"2,000 rows" in dry.stderr
    assert names(table) == ["a.csv"]
    done = run("convert", "a.csv", "out", *options, cwd=table)
    assert done.returncode == 0, done.stderr
    counts = {
        part: sum(rs.read(one).n_rows for one in (table / "out" / part).iterdir())
        for part in ("train", "test")
    }
    assert sum(counts.values()) == 2000
    text = f"train {counts['train']:,} rows, test {counts['test']:,} rows"
    assert text in done.stderr.decode()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--split=train", "'train' is not NAME=SHARE"),
        ("--split=a=.5,a=.5", "'a' is named twice"),
        ("--shards=few", "'few' is no number, nor auto"),
    ],
)
def test_wrong_usage(table, option, message):
    assert message in bad(2, "convert", "a.csv", "out", option, cwd=table)


def test_a_bad_row_late_leaves_nothing(table):
    with (table / "a.csv").open("a") as file:
        file.write("1,2\n")
    message = bad(1, "convert", "a.csv", "out/", "--label", "y", cwd=table)
    assert "2002" in message
    assert names(table) == ["a.csv"]


def feed(file, data):
    with contextlib.suppress(BrokenPipeError), file:
        while True:
            file.write(data)


@pytest.mark.parametrize("stop", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing(tmp_path, stop):
    """The source is a pipe that never ends, so the writing is under way for sure."""
    number, code = stop
    command = ("convert", "-", "out/", "--from", "recordio", "--instances=2")
    process = start(*command, cwd=tmp_path, stdin=subprocess.PIPE)
    data = rs.encode(np.zeros((20_000, 20), "float32"))
    feeder = threading.Thread(target=feed, args=(process.stdin, data))
    feeder.start()
    try:
        deadline = time.monotonic() + WAIT_S
        while not list(tmp_path.glob(".out.*/.part*")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(number)
        with process.stderr:
            message = process.stderr.read()
        assert process.wait(WAIT_S) == code, message
    finally:
        process.kill()
        feeder.join()
    assert names(tmp_path) == []
