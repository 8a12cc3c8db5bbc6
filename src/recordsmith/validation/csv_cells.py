"""What stands in a cell that is no number, and what to do about it."""

from __future__ import annotations

import re

from .csv_layout import SPARK, is_missing

__all__ = ["FIXES", "WORDS", "kind_of_cell"]

_DATE = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}:\d\d"
)
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[,' \u00a0]\d{3})+(?:\.\d+)?")
_UNIT = re.compile(r"[$€£]\s?[-+]?[\d.,]+|[-+]?[\d.,]+\s?(?:%|[$€£])")
_BOOLEANS = frozenset(("true", "false", "yes", "no", "t", "f", "y", "n"))

# What each kind is called, and what to do about it.
WORDS = {
    "text": "text",
    "missing": "spellings of missing values",
    "boolean": "truth values as words",
    "date": "dates or times",
    "decimal comma": "numbers with a decimal comma",
    "grouped": "numbers with separators between thousands",
    "unit": "numbers with a unit",
    "vector": "vectors as Spark prints them",
}
FIXES = {
    "text": "encode categories as numbers (one column for each, say), or leave the "
    "column out: {convert} --drop COLUMN",
    "missing": "leave such cells empty or fill them in: {convert} "
    "--null-values TEXT --nulls nan (or a number)",
    "boolean": "write 1 and 0",
    "date": "write numbers: days or seconds since a start, or year, month and day",
    "decimal comma": "write a decimal point: {convert} --decimal ,",
    "grouped": "write digits only",
    "unit": "write numbers only, and keep the unit in the name of the column",
    "vector": "convert the rows to RecordIO-protobuf, which has sparse rows, instead of "
    "printing them: recordsmith.write(), or its Spark writer",
}


def kind_of_cell(text: str) -> str:
    """Which kind of no number a cell is: a key of WORDS.

    Examples
    --------
    >>> [kind_of_cell(text) for text in ("n/a", "red", "2026-01-31", "1,5", "[1.0,2.0]")]
    ['missing', 'text', 'date', 'decimal comma', 'vector']
    """
    text = text.strip()
    if is_missing(text):
        return "missing"
    if text.lower() in _BOOLEANS:
        return "boolean"
    if text[:1] in "([" and SPARK.match(text.encode()):
        return "vector"
    if not any(map(str.isdigit, text)):
        return "text"
    if _GROUPED.fullmatch(text):
        return "grouped"
    if _DECIMAL_COMMA.fullmatch(text):
        return "decimal comma"
    if _DATE.match(text):
        return "date"
    return "unit" if _UNIT.fullmatch(text) else "text"
