"""What the formats without a schema of their own share: columns, and rows as a matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import FEATURE, LABEL, Batch, Field
from ..codec import canonical
from ..density import dense_values
from ..errors import InputError, UnsupportedTypeError
from ..exports import row_counts
from ..tally import Tally

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = [
    "Layout",
    "as_dense",
    "base_name",
    "column_names",
    "columns_of",
    "drop_extras",
    "refuse_missing",
    "row_blocks",
    "unique_keys",
]

_BLOCK_VALUES = 1 << 20
_EXTRAS = ("error", "drop", "keep")


def what(field: Field) -> str:
    """What messages call a field."""
    role = {FEATURE: "features"}.get(field.role, field.role)
    return role if field.name in ("values", "") else f"{role} {field.name!r}"


def base_name(field: Field, feature: str = "features") -> str:
    """A field's name as a column: "label", "features.NAME"."""
    base = feature if field.role == FEATURE else field.role
    return base if field.name in ("values", "") else f"{base}.{field.name}"


@dataclass(frozen=True)
class _Shape:
    """What must stay the same of a field in all of a file."""

    what: str
    kind: str
    dtype: str
    width: int | None
    shape: tuple[int, ...] | None
    content_type: str | None

    @staticmethod
    def of(field: Field) -> _Shape:
        width = field.width if field.kind == "dense" else None
        return _Shape(
            what(field),
            field.kind,
            field.dtype.name,
            width,
            field.shape,
            field.content_type,
        )

    def __str__(self) -> str:
        parts = [self.kind, self.dtype]
        if self.width is not None:
            parts.append(f"{self.width} wide")
        if self.shape is not None:
            parts.append(f"shape {self.shape}")
        return f"{self.what} ({', '.join(parts)})"


class Layout:
    """The fields of a file that has one schema: the first batch sets it.

    Parameters
    ----------
    format : str
        What messages call the format.
    """

    def __init__(self, format: str) -> None:
        self._format = format
        self._first: list[_Shape] | None = None

    def check(self, batch: Batch) -> bool:
        """True for the first batch.

        Raises
        ------
        InputError
            If a later batch has other fields; `row` is its first row.
        """
        found = [_Shape.of(field) for field in batch.fields]
        if self._first is None:
            self._first = found
            return True
        here = {one.what: one for one in found}
        before = {one.what: one for one in self._first}
        for name in (*before, *here):
            if here.get(name) == before.get(name):
                continue
            raise InputError(
                f"found {here.get(name, f'no {name}')}, "
                f"before there was {before.get(name, f'no {name}')}",
                row=batch.first_row + 1,
                unit="record",
                advice=self._advice(here.get(name), before.get(name)),
            )
        return False

    def _advice(self, here: _Shape | None, before: _Shape | None) -> str:
        kinds = {one.kind for one in (here, before) if one is not None}
        if kinds == {"dense", "ragged"}:
            return "pass ragged=True: rows of varying length are lists"
        return f"{self._format} has one schema for all rows: write separate files"


def drop_extras(
    batch: Batch, extras: str, format: str, tally: Tally, may_keep: bool = False
) -> Batch:
    """A batch without the fields that a format of numbers has no place for.

    Parameters
    ----------
    extras : {"error", "drop", "keep"}
        What to do about uid, metadata, configuration (and byte strings, which cannot be
        kept).
    """
    allowed = _EXTRAS if may_keep else _EXTRAS[:2]
    if extras not in allowed:
        raise InputError(f"extras is {extras!r}, not one of {', '.join(allowed)}")
    left = []
    for field in batch.fields:
        number = field.role in (FEATURE, LABEL) and field.kind != "blobs"
        if number or (extras == "keep" and field.kind == "text"):
            left.append(field)
        elif extras == "drop":
            here = field.present
            tally.dropped += field.n_rows if here is None else int(np.sum(here))
        else:
            raise InputError(
                f"{format} has no column for {what(field)}",
                row=batch.first_row + 1,
                unit="record",
                advice=f"pass extras={' or '.join(map(_quoted, allowed[1:]))}, or write "
                "recordio, jsonl, parquet or arrow",
            )
    return replace(batch, fields=tuple(left))


