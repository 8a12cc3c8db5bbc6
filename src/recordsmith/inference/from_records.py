"""RecordIO-protobuf: predictions stand in the label map of records, or among features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import FEATURE, LABEL, METADATA, UID, Batch, Field
from ..errors import UnsupportedTypeError
from ..exports import field_to_array, row_counts
from .columns import Columns, Place
from .forms import Form
from .predictions import objects

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["from_batch"]


def from_batch(batch: Batch, form: Form, path: str | None = None) -> tuple[Columns, int]:
    """Predictions of decoded records, and how many there are.

    A record is one prediction. Only where all fields of the algorithm are single numbers
    may it hold several, as the documentation of K-Means shows it.
    """
    place = Place(path, "record", batch.first_row + 1)
    columns = form.columns(place)
    fields = _named(batch, form)
    if _hold_several(fields, form):
        n_rows = _spread(columns, fields, place)
    else:
        n_rows = batch.n_rows
        shapes = {one.shape_from for one in form.fields.values()}
        for name, field in fields.items():
            known = form.fields.get(name)
            if known is not None and known.shape_from in fields:
                tensors = _tensors(field, fields[known.shape_from or ""], place)
                columns.add_objects(name, tensors, "tensor")
            elif name not in shapes:
                columns.add_array(name, _array(field, batch.first_row))
        for role in (UID, METADATA):
            text = batch.get(role)
            if text is not None:
                columns.add_objects(role, list(text.texts()), "text")
    form.check(columns, n_rows)
    return columns, n_rows


def _named(batch: Batch, form: Form) -> dict[str, Field]:
    """Labels and features by name; a feature called as a label is `features.NAME`.

    The order of a map's entries is the writer's accident: here it is the table's, then
    that of the names.
    """
    found = {one.name: one for one in batch.all(LABEL)}
    for one in batch.all(FEATURE):
        if one.kind == "dense" and not one.width:
            continue  # nothing is in it
        found[f"features.{one.name}" if one.name in found else one.name] = one
    known = [name for name in form.fields if name in found]
    return {name: found[name] for name in [*known, *sorted(found.keys() - set(known))]}


def _array(field: Field, first_row: int) -> Array:
    """Rows of a field: (n, ...), or an array of arrays where they differ in length."""
    if field.kind in ("csr", "blobs", "text"):
        raise UnsupportedTypeError(
            f"{field.role} {field.name!r} of the response holds {field.kind}, expected "
            "dense numbers",
            advice="read it with recordsmith.decode",
        )
    if field.kind == "ragged" and (field.present is None or field.present.all()):
        ends = (field.bounds[1:-1] - field.bounds[0]).tolist()
        return objects(np.split(field.stored, ends)) if field.n_rows else objects([])
    array: Array = field_to_array(field, first_row)
    return array


def _hold_several(fields: dict[str, Field], form: Form) -> bool:
    known = [form.fields.get(name) for name in fields]
    scalar = all(one is not None and one.kinds.value == ("scalar",) for one in known)
    return scalar and any((row_counts(one) != 1).any() for one in fields.values())


def _spread(columns: Columns, fields: dict[str, Field], place: Place) -> int:
    """Records of several predictions, each a number of each field."""
    first, *others = fields.values()
    counts = row_counts(first)
    for one in others:
        differs = row_counts(one) != counts
        if differs.any():
            row = int(np.argmax(differs))
            raise place.error(
                row,
                f"{one.name!r} has {row_counts(one)[row]} values, {first.name!r} has "
                f"{counts[row]}; expected one of each for a prediction",
            )
    for name, one in fields.items():
        columns.add_array(name, np.ascontiguousarray(one.stored).reshape(-1))
    return int(counts.sum())


def _tensors(field: Field, shapes: Field, place: Place) -> list[Array]:
    """Each row's numbers in the shape that the row gives."""
    found = []
    for row, (values, shape) in enumerate(zip(_array(field, 0), _array(shapes, 0))):
        axes = tuple(int(one) for one in np.asarray(shape).reshape(-1))
        if int(np.prod(axes, dtype=object)) != values.size or min(axes, default=1) < 0:
            raise place.error(
                row,
                f"{field.name!r} has {values.size} values, its shape is {axes}",
            )
        found.append(values.reshape(axes))
    return found
