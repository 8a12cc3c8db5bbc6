"""Places found while data go by: all are counted, and the first ones kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["NOWHERE", "Offenders", "Origin", "Spot"]

NOWHERE = -1


class Spot(NamedTuple):
    """A place in the data, ordered as they are read; NOWHERE stands for what is unknown.

    Attributes
    ----------
    file : int
        Number of the file, in the order in which they are read.
    record : int
        As it is reported: from 1 in files, from 0 in arrays.
    column : int
    offset : int
    """

    file: int
    record: int
    column: int = NOWHERE
    offset: int = NOWHERE


@dataclass(frozen=True)
class Origin:
    """Where the rows of one batch come from.

    Attributes
    ----------
    file : int
        Number of the file.
    first : int
        Record number of the batch's first row, as it is reported.
    offset : callable, optional
        Byte offset in the file of a row, given by its position in the batch.
    """

    file: int = 0
    first: int = 1
    offset: Callable[[int], int] | None = None

    def spot(self, row: int, column: int = NOWHERE) -> Spot:
        """The place of a row of the batch, given by its position from 0."""
        at = NOWHERE if self.offset is None else self.offset(row)
        return Spot(self.file, self.first + row, column, at)


@dataclass
class Offenders:
    """How often something was found, and where it was found first.

    Attributes
    ----------
    limit : int
        Places to keep.
    count : int
    spots : list of Spot
        The first ones, ascending.

    Examples
    --------
    >>> found = Offenders(limit=2)
    >>> found.add(3, lambda room: [Spot(0, n) for n in (4, 7, 9)][:room])
    >>> found.merge(Offenders(2, 1, [Spot(0, 5)]))
    >>> found.count, [spot.record for spot in found.spots]
    (4, [4, 5])
    """

    limit: int = 5
    count: int = 0
    spots: list[Spot] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, count: int, find: Callable[[int], Iterable[Spot]]) -> None:
        """Add `count` that come after those that are there; `find(room)` gives their
        first places, and is only asked while there is room."""
        if count <= 0:
            return
        self.count += count
        room = self.limit - len(self.spots)
        if room > 0:
            self.spots += list(find(room))[:room]

    def merge(self, other: Offenders) -> None:
        """Add those of another part of the data."""
        self.count += other.count
        self.spots = sorted([*self.spots, *other.spots])[: self.limit]
