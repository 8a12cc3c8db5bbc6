"""What the first lines of CSV tell: delimiter, width, header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..sources.csv_style import is_number

__all__ = ["SPARK", "CsvLayout", "find_layout", "fields_of", "is_missing"]

_SAMPLE_LINES = 200
_DELIMITERS = ",;\t| "
# How much better another delimiter than the comma has to do.
_CLEARLY = 0.2
_LEAST_PLAIN = 4  # names 0, 1, 2, 3 at least: fewer may well be data

# A vector as Spark prints it: (size,[indices],[values]), or [values] with two or more.
SPARK = re.compile(rb"\(\d+,\[[\d, ]*\],\[[^\]\n]*\]\)|\[[-+.\deE]+(?:, ?[-+.\deE]+)+\]")
_MISSING = frozenset(
    [
        "na",
        "n/a",
        "#n/a",
        "nan",
        "null",
        "none",
        "nil",
        "missing",
        "unknown",
        "?",
        "-",
        "--",
        ".",
        "\\n",
        "<na>",
        "#n/a!",
    ]
)


@dataclass(frozen=True)
class CsvLayout:
    """How a file is to be read.

    Attributes
    ----------
    delimiter, quote : str
        Without a quote: "".
    width : int
        Fields of most lines.
    names : tuple of str or None
        Those of the first line, where it is a header.
    plain_header : bool
        Whether the first line is 0, 1, 2, ... and the next one is not.
    """

    delimiter: str
    quote: str
    width: int
    names: tuple[str, ...] | None
    plain_header: bool = False


def is_missing(text: str) -> bool:
    """Is it a usual spelling of a missing value?"""
    return text.strip().lower() in _MISSING


def find_layout(
    sample: bytes, delimiter: str | None, quote: str, header: bool | None
) -> CsvLayout:
    """The layout of a file by its first lines.

    Parameters
    ----------
    sample : bytes
    delimiter : str or None
        None: the comma, unless another one does much better.
    quote : str
    header : bool or None
        True: there is one; else it is found out.

    Examples
    --------
    >>> find_layout(b"a;b\\n1,5;2\\n", None, '"', None)
    CsvLayout(delimiter=';', quote='"', width=2, names=('a', 'b'), plain_header=False)
    """
    lines = [line for line in sample.splitlines()[:_SAMPLE_LINES] if line.strip()]
    if delimiter is None:
        delimiter = _sniffed(lines)
    rows = [fields_of(line, delimiter, quote) for line in lines]
    # A printed vector holds delimiters; its lines say nothing of the width.
    plain = [row for line, row in zip(lines, rows) if not SPARK.search(line)]
    widths = Counter(len(row) for row in plain or rows)
    width = widths.most_common(1)[0][0] if widths else 0
    names = None
    if rows and (header or (len(rows[0]) == width and _is_header(rows[0], rows[1:]))):
        names = tuple(name.strip() for name in rows[0])
    return CsvLayout(
        delimiter, quote, width, names, names is None and _is_plain_header(rows)
    )


def fields_of(line: bytes, delimiter: str, quote: str) -> list[str]:
    """The fields of one line, whatever it holds."""
    text = line.decode("utf-8", "replace").replace("\0", "\ufffd").strip("\r\n")
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(
        [text],
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    return next(reader, [""])


def _sniffed(lines: Sequence[bytes]) -> str:
    data = [line.decode("utf-8", "replace") for line in (lines[1:] or lines)[:50]]
    best, most = ",", _score(data, ",") + _CLEARLY
    for delimiter in _DELIMITERS[1:]:
        score = _score(data, delimiter)
        if score > most:
            best, most = delimiter, score
    return best


def _score(lines: list[str], delimiter: str) -> float:
    """How many of the fields are numbers, where lines have equally many; else 0."""
    rows = [line.strip().split(delimiter) for line in lines]
    widths = Counter(map(len, rows))
    width, times = widths.most_common(1)[0] if widths else (1, 0)
    if width < 2 or times < 0.8 * len(rows):
        return 0.0
    cells = [cell.strip().strip('"') for row in rows for cell in row if cell.strip()]
    if delimiter != ",":
        cells = [cell.replace(",", ".") for cell in cells]
    return sum(map(is_number, cells)) / max(1, len(cells))


def _is_header(first: list[str], rest: list[list[str]]) -> bool:
    """Are there names in the first line, over columns of numbers?"""
    cells = [cell.strip() for cell in first]
    numbers = [cell for cell in cells if is_number(cell)]
    names = [at for at, cell in enumerate(cells) if _is_name(cell)]
    counted = numbers == [str(n) for n in range(len(numbers))]
    if numbers and not (counted and (not cells[0] or (names and len(numbers) > 2))):
        return False
    if not rest:
        return bool(names) and not numbers
    return any(
        _numeric(rest, at) for at, cell in enumerate(cells) if at in names or not cell
    ) and bool(names or (counted and numbers))


def _is_name(cell: str) -> bool:
    looks_like_data = cell.startswith(("(", "[")) or cell[:1].isdigit()
    return (
        bool(cell)
        and not is_number(cell)
        and not is_missing(cell)
        and not (looks_like_data)
    )


def _numeric(rows: list[list[str]], column: int) -> bool:
    cells = [row[column] for row in rows if column < len(row) and row[column].strip()]
    return 2 * sum(map(is_number, cells)) > len(cells)


def _is_plain_header(rows: list[list[str]]) -> bool:
    if len(rows) < 2 or len(rows[0]) < _LEAST_PLAIN:
        return False
    counted = [str(n) for n in range(len(rows[0]))]
    return rows[0] == counted and rows[1] != counted
