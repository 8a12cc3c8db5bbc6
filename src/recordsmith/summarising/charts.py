"""The pictures of a page: SVG and HTML, of colours that the page's style sheet names."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..wording import printable
from .rendering import number

if TYPE_CHECKING:
    from .results import ColumnStats

__all__ = ["missing_bar", "picture", "text"]

_WIDTH = 320
_HEIGHT = 96
_BOX = 22  # height of the part below the bars
_MOST_VALUES = 12


def text(value: str) -> str:
    """Text as HTML; what HTML cannot hold is shown as Python would."""
    return escape(printable(value))


def picture(one: ColumnStats) -> str:
    """A bar for each value where they are few, or text; else a histogram."""
    few = one.values is not None and len(one.values) <= _MOST_VALUES
    if one.values and (few or one.kind == "text" or not one.histogram):
        return _value_bars(one)
    return _histogram(one)


def _histogram(one: ColumnStats) -> str:
    """Bars for intervals, and below the middle half, the middle nine tenths, the median.

    The heights are shares of the highest bar.
    """
    bins = one.histogram or []
    if not bins:
        return ""
    low, high = bins[0][0], bins[-1][1]
    most = max(count for _, _, count in bins) or 1
    step = _WIDTH / len(bins)
    parts = []
    for at, (begin, end, count) in enumerate(bins):
        height = (_HEIGHT - 4) * count / most
        height = max(height, 1.5) if count else 0
        about = (
            f"{_edge(one, at, begin)} to {_edge(one, at + 1, end)}: about {count:,.0f}"
        )
        parts.append(
            f'<rect class="bar" x="{at * step + 0.5:.2f}" y="{_HEIGHT - height:.2f}" '
            f'width="{step - 1:.2f}" height="{height:.2f}"><title>{text(about)}</title>'
            "</rect>"
        )
    name = f"Histogram of {one.name}: {number(one.minimum)} to {number(one.maximum)}"
    if one.quantiles is not None:
        name += f", median {number(one.quantiles[0.5])}"
        parts += _box(one.quantiles, low, high)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + _BOX}" role="img" '
        f'aria-label="{text(name)}"><line class="axis" x1="0" x2="{_WIDTH}" '
        f'y1="{_HEIGHT}" y2="{_HEIGHT}"/>{"".join(parts)}</svg>'
        f'<div class="ends"><span>{_end(one, low, True)}</span>'
        f"<span>{_end(one, high, False)}</span></div>"
    )


def _edge(one: ColumnStats, at: int, edge: float) -> str:
    """The outermost intervals hold all that lies beyond them."""
    if at == 0 and one.minimum is not None:
        return number(one.minimum)
    if at == len(one.histogram or []) and one.maximum is not None:
        return number(one.maximum)
    return number(edge)


def _end(one: ColumnStats, edge: float, is_low: bool) -> str:
    true = one.minimum if is_low else one.maximum
    if isinstance(true, float) and true != edge:
        if one.integral and not is_low and edge > true:
            return text(number(true))
        return text(f"1 % {'below' if is_low else 'above'} {number(edge)}")
    return text(number(edge))


def _box(quantiles: dict[float, float], low: float, high: float) -> list[str]:
    def place(value: float) -> float:
        return min(1.0, max(0.0, (value - low) / (high - low))) * _WIDTH

    at = {share: place(value) for share, value in quantiles.items()}
    middle = _HEIGHT + _BOX / 2 + 1
    told = ", ".join(
        f"{share * 100:g} %: {number(value)}" for share, value in quantiles.items()
    )
    return [
        f"<g><title>{text(told)}</title>"
        f'<line class="whisker" x1="{at[0.05]:.2f}" x2="{at[0.95]:.2f}" '
        f'y1="{middle}" y2="{middle}"/>'
        f'<rect class="box" x="{at[0.25]:.2f}" y="{middle - 5}" rx="2" '
        f'width="{max(1.0, at[0.75] - at[0.25]):.2f}" height="10"/>'
        f'<rect class="median" x="{at[0.5] - 1.25:.2f}" y="{middle - 7}" width="2.5" '
        f'height="14"/></g>'
    ]


def _value_bars(one: ColumnStats) -> str:
    """A bar for each of the most frequent values, and one for all others."""
    values = one.values or []
    shown = [(number(value), n) for value, n in values[:_MOST_VALUES]]
    rest = values[_MOST_VALUES:]
    if rest:
        shown.append((f"{len(rest):,} more", sum(n for _, n in rest)))
    most = max((n for _, n in shown), default=1)
    rows = [
        f'<tr><th scope="row" title="{text(value)}">{text(value) or "&ldquo;&rdquo;"}'
        f'</th><td class="track"><span style="width:{100 * n / most:.2f}%"'
        f'{_other(at)}></span></td><td class="share">{n / max(1, one.count):.1%}</td>'
        f'<td class="n">{n:,}</td></tr>'
        for at, (value, n) in enumerate(shown)
    ]
    caption = f"Values of {text(one.name)}"
    return f'<table class="values"><caption>{caption}</caption>{"".join(rows)}</table>'


def _other(at: int) -> str:
    return ' class="other"' if at == _MOST_VALUES else ""


def missing_bar(one: ColumnStats) -> str:
    """How much of a column is there."""
    total = one.count + one.missing + one.infinite + one.not_numbers
    if not one.missing or not total:
        return ""
    share = one.missing / total
    return (
        '<div class="missing"><span class="track">'
        f'<span style="width:{100 * share:.2f}%"></span></span>'
        f" {share:.1%} missing ({one.missing:,})</div>"
    )
