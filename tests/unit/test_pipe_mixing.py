"""Rows taken, sharded, shuffled and cut; the laws of each."""

import random

import numpy as np
import pytest

import recordsmith as rs
from recordsmith.batch import Batch, Field
from recordsmith.concat import concat
from recordsmith.pipe.examples import listed, sharded_items, shuffled_items
from recordsmith.pipe.mixing import cut, generator, sharded, shuffled
from recordsmith.taking import take, take_every


def numbered(n, *sizes):
    """Batches of the numbers below n, of the sizes given (the last one over and over)."""
    at, batches = 0, []
    sizes = list(sizes)
    while at < n:
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        values = np.arange(at, min(n, at + size), dtype="int32").reshape(-1, 1)
        batches.append(Batch((Field("feature", "dense", values),), len(values), at))
        at += len(values)
    return batches


def numbers(batches):
    return [int(x) for batch in batches for x in batch.features[:, 0]]


def everything():
    """Four rows with a field of each kind."""
    blobs = Field(
        "feature",
        "blobs",
        np.frombuffer(b"abcdefg", np.uint8),
        name="b",
        offsets=np.array([0, 2, 2, 3, 4]),
        item_offsets=np.array([0, 1, 3, 3, 7]),
    )
    dense = Field("label", "dense", np.arange(8, dtype="float32").reshape(4, 2))
    csr = Field(
        "feature",
        "csr",
        np.arange(5.0),
        name="s",
        shape=(9,),
        offsets=np.array([0, 1, 1, 4, 5], "int32"),
        keys=np.array([8, 1, 2, 3, 0], "int32"),
    )
    uid = Field.from_texts("uid", ["w", None, "yy", ""])
    return Batch((blobs, dense, csr, uid), 4)


def test_rows_of_every_kind_of_field():
    batch = take(everything(), np.array([3, 0, 3, 2]))
    blobs, dense, csr, uid = batch.fields
    assert uid.texts() == ["", "w", "", "yy"]
    assert dense.values.tolist() == [[6, 7], [0, 1], [6, 7], [4, 5]]
    assert csr.offsets.tolist() == [0, 1, 2, 3, 6]
    assert csr.keys.tolist() == [0, 8, 0, 1, 2, 3]
    assert csr.values.tolist() == [4, 0, 4, 1, 2, 3]
    assert blobs.offsets.tolist() == [0, 1, 3, 4, 5]
    pieces = np.split(blobs.values, blobs.item_offsets[1:-1])
    assert [piece.tobytes() for piece in pieces] == [b"defg", b"a", b"bc", b"defg", b""]


def test_rows_that_are_taken_encode_as_before():
    batch = everything()
    whole = rs.encode(batch)
    again = rs.encode(take(batch, np.arange(4)))
    assert again == whole
    assert rs.encode(take_every(batch, 1, 2)) == rs.encode(take(batch, np.array([1, 3])))


def test_no_rows_and_rows_of_a_part():
    part = everything().rows(1, 4)
    assert take(part, np.array([], int)).n_rows == 0
    assert take(part, np.array([2])).get("uid").texts() == [""]
    assert take_every(part, 0, 2).get("uid").texts() == [None, ""]


def test_keys_as_large_as_they_can_be():
    keys = np.array([2**63 - 1, 5, 2**63 - 1])
    parts = {"offsets": np.array([0, 1, 3]), "keys": keys}
    field = Field("feature", "csr", np.arange(3.0), **parts)
    taken = take(Batch((field,), 2), np.array([1, 0])).fields[0]
    assert taken.keys.tolist() == [5, 2**63 - 1, 2**63 - 1]
    assert taken.values.tolist() == [1, 2, 0]


def test_long_items_are_copied_whole():
    data = np.random.default_rng(1).integers(0, 256, 3000, np.uint8)
    offsets = np.array([0, 1000, 1000, 3000])
    uid = Field("uid", "text", data % 128, name="", offsets=offsets)
    rows = take(Batch((uid,), 3), np.array([2, 0, 1])).fields[0]
    expected = np.concatenate([data[1000:], data[:1000]]) % 128
    assert np.array_equal(rows.values, expected)
    assert rows.offsets.tolist() == [0, 2000, 3000, 3000]


# -- shards ----------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(10,), (1,), (3, 1, 4), (100,)])
def test_shards_divide_the_rows(sizes):
    for n in (1, 2, 3, 7):
        for i in range(n):
            found = numbers(sharded(numbered(23, *sizes), (i, n)))
            assert found == list(range(i, 23, n))


