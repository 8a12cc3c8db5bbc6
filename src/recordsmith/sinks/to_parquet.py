"""Batches to Parquet: the columns of :meth:`recordsmith.Batch.to_arrow`, or flat ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from ..batch import Batch
from ..errors import InputError
from ..exports import batch_to_arrow
from ..publish import Output
from ..tally import Tally
from . import rows

if TYPE_CHECKING:
    import pyarrow

__all__ = ["BINARY", "OPTIONS", "STREAM", "ParquetWriter", "open_writer"]

OPTIONS = ("compression", "flat", "densify", "duplicates", "extras")
STREAM = False
BINARY = True
_CODECS = ("snappy", "gzip", "zstd", "lz4", "brotli", "none")
_GROUP_BYTES = 32 << 20


class ParquetWriter:
    """Writes row groups of about 32 MiB.

    Parameters
    ----------
    compression : {"snappy", "gzip", "zstd", "lz4", "brotli", "none"}, default "snappy"
        Of the pages within the file.
    flat : bool, default False
        A column for each number, as in CSV: the label, then f0, f1, ... Else each field
        is one column, of lists where a row has several numbers, which the XGBoost
        container does not take.
    densify, duplicates, extras
        Of flat files only, as for :class:`recordsmith.sinks.to_csv.CSVWriter`.
    """

    def __init__(
        self,
        out: Output,
        tally: Tally,
        compression: str = "snappy",
        flat: bool = False,
        **columns: Any,
    ) -> None:
        if columns and not flat:
            raise InputError(
                f"{', '.join(sorted(columns))} apply to flat Parquet files only",
                advice="pass flat=True",
            )
        if compression not in _CODECS:
            raise InputError(
                f"compression is {compression!r}, not one of {', '.join(_CODECS)}"
            )
        self._out = out
        self._compression = compression
        self._flat = _Flat(tally, **columns) if flat else None
        self._layout = rows.Layout("Parquet")
        self._writer: Any = None
        self._held: list[pyarrow.Table] = []
        self._held_bytes = 0

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        if self._flat is None:
            self._write(batch, batch_to_arrow)
            return
        batch = self._flat.checked(batch)
        width = max((one.width or 0 for one in batch.fields), default=0)
        blocks = rows.row_blocks(batch.n_rows, width)
        for begin, end in blocks if batch.n_rows else [(0, 0)]:
            self._write(batch.rows(begin, end), self._flat.table)

    def _write(self, batch: Batch, to_table: Callable[[Batch], pyarrow.Table]) -> None:
        first = self._layout.check(batch)
        table = to_table(batch)
        if first:
            self._open(table.schema)
        self._held.append(table)
        self._held_bytes += table.nbytes
        if self._held_bytes >= _GROUP_BYTES:
            self._flush()

    def finish(self) -> None:
        """Write the last row group and the footer."""
        import pyarrow as pa

        if self._writer is None:
            self._open(pa.schema([]))
        self._flush()
        self._writer.close()

    def _open(self, schema: pyarrow.Schema) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        file = pa.PythonFile(self._out, mode="w")
        self._writer = parquet.ParquetWriter(file, schema, compression=self._compression)

    def _flush(self) -> None:
        import pyarrow as pa

        if self._held:
            table = pa.concat_tables(self._held).combine_chunks()
            self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self._held, self._held_bytes = [], 0


class _Flat:
    """How a batch becomes a table of plain columns."""

    def __init__(
        self,
        tally: Tally,
        densify: bool = False,
        duplicates: str = "error",
        extras: str = "error",
    ) -> None:
        self._tally = tally
        self._densify = densify
        self._duplicates = duplicates
        self._extras = extras

    def checked(self, batch: Batch) -> Batch:
        """The batch with its fields in order, those left out that have no place."""
        batch = rows.drop_extras(
            batch, self._extras, "flat Parquet", self._tally, may_keep=True
        )
        fields = rows.columns_of(
            batch, "flat Parquet", self._densify, self._duplicates, self._tally
        )
        return replace(batch, fields=tuple(fields))

    @staticmethod
    def table(batch: Batch) -> pyarrow.Table:
        """The rows, a column for each number."""
        import pyarrow as pa

        names, columns = [], []
        for field in batch.fields:
            names += rows.column_names(field)
            if field.kind == "text":
                columns.append(pa.array(field.texts(), pa.string()))
                continue
            matrix = rows.as_dense(field, batch.first_row)
            columns += [pa.array(one) for one in np.ascontiguousarray(matrix.T)]
        return pa.Table.from_arrays(columns, names)


def open_writer(
    out: Output,
    *,
    dest_format: str,
    tally: Tally,
    threads: int | None,
    **options: Any,
) -> ParquetWriter:
    """A writer of Parquet."""
    return ParquetWriter(out, tally, **options)
