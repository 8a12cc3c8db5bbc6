"""What `recordsmith.stats` found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["SHARES", "ColumnStats", "Statistics", "WideStats"]

SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True)
class ColumnStats:
    """One column, or one number of each row.

    Attributes
    ----------
    name : str
        As the source has it; `f0`, `f1`, ... where it has none.
    role : {"feature", "label", "uid", "metadata", "configuration"}
    kind : {"number", "text", "time", "list", "other"}
        Lists are described by all of their numbers.
    dtype : str
    count : int
        Values that are there; of numbers, finite ones.
    missing : int
        Nulls, NaN, and rows that lack the field.
    infinite, not_numbers : int
        Infinite numbers; cells of a CSV column of numbers that hold something else.
    nonzero : int or None
    distinct : int or None
        Different values among `count`; None where nobody counted.
    distinct_error : float
        Relative standard error of `distinct`; 0.0 if it is exact.
    minimum, maximum, mean, std : float or None
        Of numbers; std is that of a sample (n - 1). Of times, minimum and maximum are
        text.
    quantiles : dict of float to float, or None
        At 1, 5, 25, 50, 75, 95 and 99 %.
    rank_error : float
        A bound: the number said to be at 0.5 is at 0.5 plus or minus this.
    integral : bool
        Are all numbers whole?
    min_length, max_length : int or None
        Characters of texts, values of lists, bytes of blobs.
    values : list of (value, count), or None
        All different values, most frequent first, if they are few.
    histogram : list of (low, high, count), or None
        About how many numbers lie in each interval.
    constant : bool
        At least two rows, and one value in all of them, nothing missing.
    suspected_id : str or None
        Why the column looks like an identifier.
    """

    name: str
    role: str
    kind: str
    dtype: str
    count: int
    missing: int = 0
    infinite: int = 0
    not_numbers: int = 0
    nonzero: int | None = None
    distinct: int | None = None
    distinct_error: float = 0.0
    minimum: float | str | None = None
    maximum: float | str | None = None
    mean: float | None = None
    std: float | None = None
    quantiles: dict[float, float] | None = None
    rank_error: float = 0.0
    integral: bool = False
    min_length: int | None = None
    max_length: int | None = None
    values: list[tuple[Any, int]] | None = None
    histogram: list[tuple[float, float, float]] | None = None
    constant: bool = False
    suspected_id: str | None = None


@dataclass(frozen=True, eq=False)
class WideStats:
    """A field of more numbers than are described one by one.

    Attributes
    ----------
    role, name, dtype : str
    width : int
        Its columns.
    shown : int
        How many of these :attr:`Statistics.columns` has, those that are zero least often.
    sparse : bool
        A number that no row stores counts as zero.
    empty_columns, constant_columns : int
        Columns that are zero in all rows; that have one value in all rows (these, too).
    arrays : dict of str to ndarray (width,)
        count, nan, infinite, nonzero, fractions, min, max, mean, std of each column.
    """

    role: str
    name: str
    dtype: str
    width: int
    shown: int
    sparse: bool
    empty_columns: int
    constant_columns: int
    arrays: dict[str, npt.NDArray[Any]] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Statistics:
    """What :func:`recordsmith.stats` found; printed, it is a table.

    Attributes
    ----------
    source, format : str
    bytes : int or None
        Size of the source, compressed if it is.
    rows : int
    columns : list of ColumnStats
        Of a wide field only the columns with most non-zero numbers: `wide` has all.
    wide : list of WideStats
    sparsity : float or None
        The share of zeros among all finite numbers of features.
    """

    source: str
    format: str
    bytes: int | None
    rows: int
    columns: list[ColumnStats]
    wide: list[WideStats] = field(default_factory=list)
    sparsity: float | None = None

    def __getitem__(self, name: str) -> ColumnStats:
        """The column of a name."""
        for one in self.columns:
            if one.name == name:
                return one
        raise KeyError(name)

    @property
    def labels(self) -> list[ColumnStats]:
        """The label's columns."""
        return [one for one in self.columns if one.role == "label"]

    @property
    def constant(self) -> list[str]:
        """Names of columns that hold one value."""
        return [one.name for one in self.columns if one.constant]

    @property
    def suspected_ids(self) -> list[str]:
        """Names of columns that look like identifiers."""
        return [one.name for one in self.columns if one.suspected_id]

    def __str__(self) -> str:
        from .rendering import to_text

        return to_text(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as summarising/statistics.schema.json describes them."""
        from .plain import to_dict

        return to_dict(self)

    def to_html(self) -> str:
        """A page of its own: nothing in it comes from elsewhere, and no script runs."""
        from .page import to_page

        return to_page(self)