# -- shuffling -------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 5, 10, 11, 100])
@pytest.mark.parametrize("window", [2, 3, 10, 1000])
def test_shuffling_is_a_permutation(n, window):
    found = numbers(shuffled(numbered(n, 7), window, generator(1, 0)))
    assert sorted(found) == list(range(n))


def test_the_order_depends_on_seed_and_epoch_and_not_on_the_batches():
    def order(seed, epoch, *sizes):
        return numbers(shuffled(numbered(50, *sizes), 16, generator(seed, epoch)))

    assert order(1, 0, 50) == order(1, 0, 1) == order(1, 0, 3, 20, 5)
    orders = {tuple(order(*key, 50)) for key in ((1, 0), (1, 1), (2, 0), (0, 1))}
    assert len(orders) == 4


def test_no_row_comes_more_than_a_window_early():
    window = 10
    found = numbers(shuffled(numbered(1000, 50), window, generator(3, 0)))
    assert max(x - place for place, x in enumerate(found)) < window
    late = [place - x for place, x in enumerate(found)]
    assert max(late) > window  # and late ones come, with falling probability


def test_each_order_of_a_window_is_as_likely():
    """Six orders of three rows, 6000 draws: chi-squared below its 99.99 % quantile."""
    counts = {}
    for epoch in range(6000):
        order = tuple(numbers(shuffled(numbered(3, 3), 4, generator(5, epoch))))
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 25.7


# -- batches ---------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(10,), (1,), (4, 1, 3), (100,)])
def test_batches_of_one_size(sizes):
    batches = list(cut(numbered(10, *sizes), 4, "keep"))
    assert [batch.n_rows for batch in batches] == [4, 4, 2]
    assert [batch.first_row for batch in batches] == [0, 4, 8]
    assert numbers(batches) == list(range(10))


def test_the_last_batch_dropped_or_padded():
    assert numbers(cut(numbered(10, 3), 4, "drop")) == list(range(8))
    padded = list(cut(numbered(10, 3), 4, "pad"))
    assert [(b.n_rows, b.n_valid, b.n_padding) for b in padded] == [
        (4, 4, 0),
        (4, 4, 0),
        (4, 2, 2),
    ]
    assert numbers(padded[2:]) == [8, 9, 8, 9]
    assert numbers(cut(numbered(1, 3), 3, "pad")) == [0, 0, 0]
    assert list(cut([], 3, "pad")) == []


def test_a_batch_that_needs_no_padding_has_none():
    (batch,) = cut(numbered(4, 3), 4, "pad")
    assert batch.n_padding == 0


def test_padding_stays_at_the_end_of_a_part():
    (batch,) = cut(numbered(3, 3), 5, "pad")
    ranges = [(0, 5), (0, 3), (1, 4), (2, 3), (3, 5), (4, 4)]
    assert [batch.rows(a, b).n_valid for a, b in ranges] == [3, 3, 2, 1, 0, 0]


def test_batches_are_cut_without_a_copy_where_they_can_be():
    (whole,) = numbered(10, 10)
    parts = list(cut([whole], 5, "keep"))
    for part in parts:
        assert np.shares_memory(part.features, whole.features)


def test_fields_that_do_not_join_are_refused():
    other = Batch((Field("feature", "dense", np.zeros((3, 1))),), 3)
    with pytest.raises(
        rs.errors.InputError, match="has dtype float64, before it had int32"
    ):
        list(cut([*numbered(3, 3), other], 4, "keep"))
    assert concat(numbered(6, 3)).n_rows == 6


# -- examples that are no rows ---------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 4, 9, 50])
@pytest.mark.parametrize("window", [2, 5, 100])
def test_items_are_shuffled_as_rows_are(n, window):
    found = list(shuffled_items(range(n), window, random.Random(1)))
    assert sorted(found) == list(range(n))
    assert found == list(shuffled_items(range(n), window, random.Random(1)))
    assert max([x - place for place, x in enumerate(found)], default=0) < window + 1


def test_items_in_shards_and_lists():
    assert list(sharded_items("abcdefg", (1, 3))) == ["b", "e"]
    assert list(listed("abcde", 2, "keep")) == [["a", "b"], ["c", "d"], ["e"]]
    assert list(listed("abcde", 2, "drop")) == [["a", "b"], ["c", "d"]]
    assert list(listed("abcd", 2, "drop")) == [["a", "b"], ["c", "d"]]
    assert list(listed("", 4, "keep")) == []
