"""The exceptions that recordsmith raises, and the texts for the core's statuses.

A message says what was found, what was expected, where, and what to do. The place is kept
in attributes, so that a layer which knows more (the path, the record number of a block's
first record) can add it without taking text apart.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .reporting.findings import Report

__all__ = [
    "FormatError",
    "InputError",
    "LimitError",
    "MissingPackageError",
    "ObjectStoreError",
    "ParseError",
    "PipeClosedError",
    "PipeTimeoutError",
    "RecordsmithError",
    "UnsupportedTypeError",
    "ValidationError",
    "core_error",
]


class RecordsmithError(Exception):
    """Base of all errors that recordsmith raises by itself.

    Parameters
    ----------
    reason : str
        What was found and what was expected.
    advice : str, default ""
        What to do about it.
    path : str, optional
        The file or stream.
    row : int, optional
        Position of the row, counted as `unit` says.
    unit : {"row", "record", "line"}, default "row"
        Rows of arrays count from 0; records and lines of files count from 1.
    column : str or int, optional
        Name or position of the column, field or character.
    offset : int, optional
        Byte offset from the start of the (uncompressed) input.

    Attributes
    ----------
    code : str or None
        Name of the core's status, such as "RS_E_MAGIC", where the core found the error;
        of an object store's refusal, such as "AccessDenied".
    found, limit : int or None
        The core's numbers to it, for text: see recordsmith.h.

    Examples
    --------
    >>> place = {"path": "a.pbr", "row": 3, "unit": "record", "offset": 96}
    >>> print(FormatError("bad magic number", **place))
    a.pbr: record 3, byte 96: bad magic number
    """

    def __init__(
        self,
        reason: str,
        *,
        advice: str = "",
        path: str | None = None,
        row: int | None = None,
        unit: str = "row",
        column: str | int | None = None,
        offset: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
        self.path = path
        self.row = row
        self.unit = unit
        self.column = column
        self.offset = offset
        self.code: str | None = None
        self.found: int | None = None
        self.limit: int | None = None

    def __str__(self) -> str:
        place = []
        if self.row is not None:
            place.append(f"{self.unit} {self.row}")
        if self.column is not None:
            name = repr(self.column) if isinstance(self.column, str) else str(self.column)
            place.append(f"column {name}")
        if self.offset is not None:
            place.append(f"byte {self.offset}")
        parts = [part for part in (self.path, ", ".join(place), self.reason) if part]
        text = ": ".join(parts)
        return f"{text}; {self.advice}" if self.advice else text

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.reason, self.__dict__.copy()))


def _rebuild(
    cls: type[RecordsmithError], reason: str, state: dict[str, object]
) -> RecordsmithError:
    error = cls(reason)
    error.__dict__.update(state)
    return error


class FormatError(RecordsmithError, ValueError):
    """Bytes are not what their format demands (RecordIO, protobuf, Parquet, gzip)."""


class ParseError(RecordsmithError, ValueError):
    """Text is not what its format demands (CSV, libsvm, JSON Lines)."""


class InputError(RecordsmithError, ValueError):
    """Shapes, lengths, values or options do not fit together."""


class UnsupportedTypeError(RecordsmithError, TypeError):
    """A type or dtype has no place in the format, or an object is no known source."""


class LimitError(RecordsmithError, ValueError):
    """A stated limit would be exceeded: a record of 2^29 bytes, a row above
    `max_bytes`."""


class PipeClosedError(RecordsmithError, BrokenPipeError):
    """The reader of a FIFO or socket closed it before it had all."""


class PipeTimeoutError(RecordsmithError, TimeoutError):
    """Nobody made, wrote or read a FIFO within the time that was given."""


class ObjectStoreError(RecordsmithError, OSError):
    """An object store refused a request, or did not answer it."""

    def __init__(self, reason: str, **place: Any) -> None:
        super().__init__(reason, **place)
        self.errno = errno.EIO  # unlike errors of pyarrow, which are about the data


class MissingPackageError(RecordsmithError, ImportError):
    """Something optional that was asked for needs a package that is not installed."""


class ValidationError(RecordsmithError, ValueError):
    """The data break a rule that was asked for; `report` holds what was found."""

    report: Report


# status name -> (class, reason, advice). {found} and {limit} are the core's numbers.
_TEXTS: dict[str, tuple[type[RecordsmithError], str, str]] = {
    "RS_E_MAGIC": (
        FormatError,
        "no RecordIO frame begins here: found 0x{found:08x}, expected 0xced7230a",
        "the file is not RecordIO, is compressed, or is damaged before this place "
        "(recordsmith salvage gets the whole records out)",
    ),
    "RS_E_PART": (
        FormatError,
        "part {found} of a split record stands where none may stand",
        "the file is damaged or its parts were reordered",
    ),
    "RS_E_FRAME_TRUNCATED": (
        FormatError,
        "the data end inside a frame: it needs {limit} bytes, {found} are there",
        "the file was cut off: copy it again, or take the whole records with "
        "recordsmith salvage",
    ),
    "RS_E_TRAILING": (
        FormatError,
        "{found} bytes after the last frame are no frame",
        "the file was cut off or something was appended to it",
    ),
    "RS_E_TRUNCATED": (
        FormatError,
        "a length or number in the record runs past the end of its message",
        "the record is damaged, or the payload is no protobuf of the SageMaker schema",
    ),
    "RS_E_VARINT": (FormatError, "a varint is longer than the format allows", ""),
    "RS_E_WIRE_TYPE": (FormatError, "wire type {found} cannot stand here", ""),
    "RS_E_FIELD_NUMBER": (FormatError, "{found} is no protobuf field number", ""),
    "RS_E_GROUP": (
        FormatError,
        "an end-group that nothing began, or groups too deep",
        "",
    ),
    "RS_E_PACKED": (
        FormatError,
        "packed floats take {found} bytes, which is no multiple of {limit}",
        "",
    ),
    "RS_E_TEXT": (FormatError, "a text field is not UTF-8", ""),
    "RS_E_SHAPE": (
        FormatError,
        "the record holds {found} values, its shape asks for {limit}",
        "",
    ),
    "RS_NEW_SCHEMA": (
        FormatError,
        "the record differs from those before it in dtype, shape or density",
        "read it with iter_batches(), which begins a new batch there",
    ),
    "RS_E_KEY_COUNT": (
        FormatError,
        "the record holds {found} keys for {limit} values",
        "",
    ),
    "RS_E_KEY": (
        FormatError,
        "key {found} is outside the row: keys count from 0 and are below {limit}",
        "check the number of features, and whether the keys count from 0 or 1",
    ),
    "RS_E_TOO_MANY_FIELDS": (LimitError, "a record has more than {limit} fields", ""),
    "RS_E_RANK": (
        LimitError,
        "a shape has more than {limit} dimensions",
        "",
    ),
    "RS_E_OFFSETS": (
        InputError,
        "row offsets must ascend within the values: found {found}, limit {limit}",
        "the sparse or list array is damaged",
    ),
    "RS_E_ORDER": (
        InputError,
        "key {found} does not follow {limit} in ascending order",
        "",
    ),
    "RS_E_TOO_LONG": (
        LimitError,
        "the record takes {found} bytes, a RecordIO record holds at most {limit}",
        "write fewer values in a row",
    ),
    "RS_E_CAPACITY": (
        InputError,
        "the rows no longer fit the space planned for them",
        "do not change the arrays while they are being encoded",
    ),
    "RS_E_CHANGED": (
        InputError,
        "the bytes changed while they were being decoded",
        "do not write to the buffer meanwhile",
    ),
    "RS_E_LABEL": (ParseError, "no number where the label should be", ""),
    "RS_E_NUMBER": (ParseError, "not a number", ""),
    "RS_E_INDEX": (
        ParseError,
        "index {found} is outside the allowed range, which begins at {limit}",
        "check index_base",
    ),
    "RS_E_INDEX_ORDER": (
        ParseError,
        "index {found} does not follow {limit} in ascending order",
        "",
    ),
    "RS_E_COLON": (ParseError, "expected index:value", ""),
    "RS_E_QID": (ParseError, "qid must be an integer after the label", ""),
    "RS_E_NOT_FINITE": (
        InputError,
        "the value is NaN or infinite, for which this text has no number",
        "",
    ),
    "RS_E_CHARACTER": (ParseError, "byte 0x{found:02x} cannot stand in libsvm text", ""),
}


def core_error(
    name: str,
    *,
    offset: int = -1,
    row: int = -1,
    column: int = -1,
    found: int = -1,
    limit: int = -1,
    field: str | None = None,
    unit: str = "row",
) -> RecordsmithError:
    """Return the exception for a status of the core.

    Positions of -1 are unknown. `row` counts from 0 here, whatever the unit.
    """
    cls, reason, advice = _TEXTS.get(
        name, (RecordsmithError, f"internal error {name}", "please report this")
    )
    if row >= 0 and unit == "row" and cls is FormatError:  # of arrays, not of a file
        cls = InputError
    reason = reason.format(found=found, limit=limit)
    if field is not None:
        reason = f"field {field!r}: {reason}"
    error = cls(
        reason,
        advice=advice,
        row=None if row < 0 else row + (unit != "row"),
        unit=unit,
        column=None if column < 0 else column,
        offset=None if offset < 0 else offset,
    )
    error.code = name
    return error
