"""The verb: open the source, look at every row once, and put the figures together."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

import numpy as np

from ..arrays import batch_from_arrays, is_sparse
from ..batch import FEATURE, LABEL, Batch, Field
from ..errors import InputError
from ..pipeline import iter_batches
from ..sources.arrow_batches import Converter
from ..sources.arrow_types import kind_of
from ..sources.columns import Columns, near
from ..sources.files import Files
from ..sources.from_table import is_table
from ..sources.open_source import check_options, is_files, open_files
from ..sources.raw_tables import TABLE_FORMATS, RawTable, raw_files, raw_table
from ..storage import detect_format, expand
from ..tally import Tally
from ..threads import map_ordered, n_threads, prefetch
from .collecting import NumberColumn, TextColumn, TimeColumn
from .fields import (
    BlobField,
    ListField,
    MatrixField,
    SparseField,
    TextField,
    title_of,
)
from .results import ColumnStats, Statistics, WideStats

if TYPE_CHECKING:
    Progress = Callable[[int, Optional[int], int], None]
    Column = Union[NumberColumn, TextColumn, TimeColumn]
    Kept = Union[BlobField, ListField, MatrixField, SparseField, TextField]

__all__ = ["stats"]

_DETAILED = 200
_ONLY_CONVERTING = ("dtype", "label_dtype", "nulls")


def stats(
    src: Any,
    y: Any = None,
    *,
    detailed: int = _DETAILED,
    progress: Progress | None = None,
    **options: Any,
) -> Statistics:
    """Statistics of each column of any source, in one pass and bounded memory.

    Parameters
    ----------
    src : whatever :func:`recordsmith.convert` or :func:`recordsmith.encode` takes
        Text, times and missing values are looked at as well.
    y : labels, if src is an array
    detailed : int, default 200
        Columns of numbers that get quantiles, a histogram and a count of different
        values: the first of a table; those of a matrix if it has no more.
    progress : callable(bytes_done, bytes_total or None, rows_done), optional
    **options
        As for a source: source_format, label, features, drop, header, index_base, ...
        Those that change numbers (dtype, nulls) have no place here.

    Returns
    -------
    Statistics

    Raises
    ------
    FormatError, ParseError
        If the source is damaged.
    InputError
        If a column that is named is not there.

    Notes
    -----
    Moments, ranges and counts are exact but for rounding. Quantiles and the number of
    different values are exact for few and else estimated, with the error stated. They do
    not depend on chance: the same rows in the same order give the same figures.

    Sparse rows count what they do not store as zero. Memory: about 0.1 MB for each
    detailed column, about 0.1 KB for each other, and a batch.

    Examples
    --------
    >>> import numpy as np, recordsmith as rs
    >>> found = rs.stats(np.array([[1.0, 7], [2, 7], [np.nan, 7], [6, 7]]), [0, 1, 1, 1])
    >>> found["f0"].mean, found["f0"].missing, found["f0"].quantiles[0.5]
    (3.0, 1, 2.0)
    >>> found.constant, found.labels[0].values
    (['f1'], [(1.0, 3), (0.0, 1)])
    """
    if detailed < 0:
        raise InputError(f"detailed is {detailed}, expected 0 or more")
    options = {name: value for name, value in options.items() if value is not None}
    _refuse_converting(options)
    opened = _Opened(src, y, options)
    try:
        if opened.table is not None:
            found = _of_table(opened, opened.table, detailed, progress)
        else:
            found = _of_batches(opened, detailed, progress)
    finally:
        opened.close()
    columns, wide, n_rows = found
    return Statistics(
        opened.name,
        opened.format,
        opened.size,
        n_rows,
        columns,
        wide,
        _sparsity(columns, wide),
    )


def _refuse_converting(options: dict[str, Any]) -> None:
    for name in _ONLY_CONVERTING:
        if name in options:
            raise InputError(
                f"{name}= is for conversions; statistics are of the data as they are",
                advice="leave it away",
            )


class _Opened:
    """The source: a table that is looked at as it is, or batches."""

    def __init__(self, src: Any, y: Any, options: dict[str, Any]) -> None:
        self.name = _name_of(src)
        self.size: int | None = None
        self.table: RawTable | None = None
        self.batches: Iterable[Batch] = ()
        self._files: Files | None = None
        self.threads: int | None = options.get("threads")
        self.n_features: int | None = None
        if y is None and is_files(src):
            self._open_files(Files(expand(src)), options)
        elif y is None and _is_table(src):
            self.format = "table"
            self._refuse_unknown(options, [*_parameters(), "n_features"])
            self.n_features = options.pop("n_features", None)
            self.table = raw_table(src, **options)
        elif isinstance(src, Batch):
            self.format, self.batches = "batches", [src]
            self._refuse_unknown(options, [])
        elif y is not None or _is_array(src):
            self.format = "arrays"
            self.batches = [batch_from_arrays(src, y, tally=Tally(), **options)]
        else:
            self.format, self.batches = "batches", iter_batches(src, **options)

    def _open_files(self, files: Files, options: dict[str, Any]) -> None:
        self._files = files
        try:
            source_format = options.pop("source_format", None)
            first = files.first()
            self.format = source_format or detect_format(first.name, first.head())
            if self.format not in TABLE_FORMATS:
                source = open_files(files, self.format, Tally(), options)
                self.size, self.batches = source.size, source.batches
                return
            if ".tsv" in first.name.lower():
                options.setdefault("delimiter", "\t")
            check_options(options, self.format)
            self.n_features = options.pop("n_features", None)
            files.measure()
            self.size = files.size
            self.table = raw_files(files, self.format, options)
        except BaseException:
            files.close()
            raise

    def _refuse_unknown(self, options: dict[str, Any], known: list[str]) -> None:
        for name in options:
            if name not in known:
                raise InputError(
                    f"{self.format} has no option {name}=",
                    advice=near(name, known) or f"it knows {', '.join(known) or 'none'}",
                )

    def told(self, progress: Progress | None, n_rows: int) -> None:
        """Say how far reading has come."""
        if progress is not None:
            done = 0 if self._files is None else self._files.position()
            progress(done, self.size, n_rows)

    def close(self) -> None:
        """Close what is still open."""
        for one in (self.batches, self.table and self.table.batches):
            close = getattr(one, "close", None)
            if close is not None:
                close()
        if self._files is not None:
            self._files.close()


def _parameters() -> list[str]:
    return ["label", "features", "drop", "uid", "metadata"]


def _name_of(src: Any) -> str:
    if isinstance(src, (str, bytes, os.PathLike)):
        return os.fsdecode(src)
    if isinstance(src, (list, tuple)) and len(src) > 1 and is_files(src):
        return f"{_name_of(src[0])} and {len(src) - 1} more"
    return str(getattr(src, "name", type(src).__name__))


def _is_table(src: Any) -> bool:
    return is_table(src) and not is_sparse(src) and not isinstance(src, Batch)


def _is_array(src: Any) -> bool:
    if isinstance(src, (list, tuple)):
        return not (src and isinstance(src[0], Batch))
    return is_sparse(src) or isinstance(src, dict) or hasattr(src, "__array__")


# -- batches ---------------------------------------------------------------------------


class _Fields:
    """What is kept of each field that occurs."""

    def __init__(self, detailed: int) -> None:
        self._detailed = detailed
        self._kept: dict[tuple[Any, ...], Kept] = {}

    def add(self, one: Field, title: str | None = None) -> None:
        """Take in a batch's field; one that changes its kind or width is another."""
        width = one.width if one.kind == "dense" or self._small(one) else None
        key = (one.role, title or one.name, one.kind, one.dtype.name, width)
        if key not in self._kept:
            self._kept[key] = self._new(one, title or title_of(one))
        self._kept[key].add(one)

    def _small(self, one: Field) -> bool:
        return one.kind == "csr" and one.width is not None and one.width <= self._detailed

    def _new(self, one: Field, title: str) -> Kept:
        if one.kind == "text":
            return TextField(one)
        if one.kind == "blobs":
            return BlobField(one, title)
        if one.kind == "ragged":
            return ListField(one, title)
        if one.kind == "csr" and not self._small(one):
            return SparseField(one, title)
        return MatrixField(one, title, self._detailed)

    def results(self, n_rows: int) -> tuple[list[ColumnStats], list[WideStats]]:
        """Labels first, then features, then the rest."""
        order = {LABEL: 0, FEATURE: 1}
        columns: list[ColumnStats] = []
        wide: list[WideStats] = []
        for key in sorted(self._kept, key=lambda key: order.get(key[0], 2)):
            some, whole = self._kept[key].results(n_rows)
            columns += some
            wide += whole
        return columns, wide


