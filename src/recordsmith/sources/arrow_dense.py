"""Columns of numbers become one matrix: the core casts and joins them in one pass."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from ..batch import FEATURE
from ..casts import cast_array, join_strips, misfit_error, wire_dtype
from ..errors import InputError
from ..tally import Tally

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..casts import Misfit
    from .arrow_values import Numbers
    from .columns import Feature

    Array = npt.NDArray[Any]

__all__ = ["Joiner", "Parts"]


@dataclass
class Parts:
    """Columns on their way into a matrix of n_rows rows, in its order.

    Plain Arrow arrays are lent to the core as they are; `wide` holds the others by their
    position: flat numbers, how many a row has, and which are missing.
    """

    strips: _core.Strips
    wide: dict[int, tuple[Array, int]] = field(default_factory=dict)

    def add(self, position: int, found: Numbers, width: int) -> None:
        """Numbers that do not lie in one plain Arrow array."""
        values, valid = found.values, None
        if values.dtype == np.float16:
            values = values.astype(np.float32)
        if found.missing is not None:
            valid = np.packbits(~found.missing, bitorder="little")
        self.strips.add(values, width, valid)
        self.wide[position] = values, width

    def number(self, misfit: Misfit) -> Any:
        """The number that does not fit, if it is in `wide`."""
        if misfit.strip not in self.wide:
            return None
        before = sum(
            self.wide[i][1] if i in self.wide else 1 for i in range(misfit.strip)
        )
        values, width = self.wide[misfit.strip]
        return values[misfit.row * width + misfit.column - before]


class Joiner:
    """What one feature's numbers become, and how.

    Parameters
    ----------
    feature : Feature
    dtype : {"float32", "float64", "int32"}, optional
        What the user asked for: then numbers may be rounded.
    nulls : "error", "nan" or number
    """

    def __init__(self, feature: Feature, dtype: str | None, nulls: Any) -> None:
        natural = np.dtype(feature.natural)
        self._feature = feature
        self._nulls = nulls if feature.role == FEATURE else "error"
        self._keep_integers = dtype is None and natural.kind == "f"
        self.dtype = np.dtype(dtype or wire_dtype(natural))
        self._fill: Array | None = None
        self._fill_cost = Tally()

    def join(self, parts: Parts, tally: Tally) -> tuple[Array, Misfit | None]:
        """The matrix, or the first number that has no place in it."""
        strips = parts.strips
        out = _room(strips.n_rows, strips.width, self.dtype)
        n_filled = tally.nulls
        misfit = self._join(strips, out, tally)
        if misfit is not None and misfit.reason == "RS_E_MISSING" and self._can_fill():
            misfit = self._join(strips, out, tally)
        n_filled = tally.nulls - n_filled
        if n_filled and self._fill_cost.values_rounded:
            cost = self._fill_cost.max_relative_error
            tally.values_rounded += n_filled
            tally.max_relative_error = max(tally.max_relative_error, cost)
        return out, misfit

    def _join(self, strips: _core.Strips, out: Array, tally: Tally) -> Misfit | None:
        return join_strips(
            strips, out, tally, keep_integers=self._keep_integers, fill=self._fill
        )

    def _can_fill(self) -> bool:
        """Make what stands for missing numbers; an error if it does not fit itself."""
        if self._nulls == "error":
            return False
        number = math.nan if self._nulls == "nan" else self._nulls
        fill = np.array([number], self._feature.natural)
        try:
            self._fill = cast_array(fill, self.dtype.name, "nulls=", self._fill_cost)
        except InputError as error:
            error.row = error.column = None
            raise
        return True

    def error(self, misfit: Misfit, value: Any) -> InputError:
        """The exception for a number that has no place; where, the caller knows."""
        if misfit.reason != "RS_E_MISSING":
            return misfit_error(misfit, value, self.dtype, self._feature.what)
        if self._feature.role != FEATURE:
            return InputError("the label is missing", advice="leave such rows out before")
        return InputError(
            "the value is missing",
            advice='pass nulls="nan", or a number to put in its place',
        )


def _room(n_rows: int, width: int, dtype: np.dtype[Any]) -> Array:
    """An uninitialised matrix, from Arrow's pool: it keeps the memory of batches that are
    done with, whereas the system would have to clear each page of new memory."""
    import pyarrow as pa

    n_bytes = n_rows * width * dtype.itemsize
    if n_bytes == 0:
        return np.empty((n_rows, width), dtype)
    return np.frombuffer(pa.allocate_buffer(n_bytes), dtype).reshape(n_rows, width)
