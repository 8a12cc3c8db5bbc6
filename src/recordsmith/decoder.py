"""Whole frames in memory to batches: scan, allocate, fill."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Callable

import numpy as np

from . import _core
from ._core import ColumnInfo, Target
from .batch import Batch, Field
from .errors import RecordsmithError
from .threads import n_threads, row_ranges, run_all

__all__ = ["Room", "Run", "decode_run"]

# role, name, "values", "keys" or "offsets", shape, dtype -> an array, not initialised
Room = Callable[[str, str, str, "tuple[int, ...]", Any], Any]

_MIN_BYTES_PER_THREAD = 4 << 20
_MIN_UNSCANNED_ROWS = 100
_MIN_UNSCANNED_BYTES = 1 << 16
_FLOATS = ("float32", "float64")
_INT32_MAX = 2**31 - 1
_NEVER = 2**64 - 1
_SPARE = 1.1


@dataclass(frozen=True)
class Run:
    """The longest run of records with one schema at a place in a buffer.

    Attributes
    ----------
    batch : Batch
        Its rows; none where the first record cannot be read.
    n_bytes : int
        Bytes of its frames.
    status : str
        Why it ends: "RS_OK" (all bytes or all rows asked for), "RS_NEED_MORE",
        "RS_SPLIT", "RS_NEW_SCHEMA", or the core's name of an error.
    error : RecordsmithError, optional
        For RS_NEW_SCHEMA and errors; record numbers count from the run's first record.
    """

    batch: Batch
    n_bytes: int
    status: str
    error: RecordsmithError | None

    @property
    def density(self) -> tuple[float, float] | None:
        """Records and sparse values a byte."""
        sparse = sum(len(f.values) for f in self.batch.fields if f.kind == "csr")
        if not self.n_bytes:
            return None
        return self.batch.n_rows / self.n_bytes, sparse / self.n_bytes


@dataclass(frozen=True)
class _Part:
    """A stretch of bytes that one thread scans and fills."""

    begin: int
    end: int
    scan: _core.Scan

    @property
    def proved(self) -> bool:
        """Did the scan end exactly where the next part begins?"""
        return self.scan.status == "RS_OK" and self.scan.n_bytes == self.end - self.begin


def decode_run(
    data: Any,
    begin: int,
    end: int,
    *,
    max_records: int | None = None,
    threads: int | None = 1,
    first_row: int = 0,
    n_features: int | None = None,
    ragged: bool = False,
    room: Room | None = None,
    density: tuple[float, float] | None = None,
) -> Run:
    """Decode the records at data[begin:end] up to the first that does not fit the others.

    Parameters
    ----------
    data : bytes-like
    begin, end : int
        Range in bytes; a frame begins at `begin`.
    max_records : int, optional
        Stop after so many, 1 or more.
    threads : int, optional
        None: all cores.
    first_row : int, default 0
        Position of the first record in its file, from 0.
    n_features : int, optional
        Number of columns of sparse records that name no shape.
    ragged : bool, default False
        Give rows of numbers as ragged fields even where all are equally long.
    room : callable, optional
        Gives the arrays for numbers; it may give the same memory at each call.
    density : (float, float), optional
        Records and sparse values that a byte is likely to hold; see :meth:`Run.density`.
    """
    if not ragged:
        quick = _decode_unscanned(
            data, begin, end, max_records, threads, first_row, n_features, room, density
        )
        if quick is not None:
            return quick
    parts = _scan(data, begin, end, max_records, threads)
    last = parts[-1].scan
    columns = _merge(parts)
    assert columns is not None
    n_rows = sum(part.scan.n_records for part in parts)
    plans = [_Plan(info, n_rows, n_features, ragged, room) for info in columns]
    error = last.error if isinstance(last.error, RecordsmithError) else None
    try:
        _fill(data, parts, columns, plans)
    except RecordsmithError as fault:
        if parts[0].scan.n_records == 0 or fault.row is None:
            raise
        # The record that cannot be filled ends the run: what stands before it is whole.
        before = fault.row - 1
        if before == 0:
            return Run(Batch((), 0, first_row), 0, fault.code or "", fault)
        good = decode_run(
            data,
            begin,
            end,
            max_records=before,
            threads=1,
            first_row=first_row,
            n_features=n_features,
            ragged=ragged,
            room=room,
        )
        return Run(good.batch, good.n_bytes, fault.code or "", fault)
    # A Value message without a member is no value: where no record has one, no field.
    fields = tuple(plan.field for plan in plans if plan.info.n_present)
    n_bytes = sum(part.scan.n_bytes for part in parts)
    if error is not None and error.row is not None and len(parts) > 1:
        error.row += n_rows - last.n_records
    return Run(Batch(fields, n_rows, first_row), n_bytes, last.status, error)


def _scan(
    data: Any, begin: int, end: int, max_records: int | None, threads: int | None
) -> list[_Part]:
    """One scan, or one a thread where the cuts between them prove right.

    A cut is only a guess: a place that looks like a frame. It is right if the scan of the
    part before it ends exactly there. Where one is not, everything is scanned in one go.
    """
    wanted = _n_parts(end - begin, threads)
    if wanted > 1 and max_records is None:
        cuts = [begin]
        for i in range(1, wanted):
            at = begin + (end - begin) * i // wanted // 4 * 4
            cuts.append(_core.find_frame(data, cuts[-1] + (at - cuts[-1]) // 4 * 4, end))
        cuts.append(end)
        ranges = [(a, b) for a, b in zip(cuts, cuts[1:]) if b > a]
        scans = run_all(partial(_core.scan, data, a, b) for a, b in ranges)
        parts = [_Part(a, b, scan) for (a, b), scan in zip(ranges, scans)]
        if all(part.proved for part in parts) and _merge(parts) is not None:
            return parts
    return [_Part(begin, end, _core.scan(data, begin, end, max_records))]


def _decode_unscanned(
    data: Any,
    begin: int,
    end: int,
    max_records: int | None,
    threads: int | None,
    first_row: int,
    n_features: int | None,
    room: Room | None,
    density: tuple[float, float] | None,
) -> Run | None:
    """The rows of records that all have the fields of the first two, or None.

    A scan of all bytes for that alone would cost a good part of what filling the arrays
    costs. That looks at each record anyway: if one is different, it says so, and a scan
    then tells which record it is, and what of it.
    """
    first = _core.scan(data, begin, end, 2)
    if first.status != "RS_OK" or first.n_records != 2:
        return None
    sparse = [info for info in first.columns if info.sparse]
    others = [info for info in first.columns if not info.sparse]
    if any(info.first_missing != _NEVER for info in first.columns) or not all(
        info.dtype in _FLOATS and info.first_other_width == _NEVER for info in others
    ):
        return None
    if not sparse:
        return _decode_even(
            data, begin, end, max_records, threads, first_row, first, room
        )
    if len(sparse) > 1 or sparse[0].sparse != 1 or sparse[0].dtype not in _FLOATS:
        return None
    if max_records is not None or _n_parts(end - begin, threads) > 1:
        return None
    return _decode_sparse(data, begin, end, first_row, n_features, first, room, density)


def _n_parts(n_bytes: int, threads: int | None) -> int:
    return min(n_threads(threads), n_bytes // _MIN_BYTES_PER_THREAD)


def _decode_even(
    data: Any,
    begin: int,
    end: int,
    max_records: int | None,
    threads: int | None,
    first_row: int,
    first: _core.Scan,
    room: Room | None,
) -> Run | None:
    """Dense records: if they are all as long as the first two, their number is known."""
    frame_len, odd = divmod(first.n_bytes, 2)
    n_rows, rest = divmod(end - begin, frame_len)
    status = "RS_OK"
    if odd or n_rows < _MIN_UNSCANNED_ROWS or not first.columns:
        return None
    if max_records is not None and max_records <= n_rows:
        n_rows = max_records
    elif rest:
        tail = _core.scan(data, end - rest, end, 1)
        status = tail.status
        if tail.n_records or status != "RS_NEED_MORE":
            return None
    parts = []
    for row, last_row in row_ranges(n_rows, _n_parts(n_rows * frame_len, threads)):
        n = last_row - row
        columns = [
            info._replace(n_present=n, n_values=n * info.first_width)
            for info in first.columns
        ]
        scan = _core.Scan("RS_OK", n, n * frame_len, 0, columns, None)
        parts.append(_Part(begin + row * frame_len, begin + last_row * frame_len, scan))
    merged = _merge(parts)
    assert merged is not None
    plans = [_Plan(info, n_rows, None, False, room) for info in merged]
    try:
        _fill(data, parts, merged, plans)
    except RecordsmithError:
        return None
    batch = Batch(tuple(plan.field for plan in plans), n_rows, first_row)
    return Run(batch, n_rows * frame_len, status, None)


def _decode_sparse(
    data: Any,
    begin: int,
    end: int,
    first_row: int,
    n_features: int | None,
    first: _core.Scan,
    room: Room | None,
    density: tuple[float, float] | None,
) -> Run | None:
    """One sparse field: arrays for as much as can be there, which are cut afterwards.

    A value takes its own bytes and at least one for its key, a record its header and the
    dense values. Memory that is never touched costs nothing; but where many batches are
    made, arrays that fit can be made in the same memory again.
    """
    n_bytes = end - begin
    sizes = [np.dtype(info.dtype).itemsize for info in first.columns]
    fixed = zip(first.columns, sizes)
    least = 8 + sum(info.max_width * size for info, size in fixed if not info.sparse)
    most_rows = n_bytes // least
    most_values = n_bytes
    if density is not None:
        most_rows = min(most_rows, int(_SPARE * density[0] * n_bytes) + 64)
        most_values = int(_SPARE * density[1] * n_bytes) + 1024
    columns = []
    for info, size in zip(first.columns, sizes):
        most = most_rows * info.max_width
        if info.sparse:
            most = min(most_values, n_bytes // (size + 1))
        columns.append(info._replace(n_present=most_rows, n_values=most))
    if n_bytes < _MIN_UNSCANNED_BYTES or n_bytes > _INT32_MAX:
        return None
    try:
        plans = [_Plan(info, most_rows, n_features, False, room) for info in columns]
        targets = [plan.target(0, most_rows, 0, plan.info, 0) for plan in plans]
        status, n_rows, n_bytes = _core.fill_to_end(
            data, begin, end, most_rows, columns, targets
        )
    except (RecordsmithError, MemoryError):
        return None
    del targets
    fields = tuple(_cut(plan.field, n_rows) for plan in plans)
    return Run(Batch(fields, n_rows, first_row), n_bytes, status, None)


def _cut(field: Field, n_rows: int) -> Field:
    """The field's first rows, in arrays that hold nothing else."""
    if field.offsets is None:
        return replace(field, values=_first(field.values, n_rows))
    n_values = int(field.offsets[n_rows])
    return replace(
        field,
        offsets=_first(field.offsets, n_rows + 1),
        values=_first(field.values, n_values),
        keys=_first(field.keys, n_values),
    )


