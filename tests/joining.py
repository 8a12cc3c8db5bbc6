"""Inputs of transform jobs, what such jobs may answer, and joining them."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import recordsmith as rs

PNG = b"\x89PNG\r\n\x1a\n"


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*objects):
    return "".join(f"{json.dumps(one)}\n" for one in objects)


def scores(*values):
    return lines(*({"score": value} for value in values))


def make_job(tmp_path):
    """Two CSV inputs of 3 and 2 rows, and their outputs."""
    write(tmp_path / "in/a.csv", "1,2\n3,4\n5,6\n")
    write(tmp_path / "in/b.csv", "7,8\n9,10")
    write(tmp_path / "out/a.csv.out", scores(0.1, 0.2, 0.3))
    write(tmp_path / "out/b.csv.out", scores(0.4, 0.5))
    return tmp_path


def joined(job, **options):
    out = job / "scored.parquet"
    rs.join(job / "in", job / "out", out=out, overwrite=True, **options)
    return pq.read_table(out)


def refused(job, kind, message, **options):
    """Joining fails with that, and leaves nothing."""
    with pytest.raises(kind, match=message):
        joined(job, **options)
    assert not list(job.glob("*scored*"))


def range_table(n):
    return pa.table({"key": pa.array(range(n), pa.int64())})


def join_one(tmp_path, name, rows, output, **options):
    out = tmp_path / "scored.parquet"
    source = write(tmp_path / name, rows)
    result = write(tmp_path / f"{name}.out", output)
    rs.join(source, result, out=out, overwrite=True, **options)
    return pq.read_table(out)
