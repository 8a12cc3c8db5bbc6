"""Facts about rows: fed with batches, merged, and judged by the rules at the end.

The facts do not depend on how the rows are cut into batches, nor on threads; those of
parts of the data may be gathered apart and merged in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..batch import FEATURE, LABEL, Batch
from .field_facts import Bounds, FieldFacts, Variant
from .offenders import Offenders, Origin, Spot

__all__ = ["Facts"]


@dataclass
class Facts:
    """What is known of all rows that were looked at.

    Attributes
    ----------
    limit : int
        Places to keep of each kind.
    bounds : mapping of role to Bounds
        What values may be; only those outside are counted.
    dtypes : mapping of role to str
        What numbers will be cast to before they are written.
    open_width : bool
        Sparse rows do not say how wide they are, whatever the batch says.
    rows : int
    first : list of Spot
        The first rows.
    fields : dict of (role, name) to FieldFacts
        In the order in which they first occur.
    """

    limit: int = 5
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    dtypes: Mapping[str, str] = field(default_factory=dict)
    open_width: bool = False
    rows: int = 0
    first: list[Spot] = field(default_factory=list)
    fields: dict[tuple[str, str], FieldFacts] = field(default_factory=dict)

    def add(self, batch: Batch, origin: Origin, threads: int | None = 1) -> None:
        """Take in a batch that comes after those that are there."""
        seen = set()
        for one in batch.fields:
            key = (one.role, one.name)
            seen.add(key)
            self._field(key).add(one, origin, threads)
        for key in self.fields.keys() - seen:
            self.fields[key].missing.add(
                batch.n_rows, lambda room: _first_rows(batch, origin, room)
            )
        room = self.limit - len(self.first)
        self.first += _first_rows(batch, origin, room)
        self.rows += batch.n_rows

    def _field(self, key: tuple[str, str]) -> FieldFacts:
        """The facts of a field; of a new one, no earlier row has it."""
        if key not in self.fields:
            bounds = self.bounds.get(key[0], Bounds())
            dtype = self.dtypes.get(key[0])
            facts = FieldFacts(*key, self.limit, bounds, dtype, self.open_width)
            self.fields[key] = facts
            facts.missing.add(self.rows, lambda room: self.first[:room])
        return self.fields[key]

    def merge(self, other: Facts) -> None:
        """Take in the facts of another part of the data."""
        for key in [
            *self.fields,
            *(key for key in other.fields if key not in self.fields),
        ]:
            mine = self._field(key)
            if key in other.fields:
                mine.merge(other.fields[key])
            else:
                mine.missing.merge(Offenders(self.limit, other.rows, list(other.first)))
        self.first = sorted([*self.first, *other.first])[: self.limit]
        self.rows += other.rows

    def all(self, role: str) -> Iterator[FieldFacts]:
        """The fields of one role."""
        return (one for one in self.fields.values() if one.role == role)

    @property
    def features(self) -> list[FieldFacts]:
        """All features, by name."""
        return sorted(self.all(FEATURE), key=lambda one: one.name)

    @property
    def labels(self) -> list[FieldFacts]:
        """All labels, by name."""
        return sorted(self.all(LABEL), key=lambda one: one.name)

    def model(self, one: FieldFacts) -> Variant | None:
        """What the first record says of a field; that of the first which has it."""
        if not one.variants:
            return None
        return min(one.variants, key=lambda variant: one.variants[variant].spots[:1])

    def in_first(self, one: FieldFacts) -> bool:
        """Does the very first record have the field?"""
        return not one.missing or one.missing.spots[:1] != self.first[:1]


def _first_rows(batch: Batch, origin: Origin, room: int) -> list[Spot]:
    return [origin.spot(row) for row in range(max(0, min(batch.n_rows, room)))]
