"""Values as JSON has them to columns: types and shapes are checked a column at a time.

What a value is decides nothing that the table knows: a field of whole numbers is int64
even where they are written as 1.0, and one of any numbers is float64 even where all of
them happen to be whole. NaN and the infinities are taken as Python writes them (tokens
that are no JSON) and as strings, as protobuf's JSON has them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ParseError
from .predictions import objects

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..algorithm_table.types import ResponseField

    Array = npt.NDArray[Any]

__all__ = ["Columns", "Place", "columns_of"]

_NUMBERS = (int, float)
_WORDS = {
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
_EXACT = 2**53
# What the table may call a kind that was found, the narrowest first.
_SATISFIES = {
    "scalar": ("scalar",),
    "vector": ("vector", "list"),
    "matrix": ("matrix", "lists"),
    "text": ("text",),
    "texts": ("texts",),
    "vectors": ("vectors",),
    "empty": ("vector", "list", "matrix", "lists", "texts"),
    "any": (),
}
_NAMES = {
    "scalar": "a number",
    "vector": "a list of numbers",
    "list": "a list of numbers",
    "matrix": "a list of lists of numbers",
    "lists": "a list of lists of numbers",
    "text": "a text",
    "texts": "a list of texts",
    "vectors": "an object of lists",
    "tensor": "numbers and their shape",
    "empty": "an empty list",
}


@dataclass(frozen=True)
class Place:
    """Where rows stand, for errors.

    Attributes
    ----------
    path : str or None
    unit : {"row", "line", "record"}
    first : int
        Number of the first row, as the unit counts: rows from 0, the others from 1.
    numbers : sequence of int, optional
        Number of each row, where they do not follow each other.
    """

    path: str | None = None
    unit: str = "row"
    first: int = 0
    numbers: Sequence[int] | None = None

    def error(self, row: int, reason: str, advice: str = "") -> ParseError:
        """An error in a row, which counts from 0 here."""
        number = self.first + row if self.numbers is None else self.numbers[row]
        return ParseError(
            reason, advice=advice, path=self.path, row=number, unit=self.unit
        )


class Columns:
    """Columns that grow: those of a nested object have its name before theirs."""

    def __init__(self, place: Place, fields: Mapping[str, ResponseField]) -> None:
        self.place = place
        self._fields = fields
        self.arrays: dict[str, Array] = {}
        self.kinds: dict[str, str] = {}

    def add(self, name: str, values: list[Any]) -> None:
        """A column of values as JSON has them, one a row."""
        field = self._fields.get(name)
        expected = None if field is None else field.kinds.value
        dtype = "float64" if field is None or field.dtype is None else field.dtype.value
        self._add(name, values, expected, dtype)

    def add_array(self, name: str, array: Array) -> None:
        """A column of numbers in an array (n, ...), or of arrays in an array (n,).

        Floats and integers keep their type, but where the table has whole numbers.
        """
        field = self._fields.get(name)
        expected = None if field is None else field.kinds.value
        varies = array.dtype == object
        found = "vector" if varies else ("scalar", "vector", "matrix")[array.ndim - 1]
        single = found == "vector" and not varies and array.shape[1] == 1
        if single and (expected is None or "scalar" in expected):
            array, found = array[:, 0], "scalar"
        kinds = [kind for kind in _SATISFIES[found] if kind in (expected or (kind,))]
        if not kinds:
            raise self.place.error(
                0,
                f"field {name!r} is {_NAMES[found]}, expected "
                f"{_listed(_NAMES[one] for one in expected or ())}",
            )
        kind = kinds[0]
        if field is not None and field.dtype is not None and field.dtype.value == "int64":
            array = self._whole_array(name, array)
        if varies or kind == "list":
            column, kind = self._joined(name, list(array), kind, expected is not None)
            self._put(name, column, kind)
        else:
            self._put(name, array, kind)

    def _whole_array(self, name: str, array: Array) -> Array:
        if array.dtype == object:
            return objects([self._whole_array(name, one) for one in array])
        whole = array.astype(np.int64) if array.dtype.kind in "iu" else _rounded(array)
        other = whole != array
        if other.any():
            at = tuple(int(i) for i in np.argwhere(other)[0])
            raise self.place.error(
                at[0],
                f"field {name!r} is {array[at]}, expected a whole number",
                advice="without algorithm= it is read as any number",
            )
        return whole

    def add_objects(self, name: str, values: list[Any], kind: str) -> None:
        """A column of texts, images or arrays, taken as it is."""
        self._put(name, objects(values), kind)

    def _add(
        self, name: str, values: list[Any], expected: tuple[str, ...] | None, dtype: str
    ) -> None:
        if expected is not None and "any" in expected:
            self._put(name, objects(values), "any")
            return
        found = _kind_of(values)
        if found is None and expected is None and _are_strange(values):
            self._put(name, objects(values), "any")
            return
        kind = self._checked(name, values, found, expected)
        if kind == "vectors":
            self._add_by_name(name, values, expected, dtype)
        elif kind in ("text", "texts"):
            self._put(name, objects(values), kind)
        elif kind == "scalar":
            self._put(name, self._numbers(name, values, dtype, range(len(values))), kind)
        else:
            cells = self._cells(name, values, kind in ("matrix", "lists"), dtype)
            self._put(name, *self._joined(name, cells, kind, expected is not None))

    def _put(self, name: str, column: Array, kind: str) -> None:
        self.arrays[name] = column
        self.kinds[name] = kind

    def _checked(
        self,
        name: str,
        values: list[Any],
        found: str | None,
        expected: tuple[str, ...] | None,
    ) -> str:
        """The kind of all values, as the table calls it; an error for the row that is of
        another."""
        if found is not None:
            if expected is None:
                return {"empty": "vector"}.get(found, found)
            for kind in _SATISFIES[found]:
                if kind in expected:
                    return kind
        wanted = _listed(_NAMES[one] for one in expected or () if one in _NAMES)
        for row, value in enumerate(values):
            own = _kind_of([value])
            fits = expected is None or set(_SATISFIES[own or "any"]) & set(expected)
            if own is None or not fits:
                raise self.place.error(
                    row,
                    f"field {name!r} is {_shown(value)}, expected "
                    f"{wanted or 'numbers or texts'}",
                )
        each = [_kind_of([value]) for value in values]
        row = next(i for i, kind in enumerate(each) if kind != each[0])
        raise self.place.error(
            row,
            f"field {name!r} is {_shown(values[row])}, in the first row it is "
            f"{_shown(values[0])}",
            advice="all predictions of a response have the same form",
        )

    def _add_by_name(
        self,
        name: str,
        values: list[dict[str, Any]],
        expected: tuple[str, ...] | None,
        dtype: str,
    ) -> None:
        inner = None if expected is None else ("vector",)
        for key, column in transposed(values, self.place, f"{name}.").items():
            self._add(f"{name}.{key}", column, inner, dtype)

    def _cells(self, name: str, values: list[Any], deep: bool, dtype: str) -> list[Array]:
        """The array of each row's list; of its lists if it is deep."""
        rows = list(chain.from_iterable(values)) if deep else values
        owners = [i for i, value in enumerate(values) for _ in value] if deep else None
        counts = list(map(len, rows))
        flat = list(chain.from_iterable(rows))
        numbers = self._numbers(name, flat, dtype, _Rows(counts, owners))
        cells = np.split(numbers, np.cumsum(counts)[:-1]) if counts else []
        return self._matrices(name, values, cells) if deep else cells

    def _matrices(
        self, name: str, values: list[list[Any]], cells: list[Array]
    ) -> list[Array]:
        found, at = [], 0
        for row, value in enumerate(values):
            own = cells[at : at + len(value)]
            at += len(value)
            widths = {len(one) for one in own}
            if len(widths) > 1:
                raise self.place.error(
                    row,
                    f"field {name!r} has lists of {min(widths)} and of {max(widths)} "
                    "numbers, expected lists of equal length",
                )
            width = widths.pop() if widths else 0
            found.append(np.concatenate(own or [np.empty(0)]).reshape(len(value), width))
        return found

    def _joined(
        self, name: str, cells: list[Array], kind: str, strict: bool
    ) -> tuple[Array, str]:
        """Rows of one shape as one array, others as an array of arrays."""
        varies = kind in ("list", "lists")
        shapes = [one.shape for one in cells]
        if not varies and len(set(shapes)) == 1:
            return np.stack(cells), kind
        if not varies and strict:
            row = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
            raise self.place.error(
                row,
                f"field {name!r} has {_shape(shapes[row])}, in the first row "
                f"{_shape(shapes[0])}",
                advice="all predictions of a response have the same shape",
            )
        return objects(list(cells)), {"vector": "list", "matrix": "lists"}.get(kind, kind)

    def _numbers(
        self, name: str, values: list[Any], dtype: str, row_of: Sequence[int]
    ) -> Array:
        """Numbers as an array that holds exactly these."""
        types = set(map(type, values))
        if str in types:
            values = [_WORDS.get(v, v) if type(v) is str else v for v in values]
        try:
            if dtype == "int64":
                return _whole(values)
            array = np.array(values, np.float64)
        except (ValueError, OverflowError):
            for at, value in enumerate(values):
                if not _fits(value, dtype):
                    wanted = "a whole number" if dtype == "int64" else "a float64"
                    raise self.place.error(
                        row_of[at],
                        f"field {name!r} is {_shown(value)}, expected {wanted}",
                        advice="without algorithm= it is read as any number"
                        if dtype == "int64"
                        else "",
                    ) from None
            raise
        if int in types and (np.abs(array) >= _EXACT).any():
            for at, value in enumerate(values):
                if type(value) is int and int(float(value)) != value:
                    raise self.place.error(
                        row_of[at],
                        f"field {name!r} is {value}, which float64 cannot hold exactly",
                        advice="name the algorithm= whose table has it as whole numbers",
                    )
        return array


