"""What becomes of each dtype."""

import numpy as np
import pyarrow as pa
import pytest

from recordsmith import Tally, _core
from recordsmith.casts import Misfit, cast_array, join_strips, wire_dtype
from recordsmith.errors import InputError, RecordsmithError, UnsupportedTypeError

KEPT = {
    **dict.fromkeys(["f2", "f4", ">f4"], "float32"),
    **dict.fromkeys(["f8", ">f8"], "float64"),
    **dict.fromkeys(["?", "i1", "i2", "i4", "u1", "u2", ">i4", ">u2"], "int32"),
    **dict.fromkeys(["i8", "u4", "u8", ">i8"], "int32"),
}


@pytest.mark.parametrize("dtype", sorted(KEPT))
def test_default_loses_nothing(dtype):
    array = np.array([0, 1, 1], dtype)
    tally = Tally()
    found = cast_array(array, tally=tally)
    assert found.dtype == KEPT[dtype] == wire_dtype(array.dtype)
    assert found.dtype.isnative
    assert found.tolist() == [0, 1, 1]
    assert not tally.changes()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_what_fits_is_not_copied(dtype):
    array = np.zeros(3, dtype)
    assert cast_array(array) is array
    assert cast_array(array, dtype) is array


@pytest.mark.parametrize("dtype", ["c8", "O", "U3", "S3", "M8[s]", "m8[s]", "V4"])
def test_what_has_no_place(dtype):
    with pytest.raises(UnsupportedTypeError, match="expected numbers"):
        cast_array(np.zeros(1, dtype), "float32", "labels")


def test_an_unknown_target():
    with pytest.raises(InputError, match="dtype 'int64' is not one of the format"):
        cast_array(np.zeros(1), "int64")


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("i8", 2**31), ("i8", -(2**31) - 1), ("u4", 2**31), ("u8", 2**63), ("f8", 2.0**31)],
)
def test_outside_int32(dtype, value):
    array = np.array([[0, 0], [0, value]], dtype)
    with pytest.raises(InputError, match="outside int32") as caught:
        cast_array(array, "int32", "labels")
    assert (caught.value.row, caught.value.column) == (1, 1)
    assert str(caught.value).startswith("row 1, column 1: labels: ")


@pytest.mark.parametrize("value", [0.5, np.nan])
def test_no_whole_number(value):
    with pytest.raises(InputError, match="is no whole number"):
        cast_array(np.array([value]), "int32")


def test_infinity_is_no_int32():
    with pytest.raises(InputError, match="outside int32"):
        cast_array(np.array([np.inf]), "int32")


@pytest.mark.parametrize("extreme", [-(2**31), 2**31 - 1])
def test_int32_extremes_fit(extreme):
    for dtype in ("i8", "f8"):
        assert cast_array(np.array([extreme], dtype), "int32").tolist() == [extreme]


def test_narrowing_is_counted():
    tally = Tally()
    array = np.array([0.1, 0.5, np.inf, np.nan, 1e-50])
    found = cast_array(array, "float32", tally=tally)
    with np.errstate(all="ignore"):
        assert found.tobytes() == array.astype("f4").tobytes()
    assert tally.values_rounded == 2
    assert tally.max_relative_error == 1.0  # 1e-50 became 0


def test_largest_that_narrows():
    top = float(np.finfo("f4").max)
    half = 2.0**103  # half a unit in the last place of the largest float32
    below = np.nextafter(top + half, 0)
    assert cast_array(np.array([below]), "float32").tolist() == [top]
    with pytest.raises(InputError, match="too large for float32"):
        cast_array(np.array([top + half]), "float32")


@pytest.mark.parametrize("rows", [1, 4, 5, 33, 1000])
def test_position_of_an_overflow(rows):
    array = np.zeros((rows, 3))
    array[-1, 2] = -1e300
    with pytest.raises(InputError) as caught:
        cast_array(array, "float32")
    assert (caught.value.row, caught.value.column) == (rows - 1, 2)


@pytest.mark.parametrize(
    ("value", "dtype", "error"),
    [
        (2**24, "float32", 0),
        (2**24 + 1, "float32", 1 / (2**24 + 1)),
        (2**53, "float64", 0),
        (2**53 + 1, "float64", 1 / (2**53 + 1)),
        (-(2**24) - 1, "float32", 1 / 16777217),
    ],
)
def test_integers_to_floats(value, dtype, error):
    tally = Tally()
    found = cast_array(np.array([value], "i8"), dtype, tally=tally)
    assert tally.values_rounded == (error > 0)
    assert tally.max_relative_error == pytest.approx(error)
    assert abs(int(found[0]) - value) <= 1


