"""One block of CSV lines: parsed at once if all is well, else with a list of what is not.

Both ways use the same parser, pyarrow's. The second reads cells as text first, leaves the
lines out that cannot be read, and finds each cell that is no number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import FEATURE, LABEL, Batch, Field
from ..sources.csv_style import CsvStyle
from ..sources.text_blocks import Block
from ..wording import plural
from .csv_cells import WORDS, kind_of_cell
from .csv_layout import SPARK, CsvLayout, fields_of
from .offenders import NOWHERE, Spot
from .text_facts import Issues, Series, shown

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["CsvParser", "Parsed", "Piece", "line_starts"]

_NUMBER = (
    r"(?i)^[+-]?(?:[0-9]+\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+(?:e[+-]?[0-9]+)?"
    r"|inf|infinity|nan)$"
)
_LONE_RETURN = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True)
class Piece:
    """A block, and where in the file it begins; None where that is not known."""

    block: Block
    offset: int | None


@dataclass
class Parsed:
    """What became of a piece.

    Attributes
    ----------
    batch : Batch
        The rows that could be read. A cell of a feature that is no number is 0 there, so
        that the rest of its row is looked at.
    lines : list of int or None
        The line of each row; None: one after another.
    issues : Issues
    first, last : Series
        The first and the last column.
    rows : int
        Lines of the right width, whatever their cells.
    """

    piece: Piece
    batch: Batch
    issues: Issues
    lines: list[int] | None = None
    first: Series = field(default_factory=Series)
    last: Series = field(default_factory=Series)
    rows: int = 0
    _starts: Array | None = None

    def offset(self, row: int) -> int:
        """Byte offset of the line of a row."""
        if self.piece.offset is None:
            return NOWHERE
        if self._starts is None:
            self._starts = line_starts(self.piece.block.data)
        first = self.piece.block.first_line
        line = row if self.lines is None else self.lines[row] - first
        return self.piece.offset + int(self._starts[line])


def line_starts(data: bytes) -> Array:
    """Where each line begins, and where the last one ends."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    return np.concatenate(([0], ends))


@dataclass(frozen=True)
class CsvParser:
    """How the blocks of one file are parsed.

    Attributes
    ----------
    layout : CsvLayout
    style : CsvStyle
    file : int
        Its number.
    limit : int
        Places to keep of each issue.
    label, features : sequence of int
        Columns.
    header : bytes
        The first line, if it is a header.
    """

    layout: CsvLayout
    style: CsvStyle
    file: int
    limit: int
    label: Sequence[int]
    features: Sequence[int]
    header: bytes = b""
    fast: Callable[[bytes, Any], Any] = lambda data, on_invalid: None
    slow: Callable[[bytes, Any], Any] = lambda data, on_invalid: None

    def prepared(self) -> CsvParser:
        """With the readers, which take time to make where there are many columns."""
        import pyarrow as pa

        names = [str(at) for at in range(self.layout.width)]
        needed = [names[at] for at in sorted({*self.label, *self.features})]
        types = dict.fromkeys(needed, pa.float64())
        texts = dict.fromkeys(needed, pa.string())
        as_text = replace(self.style, null_values=())
        return replace(
            self,
            fast=self.style.reader(names, types, needed),
            slow=as_text.reader(names, texts, needed),
        )

    def parse(self, piece: Piece) -> Parsed:
        """The rows of a piece."""
        data = piece.block.data
        if b"\n" not in data and b"\r" in data:  # line ends of an old Mac
            block = replace(piece.block, data=data.replace(b"\r", b"\n"))
            piece = replace(piece, block=block)
        table = self._quickly(piece.block)
        if table is None:
            return _Scan(self, piece).parsed()
        columns = dict(zip(map(int, table.column_names), map(_floats, table.columns)))
        return self.made(piece, columns, table.num_rows, Issues(self.limit))

    def _quickly(self, block: Block) -> Any:
        """The table, if there is nothing that has to be looked at closely."""
        data = block.data
        if b"\0" in data or (self.layout.quote and self.layout.quote.encode() in data):
            return None
        if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
            return None
        try:
            table = self.fast(data, lambda row: "error")
        except ValueError:  # of pyarrow
            return None
        return table if table.num_rows == block.n_lines else None

    def made(
        self, piece: Piece, columns: dict[int, Array], n_rows: int, issues: Issues
    ) -> Parsed:
        """What the columns make."""
        fields = [
            Field(role, "dense", _matrix([columns[at] for at in chosen], n_rows))
            for role, chosen in ((FEATURE, self.features), (LABEL, self.label))
            if chosen
        ]
        made = Parsed(piece, Batch(tuple(fields), n_rows), issues, rows=n_rows)
        ends = {0: made.first, self.layout.width - 1: made.last}
        for at, series in ends.items():
            if at in columns:
                series.add(columns[at])
        return made


