"""CSV becomes batches: pyarrow parses blocks of whole lines, in threads, in order.

What pyarrow does by default and what happens here instead:

- Types are not inferred from the beginning: the first lines only tell which columns are
  numbers and which are text. Every number is read as float64; `dtype` and `label_dtype`
  choose another target.
- An empty field is missing; "NaN" is NaN.
- A number too large for float64 is an error, not infinity.
- An empty line of a file with one column is a missing value; otherwise it is nothing.
- A line may be longer than a block, and errors name the line.
"""

from __future__ import annotations

import csv
import itertools
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, ParseError, RecordsmithError, UnsupportedTypeError
from ..tally import Tally
from ..threads import map_ordered, n_threads
from .arrow_batches import Converter
from .columns import Columns, Selection, select
from .csv_style import CsvStyle, is_number, one_character
from .text_blocks import BLOCK_BYTES, Block, LineReader, is_blank, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from ..batch import Batch
    from .files import Files

__all__ = ["CsvParsing", "CsvTable", "block_bytes", "csv_style", "from_csv", "same_names"]

_SAMPLE_BYTES = 1 << 18
_MAX_BLOCK_BYTES = 16 << 20


def from_csv(
    files: Files,
    *,
    label: Any = None,
    features: Any = None,
    drop: Any = (),
    uid: Any = None,
    metadata: Any = None,
    dtype: str | None = None,
    label_dtype: str | None = None,
    nulls: Any = "error",
    header: bool | None = None,
    names: Sequence[str] | None = None,
    delimiter: str = ",",
    quote: str | bool = '"',
    escape: str | None = None,
    decimal: str = ".",
    encoding: str | None = None,
    skip_rows: int = 0,
    on_bad_row: str = "error",
    null_values: Sequence[str] = ("",),
    newlines_in_values: bool = False,
    block_size: int | None = None,
    threads: int | None = None,
    tally: Tally,
) -> Iterator[Batch]:
    """Batches of CSV files that have the same columns.

    Parameters
    ----------
    files : Files
    label, features, drop, uid, metadata
        Columns by name, or by position from 0; see :mod:`recordsmith.sources.columns`.
    dtype, label_dtype : {"float32", "float64", "int32"}, default "float64"
        int32 takes whole numbers only.
    nulls : "error", "nan" or number, default "error"
        What an empty field becomes.
    header : bool, optional
        Whether the first line holds names. True by default, but then a line of numbers
        only is refused; SageMaker's own CSV convention is `header=False, label=0`.
    names : list of str, optional
        Names of the columns. The first line is then data, unless `header=True`. Without
        either, columns are named f0, f1, ...
    delimiter, quote, escape, decimal : str
        One character each; quote=False: quotes are plain characters.
    encoding : str, default "utf-8"
    skip_rows : int, default 0
        Lines to leave out before the header.
    on_bad_row : {"error", "skip"}, default "error"
        What to do about a line with too many or too few fields; skipped ones are counted
        in `tally.bad_rows`.
    null_values : sequence of str, default ("",)
        What counts as missing.
    newlines_in_values : bool, default False
        Whether quoted fields may hold line ends; else one is an error.
    block_size : int, default 2 MiB, more for wide tables
        Bytes that are parsed at once.
    threads : int, optional
        Threads that parse; default: all cores. The result does not depend on it.

    Raises
    ------
    ParseError
        If a line has the wrong number of fields, or a field is no number.
    InputError, UnsupportedTypeError
        As :mod:`recordsmith.sources.columns` says.
    """
    style = csv_style(
        delimiter,
        quote,
        escape,
        decimal,
        null_values,
        newlines_in_values,
        on_bad_row,
    )
    columns = Columns(label, features, drop, uid, metadata)
    convert = {
        "dtype": dtype or "float64",
        "label_dtype": label_dtype or "float64",
        "nulls": nulls,
    }
    workers = n_threads(threads)
    first_row, known, empty = 0, None, None
    for opened in files:
        text = plain_text(opened.file, encoding, opened.name)
        quoted: Any = style.quote if newlines_in_values else False
        lines = LineReader(
            text,
            opened.name,
            quote=quoted.encode() if quoted else None,
            escape=style.escape.encode() if style.escape else None,
        )
        table = CsvTable(lines, style, columns, header, names, skip_rows)
        known = same_names(known, table.names, opened.name)
        table.prepare(convert)
        blocks = table.blocks(block_size or block_bytes(len(table.names)))
        for batch, counted in map_ordered(table.parse, blocks, workers):
            tally.add(counted)
            empty = batch
            if batch.n_rows:
                yield replace(batch, first_row=first_row)
            first_row += batch.n_rows
    if first_row == 0 and empty is not None:
        yield empty  # it tells the columns


