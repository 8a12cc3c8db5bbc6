"""Policies of encoding: duplicates, order, empty rows, room."""

import numpy as np
import pytest
import scipy.sparse as sp

import recordsmith as rs
import wire
from recordsmith import Batch, Field, Tally
from recordsmith.codec import Encoder, canonical
from recordsmith.errors import InputError, LimitError


def field(rows, dtype="f4", n_cols=10):
    """A csr field of [(key, value), ...] rows, in stored order."""
    flat = [pair for row in rows for pair in row]
    return Field(
        "feature",
        "csr",
        np.array([v for _, v in flat], dtype),
        shape=(n_cols,),
        offsets=np.cumsum([0, *map(len, rows)]),
        keys=np.array([k for k, _ in flat], "i8"),
    )


def batch(*rows, **options):
    return Batch((field(rows, **options),), len(rows))


@pytest.mark.parametrize("name", ["duplicates", "empty_rows"])
def test_unknown_policies(name):
    with pytest.raises(InputError, match=f"{name} is 'drop', not one of"):
        rs.encode(batch([(0, 1)]), **{name: "drop"})


def test_keys_out_of_order_are_sorted_and_counted():
    tally = Tally()
    data = rs.encode(batch([(5, 1), (2, 2)], [(1, 3)], [(9, 4), (0, 5)]), tally=tally)
    found = rs.decode(data).features
    assert found.indices.tolist() == [2, 5, 1, 0, 9]
    assert found.data.tolist() == [2, 1, 3, 5, 4]
    assert (tally.keys_sorted, tally.duplicates_summed) == (2, 0)


def test_values_of_a_key_are_summed_in_double_precision():
    rows = [[(1, 2.0**24), (1, 1), (1, 1)], [(0, 1), (2, 2)]]
    found = rs.decode(rs.encode(batch(*rows), duplicates="sum")).features
    assert found.data.tolist() == [2.0**24 + 2, 1, 2]
    assert found.indptr.tolist() == [0, 1, 3]


def test_sums_that_do_not_fit():
    rows = [[(0, 1), (7, 1)], [(3, 2**31 - 1), (4, 1), (3, 1)]]
    with pytest.raises(InputError, match="sums of duplicates: 2147483648") as caught:
        rs.encode(batch(*rows, dtype="i4"), duplicates="sum")
    assert (caught.value.row, caught.value.column) == (1, 3)


def test_rows_of_a_part_count_from_the_whole():
    whole = batch([(0, 1)], [(0, 1)], [(3, 1), (3, 1)], [(11, 1)])
    with pytest.raises(InputError, match="key 3 is stored twice") as caught:
        rs.encode(whole.rows(1, 3))
    assert caught.value.row == 2
    with pytest.raises(InputError, match="key 11 is outside") as caught:
        rs.encode(whole.rows(3, 4))
    assert caught.value.row == 3


@pytest.mark.parametrize("key", [-1, 10, 2**62])
def test_keys_outside_the_row(key):
    for policy in ("error", "sum", "keep"):
        with pytest.raises(InputError, match=f"key {key} is outside the row") as caught:
            rs.encode(batch([(1, 1)], [(2, 1), (key, 1)]), duplicates=policy)
        assert caught.value.row == 1


@pytest.mark.parametrize("offsets", [[0, 3, 1], [-1, 0, 2], [0, 1, 9], [2, 1, 2]])
def test_damaged_offsets(offsets):
    bad = Field(
        "feature",
        "csr",
        np.ones(2, "f4"),
        shape=(3,),
        offsets=np.array(offsets),
        keys=np.array([1, 0]),
    )
    for policy in ("error", "sum", "keep"):
        with pytest.raises(InputError, match="offsets must ascend"):
            rs.encode(Batch((bad,), 2), duplicates=policy)
    with pytest.raises(InputError, match="offsets must ascend"):
        canonical(bad, "sum", Tally())


def test_empty_rows():
    X = sp.csr_matrix(np.array([[0, 0], [1, 0]], "f4"))
    shape_only = wire.frame(wire.feature(wire.value("float32", [], [], [2])))
    one = wire.frame(wire.feature(wire.value("float32", [1], [0], [2])))
    zero = wire.frame(wire.feature(wire.value("float32", [0], [0], [2])))
    kept, filled = Tally(), Tally()
    assert rs.encode(X, tally=kept) == shape_only + one
    assert rs.encode(X, empty_rows="explicit-zero", tally=filled) == zero + one
    assert (kept.empty_rows, kept.zeros_added) == (1, 0)
    assert (filled.empty_rows, filled.zeros_added) == (1, 1)
    with pytest.raises(InputError, match="1 sparse rows have no stored value") as caught:
        rs.encode(X, empty_rows="error")
    assert caught.value.row == 0


def test_no_key_for_a_zero():
    with pytest.raises(InputError, match="0 columns has no key 0"):
        rs.encode(sp.csr_matrix((2, 0), dtype="f4"), empty_rows="explicit-zero")


def test_room_that_is_too_small():
    X = np.zeros((2, 3), "f4")
    n = len(rs.encode(X))
    with pytest.raises(LimitError, match=f"take {n} bytes, `out` holds {n - 1}"):
        rs.encode(X, out=bytearray(n - 1))


def test_room_that_cannot_be_written():
    with pytest.raises((BufferError, ValueError, TypeError)):
        rs.encode(np.zeros((1, 1), "f4"), out=bytes(100))


def test_plan_says_what_does_not_fit():
    encoder = Encoder(batch([(0, 1)], [(0, 1), (1, 1)]))
    _, one = encoder.plan(0, 1)
    assert encoder.plan(0, 2, one) == (1, one)
    assert encoder.plan(0, 2, one - 1) == (0, one)
    assert encoder.plan(2, 2) == (2, 0)
