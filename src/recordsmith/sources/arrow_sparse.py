"""Structs of keys and values become sparse rows.

Three kinds are known by the names of their fields:

- `keys` (or `indices`, `index`) and `values`, with `shape` or `size`: as
  :meth:`recordsmith.Batch.to_arrow` makes them. Without a size, `n_features` says it.
- Spark's vectors: `type`, `size`, `indices`, `values`. Of its dense rows (type 1) every
  value is stored, so that one column gives one kind of rows throughout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from ..batch import FEATURE, Field
from ..errors import InputError
from .arrow_types import SPARSE_KEYS
from .arrow_values import Numbers, lists, numbers, storage_of, vectors

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..tally import Tally

    Array = npt.NDArray[Any]
    Cast = Callable[[Numbers, Array], Array]

__all__ = ["SparseColumn"]


class SparseColumn:
    """A column of sparse rows; remembers the shape that all of its rows must have.

    Parameters
    ----------
    column, field : str
        Name of the column, and of the feature that it becomes.
    n_features : int, optional
        Number of columns that the rows must have, or that they do not state themselves.
    """

    def __init__(
        self, column: str, field: str, n_features: int | None, tally: Tally
    ) -> None:
        self.column = column
        self.field = field
        self.tally = tally
        self.shape: tuple[int, ...] | None = None if n_features is None else (n_features,)

    def fields(self, array: Any, first_row: int, cast: Cast) -> Field:
        """The feature of some rows; `cast(values, offsets)` gives the wire's dtype."""
        struct = storage_of(array)
        if struct.null_count:
            missing = struct.is_null().to_numpy(zero_copy_only=False)
            raise self._error(
                "the sparse row is missing", first_row + int(np.argmax(missing))
            )
        parts = {one.name: struct.field(i) for i, one in enumerate(struct.type)}
        is_dense = _dense_rows(parts)
        offsets, found = lists(parts["values"], self.column, first_row, self.tally)
        keys = self._keys(parts, offsets, is_dense, first_row)
        self._check_shape(parts, np.diff(offsets), is_dense, first_row)
        return Field(
            FEATURE,
            "csr",
            cast(found, offsets),
            name=self.field,
            shape=self.shape or (0,),
            offsets=offsets,
            keys=keys,
        )

    def _error(self, reason: str, row: int, advice: str = "") -> InputError:
        return InputError(reason, row=row, column=self.column, advice=advice)

    def _keys(
        self,
        parts: dict[str, Any],
        offsets: Array,
        is_dense: Array | None,
        first_row: int,
    ) -> Array:
        array = next(parts[name] for name in SPARSE_KEYS if name in parts)
        counts = expected = np.diff(offsets)
        if is_dense is not None:
            expected = np.where(is_dense, 0, counts)
            array = array.fill_null([]) if array.null_count else array
        key_offsets, found = lists(array, self.column, first_row, self.tally)
        differs = np.diff(key_offsets) != expected
        if differs.any():
            at = int(np.argmax(differs))
            n_keys = int(key_offsets[at + 1] - key_offsets[at])
            raise self._error(
                f"the sparse row has {n_keys} keys for {int(counts[at])} values",
                first_row + at,
            )
        if found.missing is not None:
            at = int(np.searchsorted(key_offsets, np.argmax(found.missing), "right")) - 1
            raise self._error("a key of the sparse row is missing", first_row + at)
        keys: Array = found.values.astype(np.int64, copy=False)
        if is_dense is None or not is_dense.any():
            return keys
        local: Array = np.arange(int(offsets[-1])) - np.repeat(offsets[:-1], counts)
        local[np.repeat(~is_dense, counts)] = keys
        return local

    def _check_shape(
        self, parts: dict[str, Any], counts: Array, is_dense: Array | None, first_row: int
    ) -> None:
        shapes = self._stated(parts, first_row)
        if shapes is None:
            if self.shape is None:
                raise InputError(
                    "the sparse rows do not say how many columns there are",
                    column=self.column,
                    advice="pass n_features=",
                )
            return
        if is_dense is not None:
            shapes = np.where(is_dense[:, None], counts[:, None], shapes)
        if not len(shapes):
            return
        if self.shape is None:
            self.shape = tuple(int(size) for size in shapes[0])
        expected = np.array(self.shape)
        if shapes.shape[1] == len(expected):
            differs = (shapes != expected).any(axis=1)
        else:
            differs = np.ones(len(shapes), bool)
        if differs.any():
            at = int(np.argmax(differs))
            found = " x ".join(str(int(size)) for size in shapes[at])
            raise self._error(
                f"the sparse row has {found} columns, "
                f"expected {' x '.join(str(size) for size in self.shape)}",
                first_row + at,
                advice="all rows need one width",
            )

    def _stated(self, parts: dict[str, Any], first_row: int) -> Array | None:
        """The shape that each row states, (n_rows, n_dimensions); None if none does."""
        if "shape" in parts:
            array = parts["shape"]
            if hasattr(array.type, "list_size"):
                found = vectors(array, (array.type.list_size,), self.tally)
            else:
                _, found = lists(array, self.column, first_row, self.tally)
            n_rows = len(array)
            if found.missing is None and n_rows and len(found.values) % n_rows == 0:
                return found.values.reshape(n_rows, -1)
            if not n_rows:
                return np.empty((0, 1), np.int64)
            raise self._error("the rows have shapes of different kinds", first_row)
        if "size" in parts:
            found = numbers(parts["size"], self.tally)
            sizes: Array = found.values.astype(np.int64)
            if found.missing is not None:
                sizes[found.missing] = -1  # of Spark's dense rows, which have none
            return sizes.reshape(-1, 1)
        return None


def _dense_rows(parts: dict[str, Any]) -> Array | None:
    """Which rows are Spark's dense vectors: their `type` is 1."""
    if "type" not in parts:
        return None
    is_dense: Array = parts["type"].fill_null(0).to_numpy(zero_copy_only=False) == 1
    return is_dense
