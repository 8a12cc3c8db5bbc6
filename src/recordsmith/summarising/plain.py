"""Statistics as plain values; statistics.schema.json beside this file describes them."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .results import ColumnStats, Statistics, WideStats

__all__ = ["VERSION", "to_dict"]

VERSION = 1


def to_dict(found: Statistics) -> dict[str, Any]:
    """In the order of the schema; what is no finite number is null."""
    return {
        "version": VERSION,
        "source": found.source,
        "format": found.format,
        "bytes": found.bytes,
        "rows": found.rows,
        "sparsity": found.sparsity,
        "constant": found.constant,
        "suspected_ids": found.suspected_ids,
        "columns": [_column(one) for one in found.columns],
        "wide": [_wide(one) for one in found.wide],
    }


def _column(one: ColumnStats) -> dict[str, Any]:
    plain = asdict(one)
    if one.quantiles is not None:
        plain["quantiles"] = {f"{share:g}": v for share, v in one.quantiles.items()}
    for name in ("values", "histogram"):
        if plain[name] is not None:
            plain[name] = [list(item) for item in plain[name]]
    return {name: _finite(value) for name, value in plain.items()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _wide(one: WideStats) -> dict[str, Any]:
    return {
        "role": one.role,
        "name": one.name,
        "dtype": one.dtype,
        "width": one.width,
        "shown": one.shown,
        "sparse": one.sparse,
        "empty_columns": one.empty_columns,
        "constant_columns": one.constant_columns,
    }
