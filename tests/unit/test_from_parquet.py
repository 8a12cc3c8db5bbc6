"""Parquet: files that fit together, types, projection, damage."""

import io
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading import Slow, batches_of, rows_of
from recordsmith.errors import FormatError, InputError, UnsupportedTypeError
from recordsmith.sources import open_source
from recordsmith.tally import Tally


def table(rows=3, **more):
    y = np.arange(rows)
    return pa.table({"y": y % 2, "a": y + 0.5, "b": y * 10, **more})


def save(path, content=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table() if content is None else content, path, **options)
    return path


def test_one_file(tmp_path):
    features, labels = rows_of(save(tmp_path / "x.parquet"), label="y")
    assert features.tolist() == [[0.5, 0], [1.5, 10], [2.5, 20]]
    assert labels.tolist() == [0, 1, 0]


def test_content_goes_before_the_name(tmp_path):
    assert rows_of(save(tmp_path / "x.csv"))[0].shape == (3, 3)


@pytest.mark.parametrize("name", ["a b", "50%", "k=v", "a+b", "é", "%20"])
def test_odd_names(tmp_path, name):
    save(tmp_path / name / f"{name}.parquet")
    assert rows_of(tmp_path)[0].shape == (3, 3)


def test_a_folder_with_success_and_checksum_files(tmp_path):
    save(tmp_path / "part-1.parquet", table(2))
    save(tmp_path / "part-0.parquet", table(1))
    save(tmp_path / "part-2.parquet", table(0))
    for name in ("_SUCCESS", ".part-0.parquet.crc", "_metadata"):
        (tmp_path / name).write_bytes(b"x")
    assert rows_of(tmp_path, label="y")[0][:, 0].tolist() == [0.5, 0.5, 1.5]


def test_a_stray_file_is_named(tmp_path):
    save(tmp_path / "a.parquet")
    (tmp_path / "readme.txt").write_text("hello, this is not Parquet")
    with pytest.raises(FormatError) as caught:
        rows_of(tmp_path)
    assert caught.value.path == str(tmp_path / "readme.txt")


def test_no_rows(tmp_path):
    batches, _ = batches_of(save(tmp_path / "e.parquet", table(0)), label="y")
    assert [batch.n_rows for batch in batches] == [0]
    assert batches[0].features.shape == (0, 2)


# -- drift -----------------------------------------------------------------------------


def drift(tmp_path, second, **options):
    save(tmp_path / "1.parquet")
    save(tmp_path / "2.parquet", second)
    return batches_of(tmp_path, label="y", **options)


DRIFTS = {
    "type": (table(1).set_column(1, "a", pa.array([7])), "'a' is int64.*is double"),
    "missing": (table(1).drop_columns(["b"]), "'b' of the first file is missing"),
    "new": (table(1, c=[1]), "'c' is not in the first file"),
}


@pytest.mark.parametrize("kind", DRIFTS)
def test_drift_is_refused_before_anything_is_read(tmp_path, kind):
    second, message = DRIFTS[kind]
    with pytest.raises(InputError, match=message) as caught:
        drift(tmp_path, second)
    assert caught.value.path == str(tmp_path / "2.parquet")


def test_drift_of_columns_that_are_not_needed_is_nothing(tmp_path):
    for kind in ("missing", "new"):
        batches, _ = drift(tmp_path, DRIFTS[kind][0], features=["a"])
        assert [batch.features.shape for batch in batches] == [(3, 1), (1, 1)]
    batches, _ = drift(tmp_path, DRIFTS["type"][0], features=["b"])
    assert [batch.features.shape for batch in batches] == [(3, 1), (1, 1)]


def test_drift_promoted(tmp_path):
    batches, _ = drift(tmp_path, DRIFTS["type"][0], schema_drift="promote")
    assert batches[1].features.tolist() == [[7, 0]]
    assert {batch.features.dtype.name for batch in batches} == {"float64"}
    batches, tally = drift(
        tmp_path, DRIFTS["missing"][0], schema_drift="promote", nulls=-1
    )
    assert (batches[1].features.tolist(), tally.nulls) == ([[0.5, -1]], 1)
    with pytest.raises(
        InputError, match=r"2\.parquet: row 0, column 'b': the value is mi"
    ):
        drift(tmp_path, DRIFTS["missing"][0], schema_drift="promote")
    with pytest.raises(InputError, match="together"):
        drift(
            tmp_path, table(1).set_column(1, "a", pa.array(["x"])), schema_drift="promote"
        )


def test_columns_in_another_order_go_by_name(tmp_path):
    batches, _ = drift(tmp_path, table(1).select(["b", "a", "y"]))
    assert batches[1].features.tolist() == [[0.5, 0]]


# -- partitions ------------------------------------------------------------------------


def test_keys_of_folders_only_on_request(tmp_path):
    save(tmp_path / "day=2" / "k=x y" / "0.parquet", table(1))
    save(tmp_path / "day=10" / "k=%C3%A9" / "0.parquet", table(1))
    options = {"label": "y", "drop": ["b"]}
    assert rows_of(tmp_path, **options)[0].tolist() == [[0.5], [0.5]]
    with pytest.raises(UnsupportedTypeError, match="'k'"):
        rows_of(tmp_path, partition_columns=True, **options)
    batches, _ = batches_of(
        tmp_path, partition_columns=True, label="y", drop="b", uid="k"
    )
    assert [batch.features.tolist() for batch in batches] == [[[0.5, 10]], [[0.5, 2]]]
    assert [batch.uids for batch in batches] == [["é"], ["x y"]]
    batches, _ = batches_of(tmp_path, partition_columns=True, features="day")
    assert [batch.features.tolist() for batch in batches] == [[[10]], [[2]]]


