"""Batches copied into one as they come."""

import weakref

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import records
import recordsmith as rs
from property import strategies as own
from recordsmith.concat import concat
from recordsmith.errors import InputError
from recordsmith.gathering import gather


def cut(batch, cuts):
    bounds = [0, *sorted(min(one, batch.n_rows) for one in cuts), batch.n_rows]
    return [batch.rows(a, b) for a, b in zip(bounds, bounds[1:])]


parts = st.one_of(st.none(), st.floats(0.001, 1))


@given(own.batches(), st.lists(st.integers(0, 5), max_size=4), st.lists(parts))
def test_rows_come_through(batch, cuts, guesses):
    """Whatever is said of how much is still to come."""
    pieces = cut(batch, cuts)
    guesses += [None] * len(pieces)
    joined = gather(zip(pieces, guesses))
    assert joined.n_rows == batch.n_rows
    assert records.of_batch(joined) == records.of_batch(batch)
    assert list(map(repr, joined.fields)) == list(map(repr, concat(pieces).fields))


def outcome(join):
    """The records, or why there are none."""
    try:
        return records.of_batch(join())
    except InputError as error:
        return error.reason


@given(own.batches(), own.batches(), st.lists(st.integers(0, 5), max_size=4))
def test_batches_that_differ_are_joined_as_concat_does(one, other, cuts):
    pieces = cut(one, cuts) + cut(other, cuts) + cut(one, cuts)
    expected = outcome(lambda: concat(pieces))
    assert outcome(lambda: gather((piece, None) for piece in pieces)) == expected


def test_nothing():
    assert gather([]).n_rows == 0


def test_one_batch_is_not_copied():
    batch = rs.decode(rs.encode([[1.0]]))
    assert gather([(batch, 1.0)]) is batch


@pytest.mark.parametrize("part", [None, 0.01, 1.0])
def test_arrays_hold_nothing_else(part):
    """Room that was not needed is given back."""
    X = sp.random(500, 50, 0.2, "csr", "f4", random_state=1)
    batch = rs.decode(rs.encode(X, np.arange(500, dtype="f4")))
    joined = gather((one, part) for one in cut(batch, [100, 200, 300]))
    for field in joined.fields:
        for array in (field.values, field.keys, field.offsets):
            assert array is None or array.base is None
    assert len(joined.get("feature").values) == X.nnz
    assert (joined.features != X).nnz == 0
    assert joined.labels.tolist() == list(range(500))


def test_offsets_have_the_type_of_the_keys():
    """SciPy has one type for both, and would copy one of them."""
    X = sp.random(90, 50, 0.2, "csr", "f4", random_state=1)
    batch = rs.decode(rs.encode(X))
    pieces = cut(batch, [30, 60])
    for joined in (gather((one, None) for one in pieces), concat(pieces)):
        field = joined.get("feature")
        assert field.offsets.dtype == field.keys.dtype == np.int32
        assert np.shares_memory(joined.features.indices, field.keys)


def test_each_batch_is_let_go():
    """What has been copied is not kept."""
    seen = []

    def made():
        for i in range(5):
            batch = rs.decode(rs.encode(np.full((9, 3), i, "f4")))
            seen.append(weakref.ref(batch))
            alive = sum(one() is not None for one in seen)
            assert alive <= 3  # the first, the last, and this one
            yield batch, None

    found = gather(made()).features[:, 0]
    assert found.tolist() == np.repeat(range(5), 9).tolist()
