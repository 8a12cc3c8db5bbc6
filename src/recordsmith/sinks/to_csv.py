"""Batches to CSV or TSV, as SageMaker's algorithms take it: the label first, no header.

Numbers are written with the fewest digits that read back as the same number; NaN is
`nan`. There is no missing value: a row without a label or feature is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import Batch, Field
from ..errors import InputError
from ..publish import Output
from ..tally import Tally
from . import rows

if TYPE_CHECKING:
    import pyarrow

__all__ = ["BINARY", "OPTIONS", "STREAM", "CSVWriter", "open_writer"]

OPTIONS = ("write_header", "densify", "duplicates", "extras")
STREAM = True
BINARY = False


class CSVWriter:
    """Writes label columns, then feature columns, then texts.

    Parameters
    ----------
    write_header : bool, default False
        Begin with the names: label, f0, f1, ...
    densify : bool, default False
        Write sparse features, with all their zeros.
    duplicates : {"error", "sum"}, default "error"
        What to do about a sparse row that stores a key twice.
    extras : {"error", "drop", "keep"}, default "error"
        What to do about uid, metadata and configuration: SageMaker's CSV has no place for
        them; "keep" appends them as columns.
    """

    def __init__(
        self,
        out: Output,
        tally: Tally,
        delimiter: str = ",",
        write_header: bool = False,
        densify: bool = False,
        duplicates: str = "error",
        extras: str = "error",
    ) -> None:
        self._out = out
        self._tally = tally
        self._delimiter = delimiter
        self._header = write_header
        self._densify = densify
        self._duplicates = duplicates
        self._extras = extras
        self._names: list[str] | None = None

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        batch = rows.drop_extras(batch, self._extras, "csv", self._tally, may_keep=True)
        fields = rows.columns_of(
            batch, "CSV", self._densify, self._duplicates, self._tally
        )
        names = [name for field in fields for name in rows.column_names(field)]
        self._check_names(names, batch)
        if not batch.n_rows:
            return
        for begin, end in rows.row_blocks(batch.n_rows, len(names)):
            part = [field.rows(begin, end) for field in fields]
            self._write_block(part, batch.first_row + begin)

    def finish(self) -> None:
        """Nothing: CSV has no end mark."""

    def _check_names(self, names: list[str], batch: Batch) -> None:
        if self._names is None:
            if not names and batch.n_rows:
                raise InputError("rows without values have no place in CSV")
            self._names = names
            if self._header:
                line = self._delimiter.join(map(self._quoted, names))
                self._out.write(line.encode() + b"\n")
        elif names != self._names:
            raise InputError(
                f"the columns are {_few(names)}, before they were {_few(self._names)}",
                row=batch.first_row + 1,
                unit="record",
                advice="CSV has the same columns in all rows: write separate files",
            )

    def _quoted(self, name: str) -> str:
        if any(c in name for c in (self._delimiter, '"', "\n", "\r")):
            return '"' + name.replace('"', '""') + '"'
        return name

    def _write_block(self, fields: list[Field], first_row: int) -> None:
        import pyarrow as pa
        from pyarrow import csv

        columns: list[pyarrow.Array] = []
        for field in fields:
            if field.kind == "text":
                columns.append(pa.array(field.texts(), pa.string()))
                continue
            matrix = rows.as_dense(field, first_row)
            columns += [pa.array(row) for row in np.ascontiguousarray(matrix.T)]
        table = pa.Table.from_arrays(columns, [str(i) for i in range(len(columns))])
        options = csv.WriteOptions(
            include_header=False, delimiter=self._delimiter, quoting_style="needed"
        )
        buffer = pa.BufferOutputStream()
        csv.write_csv(table, buffer, write_options=options)
        self._out.write(buffer.getvalue())


def _few(names: list[str]) -> str:
    if len(names) > 6:
        names = [*names[:3], f"... {len(names)} in all ...", names[-1]]
    return ", ".join(names)


def open_writer(out: Output, *, dest_format: str, **options: Any) -> CSVWriter:
    """A writer of CSV or TSV."""
    options.pop("threads", None)
    return CSVWriter(out, delimiter="\t" if dest_format == "tsv" else ",", **options)