def test_half_precision_goes_by_way_of_float32():
    array = np.array([1.5, 65504, np.inf], "f2")
    assert cast_array(array, "float64").tolist() == [1.5, 65504, np.inf]
    with pytest.raises(InputError, match="features: 1.5 is no whole number"):
        cast_array(array, "int32", "features")


@pytest.mark.parametrize("order", ["C", "F"])
def test_places_in_arrays_of_more_dimensions(order):
    array = np.zeros((3, 2, 2), order=order)
    array[1, 0, 1] = array[1, 1, 0] = 1e39
    with pytest.raises(InputError, match="too large") as caught:
        cast_array(array, "float32")
    assert (caught.value.row, caught.value.column) == (1, 0)


def test_a_single_number_has_no_place():
    with pytest.raises(InputError, match="^values: 0.5 is no whole number") as caught:
        cast_array(np.array(0.5), "int32")
    assert (caught.value.row, caught.value.column) == (None, None)


def test_strips_lie_beside_each_other():
    strips = _core.Strips(2, 3)
    strips.add(np.array([1, 2], "i8"), 1)
    strips.add(np.array([[3, 4], [5, 6]], "u1"), 2, np.array([0b1101], "u1"))
    strips.add(np.array([True, False]), 1)
    out = np.zeros((2, 4), "f4")
    tally = Tally()
    assert join_strips(strips, out, tally) == Misfit("RS_E_MISSING", 1, 0, 2)
    assert join_strips(strips, out, tally, fill=np.array([9], "f4")) is None
    assert out.tolist() == [[1, 3, 9, 1], [2, 5, 6, 0]]
    assert tally == Tally(nulls=1)


def test_strips_lend_no_more_than_there_is():
    strips = _core.Strips(4, 2)
    with pytest.raises(RecordsmithError):
        strips.add(np.zeros(7), 2)
    with pytest.raises(RecordsmithError):
        strips.add(np.zeros(8), -1)
    with pytest.raises(RecordsmithError):
        strips.add(np.zeros(9), 2 + 1, np.zeros(1, "u1"))
    with pytest.raises(RecordsmithError):
        strips.add(np.zeros(12), 3, np.zeros(1, "u1"))
    assert strips.width == 0
    strips.add(np.zeros(4), 1)
    strips.add(np.zeros(8), 2)
    with pytest.raises(RecordsmithError):
        strips.add(np.zeros(4), 1)  # more than were announced
    with pytest.raises(InputError):
        strips.join(np.zeros(11, "f4"))
    with pytest.raises(RecordsmithError):
        strips.join(np.zeros(12, "f4"), fill=np.zeros(1))
    with pytest.raises(ValueError, match="C-contiguous"):
        strips.join(np.zeros((4, 6), "f4")[:, ::2])
    with pytest.raises(RecordsmithError):
        _core.Strips(-1, 1)


def test_arrow_columns_lend_no_more_than_there_is():
    rows = pa.RecordBatch.from_pydict({"a": [1.5, 2.5], "s": ["x", "y"]})
    columns = _core.ArrowColumns(*rows.__arrow_c_array__())
    strips = _core.Strips(2, 2)
    assert strips.add_arrow(columns, [1, 0, 1, 0], 1, 0) == 2  # column 1 is text
    for place, begin in ((2, 0), (-1, 0), (0, -1), (0, 1), (0, 2**62)):
        with pytest.raises(RecordsmithError):
            strips.add_arrow(columns, [place], 0, begin)
    with pytest.raises(RecordsmithError):
        strips.add_arrow(columns, [0], -1, 0)
    with pytest.raises(ValueError, match="PyCapsule"):
        _core.ArrowColumns(None, None)
    del rows, columns  # the strips hold what they were lent
    out = np.zeros((2, 1))
    assert strips.join(out)[0] == "RS_OK"
    assert out.tolist() == [[1.5], [2.5]]


def test_nothing_of_any_shape():
    for shape in ((0,), (0, 3), (2, 0)):
        found = cast_array(np.zeros(shape), "float32")
        assert (found.shape, found.dtype) == (shape, np.float32)