def _quoted(text: str) -> str:
    return f'"{text}"'


def refuse_missing(field: Field, first_row: int) -> None:
    """InputError if a row lacks the field."""
    if field.present is None or field.present.all():
        return
    n_missing = int(np.count_nonzero(~field.present))
    raise InputError(
        f"no {what(field)} in {n_missing} of {field.n_rows} records",
        row=first_row + int(np.argmin(field.present)) + 1,
        unit="record",
        advice="write recordio, jsonl, parquet or arrow, which can leave it out",
    )


def row_blocks(n_rows: int, n_cols: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows of about a million values each."""
    step = max(1, _BLOCK_VALUES // max(1, n_cols))
    for begin in range(0, n_rows, step):
        yield begin, min(begin + step, n_rows)


def unique_keys(field: Field, duplicates: str, first_row: int, tally: Tally) -> Field:
    """A csr field whose keys ascend in each row."""
    keys = field.stored_keys
    starts = field.bounds[1:-1] - field.bounds[0]
    ascends = np.diff(keys) > 0
    inner = starts[(starts > 0) & (starts < len(keys))]
    ascends[inner - 1] = True
    if ascends.all():
        return field
    if duplicates not in ("error", "sum"):
        raise InputError(
            f'duplicates is {duplicates!r}, expected "error" or "sum" for this format'
        )
    try:
        return canonical(field, duplicates, tally)
    except InputError as error:
        if error.row is not None:
            error.row += first_row
        raise


def as_dense(field: Field, first_row: int) -> Array:
    """Rows of numbers as a matrix (n_rows, width); sparse rows become dense.

    Raises
    ------
    InputError
        If rows differ in length, or sparse rows have no known width.
    UnsupportedTypeError
        If the field holds no numbers.
    """
    refuse_missing(field, first_row)
    if field.kind == "dense":
        return field.values
    if field.kind == "csr":
        return dense_values(field)
    if field.kind != "ragged":
        raise UnsupportedTypeError(f"{what(field)} holds {field.kind}, not numbers")
    counts = row_counts(field)
    other = counts != counts[:1]
    if other.any():
        row = int(np.argmax(other))
        raise InputError(
            f"{what(field)}: found {counts[row]} values, before there were {counts[0]}",
            row=first_row + row + 1,
            unit="record",
            advice="rows of varying length fit recordio, jsonl, parquet and arrow",
        )
    return field.stored.reshape(field.n_rows, int(counts[0]) if len(counts) else 0)


def columns_of(
    batch: Batch, format: str, densify: bool, duplicates: str, tally: Tally
) -> list[Field]:
    """The fields in the order of their columns: labels, features, texts.

    Raises
    ------
    InputError
        If one is sparse and that is not to be written dense.
    """
    order = {LABEL: 0, FEATURE: 1}
    fields = sorted(batch.fields, key=lambda field: order.get(field.role, 2))
    return [
        field
        if field.kind != "csr"
        else _to_be_dense(field, format, densify, duplicates, batch.first_row, tally)
        for field in fields
    ]


def _to_be_dense(
    field: Field,
    format: str,
    densify: bool,
    duplicates: str,
    first_row: int,
    tally: Tally,
) -> Field:
    if densify:
        return unique_keys(field, duplicates, first_row, tally)
    width = field.width or 0
    size = f"{width * 2 / 1e3:,.1f} kB" if width > 5000 else f"{width * 2} bytes"
    raise InputError(
        f"{what(field)} are sparse; in {format} each row would be {width} values, at "
        f"least {size}",
        advice="pass densify=True to write all, or write recordio or libsvm",
    )


def column_names(field: Field) -> list[str]:
    """The names of a field's columns, as :meth:`Batch.to_pandas` gives them."""
    base = base_name(field, "f")
    if field.kind == "text":
        return [base]
    if field.kind == "ragged":
        counts = row_counts(field)
        width = int(counts[0]) if len(counts) else 0
    else:
        width = field.width or 0
    if field.role == LABEL and width == 1:
        return [base]
    return [f"{base}{i}" for i in range(width)]
