"""Batches to Parquet: the columns of :meth:`recordsmith.Batch.to_arrow`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..batch import Batch
from ..errors import InputError
from ..exports import batch_to_arrow
from ..publish import Output
from ..tally import Tally
from . import rows

if TYPE_CHECKING:
    import pyarrow

__all__ = ["BINARY", "OPTIONS", "STREAM", "ParquetWriter", "open_writer"]

OPTIONS = ("compression",)
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
    """

    def __init__(self, out: Output, compression: str = "snappy") -> None:
        if compression not in _CODECS:
            raise InputError(
                f"compression is {compression!r}, not one of {', '.join(_CODECS)}"
            )
        self._out = out
        self._compression = compression
        self._layout = rows.Layout("Parquet")
        self._writer: Any = None
        self._held: list[pyarrow.Table] = []
        self._held_bytes = 0

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        first = self._layout.check(batch)
        table = batch_to_arrow(batch)
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


def open_writer(
    out: Output,
    *,
    dest_format: str,
    tally: Tally,
    threads: int | None,
    **options: Any,
) -> ParquetWriter:
    """A writer of Parquet."""
    return ParquetWriter(out, **options)
