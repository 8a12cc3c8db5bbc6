"""Arrow record batches become batches: the columns' values, put together row by row."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import FEATURE, Batch, Field
from ..casts import WIRE_DTYPES, cast_array
from ..errors import InputError, RecordsmithError
from .arrow_sparse import SparseColumn
from .arrow_types import Kind
from .arrow_values import Numbers, lists, numbers, texts, vectors
from .columns import Columns, Feature, Layout, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    import pyarrow as pa

    from ..tally import Tally

    Array = npt.NDArray[Any]
    Arrays = dict[str, Any]

__all__ = ["BATCH_BYTES", "Converter", "batches_from_arrow", "convert_all"]

BATCH_BYTES = 4 << 20
_EXACT = 2**53
# Classes of arrays whose values lie in memory as NumPy's do, and join without a check.
_PLAIN = {f"{name}Array" for name in ("Double", "Float", "Int8", "Int16", "Int32")}


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
        rows = converter.rows_of_batch(whole)
        for begin in range(0, whole.num_rows, rows):
            part = whole.slice(begin, rows)
            yield converter.batch(part, first_row)
            first_row += part.num_rows
    if first_row == begin_row == 0:
        yield converter.batch(_no_rows(converter.schema), 0)


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    arrays = [pa.array([], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


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
        self._dtypes = {FEATURE: dtype, "label": label_dtype}
        for asked in self._dtypes.values():
            if asked is not None and asked not in WIRE_DTYPES:
                raise InputError(
                    f"dtype {asked!r} is not one of the format",
                    advice="pass float32, float64 or int32",
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
        width = self._known_width()
        if any(feature.form != "dense" for feature in self.layout.numeric):
            width += whole.nbytes // max(1, whole.num_rows)
        return max(1, BATCH_BYTES // max(1, width))

    def rows_of_schema(self) -> int:
        """Rows that give about BATCH_BYTES, as far as the schema alone tells."""
        return max(1, BATCH_BYTES // max(64, self._known_width()))

    def _known_width(self) -> int:
        return sum(
            8 * kind.width
            for feature in self.layout.numeric
            for _, kind in feature.columns
            if kind.form in ("scalar", "fixed")
        )

    def batch(self, part: pa.RecordBatch, first_row: int) -> Batch:
        """One batch of a record batch.

        Raises
        ------
        InputError
            If a value is missing, does not fit, or rows differ in width; `row` counts
            from `first_row`, `column` is a name.
        """
        columns = dict(zip(part.schema.names, part.columns))
        fields = []
        for feature in self.layout.numeric:
            make = {"dense": self._dense, "ragged": self._ragged, "csr": self._csr}
            fields.append(make[feature.form](feature, columns, first_row))
        for role, name in self.layout.texts:
            values, offsets, present = texts(columns[name])
            fields.append(
                Field(role, "text", values, name="", offsets=offsets, present=present)
            )
        return Batch(tuple(fields), part.num_rows, first_row)

    # -- dense -------------------------------------------------------------------------

    def _dense(self, feature: Feature, columns: Arrays, first_row: int) -> Field:
        blocks = [
            (name, self._block(feature, name, kind, columns[name], first_row))
            for name, kind in feature.columns
        ]
        matrix = _side_by_side([one for _, one in blocks], np.dtype(feature.natural))
        try:
            matrix = cast_array(matrix, self._target(feature), feature.what, self.tally)
        except RecordsmithError as error:
            raise _placed(error, first_row, blocks) from None
        return Field(
            feature.role, "dense", matrix, name=feature.name, shape=feature.shape
        )

    def _block(
        self,
        feature: Feature,
        name: str,
        kind: Kind,
        column: Any,
        first_row: int,
    ) -> Array:
        """One column's values: (n_rows,) of scalars, (n_rows, width) of vectors."""
        if type(column).__name__ in _PLAIN and not column.null_count:
            plain: Array = column.to_numpy()
            return plain  # the common case, which must cost little for each column
        if kind.form == "scalar":
            found = numbers(column, self.tally)
            return self._filled(found, feature, name, first_row, 1)
        if kind.form == "fixed":
            found, width = vectors(column, kind.shape, self.tally), kind.width
        else:
            offsets, found = lists(column, name, first_row, self.tally)
            width = self._same_width(name, np.diff(offsets), first_row)
        values = self._filled(found, feature, name, first_row, width)
        return values.reshape(len(column), width)

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

    def _filled(
        self, found: Numbers, feature: Feature, name: str, first_row: int, width: int
    ) -> Array:
        """Values with the missing ones replaced, in a dtype that joins without loss."""
        values, missing = found.values, found.missing
        values = _joinable(
            values,
            missing,
            feature,
            name,
            first_row,
            width,
            self._target(feature),
            self.tally,
        )
        if missing is None:
            return values
        at = int(np.argmax(missing))
        if feature.role != FEATURE:
            raise InputError(
                "the label is missing",
                row=first_row + at // max(1, width),
                column=name,
                advice="leave such rows out before",
            )
        if self.nulls == "error":
            raise InputError(
                "the value is missing",
                row=first_row + at // max(1, width),
                column=name,
                advice='pass nulls="nan", or a number to put in its place',
            )
        self.tally.nulls += int(np.count_nonzero(missing))
        fill = math.nan if self.nulls == "nan" else self.nulls
        return np.where(missing, np.dtype(feature.natural).type(fill), values)

    def _target(self, feature: Feature) -> str | None:
        return self._dtypes[feature.role]

    # -- ragged and sparse -------------------------------------------------------------

    def _ragged(self, feature: Feature, columns: Arrays, first_row: int) -> Field:
        name = feature.columns[0][0]
        offsets, found = lists(columns[name], name, first_row, self.tally)
        values = self._cast_flat(feature, name, found, offsets, first_row)
        return Field(FEATURE, "ragged", values, name=feature.name, offsets=offsets)

    def _cast_flat(
        self, feature: Feature, name: str, found: Numbers, offsets: Array, first_row: int
    ) -> Array:
        """Values of lists in the wire's dtype; errors name the row of the value."""
        try:
            values = self._filled(found, feature, name, 0, 1)
            values = values.astype(feature.natural, copy=False)
            return cast_array(values, self._target(feature), feature.what, self.tally)
        except RecordsmithError as error:
            if error.row is not None:
                at = int(np.searchsorted(offsets, error.row, side="right")) - 1
                error.row, error.column = first_row + at, name
            raise

    def _csr(self, feature: Feature, columns: Arrays, first_row: int) -> Field:
        name = feature.columns[0][0]
        if name not in self._sparse:
            self._sparse[name] = SparseColumn(
                name, feature.name, self.n_features, self.tally
            )

        def cast(found: Numbers, offsets: Array) -> Array:
            return self._cast_flat(feature, name, found, offsets, first_row)

        return self._sparse[name].fields(columns[name], first_row, cast)