def csv_style(
    delimiter: str = ",",
    quote: str | bool = '"',
    escape: str | None = None,
    decimal: str = ".",
    null_values: Sequence[str] = ("",),
    newlines_in_values: bool = False,
    on_bad_row: str = "error",
) -> CsvStyle:
    """What the options of :func:`from_csv` say of the text, checked."""
    return CsvStyle(
        delimiter=one_character("delimiter", delimiter),
        quote=False if quote in (False, "", None) else one_character("quote", quote),
        escape=False if not escape else one_character("escape", escape),
        decimal=one_character("decimal", decimal),
        null_values=tuple(null_values),
        newlines_in_values=newlines_in_values,
        skip_bad_rows=_checked_bad_row(on_bad_row),
    )


def _checked_bad_row(on_bad_row: str) -> bool:
    if on_bad_row not in ("error", "skip"):
        raise InputError(f"on_bad_row={on_bad_row!r}: expected 'error' or 'skip'")
    return on_bad_row == "skip"


def block_bytes(n_columns: int) -> int:
    """Bytes to parse at once: the parser has work for each column of each block, so
    wide tables get larger ones."""
    return max(BLOCK_BYTES, min(_MAX_BLOCK_BYTES, n_columns << 13))


def same_names(known: Any, names: list[str], path: str) -> list[str]:
    """The names, if all files so far have them."""
    if known is None or known == names:
        return names
    differs = [(a, b) for a, b in itertools.zip_longest(known, names) if a != b]
    raise InputError(
        f"the columns differ from those of the first file: {differs[0][1]!r} stands "
        f"where {differs[0][0]!r} was expected",
        path=path,
        advice="convert files with other columns apart",
    )


