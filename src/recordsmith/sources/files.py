"""The inputs of one source, one after another, and how far reading has come."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import RecordsmithError
from ..object_listing import Listed
from ..storage import Input, open_input

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Files", "naming"]


@contextmanager
def naming(path: str, first_row: int = 0) -> Iterator[None]:
    """Errors raised inside name the file; their rows count from its beginning.

    Parameters
    ----------
    first_row : int
        Position of the file's first row among those of all files.
    """
    try:
        yield
    except RecordsmithError as error:
        if error.path is None:
            error.path = path
            if error.row is not None and error.unit == "row":
                error.row -= first_row
        raise


class Files:
    """Inputs to be read in order; each is open only while its turn lasts.

    Parameters
    ----------
    entries : list of paths, "-" and file objects
        As :func:`recordsmith.storage.expand` gives them.

    Attributes
    ----------
    size : int or None
        Bytes of all as they are stored, if known.
    """

    def __init__(self, entries: list[Any]) -> None:
        self.entries = entries
        self._first: Input | None = None
        self._current: Input | None = None
        self._done = 0
        self._stated: int | None = None
        self.size: int | None = None

    def first(self) -> Input:
        """The first input, opened to look at; its turn is yet to come."""
        if self._first is None:
            self._first = open_input(self.entries[0])
        return self._first

    def measure(self) -> None:
        """Find the size of all; files that cannot be opened show up in their turn."""
        sizes = [self.first().size, *(_size_of(one) for one in self.entries[1:])]
        known = [one for one in sizes if one is not None]
        self.size = sum(known) if len(known) == len(sizes) else None

    def position(self) -> int:
        """Bytes consumed so far of the inputs as they are stored."""
        current = self._current
        if current is None:
            return self._done
        return self._done + (self._stated or current.position())

    def at(self, part: float) -> None:
        """Say how far reading is in the current input, from 0 to 1, for formats that are
        not read from front to back."""
        if self._current is not None and self._current.size is not None:
            self._stated = int(part * self._current.size)

    def __iter__(self) -> Iterator[Input]:
        for number, entry in enumerate(self.entries):
            opened = self.first() if number == 0 else open_input(entry)
            with opened:
                self._current = opened
                yield opened
                self._done += self._stated or opened.position()
                self._current = self._stated = None

    def release(self) -> None:
        """Close the first input until its turn, if it can be opened again."""
        if self._first is not None and self._first.reopens:
            self._first.close()
            self._first = None

    def close(self) -> None:
        """Close what is open; safe to call twice."""
        for opened in (self._first, self._current):
            if opened is not None:
                opened.close()


def _size_of(entry: Any) -> int | None:
    from pathlib import Path

    if isinstance(entry, Listed):
        return entry.n_bytes
    if not isinstance(entry, str) or not Path(entry).is_file():
        return None
    return Path(entry).stat().st_size
