"""CSV: a line for each prediction, of numbers and of lists in brackets.

A list in one cell is what the XGBoost container writes where it was asked for several
fields (`1,"[0.4, 0.6]"`), and, in batch transform, for each class (`[0.4, 0.6]`).
"""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..wording import plural
from .bodies import shown
from .columns import Columns, Place
from .forms import Form

__all__ = ["from_csv"]

_NUMBERS = re.compile(r"[-+.,\n 0-9eEnaNifI]*")  # NaN and inf among them


def from_csv(
    text: str,
    form: Form,
    path: str | None = None,
    first_line: int = 1,
    rows: int | None = None,
    whole: bool = False,
) -> tuple[Columns, int]:
    """Predictions of whole lines, and how many there are.

    Parameters
    ----------
    rows : int, optional
        How many there should be.
    whole : bool, default False
        Whether the text is a whole response: then a single line may hold the numbers of
        many predictions, and `rows` decides.
    """
    place = Place(path, "line", first_line)
    matrix = _numbers(text)
    if matrix is None:
        return _line_by_line(text, form, place)
    columns = form.columns(place)
    if whole and len(form.names) == 1 and len(matrix) == 1 and matrix.shape[1] > 1:
        matrix = _one_line(matrix, form, rows)
    if len(form.names) == 1:
        columns.add_array(form.names[0], matrix)
    else:
        _check_width(matrix.shape[1], 0, form, place)
        for at, name in enumerate(form.names):
            columns.add_array(name, np.ascontiguousarray(matrix[:, at]))
    return columns, len(matrix)


def _one_line(matrix: Any, form: Form, rows: int | None) -> Any:
    """A line of k numbers: k predictions, as older XGBoost images write them, or one."""
    if rows == matrix.shape[1]:
        return matrix.T
    if rows is None and form.algorithm is not None and _may_be_many(form):
        count = matrix.shape[1]
        raise InputError(
            f"the body is one line of {count} numbers: {count} predictions, as older "
            "images write them, or one prediction with a number for each class",
            advice=f"pass rows={count} or rows=1",
        )
    return matrix


def _may_be_many(form: Form) -> bool:
    field = form.fields.get(form.names[0])
    return field is None or "scalar" in field.kinds.value


def _numbers(text: str) -> Any:
    """Plain numbers as a matrix; None where there is anything else, or rows differ."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    text = text.strip("\n")
    n_lines = text.count("\n") + 1
    n_numbers = n_lines + text.count(",")
    if n_numbers % n_lines or not _NUMBERS.fullmatch(text):
        return None
    width = n_numbers // n_lines
    if width > 1 and {line.count(",") for line in text.split("\n")} != {width - 1}:
        return None
    try:
        flat = np.fromstring(text.replace("\n", ","), sep=",")
    except (DeprecationWarning, ValueError):  # it ends where there is no number
        return None
    return flat.reshape(n_lines, width) if len(flat) == n_numbers else None


def _line_by_line(text: str, form: Form, place: Place) -> tuple[Columns, int]:
    """As `from_csv`, with the place of what is wrong, and lists."""
    lines = [
        (number, line.strip())
        for number, line in enumerate(text.split("\n"), place.first)
        if line.strip()
    ]
    place = replace(place, numbers=[number for number, _ in lines])
    cells = [_cells(line, row, place) for row, (_, line) in enumerate(lines)]
    columns = form.columns(place)
    if len(form.names) == 1:
        plain = [one if len(one) > 1 else one[0] for one in cells]
        columns.add(form.names[0], plain)
        return columns, len(lines)
    for row, one in enumerate(cells):
        _check_width(len(one), row, form, place)
    for at, name in enumerate(form.names):
        columns.add(name, [one[at] for one in cells])
    return columns, len(lines)


def _cells(line: str, row: int, place: Place) -> list[Any]:
    """A line's numbers, and lists of numbers."""
    if line.startswith("[") and line.endswith("]") and line.count("[") == 1:
        return [_list(line, row, place)]
    try:
        (cells,) = csv.reader([line], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError) as error:
        raise place.error(row, f"the line is no CSV: {error}") from None
    return [
        _list(cell, row, place) if cell.startswith("[") else _number(cell, row, place)
        for cell in cells
    ]


def _list(cell: str, row: int, place: Place) -> list[float]:
    if not cell.endswith("]"):
        raise place.error(row, f"found {shown(cell)}, a list that does not end")
    inner = cell[1:-1].strip()
    return [_number(one, row, place) for one in inner.split(",")] if inner else []


def _number(cell: str, row: int, place: Place) -> float:
    try:
        if not cell.isascii() or "_" in cell:
            raise ValueError
        return float(cell)
    except ValueError:
        raise place.error(
            row,
            f"found {shown(cell)}, expected a number",
            advice="is the body the text of an error, or of another content type?",
        ) from None


def _check_width(width: int, row: int, form: Form, place: Place) -> None:
    if width != len(form.names):
        raise place.error(
            row,
            f"the line has {plural(width, 'value')}, expected {len(form.names)}: "
            f"{', '.join(form.names)}",
        )
