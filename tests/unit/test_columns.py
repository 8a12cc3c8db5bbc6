"""What becomes of the columns of a table: names, types, missing values, dtypes."""

import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest

import recordsmith.sources.arrow_batches as arrow_batches
from reading import batches_of, rows_of
from recordsmith.errors import InputError, UnsupportedTypeError


def one(table, **options):
    batches, tally = batches_of(table, **options)
    assert len(batches) == 1
    return batches[0], tally


ABC = pa.table({"y": [0, 1], "a": [1.5, 2.5], "b": [3.5, 4.5], "c": [5.5, 6.5]})


# -- names -----------------------------------------------------------------------------


def test_what_is_left_is_the_features_in_order():
    features, labels = rows_of(ABC, label="y", drop=["b"])
    assert features.tolist() == [[1.5, 5.5], [2.5, 6.5]]
    assert labels.tolist() == [0, 1]


def test_features_keep_the_order_asked_for():
    features, _ = rows_of(ABC, features=["c", "a"])
    assert features.tolist() == [[5.5, 1.5], [6.5, 2.5]]


def test_positions_count_from_either_end():
    features, labels = rows_of(ABC, label=0, drop=-1)
    assert features.tolist() == [[1.5, 3.5], [2.5, 4.5]]
    assert labels.tolist() == [0, 1]


def test_several_labels_are_a_vector():
    _, labels = rows_of(ABC, label=["y", "c"])
    assert labels.tolist() == [[0, 5.5], [1, 6.5]]


