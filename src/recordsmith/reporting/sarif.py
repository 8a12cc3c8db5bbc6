"""Reports as SARIF 2.1.0, the log format that GitHub and editors show.

What the standard (OASIS, SARIF Version 2.1.0) asks for and is used here:

- a result names a rule of its run by `ruleId` and `ruleIndex`, has a `level` and at least
  one location (GitHub leaves out a result that has none);
- a file is a URI reference; below the working folder it is relative to `%SRCROOT%`, which
  is the repository's root for whoever reads the log there;
- a region has a line, from 1, or a byte offset, from 0; without one, it is the file;
- what is neither, such as a record, a feature's column or a job's setting, is a logical
  location. A SARIF column would be a character of a line.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .catalogue import title
from .findings import SEVERITIES, Finding, Place, Report
from .rendering import place_text

__all__ = ["to_log", "to_sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_SAFE = "/-._~!$&'()*+,;=:@"  # what RFC 3986 allows in a path


def to_sarif(
    reports: Iterable[Report],
    *,
    folder: str | os.PathLike[str] | None = None,
    indent: int | None = None,
) -> str:
    """One log of all reports, as text.

    Parameters
    ----------
    folder : path, optional
        Paths below it become relative to it; by default the working folder.
    """
    return json.dumps(to_log(reports, folder=folder), indent=indent)


def to_log(
    reports: Iterable[Report], *, folder: str | os.PathLike[str] | None = None
) -> dict[str, Any]:
    """One log of all reports, as plain values.

    Examples
    --------
    >>> to_log([Report("X")])["runs"][0]["results"]
    []
    """
    reports = list(reports)
    root = Path(Path.cwd() if folder is None else folder).absolute()
    ids = sorted(
        {f.rule for one in reports for f in one.findings}
        | {rule for one in reports for rule in one.checked}
    )
    index = {rule: number for number, rule in enumerate(ids)}
    results = [
        _result(finding, report, index[finding.rule], root)
        for report in reports
        for finding in report.findings
    ]
    driver: dict[str, Any] = {"name": "recordsmith"}
    with contextlib.suppress(PackageNotFoundError):  # it runs where it is not installed
        driver["version"] = version("recordsmith")
    driver["rules"] = [_rule(one, reports) for one in ids]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [_invocation(reports)],
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def _invocation(reports: list[Report]) -> dict[str, Any]:
    skipped = [
        {
            "level": "note",
            "message": {"text": _text(f"{rule} was not checked: {reason}")},
        }
        for report in reports
        for rule, reason in report.skipped
    ]
    return {"executionSuccessful": True, "toolExecutionNotifications": skipped}


def _rule(rule: str, reports: list[Report]) -> dict[str, Any]:
    """A rule of the run; its level is the gravest it has here."""
    found = [f for report in reports for f in report.findings if f.rule == rule]
    levels = {finding.severity for finding in found}
    sources = sorted({source for finding in found for source in finding.sources})
    sentence = _text(title(rule))
    help_text = "\n".join([sentence, *(f"Source: {_text(one)}" for one in sources)])
    descriptor: dict[str, Any] = {
        "id": rule,
        "shortDescription": {"text": sentence},
        "fullDescription": {"text": sentence},
        "help": {"text": help_text},
    }
    if levels:
        gravest = min(levels, key=SEVERITIES.index)
        descriptor["defaultConfiguration"] = {"level": gravest}
    addresses = [one for one in sources if re.fullmatch(r"https://[!-~]+", one)]
    if addresses:
        descriptor["helpUri"] = quote(addresses[0], safe="%#?" + _SAFE)
    return descriptor


def _result(finding: Finding, report: Report, index: int, root: Path) -> dict[str, Any]:
    places = finding.places or tuple(Place(path=path) for path in report.files[:1])
    locations = [_location(place, report, root) for place in places or (Place(),)]
    message = f"{finding.found}. Expected: {finding.expected}. Fix: {finding.fix}."
    properties: dict[str, Any] = {
        "found": _text(finding.found),
        "expected": _text(finding.expected),
        "fix": _text(finding.fix),
    }
    if finding.message is not None:
        message += f" The job would have said: {finding.message}"
        properties["jobMessage"] = _text(finding.message)
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "kind": "fail",
        "level": finding.severity,
        "message": {"text": _text(message)},
        "locations": locations,
        "occurrenceCount": finding.count,
        "partialFingerprints": {"recordsmith/v1": _fingerprint(finding, report)},
        "properties": properties,
    }


def _fingerprint(finding: Finding, report: Report) -> str:
    """The same for the same finding of the next run, though records before it moved."""
    first = finding.places[0] if finding.places else Place()
    parts = (finding.rule, first.path or report.subject, first.setting, first.column)
    return hashlib.sha256(ascii(parts).encode()).hexdigest()[:32]


def _location(place: Place, report: Report, root: Path) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if place.path not in (None, "-"):
        physical: dict[str, Any] = {"artifactLocation": _artifact(str(place.path), root)}
        region: dict[str, int] = {}
        if place.line is not None:
            region["startLine"] = place.line
        if place.offset is not None:
            region["byteOffset"] = place.offset
        if region:
            physical["region"] = region
        location["physicalLocation"] = physical
    logical = _logical(place)
    if not logical and not location:
        logical = [{"name": _text(report.subject), "kind": "object"}]
    if logical:
        location["logicalLocations"] = logical
    if text := place_text(place):
        location["message"] = {"text": text}
    return location


def _logical(place: Place) -> list[dict[str, str]]:
    parts = []
    if place.channel is not None:
        parts.append(("module", f"channel {place.channel}"))
    if place.record is not None:
        unit = "row" if place.path is None else "record"
        parts.append(("element", f"{unit} {place.record}"))
    if place.column is not None:
        parts.append(("member", f"column {place.column}"))
    if place.setting is not None:
        parts.append(("property", place.setting))
    if not parts:
        return []
    kind, name = parts[-1]
    full = "/".join(_text(part) for _, part in parts)
    return [{"name": _text(name), "fullyQualifiedName": full, "kind": kind}]


def _artifact(path: str, root: Path) -> dict[str, str]:
    scheme = _SCHEME.fullmatch(path)
    if scheme is not None:
        return {"uri": f"{scheme[1].lower()}://{_quoted(scheme[2])}"}
    absolute = Path(os.path.normpath(root / path))
    try:
        relative = absolute.relative_to(root)
    except ValueError:
        return {"uri": f"file://{_quoted(str(absolute))}"}
    uri = _quoted(relative.as_posix())
    # "a:b" would be read as a scheme (RFC 3986, 4.2).
    if ":" in uri.split("/")[0]:
        uri = f"./{uri}"
    return {"uri": uri, "uriBaseId": _ROOT}


def _quoted(path: str) -> str:
    try:
        return quote(path.encode("utf-8", "surrogateescape"), safe=_SAFE)
    except UnicodeEncodeError:  # no path that this system could have given
        return quote(path.encode("utf-8", "backslashreplace"), safe=_SAFE)


def _text(text: str) -> str:
    """Text that any JSON reader takes: no half of a surrogate pair."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
