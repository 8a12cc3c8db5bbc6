"""The picture of the results."""

from __future__ import annotations

from pathlib import Path

from .measure import Result

GOOD, BAD = "#2a7f62", "#b5651d"


def draw(path: Path, results: list[Result], about: str) -> None:
    """Bars of the ratios that have a target, the target as a line across each."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "recordsmith"
    from matplotlib import pyplot

    shown = [one for one in results if one.verdict and one.unit == "x"]
    panels = (
        ("time, as a multiple of the baseline's (shorter is better)", "at_most"),
        ("speed, as a multiple of the baseline's (longer is better)", "at_least"),
    )
    rows = [
        [one for one in shown if getattr(one, which) is not None] for _, which in panels
    ]
    heights = [max(1, len(each)) for each in rows]
    figure, axes = pyplot.subplots(
        2,
        1,
        figsize=(10, 0.24 * sum(heights) + 2),
        height_ratios=heights,
        layout="constrained",
    )
    for axis, each, (title, which) in zip(axes, rows, panels):
        _panel(axis, each, title, which)
    figure.suptitle(about, fontsize=7)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


def _panel(axis, results: list[Result], title: str, which: str) -> None:
    axis.set_title(title, fontsize=9, loc="left")
    if not results:
        axis.axis("off")
        return
    places = range(len(results))
    medians = [one.value for one in results]
    below = [one.value - min(one.values) for one in results]
    above = [max(one.values) - one.value for one in results]
    axis.barh(
        places,
        medians,
        xerr=[below, above],
        color=[GOOD if one.verdict == "yes" else BAD for one in results],
        error_kw={"elinewidth": 0.6, "ecolor": "#555555"},
        height=0.7,
    )
    for place, one in zip(places, results):
        target = getattr(one, which)
        axis.plot(
            [target, target], [place - 0.45, place + 0.45], color="black", linewidth=1.5
        )
    names = [f"{one.group} {one.case} / {one.against}" for one in results]
    axis.set_yticks(places, names, fontsize=6)
    axis.set_xscale("log")
    axis.invert_yaxis()
    axis.margins(y=0.01)
    axis.tick_params(axis="x", labelsize=7)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
