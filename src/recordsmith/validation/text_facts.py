"""What only the text itself shows: lines and cells that no reader makes numbers of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .offenders import Offenders, Spot

__all__ = ["CsvFacts", "Issue", "Issues", "LibsvmFacts", "Series", "TextFacts", "shown"]

_SHOWN = 40


def shown(text: str | bytes) -> str:
    """What was found, short enough for a message.

    Examples
    --------
    >>> shown(b"caf\\xc3\\xa9"), shown("x" * 50)
    ("'café'", "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'")
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")


@dataclass
class Issue:
    """One kind of thing that is wrong in lines or cells.

    Attributes
    ----------
    found : Offenders
        Spots have the line as their record, and columns of the file.
    text : str
        The first one, as it stands there.
    columns : dict of int to int
        How often it is in which column.
    """

    found: Offenders
    text: str = ""
    columns: dict[int, int] = field(default_factory=dict)


@dataclass
class Issues:
    """All issues of a part of the data, by (rule, what tells them apart).

    Examples
    --------
    >>> one, two = Issues(2), Issues(2)
    >>> one.add("csv/cell", "text", [Spot(0, 4)], 1, "'x'", {3: 1})
    >>> two.add("csv/cell", "text", [Spot(0, 9), Spot(0, 11)], 7, "'y'", {3: 7})
    >>> one.merge(two)
    >>> issue = one.found["csv/cell", "text"]
    >>> issue.found.count, [spot.record for spot in issue.found.spots], issue.text
    (8, [4, 9], "'x'")
    """

    limit: int = 5
    found: dict[tuple[str, str], Issue] = field(default_factory=dict)

    def add(
        self,
        rule: str,
        about: str,
        spots: list[Spot],
        count: int,
        text: str = "",
        columns: dict[int, int] | None = None,
    ) -> None:
        """Add `count` of a kind, of which `spots` are the first."""
        if count:
            new = Issue(Offenders(self.limit, count, spots), text, dict(columns or {}))
            self._take(rule, about, new)

    def merge(self, other: Issues) -> None:
        """Take in those of another part."""
        for (rule, about), issue in other.found.items():
            self._take(rule, about, issue)

    def _take(self, rule: str, about: str, new: Issue) -> None:
        mine = self.found.setdefault((rule, about), Issue(Offenders(self.limit)))
        if not mine.found or new.found.spots[:1] < mine.found.spots[:1]:
            mine.text = new.text
        mine.found.merge(new.found)
        for column, count in new.columns.items():
            mine.columns[column] = mine.columns.get(column, 0) + count


@dataclass
class Series:
    """One column of a file from its first row to its last, in order.

    Attributes
    ----------
    n : int
    low, high : float
    whole : bool
        Are all its values whole numbers?
    counting : bool
        Is each value the one before plus 1?
    first, last : float

    Examples
    --------
    >>> series = Series()
    >>> series.add(np.array([0.0, 1.0])); series.add(np.array([2.0]))
    >>> series.n, series.counting, series.whole, series.high
    (3, True, True, 2.0)
    """

    n: int = 0
    low: float = np.inf
    high: float = -np.inf
    whole: bool = True
    counting: bool = True
    first: float = np.nan
    last: float = np.nan

    def add(self, values: np.ndarray) -> None:
        """Take in the values that come next."""
        if not len(values):
            return
        new = Series(
            len(values),
            float(values.min()),
            float(values.max()),
            bool((np.trunc(values) == values).all()),
            bool((np.diff(values) == 1).all()),
            float(values[0]),
            float(values[-1]),
        )
        self.merge(new)

    def merge(self, new: Series) -> None:
        """Take in the part of the column that comes next."""
        if not new.n:
            return
        joined = self.n == 0 or new.first == self.last + 1
        self.counting = self.counting and new.counting and joined
        self.first = new.first if self.n == 0 else self.first
        self.last = new.last
        self.n += new.n
        self.low, self.high = min(self.low, new.low), max(self.high, new.high)
        self.whole = self.whole and new.whole


@dataclass
class CsvFacts:
    """One CSV file.

    Attributes
    ----------
    number : int
        Of the file.
    delimiter : str
    stated : bool
        Whether the user said what the delimiter is.
    width : int
        Fields of most lines.
    names : tuple of str or None
        Of the first line, if that is a header.
    head : Spot
        The first line with anything in it.
    first, last : Series
        The first and the last column.
    rows : int
        Lines that are as wide as most, with whatever cells.
    label : int or None
        The column that is taken for the label.
    plain_header : bool
        Whether the first line is 0, 1, 2, ..., as of a frame without names.
    """

    number: int
    delimiter: str = ","
    stated: bool = False
    width: int = 0
    names: tuple[str, ...] | None = None
    head: Spot = field(default_factory=lambda: Spot(0, 1))
    first: Series = field(default_factory=Series)
    last: Series = field(default_factory=Series)
    rows: int = 0
    label: int | None = None
    plain_header: bool = False


@dataclass
class LibsvmFacts:
    """One libsvm file.

    Attributes
    ----------
    number : int
        Of the file.
    low, high : int
        The smallest and the largest index, as written; low > high if there is none.
    rows, weights, qids : int
        Lines with data, with label:weight, with qid.
    pairs_only : bool
        Whether each label and weight could be the first feature of its line.
    """

    number: int
    low: int = 2**63 - 1
    high: int = -1
    rows: int = 0
    weights: int = 0
    qids: int = 0
    pairs_only: bool = True


@dataclass
class TextFacts:
    """What is known of all text files.

    Attributes
    ----------
    issues : Issues
    csv : list of CsvFacts
    libsvm : list of LibsvmFacts
    """

    issues: Issues = field(default_factory=Issues)
    csv: list[CsvFacts] = field(default_factory=list)
    libsvm: list[LibsvmFacts] = field(default_factory=list)