def _first(array: Any, n: int) -> Any:
    if array.base is not None:  # somebody's room
        return array[:n]
    array.resize((n, *array.shape[1:]), refcheck=False)
    return array


def _merge(parts: list[_Part]) -> list[ColumnInfo] | None:
    """The columns of all parts as if scanned in one go; None if they do not agree."""
    if len(parts) == 1:
        return parts[0].scan.columns
    merged: dict[tuple[str, bytes], ColumnInfo] = {}
    first_record = 0
    for part in parts:
        seen = set()
        for info in part.scan.columns:
            key = (info.role, info.name)
            seen.add(key)
            if key not in merged:
                missing = 0 if first_record else info.first_missing
                merged[key] = info._replace(first_missing=missing)
                continue
            both = _merge_two(merged[key], info, first_record)
            if both is None:
                return None
            merged[key] = both
        for key in merged.keys() - seen:
            missing = min(merged[key].first_missing, first_record)
            merged[key] = merged[key]._replace(first_missing=missing)
        first_record += part.scan.n_records
    return list(merged.values())


def _merge_two(a: ColumnInfo, b: ColumnInfo, first_record: int) -> ColumnInfo | None:
    if (a.dtype, a.shape, a.content_type) != (b.dtype, b.shape, b.content_type):
        return None
    if {a.sparse, b.sparse} == {0, 1}:
        return None
    missing = (
        b.first_missing if b.first_missing == _NEVER else b.first_missing + first_record
    )
    return a._replace(
        sparse=min(a.sparse, b.sparse),
        n_present=a.n_present + b.n_present,
        first_missing=min(a.first_missing, missing),
        n_values=a.n_values + b.n_values,
        n_items=a.n_items + b.n_items,
        min_width=min(a.min_width, b.min_width),
        max_width=max(a.max_width, b.max_width),
    )


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


