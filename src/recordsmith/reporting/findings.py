"""One finding, its places, and the report that holds them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from threading import Lock
from typing import Any, NamedTuple

__all__ = ["SEVERITIES", "Finding", "Findings", "Place", "Report"]

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Place:
    """Where something was found; what does not apply is None.

    Attributes
    ----------
    path : str or None
        The file, as it was given; None for arrays.
    channel : str or None
    record : int or None
        Number of the record or row in its file, from 1; of an array's row, from 0.
    line : int or None
        Line of a text file, from 1.
    column : int or str or None
        Feature column, from 0, or its name.
    offset : int or None
        Byte offset in the file.
    setting : str or None
        A channel's or job's setting: "InputDataConfig[0].ContentType".

    Examples
    --------
    >>> print(Place(path="train.pbr", record=12, column=4, offset=960))
    train.pbr: record 12, column 4, byte 960
    >>> print(Place(column="age", record=0))
    row 0, column 'age'
    """

    path: str | None = None
    channel: str | None = None
    record: int | None = None
    line: int | None = None
    column: int | str | None = None
    offset: int | None = None
    setting: str | None = None

    def __str__(self) -> str:
        from .rendering import place_text

        return place_text(self)


@dataclass(frozen=True)
class Finding:
    """One rule that data or settings break, with examples.

    Attributes
    ----------
    rule : str
        Stable id: "data/nan", "channel/content-type"; see `reporting.catalogue`.
    severity : {"error", "warning", "note"}
        "error": the job fails or learns from wrong data. What rests on a fact that nobody
        confirmed is a "warning" and says so.
    found, expected : str
        With numbers.
    fix : str
        What to do.
    places : tuple of Place
        The first ones, at most `max_places` of the report.
    count : int
        How many there are in all.
    message : str or None
        What the job would have said, where that is known.
    sources : tuple of str
        Where the rule comes from.
    """

    rule: str
    severity: str
    found: str
    expected: str
    fix: str
    places: tuple[Place, ...] = ()
    count: int = 1
    message: str | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What a validation found.

    As text it is what the command line prints; a notebook shows it as a table.

    Attributes
    ----------
    subject : str
        What was looked at, for people: "train.pbr for linear-learner, channel train".
    findings : tuple of Finding
        Errors first, then by place.
    algorithm, channel : str or None
    files : tuple of str
    rows, bytes : int
    schema : str
        The fields of the first record, as text.
    checked : tuple of str
        Ids of all rules that were applied, whether they found something or not.
    skipped : tuple of (str, str)
        Rules that could not be applied, and why.
    profile : mapping
        What the data look like: dtype, density, width of each field and the labels that
        occur, so that other data can be held against them (`validate(against=report)`).

    Examples
    --------
    >>> print(Report("X", rows=3, files=("X",), checked=("data/nan", "data/infinite")))
    X: ok, 3 rows in 1 file, 2 rules checked
    """

    subject: str
    findings: tuple[Finding, ...] = ()
    algorithm: str | None = None
    channel: str | None = None
    files: tuple[str, ...] = ()
    rows: int = 0
    bytes: int = 0
    schema: str = ""
    checked: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    profile: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Is there no error? Warnings and notes may be there."""
        return not any(f.severity == "error" for f in self.findings)

    @property
    def clean(self) -> bool:
        """Is there no error and no warning?"""
        return all(f.severity == "note" for f in self.findings)

    def __str__(self) -> str:
        from .rendering import report_text

        return report_text(self)

    def _repr_html_(self) -> str:
        from .report_html import report_html

        return report_html(self)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values: what :meth:`to_json` writes."""
        from .report_json import to_dict

        return to_dict(self)

    def to_json(self, indent: int | None = None) -> str:
        """The report as one JSON object, as reporting/report.schema.json describes it.

        Examples
        --------
        >>> report = Report("X", rows=3)
        >>> Report.from_json(report.to_json()) == report
        True
        """
        from .report_json import to_json

        return to_json(self, indent)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """The report that :meth:`to_json` wrote.

        Raises
        ------
        ParseError
            It is not JSON, not a report, or one of a later version.
        """
        from .report_json import from_json

        return from_json(text)

    def to_sarif(self, indent: int | None = None) -> str:
        """The report as a SARIF 2.1.0 log, which GitHub and editors show.

        Paths are relative to the working folder, where they are below it; several reports
        go into one log with `reporting.sarif.to_sarif`.
        """
        from .sarif import to_sarif

        return to_sarif([self], indent=indent)


