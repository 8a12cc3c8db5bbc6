"""Batches to RecordIO-protobuf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..batch import FEATURE, Batch, Field
from ..chunks import CHUNK_BYTES, chunks_of
from ..codec import encode_batch
from ..density import densified, sparsified
from ..errors import InputError
from ..publish import Output
from ..tally import Tally
from . import rows

__all__ = ["BINARY", "OPTIONS", "STREAM", "RecordIOWriter", "open_writer"]

OPTIONS = (
    "duplicates",
    "empty_rows",
    "max_bytes",
    "chunk_bytes",
    "densify",
    "sparsify",
)
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
    densify : bool, default False
        Write sparse features as dense, with all their zeros.
    sparsify : bool, default False
        Write dense features as sparse: their zeros are not stored (-0 is, as it would not
        come back).
    """

    def __init__(
        self,
        out: Output,
        tally: Tally,
        threads: int | None = None,
        max_bytes: int | None = None,
        chunk_bytes: int | None = None,
        densify: bool = False,
        sparsify: bool = False,
        **policy: str,
    ) -> None:
        if densify and sparsify:
            raise InputError("densify and sparsify are both asked for", advice="pass one")
        self._out = out
        self._tally = tally
        self._threads = threads
        self._limits = None
        if max_bytes is not None or chunk_bytes is not None:
            self._limits = (
                max_bytes,
                CHUNK_BYTES if chunk_bytes is None else chunk_bytes,
            )
        self._densify = densify
        self._sparsify = sparsify
        self._policy: dict[str, Any] = policy

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        for part in self._parts(batch):
            self._write(part)

    def _parts(self, batch: Batch) -> Iterator[Batch]:
        """The batch in the density that is wanted, in blocks that fit memory if dense."""
        kind = "csr" if self._densify else "dense" if self._sparsify else None
        found = [one for one in batch.all(FEATURE) if one.kind == kind]
        if not found:
            yield batch
            return
        blocks = rows.row_blocks(batch.n_rows, max(one.width or 0 for one in found))
        for begin, end in blocks:
            part = batch.rows(begin, end)
            fields = tuple(self._changed(one, part.first_row) for one in part.fields)
            yield replace(part, fields=fields)

    def _changed(self, field: Field, first_row: int) -> Field:
        if field.role != FEATURE:
            return field
        if self._sparsify:
            return sparsified(field)
        if field.kind == "csr":
            policy = self._policy.get("duplicates", "error")
            field = rows.unique_keys(field, policy, first_row, self._tally)
        return densified(field)

    def _write(self, batch: Batch) -> None:
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
