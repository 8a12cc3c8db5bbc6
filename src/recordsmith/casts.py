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

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from .errors import InputError, UnsupportedTypeError
from .tally import Tally

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = [
    "WIRE_DTYPES",
    "Misfit",
    "cast_array",
    "join_strips",
    "misfit_error",
    "wire_dtype",
]

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
    if array.dtype.name == "float16":
        array = array.astype(np.float32)
        if target == "float32":
            return array
    flat = np.ascontiguousarray(array).reshape(-1)
    strips = _core.Strips(len(flat), 1)
    strips.add(flat, 1)
    out = np.empty(array.shape, target)
    misfit = join_strips(strips, out, Tally() if tally is None else tally)
    if misfit is None:
        return out
    at = [int(i) for i in np.unravel_index(misfit.row, array.shape)]
    error = misfit_error(misfit, flat[misfit.row], out.dtype, what)
    error.row, error.column = [*at, None][:2] if at else (None, None)
    raise error


@dataclass(frozen=True)
class Misfit:
    """A number that has no place in a dtype.

    Attributes
    ----------
    reason : str
        "RS_E_MISSING", "RS_E_RANGE", "RS_E_FRACTION" or "RS_E_INEXACT".
    strip, row, column : int
        The strip that holds it, and its place in the matrix.
    """

    reason: str
    strip: int
    row: int
    column: int


def join_strips(
    strips: _core.Strips,
    out: Array,
    tally: Tally,
    *,
    keep_integers: bool = False,
    fill: Array | None = None,
) -> Misfit | None:
    """Cast columns into the rows of one array, and count what was rounded.

    Parameters
    ----------
    strips : Strips
    out : ndarray of a wire dtype, C-contiguous
        As many numbers as the strips hold.
    keep_integers : bool, default False
        Integers that are too large to be exact as floats are misfits.
    fill : ndarray with one number of the dtype of `out`, optional
        What stands for missing numbers, which are counted; else one is a misfit.

    Returns
    -------
    Misfit or None
        The first number, row by row, that does not fit: then `out` is void.
    """
    reason, n_filled, n_changed, error, *place = strips.join(out, keep_integers, fill)
    if reason != "RS_OK":
        return Misfit(reason, *place)
    tally.nulls += n_filled
    tally.values_rounded += n_changed
    tally.max_relative_error = max(tally.max_relative_error, error)
    return None


def misfit_error(
    misfit: Misfit, value: Any, dtype: np.dtype[Any], what: str
) -> InputError:
    """The exception for a number that is there and does not fit; it has no place yet."""
    if misfit.reason == "RS_E_FRACTION":
        reason, advice = "is no whole number", "keep dtype float32 or float64"
    elif misfit.reason == "RS_E_INEXACT":
        reason = "cannot be exact beside floats"
        advice = 'pass dtype="float64" to round such values, or drop the column'
    elif dtype.name == "int32":
        reason = "is outside int32, the format's only integer type"
        advice = 'pass dtype="float64" if that holds your values, or renumber them'
    else:
        reason = "is too large for float32"
        advice = 'pass dtype="float64", or scale it'
    return InputError(f"{what}: {value} {reason}", advice=advice)
