"""A comparison for a terminal and for a notebook."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING

from ..wording import human_bytes, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .results import Candidate, Comparison, Sample, Timing

__all__ = ["to_html", "to_text"]

_WIDTH = 100
_HEADS = (
    "format",
    "bytes/row",
    "in all",
    "write",
    "read",
    "Pipe",
    "FastFile",
    "loses",
)
_LEGEND = (
    "*: recommended; -: cannot be used; ?: not confirmed; in all: {in_all}; write, read: "
    "milliseconds for 1,000 rows, and the range of the passes around the median"
)


def to_text(found: Comparison) -> str:
    """Lines of at most 100 characters, but for commands."""
    lines = _wrapped(_title(found))
    if found.measured:
        rows = [_HEADS, *map(_cells, found.measured)]
        marks = ["  ", *(_mark(one, found) for one in found.measured)]
        lines += ["", *_columns(rows, marks), *_wrapped(_legend(found), "  ")]
    lines += ["", *_wrapped(found.advice)]
    for head, items in (("Why", found.reasons), ("Note", found.notes)):
        if items:
            lines += ["", f"{head}:"]
            for item in items:
                lines += _wrapped(item, "- ", "  ")
        if head == "Why" and found.recommended is not None:
            lines += ["", *_how(found.recommended)]
    return "\n".join(lines)


def _title(found: Comparison) -> str:
    about = f"{found.source} for {found.algorithm_name}"
    if found.container:
        about += f" ({found.container})"
    if found.input_mode:
        about += f" in {found.input_mode} mode"
    return f"{about}: {_sampled(found.sample)}" if found.sample else about


def _sampled(sample: Sample) -> str:
    parts = [f"{plural(sample.rows, 'row')} ({human_bytes(sample.bytes)} in memory)"]
    if sample.total_rows is not None and sample.total_rows != sample.rows:
        about = "" if sample.exact else "about "
        parts.append(f"of {about}{sample.total_rows:,}")
    text = " ".join(parts)
    facts = [sample.how]
    if sample.width is not None:
        facts.append(plural(sample.width, "feature"))
    if sample.density is not None:
        facts.append(f"{sample.density:.2%} of them not zero")
    return f"{text}: {', '.join(facts)}"


def _legend(found: Comparison) -> str:
    sample = found.sample
    if sample is None or sample.total_rows is None:
        in_all = "unknown, as nobody knows how many rows there are"
    elif sample.total_rows == sample.rows:
        in_all = f"of the {plural(sample.rows, 'row')}"
    else:
        about = "" if sample.exact else "about "
        in_all = f"extrapolated to {about}{plural(sample.total_rows, 'row')}"
    return _LEGEND.format(in_all=in_all)


def _mark(one: Candidate, found: Comparison) -> str:
    if one is found.recommended:
        return "* "
    return "- " if one.problem is not None else "  "


def _cells(one: Candidate) -> tuple[str, ...]:
    per_row = one.bytes_per_row or 0.0
    return (
        one.name + ("?" if one.unconfirmed else ""),
        f"{per_row:,.1f}",
        "" if one.total_bytes is None else human_bytes(one.total_bytes),
        _time(one.write, one.rows),
        _time(one.read, one.rows),
        _yes(one.pipe, one.pipe_sure),
        _yes(one.fast_file, one.fast_file_sure),
        _lost(one),
    )


def _time(timing: Timing | None, rows: int) -> str:
    if timing is None or not rows:
        return ""
    thousand = timing.seconds / rows * 1e6
    return f"{thousand:,.3g} ±{timing.spread / 2:.0%}"


def _yes(value: bool | None, sure: bool) -> str:
    if value is None:
        return "?"
    return ("yes" if value else "no") + ("" if sure else "?")


def _lost(one: Candidate) -> str:
    if one.loss is None:
        return ""
    if one.loss.nothing:
        text = "nothing"
    elif one.loss.only_rounding and one.loss.values_changed + one.loss.labels_changed:
        text = "rounded"
    else:
        text = "see below"
    return text + (", meaning" if one.meaning is not None else "")


def _columns(rows: Sequence[Sequence[str]], marks: Sequence[str]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for mark, row in zip(marks, rows):
        cells = [
            cell.ljust(width) if number in (0, 5, 6, 7) else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append((mark + "  ".join(cells)).rstrip())
    return lines


def _wrapped(text: str, first: str = "", rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _how(best: Candidate) -> list[str]:
    lines = ["How:"]
    call = best.command or best.python
    if call is not None:
        lines.append(f"  {call}")
    lines.append(f"  the channel's ContentType: {best.content_type}")
    facts = [*best.restrictions, *([f"files: {best.shards}"] if best.shards else [])]
    lines += _wrapped("; ".join(facts), "  ") if facts else []
    return lines


# -- notebooks -------------------------------------------------------------------------


def to_html(found: Comparison) -> str:
    """A table, the advice in bold, and lists; colours are the notebook's own."""
    parts = [f"<p>{escape(_title(found))}</p>"]
    if found.measured:
        head = "".join(f"<th>{escape(one)}</th>" for one in _HEADS)
        rows = "".join(_html_row(one, found) for one in found.measured)
        parts.append(
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"<p><small>{escape(_legend(found))}</small></p>"
        )
    parts.append(f"<p><b>{escape(found.advice)}</b></p>")
    best = found.recommended
    if best is not None:
        call = best.command or best.python or ""
        parts.append(
            f"<pre>{escape(call)}</pre><p>ContentType: "
            f"<code>{escape(best.content_type)}</code></p>"
        )
    for items in (found.reasons, found.notes):
        if items:
            listed = "".join(f"<li>{escape(one)}</li>" for one in items)
            parts.append(f"<ul>{listed}</ul>")
    return f"<div>{''.join(parts)}</div>"


def _html_row(one: Candidate, found: Comparison) -> str:
    cells = [
        f'<td style="text-align: {"right" if 0 < number < 5 else "left"}">'
        f"{escape(cell)}</td>"
        for number, cell in enumerate(_cells(one))
    ]
    weight = ' style="font-weight: bold"' if one is found.recommended else ""
    return f"<tr{weight}>{''.join(cells)}</tr>"
