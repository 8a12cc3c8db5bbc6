"""Numbers of records as the script wants them; text formats do this by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..batch import FEATURE, LABEL, Batch, Field
from ..casts import cast_array
from ..errors import InputError

if TYPE_CHECKING:
    from ..tally import Tally

__all__ = ["cast_batches"]

_NUMBERS = ("dense", "csr", "ragged")


def cast_batches(
    batches: Iterable[Batch],
    dtype: str | None,
    label_dtype: str | None,
    *,
    path: str,
    tally: Tally,
) -> Iterator[Batch]:
    """The same rows with features and labels of these dtypes; None: as they are.

    Raises
    ------
    InputError
        If a value does not fit, by the rules of :mod:`recordsmith.casts`.
    """
    wanted = {FEATURE: dtype, LABEL: label_dtype}
    for batch in batches:
        try:
            fields = tuple(
                _cast(one, wanted[one.role], batch.first_row, tally)
                if wanted.get(one.role) and one.kind in _NUMBERS
                else one
                for one in batch.fields
            )
        except InputError as error:
            error.path = path
            raise
        yield replace(batch, fields=fields)


def _cast(field: Field, dtype: str | None, first_row: int, tally: Tally) -> Field:
    values = field.stored
    try:
        values = cast_array(values, dtype, f"{field.role}s", tally)
    except InputError as error:
        at = int(error.row or 0)
        if field.offsets is not None:  # the place of a number, not of a row
            at = int((field.offsets[1:] - field.offsets[0]).searchsorted(at, "right"))
            error.column = None
        error.row, error.unit = first_row + at + 1, "record"
        raise
    if field.offsets is None:
        return replace(field, values=values)
    keys = None if field.keys is None else field.stored_keys
    offsets = field.offsets - field.offsets[0]
    return replace(field, values=values, keys=keys, offsets=offsets)
