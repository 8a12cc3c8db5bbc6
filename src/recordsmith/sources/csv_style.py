"""How CSV text is written, and the two ways to read it: fast, and with exact places."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

__all__ = ["CsvStyle", "is_number", "one_character"]


@dataclass(frozen=True)
class CsvStyle:
    """How the text is to be read."""

    delimiter: str
    quote: Any
    escape: Any
    decimal: str
    null_values: tuple[str, ...]
    newlines_in_values: bool
    skip_bad_rows: bool

    def read(
        self,
        data: bytes,
        names: Sequence[str] | None,
        types: dict[str, Any] | None = None,
        needed: list[str] | None = None,
        on_invalid: Any = None,
        null_values: Sequence[str] | None = None,
    ) -> pa.Table:
        """A table of lines without a header."""
        import pyarrow as pa
        from pyarrow import csv as pc

        one_column = names is not None and len(names) == 1
        return pc.read_csv(
            pa.BufferReader(data),
            pc.ReadOptions(
                use_threads=False,
                block_size=max(len(data), 1 << 10),
                column_names=names,
                autogenerate_column_names=names is None,
            ),
            pc.ParseOptions(
                delimiter=self.delimiter,
                quote_char=self.quote,
                double_quote=True,
                escape_char=self.escape,
                newlines_in_values=True,
                ignore_empty_lines=not one_column,
                invalid_row_handler=on_invalid,
            ),
            pc.ConvertOptions(
                column_types=types,
                include_columns=needed,
                null_values=list(
                    self.null_values if null_values is None else null_values
                ),
                strings_can_be_null=False,
                quoted_strings_can_be_null=True,
                decimal_point=self.decimal,
            ),
        )

    def places(self, data: bytes, one_column: bool) -> Iterator[int]:
        """Number of the line, from 0 in these, in which each row begins."""
        rows = self.rows(data)
        begin = 0
        for row in rows:
            if row or one_column:
                yield begin
            begin = rows.line_num

    def fields(self, line: bytes) -> list[str]:
        """The fields of one line, as text."""
        return next(iter(self.rows(line, "strict")))

    def rows(self, data: bytes, errors: str = "replace") -> Any:
        """Lists of the fields of each line; the long way, for headers and messages."""
        text = data.decode(errors=errors)
        csv.field_size_limit(max(csv.field_size_limit(), len(text)))
        return csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape or None,
        )


def one_character(option: str, value: Any) -> str:
    if isinstance(value, str) and len(value) == 1 and value.isascii():
        return value
    raise InputError(f"{option}={value!r}: expected one ASCII character")


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
