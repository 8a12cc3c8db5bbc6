"""Sinks: JSON Lines, Parquet, Arrow IPC, NumPy files; memory."""

import base64
import io
import json
import math
import os
import subprocess
import sys
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
import scipy.sparse

import recordsmith as rs
from recordsmith.batch import Batch, Field
from recordsmith.errors import InputError, UnsupportedTypeError
from recordsmith.sinks import open_sink
from recordsmith.tally import Tally
from written import (
    FREE_FORMATS,
    batch_of,
    dense,
    lines,
    ragged,
    sparse,
    with_texts,
    written,
)

# -- json lines ------------------------------------------------------------------------


def test_jsonl_of_every_kind():
    assert written("jsonl", batch_of([[0.5, 2.0]], [1])) == (
        b'{"label": 1, "features": [0.5, 2.0]}\n'
    )
    assert lines("jsonl", ragged()) == [
        '{"label": 1, "features": [1, 2, 3]}',
        '{"label": 2, "features": []}',
        '{"label": 3, "features": [4]}',
    ]
    matrix = scipy.sparse.csr_matrix(np.array([[0, 0.5, 0], [0, 0, 0]]))
    assert lines("jsonl", batch_of(matrix)) == [
        '{"features": {"keys": [1], "values": [0.5], "shape": [3]}}',
        '{"features": {"keys": [], "values": [], "shape": [3]}}',
    ]
    image = batch_of(np.arange(4, dtype="int32").reshape(1, 2, 2))
    assert lines("jsonl", image) == [
        '{"features": {"values": [0, 1, 2, 3], "shape": [2, 2]}}'
    ]
    vector = batch_of([[1]], [[5, 6]])
    assert lines("jsonl", vector) == ['{"label": [5, 6], "features": [1]}']


def test_jsonl_texts_and_names():
    rows = [json.loads(line) for line in lines("jsonl", with_texts())]
    assert [row.get("uid") for row in rows] == ["a", None, 'q"\\,\n\té', "d"]
    assert "uid" not in rows[1]
    assert [row["metadata"] for row in rows] == ["m1", "m2", "m3", "m4"]
    (row,) = lines("jsonl", batch_of({'a"b': [[1]], "c": [[2, 3]]}, {"x": [0.5]}))
    assert json.loads(row) == {
        "label.x": 0.5,
        'features.a"b': [1],
        "features.c": [2, 3],
    }


def test_jsonl_blobs_are_base64():
    raw = np.frombuffer(b"\x00\xffabc", np.uint8)
    field = Field(
        "feature",
        "blobs",
        raw,
        offsets=np.array([0, 2, 2]),
        item_offsets=np.array([0, 2, 5]),
        content_type="image/png",
    )
    first, second = (json.loads(line) for line in lines("jsonl", Batch((field,), 2)))
    assert first["features"]["content_type"] == "image/png"
    found = [base64.b64decode(one) for one in first["features"]["values"]]
    assert found == [b"\x00\xff", b"abc"]
    assert second["features"]["values"] == []


def test_jsonl_what_is_missing_is_left_out():
    batch = rs.decode(rs.encode([[1], [2]], [5, 6]) + rs.encode([[3]]))
    assert lines("jsonl", batch)[2] == '{"features": [3]}'


def test_jsonl_numbers_are_json_and_floats_stay_floats():
    values = [
        0.1,
        1.0,
        -0.0,
        1e16,
        1e22,
        123456789.0,
        1e-7,
        5e-324,
        1.7976931348623157e308,
    ]
    (line,) = lines("jsonl", batch_of(np.array([values])))
    found = json.loads(line)["features"]
    assert all(isinstance(one, float) for one in found)
    assert np.array(found).tobytes() == np.array(values).tobytes()
    (line,) = lines("jsonl", batch_of(np.array([[0.1, 16777216]], "float32")))
    assert line == '{"features": [0.1, 16777216.0]}'


def test_jsonl_numbers_read_back_exactly():
    rng = np.random.default_rng(2)
    X = rng.integers(0, 2**32, 20_000, "uint32").view("float32")
    X = X[np.isfinite(X)][:15_000].reshape(-1, 15)
    back = [json.loads(line)["features"] for line in lines("jsonl", batch_of(X))]
    assert np.array(back, "float32").tobytes() == X.tobytes()


def test_jsonl_nan_and_infinities_are_strings():
    X = np.array([[np.nan, np.inf, -np.inf, 1]], "float32")
    (line,) = lines("jsonl", batch_of(X))
    assert json.loads(line)["features"] == ["NaN", "Infinity", "-Infinity", 1.0]
    assert [float(one) for one in json.loads(line)["features"]][1:] == [
        math.inf,
        -math.inf,
        1,
    ]