class _Plan:
    """The arrays of one column, and the part of them that a range of records fills."""

    def __init__(
        self,
        info: ColumnInfo,
        n_rows: int,
        n_features: int | None,
        ragged: bool,
        room: Room | None,
    ) -> None:
        def new(part: str, shape: tuple[int, ...], dtype: Any) -> Any:
            if room is None:
                return np.empty(shape, dtype)
            return room(info.role, _text(info.name), part, shape, dtype)

        self.info = info
        self.kind = _kind(info, ragged)
        self.shape = info.shape
        offsets = keys = items = None
        shape: tuple[int, ...] = (info.n_values,)
        index: Any = np.int64
        self.limit: int | None = None
        if self.kind == "csr":
            if self.shape is None and n_features is not None:
                self.shape = (n_features,)
            if self.shape is not None:
                self.limit = min(int(np.prod(self.shape, dtype=object)), 2**63)
                if max(self.limit - 1, info.n_values) <= _INT32_MAX:
                    index = np.int32
            keys = new("keys", shape, index)
        if self.kind == "dense":
            shape = (n_rows, info.max_width if info.n_present else 0)
        else:
            offsets = new("offsets", (n_rows + 1,), index)
        if self.kind == "blobs":
            items = np.zeros(info.n_items + 1, np.int64)
        present = np.ones(n_rows, bool) if info.first_missing != _NEVER else None
        self.field = Field(
            info.role,
            self.kind,
            new("values", shape, info.dtype or _unknown_dtype(self.kind)),
            name=_text(info.name),
            shape=self.shape,
            offsets=offsets,
            keys=keys,
            item_offsets=items,
            content_type=None if info.content_type is None else _text(info.content_type),
            present=present,
        )

    def target(
        self, row: int, n_rows: int, value: int, info: ColumnInfo, item: int
    ) -> Target:
        """Where the records [row, row + n_rows) go; value and item: those before them."""
        field, dense = self.field, self.kind == "dense"
        values = field.values[row : row + n_rows] if dense else field.values
        keys, offsets, items = field.keys, field.offsets, field.item_offsets
        if not dense:
            values = values[value : value + info.n_values]
        return Target(
            self.kind,
            field.values.shape[1] if dense else 0,
            values,
            None if offsets is None else offsets[row : row + n_rows + 1],
            item if self.kind == "blobs" else value,
            None if keys is None else keys[value : value + info.n_values],
            self.limit,
            None if items is None else items[item : item + info.n_items + 1],
            value,
            None if field.present is None else field.present[row : row + n_rows],
        )


