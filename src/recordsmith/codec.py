"""Batches to bytes: preparing a batch for the core, and encoding it whole."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from . import _core
from .batch import Batch, Field
from .casts import cast_array
from .errors import InputError, LimitError, RecordsmithError, core_error
from .tally import Tally
from .threads import n_threads, row_ranges, run_all

__all__ = ["Encoder", "encode_batch"]

_DUPLICATES = ("error", "sum", "keep")
_EMPTY_ROWS = ("keep", "explicit-zero", "error")
_MIN_BYTES_PER_THREAD = 2 << 20
_MIN_VALUES_PER_THREAD = 1 << 18


class Encoder:
    """A batch made ready for the core; rows are planned and encoded through it.

    Parameters
    ----------
    batch : Batch
    duplicates : {"error", "sum", "keep"}, default "error"
        What to do about a sparse row that stores a key twice. Rows whose keys are only
        out of order are sorted; "keep" writes keys as they are stored, in any order.
    empty_rows : {"keep", "explicit-zero", "error"}, default "keep"
        What to write for a sparse row without stored values: a shape and nothing else (as
        the SageMaker SDK does), one zero at key 0 (which the XGBoost container's reader
        of 2026 needs), or to refuse it.
    tally : Tally, optional
        Where changes are counted.
    """

    def __init__(
        self,
        batch: Batch,
        *,
        duplicates: str = "error",
        empty_rows: str = "keep",
        tally: Tally | None = None,
    ) -> None:
        for name, value, known in (
            ("duplicates", duplicates, _DUPLICATES),
            ("empty_rows", empty_rows, _EMPTY_ROWS),
        ):
            if value not in known:
                raise InputError(f"{name} is {value!r}, not one of {', '.join(known)}")
        self.batch = batch
        self.tally = Tally() if tally is None else tally
        self._duplicates = duplicates
        self._zero_for_empty = empty_rows == "explicit-zero"
        for field in batch.fields:
            if field.kind == "csr":
                _count_empty_rows(field, empty_rows, batch.first_row, self.tally)
        self.rows = self._prepare(duplicates != "keep")

    def _prepare(self, check_order: bool) -> _core.Rows:
        return _core.Rows(
            self.batch.fields, self.batch.n_rows, check_order, self._zero_for_empty
        )

    def plan(self, begin: int, end: int, max_bytes: int | None = None) -> tuple[int, int]:
        """(end_row, n_bytes) of the longest run of rows from `begin` within max_bytes."""
        try:
            return self._plan(begin, end, max_bytes)
        except RecordsmithError as error:
            if error.row is not None:
                error.row += self.batch.first_row
            raise

    def _plan(self, begin: int, end: int, max_bytes: int | None) -> tuple[int, int]:
        try:
            return _core.plan_rows(self.rows, begin, end, max_bytes)
        except RecordsmithError as error:
            if error.code != "RS_E_ORDER":
                raise
        fields = tuple(
            canonical(one, self._duplicates, self.tally) if one.kind == "csr" else one
            for one in self.batch.fields
        )
        self.batch = replace(self.batch, fields=fields)
        self.rows = self._prepare(False)
        return _core.plan_rows(self.rows, begin, end, max_bytes)

    def encode(self, begin: int, end: int, n_bytes: int) -> bytes:
        """Rows [begin, end), which `plan` said take n_bytes."""
        return _core.encode_bytes(self.rows, begin, end, n_bytes)

    def encode_whole(self, out: Any) -> int | None:
        """All rows into `out`, checked and written in one pass; the bytes they take.

        None where they do not fit, or are not to be written as they are stored: then they
        have to be planned.
        """
        n_rows = self.batch.n_rows
        try:
            end, n_bytes = _core.encode_fitting(self.rows, 0, n_rows, out)
        except RecordsmithError as error:
            if error.code == "RS_E_ORDER":
                return None
            if error.row is not None:
                error.row += self.batch.first_row
            raise
        return n_bytes if end == n_rows else None


def _count_empty_rows(
    field: Field, empty_rows: str, first_row: int, tally: Tally
) -> None:
    empty = np.diff(field.bounds) == 0
    if field.present is not None:
        empty &= field.present
    n_empty = int(np.count_nonzero(empty))
    if not n_empty:
        return
    tally.empty_rows += n_empty
    row = first_row + int(np.argmax(empty))
    if empty_rows == "error":
        raise InputError(
            f"{n_empty} sparse rows have no stored value",
            row=row,
            advice='pass empty_rows="keep" or "explicit-zero"',
        )
    if empty_rows == "explicit-zero":
        if field.width == 0:
            raise InputError(
                "a row of 0 columns has no key 0 for an explicit zero",
                row=row,
                advice='pass empty_rows="keep"',
            )
        tally.zeros_added += n_empty


def canonical(field: Field, duplicates: str, tally: Tally) -> Field:
    """A csr field with ascending keys, and each key once.

    Values of one key are added in double precision (int32 in int64), in stored order.
    """
    bounds = np.array(field.bounds, np.int64)  # a copy: nobody can change it meanwhile
    counts = np.diff(bounds)
    begin, end = int(bounds[0]), int(bounds[-1])
    if begin < 0 or end > len(field.values) or (counts < 0).any():
        raise core_error("RS_E_OFFSETS", found=end, limit=len(field.values))
    field = replace(field, offsets=bounds)
    keys, values = field.stored_keys, field.stored
    rows = np.repeat(np.arange(len(counts)), counts)
    descends = (np.diff(keys) < 0) & (np.diff(rows) == 0)
    tally.keys_sorted += len(np.unique(rows[1:][descends]))
    order = np.lexsort((keys, rows))
    keys, values, rows = keys[order], values[order], rows[order]
    same = (np.diff(keys) == 0) & (np.diff(rows) == 0)
    if same.any():
        at = int(np.argmax(same))
        if duplicates == "error":
            raise InputError(
                f"key {int(keys[at])} is stored twice in {field.role} {field.name!r}",
                row=int(rows[at]),
                advice='pass duplicates="sum" to add the values, or "keep" to write both',
            )
        first = np.concatenate([[True], ~same])
        tally.duplicates_summed += int(same.sum())
        wide = values.astype(np.int64 if values.dtype.kind == "i" else np.float64)
        sums = np.add.reduceat(wide, np.flatnonzero(first))
        keys, rows = keys[first], rows[first]
        try:
            values = cast_array(sums, values.dtype.name, "sums of duplicates", Tally())
        except InputError as error:
            if error.row is not None:
                error.row, error.column = int(rows[error.row]), int(keys[error.row])
            raise
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=len(counts)), out=offsets[1:])
    return replace(field, keys=keys, values=values, offsets=offsets)


def encode_batch(
    batch: Batch,
    *,
    duplicates: str = "error",
    empty_rows: str = "keep",
    threads: int | None = None,
    out: Any = None,
    tally: Tally | None = None,
) -> bytes | memoryview:
    """All rows of a batch as frames; see :func:`recordsmith.encode`."""
    encoder = Encoder(batch, duplicates=duplicates, empty_rows=empty_rows, tally=tally)
    ranges = row_ranges(batch.n_rows, n_threads(threads))
    if out is not None and len(ranges) == 1:
        n_bytes = encoder.encode_whole(out)
        if n_bytes is not None:
            return memoryview(out).cast("B")[:n_bytes]
    sizes = _plan_all(encoder, ranges)
    total = sum(sizes)
    if total < _MIN_BYTES_PER_THREAD * len(ranges):
        ranges, sizes = [(0, batch.n_rows)], [total]
    if out is not None:
        return _encode_into(encoder, ranges, sizes, out)
    if len(ranges) == 1:
        return encoder.encode(0, batch.n_rows, total)
    data = _core.new_bytes(total)
    jobs, at = [], 0
    for (begin, end), size in zip(ranges, sizes):
        jobs.append(
            partial(_core.encode_into_bytes, encoder.rows, begin, end, data, at, size)
        )
        at += size
    run_all(jobs)
    return data


def _plan_all(encoder: Encoder, ranges: list[tuple[int, int]]) -> list[int]:
    """Bytes of each range. Small batches and those of fixed size are planned here at
    once."""
    stored = sum(len(one.values) for one in encoder.batch.fields if one.kind != "dense")
    if len(ranges) == 1 or stored < _MIN_VALUES_PER_THREAD:
        return [encoder.plan(begin, end)[1] for begin, end in ranges]
    before = encoder.rows
    try:
        jobs = [partial(_core.plan_rows, before, begin, end) for begin, end in ranges]
        return [n_bytes for _, n_bytes in run_all(jobs)]
    except RecordsmithError:  # unsorted keys, or what plan() puts in its place
        return [encoder.plan(begin, end)[1] for begin, end in ranges]


def _encode_into(
    encoder: Encoder, ranges: list[tuple[int, int]], sizes: list[int], out: Any
) -> memoryview:
    view = memoryview(out).cast("B")
    total = sum(sizes)
    if len(view) < total:
        raise LimitError(
            f"the rows take {total} bytes, `out` holds {len(view)}",
            advice="pass a larger buffer, or use iter_chunks(max_bytes=...)",
        )
    jobs, at = [], 0
    for (begin, end), size in zip(ranges, sizes):
        part = view[at : at + size]
        jobs.append(partial(_core.encode_rows, encoder.rows, begin, end, part))
        at += size
    run_all(jobs)
    return view[:total]
