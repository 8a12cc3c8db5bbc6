"""Writing records under the names that the SDK has for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import batch_from_arrays, is_sparse
from ..batch import Batch
from ..chunks import chunks_of
from ..codec import encode_batch
from ..errors import InputError, UnsupportedTypeError
from ..publish import write_all

__all__ = [
    "array_to_recordio_protobuf",
    "encoded",
    "write_numpy_to_dense_tensor",
    "write_spmatrix_to_sparse_tensor",
]


def write_numpy_to_dense_tensor(file: Any, array: Any, labels: Any = None) -> None:
    """Write the rows of a matrix as records of dense features.

    Parameters
    ----------
    file : binary file object
        Only `write` is called, at the place where the file stands; it stays open, and
        stands behind the last record.
    array : ndarray (n_rows, n_cols)
        float32, float64, and integers are written as they are; other numbers as
        :func:`recordsmith.encode` does.
    labels : ndarray (n_rows,), optional
        One for each row, by position.

    Raises
    ------
    InputError
        If the array is no matrix, holds no numbers or a number that the format cannot
        hold, or if there is not one label for each row. Nothing is written then.
    UnsupportedTypeError
        If the array is sparse or a table, or the file is a path.

    Notes
    -----
    Version 2 of the SDK writes labels by the index of a pandas Series, and takes as many
    labels as there are columns; both are an InputError here.

    Examples
    --------
    >>> import io, numpy as np
    >>> from recordsmith.sagemaker import write_numpy_to_dense_tensor
    >>> file = io.BytesIO()
    >>> write_numpy_to_dense_tensor(file, np.eye(2, dtype="float32"), np.array([0, 1]))
    >>> file.tell()
    104
    """
    _write(file, _dense(array, labels))


def write_spmatrix_to_sparse_tensor(file: Any, array: Any, labels: Any = None) -> None:
    """Write the rows of a sparse matrix as records of sparse features.

    Parameters
    ----------
    file : binary file object
        As for :func:`write_numpy_to_dense_tensor`.
    array : SciPy sparse matrix or array (n_rows, n_cols)
        In any of SciPy's formats; keys are written in the order in which CSR stores them.
    labels : ndarray (n_rows,), optional
        One for each row, by position.

    Raises
    ------
    InputError
        As for :func:`write_numpy_to_dense_tensor`.
    UnsupportedTypeError
        If the array is not sparse, or the file is a path.

    Examples
    --------
    >>> import io, scipy.sparse as sp
    >>> from recordsmith.sagemaker import write_spmatrix_to_sparse_tensor
    >>> file = io.BytesIO()
    >>> write_spmatrix_to_sparse_tensor(file, sp.eye(3, format="csr"))
    >>> file.tell()
    120
    """
    if not is_sparse(array):
        raise UnsupportedTypeError(
            f"array is {_kind(array)}, expected a SciPy sparse matrix",
            advice="dense arrays go to write_numpy_to_dense_tensor",
        )
    _write(file, _batch(array, labels))


def array_to_recordio_protobuf(array_like: Any, labels: Any = None) -> bytes:
    """The records of a matrix, or of one row, as bytes.

    Parameters
    ----------
    array_like : ndarray (n_rows, n_cols) or (n_cols,), SciPy sparse
    labels : ndarray (n_rows,), optional
        One for each row, by position.

    Raises
    ------
    InputError
        As for :func:`write_numpy_to_dense_tensor`.

    Source
    ------
    aws/sagemaker-training-toolkit: src/sagemaker_training/encoders.py.

    Examples
    --------
    >>> import numpy as np
    >>> from recordsmith.sagemaker import array_to_recordio_protobuf
    >>> len(array_to_recordio_protobuf(np.array([1.5, 2.5], dtype="float32")))
    32
    """
    return encoded(array_like, labels)


def encoded(array: Any, labels: Any = None) -> bytes:
    """The records of a matrix, dense or sparse, or of a vector as its only row."""
    array = _with_shape(array, "array")
    if len(array.shape) == 1:
        array = (array if is_sparse(array) else np.asarray(array)).reshape(1, -1)
    batch = _batch(array, labels) if is_sparse(array) else _dense(array, labels)
    return bytes(encode_batch(batch, duplicates="keep"))


def _dense(array: Any, labels: Any) -> Batch:
    if is_sparse(array):
        raise UnsupportedTypeError(
            f"array is {_kind(array)}, expected a dense one",
            advice="write_spmatrix_to_sparse_tensor writes it without its zeros",
        )
    if hasattr(array, "columns"):  # pandas, polars, pyarrow
        raise UnsupportedTypeError(
            f"array is {_kind(array)}, a table, expected an array",
            advice="pass X.to_numpy(); or recordsmith.write(file, X, "
            'dest_format="recordio") takes tables',
        )
    return _batch(_with_shape(array, "array"), labels)


def _batch(array: Any, labels: Any) -> Batch:
    """Features and labels, once they are known to belong together."""
    shape = tuple(array.shape)
    if len(shape) != 2:
        raise InputError(
            f"array has shape {shape}, expected a matrix (n_rows, n_cols)",
            advice="one row is X.reshape(1, -1), one column is X.reshape(-1, 1)",
        )
    if labels is not None:
        labels = _with_shape(labels, "labels")
        _check_labels(labels, shape[0])
    try:
        return batch_from_arrays(array, labels)
    except UnsupportedTypeError as error:
        # Of the wrong dtype, for which the SDK's users expect a ValueError.
        raise InputError(error.reason, advice=error.advice) from None


def _check_labels(labels: Any, n_rows: int) -> None:
    shape = tuple(labels.shape)
    if len(shape) != 1:
        raise InputError(
            f"labels have shape {shape}, expected one for each row: ({n_rows},)",
            advice="a column is labels.ravel(); recordsmith.write() takes several for a "
            "row",
        )
    if shape[0] != n_rows:
        raise InputError(
            f"{shape[0]} labels for {n_rows} rows of features",
            advice="they go by position: pass one for each row",
        )
    index: Any = getattr(labels, "index", None)
    if hasattr(index, "equals") and not np.array_equal(index, np.arange(n_rows)):
        raise InputError(
            f"the labels' index is not 0 to {n_rows - 1} in this order, so that the "
            "first label is not the one that version 2 of the SDK took for the first row",
            advice="pass labels.to_numpy() to take them by position",
        )


def _with_shape(values: Any, what: str) -> Any:
    """Lists as arrays; what has a shape as it is."""
    if hasattr(values, "shape"):
        return values
    try:
        lengths = {len(row) if hasattr(row, "__len__") else None for row in values}
        if len(lengths) < 2:
            return np.array(values)
    except (TypeError, ValueError):
        pass
    raise InputError(f"{what} is no array", advice="pass numbers, or rows of one length")


def _kind(thing: Any) -> str:
    return f"a {type(thing).__name__}"


def _write(file: Any, batch: Batch) -> None:
    if not hasattr(file, "write"):
        raise UnsupportedTypeError(
            f"file is {_kind(file)}, expected a binary file object",
            advice='pass open(path, "wb"); recordsmith.write(path, X, y) takes a path',
        )
    for chunk in chunks_of([batch], duplicates="keep"):
        write_all(file, chunk.data)
