"""Arrow record batches become batches: the columns' values, put together row by row."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from ..batch import FEATURE, Batch, Field
from ..casts import WIRE_DTYPES
from ..errors import InputError
from ..tally import Tally
from .arrow_dense import Joiner, Parts
from .arrow_sparse import SparseColumn
from .arrow_types import Kind
from .arrow_values import Numbers, lists, numbers, texts, vectors
from .columns import Columns, Feature, Layout, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    import pyarrow as pa

    Array = npt.NDArray[Any]

__all__ = ["BATCH_BYTES", "Converter", "batches_from_arrow", "convert_all"]

BATCH_BYTES = 4 << 20


def batches_from_arrow(
    record_batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    *,
    columns: Columns,
    dtype: str | None = None,
    label_dtype: str | None = None,
    nulls: Any = "error",
    n_features: int | None = None,
    tally: Tally,
) -> Iterator[Batch]:
    """Batches of a stream of Arrow record batches; the rules are those of `columns`.

    Parameters
    ----------
    record_batches : iterator of pyarrow.RecordBatch
        Each is cut so that a batch holds about 4 MiB of values.
    schema : pyarrow.Schema
        Theirs; refusals that depend on it alone are raised at once, before any batch.
    columns : Columns
    dtype, label_dtype : {"float32", "float64", "int32"}, optional
    nulls : "error", "nan" or number, default "error"
        What a missing feature becomes (counted in `tally.nulls`). A missing label is an
        error always.
    n_features : int, optional
        Number of columns of sparse rows that do not say it.

    Returns
    -------
    iterator of Batch
    """
    converter = Converter(
        schema,
        columns,
        dtype=dtype,
        label_dtype=label_dtype,
        nulls=nulls,
        n_features=n_features,
        tally=tally,
    )
    return convert_all(record_batches, converter)


def convert_all(
    record_batches: Iterator[pa.RecordBatch], converter: Converter, first_row: int = 0
) -> Iterator[Batch]:
    """Batches of record batches, each cut to about BATCH_BYTES.

    Without any row there is one empty batch, which tells the columns.
    """
    begin_row = first_row
    for whole in record_batches:
        for batch in converter.batches(whole, first_row):
            yield batch
            first_row += batch.n_rows
        del whole  # it must not stand beside the next one while that is made
    if first_row == begin_row == 0:
        yield converter.batch(_no_rows(converter.schema), 0)


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    arrays = [pa.array([], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


class _Rows:
    """Rows [begin, end) of a record batch, whose columns are asked for by name."""

    def __init__(self, whole: pa.RecordBatch) -> None:
        self._whole = whole
        self._lent = _core.ArrowColumns(*whole.__arrow_c_array__())
        self._places = {name: i for i, name in enumerate(whole.schema.names)}
        self._begin, self.n_rows = 0, whole.num_rows

    def cut(self, begin: int, end: int) -> _Rows:
        """Rows of the same record batch."""
        other = copy.copy(self)
        other._begin, other.n_rows = begin, end - begin
        return other

    def column(self, name: str) -> pa.Array:
        """A column's rows, as Arrow has them."""
        whole = self._whole.column(self._places[name])
        return whole.slice(self._begin, self.n_rows)

    def places(self, names: list[str]) -> list[int]:
        """Where the columns stand in the record batch."""
        return [self._places[name] for name in names]

    def lend(self, places: list[int], first: int, strips: _core.Strips) -> int:
        """Add columns from places[first] on to `strips`, up to one that holds no plain
        numbers; its index."""
        return strips.add_arrow(self._lent, places, first, self._begin)


