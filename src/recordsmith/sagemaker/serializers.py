"""The SDK's serializers, for endpoints of its version 2 and 3: the same text and bytes.

What has a `read` method is sent as it reads, without a look at it. For bodies below an
endpoint's limit, from data of any size, see :func:`recordsmith.requests`.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..arrays import is_sparse
from ..errors import InputError, UnsupportedTypeError
from .interfaces import Deserializer, Serializer
from .reading import read_records
from .writing import encoded

__all__ = [
    "CSVSerializer",
    "JSONLinesSerializer",
    "JSONSerializer",
    "LibSVMSerializer",
    "RecordDeserializer",
    "RecordSerializer",
    "SparseMatrixSerializer",
    "numpy_to_record_serializer",
    "record_deserializer",
]

_RECORDIO = "application/x-recordio-protobuf"
_NPZ_FORMATS = ("csc", "csr", "bsr", "dia", "coo")  # what scipy.sparse.save_npz takes


class RecordSerializer(Serializer):
    """Arrays as RecordIO-protobuf.

    Parameters
    ----------
    content_type : str, default "application/x-recordio-protobuf"

    Examples
    --------
    >>> import numpy as np
    >>> from recordsmith.sagemaker import RecordSerializer
    >>> serializer = RecordSerializer()
    >>> serializer.CONTENT_TYPE
    'application/x-recordio-protobuf'
    >>> serializer.serialize(np.zeros(3, "float32")).read().hex()[:16]
    '0a23d7ce1c000000'
    """

    def __init__(self, content_type: str = _RECORDIO) -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> io.BytesIO | bytes:
        """The records of a matrix, or of a vector as one row.

        Parameters
        ----------
        data : ndarray (n_rows, n_cols) or (n_cols,), or SciPy sparse, which version 2
            does not take

        Returns
        -------
        BytesIO, or bytes if version 3 of the SDK is loaded
            Endpoints of version 3 make an empty body of a file.

        Raises
        ------
        InputError
            If the array has more dimensions, or holds what the format does not.
        """
        body = encoded(data)
        return body if "sagemaker.core" in sys.modules else io.BytesIO(body)


class numpy_to_record_serializer(RecordSerializer):
    """:class:`RecordSerializer`, by its name in version 1 of the SDK."""

    def __init__(self, content_type: str = _RECORDIO) -> None:
        _renamed("numpy_to_record_serializer", "RecordSerializer")
        super().__init__(content_type)


class RecordDeserializer(Deserializer):
    """RecordIO-protobuf as a list of messages.

    Parameters
    ----------
    accept : str or tuple of str, default "application/x-recordio-protobuf"
    """

    def __init__(self, accept: str | tuple[str, ...] = _RECORDIO) -> None:
        super().__init__(accept)

    def deserialize(self, data: Any, content_type: str | None = None) -> list[Any]:
        """The records of a body, which is closed; see :func:`read_records`.

        Parameters
        ----------
        data : binary file object
        content_type : str, optional
            Not looked at, as in the SDK.
        """
        try:
            return read_records(data)
        finally:
            data.close()


class record_deserializer(RecordDeserializer):
    """:class:`RecordDeserializer`, by its name in version 1 of the SDK."""

    def __init__(self, accept: str | tuple[str, ...] = _RECORDIO) -> None:
        _renamed("record_deserializer", "RecordDeserializer")
        super().__init__(accept)


def _renamed(old: str, new: str) -> None:
    warnings.warn(
        f"{old} was renamed to {new} in version 2 of the SDK",
        DeprecationWarning,
        stacklevel=3,
    )


class CSVSerializer(Serializer):
    """Rows as CSV text.

    Parameters
    ----------
    content_type : str, default "text/csv"

    Examples
    --------
    >>> from recordsmith.sagemaker import CSVSerializer
    >>> CSVSerializer().serialize([[1, 2.5], [3, "a,b"]])
    '1,2.5\\n3,"a,b"'
    """

    def __init__(self, content_type: str = "text/csv") -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> Any:
        """The text of a list of rows, an array, a data frame, or of one row.

        Parameters
        ----------
        data : ndarray, list, pandas DataFrame, str, or file object
            An array of more than two dimensions gives a line for each of its first.
            Text, and what a file reads, is passed on.

        Raises
        ------
        InputError
            If a row is empty, or nothing that has columns.
        """
        if hasattr(data, "read"):
            return data.read()
        if _is_data_frame(data):
            return data.to_csv(header=False, index=False)
        if not _is_row_or_rows(data):
            raise _no_text(data, "CSV", "arrays, lists, pandas data frames, text, files")
        rows = hasattr(data, "__setitem__") and len(data) > 0
        if rows and _is_sequence(next(iter(data))):
            return "\n".join([_csv_row(row) for row in data])
        return _csv_row(data)


def _is_data_frame(data: Any) -> bool:
    pandas = sys.modules.get("pandas")  # if it is not loaded, nobody has a frame
    return pandas is not None and isinstance(data, pandas.DataFrame)


def _is_row_or_rows(data: Any) -> bool:
    """Is this what version 2 fails for, or makes nonsense of?

    It writes the numbers of bytes, and the columns of a polars frame as rows.
    """
    strange = (bytes, bytearray, dict)
    if isinstance(data, strange) or hasattr(data, "columns") or is_sparse(data):
        return False
    sized = hasattr(data, "__len__") and getattr(data, "shape", None) != ()
    return sized and _is_sequence(data)


def _is_sequence(thing: Any) -> bool:
    return hasattr(thing, "__iter__") and hasattr(thing, "__getitem__")


def _csv_row(row: Any) -> str:
    if isinstance(row, str):
        return row
    if isinstance(row, np.ndarray):
        row = np.asarray(row).ravel()
    if not hasattr(row, "__len__"):
        raise _no_text(row, "a row of CSV", "arrays, lists and tuples")
    if len(row) == 0:
        raise InputError("the data are an empty row, which CSV cannot tell from none")
    text = io.StringIO()
    csv.writer(text).writerow(row)
    return text.getvalue().rstrip("\r\n")


class JSONSerializer(Serializer):
    """Anything as JSON text.

    Parameters
    ----------
    content_type : str, default "application/json"

    Examples
    --------
    >>> import numpy as np
    >>> from recordsmith.sagemaker import JSONSerializer
    >>> JSONSerializer().serialize({"instances": np.eye(2)})
    '{"instances": [[1.0, 0.0], [0.0, 1.0]]}'
    """

    def serialize(self, data: Any) -> Any:
        """The text of anything that JSON knows, and of arrays within it.

        Parameters
        ----------
        data : dict, list, ndarray, number, str, or file object
            What a file reads is passed on; a str is text in JSON too, in quotes.

        Raises
        ------
        UnsupportedTypeError
            If something in it has no form in JSON.
        """
        if hasattr(data, "read"):
            return data.read()
        return _json(data)


class JSONLinesSerializer(Serializer):
    """Items as JSON text, one a line.

    Parameters
    ----------
    content_type : str, default "application/jsonlines"

    Examples
    --------
    >>> from recordsmith.sagemaker import JSONLinesSerializer
    >>> JSONLinesSerializer().serialize([{"features": [1, 2]}, {"features": [3, 4]}])
    '{"features": [1, 2]}\\n{"features": [3, 4]}'
    """

    def __init__(self, content_type: str = "application/jsonlines") -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> Any:
        """The text of the items.

        Parameters
        ----------
        data : iterable, str, or file object
            Text, and what a file reads, is passed on.

        Raises
        ------
        InputError
            If it is none of these.
        UnsupportedTypeError
            If an item has no form in JSON.
        """
        if isinstance(data, str):
            return data
        if hasattr(data, "read"):
            return data.read()
        if isinstance(data, Iterable) and not is_sparse(data):
            return "\n".join([_json(item) for item in data])
        raise _no_text(data, "JSON Lines", "iterables, text and files")


def _json(data: Any) -> str:
    return json.dumps(data, default=_plain)


def _plain(thing: Any) -> Any:
    """What JSON calls for where it does not know a type."""
    if isinstance(thing, (np.ndarray, np.generic)):
        return thing.tolist()
    raise UnsupportedTypeError(
        f"{type(thing).__name__} has no form in JSON",
        advice="pass arrays, lists, dicts, text and numbers",
    )


class LibSVMSerializer(Serializer):
    """libsvm text that is there already.

    Parameters
    ----------
    content_type : str, default "text/libsvm"
    """

    def __init__(self, content_type: str = "text/libsvm") -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> Any:
        """The text as it is.

        Parameters
        ----------
        data : str or file object

        Raises
        ------
        InputError
            If it is anything else: how libsvm counts its columns cannot be guessed.
        """
        if isinstance(data, str):
            return data
        if hasattr(data, "read"):
            return data.read()
        raise _no_text(
            data,
            "libsvm",
            'text and files; recordsmith.requests(X, content_type="text/libsvm") makes '
            "bodies of arrays",
        )


class SparseMatrixSerializer(Serializer):
    """Sparse matrices as SciPy's .npz files.

    Parameters
    ----------
    content_type : str, default "application/x-npz"
    """

    def __init__(self, content_type: str = "application/x-npz") -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> bytes:
        """The bytes that :func:`scipy.sparse.save_npz` writes.

        Parameters
        ----------
        data : SciPy sparse matrix or array

        Raises
        ------
        UnsupportedTypeError
            If it is not sparse, or of a format (lil, dok) that has no .npz file.
        """
        if not is_sparse(data):
            raise UnsupportedTypeError(
                f"data is a {type(data).__name__}, expected a SciPy sparse matrix",
                advice="pass scipy.sparse.csr_matrix(X)",
            )
        if data.format not in _NPZ_FORMATS:
            raise UnsupportedTypeError(
                f"data is sparse in the format {data.format}, which .npz does not have",
                advice="pass X.tocsr()",
            )
        from scipy.sparse import save_npz

        file = io.BytesIO()
        save_npz(file, data)
        return file.getvalue()


def _no_text(data: Any, form: str, known: str) -> InputError:
    return InputError(
        f"{type(data).__name__} cannot become {form}", advice=f"it takes {known}"
    )