def _unknown_dtype(kind: str) -> str:
    return "uint8" if kind in ("text", "blobs") else "float32"


def _kind(info: ColumnInfo, ragged: bool) -> str:
    if info.role in ("uid", "metadata", "configuration"):
        return "text"
    if info.dtype == "uint8":
        return "blobs"
    if info.sparse == 1 or (info.sparse == 2 and info.shape is not None):
        return "csr"
    if ragged and info.role == "feature":
        return "ragged"
    return "dense" if info.min_width == info.max_width else "ragged"


def _fill(
    data: Any, parts: list[_Part], columns: list[ColumnInfo], plans: list[_Plan]
) -> None:
    before = {(info.role, info.name): [0, 0] for info in columns}
    jobs, row = [], 0
    for part in parts:
        own = {(info.role, info.name): info for info in part.scan.columns}
        targets = []
        for info, plan in zip(columns, plans):
            key = (info.role, info.name)
            mine = own.get(key, info._replace(n_values=0, n_items=0))
            value, item = before[key]
            targets.append(plan.target(row, part.scan.n_records, value, mine, item))
            before[key] = [value + mine.n_values, item + mine.n_items]
        stop = part.begin + part.scan.n_bytes
        jobs.append(partial(_fill_part, data, part, stop, list(columns), targets, row))
        row += part.scan.n_records
    run_all(jobs)


def _fill_part(
    data: Any,
    part: _Part,
    stop: int,
    columns: list[ColumnInfo],
    targets: list[Target],
    row: int,
) -> None:
    try:
        _core.fill(data, part.begin, stop, part.scan.n_records, columns, targets)
    except RecordsmithError as error:
        if error.row is not None:
            error.row += row
        raise