class Converter:
    """Makes batches of record batches that all have one schema.

    Parameters are those of :func:`batches_from_arrow`.
    """

    def __init__(
        self,
        schema: pa.Schema,
        columns: Columns,
        *,
        dtype: str | None = None,
        label_dtype: str | None = None,
        nulls: Any = "error",
        n_features: int | None = None,
        tally: Tally,
    ) -> None:
        self.schema = schema
        self.layout: Layout = lay_out(schema, columns, _checked_nulls(nulls))
        self.nulls = nulls
        self.tally = tally
        self.n_features = n_features
        dtypes = {FEATURE: dtype, "label": label_dtype}
        for asked in dtypes.values():
            if asked is not None and asked not in WIRE_DTYPES:
                raise InputError(
                    f"dtype {asked!r} is not one of the format",
                    advice="pass float32, float64 or int32",
                )
        self._joiners = {
            (feature.role, feature.name): Joiner(feature, dtypes[feature.role], nulls)
            for feature in self.layout.numeric
        }
        self._batch_width = 8 * sum(
            kind.width
            for feature in self.layout.numeric
            for _, kind in feature.columns
            if kind.form in ("scalar", "fixed")
        )
        self._widths: dict[str, int] = {}  # of lists beside other columns
        self._sparse: dict[str, SparseColumn] = {}

    def counting(self, tally: Tally) -> Converter:
        """The same converter with another tally, for use in a thread of its own."""
        other = copy.copy(self)
        other.tally = tally
        return other

    def rows_of_batch(self, whole: pa.RecordBatch) -> int:
        """Rows that give about BATCH_BYTES."""
        width = self._batch_width
        if any(feature.form != "dense" for feature in self.layout.numeric):
            width += whole.nbytes // max(1, whole.num_rows)
        return max(1, BATCH_BYTES // max(1, width))

    def rows_to_read(self, n_bytes: int) -> int:
        """Rows whose columns take about n_bytes, as far as the schema alone tells."""
        size = sum(
            np.dtype(kind.dtype).itemsize * kind.width
            for feature in self.layout.numeric
            for _, kind in feature.columns
            if kind.form in ("scalar", "fixed") and kind.dtype != "null"
        )
        return max(1, n_bytes // max(64, size))

    def batches(self, whole: pa.RecordBatch, first_row: int) -> Iterator[Batch]:
        """Batches of about BATCH_BYTES of one record batch; see `batch`."""
        n_rows = self.rows_of_batch(whole)
        rows = _Rows(whole)
        for begin in range(0, whole.num_rows, n_rows):
            end = min(begin + n_rows, whole.num_rows)
            yield self._batch(rows.cut(begin, end), first_row + begin)

    def batch(self, part: pa.RecordBatch, first_row: int) -> Batch:
        """One batch of a record batch.

        Raises
        ------
        InputError
            If a value is missing, does not fit, or rows differ in width; `row` counts
            from `first_row`, `column` is a name.
        """
        return self._batch(_Rows(part).cut(0, part.num_rows), first_row)

    def _batch(self, rows: _Rows, first_row: int) -> Batch:
        make = {"dense": self._dense, "ragged": self._ragged, "csr": self._csr}
        fields = [
            make[feature.form](feature, rows, first_row)
            for feature in self.layout.numeric
        ]
        for role, name in self.layout.texts:
            values, offsets, present = texts(rows.column(name))
            fields.append(
                Field(role, "text", values, name="", offsets=offsets, present=present)
            )
        return Batch(tuple(fields), rows.n_rows, first_row)

    # -- dense -------------------------------------------------------------------------

    def _dense(self, feature: Feature, rows: _Rows, first_row: int) -> Field:
        columns = feature.columns
        parts = Parts(_core.Strips(rows.n_rows, len(columns)))
        places = rows.places([name for name, _ in columns])
        at = rows.lend(places, 0, parts.strips)
        while at < len(columns):  # one that holds no plain numbers
            name, kind = columns[at]
            found, width = self._numbers(name, kind, rows.column(name), first_row)
            parts.add(at, found, width)
            at = rows.lend(places, at + 1, parts.strips)
        joiner = self._joiners[feature.role, feature.name]
        matrix, misfit = joiner.join(parts, self.tally)
        if misfit is not None:
            name = columns[misfit.strip][0]
            value = parts.number(misfit)
            if value is None:
                one = rows.column(name).slice(misfit.row, 1)
                value = numbers(one, Tally()).values[0]
            error = joiner.error(misfit, value)
            error.row, error.column = first_row + misfit.row, name
            raise error
        return Field(
            feature.role, "dense", matrix, name=feature.name, shape=feature.shape
        )

    def _numbers(
        self, name: str, kind: Kind, column: Any, first_row: int
    ) -> tuple[Numbers, int]:
        """One column's numbers, flat, and how many a row has."""
        if kind.form == "scalar":
            return numbers(column, self.tally), 1
        if kind.form == "fixed":
            return vectors(column, kind.shape, self.tally), kind.width
        offsets, found = lists(column, name, first_row, self.tally)
        return found, self._same_width(name, np.diff(offsets), first_row)

    def _same_width(self, name: str, counts: Array, first_row: int) -> int:
        if not len(counts):
            return self._widths.get(name, 0)
        width = self._widths.setdefault(name, int(counts[0]))
        differs = counts != width
        if differs.any():
            at = int(np.argmax(differs))
            raise InputError(
                f"the list has {int(counts[at])} values, those before have {width}",
                row=first_row + at,
                column=name,
                advice="lists beside other columns must have one length: take the column "
                "alone (features=), as a feature of its own (features={...}), or drop it",
            )
        return width

    # -- ragged and sparse -------------------------------------------------------------

    def _ragged(self, feature: Feature, rows: _Rows, first_row: int) -> Field:
        name = feature.columns[0][0]
        offsets, found = lists(rows.column(name), name, first_row, self.tally)
        values = self._cast_flat(feature, name, found, offsets, first_row)
        return Field(FEATURE, "ragged", values, name=feature.name, offsets=offsets)

    def _cast_flat(
        self, feature: Feature, name: str, found: Numbers, offsets: Array, first_row: int
    ) -> Array:
        """Values of lists in the wire's dtype; errors name the row of the value."""
        parts = Parts(_core.Strips(len(found.values), 1))
        parts.add(0, found, 1)
        joiner = self._joiners[feature.role, feature.name]
        matrix, misfit = joiner.join(parts, self.tally)
        if misfit is not None:
            error = joiner.error(misfit, parts.number(misfit))
            at = int(np.searchsorted(offsets, misfit.row, side="right")) - 1
            error.row, error.column = first_row + at, name
            raise error
        return matrix.reshape(-1)

    def _csr(self, feature: Feature, rows: _Rows, first_row: int) -> Field:
        name = feature.columns[0][0]
        if name not in self._sparse:
            self._sparse[name] = SparseColumn(
                name, feature.name, self.n_features, self.tally
            )

        def cast(found: Numbers, offsets: Array) -> Array:
            return self._cast_flat(feature, name, found, offsets, first_row)

        return self._sparse[name].fields(rows.column(name), first_row, cast)


def _checked_nulls(nulls: Any) -> Any:
    if nulls in ("error", "nan") or (
        isinstance(nulls, (int, float)) and not isinstance(nulls, bool)
    ):
        return nulls
    raise InputError(f"nulls={nulls!r}: expected 'error', 'nan' or a number")
