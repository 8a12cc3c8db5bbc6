"""The files of one part of the rows, filled side by side so that none gets ahead.

Rows are dealt in blocks of neighbours, each block to the file that is the shortest so
far. Blocks begin with one row and grow with the number of rows dealt, up to about 1 MiB:
so files differ by about a fiftieth of their length at most, however short they are.
Where a block ends depends on the rows alone, and so does all that is written.

If files may not be longer than so much, there are as many at a time as there are
instances, and the next ones are begun when no further block fits.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, LimitError
from ..publish import Output, open_output

__all__ = ["Blocks", "Dealer", "Shard", "frames_of"]

_BLOCK_BYTES = 1 << 20
_MOST_ROWS = 8192  # of a block
_FINENESS = 64  # blocks of each file, before they grow
_BUFFER_BYTES = 1 << 18
_MOST_FILES = 100_000


@dataclass(frozen=True)
class Shard:
    """One file of a folder.

    Attributes
    ----------
    name : str
        Its path in the folder, with "/" between.
    part : str
        The part of a split, else "".
    rows, bytes : int
    sha256 : str
    """

    name: str
    part: str
    rows: int
    bytes: int
    sha256: str


class Blocks:
    """How many rows the next block has; `width` files are filled side by side.

    Parameters
    ----------
    width : int
    row_bytes : int
        Bytes of the first row.
    max_bytes : int or None
        Of a file.
    """

    def __init__(self, width: int, row_bytes: int, max_bytes: int | None) -> None:
        room = _BLOCK_BYTES if max_bytes is None else min(_BLOCK_BYTES, max_bytes // 64)
        self._most = max(1, min(_MOST_ROWS, room // max(1, row_bytes)))
        self._per_row = _FINENESS * width
        self._dealt = 0

    def next(self) -> int:
        """Rows of the next block."""
        rows = max(1, min(self._most, self._dealt // self._per_row))
        self._dealt += rows
        return rows


class _File:
    """A file that is being written, and digested."""

    def __init__(self, out: Output, name: str, part: str) -> None:
        self._out = out
        self._held: list[Any] = []
        self._n_held = 0
        self._digest = hashlib.sha256()
        self.name = name
        self.part = part
        self.n_rows = 0
        self.n_bytes = 0

    def write(self, pieces: list[Any], n_bytes: int, n_rows: int) -> None:
        self._held += pieces
        self._n_held += n_bytes
        self.n_bytes += n_bytes
        self.n_rows += n_rows
        if self._n_held >= _BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        data = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        self._held, self._n_held = [], 0
        self._digest.update(data)
        self._out.write(data)

    def facts(self) -> Shard:
        digest = self._digest.hexdigest()
        return Shard(self.name, self.part, self.n_rows, self.n_bytes, digest)


class Dealer:
    """The files of one part.

    Parameters
    ----------
    folder : Path
        Where they are written; it exists.
    part : str
        Their folder in it, or "".
    count : int or None
        How many; None for as many as `max_bytes` makes of them.
    group : int
        How many at a time where `count` is None.
    max_bytes : int or None
        Of a file; needed where `count` is None.
    """

    def __init__(
        self, folder: Path, part: str, count: int | None, group: int, max_bytes: int
    ) -> None:
        self._folder = folder
        self._part = part
        self._count = count
        self.width = group if count is None else count
        self.max_bytes = max_bytes if count is None else None
        self._open: list[_File] = []
        self._stack = contextlib.ExitStack()
        self.shards: list[Shard] = []
        self.n_rows = 0
        if part:
            (folder / part).mkdir()

    def __enter__(self) -> Dealer:
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def deal(self, pieces: list[Any], n_rows: int) -> None:
        """Write a block of whole rows."""
        n_bytes = sum(map(len, pieces))
        if self.max_bytes is not None and n_bytes > self.max_bytes:
            self._deal_rows(b"".join(pieces))
            return
        if not self._open:
            self._begin()
        target = min(self._open, key=_length)
        if self.max_bytes is not None and target.n_bytes + n_bytes > self.max_bytes:
            self._end()
            self._begin()
            target = self._open[0]
        target.write(pieces, n_bytes, n_rows)
        self.n_rows += n_rows

    def _deal_rows(self, data: bytes) -> None:
        """A block that no file can hold: row by row."""
        for begin, end in frames_of(data):
            if self.max_bytes is not None and end - begin > self.max_bytes:
                raise LimitError(
                    f"a record takes {end - begin:,} bytes, max_shard_bytes is "
                    f"{self.max_bytes:,}",
                    advice="raise max_shard_bytes, or write fewer values in a row",
                )
            self.deal([data[begin:end]], 1)

    def _begin(self) -> None:
        first = len(self.shards)
        if first + self.width > _MOST_FILES:
            raise LimitError(
                f"the rows make more than {_MOST_FILES:,} files",
                advice="raise max_shard_bytes",
            )
        total = "" if self._count is None else f"-of-{self._count:05}"
        for number in range(first, first + self.width):
            name = f"part-{number:05}{total}.pbr"
            name = f"{self._part}/{name}" if self._part else name
            out = self._stack.enter_context(open_output(self._folder / name))
            self._open.append(_File(out, name, self._part))

    def _end(self) -> None:
        """Publish the files that are open."""
        for file in self._open:
            if file.n_bytes:
                file.flush()
        self._stack.close()
        for file in self._open:
            if file.n_bytes:
                self.shards.append(file.facts())
            else:  # the last rows were fewer than files
                (self._folder / file.name).unlink()
        self._open = []

    def finish(self) -> None:
        """Publish the last files."""
        what = f"part {self._part!r} has" if self._part else "there are"
        if self.n_rows < self.width:
            raise InputError(
                f"{what} {self.n_rows} rows for {self.width} files, and no file may be "
                "empty",
                advice="ask for fewer shards, or check the source",
            )
        self._end()


def _length(file: _File) -> int:
    return file.n_bytes


def frames_of(data: Any) -> Iterator[tuple[int, int]]:
    """Where each frame begins and ends, of bytes that this package has encoded."""
    view = memoryview(data)
    at = 0
    while at < len(view):
        length = int.from_bytes(view[at + 4 : at + 8], "little") & (2**29 - 1)
        end = at + 8 + length + -length % 4
        yield at, end
        at = end
