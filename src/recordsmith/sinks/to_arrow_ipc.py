"""Batches to an Arrow IPC file (Feather version 2): the columns of `Batch.to_arrow`."""

from __future__ import annotations

from typing import Any

from ..batch import Batch
from ..errors import InputError
from ..exports import batch_to_arrow
from ..publish import Output
from ..tally import Tally
from . import rows

__all__ = ["BINARY", "OPTIONS", "STREAM", "ArrowWriter", "open_writer"]

OPTIONS = ("compression",)
STREAM = False
BINARY = True
_CODECS = ("lz4", "zstd", "none")


class ArrowWriter:
    """Writes each batch as one record batch.

    Parameters
    ----------
    compression : {"lz4", "zstd", "none"}, default "none"
        Of the buffers within the file. Uncompressed files can be mapped into memory.
    """

    def __init__(self, out: Output, compression: str = "none") -> None:
        if compression not in _CODECS:
            raise InputError(
                f"compression is {compression!r}, not one of {', '.join(_CODECS)}"
            )
        self._out = out
        self._compression = None if compression == "none" else compression
        self._layout = rows.Layout("Arrow IPC")
        self._writer: Any = None

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        first = self._layout.check(batch)
        table = batch_to_arrow(batch)
        if first:
            self._open(table.schema)
        self._writer.write_table(table)

    def finish(self) -> None:
        """Write the footer."""
        import pyarrow as pa

        if self._writer is None:
            self._open(pa.schema([]))
        self._writer.close()

    def _open(self, schema: Any) -> None:
        import pyarrow as pa

        options = pa.ipc.IpcWriteOptions(compression=self._compression)
        file = pa.PythonFile(self._out, mode="w")
        self._writer = pa.ipc.new_file(file, schema, options=options)


def open_writer(
    out: Output,
    *,
    dest_format: str,
    tally: Tally,
    threads: int | None,
    **options: Any,
) -> ArrowWriter:
    """A writer of Arrow IPC files."""
    return ArrowWriter(out, **options)
