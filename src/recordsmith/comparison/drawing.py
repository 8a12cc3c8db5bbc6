"""The picture of a comparison: bars of size, time to write and time to read."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .results import Candidate, Comparison, Timing

__all__ = ["draw", "refuse_without_matplotlib"]

# Blue and grey of about equal use to all eyes; the hatching tells them apart in print.
_BEST = "#0a64a4"
_OTHER = "#c9c9c9"
_INK = "#333333"
_PANELS = (
    ("bytes a row", "bytes"),
    ("ms to write 1,000 rows", "write"),
    ("ms to read 1,000 rows", "read"),
)


def refuse_without_matplotlib() -> None:
    """InputError if the picture cannot be drawn."""
    if find_spec("matplotlib") is None:
        raise InputError(
            "a plot needs matplotlib, which is not installed",
            advice="pip install 'recordsmith[plot]'",
        )


def draw(found: Comparison, path: str | os.PathLike[str]) -> None:
    """Three panels of bars, one bar a candidate; see :meth:`Comparison.plot`."""
    refuse_without_matplotlib()
    shown = found.measured
    if not shown:
        raise InputError(
            "nothing was measured, so there is nothing to plot",
            advice="pass measure=True",
        )
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Text as text, and the same file for the same numbers.
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "recordsmith"}
    kind = os.fspath(path).rpartition(".")[2].lower()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else None
    with mpl.rc_context(settings):
        figure = Figure(figsize=(10, 0.45 * len(shown) + 1.6), layout="constrained")
        axes = figure.subplots(1, len(_PANELS), sharey=True)
        for axis, (title, which) in zip(axes, _PANELS):
            _panel(axis, shown, found.recommended, title, which)
        axes[0].set_yticks(range(len(shown)), [_name(one) for one in shown])
        axes[0].invert_yaxis()
        rows = min(one.rows for one in shown)
        what = f"{PurePath(found.source).name} for {found.algorithm_name}"
        figure.suptitle(
            f"{what}, on {rows:,} rows: shorter is better, hatched is recommended",
            fontsize=10,
            color=_INK,
        )
        figure.savefig(path, metadata=metadata)


def _name(one: Candidate) -> str:
    doubt = " (not confirmed)" if one.unconfirmed else ""
    return one.name.replace(", ", ",\n" if doubt else ", ") + doubt


def _panel(
    axis: Any, shown: Sequence[Candidate], best: Candidate | None, title: str, which: str
) -> None:
    bars = [_bar(one, which) for one in shown]
    colors = [_BEST if one is best else _OTHER for one in shown]
    drawn = axis.barh(
        range(len(shown)),
        [value for value, _, _ in bars],
        xerr=None if which == "bytes" else [[b[1] for b in bars], [b[2] for b in bars]],
        color=colors,
        edgecolor=_INK,
        linewidth=0.6,
        height=0.65,
        error_kw={"elinewidth": 0.8, "ecolor": _INK, "capsize": 2},
    )
    for patch, one in zip(drawn, shown):
        if one is best:
            patch.set_hatch("///")
            patch.set_edgecolor("white")
    longest = max(value + above for value, _, above in bars) or 1.0
    for place, (value, _, above) in enumerate(bars):
        axis.text(
            value + above + longest * 0.02,
            place,
            f"{value:,.3g}" if value < 1000 else f"{value:,.0f}",
            va="center",
            fontsize=8,
            color=_INK,
        )
    axis.set_xlim(0, longest * 1.25)
    axis.set_title(title, fontsize=9, loc="left", color=_INK)
    axis.tick_params(labelsize=8, colors=_INK)
    axis.locator_params(axis="x", nbins=4)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _bar(one: Candidate, which: str) -> tuple[float, float, float]:
    """(value, how far below and above it the passes were)."""
    if which == "bytes":
        return one.bytes_per_row or 0.0, 0.0, 0.0
    timing: Timing | None = getattr(one, which)
    if timing is None or not one.rows:
        return 0.0, 0.0, 0.0
    scale = 1e6 / one.rows
    low, high = timing.seconds - timing.fastest, timing.slowest - timing.seconds
    return timing.seconds * scale, low * scale, high * scale
