"""What a file lost: its rows as they were, against its rows read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import FEATURE, LABEL, Batch, Field
from ..exports import row_counts
from .results import Loss

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["count_nonzero", "count_stored_zeros", "losses"]


def losses(before: Batch, after: Batch, extras_dropped: int = 0) -> Loss:
    """What differs between rows as they were and the same rows as they came back.

    Parameters
    ----------
    before, after : Batch
        With one feature each, or with features of the same names. Zeros that sparse rows
        leave out count as zeros.
    extras_dropped : int
        As the writer counted them.
    """
    rows = abs(before.n_rows - after.n_rows)
    n = min(before.n_rows, after.n_rows)
    changed = whole = lost = zeros = 0
    worst = 0.0
    for old in before.all(FEATURE):
        new = _same_feature(old, before, after)
        if new is None:
            lost += count_nonzero(old)
            continue
        found = _differences(old.rows(0, n), new.rows(0, n))
        changed, whole = changed + found[0], whole + found[1]
        lost, worst = lost + found[2], max(worst, found[3])
        if old.kind == "csr" and new.kind == "csr":
            zeros += max(0, count_stored_zeros(old) - count_stored_zeros(new))
    labels = _labels(before.rows(0, n), after.rows(0, n))
    return Loss(
        rows=rows,
        values_changed=changed,
        whole_changed=whole,
        max_relative_error=worst,
        values_lost=lost,
        extras_dropped=extras_dropped,
        explicit_zeros=zeros,
        **labels,
    )


def count_nonzero(field: Field) -> int:
    """Numbers of a field that are not zero (NaN is not)."""
    return int(np.count_nonzero(field.stored))


def count_stored_zeros(field: Field) -> int:
    """Zeros that are stored in sparse rows."""
    return field.stored.size - count_nonzero(field)


def _same_feature(field: Field, before: Batch, after: Batch) -> Field | None:
    if len(list(before.all(FEATURE))) == 1:
        return next(after.all(FEATURE), None)
    return after.get(FEATURE, field.name)


def _labels(before: Batch, after: Batch) -> dict[str, Any]:
    changed, wrong, worst = 0, 0, 0.0
    for old in before.all(LABEL):
        new = after.get(LABEL, old.name)
        if new is None:
            wrong += old.stored.size
            continue
        found, whole, lost, error = _differences(old, new)
        changed, wrong, worst = changed + found, wrong + whole + lost, max(worst, error)
    return {"labels_changed": changed, "labels_wrong": wrong, "label_error": worst}


def _differences(old: Field, new: Field) -> tuple[int, int, int, float]:
    """(numbers that changed, those of them that were whole, numbers lost or new, the
    largest relative change)."""
    step = max(_row_width(old), _row_width(new), 1)
    at, x = _entries(old, step)
    to, y = _entries(new, step)
    lost = 0
    if len(at) != len(to) or not np.array_equal(at, to):
        _, i, j = np.intersect1d(at, to, assume_unique=True, return_indices=True)
        lost = len(at) + len(to) - 2 * len(i)
        x, y = x[i], y[j]
    if old.dtype == np.float32:
        # Text holds the fewest digits that are read as the same float32; float64 of them
        # is another number. What is no float32 itself shows after this as well.
        with np.errstate(over="ignore"):
            y = y.astype(np.float32).astype(np.float64)
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    if old.kind == new.kind == "ragged":
        lost += int(np.abs(row_counts(old) - row_counts(new)).sum())
    if same.all():
        return 0, 0, lost, 0.0
    x, y = x[~same], y[~same]
    with np.errstate(invalid="ignore"):
        error = np.abs(y - x) / np.abs(x)
    known = np.isfinite(error)
    lost += int(np.count_nonzero(~known))
    x, error = x[known], error[known]
    whole = int(np.count_nonzero(np.trunc(x) == x))
    return len(x), whole, lost, float(error.max(initial=0.0))


def _row_width(field: Field) -> int:
    if field.kind in ("dense", "csr") and field.width is not None:
        return field.width
    if field.kind == "csr":
        keys = field.stored_keys
        return int(keys.max()) + 1 if len(keys) else 0
    counts = row_counts(field)
    return int(counts.max()) if len(counts) else 0


def _entries(field: Field, step: int) -> tuple[Array, Array]:
    """Places (row x step + column, ascending) of the numbers that are not zero, and they
    as float64, which holds each of the format's dtypes exactly.

    Of a key that is stored twice, the last one counts, as in a dense row.
    """
    if field.kind == "dense":
        rows, columns = np.nonzero(field.values)
        return rows * step + columns, field.values[rows, columns].astype(np.float64)
    bounds = np.asarray(field.bounds, np.int64)
    rows = np.repeat(np.arange(field.n_rows), np.diff(bounds))
    if field.kind == "csr":
        columns = field.stored_keys.astype(np.int64)
    else:
        columns = np.arange(len(rows)) - (bounds[:-1] - bounds[0])[rows]
    places, values = rows * step + columns, field.stored
    if len(places) and (np.diff(places) <= 0).any():
        places, last = np.unique(places[::-1], return_index=True)
        values = values[::-1][last]
    here = values != 0
    return places[here], values[here].astype(np.float64)
