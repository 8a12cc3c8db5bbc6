"""Batches to libsvm text: `label index:value index:value ...`, one row a line.

Several labels are written with commas between. Numbers have the fewest digits that read
back as the same number; NaN is `nan`. Of sparse rows all stored values are written, of
dense rows all but +0. There is no place for the number of columns: a reader has to be
told `n_features`, and the `index_base` that was used here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from ..batch import FEATURE, LABEL, Batch, Field
from ..errors import InputError, RecordsmithError
from ..threads import n_threads, row_ranges, run_all
from . import rows

if TYPE_CHECKING:
    from ..publish import Output
    from ..tally import Tally

__all__ = ["BINARY", "OPTIONS", "STREAM", "LibsvmWriter", "open_writer"]

OPTIONS = ("write_index_base", "duplicates", "extras", "no_label")
STREAM = True
BINARY = False

_BUFFER_BYTES = 4 << 20
_MIN_ROWS_PER_THREAD = 1024


class LibsvmWriter:
    """Writes one label field (or none) and one feature field.

    Parameters
    ----------
    write_index_base : {0, 1}, default 1
        What the first column is called. libsvm's own tools count from 1.
    duplicates : {"error", "sum"}, default "error"
        What to do about a sparse row that stores a key twice.
    extras : {"error", "drop"}, default "error"
        What to do about uid, metadata, configuration and byte strings.
    no_label : {"error", "omit"} or number, default "error"
        What to write where the batch has no label: nothing (then a line begins with its
        first feature, and a row without features cannot be written), or this number.
    """

    def __init__(
        self,
        out: Output,
        tally: Tally,
        threads: int | None = None,
        write_index_base: int = 1,
        duplicates: str = "error",
        extras: str = "error",
        no_label: str | float = "error",
    ) -> None:
        if write_index_base not in (0, 1):
            raise InputError(f"write_index_base is {write_index_base!r}, expected 0 or 1")
        if isinstance(no_label, str) and no_label not in ("error", "omit"):
            raise InputError(
                f"no_label is {no_label!r}, not error, omit or a number to write"
            )
        self._out = out
        self._tally = tally
        self._threads = n_threads(threads)
        self._index_base = write_index_base
        self._duplicates = duplicates
        self._extras = extras
        self._no_label = no_label

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        batch = rows.drop_extras(batch, self._extras, "libsvm", self._tally)
        if not batch.n_rows:
            return
        fields = [self._features(batch), *self._label(batch)]
        ready = _core.Rows(fields, batch.n_rows, False, False)
        parts = max(1, min(self._threads, batch.n_rows // _MIN_ROWS_PER_THREAD))
        jobs = [
            _Job(ready, begin, end, self._index_base)
            for begin, end in row_ranges(batch.n_rows, parts)
        ]
        try:
            for texts in run_all([job.run for job in jobs]):
                for text in texts:
                    self._out.write(text)
        except RecordsmithError as error:
            raise _placed(error, batch) from None

    def finish(self) -> None:
        """Nothing: libsvm text has no end mark."""

    def _features(self, batch: Batch) -> Field:
        field = _only(batch, FEATURE)
        if field is None:
            raise InputError("libsvm text needs a feature, found none")
        rows.refuse_missing(field, batch.first_row)
        if field.kind == "csr":
            field = rows.unique_keys(
                field, self._duplicates, batch.first_row, self._tally
            )
        elif field.kind != "dense":
            values = rows.as_dense(field, batch.first_row)
            field = replace(field, kind="dense", values=values, offsets=None)
        return field

    def _label(self, batch: Batch) -> list[Field]:
        field = _only(batch, LABEL)
        if field is not None:
            rows.refuse_missing(field, batch.first_row)
            values = rows.as_dense(field, batch.first_row)
            if values.shape[1]:
                return [Field(LABEL, "dense", values)]
        if self._no_label == "error":
            raise InputError(
                "the rows have no label, with which a line of libsvm text begins",
                advice='pass no_label="omit" to leave it out, or a number to write',
            )
        if self._no_label == "omit":
            return []
        return [Field(LABEL, "dense", np.full((batch.n_rows, 1), float(self._no_label)))]


class _Job:
    """A range of rows, to be written as text by one thread."""

    def __init__(self, ready: _core.Rows, begin: int, end: int, index_base: int) -> None:
        self._ready = ready
        self._range = begin, end
        self._index_base = index_base

    def run(self) -> list[memoryview]:
        """The text of the rows, in pieces."""
        begin, end = self._range
        pieces = []
        size = _BUFFER_BYTES
        while begin < end:
            buffer = np.empty(size, np.uint8)
            begin, n_bytes, needed = _core.libsvm_write(
                self._ready, begin, end, self._index_base, False, buffer
            )
            size = max(_BUFFER_BYTES, needed)
            pieces.append(buffer[:n_bytes].data)
        return pieces


def _only(batch: Batch, role: str) -> Field | None:
    found = list(batch.all(role))
    if len(found) > 1:
        names = ", ".join(rows.what(field) for field in found)
        raise InputError(
            f"libsvm text holds one {role}, found {names}",
            advice="write recordio, jsonl, parquet or arrow",
        )
    return found[0] if found else None


def _placed(error: RecordsmithError, batch: Batch) -> RecordsmithError:
    if error.row is not None:
        error.row, error.unit = batch.first_row + error.row + 1, "record"
    if error.code == "RS_E_LABEL":
        return InputError(
            "the row has neither label nor feature, and a blank line is no row",
            row=error.row,
            unit=error.unit,
            advice="pass a number as no_label=",
        )
    return error


def open_writer(out: Output, *, dest_format: str, **options: Any) -> LibsvmWriter:
    """A writer of libsvm text."""
    return LibsvmWriter(out, **options)
