"""The payloads of one stream of frames: block by block, wherever the bytes come from."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from . import _core
from .errors import FormatError, InputError, core_error
from .intake import read_some

__all__ = ["JOINS", "PayloadStream", "check_join"]

JOINS = ("dmlc", "plain")
_MAGIC = b"\x0a\x23\xd7\xce"
_HEADER = 8
_BLOCK = 1 << 18  # small enough for a processor's cache
_LONG = 1 << 17  # bytes that are worth a read of their own
_PEEK = 1 << 12
_MAX_DIRECT = 1 << 26  # bytes that are taken from memory because a length says so


class PayloadStream:
    """The payloads of one stream, in lists of those that were read at a time.

    Parameters
    ----------
    file : binary file object or bytes-like
    join : {"dmlc", "plain"}, default "dmlc"
    name : str, optional

    Attributes
    ----------
    n_records, n_bytes : int
        Payloads given so far, and bytes of their frames.
    n_split : int
        How many of the records were split over several frames.
    """

    def __init__(self, file: Any, *, join: str = "dmlc", name: str | None = None) -> None:
        check_join(join)
        self.name = name
        self.n_records = self.n_bytes = self.n_split = 0
        self._with_magic = join == "dmlc"
        self._source = file

    def __iter__(self) -> Iterator[list[bytes]]:
        if isinstance(self._source, (bytes, bytearray, memoryview)):
            return self._of_buffer(memoryview(self._source).cast("B"))
        return self._of_file(self._source)

    def _of_file(self, file: Any) -> Iterator[list[bytes]]:
        """Through one buffer, which grows as far as a record fills it."""
        read = _reading(file)
        buffer = memoryview(bytearray(_BLOCK))
        n = need = 0  # bytes that are there, and that the first record needs
        after_long = False  # then another may come, of which little has to be copied
        while True:
            before = n
            while n < max(need, before + 1):
                if n == len(buffer):
                    buffer = _larger(buffer, need)
                most = max(_PEEK, need - n) if after_long else len(buffer)
                got = read(buffer[n : n + most])
                if got == 0:
                    break
                n += got
            if n == before:
                yield from self._end(bytes(buffer[:n]))
                return
            taken = _core.take_payloads(buffer, 0, n, self._with_magic)
            yield from self._given(taken)
            n_read, need = taken[1], taken[3]
            buffer[: n - n_read] = buffer[n_read:n]
            n -= n_read
            del taken  # so that the memory of payloads that are done with is used again
            after_long = need - n >= _LONG
            if after_long:
                payload = self._long(buffer[:n], read)
                if payload is not None:
                    n = need = 0
                    yield [payload]
                    del payload

    def _long(self, begun: memoryview, read: Callable[[memoryview], int]) -> bytes | None:
        """The payload that has begun, read right into its place; None if it is split."""
        _, part, size, length = _core.frame_peek(begun)
        if part or size > _MAX_DIRECT:
            return None
        payload = _core.new_bytes(size)
        room = _core.room_in(payload)
        n = len(begun) - _HEADER
        room[:n] = begun[_HEADER:]
        n += _filled(room[n:], read)
        if n < size:
            found = _HEADER + n
            error = core_error("RS_E_FRAME_TRUNCATED", found=found, limit=length)
            assert isinstance(error, FormatError)
            raise self.placed(error)
        padding = memoryview(bytearray(length - _HEADER - size))
        self.n_bytes += _HEADER + size + _filled(padding, read)
        self.n_records += 1
        return payload

    def _of_buffer(self, view: memoryview) -> Iterator[list[bytes]]:
        """A block of it at a time, so that payloads do not stand in memory twice."""
        begin, need = 0, 1
        while begin < len(view):
            end = min(len(view), begin + max(need, _BLOCK))
            taken = _core.take_payloads(view, begin, end, self._with_magic)
            yield from self._given(taken)
            _, n_read, _, need, _ = taken
            begin += n_read
            if end == len(view):
                break
        yield from self._end(bytes(view[begin:]))

    def _given(self, taken: Any) -> Iterator[list[bytes]]:
        """The payloads that were taken, and then the error that stands behind them."""
        payloads, n_read, n_split, _, error = taken
        before = (self.n_records, self.n_bytes)
        self.n_records += len(payloads)
        self.n_bytes += n_read
        self.n_split += n_split
        if payloads:
            yield payloads
        if error is not None:
            error.path = self.name
            error.row += before[0]
            error.offset += before[1]
            raise error

    def _end(self, tail: bytes) -> Iterator[list[bytes]]:
        """What the input ends with, where that is no whole frame."""
        if not tail:
            return
        mended = _padded(tail)
        if mended is None:
            raise self.placed(_cut_off(tail))
        yield from self._given(
            _core.take_payloads(mended, 0, len(mended), self._with_magic)
        )

    def placed(self, error: FormatError) -> FormatError:
        """The error with the place of the next record."""
        error.path, error.row, error.unit = self.name, self.n_records + 1, "record"
        error.offset = self.n_bytes
        return error


def _reading(file: Any) -> Callable[[memoryview], int]:
    """What one read gives, into a view; never waits for more than what has arrived."""
    if not isinstance(file, io.BufferedReader):
        if hasattr(file, "read1") and not isinstance(file, io.BytesIO):
            return partial(_read1, file)
        return partial(read_some, file)
    # What it holds already, and then right from below, without another copy.
    held = bytes(file.read1(len(file.peek(1))))

    def read(view: memoryview) -> int:
        nonlocal held
        if not held:
            return read_some(file.raw, view)
        part, held = held[: len(view)], held[len(view) :]
        view[: len(part)] = part
        return len(part)

    return read


def _read1(file: Any, view: memoryview) -> int:
    try:
        got = file.read1(len(view))
    except io.UnsupportedOperation:  # io.BufferedIOBase where a subclass only has `read`
        return read_some(file, view)
    view[: len(got)] = got
    return len(got)


def _filled(view: memoryview, read: Callable[[memoryview], int]) -> int:
    """Fill a view unless the input ends before; how many bytes were read."""
    n = 0
    while n < len(view):
        got = read(view[n:])
        if got == 0:
            break
        n += got
    return n


def _larger(buffer: memoryview, need: int) -> memoryview:
    """A buffer of the same content with more room: no more than what is there doubles, as
    a length may lie."""
    larger = memoryview(bytearray(min(2 * len(buffer), max(need, len(buffer) + _BLOCK))))
    larger[: len(buffer)] = buffer
    return larger


def _padded(tail: bytes) -> bytes | None:
    """One record with the padding that its last frame lacks; None if more is missing."""
    at = 0
    while len(tail) - at >= _HEADER:
        status, _, payload, length = _core.frame_peek(tail, at)
        if status == "RS_NEED_MORE":
            whole = len(tail) - at >= _HEADER + payload
            return tail + bytes(at + length - len(tail)) if whole else None
        at += length
    return None


def _cut_off(tail: bytes) -> FormatError:
    n = len(tail)
    if n < _HEADER and not _MAGIC.startswith(tail[:4]):
        error = core_error("RS_E_TRAILING", found=n)
    elif n < _HEADER:
        error = core_error("RS_E_FRAME_TRUNCATED", found=n, limit=_HEADER)
    else:
        status, part, _, length = _core.frame_peek(tail)
        error = core_error("RS_E_FRAME_TRUNCATED", found=n, limit=length)
        if part and status == "RS_OK":
            error.reason = (
                f"the data end inside a split record: {n} bytes of it are there, its "
                "last part is missing"
            )
    assert isinstance(error, FormatError)
    return error


def check_join(join: str) -> None:
    """Refuse a word that says nothing about how parts are joined."""
    if join not in JOINS:
        raise InputError(f"join is {join!r}, expected {' or '.join(map(repr, JOINS))}")
