"""What is kept of columns while rows go by, and what is made of it at the end."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from .moments import Moments
from .results import SHARES, ColumnStats
from .sketches import Distinct, Quantiles, hash_numbers, hash_texts

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["Detail", "NumberColumn", "TextColumn", "TimeColumn", "number_stats"]

_FEW = 100  # different values that are counted one by one
_FEW_LABELS = 1000
_BINS = 24
_ID_ROWS = 50  # with fewer rows, that all values differ means nothing


class Detail:
    """Of one column of numbers: what cannot be had for all columns of a wide field."""

    def __init__(self, is_label: bool = False) -> None:
        self.quantiles = Quantiles()
        self.distinct = Distinct()
        self.rising = True
        self._last = -math.inf
        self._most = _FEW_LABELS if is_label else _FEW
        self.counts: dict[float, int] | None = {}

    def add(self, values: Array, raw: Array | None = None) -> None:
        """Take in finite numbers, float64; `raw`: the same as integers, where float64
        may not hold them."""
        if not len(values):
            return
        if self.rising:
            self.rising = bool(
                values[0] > self._last and (values[1:] > values[:-1]).all()
            )
            self._last = float(values[-1])
        ordered = np.sort(values)
        self.quantiles.add_sorted(ordered)
        begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        different = ordered[begins]
        self.distinct.add(hash_numbers(_exact(different, raw)))
        if self.counts is None:
            return
        if len(different) > self._most:
            self.counts = None
            return
        counts = self.counts
        repeats = np.diff(np.append(begins, len(ordered)))
        for value, n in zip(different.tolist(), repeats.tolist()):
            value += 0.0  # -0 is 0
            counts[value] = counts.get(value, 0) + n
        if len(counts) > self._most:
            self.counts = None

    def add_zeros(self, n: int) -> None:
        """Take in zeros."""
        while n > 0:
            part = min(n, 1 << 16)
            self.add(np.zeros(part))
            n -= part

    def values(self) -> list[tuple[Any, int]] | None:
        """All different values and their counts, most frequent first, if few."""
        if self.counts is None:
            return None
        return sorted(self.counts.items(), key=lambda one: (-one[1], one[0]))

    def shares(self) -> tuple[dict[float, float], float]:
        """Quantiles and the bound of their ranks' error: exact where values are few."""
        if self.counts is None:
            at = self.quantiles.at(SHARES).tolist()
            return dict(zip(SHARES, at)), self.quantiles.rank_error
        values = sorted(self.counts)
        upto = np.cumsum([self.counts[value] for value in values])
        places = np.searchsorted(upto, np.ceil(np.array(SHARES) * upto[-1]))
        return {share: values[at] for share, at in zip(SHARES, places)}, 0.0

    def histogram(
        self, low: float, high: float, whole: bool
    ) -> list[tuple[float, float, float]]:
        """Counts in intervals of one width, each without its end; the first and last,
        where the ends are far out, hold all that lies beyond the 1st and 99th
        hundredth."""
        if not low < high or not math.isfinite(high - low):
            return []
        shares, _ = self.shares()
        inner = shares[0.99] - shares[0.01]
        if high - low > 3 * inner > 0:
            low, high = shares[0.01], shares[0.99]
        if whole and high - low < 1e6:  # as many whole numbers in each
            step = math.ceil((high - low + 1) / _BINS)
            n = math.ceil((high - low + 1) / step)
            edges = low + step * np.arange(n + 1.0)
        else:
            edges = np.linspace(low, high, _BINS + 1)
        upto = self._below(edges[1:-1])
        counts = np.diff(np.concatenate([[0], upto, [self.quantiles.n]]))
        return list(zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist()))

    def _below(self, numbers: Array) -> Array:
        """How many values, about, lie below each of these."""
        if self.counts is None:
            return self.quantiles.up_to(numbers, inclusive=False)
        values = sorted(self.counts)
        upto = np.cumsum([0, *(self.counts[value] for value in values)])
        below: Array = upto[np.searchsorted(values, numbers, side="left")]
        return below


def _exact(different: Array, raw: Array | None) -> Array:
    """Different numbers as they were: integers where float64 may have rounded them."""
    if raw is None:
        return different
    if max(-different[0], different[-1]) < 2.0**53:
        return different.astype(np.int64)
    return np.unique(raw)


