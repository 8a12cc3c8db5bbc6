"""Rows from all over a source: the first ones tell little of data that is sorted."""

from __future__ import annotations

import contextlib
import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np

from ..batch import FEATURE, Batch
from ..concat import concat
from ..errors import InputError
from ..pipeline import iter_batches
from ..sources import open_source
from ..storage import is_path
from ..tally import Tally
from .loss import count_nonzero
from .places import spread_blocks
from .results import Sample

if TYPE_CHECKING:
    Progress = Callable[[int, Optional[int], int], None]

__all__ = ["memory_bytes", "take_sample"]

_BLOCKS = 64
_READ_FACTOR = 4  # of what is kept: how much a source may give before reading stops


def take_sample(
    src: Any,
    y: Any,
    *,
    rows: int,
    max_bytes: int,
    seed: int,
    options: dict[str, Any],
    progress: Progress | None = None,
) -> tuple[Batch, Sample]:
    """Rows of a source as one batch, and which ones they are.

    Parameters
    ----------
    src, y : as :func:`recordsmith.compare` takes them
    rows : int
        As many at most.
    max_bytes : int
        Memory that they may take. Four times as much of the source is read.
    options : dict
        Of the source.

    Notes
    -----
    Of a large file that can be entered anywhere (CSV, JSON Lines and libsvm text whose
    width is stated, RecordIO-protobuf, Parquet), blocks are taken from places all over
    it. Anything else is read from the beginning until the limit, and blocks are drawn
    from what was read, each as likely as any other.

    Raises
    ------
    InputError
        If the source holds no row.
    """
    tally = Tally()
    spread = None
    if y is None:
        limit = max_bytes * _READ_FACTOR
        spread = spread_blocks(src, rows, max_bytes, limit, seed, options, tally)
    if spread is not None:
        batch = _joined(spread.batches, max_bytes)
        found = _About(spread.how, spread.total_rows, spread.exact, spread.total_bytes)
        if found.total_rows is None and spread.read_bytes:
            share = (spread.total_bytes or 0) / spread.read_bytes
            found = replace(found, total_rows=int(spread.read_rows * share))
    else:
        batch, found = _drawn(src, y, rows, max_bytes, seed, options, tally, progress)
    if not batch.n_rows:
        raise InputError("the source holds no row", advice="there is nothing to compare")
    return batch, _described(batch, found, tally)


@dataclass(frozen=True)
class _About:
    """What is known of the source as a whole."""

    how: str
    total_rows: int | None
    exact: bool
    total_bytes: int | None


def _described(batch: Batch, found: _About, tally: Tally) -> Sample:
    width, density = _width_and_density(batch)
    return Sample(
        rows=batch.n_rows,
        bytes=memory_bytes(batch),
        total_rows=found.total_rows,
        exact=found.exact,
        total_bytes=found.total_bytes,
        how=found.how,
        schema=", ".join(map(repr, batch.fields)),
        width=width,
        density=density,
        break_even=None if not width else _break_even(width),
        changes=tally.changes(),
    )


def _width_and_density(batch: Batch) -> tuple[int | None, float | None]:
    features = list(batch.all(FEATURE))
    if not features or any(one.width is None for one in features):
        return None, None
    width = sum(one.width or 0 for one in features)
    places = width * batch.n_rows
    nonzero = sum(map(count_nonzero, features))
    return width, nonzero / places if places else None


def _break_even(width: int) -> float:
    """Part of non-zeros at which sparse and dense float32 records are equally long.

    A number takes 4 bytes; in a sparse record its key comes on top, a varint of one byte
    below 128, two below 16,384, and so on. Keys are taken as evenly spread.

    Examples
    --------
    >>> _break_even(128), round(_break_even(1 << 14), 3)
    (0.8, 0.668)
    """
    bounds = [0, *(min(width, 1 << (7 * n)) for n in (1, 2, 3, 4)), width]
    keys = sum((high - low) * (n + 1) for n, (low, high) in enumerate(_pairs(bounds)))
    return 4 * width / (4 * width + keys)


def _pairs(bounds: list[int]) -> Iterator[tuple[int, int]]:
    return zip(bounds, bounds[1:])


def memory_bytes(batch: Batch) -> int:
    """Bytes that the rows of a batch take in memory."""
    total = 0
    for one in batch.fields:
        total += int(one.stored.nbytes)
        total += 0 if one.offsets is None else int(one.offsets.nbytes)
        total += 0 if one.keys is None else int(one.stored_keys.nbytes)
    return total


# -- from the beginning ----------------------------------------------------------------