class _Rows(Sequence[int]):
    """Which row a number of the joined lists belongs to; asked for in errors only."""

    def __init__(self, counts: list[int], owners: list[int] | None) -> None:
        self._counts, self._owners = counts, owners

    def __len__(self) -> int:
        return sum(self._counts)

    def __getitem__(self, at: Any) -> Any:
        index = int(np.searchsorted(np.cumsum(self._counts), at, side="right"))
        return index if self._owners is None else self._owners[index]


def _rounded(array: Array) -> Array:
    """Floats as int64; what is none (NaN, infinities, too large) becomes 0."""
    small = np.abs(array) < 2.0**63
    return np.where(small, array, 0).astype(np.int64)


def _whole(values: list[Any]) -> Array:
    if set(map(type, values)) <= {int}:
        return np.array(values, np.int64)
    floats = np.array(values, np.float64)
    if (np.abs(floats) < _EXACT).all():
        quick = floats.astype(np.int64)
        if (quick == floats).all():
            return quick
    exact = [int(value) for value in values]  # of NaN and infinities: an error
    if exact != values:
        raise ValueError
    return np.array(exact, np.int64)


def _fits(value: Any, dtype: str) -> bool:
    try:
        if dtype == "int64":
            return bool(_whole([value]).size)
        return bool(np.array([value], np.float64).size)
    except (ValueError, OverflowError):
        return False


