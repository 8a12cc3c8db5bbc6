"""Text as blocks of whole lines, with their place in the file.

Cutting the text here, instead of leaving it to a parser's own reader, gives errors their
exact line, lets several threads parse, and lets a line be as long as it likes.
"""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, LimitError, ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BLOCK_BYTES",
    "MAX_LINE_BYTES",
    "Block",
    "LineReader",
    "is_blank",
    "plain_text",
]

BLOCK_BYTES = 2 << 20
MAX_LINE_BYTES = 256 << 20
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Block:
    """Whole lines.

    Attributes
    ----------
    data : bytes
    first_line : int
        Number of the first line in the file, from 1.
    n_lines : int
    """

    data: bytes
    first_line: int
    n_lines: int


class _Transcoded(io.RawIOBase):
    """Text of another encoding as UTF-8."""

    def __init__(self, file: Any, encoding: str, name: str) -> None:
        try:
            self._decoder = codecs.getincrementaldecoder(encoding)()
        except LookupError:
            raise InputError(
                f"encoding={encoding!r} is not known to Python",
                advice="for example utf-8, utf-16, latin-1 or cp1252",
            ) from None
        self._file = file
        self._encoding = encoding
        self._name = name
        self._ready = b""
        self._n_read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        while not self._ready:
            data = self._file.read(len(view))
            try:
                self._ready = self._decoder.decode(data, not data).encode()
            except UnicodeDecodeError as error:
                raise ParseError(
                    f"the text is not {self._encoding}: {error.reason}",
                    path=self._name,
                    offset=self._n_read + error.start,
                    advice="pass the encoding that it has",
                ) from None
            self._n_read += len(data)
            if not data:
                break
        n_bytes = min(len(view), len(self._ready))
        view[:n_bytes] = self._ready[:n_bytes]
        self._ready = self._ready[n_bytes:]
        return n_bytes


def plain_text(file: Any, encoding: str | None, name: str) -> Any:
    """The text as UTF-8 without a byte order mark.

    Raises
    ------
    ParseError
        If no encoding is given and the text has the mark of another than UTF-8.
    InputError
        If Python does not know the encoding.
    """
    mark = file.peek(4)[:4]
    if encoding is not None and codecs_name(encoding) not in ("utf-8", "utf-8-sig"):
        wrapped: Any = io.BufferedReader(_Transcoded(file, encoding, name), BLOCK_BYTES)
        if wrapped.peek(3)[:3] == codecs.BOM_UTF8:
            wrapped.read(3)
        return wrapped
    for bom, found in _MARKS:
        if mark.startswith(bom):
            raise ParseError(
                f"the text is {found}, expected UTF-8",
                path=name,
                offset=0,
                advice=f'pass encoding="{found}"',
            )
    if mark[:3] == codecs.BOM_UTF8:
        file.read(3)
    return file


def is_blank(data: bytes) -> bool:
    """Is there nothing but white space? Stops at the first other byte."""
    return not data or data.isspace()


def codecs_name(encoding: str) -> str:
    """Python's own name of an encoding; the given one if Python does not know it."""
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return encoding


class LineReader:
    """Reads single lines, then blocks of whole lines, and counts.

    Parameters
    ----------
    file : binary file object
        Its `read(n)` returns fewer bytes only at the end.
    quote, escape : bytes, optional
        With a quote, lines do not end within quotes.
    """

    def __init__(
        self,
        file: Any,
        name: str,
        *,
        quote: bytes | None = None,
        escape: bytes | None = None,
        max_line_bytes: int = MAX_LINE_BYTES,
    ) -> None:
        self.name = name
        self.n_lines = 0
        self._file = file
        self._rest = b""
        self._at_end = False
        self._quote = quote
        self._escape = escape
        self._newline = b"\n"
        self._max_line_bytes = max_line_bytes

    def block(self, n_bytes: int) -> Block | None:
        """The next lines: about `n_bytes`, more if one is longer; None at the end."""
        if self._quote is None and self.n_lines and len(self._rest) < n_bytes:
            data = self._quick(n_bytes)
            if data:
                return self._counted(data)
        wanted = n_bytes
        while True:
            self._fill(wanted)
            end = self._end_of_lines(wanted)
            if end:
                break
            if self._at_end:
                end = len(self._rest)
                break
            if wanted >= self._max_line_bytes:
                raise LimitError(
                    f"no line end within {self._max_line_bytes >> 20} MiB",
                    path=self.name,
                    row=self.n_lines + 1,
                    unit="line",
                    advice="is this text at all? if a quote is never closed, pass "
                    "quote=False or newlines_in_values=False",
                )
            wanted = min(2 * wanted, self._max_line_bytes)
        if not end:
            return None
        data, self._rest = self._rest[:end], self._rest[end:]
        return self._counted(data)

    def line(self, n_bytes: int = 1 << 16) -> Block | None:
        """The next single line (several, if quotes hold line ends); None at the end."""
        block = self.block(n_bytes)
        if block is None:
            return None
        at = 0
        while True:
            at = block.data.find(self._newline, at) + 1
            if not at:
                return block
            if self._quotes(block.data[:at]) % 2 == 0:
                break
        self._rest = block.data[at:] + self._rest
        self.n_lines -= block.n_lines
        return self._counted(block.data[:at])

    def _quick(self, wanted: int) -> bytes:
        """As `block` where the bytes to come hold a line end: each is copied once."""
        more = self._more(wanted - len(self._rest))
        end = more.rfind(self._newline) + 1
        if not end or self._at_end:
            self._rest += more
            return b""
        data = b"".join((self._rest, memoryview(more)[:end]))
        self._rest = more[end:]
        return data

    def _more(self, n_bytes: int) -> bytes:
        if self._at_end:
            return b""
        more: bytes = self._file.read(n_bytes)
        self._at_end = len(more) < n_bytes
        return more

    def _fill(self, wanted: int) -> None:
        missing = wanted - len(self._rest)
        if missing > 0 and not self._at_end:
            more = self._more(missing)
            self._rest = self._rest + more if self._rest else more

    def _end_of_lines(self, wanted: int) -> int:
        """Where the last whole line among the first bytes ends; 0 if none does."""
        rest = self._rest
        if self.n_lines == 0 and b"\n" not in rest and b"\r" in rest[:-1]:
            self._newline = b"\r"
        if self._at_end and len(rest) <= wanted:
            return len(rest)
        end = rest.rfind(self._newline, 0, wanted) + 1
        inside = self._quotes(rest[:end])
        while end and inside % 2:
            earlier = rest.rfind(self._newline, 0, end - 1) + 1
            inside -= self._quotes(rest[earlier:end])
            end = earlier
        return end

    def _quotes(self, lines: bytes) -> int:
        """Quotes in some whole lines; none if line ends within quotes do not count."""
        if self._quote is None:
            return 0
        n_quotes = lines.count(self._quote)
        if n_quotes and self._escape is not None:
            lines = lines.replace(self._escape * 2, b"")
            n_quotes = lines.count(self._quote) - lines.count(self._escape + self._quote)
        return n_quotes

    def _counted(self, data: bytes) -> Block:
        ends = int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord(self._newline)))
        block = Block(data, self.n_lines + 1, ends + (not data.endswith(self._newline)))
        self.n_lines += block.n_lines
        return block

    def blocks(self, n_bytes: int) -> Iterator[Block]:
        """All that is left."""
        while True:
            block = self.block(n_bytes)
            if block is None:
                return
            yield block
