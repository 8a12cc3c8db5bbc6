"""Statistics for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..wording import human_bytes, plural, printable

if TYPE_CHECKING:
    from .results import ColumnStats, Statistics, WideStats

__all__ = [
    "cells",
    "counted",
    "errors",
    "heads",
    "n_columns",
    "number",
    "remarks",
    "_values",
    "to_text",
    "wide_text",
]

_HEADS = ("column", "type", "missing", "distinct", "min", "median", "max", "mean", "std")
_LEFT = 2  # columns of the table that are aligned left
_LONGEST = 28
_SHOWN = 60


def to_text(found: Statistics) -> str:
    """A line for each column, then what is remarkable."""
    lines = [_headline(found)]
    lines += [f"  {wide_text(one)}" for one in found.wide]
    shown = found.columns[:_SHOWN]
    if shown:
        rows = [_HEADS, *(cells(one) for one in shown)]
        lines += ["", *_columns(rows)]
    if len(found.columns) > len(shown):
        more = plural(len(found.columns) - len(shown), "more column")
        lines.append(f"... {more}: --json and --html have them")
    labels = [
        f"label {printable(one.name)}: {_values(one, 12)}"
        for one in found.labels
        if one.values
    ]
    notes = [*labels, *remarks(found), *errors(found)]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def _headline(found: Statistics) -> str:
    """What was looked at, in one line."""
    size = "" if found.bytes is None else f", {human_bytes(found.bytes)}"
    text = f"{printable(found.source)}: {found.format}, {plural(found.rows, 'row')}"
    text += f" of {plural(n_columns(found), 'column')}{size}"
    if found.sparsity is not None:
        text += f", {found.sparsity:.4g} of the features' numbers are zero"
    return text


def n_columns(found: Statistics) -> int:
    """All columns, those of wide fields that are not shown included."""
    return len(found.columns) + sum(one.width - one.shown for one in found.wide)


def wide_text(one: WideStats) -> str:
    """A wide field in one line."""
    kind = "sparse" if one.sparse else "dense"
    text = f"{one.role} {printable(one.name)}: {kind} {one.dtype}, {one.width:,} columns"
    text += f", {one.empty_columns:,} without a number other than zero"
    return f"{text}; below are those with most"


def remarks(found: Statistics) -> list[str]:
    """What is remarkable about the data."""
    lines = []
    if found.constant:
        lines.append(f"constant: {_listed(found.constant)}")
    for one in found.columns:
        name = printable(one.name)
        if one.suspected_id:
            lines.append(f"{name} may be an id: {one.suspected_id}")
        if one.not_numbers:
            hold = "cell holds" if one.not_numbers == 1 else "cells hold"
            lines.append(f"{name}: {one.not_numbers:,} {hold} no number")
        if one.infinite:
            lines.append(f"{name}: {plural(one.infinite, 'infinite number')}")
    return lines


def errors(found: Statistics) -> list[str]:
    """How sure the figures are."""
    lines = []
    rank = max((one.rank_error for one in found.columns), default=0.0)
    distinct = max((one.distinct_error for one in found.columns), default=0.0)
    if rank:
        lines.append(f"medians and other quantiles: ranks are off by at most {rank:.2%}")
    if distinct:
        lines.append(f"~: an estimate, with a standard error of {distinct:.1%}")
    return lines


def _values(one: ColumnStats, most: int) -> str:
    """The values of a column that has few, and how often each occurs."""
    values = one.values or []
    parts = [f"{number(value)} {n / one.count:.1%}" for value, n in values[:most]]
    more = f", and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(parts) + more


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(map(printable, names[:10])) + more


def heads() -> tuple[str, ...]:
    """Of the columns of the table."""
    return _HEADS


def cells(one: ColumnStats) -> tuple[str, ...]:
    """A column's line of the table."""
    kind = one.kind if one.kind in ("text", "time") else one.dtype
    median = None if one.quantiles is None else one.quantiles[0.5]
    role = "" if one.role == "feature" or one.role == one.name else f" ({one.role})"
    name = printable(one.name)
    name = name if len(name) <= _LONGEST else name[: _LONGEST - 3] + "..."
    share = one.missing / max(1, one.missing + one.count)
    return (
        name + role,
        kind,
        f"{share:.1%}" if one.missing else "",
        counted(one),
        number(one.minimum),
        number(median),
        number(one.maximum),
        number(one.mean),
        number(one.std),
    )


def counted(one: ColumnStats) -> str:
    """How many different values there are, with a mark where that is an estimate."""
    if one.distinct is None:
        return ""
    return f"{'~' if one.distinct_error else ''}{one.distinct:,}"


def number(value: float | str | None) -> str:
    """A number in few characters.

    Examples
    --------
    >>> number(0.1 + 0.2), number(12345678.4), number(-3.0), number(None), number(1.5e-9)
    ('0.3', '12345678', '-3', '', '1.5e-09')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return printable(value)
    if abs(value) < 1e12 and (value == int(value) or abs(value) >= 1e5):
        return f"{value:.0f}"
    return f"{value:.5g}"


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        "  ".join(
            cell.ljust(width) if at < _LEFT else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]
