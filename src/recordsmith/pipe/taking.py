"""Some rows of a batch, in any order: the step below shuffling, sharding and padding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import Batch, Field

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["take", "take_every"]

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
        return replace(field, values=field.values[rows], present=present)
    offsets, pick = _picked(field.bounds, rows)
    if field.kind != "blobs":
        keys = None if field.keys is None else pick(field.keys)
        return replace(
            field, values=pick(field.values), offsets=offsets, keys=keys, present=present
        )
    assert field.item_offsets is not None
    items = pick(np.arange(len(field.item_offsets) - 1))
    item_offsets, pick = _picked(field.item_offsets, items)
    return replace(
        field,
        values=pick(field.values),
        offsets=offsets,
        item_offsets=item_offsets,
        present=present,
    )


def _picked(bounds: Array, rows: Array) -> tuple[Array, Any]:
    """The rows' new offsets, and what takes their items out of an array."""
    starts = bounds[:-1][rows].astype(np.int64)
    lengths = bounds[1:][rows] - starts
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    total = int(offsets[-1])

    def pick(array: Array) -> Array:
        if total > _LONG * len(rows):
            return np.concatenate(
                [array[a : a + n] for a, n in zip(starts.tolist(), lengths.tolist())]
            )
        return array[np.arange(total) + np.repeat(starts - offsets[:-1], lengths)]

    return offsets, pick
