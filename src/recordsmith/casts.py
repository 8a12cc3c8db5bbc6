"""How numbers of any dtype become those of the wire: float32, float64 and int32.

The rules, for features and labels alike:

==================================  =========  ======================================
found                               becomes    if
==================================  =========  ======================================
float32, float64, int32             itself
float16                             float32
bool, int8, int16, uint8, uint16    int32
int64, uint32, uint64               int32      all values fit, else InputError
big-endian, any of these            the same   in native byte order
==================================  =========  ======================================

Anything else is refused. `dtype=` asks for one of the three by name: then float64 ->
float32 and integers -> float may round (counted in the tally, with the largest relative
error), but a finite value that would become infinite is an InputError, and floats become
int32 only if they are whole numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from .errors import InputError, UnsupportedTypeError
from .tally import Tally

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["WIRE_DTYPES", "cast_array", "wire_dtype"]

WIRE_DTYPES = ("float32", "float64", "int32")
_FLOATS = {"float16": "float32", "float32": "float32", "float64": "float64"}
_SMALL_INTS = ("bool", "int8", "int16", "int32", "uint8", "uint16")
_LARGE_INTS = ("int64", "uint32", "uint64")


def wire_dtype(dtype: np.dtype[Any], what: str = "values") -> str:
    """The name of the wire's dtype for an array's, by the table above.

    Raises
    ------
    UnsupportedTypeError
        If there is none.

    Examples
    --------
    >>> wire_dtype(np.dtype(">f4")), wire_dtype(np.dtype("uint8"))
    ('float32', 'int32')
    """
    name = dtype.newbyteorder("=").name
    if name in _FLOATS:
        return _FLOATS[name]
    if name in _SMALL_INTS or name in _LARGE_INTS:
        return "int32"
    raise UnsupportedTypeError(
        f"{what} are {dtype}, expected numbers (float, int or bool)",
        advice=_advice(dtype),
    )


def _advice(dtype: np.dtype[Any]) -> str:
    if dtype.kind in "OSU":
        return "turn text and categories into numbers first, or leave the column out"
    if dtype.kind in "mM":
        return "turn times into numbers first, such as seconds since a date"
    return "convert them with astype() to what you mean"


def cast_array(
    array: Array,
    dtype: str | None = None,
    what: str = "values",
    tally: Tally | None = None,
) -> Array:
    """An array of a wire dtype with the same values, by the rules of this module.

    Parameters
    ----------
    array : ndarray of any shape
        Returned as it is if nothing has to change.
    dtype : {"float32", "float64", "int32"}, optional
        What is wanted; by default what loses nothing.
    what : str, default "values"
        What a message calls the array, in the plural: "features", "labels".
    tally : Tally, optional
        Where rounding is counted.

    Raises
    ------
    UnsupportedTypeError
        If the dtype has no place on the wire.
    InputError
        If a value does not fit; `row` and `column` say which.

    Examples
    --------
    >>> cast_array(np.array([1, 2], dtype=np.uint8)).dtype
    dtype('int32')
    >>> cast_array(np.array([0.1, 1e39]), "float32", "features")
    Traceback (most recent call last):
        ...
    recordsmith.errors.InputError: row 1: features: 1e+39 is too large for float32; \
pass dtype="float64", or scale it
    """
    target = wire_dtype(array.dtype, what) if dtype is None else dtype
    if target not in WIRE_DTYPES:
        raise InputError(
            f"dtype {dtype!r} is not one of the format",
            advice="pass float32, float64 or int32",
        )
    wire_dtype(array.dtype, what)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.name == target:
        return array
    tally = Tally() if tally is None else tally
    if target == "int32":
        return _to_int32(array, what)
    if array.dtype.kind == "f":
        return _between_floats(array, target, what, tally)
    return _int_to_float(array, target, tally)


def _to_int32(array: Array, what: str) -> Array:
    if array.dtype.name in _SMALL_INTS:
        return array.astype(np.int32)
    if array.dtype.kind == "f":
        whole = np.trunc(array) == array
        if not whole.all():
            at = _first(~whole)
            raise _misfit(
                f"{array[at]} is no whole number",
                at,
                what,
                "keep dtype float32 or float64",
            )
    low, high = np.iinfo(np.int32).min, np.iinfo(np.int32).max
    fits = (array >= low) & (array <= high)
    if not fits.all():
        at = _first(~fits)
        raise _misfit(
            f"{array[at]} is outside int32, the format's only integer type",
            at,
            what,
            'pass dtype="float64" if that holds your values, or renumber them',
        )
    return array.astype(np.int32)


def _between_floats(array: Array, target: str, what: str, tally: Tally) -> Array:
    if not (target == "float32" and array.dtype.name == "float64"):
        return array.astype(target)
    flat = np.ascontiguousarray(array).reshape(-1)
    out = np.empty(flat.shape, np.float32)
    changed, overflow, first, error = _core.narrow_float32(flat, out)
    if overflow:
        at = np.unravel_index(first, array.shape)
        raise _misfit(
            f"{array[at]} is too large for float32",
            at,
            what,
            'pass dtype="float64", or scale it',
        )
    tally.values_rounded += changed
    tally.max_relative_error = max(tally.max_relative_error, error)
    return out.reshape(array.shape)


def _int_to_float(array: Array, target: str, tally: Tally) -> Array:
    out = array.astype(target)
    bits = 24 if target == "float32" else 53
    if array.dtype.kind == "b" or array.dtype.itemsize * 8 <= bits:
        return out
    # Every integer up to 2^bits is exact, so only larger ones need a comparison.
    large = (
        (array > 2**bits) | (array < -(2**bits))
        if array.dtype.kind == "i"
        else array > 2**bits
    )
    if large.any():
        exact = [int(v) for v in array[large].reshape(-1).tolist()]
        rounded = [int(v) for v in out[large].reshape(-1).tolist()]
        errors = [abs(b - a) / abs(a) for a, b in zip(exact, rounded) if a != b]
        tally.values_rounded += len(errors)
        tally.max_relative_error = max([tally.max_relative_error, *errors])
    return out


def _first(mask: Array) -> tuple[Any, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))


def _misfit(reason: str, at: tuple[Any, ...], what: str, advice: str) -> InputError:
    return InputError(
        f"{what}: {reason}",
        advice=advice,
        row=int(at[0]) if at else None,
        column=int(at[1]) if len(at) > 1 else None,
    )