def test_named_features():
    batch, _ = one(ABC, label="y", features={"left": ["a", "b"], "right": "c"})
    assert batch.get("feature", "left").values.tolist() == [[1.5, 3.5], [2.5, 4.5]]
    assert batch.get("feature", "right").values.tolist() == [[5.5], [6.5]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "Y"}, "did you mean 'y'"),
        ({"label": "target"}, "the columns are 'y', 'a', 'b', 'c'"),
        ({"drop": ["a", "x"]}, "drop='x'"),
        ({"label": 4}, "the table has 4 columns"),
        ({"label": -5}, "the table has 4 columns"),
        ({"label": True}, "name or position"),
        ({"label": 1.0}, "name or position"),
        ({"label": "y", "features": ["y", "a"]}, "named twice: label= and features="),
        ({"features": ["a", "a"]}, "named twice"),
        ({"label": "a", "uid": "a"}, "named twice: label= and uid="),
        ({"drop": ["y", "a", "b", "c"]}, "no column is left"),
        ({"features": {}}, "no column is left"),
        ({"nulls": "zero"}, "nulls="),
        ({"dtype": "float16"}, "float16"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        batches_of(ABC, **options)


def test_repeated_names_are_refused():
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(InputError, match="several columns have the name 'a'"):
        batches_of(table)


def test_uid_and_metadata():
    table = pa.table({"a": [1, 2], "id": ["x", None], "note": [7, 8]})
    batch, _ = one(table, uid="id", metadata="note")
    assert batch.uids == ["x", None]
    assert batch.metadata == ["7", "8"]
    categories = table.set_column(1, "id", pa.array(["é", "b"]).dictionary_encode())
    batch, _ = one(categories.slice(1), uid="id", drop="note")
    assert batch.uids == ["b"]
    with pytest.raises(UnsupportedTypeError, match="uid column 'a' is double"):
        batches_of(pa.table({"a": [1.5], "b": [1]}), uid="a")


# -- types -----------------------------------------------------------------------------

DAY = datetime.datetime(2026, 1, 1)
REFUSED = {
    "text": pa.array(["x"]),
    "large": pa.array(["x"], pa.large_string()),
    "category": pa.array(["x"]).dictionary_encode(),
    "time": pa.array([DAY]),
    "date": pa.array([DAY.date()]),
    "span": pa.array([datetime.timedelta(1)]),
    "bytes": pa.array([b"x"]),
    "nested": pa.array([[[1]]]),
    "texts": pa.array([["x"]]),
    "struct": pa.array([{"p": 1, "q": 2}]),
    "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())),
}


def test_all_columns_without_a_place_are_named_at_once():
    table = pa.table({"ok": [1.0], "city": ["x"], "when": [DAY], "ok2": [2.0]})
    with pytest.raises(UnsupportedTypeError) as caught:
        batches_of(table)
    message = str(caught.value)
    assert "'city' (string), 'when' (timestamp[us])" in message
    assert "drop=['city', 'when']" in message
    assert "one-hot" in message
    assert "ok" not in message
    assert rows_of(table, drop=["city", "when"])[0].tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("name", REFUSED)
def test_types_without_a_place(name):
    with pytest.raises(UnsupportedTypeError, match=f"'{name}'"):
        batches_of(pa.table({name: REFUSED[name]}))
    with pytest.raises(UnsupportedTypeError, match=f"the label '{name}'"):
        batches_of(pa.table({"a": [1], name: REFUSED[name]}), label=name)


def test_many_refused_columns_are_not_all_listed():
    with pytest.raises(UnsupportedTypeError, match="and 12 more"):
        batches_of(pa.table({f"c{i}": ["x"] for i in range(20)}))


HALF = pa.array(np.array([1, 2], np.float16))
NUMBERS = [
    (pa.array([True, False]), "int32", [1, 0]),
    (pa.array([1, 2], pa.int8()), "int32", [1, 2]),
    (pa.array([1, 2], pa.uint16()), "int32", [1, 2]),
    (pa.array([1, 2], pa.uint32()), "int32", [1, 2]),
    (pa.array([1, 2], pa.int64()), "int32", [1, 2]),
    (pa.array([1, 2], pa.uint64()), "int32", [1, 2]),
    (HALF, "float32", [1, 2]),
    (pa.array([1, 2], pa.float32()), "float32", [1, 2]),
    (pa.array([1.5, 2]), "float64", [1.5, 2]),
    (pa.array([5, 6]).dictionary_encode(), "int32", [5, 6]),
    (pa.array([0.5, 6]).dictionary_encode(), "float64", [0.5, 6]),
    (
        pa.array([decimal.Decimal("0.10"), decimal.Decimal("-2.25")]),
        "float64",
        [0.1, -2.25],
    ),
]


@pytest.mark.parametrize(("array", "dtype", "values"), NUMBERS)
def test_numbers_of_every_type(array, dtype, values):
    features, labels = rows_of(pa.table({"a": array, "y": array}), label="y")
    assert (features.dtype, features.ravel().tolist()) == (dtype, values)
    assert (labels.dtype, labels.tolist()) == (dtype, values)
    # A slice that does not begin at a byte's or buffer's start.
    features, _ = rows_of(pa.table({"a": pa.concat_arrays([array, array]).slice(1, 2)}))
    assert features.ravel().tolist() == [values[1], values[0]]


def test_run_length_encoded_and_extension_types():
    run_end = getattr(pa, "RunEndEncodedArray", None)
    if run_end is not None:
        array = run_end.from_arrays(
            [2, 3], [7, 8], pa.run_end_encoded(pa.int32(), pa.int64())
        )
        assert rows_of(pa.table({"a": array}))[0].ravel().tolist() == [7, 7, 8]
    tensor = getattr(pa, "fixed_shape_tensor", None)
    if tensor is not None:
        storage = pa.array([[1, 2, 3, 4, 5, 6]], pa.list_(pa.int32(), 6))
        array = pa.ExtensionArray.from_storage(tensor(pa.int32(), [2, 3]), storage)
        batch, _ = one(pa.table({"a": array}))
        assert batch.fields[0].shape == (2, 3)
        assert batch.features.tolist() == [[[1, 2, 3], [4, 5, 6]]]


@pytest.mark.parametrize(
    ("types", "dtype"),
    [
        (["int32", "float32"], "float64"),
        (["int16", "float32"], "float32"),
        (["bool_", "float16"], "float32"),
        (["int8", "float64"], "float64"),
        (["float32", "float64"], "float64"),
        (["int8", "int64"], "int32"),
        (["uint32", "int8"], "int32"),
        (["null", "int32"], "int32"),
        (["null"], "float64"),
    ],
)
def test_columns_of_several_types_take_one_that_loses_nothing(types, dtype):
    special = {
        "null": pa.nulls(1),
        "float16": HALF.slice(0, 1),
        "bool_": pa.array([True]),
    }
    arrays = [
        special[name] if name in special else pa.array([1], getattr(pa, name)())
        for name in types
    ]
    table = pa.Table.from_arrays(arrays, names=[f"c{i}" for i in range(len(arrays))])
    features, _ = rows_of(table, nulls=1)
    assert features.dtype == dtype
    assert (features == 1).all()


def test_integers_that_do_not_fit():
    table = pa.table({"a": [1, 2, 2**31], "b": [1, 1, 1]})
    with pytest.raises(InputError, match="row 2, column 'a'.*float64") as caught:
        batches_of(table)
    assert (caught.value.row, caught.value.column) == (2, "a")
    assert rows_of(table, dtype="float64")[0][2, 0] == 2**31


def test_large_integers_beside_floats():
    table = pa.table({"f": [0.5, 0.5], "a": [2**53, 2**53 + 1]})
    with pytest.raises(InputError, match="row 1, column 'a'.*exact"):
        batches_of(table)
    _, tally = one(table, dtype="float64")
    assert tally.values_rounded == 1
    unsigned = pa.table({"i": [1], "a": pa.array([2**64 - 1], pa.uint64())})
    with pytest.raises(InputError, match="row 0, column 'a'"):
        batches_of(unsigned)


def test_narrowing_is_counted_and_overflow_refused():
    table = pa.table({"a": [0.5, 0.1], "b": [1.0, 2.0]})
    batch, tally = one(table, dtype="float32")
    assert batch.features.dtype == "float32"
    assert tally.values_rounded == 1
    assert 0 < tally.max_relative_error < 1e-7
    with pytest.raises(InputError, match="row 1, column 'b'.*too large"):
        batches_of(pa.table({"a": [1.0, 1.0], "b": [1.0, 1e39]}), dtype="float32")
    with pytest.raises(InputError, match="row 0, column 'a'.*whole"):
        batches_of(table, dtype="int32")


def test_a_decimal_of_many_digits_is_counted():
    exact = decimal.Decimal("12345678901234567890.5")
    _, tally = one(pa.table({"a": [exact, decimal.Decimal("1.5")]}))
    assert tally.values_rounded == 1


def test_the_dtype_never_depends_on_a_batch(monkeypatch):
    monkeypatch.setattr(arrow_batches, "BATCH_BYTES", 64)
    table = pa.table({"a": pa.array([1] * 50 + [None], pa.int16())})
    batches, _ = batches_of(table, nulls="nan")
    assert len(batches) > 2
    assert {batch.features.dtype.name for batch in batches} == {"float32"}


# -- missing values --------------------------------------------------------------------


def test_a_missing_value_is_an_error_with_its_place():
    table = pa.table({"y": [1, 1, 1], "a": [1, 2, 3], "b": [1.5, None, 2.5]})
    with pytest.raises(InputError, match="row 1, column 'b'.*nulls=") as caught:
        batches_of(table, label="y")
    assert (caught.value.row, caught.value.column) == (1, "b")


def test_missing_values_filled():
    table = pa.table({"a": [1, None, 3], "b": [None, 1.5, 2.5]})
    batch, tally = one(table, nulls="nan")
    assert np.isnan(batch.features[1, 0])
    assert np.isnan(batch.features[0, 1])
    assert tally.nulls == 2
    assert rows_of(table, nulls=-1)[0].tolist() == [[1, -1], [-1, 1.5], [3, 2.5]]


def test_missing_values_of_every_type_and_place():
    """Masks of bits from any position, in arrays that are sliced."""
    for array, _, values in NUMBERS:
        none = pa.nulls(1, array.type)
        gaps = pa.concat_arrays([array, none, array, none, array]).slice(1, 6)
        features, _ = rows_of(pa.table({"a": gaps, "b": gaps}), nulls=9)
        known = [values[1], 9, *values, 9, values[0]]
        assert features.tolist() == [[one, one] for one in known]


def test_what_fills_the_gaps_must_fit():
    table = pa.table({"a": [1.0, None]})
    for nulls, dtype in ((1e39, "float32"), ("nan", "int32"), (0.5, "int32")):
        with pytest.raises(InputError, match="^nulls=: .*(too large|whole)"):
            batches_of(table, nulls=nulls, dtype=dtype)
    _, tally = one(table, nulls=0.1, dtype="float32")
    assert (tally.nulls, tally.values_rounded) == (1, 1)
    assert 0 < tally.max_relative_error < 2**-24


@pytest.mark.parametrize(
    ("nulls", "dtype"),
    [
        (7, "int32"),
        (7.0, "int32"),
        ("nan", "float64"),
        (0.5, "float64"),
        (2**40, "float64"),
    ],
)
def test_integers_become_floats_where_what_fills_the_gaps_is_one(nulls, dtype):
    features, _ = rows_of(pa.table({"a": pa.array([1, None], pa.int32())}), nulls=nulls)
    assert features.dtype == dtype
    assert features[1, 0] == nulls or nulls == "nan"


def test_a_missing_label_is_an_error_always():
    table = pa.table({"y": [1, None], "a": [1, 2]})
    with pytest.raises(InputError, match="row 1, column 'y'.*label is missing"):
        batches_of(table, label="y", nulls=0)


def test_nan_is_no_missing_value():
    features, _ = rows_of(pa.table({"a": pa.array([float("nan"), 1.0])}))
    assert np.isnan(features[0, 0])


# -- vectors ---------------------------------------------------------------------------

PAIRS = pa.list_(pa.float32(), 2)


def test_fixed_size_lists_are_vectors_beside_numbers():
    table = pa.table({"a": [1, 2], "v": pa.array([[1, 2], [3, 4]], PAIRS), "b": [5, 6]})
    features, _ = rows_of(table)
    assert features.tolist() == [[1, 1, 2, 5], [2, 3, 4, 6]]
    alone, _ = rows_of(table.slice(1), features="v")
    assert (alone.dtype, alone.tolist()) == ("float32", [[3, 4]])


def test_nulls_in_fixed_size_lists():
    table = pa.table({"a": [1, 1, 1], "v": pa.array([[1, 2], None, [3, None]], PAIRS)})
    with pytest.raises(InputError, match="row 1, column 'v'"):
        batches_of(table)
    with pytest.raises(InputError, match="row 1, column 'v'"):
        batches_of(table.take([0, 2]))
    batch, tally = one(table, nulls=0)
    assert batch.features.tolist() == [[1, 1, 2], [1, 0, 0], [1, 3, 0]]
    assert tally.nulls == 3
    # A sliced array must not look at the nulls before it.
    assert rows_of(table.slice(2), nulls=0)[0].tolist() == [[1, 3, 0]]


def test_fixed_size_lists_of_fixed_size_lists_have_a_shape():
    matrix = pa.list_(pa.list_(pa.int16(), 3), 2)
    table = pa.table({"m": pa.array([[[1, 2, 3], [4, 5, 6]]], matrix)})
    batch, _ = one(table)
    assert batch.fields[0].shape == (2, 3)
    assert batch.features.tolist() == [[[1, 2, 3], [4, 5, 6]]]


def test_an_overflow_in_a_vector_names_the_column():
    table = pa.table({"a": [1.0], "v": pa.array([[1, 1e300]], pa.list_(pa.float64(), 2))})
    with pytest.raises(InputError, match="row 0, column 'v'"):
        batches_of(table, dtype="float32")


def test_a_list_column_alone_is_ragged():
    table = pa.table({"t": pa.array([[1, 2], [], [3]], pa.list_(pa.int64()))})
    batch, _ = one(table.slice(1))
    field = batch.fields[0]
    assert (field.kind, field.dtype.name) == ("ragged", "int32")
    assert (field.values.tolist(), field.offsets.tolist()) == ([3], [0, 0, 1])


def test_lists_beside_other_columns_must_have_one_length():
    table = pa.table({"a": [1, 2], "t": [[1, 2], [3, 4]]})
    assert rows_of(table)[0].tolist() == [[1, 1, 2], [2, 3, 4]]
    with pytest.raises(InputError, match="row 1, column 't'.*1 values.*alone") as caught:
        batches_of(pa.table({"a": [1, 2], "t": [[1, 2], [3]]}))
    assert (caught.value.row, caught.value.column) == (1, "t")
    batch, _ = one(
        pa.table({"a": [1, 2], "t": [[1, 2], [3]]}), features={"n": "a", "tokens": "t"}
    )
    assert batch.get("feature", "tokens").kind == "ragged"


def test_places_in_lists():
    with pytest.raises(InputError, match="row 2, column 't'.*missing"):
        batches_of(pa.table({"t": [[1], [], [2, None]]}))
    with pytest.raises(InputError, match="row 1, column 't'.*list is missing"):
        batches_of(pa.table({"t": [[1], None]}), nulls=0)
    with pytest.raises(InputError, match="row 2, column 't'.*int32"):
        batches_of(pa.table({"t": [[1], [], [2, 2**40]]}))


# -- sparse ----------------------------------------------------------------------------

OURS = pa.struct([("keys", pa.list_(pa.int64())), ("values", pa.list_(pa.float32()))])
SIZED = pa.struct([*OURS, ("size", pa.int32())])
SPARK = pa.struct(
    [
        ("type", pa.int8()),
        ("size", pa.int32()),
        ("indices", pa.list_(pa.int32())),
        ("values", pa.list_(pa.float64())),
    ]
)


def sparse(rows, type_=SIZED, **options):
    batch, _ = one(pa.table({"v": pa.array(rows, type_)}), **options)
    assert batch.fields[0].kind == "csr"
    return batch


def test_structs_of_keys_and_values_are_sparse():
    rows = [
        {"keys": [0, 3], "values": [1, 2], "size": 5},
        {"keys": [], "values": [], "size": 5},
    ]
    batch = sparse(rows)
    assert batch.fields[0].shape == (5,)
    assert batch.features.toarray().tolist() == [[1, 0, 0, 2, 0], [0] * 5]
    assert sparse(rows, OURS, n_features=4).features.shape == (2, 4)
    with pytest.raises(InputError, match="n_features="):
        sparse(rows, OURS)


def test_sparks_vectors_sparse_and_dense():
    rows = [
        {"type": 0, "size": 3, "indices": [2], "values": [5.0]},
        {"type": 1, "size": None, "indices": None, "values": [1.0, 0.0, 2.0]},
        {"type": 0, "size": 3, "indices": [0], "values": [7.0]},
    ]
    batch = sparse(rows, SPARK)
    assert batch.features.toarray().tolist() == [[0, 0, 5], [1, 0, 2], [7, 0, 0]]
    with pytest.raises(InputError, match="row 1.*4 columns, expected 3"):
        sparse([rows[0], {**rows[1], "values": [1.0] * 4}], SPARK)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (None, "row 1, column 'v'.*missing"),
        ({"keys": [1], "values": [1, 2], "size": 5}, "row 1, column 'v'.*1 keys for 2"),
        ({"keys": [1, None], "values": [1, 2], "size": 5}, "row 1.*key.*missing"),
        ({"keys": [1], "values": [None], "size": 5}, "row 1, column 'v'.*missing"),
        ({"keys": [1], "values": [1], "size": 6}, "row 1.*6 columns, expected 5"),
        ({"keys": [1], "values": [1], "size": None}, "row 1"),
    ],
)
def test_unsound_sparse_rows(row, message):
    with pytest.raises(InputError, match=message):
        sparse([{"keys": [0], "values": [1], "size": 5}, row])