def _of_batches(
    opened: _Opened, detailed: int, progress: Progress | None
) -> tuple[list[ColumnStats], list[WideStats], int]:
    kept, n_rows = _Fields(detailed), 0
    for batch in prefetch(opened.batches):
        for one in batch.fields:
            kept.add(one)
        n_rows += batch.n_rows
        opened.told(progress, n_rows)
    return (*kept.results(n_rows), n_rows)


# -- tables ----------------------------------------------------------------------------


def _of_table(
    opened: _Opened, table: RawTable, detailed: int, progress: Progress | None
) -> tuple[list[ColumnStats], list[WideStats], int]:
    roles, workers = _roles(table), n_threads(opened.threads)
    nulls = ("",) if opened.format == "csv" else ()
    columns: dict[str, Column] = {}
    fields: dict[str, tuple[Converter, _Fields]] = {}
    left = detailed
    for name, role in roles.items():
        type_ = table.schema.field(name).type
        form = kind_of(type_).form
        if form in ("fixed", "list", "sparse") and role == FEATURE:
            converter = Converter(
                table.schema,
                Columns(features=name),
                nulls="nan",
                n_features=opened.n_features,
                tally=Tally(),
            )
            fields[name] = converter, _Fields(detailed)
        else:
            columns[name] = _column(name, role, type_, left > 0, nulls)
            left -= form == "scalar"
    n_rows = 0
    for rows in prefetch(table.batches):
        for _ in map_ordered(partial(_add, rows), columns.items(), workers):
            pass
        for name, (converter, kept) in fields.items():
            for batch in converter.batches(rows, n_rows):
                for one in batch.fields:
                    kept.add(one, name)
        n_rows += rows.num_rows
        opened.told(progress, n_rows)
    return (*_in_order(roles, columns, fields, n_rows), n_rows)


