"""Predictions in memory: what a response holds, a column for each field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..wording import plural

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas
    import pyarrow

    Array = npt.NDArray[Any]

__all__ = ["Predictions", "objects"]


@dataclass(frozen=True, eq=False, repr=False)
class Predictions:
    """The predictions of a response, a column for each field.

    It is taken apart as a data frame is: `len` counts predictions, `in` and iteration are
    over the names of fields, `[name]` gives a column.

    Attributes
    ----------
    fields : mapping of str to ndarray
        In the order of the body. (n,) of numbers, or (n, ...) where all predictions have
        numbers of the same shape; (n,) of objects for text (str), images (bytes), rows of
        varying length (ndarrays, lists of str), and whatever else JSON held.
    kinds : mapping of str to str
        What each is, as :class:`~recordsmith.algorithm_table.types.ResponseField` has it.
    n_rows : int
        Predictions; also known where there are no fields.

    Examples
    --------
    >>> import recordsmith as rs
    >>> body = b'{"predictions": [{"score": 0.4, "predicted_label": 0}]}'
    >>> found = rs.parse_response(body, "application/json", algorithm="linear-learner")
    >>> len(found), list(found), found["score"], found["predicted_label"]
    (1, ['score', 'predicted_label'], array([0.4]), array([0]))
    """

    fields: Mapping[str, Array]
    kinds: Mapping[str, str]
    n_rows: int = field(default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", MappingProxyType(dict(self.fields)))
        object.__setattr__(self, "kinds", MappingProxyType(dict(self.kinds)))
        for name, column in self.fields.items():
            if len(column) != self.n_rows:
                raise InputError(
                    f"field {name!r} has {plural(len(column), 'row')}, not {self.n_rows}"
                )

    def __len__(self) -> int:
        return self.n_rows

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __contains__(self, name: object) -> bool:
        return name in self.fields

    def __getitem__(self, name: str) -> Array:
        if name not in self.fields:
            held = ", ".join(self.fields) or "no fields, for it has no predictions"
            raise KeyError(f"{name}: the response holds {held}")
        return self.fields[name]

    def __reduce__(self) -> tuple[object, ...]:  # a mapping proxy cannot be pickled
        return Predictions, (dict(self.fields), dict(self.kinds), self.n_rows)

    def __repr__(self) -> str:
        parts = [
            f"{name}: {_described(column, self.kinds[name])}"
            for name, column in self.fields.items()
        ]
        held = f": {'; '.join(parts)}" if parts else ""
        return f"<Predictions: {plural(self.n_rows, 'row')}{held}>"

    def to_arrow(self) -> pyarrow.Table:
        """A pyarrow Table: numbers, fixed-size lists (of lists), lists, strings, binary;
        what has no type of its own is JSON text."""
        import pyarrow as pa

        names = list(self.fields)
        columns = [_to_arrow(self.fields[name], self.kinds[name]) for name in names]
        if not names:
            return pa.table({})
        return pa.Table.from_arrays(columns, names)

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas DataFrame: one column a field, with arrays in the cells of vectors."""
        import pandas

        return pandas.DataFrame(
            {
                name: column if column.ndim == 1 else objects(list(column))
                for name, column in self.fields.items()
            }
        )


def objects(values: list[Any]) -> Array:
    """A one-dimensional array of these objects, whatever they are."""
    column = np.empty(len(values), object)
    for row, value in enumerate(values):  # slices would be taken apart
        column[row] = value
    return column


def _described(column: Array, kind: str) -> str:
    if column.dtype == object:
        return kind
    shape = "" if column.ndim == 1 else f" {kind} {'x'.join(map(str, column.shape[1:]))}"
    return f"{column.dtype}{shape}"


def _to_arrow(column: Array, kind: str) -> pyarrow.Array:
    import pyarrow as pa

    if column.dtype != object:
        array = pa.array(np.ascontiguousarray(column).reshape(-1))
        for width in reversed(column.shape[1:]):
            if width == 0:
                return pa.array([[]] * len(column), pa.list_(array.type))
            array = pa.FixedSizeListArray.from_arrays(array, width)
        return array
    if kind in ("list", "lists", "tensor"):
        return _lists(column)
    types = {"text": pa.string(), "texts": pa.list_(pa.string()), "image": pa.binary()}
    if kind in types:
        return pa.array(column.tolist(), types[kind])
    return pa.array([json.dumps(value) for value in column.tolist()], pa.string())


def _lists(column: Array) -> pyarrow.Array:
    """Arrays of any shape, one a row, as lists (of lists)."""
    import pyarrow as pa

    flat = np.concatenate([one.reshape(-1) for one in column])
    array = pa.array(flat)
    depth = max(one.ndim for one in column)
    for axis in reversed(range(depth)):
        # The count of lists on this level is the product of the axes before it.
        counts = np.concatenate(
            [np.full(int(np.prod(one.shape[:axis])), one.shape[axis]) for one in column]
        )
        offsets = np.zeros(len(counts) + 1, np.int32)
        np.cumsum(counts, out=offsets[1:])
        array = pa.ListArray.from_arrays(pa.array(offsets), array)
    return array
