"""What is known of one field after some of its rows went by.

Values are looked at by the core; NumPy goes over them only to find the places of what the
core counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _core
from ..batch import LABEL, Field
from ..exports import row_counts
from ..threads import n_threads, row_ranges, run_all
from .offenders import NOWHERE, Offenders, Origin, Spot

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["BEYOND_FLOAT32", "Bounds", "FieldFacts", "Variant"]

BEYOND_FLOAT32 = 3.4028235677973366e38  # halfway from the largest float32 to 2^128
_MIN_VALUES_PER_THREAD = 1 << 18
_SEARCH_STEP = 1 << 16
_MAX_SPAN = 1 << 20  # of labels that are counted one by one
_KINDS = {"dense": "dense", "ragged": "dense", "csr": "sparse", "blobs": "bytes"}


class Variant(NamedTuple):
    """What must be the same in all records.

    Attributes
    ----------
    dtype : str
    density : {"dense", "sparse", "bytes", "text"}
    shape : tuple of int or None
        As written in the record.
    width : int or None
        Values of a dense row, columns of a sparse one with a shape.
    """

    dtype: str
    density: str
    shape: tuple[int, ...] | None
    width: int | None


class Bounds(NamedTuple):
    """The lowest and highest value that a field may hold."""

    low: float = -np.inf
    high: float = np.inf


class _Stats(NamedTuple):
    n: int = 0
    nan: int = 0
    infinite: int = 0
    fractions: int = 0
    first_nan: int = -1
    first_infinite: int = -1
    low: float = np.inf
    high: float = -np.inf


@dataclass
class FieldFacts:
    """One field over all rows that were looked at.

    Attributes
    ----------
    role, name : str
    limit : int
        Places to keep of each kind.
    bounds : Bounds
        Values outside are `outside`.
    dtype : str or None
        What numbers will be cast to before they are written.
    open_width : bool
        Sparse rows do not say how wide they are, whatever the batch says.
    rows : int
        Rows that have the field.
    variants : dict of Variant to Offenders
        Rows of each, with the first ones.
    missing, empty : Offenders
        Rows without the field; rows that have it without any value.
    nan, infinite, large, outside, fractions : Offenders
        Values: NaN; infinite; finite but not as float32; outside `bounds`; not whole.
    unordered, duplicates : Offenders
        Sparse rows whose keys are not in order; that store a key twice.
    bad_text : Offenders
        Texts that are not UTF-8.
    n_values : int
    minimum, maximum : float
        Of the finite values; minimum > maximum if there is none.
    max_key : int
        Of sparse rows; -1 if there is none.
    max_values : int
        Most stored values of a row.
    counts : dict of int to int, or None
        Labels only: how often each whole number occurs; None once they spread too far.
    """

    role: str
    name: str
    limit: int = 5
    bounds: Bounds = field(default_factory=Bounds)
    dtype: str | None = None
    open_width: bool = False
    rows: int = 0
    variants: dict[Variant, Offenders] = field(default_factory=dict)
    missing: Offenders = field(default_factory=Offenders)
    empty: Offenders = field(default_factory=Offenders)
    nan: Offenders = field(default_factory=Offenders)
    infinite: Offenders = field(default_factory=Offenders)
    large: Offenders = field(default_factory=Offenders)
    outside: Offenders = field(default_factory=Offenders)
    fractions: Offenders = field(default_factory=Offenders)
    unordered: Offenders = field(default_factory=Offenders)
    duplicates: Offenders = field(default_factory=Offenders)
    bad_text: Offenders = field(default_factory=Offenders)
    n_values: int = 0
    minimum: float = np.inf
    maximum: float = -np.inf
    max_key: int = -1
    max_values: int = 0
    counts: dict[int, int] | None = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind in self._all_offenders():
            kind.limit = self.limit

    def _all_offenders(self) -> Iterator[Offenders]:
        for value in vars(self).values():
            if isinstance(value, Offenders):
                yield value

    def add(self, one: Field, origin: Origin, threads: int | None = 1) -> None:
        """Take in the rows of a batch that come next."""
        if one.present is not None and not one.present.all():
            absent = np.flatnonzero(~one.present)
            self.missing.add(len(absent), _rows_of(absent, origin))
        self._add_variants(one, origin)
        if one.kind == "text":
            self._add_texts(one, origin)
        elif one.kind != "blobs":
            self._add_numbers(one, origin, threads)
        if one.kind == "csr":
            self._add_keys(one, origin, threads)

    def merge(self, other: FieldFacts) -> None:
        """Take in those of another part of the data."""
        self.rows += other.rows
        for variant, found in other.variants.items():
            self._of(variant).merge(found)
        mine, theirs = self._all_offenders(), other._all_offenders()
        for kind, more in zip(mine, theirs):
            kind.merge(more)
        self.n_values += other.n_values
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.max_key = max(self.max_key, other.max_key)
        self.max_values = max(self.max_values, other.max_values)
        self.counts = _added(self.counts, other.counts)

    def _of(self, variant: Variant) -> Offenders:
        return self.variants.setdefault(variant, Offenders(self.limit))

    # -- schema ------------------------------------------------------------------------

    def _add_variants(self, one: Field, origin: Origin) -> None:
        density = _KINDS.get(one.kind, one.kind)
        dtype = self.dtype or one.dtype.name
        if density in ("bytes", "text"):
            dtype = density
        variant = Variant(dtype, density, one.shape, one.width)
        if self.open_width and one.kind == "csr":
            variant = Variant(dtype, density, None, None)
        here = None if one.present is None else np.flatnonzero(one.present)
        rows = np.arange(one.n_rows) if here is None else here
        self.rows += len(rows)
        if one.kind not in ("ragged", "csr", "blobs"):
            if len(rows):
                self._of(variant).add(len(rows), _rows_of(rows, origin))
            if one.kind == "dense":
                self.max_values = max(self.max_values, one.width or 0)
                if one.width == 0:
                    self.empty.add(len(rows), _rows_of(rows, origin))
            return
        counts = row_counts(one)[rows]
        self.max_values = max(self.max_values, int(counts.max(initial=0)))
        if one.kind == "csr":
            # Empty rows are found by _add_keys. Without a shape they are neither sparse
            # nor dense, whatever other rows are in the same batch.
            if variant.shape is None and not self.open_width and not counts.all():
                empty, rows = rows[counts == 0], rows[counts != 0]
                nothing = variant._replace(density="dense", width=0)
                self._of(nothing).add(len(empty), _rows_of(empty, origin))
            if len(rows):
                self._of(variant).add(len(rows), _rows_of(rows, origin))
            return
        empty = rows[counts == 0]
        self.empty.add(len(empty), _rows_of(empty, origin))
        if one.kind == "blobs":
            self._of(variant).add(len(rows), _rows_of(rows, origin))
            return
        order = np.argsort(counts, kind="stable")
        ordered = counts[order]
        cuts = [0, *(np.flatnonzero(np.diff(ordered)) + 1).tolist(), len(ordered)]
        for begin, end in zip(cuts, cuts[1:]):
            if begin < end:
                same = rows[order[begin:end]]
                own = self._of(variant._replace(width=int(ordered[begin])))
                own.add(len(same), _rows_of(same, origin))

    def _add_texts(self, one: Field, origin: Origin) -> None:
        try:
            bytes(one.stored).decode("utf-8")
        except UnicodeDecodeError:
            bad = [
                row
                for row, text in enumerate(one.texts())
                if text is not None and any(0xDC80 <= ord(c) <= 0xDCFF for c in text)
            ]
            self.bad_text.add(len(bad), _rows_of(np.array(bad, np.int64), origin))

    # -- values ------------------------------------------------------------------------

    def _add_numbers(self, one: Field, origin: Origin, threads: int | None) -> None:
        values, place = _numbers(one)
        if self.role == LABEL and one.width == 1:
            place = _in_row(place)
        stats = _stats(values, threads, self.role == LABEL)
        self.n_values += stats.n
        self.minimum = min(self.minimum, stats.low)
        self.maximum = max(self.maximum, stats.high)

        def spots(
            test: Callable[[Array], Array], begin: int = 0
        ) -> Callable[[int], Iterator[Spot]]:
            return partial(_search, values, test, begin, place, origin)

        self.nan.add(stats.nan, spots(np.isnan, stats.first_nan))
        self.infinite.add(stats.infinite, spots(np.isinf, stats.first_infinite))
        largest = max(stats.high, -stats.low)
        if values.dtype.name == "float64" and largest >= BEYOND_FLOAT32:
            self.large.add(_count(values, _is_large), spots(_is_large))
        low, high = self.bounds
        if stats.low < low or stats.high > high:
            is_outside = partial(_is_outside, low=low, high=high)
            self.outside.add(_count(values, is_outside), spots(is_outside))
        if self.role == LABEL:
            if stats.fractions:
                self.fractions.add(stats.fractions, spots(_is_fraction))
            self.counts = _added(self.counts, _whole_counts(values, stats))

    def _add_keys(self, one: Field, origin: Origin, threads: int | None) -> None:
        rows = _core.Rows((one,), one.n_rows, False, False)
        kinds = np.empty(one.n_rows, np.uint8)
        parts = min(n_threads(threads), 1 + len(one.values) // _MIN_VALUES_PER_THREAD)
        found = run_all(
            partial(_core.key_facts, rows, 0, begin, end, kinds[begin:end])
            for begin, end in row_ranges(one.n_rows, parts)
        )
        self.max_key = max([self.max_key, *(part.max_key for part in found)])
        if any(part.n_empty for part in found):
            empty = kinds == _core.ROW_EMPTY
            if one.present is not None:
                empty &= one.present
            self.empty.add(int(empty.sum()), _rows_of(np.flatnonzero(empty), origin))
        if any(part.n_unordered for part in found):
            bad = np.flatnonzero(kinds == _core.ROW_UNORDERED)
            twice = np.array([_has_duplicates(one, row) for row in bad.tolist()], bool)
            self.duplicates.add(int(twice.sum()), _rows_of(bad[twice], origin))
            self.unordered.add(int((~twice).sum()), _rows_of(bad[~twice], origin))


def _rows_of(rows: Array, origin: Origin) -> Callable[[int], Iterator[Spot]]:
    def find(room: int) -> Iterator[Spot]:
        return (origin.spot(int(row)) for row in rows[:room])

    return find


def _has_duplicates(one: Field, row: int) -> bool:
    assert one.keys is not None
    keys = np.sort(one.keys[int(one.bounds[row]) : int(one.bounds[row + 1])])
    return bool((keys[1:] == keys[:-1]).any())


def _numbers(one: Field) -> tuple[Array, Callable[[int], tuple[int, int]]]:
    """The numbers of the rows that have the field, flat, and (row, column) of each."""
    if one.kind == "dense":
        values, rows = one.values, None
        if one.present is not None and not one.present.all():
            rows = np.flatnonzero(one.present)
            values = values[rows]
        width = max(1, int(values.shape[1]))
        flat = np.ascontiguousarray(values).reshape(-1)

        def of_dense(at: int) -> tuple[int, int]:
            row, column = divmod(at, width)
            return (row if rows is None else int(rows[row])), column

        return flat, of_dense
    bounds = one.bounds
    start = int(bounds[0])

    def of_list(at: int) -> tuple[int, int]:
        row = int(np.searchsorted(bounds, at + start, side="right")) - 1
        if one.keys is not None:
            return row, int(one.keys[at + start])
        return row, at + start - int(bounds[row])

    return np.ascontiguousarray(one.stored), of_list


def _in_row(
    place: Callable[[int], tuple[int, int]],
) -> Callable[[int], tuple[int, int]]:
    """Of a field with one value a row: the row tells all."""
    return lambda at: (place(at)[0], NOWHERE)


def _stats(values: Array, threads: int | None, fractions: bool) -> _Stats:
    parts = min(n_threads(threads), 1 + len(values) // _MIN_VALUES_PER_THREAD)
    if parts == 1:
        return _Stats(*_core.value_stats(values, fractions))
    ranges = row_ranges(len(values), parts)
    found = [
        _Stats(*one)
        for one in run_all(
            partial(_core.value_stats, values[a:b], fractions) for a, b in ranges
        )
    ]
    nan = [a + one.first_nan for (a, _), one in zip(ranges, found) if one.nan]
    infinite = [
        a + one.first_infinite for (a, _), one in zip(ranges, found) if one.infinite
    ]
    return _Stats(
        sum(one.n for one in found),
        sum(one.nan for one in found),
        sum(one.infinite for one in found),
        sum(one.fractions for one in found),
        min(nan, default=-1),
        min(infinite, default=-1),
        min((one.low for one in found), default=np.inf),
        max((one.high for one in found), default=-np.inf),
    )


def _search(
    values: Array,
    test: Callable[[Array], Array],
    begin: int,
    place: Callable[[int], tuple[int, int]],
    origin: Origin,
    room: int,
) -> Iterator[Spot]:
    """Places of the first values that the test finds."""
    at = max(begin, 0)
    while at < len(values) and room > 0:
        with np.errstate(invalid="ignore"):  # old NumPy warns of comparing NaN
            found = test(values[at : at + _SEARCH_STEP])
        hits = np.flatnonzero(found)[:room] + at
        for hit in hits.tolist():
            yield origin.spot(*place(hit))
        room -= len(hits)
        at += _SEARCH_STEP


def _count(values: Array, test: Callable[[Array], Array]) -> int:
    n = 0
    with np.errstate(invalid="ignore"):
        for at in range(0, len(values), _SEARCH_STEP):
            n += int(np.count_nonzero(test(values[at : at + _SEARCH_STEP])))
    return n


def _is_large(values: Array) -> Array:
    large: Array = (np.abs(values) >= BEYOND_FLOAT32) & np.isfinite(values)
    return large


def _is_outside(values: Array, low: float, high: float) -> Array:
    outside: Array = ((values < low) | (values > high)) & np.isfinite(values)
    return outside


def _is_fraction(values: Array) -> Array:
    fraction: Array = (np.trunc(values) != values) & np.isfinite(values)
    return fraction


def _whole_counts(values: Array, stats: _Stats) -> dict[int, int] | None:
    """How often each whole number occurs; None if they spread too far."""
    if stats.low > stats.high:
        return {}
    if stats.high - stats.low > _MAX_SPAN or max(-stats.low, stats.high) > 2**53:
        return None
    if stats.nan or stats.infinite:
        values = values[np.isfinite(values)]
    if stats.fractions:
        values = values[np.trunc(values) == values]
    low = int(np.floor(stats.low))
    times = np.bincount(values.astype(np.int64) - low)
    return {low + int(i): int(times[i]) for i in np.flatnonzero(times)}


def _added(a: dict[int, int] | None, b: dict[int, int] | None) -> dict[int, int] | None:
    if a is None or b is None:
        return None
    both = dict(a)
    for value, times in b.items():
        both[value] = both.get(value, 0) + times
    return both if not both or max(both) - min(both) <= _MAX_SPAN else None


assert NOWHERE < 0
