"""The part of a RecordIO stream that was read and not yet decoded."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _core
from .errors import FormatError, RecordsmithError, core_error
from .intake import read_some

__all__ = ["Window"]

_HEADER = 8
_JOIN_RECORDS = 0
_MAGIC = b"\x0a\x23\xd7\xce"
_LEAST_MEMORY = 1 << 16


def _skip_records(data: Any, n: int) -> int:
    """Where the record after the first n begins."""
    at = 0
    while n > 0:
        _, part, _, length = _core.frame_peek(data, at)
        at += length
        n -= part in (0, 3)
    return at


class Window:
    """Bytes to be decoded, and where they stand in the input.

    `data` is a view of them, another one after each call. The memory behind it is used
    again for what is read later: nothing may look at dropped bytes.

    Split records are joined here, so that decoding sees whole ones only. Positions in the
    window then differ from those in the input, and the bytes as they came are kept for as
    long as an error may have to name its place.
    """

    def __init__(self, file: Any, name: str | None = None, data: Any = b"") -> None:
        self._file = file
        self.name = name
        self.data = memoryview(data).cast("B")
        self._memory = self.data
        self._begin, self._end = 0, len(self.data)  # of the data in the memory
        self._lent = True  # the memory is the caller's: nothing may be written to it
        self.at_end = file is None
        self.failure: Exception | None = None  # why the input ended where it did
        self.n_records = 0  # records dropped so far
        self._base = 0  # offset in the input of the window's first byte, while not joined
        self._raw: bytearray | None = None  # the input from _base on, while joined
        self._joined = 0  # joined bytes that are still in the window
        self._n_raw = 0  # input bytes that the joined ones came from
        self._first_record = 0  # number of the record at _base

    def need(self, n: int) -> None:
        """Read until n bytes are in the window, or the input ends."""
        if len(self.data) >= n or self.at_end:
            return
        self._make_room(n)
        room = self._memory[self._end : self._begin + n]
        n_read = self._fill(room)
        self.at_end = n_read < len(room)
        if self._raw is not None:
            self._raw += room[:n_read]
        self._end += n_read
        self.data = self._memory[self._begin : self._end]

    def _fill(self, room: memoryview) -> int:
        """Read until there is no room; a failure's turn comes when all before it is done
        with."""
        n_read = 0
        while n_read < len(room):
            try:
                n_more = read_some(self._file, room[n_read:])
            except Exception as error:
                self.failure = error
                break
            if n_more == 0:
                break
            n_read += n_more
        return n_read

    def _make_room(self, n: int) -> None:
        """Have memory for n bytes from the window's first one on.

        What is left of a batch is short, so that moving it costs nothing.
        """
        if not self._lent and self._begin + n <= len(self._memory):
            return
        memory, held = self._memory, len(self.data)
        least = max(n, _LEAST_MEMORY)
        if self._lent or not least <= len(memory) <= 4 * least:
            memory = np.empty(least, np.uint8).data
        memory[:held] = self.data
        self._memory, self._begin, self._end, self._lent = memory, 0, held, False
        self.data = memory[:held]

    def drop(self, n_bytes: int, n_records: int) -> None:
        """Forget the decoded bytes at the head of the window."""
        self._begin += n_bytes
        self.data = self.data[n_bytes:]
        self.n_records += n_records
        if self._raw is None:
            self._base += n_bytes
            return
        self._joined -= n_bytes
        if self._joined <= 0:
            self._base += self._n_raw - self._joined
            self._raw = None

    def join(self) -> bool:
        """Join the split records; False if the first one needs more bytes."""
        status, n_read, whole, error = _core.join_frames(
            self.data, 0, len(self.data), _JOIN_RECORDS
        )
        if status == "RS_NEED_MORE" and self.at_end and self.pad_last(n_read):
            return self.join()
        if n_read == 0:
            if isinstance(error, RecordsmithError):
                error.row = 1
                raise error
            return False
        self._raw, self._first_record = bytearray(self.data), self.n_records
        self._joined, self._n_raw = len(whole), n_read
        whole += self.data[n_read:]
        self._memory = self.data = memoryview(whole)
        self._begin, self._end, self._lent = 0, len(whole), False
        return True

    def pad_last(self, begin: int = 0) -> bool:
        """At the end of the input, add the padding that the last frame lacks.

        The frames from `begin` on are one record. Returns False if more than padding is
        missing.
        """
        left = len(self.data) - begin
        while left >= _HEADER:
            status, _, payload, length = _core.frame_peek(self.data, begin)
            if status == "RS_NEED_MORE":
                if left < _HEADER + payload:
                    return False
                self._pad(length - left)
                return True
            begin, left = begin + length, left - length
        return False

    def _pad(self, n: int) -> None:
        self._make_room(len(self.data) + n)
        self._memory[self._end : self._end + n] = bytes(n)
        self._end += n
        self.data = self._memory[self._begin : self._end]

    def placed(self, error: RecordsmithError) -> RecordsmithError:
        """The error with its file, and positions counted from the start of the input."""
        error.path = self.name
        relative = 0 if error.row is None else error.row - 1
        error.row, error.unit = self.n_records + relative + 1, "record"
        if error.offset is not None:
            error.offset = self._offset(error.offset, relative)
        return error

    def _offset(self, position: int, record: int) -> int:
        """Place in the input of a position in the window, which is in its `record`th one.

        In a split record, that of its first frame.
        """
        if self._raw is None:
            return self._base + position
        if position >= self._joined:
            return self._base + self._n_raw + position - self._joined
        begin = _skip_records(self.data, record)
        at = _skip_records(self._raw, self.n_records - self._first_record + record)
        _, part, _, _ = _core.frame_peek(self._raw, at)
        return self._base + at + (0 if part else position - begin)

    def truncated(self) -> FormatError:
        """The error for an input that ends in the middle of what the window holds."""
        n = len(self.data)
        if n < _HEADER and not _MAGIC.startswith(bytes(self.data[:4])):
            found: RecordsmithError = core_error("RS_E_TRAILING", found=n)
        elif n < _HEADER:
            found = core_error("RS_E_FRAME_TRUNCATED", found=n, limit=_HEADER)
        else:
            status, part, _, length = _core.frame_peek(self.data)
            found = core_error("RS_E_FRAME_TRUNCATED", found=n, limit=length)
            if part and status == "RS_OK":
                found.reason = (
                    "the data end inside a split record: its last part is missing"
                )
        found.offset = 0
        assert isinstance(found, FormatError)
        return found
