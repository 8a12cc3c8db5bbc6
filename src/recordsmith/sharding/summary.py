"""What a manifest says of labels, and of the fields of a record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..batch import Field
from ..reader import decode_all

__all__ = ["LabelSummary", "fields_of"]

_MOST_CLASSES = 100


class LabelSummary:
    """Smallest, largest and missing labels; and how many of each, if they are few."""

    def __init__(self) -> None:
        self._n = 0
        self._missing = 0
        self._low = np.inf
        self._high = -np.inf
        self._classes: dict[float, int] | None = {}

    def add(self, labels: Iterable[Field], rows: Any = slice(None)) -> None:
        """Count the labels of some rows, where there is one number for each row."""
        found = list(labels)
        if len(found) != 1 or found[0].kind != "dense" or found[0].width != 1:
            return
        values = found[0].values[rows, 0]
        if found[0].present is not None:
            values = values[found[0].present[rows]]
        finite = values[np.isfinite(values)]
        self._n += len(values)
        self._missing += len(values) - len(finite)
        if not len(finite):
            return
        self._low = min(self._low, float(finite.min()))
        self._high = max(self._high, float(finite.max()))
        if self._classes is not None:
            for value, count in zip(*np.unique(finite, return_counts=True)):
                key = float(value)
                self._classes[key] = self._classes.get(key, 0) + int(count)
            if len(self._classes) > _MOST_CLASSES:
                self._classes = None

    def to_dict(self) -> dict[str, Any] | None:
        """For JSON; None if there were none to count. `classes` is None for too many."""
        if not self._n:
            return None
        finite = self._n > self._missing
        classes = None
        if self._classes is not None:
            few = sorted(self._classes.items())
            classes = {f"{value:.17g}": count for value, count in few}
        return {
            "n": self._n,
            "not_finite": self._missing,
            "min": self._low if finite else None,
            "max": self._high if finite else None,
            "classes": classes,
        }


def fields_of(record: bytes) -> list[dict[str, Any]]:
    """The fields of a record, for JSON."""
    return [
        {
            "role": one.role,
            "name": one.name,
            "kind": {"csr": "sparse"}.get(one.kind, one.kind),
            "dtype": one.dtype.name if one.kind not in ("text", "blobs") else None,
            "width": one.width,
        }
        for one in decode_all(record).fields
    ]
