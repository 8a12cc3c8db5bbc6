"""Raw RecordIO frames as examples: tuples of payloads, mixed and listed like rows."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["Example", "blocked", "listed", "sharded_items", "shuffled_items"]

Example = tuple[bytes, ...]
_BLOCK_BYTES = 1 << 20
_MOST = 1000


def blocked(examples: Iterable[Example]) -> Iterator[list[Example]]:
    """Lists of about a MiB: a thread's turn costs more than a small example."""
    block: list[Example] = []
    n_bytes = 0
    for example in examples:
        block.append(example)
        n_bytes += sum(map(len, example))
        if n_bytes >= _BLOCK_BYTES or len(block) >= _MOST:
            yield block
            block, n_bytes = [], 0
    if block:
        yield block


def sharded_items(items: Iterable[Any], shard: tuple[int, int]) -> Iterator[Any]:
    """Item i, counted from 0, goes to shard i mod n."""
    return itertools.islice(items, shard[0], None, shard[1])


def shuffled_items(
    items: Iterable[Any], window: int, chance: random.Random
) -> Iterator[Any]:
    """As `mixing.shuffled`, for items that are not rows of arrays."""
    half = (window + 1) // 2
    items = iter(items)
    pool = list(itertools.islice(items, 2 * half))
    while len(pool) == 2 * half:
        chance.shuffle(pool)
        out, pool = pool[:half], pool[half:]
        yield from out
        pool += itertools.islice(items, half)
    chance.shuffle(pool)
    yield from pool


def listed(items: Iterable[Any], n: int, last: str) -> Iterator[list[Any]]:
    """Lists of n items; the last one kept as it is, or dropped."""
    items = iter(items)
    while True:
        some = list(itertools.islice(items, n))
        if not some or (len(some) < n and last == "drop"):
            return
        yield some
