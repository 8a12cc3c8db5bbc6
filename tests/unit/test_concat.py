"""Batches joined, and cut anew."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import records
import recordsmith as rs
from property import strategies as own
from recordsmith import Batch
from recordsmith.concat import concat, rebatch
from recordsmith.errors import InputError


@given(own.batches(), st.lists(st.integers(0, 5), max_size=4))
def test_parts_join_to_the_whole(batch, cuts):
    bounds = [0, *sorted(min(cut, batch.n_rows) for cut in cuts), batch.n_rows]
    parts = [batch.rows(a, b) for a, b in zip(bounds, bounds[1:])]
    joined = concat(parts)
    assert joined.n_rows == batch.n_rows
    assert records.of_batch(joined) == records.of_batch(batch)


@given(own.batches(), st.lists(st.integers(0, 5), max_size=4), st.integers(1, 6))
def test_rebatching_keeps_the_rows(batch, cuts, rows):
    bounds = [0, *sorted(min(cut, batch.n_rows) for cut in cuts), batch.n_rows]
    parts = [batch.rows(a, b) for a, b in zip(bounds, bounds[1:])]
    found = list(rebatch(parts, rows))
    assert records.take(found, []) == records.of_batch(batch)
    assert all(one.n_rows == rows for one in found[:-1])
    assert all(0 < one.n_rows <= rows for one in found)


def test_only_rows_of_several_batches_are_copied():
    parts = [rs.decode(rs.encode(np.full((10, 2), i, "f4"))) for i in range(3)]
    found = list(rebatch(parts, 4))
    assert [one.n_rows for one in found] == [4, 4, 4, 4, 4, 4, 4, 2]
    assert [one.features[0, 0] for one in found] == [0, 0, 0, 1, 1, 2, 2, 2]
    assert [one.first_row for one in found] == [0, 4, 8, 2, 6, 0, 4, 8]
    shared = [
        any(np.shares_memory(one.features, part.features) for part in parts)
        for one in found
    ]
    assert shared == [True, True, False, True, True, True, True, True]


def test_fields_that_differ_meet_only_where_rows_do():
    """Batches of different widths are no matter as long as none holds both."""
    parts = [rs.decode(rs.encode(np.zeros((4, width), "f4"))) for width in (2, 3)]
    assert [one.features.shape for one in rebatch(parts, 2)] == [(2, 2)] * 2 + [
        (2, 3)
    ] * 2
    found = []
    with pytest.raises(InputError, match="has width 3, before it had 2"):
        found.extend(rebatch(parts, 3))
    assert [one.features.shape for one in found] == [(3, 2)]


def test_nothing():
    assert concat([]).n_rows == 0
    assert list(rebatch([], 3)) == []
    with pytest.raises(InputError, match="rows is 0"):
        list(rebatch([], 0))


def test_a_field_that_some_lack():
    one = rs.decode(rs.encode([[1.0]], [2.0]))
    other = rs.decode(rs.encode([[3.0]]))
    for pair, present in (((one, other), [True, False]), ((other, one), [False, True])):
        joined = concat(pair)
        assert joined.get("label").present.tolist() == present
        assert joined.features.ravel().tolist() == [b.features[0, 0] for b in pair]


def test_widths_that_vary_become_ragged_where_one_is():
    ragged = rs.decode(rs.encode([[1, 2], [3]]))
    dense = rs.decode(rs.encode([[4, 5]]))
    for pair in ((ragged, dense), (dense, ragged)):
        field = concat(pair).get("feature")
        assert field.kind == "ragged"
        expected = [v for b in pair for v in b.get("feature").stored.ravel()]
        assert field.values.tolist() == expected


@pytest.mark.parametrize(
    ("X", "what"),
    [
        (np.zeros((1, 3), "f4"), "width"),
        (np.zeros((1, 2), "f8"), "dtype"),
        (np.zeros((1, 2, 1), "f4"), "shape"),
        ([[1, 2], [1]], "dtype"),
    ],
)
def test_fields_that_differ(X, what):
    first = rs.decode(rs.encode(np.zeros((4, 2), "f4")))
    found = rs.decode(rs.encode(X))
    second = Batch(found.fields, found.n_rows, 4)
    with pytest.raises(InputError, match=f"has {what} .*, before it had") as caught:
        concat([first, second])
    assert (caught.value.row, caught.value.unit) in ((5, "record"), (1, "record"))
