"""What is this file? Its kind, fields, widths, labels, and the first problem in it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np

from . import _core
from .batch import LABEL, Batch, Field
from .errors import RecordsmithError
from .exports import row_counts
from .sources import open_source
from .tally import Tally

if TYPE_CHECKING:
    Progress = Callable[[int, Optional[int], int], None]

__all__ = ["Description", "FieldSummary", "describe"]

_MAX_DISTINCT = 20


@dataclass
class FieldSummary:
    """One field over all rows.

    Attributes
    ----------
    role, name, kind, dtype : str
    shape : tuple of int or None
        The shape written in the records.
    rows : int
        Rows that have the field.
    min_width, max_width : int
        Fewest and most values of a row (stored values, for sparse fields).
    columns : int or None
        Columns of a sparse field.
    empty_rows : int
        Rows without values.
    minimum, maximum : float or None
        Of the finite numbers.
    nan, infinite : int
        Numbers that are none, and infinite ones.
    integral : bool
        Are all numbers whole?
    distinct : list of float or None
        Labels only: the different values, if there are at most 20.
    """

    role: str
    name: str
    kind: str
    dtype: str
    shape: tuple[int, ...] | None = None
    rows: int = 0
    min_width: int = 0
    max_width: int = 0
    columns: int | None = None
    empty_rows: int = 0
    minimum: float | None = None
    maximum: float | None = None
    nan: int = 0
    infinite: int = 0
    integral: bool = True
    distinct: list[float] | None = None

    def add(self, one: Field) -> None:
        """Take in one batch's field."""
        counts = row_counts(one)
        if one.present is not None:
            counts = counts[one.present]
        if len(counts):
            low, high = int(counts.min()), int(counts.max())
            self.min_width = low if self.rows == 0 else min(self.min_width, low)
            self.max_width = max(self.max_width, high)
            self.empty_rows += int(np.count_nonzero(counts == 0))
        self.rows += len(counts)
        if one.kind not in ("text", "blobs"):
            self._add_numbers(one)

    def _add_numbers(self, one: Field) -> None:
        values = np.ascontiguousarray(one.stored).reshape(-1)
        _, nan, infinite, fractions, _, _, low, high = _core.value_stats(values)
        self.nan += nan
        self.infinite += infinite
        self.integral = self.integral and not fractions
        if low <= high:
            self.minimum = low if self.minimum is None else min(self.minimum, low)
            self.maximum = high if self.maximum is None else max(self.maximum, high)
        if self.distinct is not None:
            known = set(self.distinct) | set(
                np.unique(values[~np.isnan(values)]).tolist()
            )
            self.distinct = sorted(known) if len(known) <= _MAX_DISTINCT else None


@dataclass
class Description:
    """What :func:`describe` found.

    Attributes
    ----------
    path, format : str
    bytes : int or None
        Size of the input, compressed if it is.
    rows : int
    fields : list of FieldSummary
    schemas : int
        How often the schema changes, plus one; 1 for a file that an algorithm can read.
    problem : str or None
        The first thing that is wrong, with its place; rows are counted up to there.
    """

    path: str
    format: str
    bytes: int | None
    rows: int = 0
    fields: list[FieldSummary] = field(default_factory=list)
    schemas: int = 0
    problem: str | None = None


def describe(
    src: Any, *, progress: Progress | None = None, **options: Any
) -> Description:
    """Say what a file or other source holds; memory use is flat.

    Parameters
    ----------
    src : whatever :func:`recordsmith.read` takes
    progress : callable(bytes_done, bytes_total or None, rows_done), optional
    **options
        As for a source: source_format, label, header, index_base, ...

    Examples
    --------
    >>> import io, recordsmith as rs
    >>> found = describe(io.BytesIO(rs.encode([[1.5, 2.0]], [1])))
    >>> found.format, found.rows, found.fields[0].max_width, found.fields[1].distinct
    ('recordio', 1, 2, [1])
    """
    source = open_source(src, tally=Tally(), **options)
    if isinstance(src, (str, bytes, os.PathLike)):
        name = os.fsdecode(src)
    else:
        name = getattr(src, "name", type(src).__name__)
    found = Description(str(name), source.format, source.size)
    summaries: dict[tuple[str, str, str, str], FieldSummary] = {}
    schema = None
    try:
        for batch in source.batches:
            found.rows += batch.n_rows
            new = _schema(batch)
            found.schemas += new != schema
            schema = new
            for one in batch.fields:
                _summary(one, summaries).add(one)
            if progress is not None and source.position is not None:
                progress(source.position(), source.size, found.rows)
    except RecordsmithError as error:
        found.problem = str(error)
    found.fields = list(summaries.values())
    return found


def _schema(batch: Batch) -> list[tuple[Any, ...]]:
    return sorted(
        (
            one.role,
            one.name,
            one.kind == "csr",
            one.dtype.name,
            one.shape or (),
            one.width,
        )
        for one in batch.fields
    )


def _summary(
    one: Field, summaries: dict[tuple[str, str, str, str], FieldSummary]
) -> FieldSummary:
    key = (one.role, one.name, one.kind, one.dtype.name)
    if key not in summaries:
        dtype = (
            "bytes" if one.kind == "blobs" else "text" if one.kind == "text" else key[3]
        )
        summary = FieldSummary(one.role, one.name, one.kind, dtype, one.shape)
        summary.columns = one.width if one.kind == "csr" else None
        summary.distinct = [] if one.role == LABEL else None
        summaries[key] = summary
    return summaries[key]
