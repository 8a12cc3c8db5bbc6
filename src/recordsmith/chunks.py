"""Batches to chunks: whole frames as bytes, bounded in size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .batch import Batch
from .codec import Encoder
from .errors import InputError, LimitError
from .tally import Tally

__all__ = ["CHUNK_BYTES", "Chunk", "chunks_of"]

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Chunk:
    """Whole frames as bytes; chunks joined in order are a file.

    Attributes
    ----------
    data : bytes
        Frames of rows [begin, end).
    begin, end : int
        Rows of the source, from 0.
    """

    data: bytes
    begin: int
    end: int

    def __len__(self) -> int:
        return len(self.data)

    def __bytes__(self) -> bytes:
        return self.data

    def __repr__(self) -> str:
        return f"<Chunk of rows {self.begin} to {self.end}, {len(self.data)} bytes>"


def chunks_of(
    batches: Iterable[Batch],
    *,
    max_bytes: int | None = None,
    chunk_bytes: int = CHUNK_BYTES,
    duplicates: str = "error",
    empty_rows: str = "keep",
    tally: Tally | None = None,
) -> Iterator[Chunk]:
    """Encode batches into chunks of whole records.

    Parameters
    ----------
    batches : iterable of Batch
    max_bytes : int, optional
        A limit: no chunk is longer, framing included; a longer record is a LimitError.
    chunk_bytes : int, default 1 MiB
        A target: chunks are no longer, except that a longer record travels alone.

    Notes
    -----
    A chunk never spans two batches. Rows are numbered across batches.
    """
    if max_bytes is not None and max_bytes < 1:
        raise InputError(f"max_bytes is {max_bytes}, expected 1 or more")
    if chunk_bytes < 1:
        raise InputError(f"chunk_bytes is {chunk_bytes}, expected 1 or more")
    target = chunk_bytes if max_bytes is None else min(chunk_bytes, max_bytes)
    first = 0
    for batch in batches:
        encoder = Encoder(
            batch, duplicates=duplicates, empty_rows=empty_rows, tally=tally
        )
        encoder.tally.rows += batch.n_rows
        begin = 0
        while begin < batch.n_rows:
            end, n_bytes = encoder.plan(begin, batch.n_rows, target)
            if end == begin:
                if max_bytes is not None and n_bytes > max_bytes:
                    raise LimitError(
                        f"the record takes {n_bytes} bytes, max_bytes is {max_bytes}",
                        row=first + begin,
                        advice="raise max_bytes, or write fewer values in a row",
                    )
                end = begin + 1
            data = encoder.encode(begin, end, n_bytes)
            yield Chunk(data, first + begin, first + end)
            begin = end
        first += batch.n_rows