def _floats(column: Any) -> Array:
    """A column as an array; what is missing is NaN."""
    values: Array = column.to_numpy()
    return values


def _matrix(columns: list[Array], n_rows: int) -> Array:
    matrix: Array = np.empty((n_rows, len(columns)))
    for at, column in enumerate(columns):
        matrix[:, at] = column
    return matrix


class _Scan:
    """A block in which something is to be told."""

    def __init__(self, parser: CsvParser, piece: Piece) -> None:
        self._parser = parser
        self._piece = piece
        self._data = piece.block.data
        self._starts = line_starts(self._data)
        self._keep = np.ones(len(self._starts) - 1, bool)
        self.issues = Issues(parser.limit)

    def parsed(self) -> Parsed:
        """The rows that can be read, and the issues."""
        self._blank_lines()
        self._odd_bytes()
        self._headers()
        self._vectors()
        self._quotes()
        table, bad = self._table()
        kept = np.flatnonzero(self._keep)
        self._ragged(kept, bad)
        kept = np.delete(kept, [number for number, _ in bad])
        columns, fine = self._numbers(table, kept)
        made = self._parser.made(self._piece, columns, len(kept), self.issues)
        made.lines = (kept + self._piece.block.first_line).tolist()
        if not fine.all():  # rows whose label is no number
            fields = (replace(one, values=one.values[fine]) for one in made.batch.fields)
            made.batch = Batch(tuple(fields), int(fine.sum()))
            made.lines = (kept[fine] + self._piece.block.first_line).tolist()
        return made

    # -- places ------------------------------------------------------------------------

    def _line(self, number: int) -> bytes:
        begin, end = self._starts[number : number + 2].tolist()
        return self._data[begin:end].rstrip(b"\r\n")

    def _spot(self, line: int, column: int = NOWHERE, byte: int = 0) -> Spot:
        """Of a line of the block, from 0; of a byte in it."""
        offset = NOWHERE
        if self._piece.offset is not None:
            offset = self._piece.offset + int(self._starts[line]) + byte
        number = self._piece.block.first_line + line
        return Spot(self._parser.file, number, column, offset)

    def _out(
        self,
        rule: str,
        about: str,
        lines: Any,
        text: Callable[[int], str] | None = None,
        byte: Callable[[int], int] = lambda line: 0,
    ) -> None:
        """Leave lines out, and say why."""
        lines = [line for line in lines if self._keep[line]]
        if lines:
            found = (text or (lambda line: shown(self._line(line))))(lines[0])
            first = lines[: self._parser.limit]
            spots = [self._spot(line, byte=byte(line)) for line in first]
            self.issues.add(rule, about, spots, len(lines), found)
            self._keep[lines] = False

    def _lines_of(self, positions: Any) -> Any:
        """The lines in which bytes are, each once."""
        return np.unique(np.searchsorted(self._starts, positions, "right") - 1)

    # -- whole lines -------------------------------------------------------------------

    def _blank_lines(self) -> None:
        lengths = np.diff(self._starts)
        first = np.frombuffer(self._data, np.uint8)[self._starts[:-1]]
        maybe = np.flatnonzero((first <= ord(" ")) | (lengths == 0)).tolist()
        self._out("csv/blank", "", [at for at in maybe if not self._line(at).strip()])

    def _odd_bytes(self) -> None:
        """Zero bytes, carriage returns within lines, and what is no UTF-8."""
        array = np.frombuffer(self._data, np.uint8)
        if b"\0" in self._data:
            lines = self._lines_of(np.flatnonzero(array == 0)).tolist()
            self._out(
                "csv/encoding", "zero", lines, byte=lambda at: self._line(at).find(b"\0")
            )
        returns = [match.start() for match in _LONE_RETURN.finditer(self._data)]
        if returns:
            self._out("csv/encoding", "return", self._lines_of(returns).tolist())
        if self._data.isascii():
            return
        lines = self._lines_of(np.flatnonzero(array >= 0x80)).tolist()
        wrong = [at for at in lines if _not_utf8(self._line(at)) >= 0]
        self._out("csv/encoding", "", wrong, byte=lambda at: _not_utf8(self._line(at)))

    def _headers(self) -> None:
        """The first line again, in the middle."""
        header = self._parser.header
        if not header:
            return
        found = []
        at = self._data.find(header)
        while at >= 0:
            line = int(np.searchsorted(self._starts, at, "right")) - 1
            if self._line(line) == header:
                found.append(line)
            at = self._data.find(header, at + len(header))
        self._out("csv/header", "repeated", found)

    def _vectors(self) -> None:
        if b"[" in self._data:
            found = [match.start() for match in SPARK.finditer(self._data)]
            if found:
                self._out(
                    "csv/spark-vector",
                    "",
                    self._lines_of(found).tolist(),
                    lambda at: shown(_vector(self._line(at))),
                    lambda at: self._line(at).find(_vector(self._line(at))),
                )

    def _quotes(self) -> None:
        """Quotes that are not closed, and cells in quotes."""
        quote = self._parser.layout.quote.encode()
        if not quote or quote not in self._data:
            return
        array = np.frombuffer(self._data, np.uint8)
        lines, counts = np.unique(
            np.searchsorted(self._starts, np.flatnonzero(array == quote[0]), "right") - 1,
            return_counts=True,
        )
        self._out("csv/quotes", "open", lines[counts % 2 == 1].tolist())
        fine = lines[self._keep[lines]].tolist()
        if fine:
            spots = [
                self._spot(at, byte=self._line(at).find(quote))
                for at in fine[: self._parser.limit]
            ]
            text = shown(self._line(fine[0]))
            self.issues.add("csv/quotes", "", spots, len(fine), text)

    # -- cells -------------------------------------------------------------------------

    def _table(self) -> tuple[Any, list[tuple[int, Any]]]:
        """The kept lines as text, and which of them are ragged."""
        bad: list[tuple[int, Any]] = []

        def on_invalid(row: Any) -> str:
            bad.append((row.number - 1, row.actual_columns))
            return "skip"

        table = self._read(on_invalid)
        if table.num_rows + len(bad) == self._keep.sum():
            return table, bad
        # A quote that opens a cell and is not closed there took the next line, too.
        quote = self._parser.layout.quote.encode()
        lines = np.flatnonzero(self._keep).tolist()
        wrong = [at for at in lines if quote in self._line(at) and self._is_open(at)]
        self._out("csv/quotes", "open", wrong)
        bad.clear()
        return self._read(on_invalid), bad

    def _is_open(self, line: int) -> bool:
        style = self._parser.layout
        text = self._line(line) + style.delimiter.encode() + b"\x01"
        return fields_of(text, style.delimiter, style.quote)[-1] != "\x01"

    def _read(self, on_invalid: Callable[[Any], str]) -> Any:
        import pyarrow as pa

        if not self._keep.any():
            names = [str(at) for at in {*self._parser.label, *self._parser.features}]
            return pa.table({name: pa.array([], pa.string()) for name in names})
        data = self._data
        if not self._keep.all():
            mask = np.repeat(self._keep, np.diff(self._starts))
            data = np.frombuffer(data, np.uint8)[mask].tobytes()
        return self._parser.slow(data, on_invalid)

    def _ragged(self, kept: Array, bad: list[tuple[int, Any]]) -> None:
        if bad:
            first = bad[: self._parser.limit]
            spots = [self._spot(int(kept[number])) for number, _ in first]
            number, width = bad[0]
            text = f"{plural(width, 'field')}: {shown(self._line(int(kept[number])))}"
            self.issues.add("csv/ragged", "", spots, len(bad), text)

    def _numbers(self, table: Any, kept: Array) -> tuple[dict[int, Array], Array]:
        """The columns as numbers, and which rows have a label that is one."""
        fine = np.ones(len(kept), bool)
        columns = {}
        for name, column in zip(table.column_names, table.columns):
            at = int(name)
            columns[at], texts, bad = _as_numbers(column, self._parser.style)
            if bad is not None:
                self._cells(at, kept, texts, bad)
                if at in self._parser.label:
                    fine[bad] = False
        return columns, fine

    def _cells(self, column: int, kept: Array, texts: Any, bad: Array) -> None:
        """Count the cells of a column that are no numbers, by kind."""
        known = texts.dictionary_encode()
        codes = known.indices.to_numpy(zero_copy_only=False)
        words = known.dictionary.to_pylist()
        kinds = np.array([list(WORDS).index(kind_of_cell(word)) for word in words])
        of_cells = kinds[codes]
        for number in np.unique(of_cells).tolist():
            kind = list(WORDS)[number]
            found = np.flatnonzero(of_cells == number)
            first = found[: self._parser.limit].tolist()
            spots = [self._cell(int(kept[bad[at]]), column) for at in first]
            rule = "csv/spark-vector" if kind == "vector" else "csv/cell"
            about = "" if kind == "vector" else kind
            text = shown(words[codes[first[0]]])
            self.issues.add(rule, about, spots, len(found), text, {column: len(found)})

    def _cell(self, line: int, column: int) -> Spot:
        """The place of a cell; its byte is that of its first character."""
        text, layout = self._line(line), self._parser.layout
        begin = field_begin(text, column, layout.delimiter, layout.quote)
        return self._spot(line, column, begin)


