"""`recordsmith join` as a process: files in, one file out, or none."""

import json
import subprocess
import sys
import textwrap

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import recordsmith as rs
from commands import bad, good, names, run

GROWTH_MIB = 40


@pytest.fixture
def job(tmp_path):
    """A k-means transform of RecordIO inputs with uids, in two files; ids beside it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    X = np.arange(10, dtype="f4").reshape(5, 2)
    for name, begin, end in (("part-0.pbr", 0, 3), ("part-1.pbr", 3, 5)):
        uid = [f"u{i}" for i in range(begin, end)]
        rs.write(tmp_path / "in" / name, X[begin:end], uid=uid)
        rows = [
            {"closest_cluster": float(i % 2), "distance_to_cluster": i / 3}
            for i in range(begin, end)
        ]
        text = "".join(f"{json.dumps(row)}\n" for row in rows)
        (tmp_path / "out" / f"{name}.out").write_text(text)
    table = pa.table({"key": list("abcde"), "n": pa.array(range(5), pa.int16())})
    pq.write_table(table, tmp_path / "ids.parquet")
    return tmp_path


def test_ids_of_a_file(job):
    command = ["join", "in", "out", "--ids", "ids.parquet", "--out", "scored.parquet"]
    done = run(*command, "--algorithm", "kmeans", cwd=job)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    assert done.stderr.startswith(b"5 rows of 2 files, ")
    assert b"\n  key, n, closest_cluster, distance_to_cluster\n" in done.stderr
    table = pq.read_table(job / "scored.parquet")
    assert table.to_pydict() == {
        "key": list("abcde"),
        "n": [0, 1, 2, 3, 4],
        "closest_cluster": [0, 1, 0, 1, 0],
        "distance_to_cluster": [0.0, 1 / 3, 2 / 3, 1.0, 4 / 3],
    }
    assert table.schema.field("n").type == pa.int16()
    assert table.schema.field("closest_cluster").type == pa.int64()


def test_uids_features_and_csv(job):
    command = ["join", "in", "out", "--ids", "uid", "--with-features", "--out", "s.csv"]
    good(*command, "--algorithm", "kmeans", "--prefix", "p_", cwd=job)
    assert (job / "s.csv").read_text().splitlines()[:2] == [
        "uid,features.0,features.1,p_closest_cluster,p_distance_to_cluster",
        '"u0",0,1,0,0',
    ]


def test_json_and_one_column(job):
    command = ["join", "in", "out", "--ids", "ids.parquet", "--id-column", "key"]
    found = json.loads(good(*command, "--out", "s.jsonl", "--json", cwd=job))
    assert (found["path"], found["format"], found["rows"]) == ("s.jsonl", "jsonl", 5)
    assert found["columns"] == ["key", "closest_cluster", "distance_to_cluster"]
    assert found["files"] == [
        {"name": "part-0.pbr", "rows": 3, "predictions": 3},
        {"name": "part-1.pbr", "rows": 2, "predictions": 2},
    ]
    first = json.loads((job / "s.jsonl").read_text().splitlines()[0])
    assert first == {"key": "a", "closest_cluster": 0.0, "distance_to_cluster": 0.0}


def test_standard_output(job):
    text = good("join", "in", "out", "--out", "-", "--to", "csv", "-q", cwd=job)
    assert text.splitlines()[:2] == ["closest_cluster,distance_to_cluster", "0,0"]
    assert len(text.splitlines()) == 6


def test_a_mismatch_leaves_nothing(job):
    with (job / "out/part-1.pbr.out").open("a") as file:
        file.write('{"closest_cluster": 1.0, "distance_to_cluster": 2.0}\n')
    before = names(job)
    command = ["join", "in", "out", "--ids", "ids.parquet", "--out", "s.parquet"]
    message = bad(1, *command, cwd=job)
    assert message == (
        "predictions cannot be joined by position: 5 rows in 2 files, 6 predictions, 5 "
        "ids; they part in part-1.pbr: 2 rows, 3 predictions; nothing was written; were "
        "files added, sorted or filtered since?"
    )
    assert names(job) == before


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            ["--algorithm", "knn"],
            "out/part-0.pbr.out: line 1: no field 'predicted_label', which every predict",
        ),
        (
            ["--algorithm", "kmean"],
            "no built-in algorithm is called 'kmean'; did you mea",
        ),
        (
            ["--algorithm", "pca", "--accept", "text/csv"],
            "pca is not known to answer in text/csv; known: application/json, applic",
        ),
        (["--id-column", "a"], "--id-columns are columns of --ids, which is no file or"),
        (["--ids", "ids.parquet", "--id-column", "k"], "ids.parquet: ids have no column"),
        (
            ["--ids", "ids.parquet", "--with-features", "--prefix", "key", "--uid", "a"],
            "recordio has no option --uid; only these know it: csv",
        ),
    ],
)
def test_what_is_refused(job, command, message):
    found = bad(1, "join", "in", "out", "--out", "s.parquet", *command, cwd=job)
    assert found.startswith(message)
    assert names(job) == ["ids.parquet", "in", "out"]


def test_a_file_that_is_cut_off(job):
    path = job / "out/part-1.pbr.out"
    path.write_bytes(path.read_bytes()[:-20])
    message = bad(1, "join", "in", "out", "--out", "s.parquet", cwd=job)
    assert message.startswith("out/part-1.pbr.out: line 2: the line ends inside its JSON")
    assert names(job) == ["ids.parquet", "in", "out"]


def test_wrong_usage(job):
    assert "--out" in bad(2, "join", "in", "out", cwd=job)
    message = bad(2, "join", "in", "out", "--out", "s.csv", "--to", "cvs", cwd=job)
    assert "did you mean csv?" in message
    message = bad(1, "join", "in", "out", "--out", "s.pbr", cwd=job)
    assert message.startswith("recordio has no place for ids and predictions; write one")


MEMORY = """
import io, json, sys
import numpy as np
import recordsmith as rs
from pathlib import Path

times, folder = int(sys.argv[1]), Path(sys.argv[2])
rows = 20_000 * times
line = json.dumps({"projection": np.random.default_rng(0).normal(size=16).tolist()})
with open(folder / "a.csv", "w") as file:
    for _ in range(rows // 1000):
        file.write("1.5,2.5\\n" * 1000)
with open(folder / "a.csv.out", "w") as file:
    for _ in range(rows // 1000):
        file.write(f"{line}\\n" * 1000)
def ids():
    import pyarrow as pa
    for begin in range(0, rows, 10_000):
        yield pa.record_batch({"id": np.arange(begin, begin + 10_000)})
import pyarrow as pa
reader = pa.RecordBatchReader.from_batches(pa.schema({"id": pa.int64()}), ids())
found = rs.join(folder / "a.csv", folder / "a.csv.out", ids=reader, with_features=True,
                out=folder / sys.argv[3], algorithm="pca", overwrite=True)
assert found.rows == rows
# Not ru_maxrss: a new program inherits that of the process that started it.
with open("/proc/self/status") as status:
    print(int(status.read().split("VmHWM:")[1].split()[0]) // 1024)
"""


def peak_mib(times, folder, name):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEMORY), str(times), str(folder), name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["s.arrow", "s.csv"])
def test_memory_is_flat(tmp_path, name):
    small, large = peak_mib(1, tmp_path, name), peak_mib(5, tmp_path, name)
    assert large - small < GROWTH_MIB
