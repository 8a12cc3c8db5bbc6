"""The table as a matrix: one row an algorithm, as text and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Callable

from .types import Algorithm, Fact, Format

__all__ = ["LEGEND", "as_markdown", "as_text"]

# What nobody confirmed. `recordsmith algorithms NAME` says why.
_DOUBT = "?"

LEGEND = """\
?              not confirmed: inferred, disputed, or documented nowhere
-              does not apply
content types  recordio-protobuf is application/x-recordio-protobuf, csv text/csv, ...
record label   of a RecordIO-protobuf record; CSV label: where it stands in CSV
channels       optional ones stand in parentheses
instances      of one training job: one, many, or some (many with some settings only)"""

Cell = Callable[[Algorithm], list[str]]


def as_text(entries: Iterable[Algorithm]) -> str:
    """The matrix in at most 120 columns, without the legend.

    Examples
    --------
    >>> from recordsmith import algorithm
    >>> lines = as_text([algorithm("pca")]).splitlines()
    >>> print("\\n".join(line[:58].rstrip() for line in lines))
    algorithm  content types      RecordIO  dtype     record
                                                      label
    ---------  -----------------  --------  --------  --------
    pca        recordio-protobuf  dense     float32?  ignored?
               csv                sparse?
    """
    heads = [_broken(title, width) for title, _, width in _COLUMNS]
    rows = [
        [
            [line for item in cell(entry) for line in _broken(item, width)]
            for _, cell, width in _COLUMNS
        ]
        for entry in entries
    ]
    widths = [
        max(len(line) for cell in column for line in cell) for column in zip(heads, *rows)
    ]
    lines = [*_lines(heads, widths), "  ".join("-" * width for width in widths)]
    for row in rows:
        lines += _lines(row, widths)
    return "\n".join(lines)


def as_markdown(entries: Iterable[Algorithm]) -> str:
    """The matrix as a Markdown table.

    Examples
    --------
    >>> from recordsmith import algorithm
    >>> as_markdown([algorithm("pca")]).splitlines()[2][:57]
    '| `pca` | recordio-protobuf, csv | dense, sparse? | float'
    """
    heads = [title for title, _, _ in _COLUMNS]
    rows = [[", ".join(cell(entry)) for _, cell, _ in _COLUMNS] for entry in entries]
    for row in rows:
        row[0] = f"`{row[0]}`"
    table = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in table)


def _broken(item: str, width: int) -> list[str]:
    """An item in lines: broken behind spaces, hyphens and underscores only."""
    lines = [""]
    for piece in re.findall(r"[^ _-]*[ _-]|[^ _-]+", item):
        if lines[-1] and len(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _lines(row: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    height = max(map(len, row))
    return [
        "  ".join(
            (cell[number] if number < len(cell) else "").ljust(width)
            for cell, width in zip(row, widths)
        ).rstrip()
        for number in range(height)
    ]


def _mark(fact: Fact[Any]) -> str:
    return "" if fact.sure else _DOUBT


def _name(entry: Algorithm) -> list[str]:
    return [entry.key]


def _recordio(entry: Algorithm) -> Format | None:
    return entry.format("recordio-protobuf")


def _types(entry: Algorithm) -> list[str]:
    known = [one.content_type_known for one in entry.formats]
    kinds = [
        one.kind + ("" if fact is None else _mark(fact))
        for one, fact in zip(entry.formats, known)
    ]
    return list(dict.fromkeys(kinds))


def _density(entry: Algorithm) -> list[str]:
    found = _recordio(entry)
    if found is None or found.densities is None:
        return ["-"]
    fact = found.densities
    if fact.sure or len(fact.value) == 1:
        return [one + _mark(fact) for one in fact.value]
    return ["dense", f"sparse{_DOUBT}"]  # what is unclear is whether sparse rows are read


def _dtypes(entry: Algorithm) -> list[str]:
    found = _recordio(entry)
    if found is None or found.dtypes is None:
        return ["-"]
    return [one + _mark(found.dtypes) for one in found.dtypes.value]


_LABELS = {"forbidden": "none"}


def _label(entry: Algorithm) -> list[str]:
    found = _recordio(entry)
    return ["-"] if found is None else _by_channel(found)


def _by_channel(found: Format) -> list[str]:
    rules = {
        channel: _LABELS.get(fact.value, fact.value) + _mark(fact)
        for channel, fact in found.label.items()
    }
    if set(rules) == {"*"}:
        return [rules["*"]]
    return [f"{channel}: {rule}" for channel, rule in rules.items()]


def _csv_label(entry: Algorithm) -> list[str]:
    found = entry.format("csv")
    if found is None or found.label_position is None:
        return ["-"]
    position = found.label_position
    where = str(position.value) + _mark(position)
    if set(found.label) == {"*"}:
        return [where]
    return [
        f"{channel}: {'none' if fact.value == 'forbidden' else where}"
        for channel, fact in found.label.items()
    ]


def _modes(entry: Algorithm) -> list[str]:
    """Modes, and the formats to which each is confined."""
    found: dict[str, list[str]] = {}
    for one in entry.formats:
        for mode in _format_modes(one):
            found.setdefault(mode, []).append(one.kind)
    kinds = [one.kind for one in entry.formats]
    cell = []
    for mode, having in found.items():
        lacking = [kind for kind in kinds if kind not in having]
        if not lacking:
            cell.append(mode)
        elif len(lacking) < len(having):
            cell.append(f"{mode} (not {', '.join(dict.fromkeys(lacking))})")
        else:
            cell.append(f"{mode} ({', '.join(dict.fromkeys(having))} only)")
    return cell


def _format_modes(one: Format) -> list[str]:
    newest = one.input_modes()
    before = one.modes[:-1]
    if not before:
        return [mode + _mark(newest) for mode in newest.value]
    gone = [mode for mode in before[-1].modes.value if mode not in newest.value]
    # Where a fact is that newer images lack a mode, the others are not in doubt.
    return [*newest.value] + [
        f"{mode} up to {before[-1].tags[-1]}{_mark(newest)}" for mode in gone
    ]


def _channels(entry: Algorithm) -> list[str]:
    required, optional = entry.channels_required, entry.channels_optional
    return [one + _mark(required) for one in required.value] + [
        f"({one}{_mark(optional)})" for one in optional.value
    ]


def _instances(entry: Algorithm) -> list[str]:
    return [(entry.instances.value or "") + _mark(entry.instances)]


# Title, cell, and how wide it may be.
_COLUMNS: list[tuple[str, Cell, int]] = [
    ("algorithm", _name, 17),
    ("content types", _types, 17),
    ("RecordIO", _density, 8),
    ("dtype", _dtypes, 8),
    ("record label", _label, 9),
    ("CSV label", _csv_label, 10),
    ("modes", _modes, 10),
    ("channels", _channels, 16),
    ("instances", _instances, 9),
]