def test_sparse_rows_stand_alone():
    table = pa.table({"a": [1], "v": pa.array([{"keys": [0], "values": [1]}], OURS)})
    with pytest.raises(InputError, match="stand alone"):
        batches_of(table, n_features=2)


def test_what_to_arrow_makes_comes_back():
    import scipy.sparse

    from recordsmith.arrays import batch_from_arrays

    sources = [
        np.arange(6, dtype="float32").reshape(3, 2),
        np.arange(12, dtype="int32").reshape(3, 2, 2),
        scipy.sparse.random(3, 9, 0.4, "csr", random_state=1),
        [[1, 2], [3], []],
    ]
    for X in sources:
        before = batch_from_arrays(X, [1.5, 2.5, 3.5])
        after, _ = one(before.to_arrow(), label="label")
        assert repr(after) == repr(before)
        for a, b in zip(before.fields, after.fields):
            assert np.array_equal(a.values, b.values)


# -- batches ---------------------------------------------------------------------------


def test_large_batches_are_cut_and_small_ones_kept(monkeypatch):
    monkeypatch.setattr(arrow_batches, "BATCH_BYTES", 160)
    table = pa.table({"a": np.arange(25.0), "b": np.arange(25.0)})
    batches, _ = batches_of(table)
    assert [batch.n_rows for batch in batches] == [10, 10, 5]
    assert np.concatenate([b.features for b in batches])[:, 0].tolist() == list(range(25))


def test_no_rows_still_tell_the_columns():
    batches, _ = batches_of(ABC.slice(0, 0), label="y")
    assert [batch.n_rows for batch in batches] == [0]
    assert batches[0].features.shape == (0, 3)


def test_rows_of_a_later_batch_have_their_own_numbers():
    gap = {"y": [1], "a": [1.5], "b": pa.array([None], pa.float64()), "c": [1.5]}
    table = pa.concat_tables([ABC, pa.table(gap)])
    with pytest.raises(InputError) as caught:
        batches_of(table)
    assert (caught.value.row, caught.value.column) == (2, "b")