def test_the_null_partition_is_missing(tmp_path):
    save(tmp_path / "k=1" / "0.parquet", table(1))
    save(tmp_path / "k=__HIVE_DEFAULT_PARTITION__" / "0.parquet", table(1))
    options = {"partition_columns": True, "features": "k"}
    with pytest.raises(InputError, match="missing"):
        batches_of(tmp_path, **options)
    assert rows_of(tmp_path, nulls=9, **options)[0].ravel().tolist() == [1, 9]


def test_keys_that_clash_or_are_not_there(tmp_path):
    save(tmp_path / "a=1" / "0.parquet")
    with pytest.raises(InputError, match="'a' is a column of the files and"):
        batches_of(tmp_path, partition_columns=True)
    with pytest.raises(InputError, match="key=value"):
        batches_of(save(tmp_path / "b.parquet"), partition_columns=True)


# -- types through Parquet -------------------------------------------------------------


def test_types_survive_the_file(tmp_path):
    content = pa.table(
        {
            "dictionary": pa.array([5, 6]).dictionary_encode(),
            "vector": pa.array([[1, 2], [3, 4]], pa.list_(pa.float32(), 2)),
            "category": pa.array(["x", "y"]).dictionary_encode(),
            "flag": [True, False],
        }
    )
    path = save(tmp_path / "x.parquet", content)
    batches, _ = batches_of(path, uid="category")
    assert batches[0].features.tolist() == [[5, 1, 2, 1], [6, 3, 4, 0]]
    assert batches[0].uids == ["x", "y"]


def test_pandas_index_is_dropped(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.5, 2.5], "y": [0, 1]}, index=[7, 3])
    frame.to_parquet(tmp_path / "x.parquet")
    features, labels = rows_of(tmp_path / "x.parquet", label="y")
    assert (features.tolist(), labels.tolist()) == ([[1.5], [2.5]], [0, 1])
    batches, _ = batches_of(tmp_path / "x.parquet", uid="__index_level_0__", label="y")
    assert batches[0].uids == ["7", "3"]


def test_only_needed_columns_are_read(tmp_path):
    """The bytes of the others may be damaged, and nobody notices."""
    content = table(1000, junk=[b"x" * 100] * 1000)
    path = save(tmp_path / "x.parquet", content, compression="none", use_dictionary=False)
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(3)
    raw = bytearray(path.read_bytes())
    begin = chunk.data_page_offset
    raw[begin : begin + chunk.total_compressed_size] = (
        b"\xff" * chunk.total_compressed_size
    )
    path.write_bytes(raw)
    assert rows_of(path, drop="junk", label="y")[0].shape == (1000, 2)


# -- damage ----------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 8, 100])
def test_a_truncated_file_is_named(tmp_path, cut):
    path = save(tmp_path / "x.parquet")
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(FormatError) as caught:
        rows_of(path)
    assert caught.value.path == str(path)


def test_damage_in_the_middle_is_a_format_error(tmp_path):
    path = save(
        tmp_path / "x.parquet", table(1000), compression="none", use_dictionary=False
    )
    raw = bytearray(path.read_bytes())
    raw[4:40] = b"\xff" * 36
    path.write_bytes(raw)
    with pytest.raises(FormatError) as caught:
        rows_of(path)
    assert caught.value.path == str(path)


def test_streams():
    stream = io.BytesIO()
    pq.write_table(table(), stream)
    assert rows_of(io.BytesIO(stream.getvalue()))[0].shape == (3, 3)
    with pytest.raises(InputError, match="save it as a file"):
        rows_of(Slow(stream.getvalue(), step=64))


def test_rows_in_errors_count_in_the_file(tmp_path):
    save(tmp_path / "1.parquet", table(5))
    save(tmp_path / "2.parquet", table(2).set_column(1, "a", pa.array([1.5, None])))
    with pytest.raises(InputError, match=r"2\.parquet: row 1, column 'a'"):
        rows_of(tmp_path)


def test_progress(tmp_path):
    path = save(tmp_path / "x.parquet", table(1000), row_group_size=100)
    source = open_source(path, tally=Tally())
    assert source.size == path.stat().st_size
    for _ in source.batches:
        assert 0 <= source.position() <= source.size
    assert source.position() == source.size


@given(st.data())
def test_any_matrix_comes_back(data):
    n_rows, n_cols = data.draw(st.integers(0, 20)), data.draw(st.integers(1, 4))
    dtype = data.draw(st.sampled_from(["float32", "float64", "int32"]))
    seed = data.draw(st.integers(0, 99))
    X = np.random.default_rng(seed).normal(scale=100, size=(n_rows, n_cols)).astype(dtype)
    stream = io.BytesIO()
    columns = {f"c{i}": X[:, i] for i in range(n_cols)}
    pq.write_table(pa.table(columns), stream, row_group_size=data.draw(st.integers(1, 9)))
    features, _ = rows_of(stream_from_start(stream))
    assert features.dtype == X.dtype
    assert np.array_equal(features, X)


def stream_from_start(stream):
    stream.seek(0)
    return stream


def test_partitioned_by_pyarrow_itself(tmp_path):
    pq.write_to_dataset(table(6), tmp_path / "t", partition_cols=["y"])
    assert os.listdir(tmp_path / "t")
    features, labels = rows_of(
        tmp_path / "t", partition_columns=True, label="y", features=["a"]
    )
    assert sorted(zip(features.ravel().tolist(), labels.tolist())) == [
        (i + 0.5, i % 2) for i in range(6)
    ]
