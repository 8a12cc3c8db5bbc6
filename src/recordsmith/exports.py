"""Fields and batches become arrays, sparse matrices, Arrow tables and data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError, UnsupportedTypeError

if TYPE_CHECKING:
    import pandas
    import pyarrow

    from .batch import Batch, Field

__all__ = ["batch_to_arrow", "batch_to_pandas", "field_to_array", "row_counts"]


def row_counts(field: Field) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Values of each row (blobs: byte strings)."""
    if field.offsets is None:
        return np.full(field.n_rows, field.values.shape[1], np.int64)
    return np.diff(field.offsets).astype(np.int64)


def field_to_array(field: Field, first_row: int = 0) -> Any:
    """One field as an ndarray (n_rows, *shape), or SciPy CSR if it is sparse.

    Raises
    ------
    InputError
        If a row lacks the field, rows differ in width, or sparse rows have no known
        width.
    UnsupportedTypeError
        If it holds text or bytes.
    """
    what = f"{field.role} {field.name!r}"
    if field.present is not None and not field.present.all():
        row = int(np.argmin(field.present))
        n_missing = int(np.count_nonzero(~field.present))
        raise InputError(
            f"{what} is missing in {n_missing} of {field.n_rows} records",
            row=first_row + row + 1,
            unit="record",
            advice="drop those rows, or take the values and the mask with batch.get()",
        )
    if field.kind == "dense":
        shape = field.shape if field.shape is not None else (field.values.shape[1],)
        return field.values.reshape((field.n_rows, *shape))
    if field.kind == "csr":
        return _to_csr(field, what)
    if field.kind == "ragged":
        counts = row_counts(field)
        if len(counts) and (counts == counts[0]).all():
            return field.stored.reshape(len(counts), int(counts[0]))
        row = int(np.argmax(counts != counts[0])) if len(counts) else 0
        raise InputError(
            f"{what} has {counts[row]} values, the first record has {counts[0]}",
            row=first_row + row + 1,
            unit="record",
            advice="rows of varying length are in batch.get(role, name).values, .offsets",
        )
    raise UnsupportedTypeError(
        f"{what} holds {field.kind}, not numbers",
        advice="take it with batch.get(role, name)",
    )


def _to_csr(field: Field, what: str) -> Any:
    from scipy.sparse import csr_matrix

    if field.shape is None:
        keys = field.stored_keys
        largest = int(keys.max()) if len(keys) else "none"
        raise InputError(
            f"{what}: its sparse records name no shape, so the number of columns is "
            f"unknown (the largest key is {largest})",
            advice="pass n_features= when reading",
        )
    n_cols = int(field.width or 0)
    values, start = field.stored, int(field.bounds[0])
    # SciPy wants both index arrays of one type, and int32 where that suffices.
    small = max(n_cols, len(values)) <= np.iinfo(np.int32).max
    index = np.int32 if small else np.int64
    indptr = (field.bounds - start).astype(index, copy=False)
    keys = field.stored_keys.astype(index, copy=False)
    matrix = csr_matrix((field.n_rows, n_cols), dtype=field.values.dtype)
    # The constructor would look at every index; the decoder has done so.
    matrix.data, matrix.indices, matrix.indptr = values, keys, indptr
    return matrix


def _mask(field: Field) -> Any:
    import pyarrow as pa

    return None if field.present is None else pa.array(~field.present)


def _field_to_arrow(field: Field) -> pyarrow.Array:
    import pyarrow as pa

    if field.kind == "dense":
        if field.values.shape[1] == 1 and field.shape is None:
            column = np.ascontiguousarray(field.values[:, 0])
            mask = None if field.present is None else ~field.present
            return pa.array(column, mask=mask)
        flat = pa.array(np.ascontiguousarray(field.values).reshape(-1))
        return _fixed_lists(flat, field)
    if field.kind == "text":
        return pa.array(field.texts(), pa.string())
    offsets = pa.array((field.bounds - field.bounds[0]).astype(np.int64))
    if field.kind == "blobs":
        return _lists(offsets, _blob_items(field), field)
    values = _lists(offsets, pa.array(field.stored), field)
    if field.kind == "ragged":
        return values
    keys = field.stored_keys.astype(np.int64)
    parts = [_lists(offsets, pa.array(keys), field), values]
    names = ["keys", "values"]
    if field.shape is not None:
        shape = pa.array(np.tile(np.array(field.shape, np.int64), field.n_rows))
        parts.append(pa.FixedSizeListArray.from_arrays(shape, len(field.shape)))
        names.append("shape")
    return pa.StructArray.from_arrays(parts, names)


