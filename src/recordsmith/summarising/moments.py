"""Counts, ranges, means, deviations of many columns at once, exact but for rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["Moments"]

# name -> dtype and first value of the array that it has for each column
_ARRAYS: dict[str, tuple[type, float]] = {
    "count": (np.int64, 0),  # finite numbers
    "nan": (np.int64, 0),
    "infinite": (np.int64, 0),
    "nonzero": (np.int64, 0),
    "fractions": (np.int64, 0),  # numbers that are not whole
    "min": (np.float64, np.inf),
    "max": (np.float64, -np.inf),
    "mean": (np.float64, 0.0),
    "m2": (np.float64, 0.0),
}


class Moments:
    """Of each of `width` columns: counts, range, mean, sum of squared deviations.

    Parts are merged as Chan, Golub and LeVeque did (1979): no difference of large sums
    is ever taken.

    Examples
    --------
    >>> found = Moments(2)
    >>> found.add(np.array([[1.0, 0.0], [3.0, np.nan]]))
    >>> found.mean.tolist(), found.nan.tolist(), found.std.tolist()
    ([2.0, 0.0], [0, 1], [1.4142135623730951, nan])
    """

    count: Array
    nan: Array
    infinite: Array
    nonzero: Array
    fractions: Array
    min: Array
    max: Array
    mean: Array
    m2: Array

    def __init__(self, width: int = 0) -> None:
        for name, (dtype, first) in _ARRAYS.items():
            setattr(self, name, np.full(width, first, dtype))

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.count)

    def widen(self, width: int) -> None:
        """Make room for columns that were not there before."""
        more = width - self.width
        if more > 0:
            for name, (dtype, first) in _ARRAYS.items():
                new: Array = np.full(more, first, dtype)
                setattr(self, name, np.concatenate([getattr(self, name), new]))

    @property
    def std(self) -> Array:
        """Standard deviations of samples (n - 1); NaN of fewer than two numbers."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.count > 1, np.sqrt(self.m2 / (self.count - 1)), np.nan)

    @np.errstate(over="ignore", invalid="ignore")
    def add(self, rows: Array) -> None:
        """Take in rows of all columns: (n, width), float64.

        Where a sum is too large for float64, mean and deviation are no finite numbers.
        """
        if not len(rows):
            return
        finite = np.isfinite(rows)
        if finite.all():
            count = np.full(self.width, len(rows), np.int64)
            low, high, total = rows.min(0), rows.max(0), rows.sum(0)
        else:
            count = np.count_nonzero(finite, axis=0)
            nan = np.count_nonzero(np.isnan(rows), axis=0)
            self.nan += nan
            self.infinite += len(rows) - count - nan
            low = np.where(finite, rows, np.inf).min(0)
            high = np.where(finite, rows, -np.inf).max(0)
            rows = np.where(finite, rows, 0.0)
            total = rows.sum(0)
        mean = total / np.maximum(count, 1)
        off = rows - mean
        if finite.all():
            m2 = np.einsum("ij,ij->j", off, off)
        else:
            off *= finite
            m2 = np.einsum("ij,ij->j", off, off)
        self.nonzero += np.count_nonzero(rows, axis=0)
        self.fractions += np.count_nonzero(rows != np.rint(rows), axis=0)
        self._merge(slice(None), count, low, high, mean, m2)

    @np.errstate(over="ignore", invalid="ignore")
    def add_stored(self, keys: Array, values: Array) -> None:
        """Take in stored values of sparse rows, float64; the rest is left to
        :meth:`add_zeros`."""
        if not len(keys):
            return
        self.widen(int(keys.max()) + 1)
        finite = np.isfinite(values)
        if not finite.all():
            np.add.at(self.nan, keys[np.isnan(values)], 1)
            np.add.at(self.infinite, keys[np.isinf(values)], 1)
            keys, values = keys[finite], values[finite]
            if not len(keys):
                return
        order = np.argsort(keys, kind="stable")
        keys, values = keys[order], values[order]
        begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        at = keys[begins]
        count = np.diff(np.append(begins, len(keys)))
        mean = np.add.reduceat(values, begins) / count
        off = values - np.repeat(mean, count)
        self.nonzero[at] += np.add.reduceat((values != 0).astype(np.int64), begins)
        whole = (values != np.rint(values)).astype(np.int64)
        self.fractions[at] += np.add.reduceat(whole, begins)
        low, high = (
            np.minimum.reduceat(values, begins),
            np.maximum.reduceat(values, begins),
        )
        self._merge(at, count, low, high, mean, np.add.reduceat(off * off, begins))

    def add_zeros(self, n: Array) -> None:
        """Take in n[i] zeros of column i."""
        none = n <= 0
        low = np.where(none, np.inf, 0.0)
        zeros = np.zeros(len(n))
        self._merge(slice(None), np.maximum(n, 0), low, -low, zeros, zeros)

    def _merge(
        self, at: Any, count: Array, low: Array, high: Array, mean: Array, m2: Array
    ) -> None:
        before = self.count[at]
        both = before + count
        shift = mean - self.mean[at]
        share = count / np.maximum(both, 1)
        self.mean[at] += shift * share
        self.m2[at] += m2 + shift * shift * before * share
        self.min[at] = np.minimum(self.min[at], low)
        self.max[at] = np.maximum(self.max[at], high)
        self.count[at] = both
