"""Reading records under the names that the SDK has for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import FormatError, RecordsmithError, UnsupportedTypeError
from ..frames import iter_payloads
from .messages import record_class

__all__ = ["read_recordio", "read_records"]

_MAGIC = b"\x0a\x23\xd7\xce"
_HEADER = 8
_MAX_PAYLOAD = (1 << 29) - 1  # longer "lengths" hold the part of a split record


def read_recordio(file: Any) -> Iterator[bytes]:
    """The payload of each record of a file, one after the other.

    Parameters
    ----------
    file : binary file object
        It is read record by record, and never beyond the record that is given.

    Raises
    ------
    FormatError
        If the bytes are no RecordIO, or end inside a record.

    Notes
    -----
    The parts of a split record are joined as dmlc-core does. Faster, and for compressed
    files too: :func:`recordsmith.read_frames`.

    Examples
    --------
    >>> import io
    >>> from recordsmith.sagemaker import array_to_recordio_protobuf, read_recordio
    >>> data = array_to_recordio_protobuf([[1.5], [2.5]])
    >>> [len(payload) for payload in read_recordio(io.BytesIO(data))]
    [24, 24]
    """
    _check_readable(file)
    return _payloads(file)


def _check_readable(file: Any) -> None:
    if not hasattr(file, "read"):
        raise UnsupportedTypeError(
            f"file is a {type(file).__name__}, expected a binary file object",
            advice='pass open(path, "rb") or io.BytesIO(data); recordsmith.read(path) '
            "takes a path",
        )


def _payloads(file: Any) -> Iterator[bytes]:
    """Whole records here; from the first on that is anything else, by the layer below."""
    n_records = n_bytes = 0
    while True:
        header = file.read(_HEADER) or b""
        body = b""
        n = int.from_bytes(header[4:], "little")
        if len(header) < _HEADER or header[:4] != _MAGIC or n > _MAX_PAYLOAD:
            break
        padded = n + -n % 4
        body = file.read(padded) or b""
        if len(body) < padded:
            break
        yield body[:n]
        n_records += 1
        n_bytes += _HEADER + padded
    try:
        yield from iter_payloads(_Frames(file, header + body))
    except RecordsmithError as error:
        if error.row is not None:
            error.row += n_records
        if error.offset is not None:
            error.offset += n_bytes
        raise


class _Frames:
    """A file whose reads end where frames do, so that nobody reads ahead of them.

    `begin` is what was read of it before, and is read again.
    """

    def __init__(self, file: Any, begin: bytes) -> None:
        self._file = file
        self._begin = begin
        self._header = b""
        self._left = _HEADER  # of what comes next: the header, or what it stands before

    def read(self, n: int) -> bytes:
        """Up to n bytes of one header, or of one payload with its padding."""
        n = min(n, self._left)
        data: bytes = self._begin[:n] or self._file.read(n)
        if not data:
            return data
        self._begin = self._begin[n:]
        self._left -= len(data)
        if len(self._header) < _HEADER:
            self._header += data
            if not self._left:
                word = int.from_bytes(self._header[4:], "little")
                n = word & _MAX_PAYLOAD
                self._left = n + -n % 4
        if not self._left:  # behind a payload, or a header without one
            self._header, self._left = b"", _HEADER
        return data


def read_records(file: Any) -> list[Any]:
    """All records of a file as protobuf messages.

    Parameters
    ----------
    file : binary file object

    Returns
    -------
    list of Record
        With the fields features, label, uid, metadata and configuration; features and
        label map names, mostly "values", to tensors.

    Raises
    ------
    FormatError
        If the bytes are no RecordIO-protobuf, or end inside a record.
    MissingPackageError
        If there is no protobuf runtime.

    Notes
    -----
    Messages are slow and large: :func:`recordsmith.read` gives arrays, many times faster,
    and :func:`recordsmith.iter_batches` does so in flat memory.

    Examples
    --------
    >>> import io
    >>> from recordsmith.sagemaker import array_to_recordio_protobuf, read_records
    >>> records = read_records(io.BytesIO(array_to_recordio_protobuf([[1.5, 2.5]])))
    >>> records[0].features["values"].float64_tensor.values
    [1.5, 2.5]
    """
    record = record_class()
    from google.protobuf.message import DecodeError

    _check_readable(file)
    found: list[Any] = []
    for payload in iter_payloads(file):
        message = record()
        try:
            message.ParseFromString(payload)
        except DecodeError as error:
            raise FormatError(
                f"the payload is no Record message: {error}",
                row=len(found) + 1,
                unit="record",
                advice="recordsmith inspect FILE tells what it is",
            ) from None
        found.append(message)
    return found