def test_jsonl_of_a_part_and_of_several_blocks():
    batch = batch_of(np.arange(2_500_000, dtype="int32").reshape(-1, 5))
    found = lines("jsonl", batch)
    assert len(found) == 500_000
    assert json.loads(found[-1])["features"] == list(range(2_499_995, 2_500_000))
    assert lines("jsonl", batch.rows(10, 12)) == found[10:12]
    assert lines("jsonl", sparse(9).rows(3, 5)) == lines("jsonl", sparse(9))[3:5]


def test_jsonl_without_fields():
    assert written("jsonl", Batch((), 2)) == b"{}\n{}\n"


def test_jsonl_texts_that_are_no_utf8():
    field = Field(
        "uid", "text", np.frombuffer(b"\xff", np.uint8), "", offsets=np.array([0, 1])
    )
    (line,) = lines("jsonl", Batch((field,), 1))
    assert json.loads(line)["uid"].encode("utf-8", "surrogateescape") == b"\xff"


# -- parquet and arrow -----------------------------------------------------------------


def table_of(dest_format, *batches, **options):
    data = written(dest_format, *batches, **options)
    if dest_format == "parquet":
        return pa.parquet.read_table(io.BytesIO(data))
    return pa.feather.read_table(io.BytesIO(data))


@pytest.mark.parametrize("dest_format", ["parquet", "arrow"])
@pytest.mark.parametrize("make", [dense, sparse, ragged, with_texts])
def test_tables_hold_what_to_arrow_gives(dest_format, make):
    batch = make()
    expected = batch.to_arrow()
    assert table_of(dest_format, batch).to_pylist() == expected.to_pylist()
    twice = pa.concat_tables([expected, expected]).to_pylist()
    assert table_of(dest_format, batch, batch).to_pylist() == twice


@pytest.mark.parametrize("codec", ["snappy", "gzip", "zstd", "lz4", "brotli", "none"])
def test_parquet_compression(codec):
    data = written("parquet", dense(1000), compression=codec)
    column = pa.parquet.ParquetFile(io.BytesIO(data)).metadata.row_group(0).column(0)
    assert column.compression == {"none": "UNCOMPRESSED"}.get(codec, codec.upper())


@pytest.mark.parametrize("codec", ["lz4", "zstd", "none"])
def test_arrow_compression(codec):
    batch = batch_of(np.zeros((1000, 100), "float32"))
    data = written("arrow", batch, compression=codec)
    assert (len(data) < 50_000) == (codec != "none")
    assert pa.feather.read_table(io.BytesIO(data)).num_rows == 1000


@pytest.mark.parametrize("dest_format", ["parquet", "arrow"])
def test_unknown_codecs(dest_format):
    with pytest.raises(InputError, match="compression is 'snapy', not one of"):
        written(dest_format, dense(), compression="snapy")


def test_parquet_row_groups_are_joined_from_small_batches():
    data = written("parquet", *[dense(10)] * 50)
    assert pa.parquet.ParquetFile(io.BytesIO(data)).metadata.num_row_groups == 1
    big = batch_of(np.zeros((200_000, 50), "float32"))
    data = written("parquet", big, big)
    assert pa.parquet.ParquetFile(io.BytesIO(data)).metadata.num_row_groups == 2


@pytest.mark.parametrize("dest_format", ["parquet", "arrow", "npz"])
def test_one_schema_for_a_file(dest_format):
    later = dense(width=2)
    later = Batch(later.fields, later.n_rows, first_row=40)
    with pytest.raises(InputError, match=r"record 41: .*2 wide.*before.*3 wide"):
        written(dest_format, dense(width=3), later)
    with pytest.raises(InputError, match=r"float64.*before.*float32"):
        written(dest_format, dense(), dense(dtype="float64"))
    with pytest.raises(InputError, match="found no label, before there was label"):
        written(dest_format, dense(), batch_of(np.zeros((2, 3), "float32")))
    with pytest.raises(InputError, match="before there was no label"):
        written(dest_format, batch_of(np.zeros((2, 3), "float32")), dense())


@pytest.mark.parametrize("dest_format", ["parquet", "arrow"])
def test_lists_after_dense_rows_are_explained(dest_format):
    with pytest.raises(InputError, match="pass ragged=True"):
        written(dest_format, batch_of([[1, 2], [3, 4]], [1, 2]), ragged())


# -- numpy -----------------------------------------------------------------------------


def arrays_of(*batches, **options):
    return dict(np.load(io.BytesIO(written("npz", *batches, **options))))


def test_npz_dense():
    batch = dense(5)
    found = arrays_of(batch, batch)
    assert sorted(found) == ["X", "y"]
    assert found["X"].tobytes() == np.concatenate([batch.features] * 2).tobytes()
    assert found["y"].tolist() == [0, 1, 2, 3, 4] * 2
    assert found["X"].dtype == "float32" and found["y"].dtype == "int32"


def test_npz_shapes_and_names():
    image = np.arange(24, dtype="float64").reshape(2, 3, 4)
    found = arrays_of(batch_of(image, [[1, 2], [3, 4]]))
    assert (found["X"] == image).all()
    assert found["y"].tolist() == [[1, 2], [3, 4]]
    found = arrays_of(batch_of({"a": [[1]], "b": [[2, 3]]}, {"t": [9]}))
    assert {k: v.tolist() for k, v in found.items()} == {
        "X.a": [[1]],
        "X.b": [[2, 3]],
        "y.t": [9],
    }


