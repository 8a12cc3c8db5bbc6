"""Arrow arrays become NumPy arrays: numbers with a mask of what is missing, and text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from .arrow_types import storage_type

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    from ..tally import Tally

    Array = npt.NDArray[Any]

__all__ = ["Numbers", "lists", "numbers", "texts", "vectors"]


@dataclass(frozen=True)
class Numbers:
    """Values of a column, flat, and which of them are missing (None: none is)."""

    values: Array
    missing: Array | None = None


def _plain(array: pa.Array) -> pa.Array:
    """An array without extension types, dictionaries and run lengths."""
    from pyarrow import types

    while hasattr(array.type, "storage_type"):
        array = array.storage
    if types.is_dictionary(array.type):
        return _plain(array.dictionary_decode())
    if getattr(types, "is_run_end_encoded", lambda _: False)(array.type):
        import pyarrow.compute as pc

        return _plain(pc.run_end_decode(array))
    return array


def _missing(array: pa.Array) -> Array | None:
    if array.null_count == 0:
        return None
    mask: Array = array.is_null().to_numpy(zero_copy_only=False)
    return mask


def numbers(array: pa.Array, tally: Tally) -> Numbers:
    """The numbers of a primitive array, without a copy where that is possible."""
    import pyarrow as pa
    from pyarrow import types

    array = _plain(array)
    missing = _missing(array)
    if types.is_null(array.type):
        return Numbers(np.zeros(len(array)), np.ones(len(array), bool))
    if types.is_decimal(array.type):
        array = _from_decimal(array, tally)
    as_bool = types.is_boolean(array.type)
    if as_bool:
        array = array.cast(pa.int8())
    dtype = np.dtype(array.type.to_pandas_dtype())
    data = array.buffers()[1]
    if data is None:
        return Numbers(np.zeros(len(array), dtype), missing)
    start = array.offset * dtype.itemsize
    values = np.frombuffer(data, np.uint8)[start : start + len(array) * dtype.itemsize]
    return Numbers(values.view(bool if as_bool else dtype), missing)


def _from_decimal(array: pa.Array, tally: Tally) -> pa.Array:
    """Decimals as float64; those that do not come back the same are counted."""
    import pyarrow as pa
    import pyarrow.compute as pc

    floats = array.cast(pa.float64())
    if array.type.precision <= 15:
        return floats
    try:
        changed = pc.not_equal(floats.cast(array.type), array)
        n_changed = pc.sum(changed).as_py() or 0
    except pa.ArrowInvalid:  # a value that rounds up to one digit more
        pairs = zip(array.to_pylist(), floats.to_pylist())
        n_changed = sum(a is not None and type(a)(b) != a for a, b in pairs)
    if n_changed:
        tally.values_rounded += int(n_changed)
        tally.max_relative_error = max(tally.max_relative_error, 2.0**-53)
    return floats


def vectors(array: pa.Array, shape: tuple[int, ...], tally: Tally) -> Numbers:
    """The numbers of fixed-size lists, row after row; those of a null row are missing."""
    array = _plain(array)
    width = int(np.prod(shape, dtype=np.int64))
    rows_missing: Any = _missing(array)
    n_rows, inner = len(array), array
    per_row = 1
    while hasattr(inner.type, "list_size"):
        size = inner.type.list_size
        inner = inner.values.slice(inner.offset * size, len(inner) * size)
        inner = storage_of(inner)
        per_row *= size
        lists_missing = _missing(inner) if hasattr(inner.type, "list_size") else None
        if lists_missing is not None:
            whole = lists_missing.reshape(n_rows, per_row).any(axis=1)
            rows_missing = whole if rows_missing is None else rows_missing | whole
    found = numbers(inner, tally)
    if rows_missing is None:
        return found
    missing = np.repeat(rows_missing, width)
    return Numbers(
        found.values, missing if found.missing is None else missing | found.missing
    )


def storage_of(array: pa.Array) -> pa.Array:
    """The array that an extension array is stored as."""
    while hasattr(array.type, "storage_type"):
        array = array.storage
    return array


def lists(
    array: pa.Array, what: str, first_row: int, tally: Tally
) -> tuple[Array, Numbers]:
    """Row offsets, from 0, and the numbers of lists; a null list is refused."""
    import pyarrow as pa
    from pyarrow import types

    array = storage_of(array)
    missing = _missing(array)
    if missing is not None:
        raise InputError(
            "the list is missing",
            row=first_row + int(np.argmax(missing)),
            column=what,
            advice="fill it, or leave the row out",
        )
    if not (types.is_list(array.type) or types.is_large_list(array.type)):
        array = array.cast(pa.large_list(storage_type(array.type).value_type))
    offsets = array.offsets.to_numpy(zero_copy_only=False)
    start, stop = (int(offsets[0]), int(offsets[-1])) if len(offsets) else (0, 0)
    found = numbers(storage_of(array.values.slice(start, stop - start)), tally)
    return (offsets - start if start else offsets).astype(np.int64, copy=False), found


def texts(array: pa.Array) -> tuple[Array, Array, Array | None]:
    """UTF-8 bytes, row offsets into them, and which rows have a text (None: all have)."""
    import pyarrow as pa

    array = _plain(array).cast(pa.large_string())
    missing = _missing(array)
    _, offsets, data = array.buffers()
    if offsets is None or not len(array):
        bounds = np.zeros(len(array) + 1, np.int64)
    else:
        bounds = np.frombuffer(offsets, np.int64)
        bounds = bounds[array.offset : array.offset + len(array) + 1]
    raw = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return raw, bounds, None if missing is None else ~missing
