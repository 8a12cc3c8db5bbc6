"""Where rules put what they find, and how sure a finding can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ..algorithm_table.types import Fact
from ..reporting.findings import Finding, Findings, Place
from .job import Channel, Job

__all__ = ["API", "GUIDE", "Notes", "Rule", "listed", "nearest"]

API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_"
GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg/"


@dataclass(frozen=True)
class Rule:
    """One or more rules that one function applies.

    Attributes
    ----------
    ids : tuple of str
    apply : callable(Job, Notes)
    needs : tuple of {"algorithm", "instances", "hyperparameters", "objects", "whole"}
        What has to be known of the job.
    """

    ids: tuple[str, ...]
    apply: Callable[[Job, Notes], None]
    needs: tuple[str, ...] = ()


@dataclass
class Notes:
    """Collects what the rules find in a job."""

    job: Job
    findings: Findings = field(init=False)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        # The setting is told first, and then the objects that it stands for.
        self.findings = Findings(max_places=20, files=("", self.job.path or ""))

    def add(
        self,
        rule: str,
        severity: str,
        setting: str,
        *,
        found: str,
        expected: str,
        fix: str,
        channel: Channel | None = None,
        facts: Iterable[Fact[Any] | None] = (),
        message: str | None = None,
        sources: tuple[str, ...] = (),
        places: Iterable[Place] = (),
        count: int | None = None,
    ) -> None:
        """Add a finding at a setting.

        Parameters
        ----------
        severity : {"error", "warning", "note"}
            An error becomes a warning, and says so, if a fact is not confirmed.
        facts : iterable of Fact or None
            What the rule rests on; their sources are the finding's.
        places : iterable of Place
            Others than the setting.
        """
        known = [fact for fact in facts if fact is not None]
        for fact in known:
            if fact.sure:
                continue
            severity = "warning" if severity == "error" else severity
            expected += f" ({fact.status}{f': {fact.note}' if fact.note else ''})"
        cited = [*sources, *(one for fact in known for one in fact.sources)]
        self.findings.add(
            Finding(
                rule,
                severity,
                found=found,
                expected=" ".join(expected.split()),
                fix=fix,
                message=message,
                sources=tuple(dict.fromkeys(cited)),
            ),
            [self.job.place(setting, channel), *places],
            count,
            about=f"{setting}: {found}",
        )

    def skip(self, rule: str, reason: str) -> None:
        """Note that a rule could not be applied."""
        if (rule, reason) not in self.skipped:
            self.skipped.append((rule, reason))


def listed(words: Iterable[Any], last: str = "or") -> str:
    """Words with commas between.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"]), listed([])
    ('a, b or c', 'a', 'nothing')
    """
    some = [str(word) for word in words]
    if len(some) < 2:
        return some[0] if some else "nothing"
    return f"{', '.join(some[:-1])} {last} {some[-1]}"


def nearest(word: str, words: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The word that was probably meant, whatever its case.

    Examples
    --------
    >>> nearest("contenttype", ["ContentType", "InputMode"])
    'ContentType'
    """
    by_case = {one.casefold(): one for one in words}
    close = get_close_matches(word.casefold(), list(by_case), 1, cutoff)
    return by_case[close[0]] if close else None
