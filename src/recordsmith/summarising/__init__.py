"""Statistics of data in one pass: `recordsmith.stats`.

Tables (files and frames with columns) are looked at as they are, text and missing
values included; all else as the batches that it is read in. Moments are exact but for
rounding; quantiles and counts of different values come from sketches, whose errors are
stated. Nothing depends on chance: the same data give the same figures.
"""

from __future__ import annotations

__all__ = [
    "charts",
    "collecting",
    "fields",
    "moments",
    "page",
    "plain",
    "rendering",
    "results",
    "sketches",
    "summing",
]