def _fixed_lists(flat: pyarrow.Array, field: Field) -> pyarrow.Array:
    import pyarrow as pa

    width = field.values.shape[1]
    if width == 0:
        return pa.array([[]] * field.n_rows, pa.list_(flat.type, 0))
    if field.present is None:
        return pa.FixedSizeListArray.from_arrays(flat, width)
    lists = pa.FixedSizeListArray.from_arrays(flat, width)
    indices = np.where(field.present, np.arange(field.n_rows), -1)
    return lists.take(pa.array(indices, mask=~field.present))


def _lists(offsets: pyarrow.Array, values: pyarrow.Array, field: Field) -> pyarrow.Array:
    import pyarrow as pa

    lists = pa.LargeListArray.from_arrays(offsets, values)
    if field.present is None:
        return lists
    indices = np.where(field.present, np.arange(field.n_rows), -1)
    return lists.take(pa.array(indices, mask=~field.present))


def _blob_items(field: Field) -> pyarrow.Array:
    import pyarrow as pa

    raw = field.values.tobytes()
    bounds = field.item_bounds.tolist()
    return pa.array([raw[a:b] for a, b in zip(bounds, bounds[1:])], pa.large_binary())


def batch_to_arrow(batch: Batch) -> pyarrow.Table:
    """A pyarrow Table with a column for each field; see :meth:`Batch.to_arrow`.

    Columns are named `label`, `features`, `uid`, `metadata`, `configuration`; a named
    field `NAME` becomes `label.NAME` or `features.NAME`. The shape of a field is kept in
    the column's metadata as `recordsmith.shape`.
    """
    import pyarrow as pa

    arrays, schema = [], []
    order = {"label": 0, "feature": 1}
    for field in sorted(batch.fields, key=lambda one: order.get(one.role, 2)):
        array = _field_to_arrow(field)
        metadata: dict[str, str] = {}
        if field.shape is not None:
            metadata["recordsmith.shape"] = ",".join(map(str, field.shape))
        if field.content_type is not None:
            metadata["recordsmith.content_type"] = field.content_type
        arrays.append(array)
        schema.append(
            pa.field(_column_name(field), array.type, metadata=metadata or None)
        )
    if not arrays:
        return pa.table({}).select([])
    return pa.Table.from_arrays(arrays, schema=pa.schema(schema))


def _column_name(field: Field) -> str:
    base = {"feature": "features"}.get(field.role, field.role)
    return base if field.name in ("values", "") else f"{base}.{field.name}"


def _frame_columns(field: Field, first_row: int) -> list[tuple[str, Any]]:
    if field.kind == "text":
        return [(field.role, field.texts())]
    base = {"feature": "f"}.get(field.role, field.role)
    if field.name not in ("values", ""):
        base = f"{base}.{field.name}"
    array = field_to_array(field, first_row)
    if not isinstance(array, np.ndarray):
        array = array.toarray()
    array = array.reshape(field.n_rows, -1)
    if field.role != "feature" and array.shape[1] == 1:
        return [(base, array[:, 0])]
    return [(f"{base}{i}", array[:, i]) for i in range(array.shape[1])]


def batch_to_pandas(batch: Batch) -> pandas.DataFrame:
    """A pandas DataFrame; see :meth:`Batch.to_pandas`. Sparse rows become dense."""
    import pandas

    columns: dict[str, Any] = {}
    for field in sorted(batch.fields, key=lambda one: one.role == "feature"):
        columns.update(_frame_columns(field, batch.first_row))
    return pandas.DataFrame(columns)