def number_stats(
    moments: Moments,
    at: int,
    detail: Detail | None,
    *,
    missing: int = 0,
    **known: Any,
) -> ColumnStats:
    """The statistics of column `at` of `moments`; `known`: name, role, dtype, ..."""
    count = int(moments.count[at])
    nan = int(moments.nan[at])
    infinite = int(moments.infinite[at])
    lost = missing + nan
    whole = not moments.fractions[at]
    found: dict[str, Any] = {
        "count": count,
        "missing": lost,
        "infinite": infinite,
        "nonzero": int(moments.nonzero[at]),
        "integral": whole and count > 0,
    }
    low, high = float(moments.min[at]), float(moments.max[at])
    if count:
        found["minimum"], found["maximum"] = low, high
        found["mean"] = _finite(moments.mean[at])
        found["std"] = _finite(moments.std[at])
        others = lost + infinite + int(known.get("not_numbers", 0))
        found["constant"] = low == high and count > 1 and not others
    if detail is not None:
        found["quantiles"], found["rank_error"] = (
            detail.shares() if count else (None, 0.0)
        )
        found["distinct"] = min(detail.distinct.count, count)
        found["distinct_error"] = detail.distinct.error
        found["values"] = detail.values()
        found["histogram"] = detail.histogram(low, high, whole) if count else None
        if whole and not lost and known.get("role") != "label":
            found["suspected_id"] = _number_id(detail, count, low, high)
    return ColumnStats(kind=known.pop("kind", "number"), **known, **found)


def _number_id(detail: Detail, count: int, low: float, high: float) -> str | None:
    if count < _ID_ROWS or (detail.counts is not None and len(detail.counts) < count):
        return None
    if detail.rising:
        return "whole numbers that rise from row to row"
    dense = high - low < 1.05 * count
    if dense and detail.distinct.count >= count * (1 - 3 * detail.distinct.error):
        return "whole numbers without gaps, each of them once"
    return None


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


class NumberColumn:
    """One column of a table that holds numbers, true and false, or nothing."""

    def __init__(
        self,
        name: str,
        role: str,
        dtype: str,
        detailed: bool,
        nulls: tuple[str, ...] = (),
    ) -> None:
        self.name, self.role, self.dtype = name, role, dtype
        self.moments = Moments(1)
        self.detail = Detail(role == "label") if detailed else None
        self.missing = self.not_numbers = 0
        self._nulls = {one.strip().lower() for one in nulls}

    def add(self, array: Any) -> None:
        """Take in an Arrow array."""
        import pyarrow as pa

        array = _plain(array)
        if pa.types.is_string(array.type):
            array = self._parsed(array)
        self.missing += array.null_count
        if array.null_count:
            array = array.drop_null()
        if not len(array):
            return
        raw = None
        if pa.types.is_integer(array.type) and array.type.bit_width == 64:
            raw = array.to_numpy(zero_copy_only=False)
            values = raw.astype(np.float64)
        else:
            array = array.cast(pa.float64(), safe=False)
            values = array.to_numpy(zero_copy_only=False)
        for begin in range(0, len(values), 1 << 16):
            part = values[begin : begin + (1 << 16)]
            self.moments.add(part[:, None])
            if self.detail is not None:
                exact = None if raw is None else raw[begin : begin + (1 << 16)]
                finite = part if exact is not None else part[np.isfinite(part)]
                self.detail.add(finite, exact)

    def _parsed(self, array: Any) -> Any:
        """Numbers of text among which some is none."""
        import pyarrow as pa

        numbers: list[float | None] = []
        for text in array.to_pylist():
            number = None
            try:
                number = None if text is None else float(text)
            except ValueError:
                if text.strip().lower() not in self._nulls:
                    self.not_numbers += 1
                    continue
            numbers.append(number)
        return pa.array(numbers, pa.float64())

    def result(self) -> ColumnStats:
        """What was found."""
        return number_stats(
            self.moments,
            0,
            self.detail,
            name=self.name,
            role=self.role,
            dtype=self.dtype,
            missing=self.missing,
            not_numbers=self.not_numbers,
        )


def _plain(array: Any) -> Any:
    """The values of an array that is stored in some other way."""
    import pyarrow as pa

    while hasattr(array, "storage"):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_boolean(array.type) or pa.types.is_null(array.type):
        array = array.cast(pa.int8())
    if pa.types.is_float16(array.type):
        array = pa.array(array.to_numpy(zero_copy_only=False).astype(np.float32))
    if pa.types.is_large_string(array.type):
        array = array.cast(pa.string())
    return array


