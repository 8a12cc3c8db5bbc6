"""What the rules look at, and how they report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..reporting.findings import Finding, Findings, Place
from .facts import Facts
from .file_facts import Damage, FileFacts
from .offenders import NOWHERE, Offenders, Spot
from .references import ML_IO, XGBOOST_READER
from .request import Request
from .text_facts import TextFacts

if TYPE_CHECKING:
    from ..algorithm_table.types import Fact, Format
    from .profile import Profile

__all__ = ["Context", "Rule", "rule"]


@dataclass(frozen=True)
class Rule:
    """A function that judges facts.

    Attributes
    ----------
    ids : tuple of str
        The rules that it applies.
    apply : callable(Context)
    early : bool
        What breaks it stays broken, whatever rows come later.
    """

    ids: tuple[str, ...]
    apply: Callable[[Context], None]
    early: bool


def rule(*ids: str, early: bool = True) -> Callable[[Callable[[Context], None]], Rule]:
    """Make a function a Rule."""
    return lambda function: Rule(ids, function, early)


@dataclass
class Context:
    """Facts and what they are held against; collects findings.

    Attributes
    ----------
    request : Request
    kind : str or None
        What the table calls the data's format; "memory" for arrays and tables.
    format : Format or None
        What the table says of it.
    facts : Facts
    files : list of FileFacts
    damages : dict of str to Damage
    against : Profile or None
        The training data's.
    text : TextFacts
        What only the text of CSV and libsvm shows.
    stray : list of (rule, path)
        Files under the prefix that are not read.
    largest : (bytes, Spot) or None
        The longest record.
    mended : collection of str
        Rules that find nothing here: what they are about is put right later.
    """

    request: Request
    kind: str | None
    format: Format | None
    facts: Facts
    files: list[FileFacts] = field(default_factory=list)
    damages: dict[str, Damage] = field(default_factory=dict)
    against: Profile | None = None
    stray: list[tuple[str, str]] = field(default_factory=list)
    text: TextFacts = field(default_factory=TextFacts)
    largest: tuple[int, Spot] | None = None
    findings: Findings = field(default_factory=Findings)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    mended: Collection[str] = ()

    def place(self, spot: Spot) -> Place:
        """A spot, for people."""
        file = self.files[spot.file] if spot.file < len(self.files) else None
        column: int | str | None = None if spot.column == NOWHERE else spot.column
        if file is not None and file.columns is not None and column is not None:
            column = file.columns[spot.column]
        by_line = file is not None and file.by_line
        return Place(
            path=None if file is None else file.path,
            channel=self.request.channel if self.request.algorithm else None,
            record=None if by_line else spot.record,
            line=spot.record if by_line else None,
            column=column,
            offset=None if spot.offset == NOWHERE else spot.offset,
        )

    def report(
        self,
        rule: str,
        found: str,
        expected: str,
        fix: str,
        *,
        at: Offenders | Iterable[Place] = (),
        fact: Fact[Any] | None = None,
        severity: str = "error",
        message: str | None = None,
        sources: Sequence[str] = (),
        about: str = "",
    ) -> None:
        """Add a finding. One that rests on a fact which nobody confirmed is a warning."""
        if rule in self.mended:
            return
        if fact is not None:
            sources = (*sources, *fact.sources)
            if not fact.sure:
                severity = "warning" if severity == "error" else severity
                expected = f"not confirmed: {expected}"
        if isinstance(at, Offenders):
            places, count = tuple(map(self.place, at.spots)), at.count
        else:
            places = tuple(at)
            count = len(places)
        finding = Finding(
            rule,
            severity,
            found,
            expected,
            fix,
            message=message,
            sources=tuple(dict.fromkeys(sources)),
        )
        self.findings.add(finding, places, max(count, 1), about=about)

    def report_places(
        self,
        rule: str,
        found: str,
        expected: str,
        fix: str,
        places: tuple[Place, ...],
        count: int,
        *,
        severity: str,
        message: str | None = None,
        sources: Sequence[str] = (),
        about: str = "",
    ) -> None:
        """Add a finding of which only the first places are known."""
        finding = Finding(
            rule, severity, found, expected, fix, message=message, sources=tuple(sources)
        )
        self.findings.add(finding, places, count, about=about)

    @property
    def is_xgboost(self) -> bool:
        """Is it for the algorithm whose container's source can be read?"""
        return self.request.algorithm is not None and (
            self.request.algorithm.key == "xgboost"
        )

    def reader(
        self, xgboost: str | None = None, first_party: str | None = None
    ) -> tuple[str | None, tuple[str, ...]]:
        """What the algorithm's reader says of such data, and where that was read."""
        if self.is_xgboost:
            return xgboost, (XGBOOST_READER,)
        if self.request.algorithm is None:
            return None, (XGBOOST_READER, ML_IO)
        return first_party, (ML_IO,)

    def skip(self, rule: str, why: str) -> None:
        """Say that a rule could not be applied; without a reason, that it has no bearing
        here."""
        self.skipped.append((rule, why))
