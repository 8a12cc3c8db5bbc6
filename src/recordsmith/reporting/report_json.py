"""A report as JSON and back; report.schema.json beside this file describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from ..errors import ParseError
from .findings import SEVERITIES, Finding, Place, Report

__all__ = ["VERSION", "from_json", "to_dict", "to_json"]

VERSION = 1


def to_dict(report: Report) -> dict[str, Any]:
    """The report as plain values, in the order of the schema."""
    return {
        "version": VERSION,
        "subject": report.subject,
        "ok": report.ok,
        "clean": report.clean,
        "algorithm": report.algorithm,
        "channel": report.channel,
        "files": list(report.files),
        "rows": report.rows,
        "bytes": report.bytes,
        "schema": report.schema,
        "findings": [_finding_dict(finding) for finding in report.findings],
        "checked": list(report.checked),
        "skipped": [{"rule": rule, "reason": why} for rule, why in report.skipped],
        "profile": dict(report.profile),
    }


def _finding_dict(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "found": finding.found,
        "expected": finding.expected,
        "fix": finding.fix,
        "message": finding.message,
        "count": finding.count,
        "places": [
            {name: value for name, value in asdict(place).items() if value is not None}
            for place in finding.places
        ],
        "sources": list(finding.sources),
    }


def to_json(report: Report, indent: int | None = None) -> str:
    """The report as text in ASCII, so that any path survives."""
    return json.dumps(to_dict(report), indent=indent)


def from_json(text: str) -> Report:
    """The report of such a text; what a later program added is left out."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ParseError(f"the report is not JSON: {error}") from None
    found = value.get("version") if isinstance(value, dict) else None
    if found != VERSION:
        raise ParseError(
            f"no report of recordsmith: found version {found!r}, expected {VERSION}",
            advice="take what to_json() or --json gave; a later version's report needs "
            "that version",
        )
    try:
        return Report(
            subject=_typed(value, "subject", str),
            findings=tuple(map(_finding, _typed(value, "findings", list))),
            algorithm=_typed(value, "algorithm", str, optional=True),
            channel=_typed(value, "channel", str, optional=True),
            files=_texts(value, "files"),
            rows=_typed(value, "rows", int),
            bytes=_typed(value, "bytes", int),
            schema=_typed(value, "schema", str),
            checked=_texts(value, "checked"),
            skipped=tuple(
                (_typed(one, "rule", str), _typed(one, "reason", str))
                for one in _typed(value, "skipped", list)
            ),
            profile=_typed(value, "profile", dict),
        )
    except _Misfit as misfit:
        raise ParseError(
            f"the report does not fit its schema: {misfit}",
            advice="take what to_json() or --json gave",
        ) from None


class _Misfit(Exception):
    pass


def _typed(value: Any, name: str, kind: type, optional: bool = False) -> Any:
    if not isinstance(value, Mapping) or name not in value:
        raise _Misfit(f"{name!r} is missing")
    one = value[name]
    if optional and one is None:
        return None
    if not isinstance(one, kind) or isinstance(one, bool):
        raise _Misfit(f"{name!r} is {one!r:.80}, expected {kind.__name__}")
    return one


def _texts(value: Any, name: str) -> tuple[str, ...]:
    items = _typed(value, name, list)
    if not all(isinstance(item, str) for item in items):
        raise _Misfit(f"{name!r} holds something that is no text")
    return tuple(items)


def _finding(value: Any) -> Finding:
    severity = _typed(value, "severity", str)
    if severity not in SEVERITIES:
        raise _Misfit(f"'severity' is {severity!r}, expected {', '.join(SEVERITIES)}")
    return Finding(
        rule=_typed(value, "rule", str),
        severity=severity,
        found=_typed(value, "found", str),
        expected=_typed(value, "expected", str),
        fix=_typed(value, "fix", str),
        places=tuple(map(_place, _typed(value, "places", list))),
        count=_typed(value, "count", int),
        message=_typed(value, "message", str, optional=True),
        sources=_texts(value, "sources"),
    )


_TEXT_OF_PLACE = ("path", "channel", "setting")


def _place(value: Any) -> Place:
    if not isinstance(value, Mapping):
        raise _Misfit(f"a place is {value!r:.80}, expected an object")
    known: dict[str, Any] = {}
    for one in fields(Place):
        if one.name not in value:
            continue
        if one.name == "column" and isinstance(value["column"], str):
            known["column"] = value["column"]
        else:
            kind = str if one.name in _TEXT_OF_PLACE else int
            known[one.name] = _typed(value, one.name, kind)
    return Place(**known)
