"""Batches to JSON Lines: one object a row, with nothing left out.

    {"label": 1, "features": [0.5, 2.0]}
    {"label": 1, "features": {"keys": [3, 9], "values": [0.5, 2.0], "shape": [100]}}
    {"features.image": {"values": [0, 0, 1, 1], "shape": [2, 2]}, "uid": "a7"}

A field without a shape is a list, one with a shape an object; a label of one number is a
number. What a row lacks is left out of its object. Floats always have a point or an
exponent and the fewest digits that read back as the same number; NaN and the infinities,
for which JSON has no numbers, are the strings "NaN", "Infinity" and "-Infinity". Byte
strings are a list of base64 strings, in an object with their content type if they have
one. Bytes of texts that are no UTF-8 become surrogate escapes.

Source
------
Strings for NaN and the infinities, base64: Protocol Buffers, "ProtoJSON Format".
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import FEATURE, LABEL, Batch, Field
from ..publish import Output
from ..tally import Tally
from . import rows

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow

__all__ = ["BINARY", "OPTIONS", "STREAM", "JSONLWriter", "open_writer"]

OPTIONS: tuple[str, ...] = ()
STREAM = True
BINARY = False


class JSONLWriter:
    """Writes one object a row; it takes no options."""

    def __init__(self, out: Output) -> None:
        self._out = out

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        stored = sum(len(one.values.reshape(-1)) for one in batch.fields)
        width = stored // max(1, batch.n_rows) + 1
        for begin, end in rows.row_blocks(batch.n_rows, width):
            self._out.write(_lines(batch.rows(begin, end)))

    def finish(self) -> None:
        """Nothing: JSON Lines has no end mark."""


def _lines(batch: Batch) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    order = {LABEL: 0, FEATURE: 1}
    members = [
        _member(field)
        for field in sorted(batch.fields, key=lambda f: order.get(f.role, 2))
    ]
    if members:
        body = pc.binary_join_element_wise(*members, ", ", null_handling="skip")
    else:
        body = pa.array([""] * batch.n_rows)
    lines = pc.binary_join_element_wise("{", body, "}\n", "")
    # The strings lie one behind the other: their buffer is the text.
    _, ends, text = lines.buffers()
    offsets: npt.NDArray[np.int32] = np.frombuffer(ends, np.int32)
    first, last = offsets[lines.offset], offsets[lines.offset + len(lines)]
    return memoryview(text)[first:last]


def _member(field: Field) -> pyarrow.Array:
    """`"name": value` of each row; null where the row lacks the field."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if field.kind == "text":
        texts = field.texts()
        value = pa.array(
            [None if t is None else json.dumps(t) for t in texts], pa.string()
        )
    elif field.kind == "blobs":
        value = pa.array(_blobs(field), pa.string())
    else:
        value = _numbers(field)
    if field.present is not None:
        value = pc.if_else(pa.array(field.present), value, pa.scalar(None, value.type))
    return pc.binary_join_element_wise(
        json.dumps(rows.base_name(field)) + ": ", value, ""
    )


def _numbers(field: Field) -> pyarrow.Array:
    import pyarrow.compute as pc

    scalar = field.role == LABEL and field.kind == "dense" and field.width == 1
    if scalar and field.shape is None:
        return _texts(field.values.reshape(-1))
    if field.kind == "dense":
        width = int(field.values.shape[1])
        bounds = np.arange(field.n_rows + 1, dtype=np.int64) * width
        values = np.ascontiguousarray(field.values).reshape(-1)
    else:
        bounds, values = field.bounds - field.bounds[0], field.stored
    lists = _lists(values, bounds)
    if field.kind != "csr" and field.shape is None:
        return lists
    parts = [', "values": ', lists]
    if field.kind == "csr":
        parts = ['"keys": ', _lists(field.stored_keys, bounds), *parts]
    else:
        parts[0] = '"values": '
    shape = "" if field.shape is None else f', "shape": {json.dumps(field.shape)}'
    return pc.binary_join_element_wise("{", *parts, shape + "}", "")


def _lists(values: npt.NDArray[Any], bounds: npt.NDArray[Any]) -> pyarrow.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    offsets = pa.array(bounds.astype(np.int32))
    lists = pa.ListArray.from_arrays(offsets, _texts(values))
    return pc.binary_join_element_wise("[", pc.binary_join(lists, ", "), "]", "")


def _texts(values: npt.NDArray[Any]) -> pyarrow.Array:
    """Numbers as JSON has them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array = pa.array(np.ascontiguousarray(values))
    texts = pc.cast(array, pa.string())
    if values.dtype.kind != "f":
        return texts
    whole = pc.invert(pc.match_substring_regex(texts, "[.einf]"))
    if pc.any(whole).as_py():
        pointed = pc.binary_join_element_wise(texts, ".0", "")
        texts = pc.if_else(whole, pointed, texts)
    finite = np.isfinite(values)
    if not finite.all():
        special = np.where(values > 0, '"Infinity"', '"-Infinity"')
        special[np.isnan(values)] = '"NaN"'
        texts = pc.if_else(
            pa.array(finite), texts, pa.array(special.tolist(), pa.string())
        )
    return texts


def _blobs(field: Field) -> list[str]:
    raw = field.values.tobytes()
    bounds = field.item_bounds.tolist()
    items = [base64.b64encode(raw[a:b]).decode() for a, b in zip(bounds, bounds[1:])]
    starts = (field.bounds - field.bounds[0]).tolist()
    found: list[str] = []
    for a, b in zip(starts, starts[1:]):
        value: Any = items[a:b]
        if field.content_type is not None:
            value = {"content_type": field.content_type, "values": value}
        found.append(json.dumps(value))
    return found


def open_writer(
    out: Output, *, dest_format: str, tally: Tally, threads: int | None
) -> JSONLWriter:
    """A writer of JSON Lines."""
    return JSONLWriter(out)
