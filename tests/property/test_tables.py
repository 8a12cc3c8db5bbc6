"""Tables of random columns become the matrix that NumPy makes of them, number by number.

The reference knows nothing of blocks or lanes: it casts one Python number at a time.
"""

import math
import random
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading import batches_of
from recordsmith.casts import cast_array
from recordsmith.errors import InputError
from recordsmith.tally import Tally

INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
TYPES = ["bool", *INTEGERS, "float16", "float32", "float64"]
TARGETS = ["float32", "float64", "int32"]
EDGES = [0, 1, 2**24, 2**24 + 1, 2**31 - 1, 2**31, 2**53, 2**53 + 1, 2**63 - 1]
FLOATS = [0.1, -0.0, 1e-50, 1e39, 2.0**31, 0.5, math.inf, -math.inf, math.nan]


def numbers_of(dtype):
    """Python numbers of a NumPy dtype, large and small."""
    if dtype == "bool":
        return st.booleans()
    if dtype.startswith("float"):
        edges = FLOATS if dtype == "float64" else [0.5, -0.0, math.inf, math.nan]
        return st.floats(width=int(dtype[5:])) | st.sampled_from(edges)
    info = np.iinfo(dtype)
    edges = [n for edge in EDGES for n in (edge, -edge) if info.min <= n <= info.max]
    return st.integers(int(info.min), int(info.max)) | st.sampled_from(edges)


@st.composite
def columns(draw, n_rows, dtypes, gaps):
    """An Arrow array of n_rows, a slice of a longer one, and its Python numbers."""
    dtype = draw(st.sampled_from(dtypes))
    before = draw(st.sampled_from([0, 1, 7, 9]))
    # Few different numbers, so that some tables fit their target.
    pool = draw(st.lists(numbers_of(dtype), min_size=1, max_size=4))
    pool = [0, 1, *([None] if gaps else [])] + (pool if draw(st.booleans()) else [])
    places = random.Random(draw(st.integers(0, 999))).choices(range(len(pool)), k=n_rows)
    values = [pool[place] for place in places]
    typed = [None if v is None else np.dtype(dtype).type(v) for v in values]
    array = pa.array([typed[0]] * before + typed if typed else [], dtype_of(dtype))
    return array.slice(before if typed else 0), [
        None if v is None else v.item() for v in typed
    ]


def dtype_of(dtype):
    return pa.bool_() if dtype == "bool" else pa.from_numpy_dtype(dtype)


@st.composite
def tables(draw, gaps=False, most=20):
    n_rows = draw(st.sampled_from([0, 1, 2, 5, 63, 64, 65, 70]))
    dtypes = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3))
    n_columns = draw(st.integers(1, most if n_rows < 10 else 5))
    return [draw(columns(n_rows, dtypes, gaps)) for _ in range(n_columns)]


def cast(number, target):
    """(the number in the target, its relative error), or None if it does not fit."""
    if target == "int32":
        whole = math.isfinite(number) and number == int(number)
        return (int(number), 0) if whole and -(2**31) <= number < 2**31 else None
    if not math.isfinite(number):
        return number, 0
    if isinstance(number, int) and target == "float32":
        rounded = float32_of(number)
    else:
        with np.errstate(over="ignore", under="ignore"):
            rounded = float(np.dtype(target).type(number))
    if math.isinf(rounded):
        return None
    lost = abs(Fraction(rounded) - Fraction(number))
    return rounded, float(lost / abs(Fraction(number))) if lost else 0


def float32_of(number):
    """An integer to nearest, ties to even: no double may stand between."""
    shift = max(0, abs(number).bit_length() - 24)
    low = abs(number) >> shift << shift
    rest, half = abs(number) - low, (1 << shift) >> 1
    up = rest > half or (rest == half and shift and low >> shift & 1)
    return math.copysign(float(low + ((1 << shift) if up else 0)), number)


def expected(table, target, fill):
    """(rows, n_changed, n_filled, largest error), or the place of the first misfit."""
    rows, errors, n_filled = [], [], 0
    for r in range(len(table[0][1])):
        row = []
        for c, (_, values) in enumerate(table):
            if values[r] is None and fill is None:
                return r, f"c{c}"
            found = (fill, 0) if values[r] is None else cast(values[r], target)
            if found is None:
                return r, f"c{c}"
            n_filled += values[r] is None
            row.append(found[0])
            errors.append(found[1])
        rows.append(row)
    return rows, sum(error > 0 for error in errors), n_filled, max(errors, default=0)


def check(table, target, fill=None):
    names = [f"c{i}" for i in range(len(table))]
    arrow = pa.Table.from_arrays([array for array, _ in table], names)
    options = {"dtype": target, "nulls": "error" if fill is None else fill}
    known = expected(table, target, fill)
    if len(known) == 2:
        with pytest.raises(InputError) as caught:
            batches_of(arrow, **options)
        assert (caught.value.row, caught.value.column) == known
        return
    rows, n_changed, n_filled, error = known
    batches, tally = batches_of(arrow, **options)
    found = np.concatenate([batch.features for batch in batches])
    assert found.dtype == target
    np.testing.assert_array_equal(found, np.array(rows, target).reshape(found.shape))
    assert (tally.values_rounded, tally.nulls) == (n_changed, n_filled)
    assert tally.max_relative_error == pytest.approx(error, rel=1e-15)


@given(tables(), st.sampled_from(TARGETS))
def test_columns_are_the_numbers_of_numpy(table, target):
    """Values, roundings and the largest error; or the first number that does not fit."""
    check(table, target)


@given(tables(gaps=True), st.sampled_from(TARGETS), st.sampled_from([None, 0, 7]))
def test_missing_numbers_are_filled_or_refused(table, target, fill):
    """A missing number counts as one that does not fit, unless it is filled."""
    check(table, target, fill)


@given(tables(most=6), st.sampled_from(TARGETS))
def test_an_array_is_cast_as_its_columns_are(table, target):
    """`cast_array` of one column, and of it as a matrix, is what the column becomes."""
    array, values = table[0]
    found, tally = None, Tally()
    flat = np.array(values, array.type.to_pandas_dtype())
    known = expected(table[:1], target, None)
    if len(known) == 2:
        with pytest.raises(InputError) as caught:
            cast_array(flat, target)
        assert (caught.value.row, caught.value.column) == (known[0], None)
        with pytest.raises(InputError) as caught:
            cast_array(flat.reshape(1, -1), target)
        assert (caught.value.row, caught.value.column) == (0, known[0])
        return
    found = cast_array(flat, target, tally=tally)
    np.testing.assert_array_equal(found, np.array(known[0], target).reshape(-1))
    assert tally.values_rounded == known[1]
    assert tally.max_relative_error == pytest.approx(known[3], rel=1e-15)