class CsvTable:
    """One file: its names and types, and how a block of it becomes a batch."""

    def __init__(
        self,
        lines: LineReader,
        style: CsvStyle,
        columns: Columns,
        header: bool | None,
        names: Sequence[str] | None,
        skip_rows: int,
    ) -> None:
        self.lines = lines
        self.style = style
        for _ in range(skip_rows):
            lines.line()
        self._columns = columns
        self._sample: list[Block] = []
        found = self._header(header, names)
        self.names = list(names) if names is not None else found
        if names is not None and len(found) != len(self.names):
            raise InputError(
                f"{len(self.names)} names for {len(found)} columns", path=lines.name
            )

    # -- the head ----------------------------------------------------------------------

    def _header(self, header: bool | None, names: Sequence[str] | None) -> list[str]:
        """Names in the first line that is not blank, or as many as it has fields."""
        line = self.lines.line()
        while line is not None and is_blank(line.data):
            line = self.lines.line()
        if line is None:
            raise ParseError(
                "the file is empty: there is not even a header", path=self.lines.name
            )
        try:
            values = self.style.fields(line.data)
        except (csv.Error, UnicodeDecodeError) as error:
            raise ParseError(
                f"the first line cannot be read: {error}",
                path=self.lines.name,
                row=line.first_line,
                unit="line",
                advice="pass encoding= if it is not UTF-8",
            ) from None
        self._has_header = header or (header is None and names is None)
        if not self._has_header:
            self._sample.append(line)
            return [f"f{i}" for i in range(len(values))]
        if header is None and all(map(is_number, values)):
            raise InputError(
                f"the first line holds numbers only ({', '.join(values[:4])}"
                f"{', ...' if len(values) > 4 else ''}), so it may be no header",
                path=self.lines.name,
                advice="pass header=False if it is data, header=True if these are names",
            )
        return values

    def prepare(self, convert: dict[str, Any]) -> None:
        """Find out which columns are numbers, and lay out the batches."""
        import pyarrow as pa

        try:
            self._convert(pa, convert)
        except RecordsmithError as error:
            error.path = self.lines.name
            if isinstance(error, UnsupportedTypeError):
                error.reason += self._first_text()
                error.advice += self._advice()
            raise

    def _first_text(self) -> str:
        """The first value in the sample that is no number, for a message."""
        known = {text.strip().lower() for text in self.style.null_values}
        needed = [self.names.index(name) for name in self.selection.needed]
        for block in self._sample:
            for row in self.style.rows(block.data):
                for at in needed:
                    text = row[at] if at < len(row) else ""
                    if text.strip().lower() not in known and not is_number(text):
                        return f"; the first such value is {text[:40]!r}"
        return ""

    def _advice(self) -> str:
        """What else may be wrong where columns are no numbers."""
        if len(self.names) == 1:
            return "; check delimiter="
        if not self._has_header:
            return "; if the first line holds the names, pass header=True"
        return ""

    def _convert(self, pa: Any, convert: dict[str, Any]) -> None:
        self._refuse_unnamed()
        self.selection: Selection = select(self.names, self._columns)
        found = self.sampled_types()
        texts = {self.selection.uid, self.selection.metadata}
        types = {}
        for name in self.selection.needed:
            type_ = found[name]
            if name in texts:
                type_ = pa.string()
            elif pa.types.is_null(type_) or pa.types.is_integer(type_):
                type_ = pa.float64()
            types[name] = type_
        self.read_as(types, self.selection)
        self.converter = Converter(
            self.schema, self._columns_left(), tally=Tally(), **convert
        )

    def sampled_types(self) -> dict[str, Any]:
        """Type of each column as the first lines show it; to be called once."""
        more = self.lines.block(_SAMPLE_BYTES)
        if more is not None:
            self._sample.append(more)
        return self._inferred()

    def read_as(self, types: dict[str, Any], selection: Selection) -> None:
        """Lay out record batches of these columns and types, text included."""
        import pyarrow as pa

        self.selection, self.types = selection, types
        self.read = self.style.reader(self.names, types, list(types))
        self.schema = pa.schema(list(types.items()))

    def _columns_left(self) -> Columns:
        """The selection by name: positions count among all columns, not the needed."""
        chosen = self.selection
        return Columns(
            list(chosen.label),
            {name: list(group) for name, group in chosen.features},
            (),
            chosen.uid,
            chosen.metadata,
        )

    def _refuse_unnamed(self) -> None:
        """pandas writes an index as a column without a name: that is no feature."""
        if "" in self.names and self._columns.features is None:
            at = self.names.index("")
            left = select([name or f"column {at}" for name in self.names], self._columns)
            if any(f"column {at}" in group for _, group in left.features):
                raise InputError(
                    f"column {at} has no name in the header (the index of a data frame?)",
                    advice=f"pass drop={at}, or name the features",
                )

    def _inferred(self) -> dict[str, Any]:
        """Types of the columns by the first lines; those that do not fit are left out."""
        data = b"".join(block.data for block in self._sample)
        if is_blank(data):
            import pyarrow as pa

            return dict.fromkeys(self.names, pa.null())
        style = replace(self.style, skip_bad_rows=True)
        try:
            table = style.reader(self.names)(data, lambda row: "skip")
        except ValueError as error:
            raise ParseError(f"the first lines cannot be read: {error}") from None
        return {one.name: one.type for one in table.schema}

    # -- the rows ----------------------------------------------------------------------

    def blocks(self, n_bytes: int) -> Iterator[Block]:
        """All lines after the header; at least one block, which may hold none."""
        sample = self._sample or [Block(b"", self.lines.n_lines + 1, 0)]
        self._sample = []
        return itertools.chain(sample, self.lines.blocks(n_bytes))

    def parse(self, block: Block) -> tuple[Batch, Tally]:
        """One block as a batch, and what was changed in it."""
        return CsvParsing(self, block).batch()


_CONVERSION = re.compile(
    r"In CSV column #(\d+): (?:Row #(\d+): )?CSV conversion error to \w+: (.*)", re.DOTALL
)


