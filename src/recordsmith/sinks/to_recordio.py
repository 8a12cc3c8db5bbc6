"""Batches to RecordIO-protobuf."""

from __future__ import annotations

from typing import Any

from ..batch import Batch
from ..chunks import CHUNK_BYTES, chunks_of
from ..codec import encode_batch
from ..publish import Output
from ..tally import Tally

__all__ = ["BINARY", "OPTIONS", "STREAM", "RecordIOWriter", "open_writer"]

OPTIONS = ("duplicates", "empty_rows", "max_bytes", "chunk_bytes")
STREAM = True
BINARY = True


class RecordIOWriter:
    """Encodes batches: all rows of one at once, or in chunks of whole records.

    Parameters
    ----------
    duplicates, empty_rows : str
        As for :func:`recordsmith.encode`.
    max_bytes, chunk_bytes : int, optional
        No write is longer than max_bytes (a longer record is a LimitError); or than
        chunk_bytes, except for a longer record. Both matter to pipes; the bytes of a file
        do not depend on them.
    """

    def __init__(
        self,
        out: Output,
        tally: Tally,
        threads: int | None = None,
        max_bytes: int | None = None,
        chunk_bytes: int | None = None,
        **policy: str,
    ) -> None:
        self._out = out
        self._tally = tally
        self._threads = threads
        self._limits = None
        if max_bytes is not None or chunk_bytes is not None:
            self._limits = (
                max_bytes,
                CHUNK_BYTES if chunk_bytes is None else chunk_bytes,
            )
        self._policy: dict[str, Any] = policy

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        if self._limits is None:
            data = encode_batch(
                batch, threads=self._threads, tally=self._tally, **self._policy
            )
            self._out.write(data)
            return
        rows = self._tally.rows  # chunks_of counts them too
        max_bytes, chunk_bytes = self._limits
        for chunk in chunks_of(
            [batch],
            max_bytes=max_bytes,
            chunk_bytes=chunk_bytes,
            tally=self._tally,
            **self._policy,
        ):
            self._out.write(chunk.data)
        self._tally.rows = rows

    def finish(self) -> None:
        """Nothing: a stream of records has no end mark."""


def open_writer(out: Output, *, dest_format: str, **options: Any) -> RecordIOWriter:
    """A writer of RecordIO-protobuf."""
    return RecordIOWriter(out, **options)