class _Found(NamedTuple):
    """All findings of one rule about one thing: the text to tell, and their sum."""

    text: tuple[tuple[Any, ...], Finding]
    places: tuple[Place, ...]
    total: int

    def finding(self) -> Finding:
        return replace(self.text[1], places=self.places, count=self.total)


@dataclass
class Findings:
    """Collects findings: equal ones are counted, and only the first places are kept.

    What comes out does not depend on the order in which it was added, so threads may add
    at the same time: "first" is by file, record, line, offset, setting and column.

    Attributes
    ----------
    max_places : int
    files : sequence of str
        The files in the order in which to report them; others follow by name.

    Examples
    --------
    >>> found = Findings(max_places=2)
    >>> nan = Finding("data/nan", "error", "NaN", "numbers", "leave such rows out")
    >>> for record in (30, 10, 20):
    ...     found.add(nan, [Place(record=record)])
    >>> (one,) = found.sorted()
    >>> one.count, [place.record for place in one.places]
    (3, [10, 20])
    """

    max_places: int = 5
    files: Sequence[str] = ()
    _found: dict[tuple[str, str], _Found] = field(default_factory=dict, repr=False)
    _ranks: dict[str, int] = field(init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._ranks = {path: rank for rank, path in enumerate(self.files)}

    def add(
        self,
        finding: Finding,
        places: Iterable[Place] = (),
        count: int | None = None,
        *,
        about: str = "",
    ) -> None:
        """Add one, or more places of one that is there with the same rule and `about`.

        Parameters
        ----------
        finding : Finding
            Where texts of the same rule and `about` differ, those of the gravest and
            first place are reported.
        places : iterable of Place
            Beside those of the finding itself.
        count : int, optional
            How often it was found, where that is more than there are places.
        about : str
            What tells findings of one rule apart: a column, a hyperparameter.
        """
        new = (*finding.places, *places)
        number = max(len(new), finding.count) if count is None else max(count, 1)
        kept = self._first(new)
        # The key of the text is kept: once merged, the places may be of others.
        text = (self._text_key(finding, kept), finding)
        key = (finding.rule, about)
        with self._lock:
            old = self._found.get(key)
            if old is not None:
                text = min(old.text, text, key=lambda one: one[0])
                kept = self._first(old.places + kept)
                number += old.total
            self._found[key] = _Found(text, kept, number)

    def sorted(self) -> tuple[Finding, ...]:
        """All of them: errors first, then by first place, rule and `about`."""
        with self._lock:
            found = list(self._found.items())
        findings = {key: one.finding() for key, one in found}
        return tuple(
            findings[key]
            for key in sorted(findings, key=lambda key: (self._key(findings[key]), key))
        )

    def _first(self, places: tuple[Place, ...]) -> tuple[Place, ...]:
        if len(places) <= 1:
            return places[: self.max_places]
        return tuple(nsmallest(self.max_places, places, key=self._place_key))

    def _key(self, finding: Finding) -> tuple[Any, ...]:
        places = tuple(self._place_key(place) for place in finding.places[:1])
        return (SEVERITIES.index(finding.severity), places)

    def _text_key(self, finding: Finding, places: tuple[Place, ...]) -> tuple[Any, ...]:
        texts = (finding.found, finding.expected, finding.fix, finding.message or "")
        return (self._key(replace(finding, places=places)), texts, finding.sources)

    def _place_key(self, place: Place) -> tuple[Any, ...]:
        path = place.path or ""
        return (
            self._ranks.get(path, len(self._ranks)),
            _natural(path),
            _natural(place.channel or ""),
            -1 if place.record is None else place.record,
            -1 if place.line is None else place.line,
            -1 if place.offset is None else place.offset,
            _natural(place.setting or ""),
            _natural("" if place.column is None else repr(place.column)),
        )


def _natural(text: str) -> tuple[Any, ...]:
    """A key by which "part-10" follows "part-9"."""
    words = re.split(r"([0-9]+)", text)
    for at in range(1, len(words), 2):
        digits = words[at].lstrip("0")
        words[at] = f"{len(digits):09}{digits}"  # as text, numbers of any length compare
    return (words, text)
