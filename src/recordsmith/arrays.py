"""Arrays, sparse matrices and lists in memory become a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .batch import CONFIGURATION, FEATURE, LABEL, METADATA, UID, Batch, Field
from .casts import cast_array
from .errors import InputError, UnsupportedTypeError
from .tally import Tally

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["batch_from_arrays", "is_sparse", "label_fields", "refuse_different_indexes"]


def batch_from_arrays(
    X: Any,
    y: Any = None,
    *,
    dtype: str | None = None,
    label_dtype: str | None = None,
    uid: Iterable[Any] | None = None,
    metadata: Iterable[Any] | None = None,
    configuration: Iterable[Any] | None = None,
    tally: Tally | None = None,
) -> Batch:
    """A batch of features and labels in memory; see :func:`recordsmith.encode`."""
    tally = Tally() if tally is None else tally
    refuse_different_indexes(X, y)
    fields = _map_fields(FEATURE, X, dtype, tally)
    fields += label_fields(y, label_dtype, tally)
    for role, texts in ((UID, uid), (METADATA, metadata), (CONFIGURATION, configuration)):
        if texts is not None:
            fields.append(Field.from_texts(role, [_text(t) for t in texts]))
    n_rows = fields[0].n_rows if fields else 0
    for one in fields:
        if one.n_rows != n_rows:
            raise InputError(
                f"{one.n_rows} {_plural(one.role)} for {n_rows} rows of features",
                advice="they go by position: pass one for each row",
            )
    return Batch(tuple(fields), n_rows)


def label_fields(y: Any, label_dtype: str | None, tally: Tally) -> list[Field]:
    """The fields of labels given as an array, or a mapping of names to arrays."""
    return [] if y is None else _map_fields(LABEL, y, label_dtype, tally)


def _plural(role: str) -> str:
    return {"feature": "features", "label": "labels", "uid": "uids"}.get(role, role)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def refuse_different_indexes(X: Any, y: Any) -> None:
    """Labels go by position; indexes that differ leave open which."""
    indexes = [getattr(one, "index", None) for one in (X, y)]
    if any(index is None or not hasattr(index, "equals") for index in indexes):
        return
    if not indexes[0].equals(indexes[1]):  # type: ignore[union-attr]
        raise InputError(
            "the index of the labels differs from that of the features",
            advice="labels go by position: reorder them (y.loc[X.index]), or pass "
            "y.to_numpy() if the positions are right",
        )


def _map_fields(role: str, values: Any, dtype: str | None, tally: Tally) -> list[Field]:
    if isinstance(values, Mapping) and not is_sparse(values):  # SciPy's DOK is a dict
        return [
            _field(role, str(name), one, dtype, tally) for name, one in values.items()
        ]
    return [_field(role, "values", values, dtype, tally)]


def is_sparse(values: Any) -> bool:
    """Is this a SciPy sparse matrix or array? (SciPy is not imported to find out.)"""
    return type(values).__module__.startswith("scipy.sparse") and hasattr(values, "tocsr")


def _field(role: str, name: str, values: Any, dtype: str | None, tally: Tally) -> Field:
    what = _plural(role) if name == "values" else f"{role} {name!r}"
    if is_sparse(values):
        if role != FEATURE:
            raise UnsupportedTypeError(
                f"{what} are sparse, expected an array",
                advice="pass y.toarray().ravel()",
            )
        return _sparse_field(name, values, dtype, what, tally)
    if role == FEATURE and isinstance(values, (list, tuple)) and _is_ragged(values):
        return _ragged_field(role, name, values, dtype, what, tally)
    array = _to_ndarray(values, what)
    if array.ndim == 0 or (array.ndim == 1 and role == FEATURE):
        raise InputError(
            f"{what} have shape {array.shape}, expected (n_rows, n_cols)",
            advice="one row is X.reshape(1, -1), one column is X.reshape(-1, 1)",
        )
    return _dense_field(role, name, array, dtype, what, tally)


def _to_ndarray(values: Any, what: str) -> Array:
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise InputError(
            f"{what} have masked values", advice="fill them: X.filled(number)"
        )
    try:
        array = values if type(values) is np.ndarray else np.asarray(values)
    except ValueError as error:
        raise InputError(
            f"{what} are no array: {error}",
            advice="give rows of one length, or several named fields",
        ) from None
    if array.dtype == object:
        raise UnsupportedTypeError(
            f"{what} are Python objects, expected numbers",
            advice="turn text and categories into numbers; missing values into NaN",
        )
    return array


def _dense_field(
    role: str, name: str, array: Array, dtype: str | None, what: str, tally: Tally
) -> Field:
    array = cast_array(array, dtype, what, tally)
    n_rows = array.shape[0]
    shape = tuple(array.shape[1:]) if array.ndim > 2 else None
    width = int(np.prod(array.shape[1:], dtype=np.int64))
    if array.ndim == 1:
        matrix = array.reshape(n_rows, 1)
    elif array.ndim == 2 and (width <= 1 or array.strides[1] == array.itemsize):
        matrix = array  # rows may lie apart: the core steps over the gaps
    else:
        matrix = np.ascontiguousarray(array).reshape(n_rows, width)
    return Field(role, "dense", matrix, name=name, shape=shape)


def _sparse_field(
    name: str, matrix: Any, dtype: str | None, what: str, tally: Tally
) -> Field:
    if len(matrix.shape) != 2:
        raise InputError(
            f"{what} have shape {matrix.shape}, expected (n_rows, n_cols)",
            advice="reshape the sparse array to two dimensions",
        )
    csr = matrix.tocsr()  # sums the duplicates of COO, as SciPy defines that format
    try:
        values = cast_array(csr.data, dtype, what, tally)
    except InputError as error:
        if error.row is not None:
            error.column = int(csr.indices[error.row])
        raise _in_row(error, csr.indptr) from None
    return Field(
        FEATURE,
        "csr",
        np.ascontiguousarray(values),
        name=name,
        shape=(int(csr.shape[1]),),
        offsets=np.ascontiguousarray(csr.indptr),
        keys=np.ascontiguousarray(csr.indices),
    )


def _in_row(error: InputError, offsets: Array) -> InputError:
    """The error of one value in a flat array, at its row."""
    if error.row is not None:
        error.row = int(np.searchsorted(offsets, error.row, side="right")) - 1
    return error


def _is_ragged(rows: Sequence[Any]) -> bool:
    """Are these rows of different lengths? (Rows of rows are left to NumPy.)"""
    lengths = set()
    for row in rows:
        if not isinstance(row, (list, tuple, np.ndarray)) or np.ndim(row) != 1:
            return False
        lengths.add(len(row))
    return len(lengths) > 1


def _ragged_field(
    role: str,
    name: str,
    rows: Sequence[Any],
    dtype: str | None,
    what: str,
    tally: Tally,
) -> Field:
    arrays: tuple[Array, ...] = tuple(np.asarray(row) for row in rows)
    offsets = np.zeros(len(arrays) + 1, np.int64)
    np.cumsum([len(a) for a in arrays], out=offsets[1:])
    # An empty list has dtype float64 by NumPy's default: it must not widen the others.
    filled = [a for a in arrays if len(a)] or list(arrays[:1])
    try:
        values = cast_array(np.concatenate(filled), dtype, what, tally)
    except InputError as error:
        raise _in_row(error, offsets) from None
    return Field(role, "ragged", np.ascontiguousarray(values), name=name, offsets=offsets)