def test_npz_sparse_is_scipys():
    batches = [sparse(5, seed=1), sparse().rows(0, 0), sparse(7, seed=2)]
    data = written("npz", *batches)
    matrix = scipy.sparse.load_npz(io.BytesIO(data))
    expected = scipy.sparse.vstack([batch.features for batch in batches])
    assert matrix.shape == (12, 9) and matrix.dtype == "float32"
    assert (matrix != expected).nnz == 0
    assert matrix.nnz == expected.nnz  # explicit zeros are kept
    assert matrix.indices.dtype == matrix.indptr.dtype == "int32"
    labels = np.concatenate([batch.labels for batch in batches])
    assert (np.load(io.BytesIO(data))["y"] == labels).all()


def test_npz_sparse_duplicates():
    matrix = scipy.sparse.csr_matrix(
        (np.array([1, 2], "float32"), np.array([1, 1]), np.array([0, 2])), (1, 3)
    )
    batch = batch_of(matrix, duplicates="keep")
    with pytest.raises(InputError, match="stored twice"):
        written("npz", batch)
    found = arrays_of(batch, duplicates="sum")
    assert (found["data"].tolist(), found["indices"].tolist()) == ([3], [1])
    assert arrays_of(batch, duplicates="keep")["data"].tolist() == [1, 2]


def test_npz_is_reproducible_and_streamed(tmp_path):
    batch = dense()
    assert written("npz", batch) == written("npz", batch)
    with zipfile.ZipFile(io.BytesIO(written("npz", batch))) as archive:
        assert archive.testzip() is None
    with open_sink(tmp_path / "a.npz") as sink:
        sink.write(batch)
        # The columns' temporary files have no names.
        assert all(one.name.startswith(".a.npz.") for one in tmp_path.iterdir())
    assert [one.name for one in tmp_path.iterdir()] == ["a.npz"]


def test_npz_refusals():
    with pytest.raises(InputError, match="no column for uid"):
        written("npz", with_texts())
    with pytest.raises(InputError, match="found 0 values, before there were 3"):
        written("npz", ragged())
    two = Batch((*sparse().fields[:1], *batch_of({"b": np.eye(5)}).fields), 5)
    with pytest.raises(InputError, match=r"SciPy's \.npz holds one matrix"):
        written("npz", two)
    data = rs.encode([[1], [2]], [5, 6]) + rs.encode([[3]])
    with pytest.raises(InputError, match="record 3: no label"):
        written("npz", rs.decode(data))


def test_npy():
    X = np.arange(6, dtype="float32").reshape(3, 2)
    data = written("npy", batch_of(X), batch_of(X))
    assert (np.load(io.BytesIO(data)) == np.concatenate([X, X])).all()
    with pytest.raises(InputError, match="the labels would be lost"):
        written("npy", dense())
    tally = Tally()
    data = written("npy", dense(), extras="drop", tally=tally)
    assert (np.load(io.BytesIO(data)) == dense().features).all()
    assert tally.changes() == {"dropped": 4}
    for batch in (batch_of({"a": [[1]], "b": [[2]]}), batch_of(sparse().features)):
        with pytest.raises(InputError, match=r"an \.npy file holds one array, found"):
            written("npy", batch)
    with pytest.raises(InputError, match="no rows"):
        written("npy")


def test_blobs_have_no_place_in_tables_of_numbers():
    field = Field(
        "feature",
        "blobs",
        np.frombuffer(b"abc", np.uint8),
        offsets=np.array([0, 1]),
        item_offsets=np.array([0, 3]),
    )
    batch = Batch((field,), 1)
    for dest_format in ("csv", "npz", "npy"):
        with pytest.raises((InputError, UnsupportedTypeError)):
            written(dest_format, batch)
    for dest_format in FREE_FORMATS:
        assert written(dest_format, batch)


# -- memory ----------------------------------------------------------------------------


@pytest.mark.parametrize("dest_format", ["csv", "jsonl", "parquet", "npz", "recordio"])
def test_memory_is_flat(tmp_path, dest_format):
    """What grows between writing 60 and 240 MB of values must not be the data."""
    code = """
import sys, numpy as np, recordsmith as rs
from recordsmith.sinks import open_sink
rng = np.random.default_rng(0)
batch = rs.decode(rs.encode(rng.standard_normal((15_000, 100)).astype("float32")))
def peak():
    # Not ru_maxrss: a new program inherits that of the process that started it.
    with open("/proc/self/status") as status:
        return int(status.read().split("VmHWM:")[1].split()[0]) / 1024
with open_sink("/dev/null", dest_format=sys.argv[1]) as sink:
    for i in range(40):
        sink.write(batch)
        if i == 10:
            before = peak()
    print(peak() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, dest_format],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 60
