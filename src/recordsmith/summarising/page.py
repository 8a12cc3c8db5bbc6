"""Statistics as one page that stands alone: no script, nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..wording import human_bytes
from .charts import missing_bar, picture, text
from .rendering import (
    cells,
    counted,
    errors,
    heads,
    n_columns,
    number,
    remarks,
    wide_text,
)

if TYPE_CHECKING:
    from .results import ColumnStats, Statistics

__all__ = ["to_page"]

_CARDS = 200


def to_page(found: Statistics) -> str:
    """The page, as text in HTML 5."""
    style = Path(__file__).with_name("page.css").read_text("utf-8")
    others = [one for one in found.columns if one.role != "label"]
    parts = [
        f"<h1>{text(found.source)}</h1>",
        f'<p class="soft">{text(found.format)}, looked at by recordsmith stats</p>',
        _tiles(found),
        "".join(f"<p>{text(wide_text(one))}</p>" for one in found.wide),
        _remarks(found),
        _cards("Label", found.labels),
        _cards("Columns", others[: max(0, _CARDS - len(found.labels))]),
        _table(found.columns),
        f"<footer>{_sure(found)}</footer>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(found.source)}: statistics</title>\n<style>\n{style}</style>"
        f"</head>\n<body>\n<main>{''.join(parts)}</main>\n</body></html>\n"
    )


def _tiles(found: Statistics) -> str:
    facts = [("rows", f"{found.rows:,}"), ("columns", f"{n_columns(found):,}")]
    missing = sum(one.missing for one in found.columns)
    cells_ = sum(one.missing + one.count for one in found.columns)
    if cells_ and not found.wide:
        facts.append(("values missing", f"{missing / cells_:.2%}"))
    if found.sparsity is not None:
        facts.append(("zeros among features", f"{found.sparsity:.2%}"))
    if found.bytes is not None:
        facts.append(("size", human_bytes(found.bytes)))
    tiles = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts
    )
    return f'<dl class="tiles">{tiles}</dl>'


def _remarks(found: Statistics) -> str:
    lines = remarks(found)
    if not lines:
        return ""
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f'<ul class="remarks">{items}</ul>'


def _sure(found: Statistics) -> str:
    lines = errors(found)
    always = "counts, ranges, means and deviations are exact but for rounding"
    return text("; ".join([always, *lines]) + ".")


def _cards(title: str, columns: list[ColumnStats]) -> str:
    if not columns:
        return ""
    cards = "".join(map(_card, columns))
    return f'<section><h2>{title}</h2><div class="cards">{cards}</div></section>'


def _card(one: ColumnStats) -> str:
    marks = ["constant"] if one.constant else []
    marks += ["an id?"] if one.suspected_id else []
    marked = "".join(f' <span class="mark">{mark}</span>' for mark in marks)
    role = "" if one.role == "feature" else f"{text(one.role)}, "
    label = " label" if one.role == "label" else ""
    return (
        f'<article class="card{label}"><h3>{text(one.name)}</h3>'
        f'<span class="soft">{role}{text(one.dtype)}</span>{marked}'
        f"{missing_bar(one)}{picture(one)}{_figures(one)}</article>"
    )


def _figures(one: ColumnStats) -> str:
    quantiles = one.quantiles or {}
    figures = [
        ("count", f"{one.count:,}"),
        ("distinct", counted(one)),
        ("mean", number(one.mean)),
        ("std", number(one.std)),
        ("min", number(one.minimum)),
        ("median", number(quantiles.get(0.5))),
        ("max", number(one.maximum)),
        ("middle half", _middle(quantiles)),
        ("zeros", "" if one.nonzero is None else f"{one.count - one.nonzero:,}"),
        ("lengths", _lengths(one)),
        ("infinite", f"{one.infinite:,}" if one.infinite else ""),
        ("no numbers", f"{one.not_numbers:,}" if one.not_numbers else ""),
    ]
    inner = "".join(
        f"<div><dt>{name}</dt><dd>{text(value)}</dd></div>"
        for name, value in figures
        if value
    )
    return f'<dl class="figures">{inner}</dl>'


def _middle(quantiles: dict[float, float]) -> str:
    if not quantiles:
        return ""
    return f"{number(quantiles[0.25])} to {number(quantiles[0.75])}"


def _lengths(one: ColumnStats) -> str:
    if one.min_length is None or one.max_length is None:
        return ""
    if one.min_length == one.max_length:
        return f"{one.min_length:,}"
    return f"{one.min_length:,} to {one.max_length:,}"


def _table(columns: list[ColumnStats]) -> str:
    if not columns:
        return ""
    head = "".join(f'<th scope="col">{text(one)}</th>' for one in heads())
    rows = []
    for one in columns:
        first, *rest = cells(one)
        inner = "".join(f"<td>{text(cell)}</td>" for cell in rest)
        rows.append(f'<tr><th scope="row">{text(first)}</th>{inner}</tr>')
    return (
        '<section><h2>All figures</h2><div class="scroll"><table class="all">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        "</section>"
    )