@dataclass
class CsvParsing:
    """One block on its way; `bad` holds the numbers of rows that were skipped, from 0."""

    table: CsvTable
    block: Block
    bad: list[int] = field(default_factory=list)
    wrong: Any = None

    def batch(self) -> tuple[Batch, Tally]:
        table, tally = self.table, Tally()
        try:
            rows = self.rows()
            converter = table.converter.counting(tally)
            batch = converter.batch(rows, 0)
        except RecordsmithError as error:
            error.path = table.lines.name
            if error.row is not None and error.unit == "row":
                error.row, error.unit = self._line(error.row), "line"
            raise
        self._check_infinities(batch)
        tally.bad_rows += len(self.bad)
        return batch, tally

    def rows(self) -> pa.RecordBatch:
        """The columns that are needed, as pyarrow reads them."""
        import pyarrow as pa

        table, data = self.table, self.block.data
        if is_blank(data) and (len(table.names) > 1 or not data):
            return pa.RecordBatch.from_pylist([], schema=table.schema)
        try:
            found = table.read(data, self._invalid)
        except ValueError as error:  # pyarrow's own errors are ValueErrors
            raise self._located(error) from None
        if not table.style.newlines_in_values and table.style.quote:
            self._refuse_quoted_newlines(found.num_rows)
        batches = found.to_batches()
        if len(batches) == 1:
            return batches[0]
        empty = pa.RecordBatch.from_pylist([], schema=found.schema)
        return next(iter(found.combine_chunks().to_batches()), empty)

    def _invalid(self, row: Any) -> str:
        if self.table.style.skip_bad_rows:
            self.bad.append(row.number - 1)
            return "skip"
        self.wrong = row
        return "error"

    def _located(self, error: Exception) -> ParseError:
        if self.wrong is not None:
            row, text = self.wrong, self.wrong.text
            return ParseError(
                f"{row.actual_columns} fields, expected {row.expected_columns}: "
                f"{text if len(text) <= 60 else text[:57] + '...'}",
                row=self._line(row.number - 1, with_bad=True),
                unit="line",
                path=self.table.lines.name,
                advice='correct the line, or pass on_bad_row="skip"; check delimiter=',
            )
        message = str(error)
        found = _CONVERSION.match(message)
        if found is None:
            return ParseError(message, row=self.block.first_line, unit="line")
        name = self.table.names[int(found[1])]
        row_number = None if found[2] is None else self._line(int(found[2]) - 1, True)
        return ParseError(
            f"no number: {found[3]}",
            row=row_number,
            unit="line",
            column=name,
            path=self.table.lines.name,
            advice=f"correct it, pass null_values= if it means a missing value, or "
            f"drop={name!r}",
        )

    def _line(self, row: int, with_bad: bool = False) -> int:
        """Line of the file in which a row of the block begins."""
        one_column = len(self.table.names) == 1
        places = enumerate(self.table.style.places(self.block.data, one_column))
        bad = set() if with_bad else set(self.bad)
        kept = (place for number, place in places if number not in bad)
        return self.block.first_line + next(itertools.islice(kept, row, None), 0)

    def _refuse_quoted_newlines(self, n_rows: int) -> None:
        """Whether a quoted line end fits into a block is chance: it is always refused."""
        data = self.block.data
        if self.table.style.quote.encode() not in data:
            return
        lines = data.splitlines()
        blank = 0 if len(self.table.names) == 1 else sum(not line for line in lines)
        if n_rows + len(self.bad) != len(lines) - blank:
            raise ParseError(
                "a quoted field holds a line end",
                row=self.block.first_line,
                unit="line",
                path=self.table.lines.name,
                advice="pass newlines_in_values=True",
            )

    def _check_infinities(self, batch: Batch) -> None:
        """An infinity that the text does not spell out is a number that is too large."""
        for one in batch.fields:
            if one.kind == "dense" and one.dtype.kind == "f":
                infinite = np.isinf(one.values)
                if infinite.any():
                    chosen = self.table.selection
                    groups = dict(chosen.features)
                    names = chosen.label if one.role == "label" else groups[one.name]
                    self._refuse_overflow(infinite, list(names))

    def _refuse_overflow(self, infinite: Any, names: list[str]) -> None:
        import pyarrow as pa

        style, data = self.table.style, self.block.data
        types = dict.fromkeys(names, pa.string())
        read = style.reader(self.table.names, types, names)
        found = read(data, lambda row: "skip")
        spelt = {"inf", "infinity", *(text.strip().lower() for text in style.null_values)}
        for at in np.flatnonzero(infinite.any(axis=0)):
            texts = found.column(int(at)).to_pylist()
            for row in np.flatnonzero(infinite[:, at]):
                text = texts[row] or ""
                if text.strip().lstrip("+-").lower() not in spelt:
                    raise ParseError(
                        f"{text} is too large for float64",
                        path=self.table.lines.name,
                        row=self._line(int(row)),
                        unit="line",
                        column=names[at],
                        advice="correct it, or write inf if infinity is meant",
                    )
