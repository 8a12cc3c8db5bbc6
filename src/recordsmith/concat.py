"""Batches joined into one, and cut anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from .batch import Batch, Field
from .errors import InputError

__all__ = ["concat", "like_keys", "rebatch"]


def concat(batches: Sequence[Batch]) -> Batch:
    """One batch of the rows of all, in order.

    Raises
    ------
    InputError
        If a field differs in dtype, kind or shape between them.
    """
    if not batches:
        return Batch((), 0)
    if len(batches) == 1:
        return batches[0]
    keys: dict[tuple[str, str], None] = {}
    for batch in batches:
        for field in batch.fields:
            keys.setdefault((field.role, field.name), None)
    fields = tuple(_concat_field(batches, role, name) for role, name in keys)
    return Batch(fields, sum(batch.n_rows for batch in batches), batches[0].first_row)


def _concat_field(batches: Sequence[Batch], role: str, name: str) -> Field:
    parts = []
    here: list[Any] = []
    for batch in batches:
        field = batch.get(role, name)
        if field is None:
            here.append(np.zeros(batch.n_rows, bool))
        else:
            here.append(
                np.ones(batch.n_rows, bool) if field.present is None else field.present
            )
        parts.append(field)
    model = next(part for part in parts if part is not None)
    if model.kind == "dense" and any(p is not None and p.kind == "ragged" for p in parts):
        model = next(p for p in parts if p is not None and p.kind == "ragged")
    full = [
        _like(part, model, batch) if part is not None else _absent(model, batch.n_rows)
        for part, batch in zip(parts, batches)
    ]
    present = np.concatenate(here)
    mask = None if present.all() else present
    if model.kind == "dense":
        values = np.concatenate([part.values for part in full])
        return Field(role, "dense", values, name=name, shape=model.shape, present=mask)
    return _concat_variable(full, model, mask)


def _like(field: Field, model: Field, batch: Batch) -> Field:
    """The field, made to fit the model where that loses nothing."""
    if field.kind == "dense" and (
        model.kind == "ragged" or (model.kind == "dense" and field.width != model.width)
    ):
        if model.kind == "dense":
            raise _differs(field, model, batch, "width", field.width, model.width)
        width = int(field.values.shape[1])
        field = Field(
            field.role,
            "ragged",
            np.ascontiguousarray(field.values).reshape(-1),
            name=field.name,
            shape=field.shape,
            offsets=np.arange(field.n_rows + 1, dtype=np.int64) * width,
            present=field.present,
        )
    for what in ("kind", "dtype", "shape", "content_type"):
        found, expected = getattr(field, what), getattr(model, what)
        if found != expected:
            raise _differs(field, model, batch, what, found, expected)
    return field


def _differs(
    field: Field, model: Field, batch: Batch, what: str, found: Any, expected: Any
) -> InputError:
    return InputError(
        f"{field.role} {field.name!r} has {what} {found}, before it had {expected}",
        row=batch.first_row + 1,
        unit="record",
        advice="read it with iter_batches(), batch by batch",
    )


def _absent(model: Field, n_rows: int) -> Field:
    if model.kind == "dense":
        values = np.zeros((n_rows, model.values.shape[1]), model.dtype)
        return Field(model.role, "dense", values, name=model.name, shape=model.shape)
    return Field(
        model.role,
        model.kind,
        np.zeros(0, model.dtype),
        name=model.name,
        shape=model.shape,
        offsets=np.zeros(n_rows + 1, np.int64),
        keys=None if model.keys is None else np.zeros(0, model.keys.dtype),
        item_offsets=None if model.item_offsets is None else np.zeros(1, np.int64),
        content_type=model.content_type,
    )


def _join_offsets(parts: Sequence[Any]) -> Any:
    """Offsets of concatenated pieces, beginning at 0."""
    steps = [np.diff(part).astype(np.int64) for part in parts]
    out = np.zeros(1 + sum(map(len, steps)), np.int64)
    np.cumsum(np.concatenate(steps), out=out[1:])
    return out


def like_keys(offsets: Any, keys: Any) -> Any:
    """The offsets of csr rows in the type of the keys if they fit it: SciPy's matrices
    have one type for both, and would copy them."""
    fits = int(offsets[-1]) <= np.iinfo(keys.dtype).max
    return offsets.astype(keys.dtype, copy=False) if fits else offsets


def _concat_variable(parts: Sequence[Field], model: Field, mask: Any) -> Field:
    items = keys = None
    offsets = _join_offsets([part.bounds for part in parts])
    if model.kind == "blobs":
        inner = [part.item_bounds for part in parts]
        items = _join_offsets(inner)
        cuts = [slice(int(one[0]), int(one[-1])) for one in inner]
        values = np.concatenate([p.values[cut] for p, cut in zip(parts, cuts)])
    else:
        values = np.concatenate([part.stored for part in parts])
    if model.keys is not None:
        keys = np.concatenate([part.stored_keys for part in parts])
        offsets = like_keys(offsets, keys)
    return Field(
        model.role,
        model.kind,
        values,
        name=model.name,
        shape=model.shape,
        offsets=offsets,
        keys=keys,
        item_offsets=items,
        content_type=model.content_type,
        present=mask,
    )


def rebatch(batches: Iterable[Batch], rows: int) -> Iterator[Batch]:
    """The same rows in batches of `rows` rows, the last one shorter.

    What lies within one of the batches is a part of it, and not a copy.
    """
    if rows < 1:
        raise InputError(f"rows is {rows}, expected 1 or more")
    held: list[Batch] = []
    n_held = 0
    for batch in batches:
        begin = 0
        while n_held + batch.n_rows - begin >= rows:
            end = begin + rows - n_held
            yield concat([*held, batch.rows(begin, end)])
            held, n_held, begin = [], 0, end
        if begin < batch.n_rows:
            held.append(batch.rows(begin, batch.n_rows))
            n_held += batch.n_rows - begin
    if n_held:
        yield concat(held)
