"""Batches copied into one as they come."""

import io
import tracemalloc
import weakref
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import records
import recordsmith as rs
from property import strategies as own
from recordsmith import gathering
from recordsmith.concat import concat
from recordsmith.errors import InputError
from recordsmith.gathering import Gatherer, gather
from recordsmith.reader import iter_batches_from


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


def read_in_room(data, **options):
    """A stream, decoded where the whole is to be."""
    whole = Gatherer()
    for batch in iter_batches_from(io.BytesIO(data), room=whole.room, **options):
        whole.take(batch, 0.5)
    return whole.batch()


@given(own.streams(), st.integers(1, 200), st.integers(1, 6))
def test_room_makes_no_difference(stream, batch_bytes, rows):
    """Whatever the fields are, and where records are split or change their schema."""
    data = stream[0]
    for options in ({"batch_bytes": batch_bytes}, {"rows": rows}):
        batches = list(iter_batches_from(io.BytesIO(data), **options))
        expected = outcome(partial(concat, batches))
        assert outcome(partial(read_in_room, data, **options)) == expected


@pytest.mark.parametrize("kind", ["dense", "csr"])
def test_numbers_are_decoded_where_they_stay(monkeypatch, kind):
    X = np.arange(90_000, dtype="f4").reshape(9000, 10)
    X = X if kind == "dense" else sp.csr_matrix(X)
    y = np.arange(9000, dtype="f4")
    data = rs.encode(X, y)
    given_room = []
    room = Gatherer.room

    def counting(self, *args):
        array = room(self, *args)
        given_room.append(array.base is not None)
        return array

    monkeypatch.setattr(Gatherer, "room", counting)
    whole = read_in_room(data, batch_bytes=70_000)
    assert sum(given_room) > len(given_room) // 3  # where there is surely enough
    assert np.array_equal(whole.to_numpy()[0], X if kind == "dense" else X.toarray())
    assert np.array_equal(whole.labels, y)


def test_a_run_that_begins_in_the_room_of_another():
    """Its numbers stay when the memory behind the other run is given back."""
    n = 50_000
    data = rs.encode(np.full((n, 3), 1, "f4"), np.zeros(n, "f4"))
    data += rs.encode(np.full((n, 3), 2, "f4"))
    whole = read_in_room(data, batch_bytes=300_000)
    assert whole.features[:, 1].tolist() == np.repeat([1, 2], n).tolist()
    assert whole.get("label").present.tolist() == np.repeat([True, False], n).tolist()


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


def test_a_guess_that_is_far_off_costs_no_memory():
    """Not even where the system counts what was asked for: 8 GiB for 2 MiB would be too
    much anywhere."""
    batch = rs.decode(rs.encode(np.ones((1000, 250), "f4")))
    tracemalloc.start()
    whole = Gatherer()
    for _ in range(3):
        whole.take(batch, 0.000_1)
    assert tracemalloc.get_traced_memory()[1] < 100 << 20
    tracemalloc.stop()
    assert whole.batch().features.shape == (3000, 250)


def test_room_that_is_not_to_be_had(monkeypatch):
    """Where no memory can be had for what is likely to come, there is some for what is
    here."""

    def empty(shape, dtype=float):
        if np.prod(shape) > 3500:
            raise MemoryError
        return np.ones(shape, dtype)

    batch = rs.decode(rs.encode(np.ones((100, 10), "f4")))
    monkeypatch.setattr(gathering, "np", SimpleNamespace(**{**vars(np), "empty": empty}))
    whole = Gatherer()
    for _ in range(3):
        whole.take(batch, 0.01)
    assert whole.batch().features.shape == (300, 10)


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