class TextColumn:
    """One column of text."""

    def __init__(
        self, name: str, role: str, dtype: str = "text", nulls: tuple[str, ...] = ()
    ) -> None:
        self.name, self.role, self.dtype = name, role, dtype
        self.count = self.missing = 0
        self.distinct = Distinct()
        self.lengths: tuple[int, int] | None = None
        self._most = _FEW_LABELS if role == "label" else _FEW
        self.counts: dict[str, int] | None = {}
        self._nulls = nulls

    def add(self, array: Any) -> None:
        """Take in an Arrow array of text."""
        import pyarrow as pa
        import pyarrow.compute as pc

        array = _plain(array)
        if not pa.types.is_string(array.type):
            array = array.cast(pa.string())
        if self._nulls:
            array = pc.if_else(
                pc.is_in(array, value_set=pa.array(self._nulls, pa.string())),
                pa.scalar(None, pa.string()),
                array,
            )
        self.missing += array.null_count
        self.count += len(array) - array.null_count
        if len(array) == array.null_count:
            return
        found = array.drop_null().value_counts()
        texts = found.field("values")
        self._add_lengths(pc.min_max(pc.utf8_length(texts)).as_py())
        self.distinct.add(hash_texts(texts.to_pylist()))
        if self.counts is None:
            return
        if len(texts) > self._most:
            self.counts = None
            return
        for text, n in zip(texts.to_pylist(), found.field("counts").to_pylist()):
            self.counts[text] = self.counts.get(text, 0) + n
        if len(self.counts) > self._most:
            self.counts = None

    def add_texts(self, texts: list[str | None], missing: int = 0) -> None:
        """Take in texts; None is missing."""
        import pyarrow as pa

        clean = [t and t.encode("utf-8", "replace").decode() for t in texts]
        self.add(pa.array(clean, pa.string()))
        self.missing += missing

    def _add_lengths(self, found: dict[str, int]) -> None:
        low, high = found["min"], found["max"]
        if self.lengths is not None:
            low, high = min(low, self.lengths[0]), max(high, self.lengths[1])
        self.lengths = low, high

    def result(self) -> ColumnStats:
        """What was found."""
        distinct = min(self.distinct.count, self.count)
        low, high = self.lengths or (None, None)
        values = None
        if self.counts is not None:
            values = sorted(self.counts.items(), key=lambda one: (-one[1], one[0]))
        alike = self.distinct.exact and distinct == 1
        identifier = None
        enough = self.count >= _ID_ROWS and not self.missing and self.role != "label"
        if enough and distinct >= self.count * (1 - 3 * self.distinct.error):
            identifier = "text that differs in each row"
        return ColumnStats(
            self.name,
            self.role,
            "text",
            self.dtype,
            self.count,
            self.missing,
            distinct=distinct,
            distinct_error=self.distinct.error,
            min_length=low,
            max_length=high,
            values=values,
            constant=alike and not self.missing and self.count > 1,
            suspected_id=identifier,
        )


class TimeColumn:
    """One column of dates, times or durations; or of what is only counted."""

    def __init__(self, name: str, role: str, dtype: str, kind: str = "time") -> None:
        self.name, self.role, self.dtype, self.kind = name, role, dtype, kind
        self.count = self.missing = 0
        self.distinct = Distinct()
        self._range: tuple[Any, Any] | None = None
        self._texts: tuple[str, str] | None = None

    def add(self, array: Any) -> None:
        """Take in an Arrow array."""
        self.missing += array.null_count
        self.count += len(array) - array.null_count
        if self.kind != "time" or len(array) == array.null_count:
            return
        import pyarrow as pa
        import pyarrow.compute as pc

        array = array.drop_null()
        wide = pa.int64() if array.type.bit_width == 64 else pa.int32()
        numbers = array.view(wide)
        self.distinct.add(hash_numbers(np.unique(numbers.to_numpy(zero_copy_only=False))))
        found = pc.min_max(numbers).as_py()
        low, high = found["min"], found["max"]
        if self._range is not None:
            low, high = min(low, self._range[0]), max(high, self._range[1])
        self._range = low, high
        ends = pa.array([low, high], wide).view(array.type)
        if pa.types.is_duration(array.type):
            self._texts = f"{low} {array.type.unit}", f"{high} {array.type.unit}"
        else:
            low_text, high_text = ends.cast(pa.string()).to_pylist()
            self._texts = _short(low_text), _short(high_text)

    def result(self) -> ColumnStats:
        """What was found."""
        counted = self.kind == "time"
        low, high = self._texts or (None, None)
        distinct = min(self.distinct.count, self.count) if counted else None
        return ColumnStats(
            self.name,
            self.role,
            self.kind,
            self.dtype,
            self.count,
            self.missing,
            distinct=distinct,
            distinct_error=self.distinct.error,
            minimum=low,
            maximum=high,
            constant=distinct == 1 and self.count > 1 and not self.missing,
        )


def _short(time: str) -> str:
    """A time without zeros for parts of seconds.

    Examples
    --------
    >>> _short("2024-03-01 00:00:00.000000Z"), _short("2024-03-01 00:00:00.250")
    ('2024-03-01 00:00:00Z', '2024-03-01 00:00:00.250')
    """
    return re.sub(r"\.0+(?=Z?$)", "", time)
