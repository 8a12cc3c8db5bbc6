"""Some rows of a batch, in any order: the step below shuffling, sharding and padding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .batch import Batch, Field

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["take", "take_every"]

_MOST_KEYS = 2**63 - 1
_LONG = 256  # from here on, copying piece by piece costs less than an index for each item


def take(batch: Batch, rows: Array) -> Batch:
    """The rows with these positions, each as often as it is named, in this order.

    Parameters
    ----------
    batch : Batch
    rows : ndarray of int64
        Positions in the batch, from 0.

    Examples
    --------
    >>> import recordsmith as rs
    >>> batch = rs.decode(rs.encode([[1.0], [2.0], [3.0]]))
    >>> take(batch, np.array([2, 0, 2])).features.ravel()
    array([3., 1., 3.])
    """
    fields = tuple(_take_field(one, rows) for one in batch.fields)
    return Batch(fields, len(rows), batch.first_row)


def take_every(batch: Batch, first: int, step: int) -> Batch:
    """The rows first, first + step, ...; those of dense fields are not copied."""
    if any(one.kind != "dense" for one in batch.fields):
        return take(batch, np.arange(first, batch.n_rows, step))
    fields = tuple(
        replace(
            one,
            values=one.values[first::step],
            present=None if one.present is None else one.present[first::step],
        )
        for one in batch.fields
    )
    return Batch(fields, len(range(first, batch.n_rows, step)), batch.first_row)


def _take_field(field: Field, rows: Array) -> Field:
    present = None if field.present is None else field.present[rows]
    if field.kind == "dense":
        values = field.values.take(rows, axis=0)  # many times as fast as [rows]
        return replace(field, values=values, present=present)
    if field.kind == "csr":
        return replace(_take_sparse(field, rows), present=present)
    pick = _Pick(field.bounds, rows)
    if field.kind != "blobs":
        values = pick(field.values)
        return replace(field, values=values, offsets=pick.offsets, present=present)
    assert field.item_offsets is not None
    items = pick(np.arange(len(field.item_offsets) - 1))
    pick_bytes = _Pick(field.item_offsets, items)
    return replace(
        field,
        values=pick_bytes(field.values),
        offsets=pick.offsets,
        item_offsets=pick_bytes.offsets,
        present=present,
    )


def _take_sparse(field: Field, rows: Array) -> Field:
    """By SciPy, which copies row by row in C, whatever the order of the keys."""
    from scipy.sparse import csr_matrix

    keys = field.stored_keys
    # SciPy looks at it only to choose a type that holds all keys.
    n_cols = field.width or min(int(keys.max(initial=0)) + 1, _MOST_KEYS)
    parts = (field.stored, keys, field.bounds - field.bounds[0])
    found = csr_matrix(parts, shape=(field.n_rows, n_cols), copy=False)[rows]
    return replace(
        field,
        values=found.data,
        offsets=found.indptr,
        keys=found.indices,
        present=None,
    )


class _Pick:
    """Takes the items of some rows out of arrays; `offsets` are those rows' new ones."""

    def __init__(self, bounds: Array, rows: Array) -> None:
        starts = bounds.take(rows).astype(np.int64, copy=False)
        lengths = bounds[1:].take(rows) - starts
        self.offsets: Array = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(lengths, out=self.offsets[1:])
        self._pieces: list[slice] | None = None
        if self.offsets[-1] > _LONG * len(rows):
            pairs = zip(starts.tolist(), lengths.tolist())
            self._pieces = [slice(a, a + n) for a, n in pairs]
        else:
            self._index = np.repeat(starts - self.offsets[:-1], lengths)
            self._index += np.arange(len(self._index))

    def __call__(self, array: Array) -> Array:
        if self._pieces is None:
            return array.take(self._index)
        return np.concatenate([array[one] for one in self._pieces])
