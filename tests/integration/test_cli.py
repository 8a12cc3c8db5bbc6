"""The command line: usage, conversions, errors, what the other commands say."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path

import pytest

import recordsmith as rs
from commands import bad, csv_bytes, good, names, run
from recordsmith import cli

# -- usage -----------------------------------------------------------------------------


@pytest.mark.parametrize("command", [[], *([name] for name in cli.parser.COMMANDS)])
def test_help(command):
    text = good(*command, "--help")
    assert text.startswith("usage: recordsmith")
    assert "example" in text
    assert max(map(len, text.splitlines())) < 130


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom recordsmith import cli\n"
        "try: cli.main(['convert', '--help'])\nexcept SystemExit: pass\n"
        "print('numpy' in sys.modules, 'recordsmith.pipeline' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False False", done.stderr


def test_version():
    assert good("--version") == f"recordsmith {rs.__version__}\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "no command; choose from convert, validate, inspect"),
        (["conver", "a", "b"], "unknown command 'conver'; did you mean convert?"),
        (["xyzzy"], "unknown command 'xyzzy'; choose from convert, "),
        (["convert", "a", "b", "--overwite"], "did you mean --overwrite?"),
        (
            ["convert", "a", "b", "--zzz=1"],
            "unknown argument '--zzz=1'; see recordsmith c",
        ),
        (["convert", "a", "b", "--dtype", "flot32"], "did you mean float32?"),
        (["convert", "a"], "convert needs an input and an output"),
        (["convert"], "the following arguments are required: IN ... OUT"),
        (["convert", "a", "b", "--limit", "x"], "argument --limit: invalid int value"),
        (["convert", "a", "b", "--delimiter", ",,"], "',,' is not one character"),
        (["convert", "a", "-", "--json", "--to", "csv"], "both want standard output"),
        (["convert", "a", "b", "--over"], "unknown argument '--over'"),
        (["salvage", "a"], "the following arguments are required: OUT"),
        (["inspect"], "required: FILE"),
    ],
)
def test_wrong_usage_is_exit_code_2(tmp_path, args, message):
    assert message in bad(2, *args, cwd=tmp_path)
    assert names(tmp_path) == []


def test_usage_says_where_help_is(tmp_path):
    assert run("convert", "a").stderr.endswith(b"try: recordsmith convert --help\n")


# -- convert ---------------------------------------------------------------------------


def test_convert(table, tmp_path):
    done = run("convert", table, tmp_path / "a.pbr", "--label", "y")
    assert done.returncode == 0
    assert done.stdout == b""
    assert re.match(rb"100 rows, [\d.]+ kB written to .*a\.pbr in [\d.]+ s", done.stderr)
    batch = rs.decode((tmp_path / "a.pbr").read_bytes())
    assert batch.features.shape == (100, 4)
    assert batch.labels.tolist() == [0, 1] * 50
    assert names(tmp_path) == ["a.csv", "a.pbr"]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "arrow", "npz"])
def test_there_and_back(records, tmp_path, suffix):
    middle, back = tmp_path / f"b.{suffix}", tmp_path / "c.pbr"
    label = {"csv": "0", "tsv": "0", "npz": "y"}.get(suffix, "label")
    text = suffix in ("csv", "tsv")
    options = ["--no-header"] if text else []
    if suffix != "npz":
        options += ["--dtype", "float32", "--label-dtype", "int32"]
    good("convert", records, middle)
    good("convert", middle, back, "--label", label, *options)
    assert back.read_bytes() == records.read_bytes()


def test_several_inputs(tmp_path):
    for i in range(3):
        (tmp_path / f"p{i}.csv").write_bytes(csv_bytes(10 + i))
    good("convert", "p0.csv", "p2.csv", "p1.csv", "a.pbr", "--label", "y", cwd=tmp_path)
    good("convert", "p*.csv", "b.pbr", "--label", "y", cwd=tmp_path)
    assert json.loads(good("inspect", "--json", "a.pbr", cwd=tmp_path))["rows"] == 33
    sizes = [(tmp_path / name).stat().st_size for name in ("a.pbr", "b.pbr")]
    assert sizes[0] == sizes[1]


def test_columns_by_name_and_position(tmp_path):
    (tmp_path / "a.csv").write_text('id,0,"a,b",y\nr1,1,2,3\nr2,4,5,6\n')

    def rows(*options):
        good("convert", "a.csv", "o.pbr", "--overwrite", *options, cwd=tmp_path)
        batch = rs.decode((tmp_path / "o.pbr").read_bytes())
        return batch.features.tolist(), batch.labels.tolist(), batch.uids

    expected = ([[1, 2], [4, 5]], [3, 6], ["r1", "r2"])
    assert rows("--label", "y", "--uid", "id") == expected
    assert rows("--label", "3", "--uid", "0") == expected
    features = [[1], [4]], [3, 6], None
    assert rows("--label", "y", "--features", "name:0") == features
    assert rows("--label", "y", "--drop", "0,2") == features
    assert rows("--label", "y", "--drop", "id", "--features", "name:a,b")[0] == [[2], [5]]


def test_what_was_changed_is_said(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n0.1,1\n,2\n")
    args = ["convert", "a.csv", "a.pbr", "--label", "y", "--dtype", "float32"]
    done = run(*args, "--nulls", "nan", cwd=tmp_path)
    assert done.returncode == 0
    assert b"  missing values filled in: 1\n" in done.stderr
    assert b"  values rounded: 1\n" in done.stderr


def test_json(table, tmp_path):
    done = run("convert", table, tmp_path / "a.pbr", "--label", "y", "--json")
    assert done.stderr == b""
    found = json.loads(done.stdout)
    assert found["rows"] == 100
    assert found["bytes"] == (tmp_path / "a.pbr").stat().st_size
    assert found["path"] == str(tmp_path / "a.pbr")
    assert found["format"] == "recordio"
    assert found["dry_run"] is False
    assert found["changes"] == {}
    assert found["seconds"] > 0


def test_json_of_an_error(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4,5\n")
    done = run("convert", "a.csv", "a.pbr", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(b"recordsmith: a.csv: ")
    found = json.loads(done.stdout)
    assert (found["path"], found["row"], found["unit"]) == ("a.csv", 3, "line")
    assert found["type"] == "ParseError"


def test_quiet(table, tmp_path):
    done = run("convert", "-q", table, tmp_path / "a.pbr")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert "No such file" in bad(1, "convert", "-q", "none.csv", tmp_path / "b.pbr")


def test_limit(table, tmp_path):
    for limit in (0, 1, 100, 1000):
        args = [
            table,
            tmp_path / "a.csv2",
            "--to",
            "csv",
            "--overwrite",
            "--limit",
            limit,
        ]
        good("convert", *args)
        assert (tmp_path / "a.csv2").read_bytes().count(b"\n") == min(limit, 100)


def test_overwrite(table, tmp_path):
    (tmp_path / "a.pbr").write_bytes(b"old")
    message = bad(1, "convert", "a.csv", "a.pbr", cwd=tmp_path)
    assert message == (
        "a.pbr: the file exists; pass --overwrite to replace it, or choose another name"
    )
    assert (tmp_path / "a.pbr").read_bytes() == b"old"
    good("convert", "a.csv", "a.pbr", "--overwrite", cwd=tmp_path)
    assert len((tmp_path / "a.pbr").read_bytes()) > 1000


def test_the_output_may_be_the_input(records, tmp_path):
    before = records.read_bytes()
    assert "the file exists" in bad(1, "convert", records, records)
    good("convert", records, records, "--overwrite")
    assert records.read_bytes() == before
    good("convert", records, records, "--overwrite", "--limit", 3)
    assert records.read_bytes() == before[: len(before) // 10 * 3]
    assert names(tmp_path) == ["a.pbr"]


def test_dry_run(table, tmp_path):
    done = run("convert", "a.csv", "a.pbr", "--label", "y", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0
    assert b"100 rows" in done.stderr and b"would be written to a.pbr" in done.stderr
    assert names(tmp_path) == ["a.csv"]
    args = ["convert", "a.csv", "a.npz", "--label", "y", "--dry-run", "--json"]
    assert json.loads(good(*args, cwd=tmp_path))["dry_run"] is True
    assert names(tmp_path) == ["a.csv"]
    (tmp_path / "b.csv").write_text("x\nno number\n")
    assert "b.csv" in bad(1, "convert", "b.csv", "b.pbr", "--dry-run", cwd=tmp_path)
    (tmp_path / "a.pbr").write_bytes(b"old")
    assert "exists" in bad(1, "convert", "a.csv", "a.pbr", "--dry-run", cwd=tmp_path)


def test_compress(table, tmp_path):
    import gzip

    good("convert", table, tmp_path / "a.pbr", "--label", "y")
    good("convert", table, tmp_path / "b.pbr", "--label", "y", "--compress", "gzip")
    packed = (tmp_path / "b.pbr").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "a.pbr").read_bytes()
    message = bad(1, "convert", "a.csv", "a.pbr.gz", cwd=tmp_path)
    assert "pass --compress gzip" in message


# -- errors ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["none.csv", "o.pbr"], "none.csv: No such file or directory"),
        (["a.csv", "o.foo"], "o.foo: the suffix '.foo' tells no format; pass --to, or"),
        (
            ["a.csv", "no/o.pbr"],
            "no/o.pbr: the folder 'no' does not exist; make it first",
        ),
        (["a.csv", "."], ".: the folder exists and is not empty; pass --overwrite to"),
        (["a.csv", "out/", "--to", "csv"], "out/: a folder of shards holds recordio"),
        (["a.csv", "-", "--shards", "2"], "--shards is about a folder of files"),
        (["a.csv", "a.csv/o.pbr"], "the folder 'a.csv' does not exist"),
        (["a.csv", "o.pbr", "--label", "z"], "a.csv: --label z: no such column"),
        (["a.csv", "o.pbr", "--n-features", "3"], "csv has no option --n-features"),
        (["a.csv", "o.csv", "--empty-rows", "keep"], "csv output does not know the opti"),
        (["a.csv", "o.pbr", "--limit", "-1"], "limit is -1"),
        (["a.csv", "o.pbr", "--threads", "0"], "threads is 0, expected 1 or more"),
        (["a.csv", "/dev/full", "--to", "csv"], "/dev/full: No space left on device"),
        (["a.csv", "o.pbr", "--from", "parquet"], "a.csv"),
        (["empty.csv", "o.pbr"], "empty.csv"),
    ],
)
def test_errors_are_one_line_and_exit_code_1(table, tmp_path, args, message):
    (tmp_path / "empty.csv").write_bytes(b"")
    assert message in bad(1, "convert", *args, cwd=tmp_path)
    assert names(tmp_path) == ["a.csv", "empty.csv"]


def test_an_error_late_in_the_input(tmp_path):
    """Failure test 1: a bad row at 80 %, after much has been written."""
    good_rows = csv_bytes(200_000, 10)
    (tmp_path / "a.csv").write_bytes(good_rows + b"1,2\n" + csv_bytes(50_000, 10, False))
    message = bad(1, "convert", "a.csv", "a.pbr", "--label", "y", cwd=tmp_path)
    assert re.match(r"a\.csv: line 200002: .*2.*11", message), message
    assert names(tmp_path) == ["a.csv"]
    (tmp_path / "a.pbr").write_bytes(b"old")
    args = ["convert", "a.csv", "a.pbr", "--label", "y", "--overwrite"]
    bad(1, *args, cwd=tmp_path)
    assert (tmp_path / "a.pbr").read_bytes() == b"old"
    assert names(tmp_path) == ["a.csv", "a.pbr"]


def test_damaged_records(damaged, tmp_path):
    message = bad(1, "convert", "damaged.pbr", "b.pbr", cwd=tmp_path)
    assert re.match(r"damaged\.pbr: record 5, byte \d+: no RecordIO frame", message)
    assert names(tmp_path) == ["a.pbr", "damaged.pbr"]


def test_debug_shows_the_traceback(tmp_path):
    done = run("convert", "none.csv", "a.pbr", "--debug", cwd=tmp_path)
    assert done.returncode == 1
    assert b"Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(b"recordsmith: none.csv: No such")


def test_odd_names(tmp_path):
    name = os.fsdecode(b"b\xff\n \xc3\xa4.csv")
    (tmp_path / name).write_bytes(csv_bytes(3))
    good("convert", name, name + ".pbr", cwd=tmp_path)
    done = run("inspect", name + ".pbr", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    bad(1, "convert", name, name + ".pbr", cwd=tmp_path)


# -- head, cat, inspect ----------------------------------------------------------------


def test_head(records):
    rows = [json.loads(line) for line in good("head", "-n", 2, records).splitlines()]
    assert rows == [
        {"label": 0, "features": [0, 1, 2]},
        {"label": 1, "features": [3, 4, 5]},
    ]
    assert good("head", "--limit", 0, records) == ""
    assert len(good("head", records).splitlines()) == 10


def test_head_of_a_table(table):
    assert good("head", "-n", 1, "--to", "csv", "--label", "y", table) == (
        "0,0.5,0.5,0.5,0.5\n"
    )


def test_cat(records):
    assert len(good("cat", records, records).splitlines()) == 20
    text = good("cat", "--to", "csv", "--write-header", records)
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["label", "f0", "f1", "f2"]
    assert rows[10] == ["9", "27", "28", "29"]
    data = run("cat", "--to", "recordio", records).stdout
    assert data == records.read_bytes()


def test_inspect(records, table):
    text = good("inspect", records)
    assert re.match(r".*a\.pbr: recordio, 10 records, [\d,.]+ bytes\n", text)
    assert "features  dense float32, 3 values, 0 to 29, whole numbers" in text
    assert "label     dense int32, 1 value, 0 to 9, values 0, 1, 2" in text
    assert "csv, 100 rows" in good("inspect", "--label", "y", table)


def test_inspect_json_of_several(records, table):
    first, second = good("inspect", "--json", records, table).splitlines()
    assert json.loads(first)["fields"][0]["dtype"] == "float32"
    assert json.loads(second)["format"] == "csv"


def test_inspect_finds_the_first_problem(damaged, records):
    done = run("inspect", damaged, records)
    assert done.returncode == 1
    assert done.stderr == b""
    assert re.search(rb"problem: .*damaged\.pbr: record 5, byte \d+: no Rec", done.stdout)
    assert b"recordio, 4 records" in done.stdout
    assert b"recordio, 10 records" in done.stdout


def test_inspect_schema_changes(tmp_path):
    data = rs.encode([[1, 2]]) + rs.encode([[0.5]])
    (tmp_path / "a.pbr").write_bytes(data)
    assert "the schema changes 1 time" in good("inspect", "a.pbr", cwd=tmp_path)


# -- verify, salvage -------------------------------------------------------------------


def test_verify_fine(records):
    text = good("verify", records)
    assert re.match(r".*a\.pbr: ok, 10 records, \d+ bytes, each with <feature", text)
    assert good("verify", "--quiet", records) == ""
    found = json.loads(good("verify", "--json", records))
    assert (found["ok"], found["records"], found["problems"]) == (True, 10, [])


def test_verify_problems(damaged, records):
    done = run("verify", damaged, records)
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert re.match(r".*damaged\.pbr: record 5, byte \d+: no RecordIO frame", lines[0])
    assert re.match(r".*damaged\.pbr: 1 problem in 9 records", lines[1])
    assert re.match(r".*a\.pbr: ok", lines[2])
    done = run("verify", "--json", damaged)
    assert done.returncode == 1
    assert json.loads(done.stdout)["problems"][0]["record"] == 5


def test_verify_counts_all_and_prints_some(tmp_path):
    one, other, third = rs.encode([[1, 2]]), rs.encode([[1, 2, 3]]), rs.encode([[0.5, 1]])
    (tmp_path / "a.pbr").write_bytes(one + (other + third) * 30)
    done = run("verify", "--max-problems", 2, "a.pbr", cwd=tmp_path)
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 4
    assert lines[0] == (
        "a.pbr: record 2: feature 'values' has 3 values, the first record has 2"
    )


def test_verify_other_things(table, tmp_path):
    done = run("verify", table)
    assert done.returncode == 1
    assert b"record 1, byte 0: no RecordIO frame begins here" in done.stdout
    assert "No such file" in bad(1, "verify", tmp_path / "none")


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_verify_truncation(records, cut):
    records.write_bytes(records.read_bytes()[:-cut])
    done = run("verify", records)
    assert done.returncode == 1
    reason = rb"lacks 1 bytes of padding" if cut == 1 else rb"the data end inside a frame"
    assert re.search(rb"record 10, byte \d+: .*" + reason, done.stdout)


def test_salvage(damaged, records, tmp_path):
    done = run("salvage", "damaged.pbr", "b.pbr", cwd=tmp_path)
    assert done.returncode == 0
    data = records.read_bytes()
    size = len(data) // 10
    assert (tmp_path / "b.pbr").read_bytes() == data[: 4 * size] + data[5 * size :]
    lost, summary = done.stderr.decode().splitlines()
    assert lost.startswith(
        f"lost: bytes {4 * size} to {5 * size} ({size} bytes), where r"
    )
    assert summary.startswith("9 whole records written to b.pbr")
    good("verify", tmp_path / "b.pbr")
    assert "the file exists" in bad(1, "salvage", "damaged.pbr", "b.pbr", cwd=tmp_path)


def test_salvage_json_and_streams(damaged, tmp_path):
    args = ["salvage", "damaged.pbr", "b.pbr", "--json"]
    found = json.loads(good(*args, cwd=tmp_path))
    assert (found["records"], len(found["lost"])) == (9, 1)
    done = run("salvage", "-", "-", input=damaged.read_bytes())
    assert done.stdout == (tmp_path / "b.pbr").read_bytes()
    assert "want standard output" in bad(2, "salvage", "damaged.pbr", "-", "--json")


# -- in the process --------------------------------------------------------------------


def test_main_returns_the_code_and_restores_handlers(table, tmp_path, capsys):
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    assert cli.main(["convert", str(table), str(tmp_path / "a.pbr")]) == 0
    assert cli.main(["convert", str(table), str(tmp_path / "a.pbr")]) == 1
    assert "pass --overwrite" in capsys.readouterr().err
    assert cli.main(["head", "-n", "1", str(table), "--to", "csv"]) == 0
    assert capsys.readouterr().out == "0,0.5,0.5,0.5,0.5\n"
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before
    with pytest.raises(SystemExit) as caught:
        cli.main(["convert"])
    assert caught.value.code == 2


def test_main_works_in_a_thread(table, tmp_path):
    codes = []
    args = ["convert", "-q", str(table), str(tmp_path / "a.pbr")]
    thread = threading.Thread(target=lambda: codes.append(cli.main(args)))
    thread.start()
    thread.join()
    assert codes == [0]


def test_the_installed_command():
    command = Path(sysconfig.get_path("scripts")) / "recordsmith"
    done = subprocess.run([command, "--version"], capture_output=True, text=True)
    assert done.stdout.split()[0] == "recordsmith"
