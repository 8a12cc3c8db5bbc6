"""A walk over a RecordIO-protobuf stream that goes on after damage.

Reading stops at the first damaged byte, and must. Verifying and salvaging need what comes
after it: the walk then looks for the next place that proves to be a record, by the magic
number, and says exactly which bytes it passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _core
from .batch import Batch
from .decoder import decode_run
from .errors import RecordsmithError, core_error
from .storage import fill_buffer
from .threads import n_threads

__all__ = ["Lost", "Whole", "walk"]

_BLOCK = 4 << 20  # what was read is still in the cache when it is decoded
_BLOCK_PER_THREAD = 4 << 20
_SMALL_BLOCK = 64 << 10
_HEADER = 8
_MAGIC = b"\x0a\x23\xd7\xce"
_JOIN_RECORDS = 0
_CHAIN = 4  # magic numbers, each where the one before says: no accident
# The message was read to its end, and only breaks a rule of records: its frame is sound.
_RULES = ("RS_E_SHAPE", "RS_E_KEY_COUNT", "RS_E_KEY", "RS_E_RANK", "RS_E_TEXT")


@dataclass(frozen=True)
class Whole:
    """A run of whole records.

    Attributes
    ----------
    batch : Batch
        Its rows; `first_row` counts whole records from the start of the stream.
    frames : bytes-like
        Its frames, none of them split or without padding.
    begin, end : int
        The stretch of the stream that they were in.
    new_schema : RecordsmithError or None
        Why the run ends, if the next record has another schema.
    """

    batch: Batch
    frames: Any
    begin: int
    end: int
    new_schema: RecordsmithError | None


@dataclass(frozen=True)
class Lost:
    """Bytes [begin, end) of the stream that are no whole record, and why.

    `record` is the number, from 1, that the first record there would have had. `code` is
    the core's name of the error, where it found one; `framed` says that the bytes are one
    whole frame, of which only the payload is bad.
    """

    begin: int
    end: int
    record: int
    reason: str
    code: str | None = None
    framed: bool = False


class _Stream:
    """A window on the stream that can look further ahead without letting go.

    `data` is the window; it is another view after each call.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._memory = memoryview(b"")
        self._begin = self._end = 0
        self.data = memoryview(b"")
        self.base = 0
        self.at_end = False

    def need(self, n: int) -> bool:
        """Have n bytes in the window; False if the stream has fewer."""
        if self._end - self._begin < n and not self.at_end:
            self._make_room(max(n, _BLOCK))
            self._end += fill_buffer(self._file, self._memory[self._end :])
            self.at_end = self._end < len(self._memory)
            self.data = self._memory[self._begin : self._end]
        return self._end - self._begin >= n

    def _make_room(self, n: int) -> None:
        """Have room for n bytes from the window's beginning on.

        A buffer is never used again, for somebody may still look at frames in it; new
        ones come cheaply out of what NumPy and the C library keep.
        """
        if self._begin + n <= len(self._memory):
            return
        held = self._end - self._begin
        memory = np.empty(n if n <= _BLOCK else n + n // 2, np.uint8).data
        memory[:held] = self.data
        self._memory, self._begin, self._end = memory, 0, held

    def drop(self, n: int) -> None:
        self._begin += n
        self.base += n
        self.data = self.data[n:]


def walk(file: Any, threads: int | None = 1) -> Iterator[Whole | Lost]:
    """Whole runs and lost stretches of a stream, in order; together they are all of it.

    Parameters
    ----------
    file : binary file object
    threads : int, optional
        Threads that decode; None: all cores. The rows do not depend on it.

    Notes
    -----
    After damage, a place counts as a record only if its frame is complete, its payload
    is a valid record, and another frame or the end of the stream follows. Places are
    tried at every byte, since lost bytes need not come in fours.
    """
    stream = _Stream(file)
    full = max(_BLOCK, n_threads(threads) * _BLOCK_PER_THREAD)
    n_records, block = 0, full
    while stream.need(1):
        stream.need(block)
        # Where runs are short, no more is looked at than is likely to be one.
        stop = min(block, len(stream.data))
        run, error = _decode(stream.data, stop, n_records, threads)
        if run is not None and run.batch.n_rows:
            schema = run.error if run.status == "RS_NEW_SCHEMA" else None
            frames = stream.data[: run.n_bytes]
            end = stream.base + run.n_bytes
            yield Whole(run.batch, frames, stream.base, end, schema)
            stream.drop(run.n_bytes)
            n_records += run.batch.n_rows
            whole = run.status in ("RS_OK", "RS_NEED_MORE")
            block = min(2 * block, full) if whole else _SMALL_BLOCK
            continue
        item = _single(stream, n_records, error)
        yield item
        n_records += isinstance(item, Whole)
        longer = isinstance(item, Whole) and item.end - item.begin > block
        block = min(2 * block, full) if longer else _SMALL_BLOCK


def _decode(
    data: Any, stop: int, first_row: int, threads: int | None = 1
) -> tuple[Any, RecordsmithError | None]:
    try:
        run = decode_run(data, 0, stop, first_row=first_row, threads=threads)
    except RecordsmithError as error:
        return None, error
    return run, run.error


def _single(
    stream: _Stream, n_records: int, error: RecordsmithError | None
) -> Whole | Lost:
    """The record or damage at the head of the window, which no run begins with."""
    n_bytes, frames = _one_record(stream)
    if n_bytes:
        run, error = _decode(frames, len(frames), n_records)
        if run is not None and run.batch.n_rows == 1:
            whole = Whole(run.batch, frames, stream.base, stream.base + n_bytes, None)
            stream.drop(n_bytes)
            return whole
    reason, code = _why_no_frame(stream) if error is None else (error.reason, error.code)
    begin = stream.base
    framed = _skip_frame(stream, code)
    stream.drop(framed or _next_record(stream))
    return Lost(begin, stream.base, n_records + 1, reason, code, framed > 0)


def _one_record(stream: _Stream, at: int = 0) -> tuple[int, Any]:
    """(bytes, whole frames) of the complete record at `at`; (0, b"") if there is none."""
    end, first = at, True
    while True:
        stream.need(end + _HEADER)
        try:
            _, part, payload, length = _core.frame_peek(stream.data, end)
        except RecordsmithError:
            return 0, b""
        if part > 3 or (part in (2, 3)) == first:
            return 0, b""
        stream.need(end + length)
        end += min(length, len(stream.data) - end)
        if end < at + _HEADER + payload and first:
            return 0, b""
        if part in (0, 3):
            break
        first = False
    data = bytearray(stream.data[at:end])
    data += bytes(-len(data) % 4)  # padding that only the last frame of a stream may lack
    status, n_read, whole, _ = _core.join_frames(data, 0, len(data), _JOIN_RECORDS)
    return (end - at, whole) if status == "RS_OK" and n_read == len(data) else (0, b"")


def _why_no_frame(stream: _Stream) -> tuple[str, str | None]:
    """(reason, the core's name of it)."""
    try:
        _, part, _, length = _core.frame_peek(stream.data)
    except RecordsmithError as error:
        return error.reason, error.code
    if part:
        reason = "a part of a split record whose other parts are missing or damaged"
        return reason, "RS_E_PART"
    found = len(stream.data)
    if found < _HEADER and not _MAGIC.startswith(bytes(stream.data[:4])):
        junk = core_error("RS_E_TRAILING", found=found)
        return junk.reason, junk.code
    cut_off = core_error("RS_E_FRAME_TRUNCATED", found=found, limit=length)
    return cut_off.reason, cut_off.code


def _next_record(stream: _Stream) -> int:
    """Bytes from the head of the window to the next place that proves to be a record."""
    # A frame may begin at any byte, and find_frame goes in fours: four searches, each of
    # which goes on from where it was.
    found = [0, 0, 0, 0]
    at, end = 1, 0
    while True:
        stream.need(at + _BLOCK)
        if end != len(stream.data) or not any(found):
            end = len(stream.data)
            found = [
                _core.find_frame(stream.data, min(at + i, end), end) for i in range(4)
            ]
        nearest = min(found)
        if nearest >= end - _HEADER and not stream.at_end:
            at = max(at, end - _HEADER)  # a magic may straddle the window's end
            stream.need(end + _BLOCK)
            continue
        if nearest >= end:
            return end
        if _is_record(stream, nearest):
            return nearest
        at = nearest + 1
        which = found.index(nearest)
        found[which] = _core.find_frame(stream.data, min(nearest + 4, end), end)


def _skip_frame(stream: _Stream, code: str | None) -> int:
    """Length of the frame at the head if only its payload is damaged, else 0."""
    try:
        _, part, _, length = _core.frame_peek(stream.data)
    except RecordsmithError:
        return 0
    if part or not stream.need(length):
        return 0
    if stream.at_end and len(stream.data) == length:
        return length
    sound = code in _RULES and _is_frame(stream, length)
    return length if sound or _goes_on(stream, length) else 0


def _goes_on(stream: _Stream, at: int) -> bool:
    """Does a record, the end, or a chain of frames with bad payloads follow there?"""
    for _ in range(_CHAIN):
        if _is_record(stream, at):
            return True
        if not _is_frame(stream, at):
            return False
        if not stream.need(at + 1):
            return True
        _, part, _, length = _core.frame_peek(stream.data, at)
        at += length
        if part or not stream.need(at):
            return False
    return True


def _is_frame(stream: _Stream, at: int) -> bool:
    """Does a frame begin there, or the stream end?"""
    if not stream.need(at + _HEADER):
        return len(stream.data) == at
    try:
        _core.frame_peek(stream.data, at)
    except RecordsmithError:
        return False
    return True


def _is_record(stream: _Stream, at: int) -> bool:
    n_bytes, frames = _one_record(stream, at)
    if not n_bytes:
        return False
    run, _ = _decode(frames, len(frames), 0)
    if run is None or run.batch.n_rows != 1:
        return False
    return _is_frame(stream, at + n_bytes)
