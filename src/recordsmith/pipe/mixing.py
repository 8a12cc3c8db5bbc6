"""Which rows of a stream go on, in what order, in batches of which size.

The steps, in the order in which :class:`recordsmith.pipe.Channel` takes them: this
shard's rows; shuffled within a window; cut into batches. Each is a generator that holds
little, and none looks at a row by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from ..batch import Batch
from ..concat import concat, rebatch
from ..taking import take, take_every

__all__ = ["cut", "generator", "sharded", "shuffled"]


def sharded(batches: Iterable[Batch], shard: tuple[int, int]) -> Iterator[Batch]:
    """Row i, counted from 0 through the whole epoch, goes to shard i mod n."""
    which, n_shards = shard
    at = 0
    for batch in batches:
        first = (which - at) % n_shards
        at += batch.n_rows
        if first < batch.n_rows:
            yield take_every(batch, first, n_shards)


def generator(seed: int, epoch: int) -> np.random.Generator:
    """The random numbers of an epoch: others for each, the same in each run."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, epoch])))


def shuffled(
    batches: Iterable[Batch], window: int, random: np.random.Generator
) -> Iterator[Batch]:
    """The rows in an order that is random within a window of so many rows.

    Whenever the window is full, half of it, any rows, goes out in any order. So a row
    may come up to half a window early and, with falling probability, any distance late;
    and a window that holds all rows gives each order with equal probability.

    Notes
    -----
    The order depends on the rows' order, `window` and `random` alone, and not on how the
    rows were divided into batches.
    """
    half = (window + 1) // 2
    held: list[Batch] = []
    n_held = 0
    for batch in batches:
        begin = 0
        while n_held + batch.n_rows - begin >= 2 * half:
            end = begin + 2 * half - n_held
            pool = concat([*held, batch.rows(begin, end)])
            order = random.permutation(2 * half)
            held, n_held, begin = [take(pool, order[half:])], half, end
            yield take(pool, order[:half])
        if begin < batch.n_rows:
            held.append(batch.rows(begin, batch.n_rows))
            n_held += batch.n_rows - begin
    if n_held:
        yield take(concat(held), random.permutation(n_held))


def cut(batches: Iterable[Batch], rows: int | None, last: str) -> Iterator[Batch]:
    """Batches of `rows` rows, or as they come; the last one kept, dropped or padded.

    Padding repeats the batch's own rows from its first one on, so that features and
    labels are real ones; `n_padding` tells how many to leave out of a sum.
    """
    first_row = 0
    for batch in batches if rows is None else rebatch(batches, rows):
        whole = batch
        if rows is not None and batch.n_rows < rows:
            if last == "drop":
                return
            if last == "pad":
                whole = take(batch, np.arange(rows) % batch.n_rows)
        padding = whole.n_rows - batch.n_rows
        yield replace(whole, first_row=first_row, n_padding=padding)
        first_row += batch.n_rows
