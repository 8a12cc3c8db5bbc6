"""What becomes of each dtype."""

import numpy as np
import pytest

from recordsmith import Tally
from recordsmith.casts import cast_array, wire_dtype
from recordsmith.errors import InputError, UnsupportedTypeError

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


def test_nothing_of_any_shape():
    for shape in ((0,), (0, 3), (2, 0)):
        found = cast_array(np.zeros(shape), "float32")
        assert (found.shape, found.dtype) == (shape, np.float32)
