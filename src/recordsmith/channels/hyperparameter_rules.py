"""Rules about hyperparameters that bear on the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..algorithm_table.types import Algorithm, Hyperparameter
from .collecting import Notes, Rule, listed, nearest
from .job import Job

__all__ = ["RULES"]


def _hyperparameters(job: Job, notes: Notes) -> None:
    entry, given = job.algorithm, job.hyperparameters
    if entry is None or not isinstance(given, Mapping):
        return
    for one in entry.hyperparameters:
        if one.name in given:
            _value(job, one, given[one.name], notes)
        elif one.required.value:
            _missing(job, entry, one, given, notes)


def _missing(
    job: Job,
    entry: Algorithm,
    one: Hyperparameter,
    given: Mapping[Any, Any],
    notes: Notes,
) -> None:
    if job.hyperparameters_setting.endswith("StaticHyperParameters"):
        reason = "a tuning job's ranges may hold what is not static"
        notes.skip("channel/hyperparameter-missing", reason)
        return
    near = nearest(one.name, map(str, given), 0.8)
    notes.add(
        "channel/hyperparameter-missing",
        "error",
        f"{job.hyperparameters_setting}.{one.name}",
        found=f"no {one.name}" + (f", but {near}" if near else ""),
        expected=f"{one.name}, which {entry.key} requires",
        fix=f"rename {near} to {one.name}" if near else f"set {one.name}",
        facts=[one.required],
    )


def _value(job: Job, one: Hyperparameter, value: Any, notes: Notes) -> None:
    text = str(value)
    if one.auto and text == "auto":
        return
    fact: Any = None
    expected = ""
    if one.choices is not None and one.choices.value and text not in one.choices.value:
        fact, expected = one.choices, listed(one.choices.value)
    elif one.limits is not None and one.limits.value is not None:
        low, high = one.limits.value
        number = _number(text)
        outside = number is None or not (
            (low is None or number >= low) and (high is None or number <= high)
        )
        if outside:
            fact, expected = one.limits, _range(low, high)
    if fact is not None:
        notes.add(
            "channel/hyperparameter-value",
            "error",
            f"{job.hyperparameters_setting}.{one.name}",
            found=f"{one.name}={text!r}",
            expected=expected + (' or "auto"' if one.auto else ""),
            fix=f"correct {one.name}",
            facts=[fact],
        )


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if number != number else number


def _range(low: float | None, high: float | None) -> str:
    if high is None:
        return f"a number from {low:,g}" if low is not None else "a number"
    if low is None:
        return f"a number up to {high:,g}"
    return f"{low:,g}" if low == high else f"a number from {low:,g} to {high:,g}"


RULES = (
    Rule(
        ("channel/hyperparameter-missing", "channel/hyperparameter-value"),
        _hyperparameters,
        ("algorithm", "hyperparameters"),
    ),
)
