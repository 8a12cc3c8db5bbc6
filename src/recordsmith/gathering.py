"""A stream of batches copied into one, as they come.

Collecting all batches to join them at the end takes twice the memory of the result, all
of it new to the process, and new pages cost more than the copies. Here each batch is let
go at once, so that the next one is made in the same memory, and the result's arrays are
as large as the whole is likely to be from early on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from .batch import Batch, Field
from .concat import concat, like_keys

__all__ = ["Gatherer", "gather"]

# Room that is not used is never touched, and given back at the end.
_SPARE = 1.25
_LEAST_GROWTH = 2.0
_MOST_GROWTH = 16.0  # at once: a guess from little may be far off


def gather(batches: Iterable[tuple[Batch, float | None]]) -> Batch:
    """One batch of all rows, as :func:`recordsmith.concat.concat` would make it.

    Parameters
    ----------
    batches : iterable of (Batch, float or None)
        With each batch the part of the source, above 0 up to 1, that has been read with
        it, if that is known. It need not be exact.
    """
    whole = Gatherer()
    for batch, part in batches:
        whole.take(batch, part)
    return whole.batch()


class Gatherer:
    """What :func:`gather` does, one batch at a time."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []

    def take(self, batch: Batch, part: float | None) -> None:
        """Append the rows of a batch; its arrays may be changed from then on."""
        if not self._runs:
            self._runs.append(_Run(batch))
        elif not self._runs[-1].take(batch, part):
            # It may be in room of the run before, which is given back.
            self._runs.append(_Run(_copied(batch)))

    def room(
        self, role: str, name: str, part: str, shape: tuple[int, ...], dtype: Any
    ) -> Any:
        """An array for the numbers of the next batch, already in their final place if
        they go on from those before: what is made there need not be copied."""
        found = (
            self._runs[-1].room(role, name, part, shape, dtype) if self._runs else None
        )
        return np.empty(shape, dtype) if found is None else found

    def batch(self) -> Batch:
        """All that was taken, as one batch. Nothing can be taken after it."""
        return concat([run.batch() for run in self._runs])


class _Run:
    """Batches whose fields are alike, so that joining them is copying their arrays."""

    def __init__(self, batch: Batch) -> None:
        self._first: Batch = batch
        self._alike = _likeness(batch)
        self._columns: list[_Column] | None = None  # where there is more than the first
        self._n_rows = batch.n_rows

    def take(self, batch: Batch, part: float | None) -> bool:
        """Append the rows; False if the batch belongs to another run."""
        if _likeness(batch) != self._alike:
            return False
        guess = _SPARE / part if part else 0.0
        growth = min(max(_LEAST_GROWTH, guess), _MOST_GROWTH)
        if self._columns is None:
            self._columns = [_Column(field) for field in self._first.fields]
            both = (self._n_rows + batch.n_rows) / max(1, self._n_rows)
            for column, field in zip(self._columns, self._first.fields):
                column.take(field, both * growth)
        for column, field in zip(self._columns, batch.fields):
            column.take(field, growth)
        self._n_rows += batch.n_rows
        return True

    def room(
        self, role: str, name: str, part: str, shape: tuple[int, ...], dtype: Any
    ) -> Any:
        """Memory right behind what was taken of a field's values or keys; None if there
        is none, or of another kind."""
        for column in self._columns or ():
            if (column.role, column.name) == (role, name):
                return column.room(part, shape, dtype)
        return None

    def batch(self) -> Batch:
        """All that was taken, as one batch."""
        if self._columns is None:
            return self._first
        fields = tuple(column.field() for column in self._columns)
        return Batch(fields, self._n_rows, self._first.first_row)


def _copied(batch: Batch) -> Batch:
    fields = tuple(
        replace(
            one,
            values=one.values.copy(),
            keys=None if one.keys is None else one.keys.copy(),
        )
        for one in batch.fields
    )
    return replace(batch, fields=fields)


