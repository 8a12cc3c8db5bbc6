"""Raw RecordIO frames as examples: tuples of payloads, mixed and listed like rows."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import FormatError
from ..frames import iter_payloads
from ..sources.files import Files

__all__ = ["examples_of", "listed", "sharded_items", "shuffled_items"]

Example = tuple[bytes, ...]


def examples_of(files: Files, group: int) -> Iterator[Example]:
    """`group` payloads at a time: the attributes of an augmented manifest's line.

    Raises
    ------
    FormatError
        If the bytes are no frames, end inside one, or end inside a group.
    """
    for opened in files:
        payloads = iter_payloads(opened.file, name=opened.name)
        for number in itertools.count(1):
            example = tuple(itertools.islice(payloads, group))
            if not example:
                break
            if len(example) < group:
                raise FormatError(
                    f"example {number} has {len(example)} of {group} payloads",
                    path=opened.name,
                    advice="group= is the number of the channel's AttributeNames",
                )
            yield example


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
    """Lists of n items; the last one kept, dropped, or filled with its own first ones."""
    items = iter(items)
    while True:
        some = list(itertools.islice(items, n))
        if not some or (len(some) < n and last == "drop"):
            return
        if last == "pad":
            some = list(itertools.islice(itertools.cycle(some), n))
        yield some
