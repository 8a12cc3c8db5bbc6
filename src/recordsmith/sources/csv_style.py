"""How CSV text is written, and the two ways to read it: fast, and with exact places."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

from ..errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

__all__ = ["CsvStyle", "is_number", "one_character"]


_WHOLE = 1 << 30  # pyarrow is to take each block of lines as one


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

    def reader(
        self,
        names: Sequence[str],
        types: dict[str, Any] | None = None,
        needed: Sequence[str] | None = None,
    ) -> Callable[[bytes, Any], pa.Table]:
        """A function of lines, without a header, and of what to do about ragged rows.

        It gives a table. What depends on the columns (maybe thousands) is made once.
        """
        import pyarrow as pa
        from pyarrow import csv as pc

        read_options = pc.ReadOptions(
            use_threads=False, block_size=_WHOLE, column_names=names
        )
        convert_options = pc.ConvertOptions(
            column_types=types,
            include_columns=needed,
            null_values=list(self.null_values),
            strings_can_be_null=False,
            quoted_strings_can_be_null=True,
            decimal_point=self.decimal,
        )

        def read(data: bytes, on_invalid: Any) -> pa.Table:
            parse_options = pc.ParseOptions(
                delimiter=self.delimiter,
                quote_char=self.quote,
                double_quote=True,
                escape_char=self.escape,
                newlines_in_values=True,
                ignore_empty_lines=len(names) > 1,
                invalid_row_handler=on_invalid,
            )
            buffer = pa.BufferReader(data)
            return pc.read_csv(buffer, read_options, parse_options, convert_options)

        return read

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
