"""A report as text, for terminals and logs."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Iterator
from typing import TextIO

from ..wording import human_bytes, plural, printable
from .catalogue import title
from .findings import SEVERITIES, Finding, Place, Report

__all__ = ["place_text", "print_report", "report_text", "summary", "wants_colour"]

_WIDTH = 90
_NARROWEST = 40
_COLOURS = {"error": "31", "warning": "33", "note": "36"}
_BOLD = "1"
_DIM = "2"
_NAME_WIDTH = len("job says")


def print_report(report: Report, file: TextIO) -> None:
    """Print a report: in colour and as wide as the window, if it is a terminal."""
    colour = wants_colour(file)
    width = _WIDTH
    if _is_terminal(file):
        width = max(shutil.get_terminal_size((_WIDTH, 24)).columns, _NARROWEST)
    print(report_text(report, min(width, 120), colour), file=file)


def wants_colour(file: TextIO) -> bool:
    """Whether to colour what goes there: a terminal that can, and a user who did not say
    NO_COLOR (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return _is_terminal(file)


def _is_terminal(file: TextIO) -> bool:
    try:
        return file.isatty()
    except (AttributeError, ValueError):  # a double, or a closed file
        return False


def report_text(report: Report, width: int = _WIDTH, colour: bool = False) -> str:
    """The whole report; one line if nothing was found and all rules could be applied.

    Parameters
    ----------
    width : int
        Longer lines are wrapped, but addresses and names are never cut.
    colour : bool
        With the escape sequences of terminals.
    """
    lines = [_headline(report, colour)]
    if report.findings and (size := _size(report)):
        lines += _wrap(f"  {size}", width, "  ")
    for finding in report.findings:
        lines += ["", *_finding_lines(finding, width, colour)]
    if report.skipped:
        lines += ["", *_skipped_lines(report, width)]
    return "\n".join(lines)


def summary(report: Report) -> str:
    """How many errors, warnings and notes there are.

    Examples
    --------
    >>> summary(Report("X")), summary(Report("X", (Finding("a/b", "note", "", "", ""),)))
    ('ok', 'ok, 1 note')
    """
    counts = [
        plural(number, severity)
        for severity in SEVERITIES
        if (number := sum(f.severity == severity for f in report.findings))
    ]
    return ", ".join(counts if not report.clean else ["ok", *counts])


def _headline(report: Report, colour: bool) -> str:
    what = summary(report)
    if report.findings:
        worst = min((f.severity for f in report.findings), key=SEVERITIES.index)
        what = _paint(what, _COLOURS[worst], colour)
    elif size := _size(report):
        what = f"{what}, {size}"
    return f"{_paint(printable(report.subject), _BOLD, colour)}: {what}"


def _size(report: Report) -> str:
    """What was looked at: rows, files, bytes, fields, rules."""
    parts = []
    if report.rows or report.files:
        parts.append(plural(report.rows, "row") if report.rows else "no rows")
    if report.files:
        parts[-1:] = [f"{parts[-1]} in {plural(len(report.files), 'file')}"]
    if report.bytes:
        parts.append(human_bytes(report.bytes))
    if report.schema:
        parts.append(f"each row with {printable(report.schema)}")
    if report.checked:
        parts.append(f"{plural(len(report.checked), 'rule')} checked")
    return ", ".join(parts)


def _finding_lines(finding: Finding, width: int, colour: bool) -> Iterator[str]:
    painted = _paint(finding.severity, _COLOURS[finding.severity], colour)
    name = printable(finding.rule)
    sentence = title(finding.rule)
    head = f"{painted} {_paint(name, _BOLD, colour)}"
    if sentence != finding.rule:
        plain = len(finding.severity) + 1 + len(name)
        first, *rest = _wrap(f"{'x' * plain}: {sentence}", width, "    ")
        yield head + first[plain:]
        yield from rest
    else:
        yield head
    entries = [("found", finding.found), ("expected", finding.expected)]
    entries += [("where", text) for text in _where(finding)]
    if finding.message is not None:
        entries.append(("job says", finding.message))
    entries.append(("fix", finding.fix))
    entries += [("source", source) for source in finding.sources]
    previous = ""
    for label, text in entries:
        if text:
            shown = "" if label == previous else label
            yield from _entry(shown, text, width, colour)
            previous = label


def _where(finding: Finding) -> Iterator[str]:
    for place in finding.places:
        yield place_text(place)
    more = finding.count - len(finding.places)
    if more > 0 and finding.places:
        yield f"... and {more:,} more"
    elif finding.count > 1 and not finding.places:
        yield f"{finding.count:,} places"


def _entry(label: str, text: str, width: int, colour: bool) -> Iterator[str]:
    indent = 2 + _NAME_WIDTH + 2
    first, *rest = _wrap(printable(text), width - indent, "")
    yield f"  {_paint(f'{label:<{_NAME_WIDTH}}', _DIM, colour)}  {first}"
    for line in rest:
        yield " " * indent + line


def _skipped_lines(report: Report, width: int) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for rule, reason in report.skipped:
        reasons.setdefault(reason, []).append(rule)
    for reason, rules in reasons.items():
        yield from _wrap(
            printable(f"not checked: {', '.join(rules)}: {reason}"), width, "  "
        )


def _wrap(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [text]


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour and text.strip() else text


def place_text(place: Place) -> str:
    """A place in one line.

    Examples
    --------
    >>> place_text(Place(path="a.csv", channel="train", line=3, column="age"))
    "a.csv, channel train: line 3, column 'age'"
    >>> place_text(Place(setting="InputDataConfig[0].ContentType"))
    'InputDataConfig[0].ContentType'
    """
    whole = [] if place.path is None else [place.path]
    if place.channel is not None:
        whole.append(f"channel {place.channel}")
    within = []
    if place.line is not None:
        within.append(f"line {place.line}")
    if place.record is not None:
        # An array's rows count from 0 and have another name than a file's records.
        within.append(f"{'row' if place.path is None else 'record'} {place.record}")
    if place.column is not None:
        within.append(f"column {place.column!r}")
    if place.offset is not None:
        within.append(f"byte {place.offset}")
    if place.setting is not None:
        within.append(place.setting)
    parts = [", ".join(part) for part in (whole, within) if part]
    return printable(": ".join(parts))
