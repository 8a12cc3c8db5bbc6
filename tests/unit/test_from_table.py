"""Tables of every origin: pyarrow, pandas, polars, duckdb, cursors, iterables."""

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pytest

from reading import batches_of, rows_of
from recordsmith.errors import InputError, UnsupportedTypeError
from recordsmith.sources.from_table import open_arrow

TABLE = pa.table({"y": [0, 1, 0], "a": [1.5, 2.5, 3.5], "b": [4, 5, 6]})
FEATURES = [[1.5, 4], [2.5, 5], [3.5, 6]]


class Capsule:
    """An object of a library that is not known, as all of them are."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


class OneBatch:
    def __arrow_c_array__(self, requested_schema=None):
        return TABLE.to_batches()[0].__arrow_c_array__(requested_schema)


class Cursor:
    def fetch_record_batch(self):
        return TABLE.to_reader(max_chunksize=2)


class LazyFrame:
    def collect_batches(self):
        return iter([Capsule(TABLE.slice(0, 2)), Capsule(TABLE.slice(2))])


class DeviceFrame:
    def to_arrow(self):
        return TABLE


SOURCES = {
    "table": lambda: TABLE,
    "chunked table": lambda: pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)]),
    "record batch": lambda: TABLE.to_batches()[0],
    "reader": lambda: TABLE.to_reader(),
    "capsule": lambda: Capsule(TABLE),
    "array capsule": OneBatch,
    "cursor": Cursor,
    "lazy frame": LazyFrame,
    "device frame": DeviceFrame,
    "dataset": lambda: pyarrow.dataset.dataset(TABLE),
    "scanner": lambda: pyarrow.dataset.dataset(TABLE).scanner(),
    "record batches": lambda: iter(TABLE.to_batches(max_chunksize=2)),
    "list of record batches": lambda: TABLE.to_batches(max_chunksize=2),
}


@pytest.mark.parametrize("name", SOURCES)
def test_tables_of_every_kind(name):
    features, labels = rows_of(SOURCES[name](), label="y")
    assert (features.tolist(), labels.tolist()) == (FEATURES, [0, 1, 0])


@pytest.mark.parametrize("column", [pa.array([1, 2]), pa.chunked_array([[1], [2]])])
def test_one_column_is_no_table(column):
    exported = any(hasattr(column, f"__arrow_c_{way}__") for way in ("stream", "array"))
    # Where pyarrow does not export it, it is an array of too few dimensions.
    error = UnsupportedTypeError if exported else (InputError, UnsupportedTypeError)
    with pytest.raises(error, match="one column, expected a table" if exported else None):
        batches_of(column)


def test_errors_of_the_source_pass_unchanged():
    def broken():
        yield TABLE.to_batches()[0]
        raise KeyError("division by zero at row 900,000")

    with pytest.raises(KeyError, match="900,000"):
        batches_of(broken())


def test_record_batches_of_two_schemas():
    other = pa.RecordBatch.from_pydict({"z": [1]})
    with pytest.raises(InputError, match="record batch 1 has another schema"):
        batches_of(iter([TABLE.to_batches()[0], other]))


def test_what_yields_no_arrow_data():
    with pytest.raises(UnsupportedTypeError, match="no Arrow data"):
        open_arrow(3)
    with pytest.raises(UnsupportedTypeError, match="record batches"):
        open_arrow(["a"])


def test_a_reader_is_taken_batch_by_batch():
    taken = []

    def produce():
        for i in range(5):
            taken.append(i)
            yield pa.RecordBatch.from_pydict({"a": [float(i)]})

    schema, batches = open_arrow(produce())
    assert schema.names == ["a"]
    next(batches)
    assert len(taken) <= 2


# -- real libraries --------------------------------------------------------------------


def test_polars():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"y": [0, 1], "s": ["p", "q"], "a": [1.5, 2]})
    if hasattr(pa, "string_view"):
        batches, _ = batches_of(frame, label="y", uid="s")
        assert batches[0].features.tolist() == [[1.5], [2]]
        assert batches[0].uids == ["p", "q"]
        with pytest.raises(UnsupportedTypeError, match="'s'"):
            batches_of(frame, label="y")
    else:
        with pytest.raises(UnsupportedTypeError, match="upgrade pyarrow"):
            batches_of(frame, label="y", uid="s")
        frame = frame.with_columns(s=polars.lit(0))
    if hasattr(polars.LazyFrame, "collect_batches"):
        assert rows_of(frame.lazy(), label="y", drop="s")[0].tolist() == [[1.5], [2]]
    with pytest.raises(UnsupportedTypeError, match="one column"):
        batches_of(frame["a"])
    fixed = polars.Series("v", [[1, 2], [3, 4]], dtype=polars.Array(polars.Float32, 2))
    assert rows_of(polars.DataFrame([fixed]))[0].tolist() == [[1, 2], [3, 4]]
    category = polars.DataFrame({"c": polars.Series(["x"], dtype=polars.Categorical)})
    known = "'c'" if hasattr(pa, "string_view") else "'c'|upgrade pyarrow"
    with pytest.raises(UnsupportedTypeError, match=known):
        batches_of(category)


def test_pandas():
    pandas = pytest.importorskip("pandas", "2.2")
    frame = pandas.DataFrame({"y": [0, 1], "a": [1.5, 2], "b": [3, 4]}, index=[9, 3])
    features, labels = rows_of(frame, label="y")
    assert (features.tolist(), labels.tolist()) == ([[1.5, 3], [2, 4]], [0, 1])
    named = frame.rename_axis("id")
    assert rows_of(named, label="y")[0].shape == (2, 2)
    assert batches_of(named, label="y", uid="id")[0][0].uids == ["9", "3"]
    frame.loc[3, "a"] = np.nan
    with pytest.raises(InputError, match="row 1, column 'a': the value is missing"):
        batches_of(frame, label="y")
    assert np.isnan(rows_of(frame, label="y", nulls="nan")[0][1, 0])
    odd = pandas.DataFrame(
        {"c": pandas.Categorical(["x"]), "t": pandas.to_datetime(["2026-01-01"])}
    )
    with pytest.raises(UnsupportedTypeError, match="'c' .*'t' "):
        batches_of(odd)


def test_duckdb():
    duckdb = pytest.importorskip("duckdb")
    relation = duckdb.sql(
        "select i % 2 as y, i * 0.5::double as a, [i, i + 1]::float[2] as v, "
        "(i * 0.25)::decimal(9, 2) as d from range(5000) t(i)"
    )
    features, labels = rows_of(relation, label="y")
    i = np.arange(5000)
    assert np.array_equal(features, np.column_stack([i * 0.5, i, i + 1, i * 0.25]))
    assert np.array_equal(labels, i % 2)