def _add(rows: Any, one: tuple[str, Column]) -> None:
    name, column = one
    column.add(rows.column(rows.schema.get_field_index(name)))


def _roles(table: RawTable) -> dict[str, str]:
    """What each column is for, in the order of the table."""
    chosen = table.selection
    roles = dict.fromkeys(chosen.needed, FEATURE)
    roles.update(dict.fromkeys(chosen.label, LABEL))
    for role, name in (("uid", chosen.uid), ("metadata", chosen.metadata)):
        if name is not None:
            roles[name] = role
    names = table.schema.names
    return dict(sorted(roles.items(), key=lambda one: names.index(one[0])))


def _column(
    name: str, role: str, type_: Any, detailed: bool, nulls: tuple[str, ...]
) -> Column:
    import pyarrow as pa

    form, dtype = kind_of(type_).form, str(type_)
    if form == "scalar":
        return NumberColumn(name, role, dtype, detailed, nulls)
    if form == "text":
        return TextColumn(name, role, dtype, nulls)
    times = ("timestamp", "date", "time", "duration")
    is_time = any(getattr(pa.types, f"is_{one}")(type_) for one in times)
    return TimeColumn(name, role, dtype, "time" if is_time else "other")


def _in_order(
    roles: dict[str, str],
    columns: dict[str, Column],
    fields: dict[str, tuple[Converter, _Fields]],
    n_rows: int,
) -> tuple[list[ColumnStats], list[WideStats]]:
    found: list[ColumnStats] = []
    wide: list[WideStats] = []
    for name in roles:
        if name in columns:
            found.append(columns[name].result())
            continue
        some, whole = fields[name][1].results(n_rows)
        found += some
        wide += whole
    return found, wide


def _sparsity(columns: list[ColumnStats], wide: list[WideStats]) -> float | None:
    """The share of zeros among the finite numbers of features."""
    count = nonzero = 0
    whole = {one.name for one in wide}
    for one in columns:
        described = any(_part_of(one.name, name) for name in whole)
        if one.role == FEATURE and one.nonzero is not None and not described:
            count += one.count
            nonzero += one.nonzero
    for field in wide:
        if field.role == FEATURE:
            count += int(np.sum(field.arrays["count"]))
            nonzero += int(np.sum(field.arrays["nonzero"]))
    return 1 - nonzero / count if count else None


def _part_of(column: str, field: str) -> bool:
    return column.startswith(f"{field}[") or (field == "f" and column[1:].isdecimal())
