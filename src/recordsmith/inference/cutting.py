"""Blocks of rows to bodies: as many whole rows as fit, and never a byte more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, LimitError
from .blocks import Block, TextBlock, envelope
from .media import is_count

__all__ = ["Body", "Limits", "bodies_of"]

# The first column of a row that lacks it; NaN is what XGBoost takes an absent value for.
_ANCHOR = b" 0:nan"
_LABEL_BYTES = 1  # libsvm lines begin with the label 0


@dataclass(frozen=True)
class Body:
    """Whole rows as one request, or one file.

    Attributes
    ----------
    pieces : list of bytes-like
    begin, end : int
        Rows of the source, from 0.
    n_bytes : int
    """

    pieces: list[Any]
    begin: int
    end: int
    n_bytes: int


@dataclass(frozen=True)
class Limits:
    """How long a body may be.

    Attributes
    ----------
    max_bytes : int
        Of a body.
    rows : int or None
        Of a body.
    max_row : int or None
        Bytes of a row with all that has to stand around it.
    name, row_name : str
        What messages call the limits of a body and of a row.
    """

    max_bytes: int
    rows: int | None = None
    max_row: int | None = None
    name: str = "max_bytes"
    row_name: str = ""

    def __post_init__(self) -> None:
        if self.rows is not None and not is_count(self.rows):
            raise InputError(f"rows is {self.rows!r}, expected 1 or more, a whole number")


class _Open:
    """A body that is being filled."""

    def __init__(
        self,
        kind: str,
        limits: Limits,
        begin: int,
        configuration: Mapping[str, Any] | None,
    ) -> None:
        self._head, self._tail, self._after = envelope(kind, configuration)
        self._anchored = kind == "libsvm"
        self._limits = limits
        self._has_first = False  # a row so far stores the first column
        self._last_stored = True
        self.pieces: list[Any] = []
        self.begin = self.end = begin
        # The last row has no separator after it.
        self.n_bytes = len(self._head) + len(self._tail) - len(self._after)

    @property
    def n_rows(self) -> int:
        return self.end - self.begin

    def add(self, block: Block, at: int) -> int:
        """Take the rows from `at` that fit; the first row that does not."""
        room = self._limits.max_bytes - self.n_bytes
        end, size = block.fit(at, room)
        if isinstance(block, TextBlock) and self._anchored:
            end = self._fit_anchored(block, at, end, room)
        most = self._limits.rows
        if most is not None:
            end = min(end, at + most - self.n_rows)
        self._check_rows(block, at, end, size)
        if end > at:
            piece = block.take(at, end)
            self.pieces.append(piece)
            self.n_bytes += len(piece)
            self.end += end - at
            self._note(block, at, end)
        return end

    def _fit_anchored(self, block: TextBlock, at: int, end: int, room: int) -> int:
        """Rows that fit together with the anchor that they need.

        An anchor is shorter than any row that would make it needless, so that what does
        not fit with one cannot be mended by further rows.
        """
        sure, _ = block.fit(at, max(0, room - len(_ANCHOR)))
        while end > sure and self._needs_anchor(block, at, end):
            end -= 1
        return end

    def _needs_anchor(self, block: TextBlock, at: int, end: int) -> bool:
        if block.has_first is None or block.stored is None:
            return False
        has_first = self._has_first or bool(block.has_first[at:end].any())
        return not (has_first and block.stored[end - 1])

    def _check_rows(self, block: Block, at: int, end: int, size: int) -> None:
        """LimitError for a row that fits no body, or no payload."""
        limits = self._limits
        around = len(self._head) + len(self._tail) - len(self._after)
        if end == at and self.n_rows == 0:
            if isinstance(block, TextBlock) and self._needs_anchor(block, at, at + 1):
                size += len(_ANCHOR)
            raise self._too_long(block.first_row + at, size + around)
        if limits.max_row is None:
            return
        row = at
        while row < end:  # runs of rows that fit, until one does not
            begin = row
            row, size = block.fit(begin, limits.max_row - around)
            if row == begin:
                raise self._too_long(block.first_row + begin, size + around)

    def _too_long(self, row: int, n_bytes: int) -> LimitError:
        limits = self._limits
        name, limit = limits.name, limits.max_bytes
        if limits.max_row is not None and limits.max_row <= limit:
            name, limit = limits.row_name, limits.max_row
        return LimitError(
            f"the row takes {n_bytes:,} bytes as a request, {name} is {limit:,}",
            row=row,
            advice="write sparse rows (form='sparse') or recordio-protobuf, which are "
            "shorter, or fewer columns; or raise the limit where it is yours",
        )

    def _note(self, block: Block, at: int, end: int) -> None:
        if isinstance(block, TextBlock) and block.has_first is not None:
            self._has_first = self._has_first or bool(block.has_first[at:end].any())
            assert block.stored is not None
            self._last_stored = bool(block.stored[end - 1])

    @property
    def full(self) -> bool:
        return self._limits.rows is not None and self.n_rows >= self._limits.rows

    def close(self) -> Body:
        """The body, with what stands before, after and at its end."""
        pieces = self.pieces
        last = memoryview(pieces[-1]).cast("B")
        if self._after:
            pieces[-1] = last[: len(last) - len(self._after)]
        if self._anchored and not (self._has_first and self._last_stored):
            pieces[-1:] = _anchor(last)
            self.n_bytes += len(_ANCHOR)
        # An empty piece would make a copy of a body that is one.
        pieces = [one for one in (self._head, *pieces, self._tail) if len(one)]
        return Body(pieces, self.begin, self.end, self.n_bytes)


def _anchor(text: memoryview) -> list[Any]:
    """The text, in whose last line the first column is NaN.

    The XGBoost container's server counts indices from 1 where a request has no index 0,
    and loses the rows at the end that store nothing; what is NaN counts as absent.

    Source
    ------
    aws/sagemaker-xgboost-container at cb8df91c, algorithm_mode/serve_utils.py:
    _get_sparse_matrix_from_libsvm (read in November 2026).
    """
    begin = bytes(text[:-1]).rfind(b"\n") + 1 + _LABEL_BYTES
    return [text[:begin], _ANCHOR, text[begin:]]


def bodies_of(
    blocks: Iterable[Block],
    kind: str,
    limits: Limits,
    configuration: Mapping[str, Any] | None = None,
) -> Iterator[Body]:
    """Bodies of as many rows as fit, in order; together they are all rows.

    Parameters
    ----------
    blocks : iterable of Block
    kind : str
        See :class:`recordsmith.inference.media.Media`.
    limits : Limits
    configuration : mapping, optional
        What stands beside the instances of JSON.

    Raises
    ------
    LimitError
        If one row is longer than a body may be; `row` says which.
    """
    body = _Open(kind, limits, 0, configuration)
    for block in blocks:
        at = 0
        while at < block.n_rows:
            at = body.add(block, at)
            if at < block.n_rows or body.full:
                yield body.close()
                body = _Open(kind, limits, body.end, configuration)
    if body.n_rows:
        yield body.close()