def _likeness(batch: Batch) -> list[Any]:
    return [
        (
            *(one.role, one.name, one.kind, one.dtype, one.shape, one.content_type),
            one.width,
            None if one.keys is None else one.keys.dtype,
            one.present is None,
        )
        for one in batch.fields
    ]


class _Column:
    """The growing arrays of one field."""

    def __init__(self, model: Field) -> None:
        self._model = model
        self._values = _Growing(model.values)
        self._keys = None if model.keys is None else _Growing(model.keys)
        self._present = None if model.present is None else _Growing(model.present)
        self._offsets = None if model.offsets is None else _Offsets()
        self._item_offsets = None if model.item_offsets is None else _Offsets()

        self.role, self.name = model.role, model.name

    def room(self, part: str, shape: tuple[int, ...], dtype: Any) -> Any:
        growing = {"keys": self._keys, "values": self._values}.get(part)
        return None if growing is None else growing.ahead(shape, dtype)

    def take(self, field: Field, growth: float) -> None:
        if self._offsets is not None:
            self._offsets.append(field.bounds, growth)
        if self._item_offsets is not None:
            inner = field.item_bounds
            self._item_offsets.append(inner, growth)
            self._values.take(field.values[int(inner[0]) : int(inner[-1])], growth)
        else:
            self._values.take(field.stored, growth)
        if self._keys is not None:
            self._keys.take(field.stored_keys, growth)
        if self._present is not None:
            self._present.take(field.present, growth)

    def field(self) -> Field:
        present = None if self._present is None else self._present.array()
        items = self._item_offsets
        offsets = None if self._offsets is None else self._offsets.array()
        keys = None if self._keys is None else self._keys.array()
        if keys is not None and offsets is not None:
            offsets = like_keys(offsets, keys)
        return Field(
            self._model.role,
            self._model.kind,
            self._values.array(),
            name=self._model.name,
            shape=self._model.shape,
            offsets=offsets,
            keys=keys,
            item_offsets=None if items is None else items.array(),
            content_type=self._model.content_type,
            present=None if present is None or present.all() else present,
        )


class _Growing:
    """An array that rows are appended to."""

    def __init__(self, model: Any) -> None:
        self._array = np.empty((0, *model.shape[1:]), model.dtype)
        self.n = 0

    def room(self, n_more: int, growth: float) -> Any:
        """Where the next n_more rows go.

        growth: how many times as many rows as with these there may be in the end.
        """
        begin, self.n = self.n, self.n + n_more
        if self.n > len(self._array):
            try:
                array = self._empty(growth)
            except MemoryError:
                array = self._empty(1.0)
            array[:begin] = self._array[:begin]
            self._array = array
        return self._array[begin : self.n]

    def _empty(self, growth: float) -> Any:
        shape = (int(growth * self.n) + 1, *self._array.shape[1:])
        return np.empty(shape, self._array.dtype)

    def ahead(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """The memory of the next rows, if there is enough; they are not appended yet."""
        array = self._array
        fits = array.dtype == dtype and array.shape[1:] == shape[1:]
        fits = fits and shape[0] <= len(array) - self.n
        return array[self.n : self.n + shape[0]] if fits else None

    def take(self, rows: Any, growth: float) -> None:
        """Append rows."""
        room = self.room(len(rows), growth)
        if rows.base is not self._array or _address(rows) != _address(room):
            room[:] = rows

    def array(self) -> Any:
        """The rows, in memory that holds nothing else."""
        self._array.resize((self.n, *self._array.shape[1:]), refcheck=False)
        return self._array


class _Offsets(_Growing):
    """Offsets that go on where those before them ended."""

    def __init__(self) -> None:
        super().__init__(np.zeros(1, np.int64))
        self.take(np.zeros(1, np.int64), 1)
        self._last = 0

    def append(self, bounds: Any, growth: float) -> None:
        """Append rows with these bounds."""
        room = self.room(len(bounds) - 1, growth)
        np.subtract(bounds[1:], int(bounds[0]) - self._last, out=room, dtype=np.int64)
        self._last += int(bounds[-1]) - int(bounds[0])


def _address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])
