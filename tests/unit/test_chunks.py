"""Chunks: limits, targets, numbers of rows."""

import numpy as np
import pytest

import recordsmith as rs
from recordsmith import Tally
from recordsmith.chunks import Chunk, chunks_of
from recordsmith.errors import InputError, LimitError

ROWS = rs.decode(rs.encode(np.arange(10, dtype="f4").reshape(5, 2)))
ROW = len(rs.encode(ROWS)) // 5


@pytest.mark.parametrize("name", ["max_bytes", "chunk_bytes"])
def test_sizes_must_be_positive(name):
    with pytest.raises(InputError, match=f"{name} is 0, expected 1 or more"):
        list(rs.iter_chunks(ROWS, **{name: 0}))


def test_a_limit_is_a_limit():
    with pytest.raises(LimitError, match=f"takes {ROW} .* is {ROW - 1}") as e:
        list(rs.iter_chunks(ROWS, max_bytes=ROW - 1))
    assert e.value.row == 0
    assert len(list(rs.iter_chunks(ROWS, max_bytes=ROW))) == 5


def test_a_target_is_none():
    chunks = list(rs.iter_chunks(ROWS, chunk_bytes=1))
    assert [(c.begin, c.end, len(c)) for c in chunks] == [
        (i, i + 1, ROW) for i in range(5)
    ]


def test_rows_are_numbered_across_batches():
    tally = Tally()
    chunks = list(chunks_of([ROWS, ROWS], chunk_bytes=2 * ROW, tally=tally))
    assert [(c.begin, c.end) for c in chunks] == [
        *((0, 2), (2, 4), (4, 5)),
        *((5, 7), (7, 9), (9, 10)),
    ]
    assert tally.rows == 10
    assert b"".join(map(bytes, chunks)) == 2 * rs.encode(ROWS)


def test_a_chunk():
    chunk = Chunk(b"abc", 1, 4)
    assert (len(chunk), bytes(chunk)) == (3, b"abc")
    assert repr(chunk) == "<Chunk of rows 1 to 4, 3 bytes>"


def test_no_rows():
    assert list(rs.iter_chunks(np.zeros((0, 2)))) == []