def _drawn(
    src: Any,
    y: Any,
    rows: int,
    max_bytes: int,
    seed: int,
    options: dict[str, Any],
    tally: Tally,
    progress: Progress | None,
) -> tuple[Batch, _About]:
    """Blocks drawn from all that is read before the limit."""
    batches, source = _open(src, y, options, tally)
    size = None if source is None else source.size
    position: Any = (lambda: 0) if source is None else source.position or (lambda: 0)
    kept = _Reservoir(rows, max_bytes, seed)
    read_rows = read_bytes = 0
    ended = True
    with contextlib.ExitStack() as stack:
        if hasattr(batches, "close"):
            stack.callback(batches.close)
        for batch in batches:
            kept.add(batch, read_rows)
            read_rows += batch.n_rows
            read_bytes += memory_bytes(batch)
            if progress is not None:
                progress(position(), size, read_rows)
            if max(read_bytes, position()) > max_bytes * _READ_FACTOR:
                ended = next(iter(batches), None) is None
                break
    total: int | None = read_rows if ended else None
    stored = position()
    if total is None and size and stored:
        total = int(read_rows * max(1.0, size / stored))
    sample = kept.batch()
    return sample, _About(_how(kept, sample, read_rows, ended, seed), total, ended, size)


def _open(src: Any, y: Any, options: dict[str, Any], tally: Tally) -> tuple[Any, Any]:
    paths = isinstance(src, list) and bool(src) and is_path(src[0])
    if not paths and (y is not None or isinstance(src, (Batch, list, dict))):
        return iter_batches(src, y, tally=tally, **options), None
    source = open_source(src, tally=tally, **options)
    return iter(source.batches), source


def _how(kept: _Reservoir, sample: Batch, read_rows: int, ended: bool, seed: int) -> str:
    part = "all" if ended else "the first"
    if sample.n_rows == read_rows:
        return f"{part} {read_rows:,} rows"
    return (
        f"{kept.n_blocks} blocks of at most {kept.block_rows:,} rows, drawn "
        f"(seed {seed}) from {part} {read_rows:,} rows"
    )


class _Reservoir:
    """Blocks of rows, each kept with the same chance: those that drew the lowest lots.

    When there is no room for one more, the highest lot goes; the room may be one of rows
    or of bytes.
    """

    def __init__(self, rows: int, max_bytes: int, seed: int) -> None:
        self.block_rows = max(1, rows // _BLOCKS)
        self._rows, self._bytes = rows, max_bytes
        self._random = random.Random(seed)
        self._kept: list[tuple[float, int, int, Batch]] = []
        self._n_rows = self._n_bytes = 0
        self._empty: Batch | None = None

    @property
    def n_blocks(self) -> int:
        """Blocks that are kept."""
        return len(self._kept)

    def add(self, batch: Batch, first: int) -> None:
        """Offer the rows of a batch, the first of which is row `first` of the source."""
        self._empty = batch.rows(0, 0)
        row_bytes = max(1, memory_bytes(batch) // max(1, batch.n_rows))
        step = max(1, min(self.block_rows, self._bytes // _BLOCKS // row_bytes))
        for begin in range(0, batch.n_rows, step):
            block = batch.rows(begin, begin + step)
            lot = self._random.random()
            if self._full(block) and self._kept and lot >= -self._kept[0][0]:
                continue
            block = _owned(block)
            size = memory_bytes(block)
            heapq.heappush(self._kept, (-lot, first + begin, size, block))
            self._n_rows += block.n_rows
            self._n_bytes += size
            while self._over() and len(self._kept) > 1:
                _, _, size, gone = heapq.heappop(self._kept)
                self._n_rows -= gone.n_rows
                self._n_bytes -= size

    def _over(self) -> bool:
        return self._n_rows > self._rows or self._n_bytes > self._bytes

    def _full(self, block: Batch) -> bool:
        return (
            self._n_rows + block.n_rows > self._rows
            or self._n_bytes + memory_bytes(block) > self._bytes
        )

    def batch(self) -> Batch:
        """The rows that are kept, in the order of the source."""
        blocks = [block for _, _, _, block in sorted(self._kept, key=lambda one: one[1])]
        if not blocks:
            return self._empty or Batch((), 0)
        return replace(concat(blocks), first_row=0)


def _owned(batch: Batch) -> Batch:
    """A copy of the rows alone, which does not keep a whole batch in memory."""
    fields = []
    for one in batch.fields:
        copies: dict[str, Any] = {"values": np.array(one.stored)}
        if one.offsets is not None:
            copies["offsets"] = np.array(one.offsets - one.offsets[0])
        if one.keys is not None:
            copies["keys"] = np.array(one.stored_keys)
        if one.kind == "blobs":
            fields.append(one)  # these are not measured
            continue
        fields.append(replace(one, **copies))
    return replace(batch, fields=tuple(fields))


def _joined(batches: list[Batch], max_bytes: int) -> Batch:
    """The rows of blocks from all over, no more of each than the memory allows."""
    total = sum(map(memory_bytes, batches))
    if total > max_bytes:
        part = max_bytes / total
        batches = [one.rows(0, max(1, int(one.n_rows * part))) for one in batches]
    return replace(concat([_owned(one) for one in batches]), first_row=0)
