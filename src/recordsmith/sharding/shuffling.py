"""All rows in another order, of which memory holds a part at a time.

Each row has a hash of its number in the source and the seed, and rows go out in the order
of their hashes. On the way there they lie in temporary files, one for each range of
hashes, of which one at a time is read and sorted. So the order depends on the seed and
the rows' numbers alone, and each order is as likely as the hash is good.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import FEATURE, Batch, Field
from ..taking import take
from .dealing import frames_of
from .splitting import row_hashes

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["Buckets"]

_BUCKET_BYTES = 16 << 20
_MOST_BITS = 8
_UNKNOWN_BITS = 6
_BUFFER_BYTES = 64 << 10
_NOTE = np.dtype([("hash", "<u8"), ("length", "<u4"), ("part", "u1")])


class _Bucket:
    """Frames of a range of hashes, and a note of each, in two temporary files."""

    def __init__(self, path: Path) -> None:
        self._frames = path.with_suffix(".frames")
        self._notes = path.with_suffix(".notes")
        self._held: list[Any] = []
        self._held_notes: list[Array] = []
        self._n_held = 0

    def put(self, data: Any, notes: Array) -> None:
        self._held.append(data)
        self._held_notes.append(notes)
        self._n_held += len(data)
        if self._n_held >= _BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        with self._frames.open("ab") as file:
            file.writelines(self._held)
        with self._notes.open("ab") as file:
            file.writelines(one.tobytes() for one in self._held_notes)
        self._held, self._held_notes, self._n_held = [], [], 0

    def load(self) -> tuple[Array, Array]:
        """Its frames and notes; the files are gone then."""
        self.flush()
        frames = np.fromfile(self._frames, np.uint8)
        notes = np.fromfile(self._notes, _NOTE)
        self._frames.unlink()
        self._notes.unlink()
        return frames, notes


class Buckets:
    """Takes rows as they come, and gives them in the order of their hashes.

    Parameters
    ----------
    folder : Path
        An empty one, for temporary files of the length of all rows.
    size : int or None
        About how many bytes that will be.
    seed : int
    """

    def __init__(self, folder: Path, size: int | None, seed: int) -> None:
        bits = _UNKNOWN_BITS
        if size is not None:
            bits = min(_MOST_BITS, max(1, (size // _BUCKET_BYTES).bit_length()))
        self._shift = np.uint64(64 - bits)
        self._seed = seed
        self._buckets = [_Bucket(folder / f"{number}") for number in range(1 << bits)]

    def put(self, data: bytes, rows: Array, parts: Array | None) -> None:
        """Take the frames of rows with these numbers, and the part of each."""
        notes = np.zeros(len(rows), _NOTE)
        notes["hash"] = row_hashes(rows, self._seed, "order")
        notes["length"] = np.diff(_bounds(data, len(rows)))
        if parts is not None:
            notes["part"] = parts
        numbers = (notes["hash"] >> self._shift).astype(np.intp)
        order = np.argsort(numbers, kind="stable")
        frames, bounds = _picked(np.frombuffer(data, np.uint8), notes["length"], order)
        notes = notes[order]
        ends = np.searchsorted(numbers[order], np.arange(len(self._buckets)), "right")
        begin = 0
        for bucket, end in zip(self._buckets, ends.tolist()):
            if begin < end:
                bucket.put(frames[bounds[begin] : bounds[end]], notes[begin:end])
            begin = end

    def drain(self, n_parts: int) -> Iterator[tuple[int, memoryview, Array]]:
        """(part, frames, where each begins and the last ends), until no row is left."""
        for bucket in self._buckets:
            frames, notes = bucket.load()
            order = np.argsort(notes["hash"])
            of_part = notes["part"][order]
            for part in range(n_parts):
                chosen = order[of_part == part]
                if len(chosen):
                    found, bounds = _picked(frames, notes["length"], chosen)
                    yield part, found.data.cast("B"), bounds


def _bounds(data: bytes, n_rows: int) -> Array:
    """Where each frame begins, and the last one ends."""
    size = len(data) // n_rows
    if size * n_rows == len(data):
        # If each piece begins with the header of a frame of its length, it is one.
        heads = np.frombuffer(data, np.uint8).reshape(n_rows, size)[:, :8]
        _, end = next(frames_of(memoryview(data)))
        if end == size and bool((heads == heads[0]).all()):
            return np.arange(n_rows + 1, dtype=np.int64) * size
    ends = [0, *(end for _, end in frames_of(data))]
    return np.array(ends, np.int64)


def _picked(frames: Array, lengths: Array, rows: Array) -> tuple[Array, Array]:
    """The frames of some rows, in that order, and their bounds."""
    size = int(lengths[0])
    if bool((lengths == size).all()):
        found = frames.reshape(len(lengths), size).take(rows, axis=0)
        return found.reshape(-1), np.arange(len(rows) + 1, dtype=np.int64) * size
    # Frames are padded to words, of which there are fewer than bytes to point at.
    words = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths // 4, out=words[1:])
    field = Field(FEATURE, "ragged", frames.view(np.int32), offsets=words)
    picked = take(Batch((field,), len(lengths)), rows).fields[0]
    return picked.values.view(np.uint8), picked.bounds * 4
