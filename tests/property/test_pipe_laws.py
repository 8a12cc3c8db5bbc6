"""Laws of reading a channel, for every kind of rows."""

import collections

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import batches as any_batch

import recordsmith as rs
from feeding import fed
from recordsmith.concat import concat
from recordsmith.pipe.mixing import cut, generator, sharded, shuffled


def payloads(batch):
    """Each row's record, as bytes."""
    return [
        bytes(rs.encode(batch.rows(i, i + 1), duplicates="keep"))
        for i in range(batch.n_rows)
    ]


def rows_of(batches):
    return [row for batch in batches for row in payloads(batch)]


@st.composite
def streams(draw):
    """A batch, and the same rows as a stream of batches."""
    whole = draw(any_batch())
    cuts = sorted(draw(st.lists(st.integers(0, whole.n_rows), max_size=4)))
    bounds = [0, *cuts, whole.n_rows]
    return whole, [whole.rows(a, b) for a, b in zip(bounds, bounds[1:]) if b > a]


@given(streams(), st.integers(1, 5))
def test_the_union_of_the_shards_is_all_rows(stream, n):
    whole, parts = stream
    expected = payloads(whole)
    for i in range(n):
        assert rows_of(sharded(parts, (i, n))) == expected[i::n]


@given(streams(), st.integers(2, 9), st.integers(0, 99), st.integers(1, 4))
def test_shuffled_rows_are_a_permutation_in_batches_of_one_size(
    stream, window, seed, rows
):
    whole, parts = stream
    made = [
        list(cut(shuffled(pieces, window, generator(seed, 0)), rows, "keep"))
        for pieces in (parts, [whole] if whole.n_rows else [])
    ]
    found = rows_of(made[0])
    assert collections.Counter(found) == collections.Counter(payloads(whole))
    assert found == rows_of(made[1])
    sizes = [batch.n_rows for batch in made[0]]
    assert sizes == [rows] * (whole.n_rows // rows) + [whole.n_rows % rows] * bool(
        whole.n_rows % rows
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fifos")


@given(
    st.integers(1, 20),
    st.integers(1, 4),
    st.integers(3, 70),
    st.integers(1, 9),
    st.sampled_from([0, 2, 13]),
)
def test_cuts_of_a_fifo_do_not_matter(folder, n_rows, width, piece, rows, window):
    X = np.arange(n_rows * width, dtype="float32").reshape(n_rows, width)
    with fed(folder, "train", rs.encode(X), piece=piece):
        options = {"rows": rows, "shuffle": window, "timeout_s": 20}
        found = list(rs.open_pipe(folder, "train", **options))
    assert all(batch.n_rows == rows for batch in found[:-1])
    got = concat(found).features
    expected = X if not window else got[np.argsort(got[:, 0])]
    assert np.array_equal(np.sort(got, axis=0), X)
    assert np.array_equal(expected, X)
