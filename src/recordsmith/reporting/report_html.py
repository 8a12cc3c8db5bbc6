"""A report as HTML, for notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from ..wording import printable
from .catalogue import title
from .findings import Finding, Report
from .rendering import place_text, summary

__all__ = ["report_html"]

# A notebook may be dark or light: text takes the page's own colour, and the marks have a
# ground on which white can be read.
_GROUNDS = {"error": "#c62828", "warning": "#9a6700", "note": "#1f6feb"}
_TABLE = "border-collapse:collapse;background:transparent;color:inherit"
_CELL = (
    "padding:.4em .6em;text-align:left;vertical-align:top;white-space:normal;"
    "border:0;border-top:1px solid rgba(128,128,128,.4)"
)
_MARK = "color:#fff;border-radius:.25em;padding:.1em .4em;font-size:85%;background:"
_HEADS = ("", "Rule", "Found", "Expected", "Where", "Fix")


def report_html(report: Report) -> str:
    """One `div` that holds a table, with nothing from outside and no script."""
    parts = [f"<p><strong>{_text(report.subject)}</strong>: {_text(summary(report))}</p>"]
    parts.append(f"<p>{_text(_facts(report))}</p>" if _facts(report) else "")
    if report.findings:
        head = "".join(f'<th scope="col" style="{_CELL}">{one}</th>' for one in _HEADS)
        rows = "".join(map(_row, report.findings))
        parts.append(
            f'<table style="{_TABLE}">'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )
    if report.skipped:
        items = _list(f"{rule}: {reason}" for rule, reason in report.skipped)
        parts.append(f"<details><summary>Not checked</summary>{items}</details>")
    return f'<div class="recordsmith-report">{"".join(parts)}</div>'


def _facts(report: Report) -> str:
    facts = []
    if report.files or report.rows:
        facts.append(f"rows: {report.rows:,}")
    if report.files:
        facts.append(f"files: {len(report.files):,}")
    if report.bytes:
        facts.append(f"bytes: {report.bytes:,}")
    if report.schema:
        facts.append(f"fields: {report.schema}")
    if report.checked:
        facts.append(f"rules checked: {len(report.checked):,}")
    return "; ".join(facts)


def _row(finding: Finding) -> str:
    ground = _GROUNDS[finding.severity]
    sentence = title(finding.rule)
    cells = [
        f'<span style="{_MARK}{ground}">{_text(finding.severity)}</span>',
        f"<code>{_text(finding.rule)}</code>"
        + (f"<br>{_text(sentence)}" if sentence != finding.rule else ""),
        _text(finding.found) + _said(finding),
        _text(finding.expected),
        _places(finding),
        _text(finding.fix) + _sources(finding),
    ]
    inner = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
    return f"<tr>{inner}</tr>"


def _said(finding: Finding) -> str:
    if finding.message is None:
        return ""
    return f"<br>The job would have said: <code>{_text(finding.message)}</code>"


def _places(finding: Finding) -> str:
    lines = [_text(place_text(place)) for place in finding.places]
    more = finding.count - len(lines)
    if more > 0 and (lines or finding.count > 1):
        lines.append(f"... and {more:,} more" if lines else f"{more:,} places")
    return "<br>".join(lines)


def _sources(finding: Finding) -> str:
    if not finding.sources:
        return ""
    items = "".join(f"<li>{_link(source)}</li>" for source in finding.sources)
    return f"<details><summary>Sources</summary><ul>{items}</ul></details>"


def _link(source: str) -> str:
    shown = _text(source)
    if re.fullmatch(r"https?://[^\s\"'<>]+", source):
        return f'<a href="{shown}" rel="noopener noreferrer">{shown}</a>'
    return shown


def _list(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{_text(item)}</li>" for item in items) + "</ul>"


def _text(text: str) -> str:
    """Text as HTML; what HTML cannot hold, such as a NUL, is shown as Python would."""
    return escape(printable(text))
