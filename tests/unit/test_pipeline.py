"""The public verbs."""

import io
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp

import records
import recordsmith as rs
from recordsmith import Tally
from recordsmith.errors import InputError

X = np.arange(6, dtype="f4").reshape(3, 2)
Y = np.array([1, 2, 3], "f4")
DATA = rs.encode(X, Y)


def test_write_and_read(tmp_path):
    result = rs.write(tmp_path / "a.pbr", X, Y)
    assert (result.rows, result.bytes, result.format) == (3, len(DATA), "recordio")
    assert (tmp_path / "a.pbr").read_bytes() == DATA
    batch = rs.read(tmp_path / "a.pbr")
    assert (batch.features.tolist(), batch.labels.tolist()) == (X.tolist(), Y.tolist())
    assert result.tally.rows == 3


def test_an_existing_file_is_kept(tmp_path):
    path = tmp_path / "a.pbr"
    path.write_bytes(b"old")
    with pytest.raises((InputError, FileExistsError)):
        rs.write(path, X)
    assert path.read_bytes() == b"old"
    rs.write(path, X, Y, overwrite=True)
    assert path.read_bytes() == DATA


def test_nothing_half_written(tmp_path):
    def batches():
        yield rs.decode(DATA)
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        rs.write(tmp_path / "a.pbr", batches())
    assert list(tmp_path.iterdir()) == []


def test_iter_batches_in_rows():
    found = list(rs.iter_batches(io.BytesIO(DATA), rows=2))
    assert [batch.n_rows for batch in found] == [2, 1]
    assert records.take(found, []) == records.of_batch(rs.decode(DATA))


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 9])
def test_limit(limit, tmp_path):
    (tmp_path / "a.pbr").write_bytes(DATA)
    result = rs.convert(tmp_path / "a.pbr", tmp_path / "b.pbr", limit=limit)
    n = min(limit, 3)
    assert result.rows == n
    assert (tmp_path / "b.pbr").read_bytes() == DATA[: n * len(DATA) // 3]


def test_a_batch_takes_no_options():
    with pytest.raises(InputError, match="holds its fields already: y, dtype"):
        rs.encode(rs.decode(DATA), Y, dtype="float32")


def test_tables_are_encoded_as_arrays_are():
    frame = pd.DataFrame(X, columns=["a", "b"])
    assert rs.encode(frame, Y) == DATA
    table = pa.table({"a": X[:, 0], "b": X[:, 1], "y": Y})
    assert rs.encode(table, label="y") == DATA
    with pytest.raises(InputError, match="given twice"):
        rs.encode(table, Y, label="y")


@pytest.mark.parametrize("n", [2, 4])
def test_labels_beside_a_table(n):
    table = pa.table({"a": X[:, 0]})
    with pytest.raises(InputError, match="labels"):
        rs.encode(table, np.zeros(n, "f4"))


def test_chunks_of_anything():
    for src, y in ((X, Y), (io.BytesIO(DATA), None), (rs.decode(DATA), None)):
        assert b"".join(map(bytes, rs.iter_chunks(src, y, max_bytes=100))) == DATA


@pytest.mark.parametrize("suffix", ["csv", "parquet", "svm", "npz", "jsonl", "arrow"])
def test_other_formats_give_equal_batches(suffix, tmp_path):
    """The same matrix through each format that holds it."""
    matrix = np.array([[0, 1.5, 0], [2, 0, -3], [0, 0, 0.25]], "f4")
    (tmp_path / "a.pbr").write_bytes(rs.encode(matrix, Y))
    path = tmp_path / f"b.{suffix}"
    rs.convert(tmp_path / "a.pbr", path)
    reading = {
        "csv": {"label": 0, "header": False},
        "svm": {"index_base": 1, "n_features": 3},
        "npz": {"label": "y"},
    }.get(suffix, {"label": "label"})
    batch = rs.read(path, dtype="float32", label_dtype="float32", **reading)
    found = batch.features
    found = found.toarray() if sp.issparse(found) else found
    assert found.tolist() == matrix.tolist()
    assert batch.labels.tolist() == Y.tolist()


@pytest.mark.parametrize("suffix", ["pbr", "csv", "parquet", "npz", "arrow", "jsonl"])
def test_a_second_run_gives_the_same_bytes(suffix, tmp_path, monkeypatch):
    """Neither the time, the folder nor the number of threads gets into a file."""
    X = np.random.default_rng(4).random((500, 3), dtype="float32")
    rs.write(tmp_path / "in.pbr", X, X[:, 0])
    files = []
    for day in ("2026-01-01", "2027-06-30"):
        folder = tmp_path / day
        folder.mkdir()
        monkeypatch.setattr(
            time, "time", lambda d=day: float(np.datetime64(d, "s").view("i8"))
        )
        rs.convert(tmp_path / "in.pbr", folder / f"out.{suffix}", threads=1 + len(files))
        files.append((folder / f"out.{suffix}").read_bytes())
    assert files[0] == files[1]
    assert len(files[0]) > 2000


def test_tally_is_the_callers():
    tally = Tally()
    rs.encode(np.array([[0.1]]), dtype="float32", tally=tally)
    assert tally.changes() == {
        "values_rounded": 1,
        "max_relative_error": pytest.approx(1.49e-8, rel=1e-2),
    }


@pytest.mark.parametrize("kind", ["array", "sparse", "batch", "batches", "arrow", "npy"])
def test_threads_are_for_the_output_where_the_source_needs_none(tmp_path, kind):
    from scipy.sparse import csr_matrix

    X = np.arange(6, dtype="float32").reshape(3, 2)
    batch = rs.decode(rs.encode(X))
    for name in ("a.arrow", "a.npy"):
        rs.write(tmp_path / name, batch, threads=2)
    source = {
        "array": X,
        "sparse": csr_matrix(X),
        "batch": batch,
        "batches": iter([batch]),
        "arrow": tmp_path / "a.arrow",
        "npy": tmp_path / "a.npy",
    }[kind]
    rs.convert(source, tmp_path / "a.pbr", threads=2)
    np.testing.assert_array_equal(rs.read(tmp_path / "a.pbr").to_numpy()[0], X)