def _checked_nulls(nulls: Any) -> Any:
    if nulls in ("error", "nan") or (
        isinstance(nulls, (int, float)) and not isinstance(nulls, bool)
    ):
        return nulls
    raise InputError(f"nulls={nulls!r}: expected 'error', 'nan' or a number")


def _side_by_side(blocks: list[Array], dtype: np.dtype[Any]) -> Array:
    """(n_rows, n) of columns (n_rows,) and matrices (n_rows, k), row after row."""
    if len(blocks) == 1:
        one = blocks[0].astype(dtype, copy=False)
        return one.reshape(-1, 1) if one.ndim == 1 else one
    widths = [1 if one.ndim == 1 else one.shape[1] for one in blocks]
    matrix = np.empty((len(blocks[0]), sum(widths)), dtype)
    at = 0
    for one, width in zip(blocks, widths):
        if one.ndim == 1:
            matrix[:, at] = one
        else:
            matrix[:, at : at + width] = one
        at += width
    return matrix


def _joinable(
    values: Array,
    missing: Array | None,
    feature: Feature,
    name: str,
    first_row: int,
    width: int,
    target: str | None,
    tally: Tally,
) -> Array:
    """Values that become `feature.natural` without loss; those that would not are
    refused, or counted if the user chose the dtype."""
    natural = np.dtype(feature.natural)
    large = values.dtype.kind in "iu" and values.dtype.itemsize == 8
    if not large or values.dtype == natural:
        return values
    bound = _EXACT if natural.kind == "f" else np.iinfo(np.int64).max
    beyond = values > bound
    if values.dtype.kind == "i":
        beyond |= values < -bound
    if missing is not None:
        beyond &= ~missing
    if not beyond.any():
        return values
    if natural.kind == "f" and target is not None:
        return cast_array(values, "float64", feature.what, tally)
    at = int(np.argmax(beyond))
    if natural.kind == "f":
        reason = "exact beside floats"
        advice = 'pass dtype="float64" to round such values, or drop the column'
    else:
        reason, advice = "an int64, as the other columns are", "drop the column"
    raise InputError(
        f"{feature.what}: {values[at]} cannot be {reason}",
        row=first_row + at // max(1, width),
        column=name,
        advice=advice,
    )


def _placed(
    error: RecordsmithError, first_row: int, blocks: list[tuple[str, Array]]
) -> RecordsmithError:
    """A cast's error, with the row in the stream and the name of the column."""
    if error.row is not None:
        error.row += first_row
    if isinstance(error.column, int):
        at = error.column
        for name, block in blocks:
            width = 1 if block.ndim == 1 else block.shape[1]
            if at < width:
                error.column = name
                break
            at -= width
    return error
