"""One finding, its places, and the report that holds them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

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
    """

    path: str | None = None
    channel: str | None = None
    record: int | None = None
    line: int | None = None
    column: int | str | None = None
    offset: int | None = None
    setting: str | None = None


@dataclass(frozen=True)
class Finding:
    """One rule that data or settings break, with examples.

    Attributes
    ----------
    rule : str
        Stable id: "data/nan", "channel/content-type".
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

    Attributes
    ----------
    subject : str
        What was looked at, for people: "train.pbr for linear-learner, channel train".
    findings : tuple of Finding
        Errors first, then in the order in which they were found.
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


@dataclass
class Findings:
    """Collects findings: equal ones are counted, and only the first places are kept.

    Attributes
    ----------
    max_places : int
    """

    max_places: int = 5
    _found: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def add(
        self,
        finding: Finding,
        places: Iterable[Place] = (),
        count: int | None = None,
        *,
        about: str = "",
    ) -> None:
        """Add one, or more places of one that is there with the same rule and `about`."""
        new = tuple(places)
        number = len(new) if count is None else count
        key = (finding.rule, about)
        old = self._found.get(key)
        kept = (old.places if old else ()) + new
        total = (old.count if old else 0) + max(number, 1)
        self._found[key] = replace(
            old or finding, places=kept[: self.max_places], count=total
        )

    def sorted(self) -> tuple[Finding, ...]:
        """All of them, errors first."""
        return tuple(
            sorted(self._found.values(), key=lambda f: SEVERITIES.index(f.severity))
        )
