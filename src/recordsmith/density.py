"""Dense fields become sparse, and sparse ones dense, with the same numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .batch import Field
from .errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["dense_values", "densified", "sparsified", "stored_mask"]

_INT32_KEYS = 2**31 - 1


def stored_mask(values: Array) -> npt.NDArray[np.bool_]:
    """Which of these numbers a sparse row stores: all but +0, as -0 would not come back.

    Examples
    --------
    >>> stored_mask(np.array([0.0, -0.0, np.nan, 2.0])).tolist()
    [False, True, True, True]
    """
    values = np.ascontiguousarray(values)
    bits = values.view(np.dtype(f"u{values.dtype.itemsize}"))
    stored: npt.NDArray[np.bool_] = bits != 0
    return stored


def sparsified(field: Field) -> Field:
    """A dense field as csr, without its zeros; any other field as it is.

    Examples
    --------
    >>> field = sparsified(Field("feature", "dense", np.array([[0, 7], [0, 0]], "int32")))
    >>> field.keys.tolist(), field.values.tolist(), field.offsets.tolist(), field.shape
    ([1], [7], [0, 1, 1], (2,))
    """
    if field.kind != "dense":
        return field
    values = np.ascontiguousarray(field.values)
    n_rows, width = values.shape
    stored = stored_mask(values)
    offsets = np.zeros(n_rows + 1, np.int64)
    np.cumsum(np.count_nonzero(stored, axis=1), out=offsets[1:])
    keys = np.nonzero(stored)[1].astype(np.int32 if width <= _INT32_KEYS else np.int64)
    return replace(
        field,
        kind="csr",
        values=values[stored],
        offsets=offsets,
        keys=keys,
        shape=field.shape if field.shape is not None else (width,),
    )


def densified(field: Field) -> Field:
    """A csr field as dense, with all its zeros; any other field as it is.

    The shape stays if it has several dimensions: dense rows of one say nothing of it.
    """
    if field.kind != "csr":
        return field
    shape = field.shape if field.shape is not None and len(field.shape) > 1 else None
    return replace(
        field,
        kind="dense",
        values=dense_values(field),
        offsets=None,
        keys=None,
        shape=shape,
    )


def dense_values(field: Field) -> Array:
    """The numbers of a csr field as a matrix (n_rows, width); of a key that is stored
    twice, the last.

    Raises
    ------
    InputError
        If the rows name no shape, so that nobody knows the width.
    """
    width = field.width
    if width is None:
        raise InputError(
            f"{field.role} {field.name!r}: its sparse records name no shape, so the "
            "number of columns is unknown",
            advice="pass n_features=",
        )
    out = np.zeros((field.n_rows, width), field.dtype)
    rows = np.repeat(np.arange(field.n_rows), np.diff(field.bounds))
    out[rows, field.stored_keys] = field.stored
    return out