def field_begin(line: bytes, column: int, delimiter: str, quote: str) -> int:
    """Where a field begins in its line.

    Examples
    --------
    >>> field_begin(b'1,"a,b",x', 2, ",", '"')
    8
    """
    mark, between = quote.encode(), delimiter.encode()
    at = 0
    for _ in range(column):
        if mark and line.startswith(mark, at):
            at = _quoted_end(line, at + 1, mark)
        at = line.find(between, at) + 1
    return at


def _quoted_end(line: bytes, at: int, mark: bytes) -> int:
    while True:
        at = line.find(mark, at)
        if at < 0:
            return len(line)
        if not line.startswith(mark, at + 1):
            return at + 1
        at += 2


def _as_numbers(
    column: Any, style: CsvStyle
) -> tuple[Array, Any, npt.NDArray[Any] | None]:
    """A column of texts as numbers; the texts that are none, and in which rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.utf8_trim_whitespace(column.combine_chunks())
    if isinstance(texts, pa.ChunkedArray):
        texts = (
            pa.concat_arrays(texts.chunks) if texts.chunks else pa.array([], pa.string())
        )
    empty = pc.is_in(texts, value_set=pa.array([*style.null_values], pa.string()))
    texts = pc.if_else(empty, pa.scalar(None, pa.string()), texts)
    if style.decimal != ".":
        texts = pc.replace_substring(texts, style.decimal, ".")
    try:
        return _floats(pa.chunked_array([pc.cast(texts, pa.float64())])), None, None
    except ValueError:  # of pyarrow
        pass
    number = pc.match_substring_regex(texts, _NUMBER)
    bad = pc.fill_null(pc.invert(number), False)
    wrong = texts.filter(bad)
    texts = pc.if_else(bad, pa.scalar("0"), texts)
    texts = pc.replace_substring_regex(texts, r"^\+", "")
    rows = np.flatnonzero(bad.to_numpy(zero_copy_only=False))
    found = _floats(pa.chunked_array([pc.cast(texts, pa.float64())]))
    return found, wrong, rows if len(rows) else None


def _not_utf8(line: bytes) -> int:
    """The first byte that is no UTF-8; -1 if there is none."""
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return error.start
    return -1


def _vector(line: bytes) -> bytes:
    found = SPARK.search(line)
    return line if found is None else found[0]
