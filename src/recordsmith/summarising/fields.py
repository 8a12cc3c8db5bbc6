"""What is kept of the fields of batches: matrices, sparse rows, lists, text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import FEATURE, LABEL, Field
from ..density import dense_values
from ..exports import row_counts
from .collecting import Detail, TextColumn, number_stats
from .moments import Moments
from .results import ColumnStats, WideStats

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = [
    "BlobField",
    "ListField",
    "MatrixField",
    "SparseField",
    "TextField",
    "column_name",
    "title_of",
]

_NUMBERS = 1 << 18  # that are looked at together: they stay in the processor's caches
_SHOWN = 100  # columns of a wide field, those that are zero least often


class MatrixField:
    """Dense rows of one width, or sparse rows of a small one."""

    def __init__(self, one: Field, title: str, detailed: int) -> None:
        width = one.width or 0
        self.role, self.dtype, self.title = one.role, one.dtype.name, title
        self.name, self.width, self.missing = one.name, width, 0
        self.moments = Moments(width)
        is_label = one.role == LABEL
        few = width <= detailed
        self.details = [Detail(is_label) for _ in range(width)] if few else None

    def add(self, one: Field) -> None:
        """Take in a batch's field."""
        step = max(1, _NUMBERS // max(1, self.width))
        for begin in range(0, one.n_rows, step):
            self._add(one.rows(begin, min(begin + step, one.n_rows)))

    def _add(self, one: Field) -> None:
        rows = one.values if one.kind == "dense" else dense_values(one)
        if one.present is not None:
            self.missing += int(np.count_nonzero(~one.present))
            rows = rows[one.present]
        rows = rows.astype(np.float64)
        self.moments.add(rows)
        if self.details is not None:
            for column, detail in zip(np.ascontiguousarray(rows.T), self.details):
                finite = np.isfinite(column)
                detail.add(column if finite.all() else column[finite])

    def results(self, n_rows: int) -> tuple[list[ColumnStats], list[WideStats]]:
        """What was found: each column; of a wide field, some, and the whole."""
        self.missing += n_rows - self._rows()
        if self.details is not None:
            return [self._column(i, one) for i, one in enumerate(self.details)], []
        return _wide(self, False)

    def _rows(self) -> int:
        if not self.width:
            return 0
        moments = self.moments
        seen = moments.count[0] + moments.nan[0] + moments.infinite[0]
        return int(seen) + self.missing

    def _column(self, at: int, detail: Detail | None) -> ColumnStats:
        return number_stats(
            self.moments,
            at,
            detail,
            name=column_name(self.title, at, self.width),
            role=self.role,
            dtype=self.dtype,
            missing=self.missing,
        )


class SparseField:
    """Sparse rows of many columns, or of unknown width: never made dense."""

    def __init__(self, one: Field, title: str) -> None:
        self.role, self.dtype, self.title = one.role, one.dtype.name, title
        self.name, self.width, self.missing = one.name, 0, 0
        self.moments = Moments(0)
        self._rows = 0

    def add(self, one: Field) -> None:
        """Take in a batch's field."""
        here = one.n_rows
        if one.present is not None:
            here = int(np.count_nonzero(one.present))
            self.missing += one.n_rows - here
        self._rows += here
        self.width = max(self.width, one.width or 0)
        self.moments.widen(self.width)
        for begin in range(0, len(one.stored), _NUMBERS):
            part = slice(begin, begin + _NUMBERS)
            keys = one.stored_keys[part].astype(np.int64)
            self.moments.add_stored(keys, one.stored[part].astype(np.float64))

    def results(self, n_rows: int) -> tuple[list[ColumnStats], list[WideStats]]:
        """What was found."""
        moments = self.moments
        self.width = moments.width
        self.missing += n_rows - self._rows - self.missing
        stored = moments.count + moments.nan + moments.infinite
        moments.add_zeros(self._rows - stored)
        return _wide(self, True)


def _wide(
    one: MatrixField | SparseField, sparse: bool
) -> tuple[list[ColumnStats], list[WideStats]]:
    moments = one.moments
    whole = moments.nan + moments.infinite == 0
    constant = (moments.min == moments.max) & whole & (moments.count > 1)
    empty = (moments.nonzero == 0) & whole
    arrays = {
        name: getattr(moments, name)
        for name in ("count", "nan", "infinite", "nonzero", "fractions", "mean", "std")
    }
    none = moments.count == 0
    arrays["min"] = np.where(none, np.nan, moments.min)
    arrays["max"] = np.where(none, np.nan, moments.max)
    found = WideStats(
        one.role,
        one.title,
        one.dtype,
        one.width,
        min(one.width, _SHOWN),
        sparse,
        int(np.count_nonzero(empty)),
        int(np.count_nonzero(constant)),
        arrays,
    )
    top = np.argsort(-moments.nonzero, kind="stable")[:_SHOWN]
    columns = [
        number_stats(
            moments,
            int(at),
            None,
            name=column_name(one.title, int(at), one.width),
            role=one.role,
            dtype=one.dtype,
            missing=one.missing,
        )
        for at in top
    ]
    return columns, [found]


class ListField:
    """Lists of numbers: all numbers together, and how long the lists are."""

    def __init__(self, one: Field, title: str) -> None:
        self.role, self.dtype, self.title = one.role, one.dtype.name, title
        self.moments, self.detail = Moments(1), Detail()
        self.rows = 0
        self.lengths: tuple[int, int] | None = None

    def add(self, one: Field) -> None:
        """Take in a batch's field."""
        counts = row_counts(one)
        if one.present is not None:
            counts = counts[one.present]
        self.lengths = _lengths(self.lengths, counts)
        self.rows += len(counts)
        stored = one.stored.reshape(-1)
        for begin in range(0, len(stored), _NUMBERS):
            numbers = stored[begin : begin + _NUMBERS].astype(np.float64)
            self.moments.add(numbers[:, None])
            self.detail.add(numbers[np.isfinite(numbers)])

    def results(self, n_rows: int) -> tuple[list[ColumnStats], list[WideStats]]:
        """What was found."""
        self.detail.rising = False  # token lists are no identifiers
        low, high = self.lengths or (None, None)
        known = {"name": self.title, "role": self.role, "dtype": self.dtype}
        found = number_stats(
            self.moments,
            0,
            self.detail,
            missing=n_rows - self.rows,
            kind="list",
            min_length=low,
            max_length=high,
            **known,
        )
        return [found], []


class BlobField:
    """Byte strings: how many there are, and their lengths."""

    def __init__(self, one: Field, title: str) -> None:
        self.role, self.title = one.role, title
        self.rows = self.count = 0
        self.lengths: tuple[int, int] | None = None

    def add(self, one: Field) -> None:
        """Take in a batch's field."""
        here = one.n_rows if one.present is None else int(np.count_nonzero(one.present))
        self.rows += here
        sizes = np.diff(one.item_bounds)
        self.count += len(sizes)
        self.lengths = _lengths(self.lengths, sizes)

    def results(self, n_rows: int) -> tuple[list[ColumnStats], list[WideStats]]:
        """What was found."""
        low, high = self.lengths or (None, None)
        found = ColumnStats(
            self.title,
            self.role,
            "other",
            "bytes",
            self.count,
            n_rows - self.rows,
            min_length=low,
            max_length=high,
        )
        return [found], []


class TextField:
    """uid, metadata and configuration."""

    def __init__(self, one: Field) -> None:
        self.column = TextColumn(one.role, one.role)

    def add(self, one: Field) -> None:
        """Take in a batch's field."""
        self.column.add_texts(one.texts())

    def results(self, n_rows: int) -> tuple[list[ColumnStats], list[WideStats]]:
        """What was found."""
        self.column.missing += n_rows - self.column.count - self.column.missing
        return [self.column.result()], []


def _lengths(known: tuple[int, int] | None, counts: Array) -> tuple[int, int] | None:
    if not len(counts):
        return known
    low, high = int(counts.min()), int(counts.max())
    return (low, high) if known is None else (min(low, known[0]), max(high, known[1]))


def title_of(one: Field) -> str:
    """What a field is called: `f` and `label` where it has no name of its own."""
    if one.name in ("values", ""):
        return "f" if one.role == FEATURE else one.role
    return one.name


def column_name(title: str, at: int, width: int) -> str:
    """The name of one number of a field.

    Examples
    --------
    >>> column_name("f", 3, 10), column_name("label", 0, 1), column_name("pixels", 2, 9)
    ('f3', 'label', 'pixels[2]')
    """
    if title == "f":
        return f"f{at}"
    return title if width == 1 else f"{title}[{at}]"