def _kind_of(values: Iterable[Any]) -> str | None:
    """What all of these values are; None if they differ or have no name here."""
    types = set(map(type, values))
    if types <= {int, float}:
        return "scalar"
    if types == {str}:
        return "scalar" if _WORDS.keys() >= set(values) else "text"
    if str in types and types <= {int, float, str}:
        words = {value for value in values if type(value) is str}
        return "scalar" if words <= _WORDS.keys() else None
    if types == {dict}:
        return "vectors"
    if types != {list}:
        return None
    flat = list(chain.from_iterable(values))
    if not flat:
        return "empty"
    if all(type(one) is list for one in flat):
        inner = _kind_of(flat)
        return "matrix" if inner in ("vector", "empty") else None
    return {"scalar": "vector", "text": "texts"}.get(_kind_of(flat) or "")


def _are_strange(values: list[Any]) -> bool:
    """Whether none of them is anything that has a name, and none is null."""
    return not any(value is None or _kind_of([value]) for value in values)


def _shown(value: Any) -> str:
    """
    >>> _shown(None), _shown([1, 2, 3]), _shown("high"), _shown({"a": 1})
    ('null', 'a list of 3', "'high'", 'an object')
    """
    if value is None:
        return "null"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _shape(shape: tuple[int, ...]) -> str:
    count = " x ".join(map(str, shape))
    return f"{count} number{'' if shape == (1,) else 's'}"


def _listed(words: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(words))


def transposed(
    rows: list[dict[str, Any]], place: Place, prefix: str = ""
) -> dict[str, list[Any]]:
    """Objects, one a row, as the values of each field.

    Raises
    ------
    ParseError
        If a row has other fields than the first.
    """
    if not rows:
        return {}
    first = rows[0]
    if set(map(len, rows)) == {len(first)}:
        with contextlib.suppress(KeyError):
            return {name: [row[name] for row in rows] for name in first}
    number = next(i for i, row in enumerate(rows) if row.keys() != first.keys())
    raise _other_fields(rows[number], first, number, place, prefix)


def _other_fields(
    row: dict[str, Any], first: dict[str, Any], number: int, place: Place, prefix: str
) -> ParseError:
    missing = [f"{prefix}{name}" for name in first if name not in row]
    surplus = [f"{prefix}{name}" for name in row if name not in first]
    if missing:
        reason = f"no field {missing[0]!r}, which the rows before have"
    else:
        reason = f"field {surplus[0]!r}, which the rows before do not have"
    return place.error(number, reason, advice="all predictions have the same fields")


def columns_of(
    rows: list[dict[str, Any]], place: Place, fields: Mapping[str, ResponseField]
) -> Columns:
    """Objects, one a row, as columns.

    Raises
    ------
    ParseError
        If one is no object, lacks a field, or has a value of another type or shape than
        the table or the first row; with the row.
    """
    if set(map(type, rows)) - {dict}:
        row = next(i for i, one in enumerate(rows) if type(one) is not dict)
        raise place.error(row, f"found {_shown(rows[row])}, expected an object")
    found = Columns(place, fields)
    for name, values in transposed(rows, place).items():
        found.add(name, values)
    return found
