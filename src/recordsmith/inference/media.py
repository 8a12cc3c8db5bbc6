"""Content types of requests: which there are, and which an algorithm takes."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..algorithm_table.loading import algorithm as look_up
from ..algorithm_table.types import Algorithm
from ..errors import InputError, LimitError, UnsupportedTypeError
from ..validation.request import content_type_parts

__all__ = ["ENDPOINT_BYTES", "LIMITS", "Media", "body_limit", "choose_media", "is_count"]

# Source: the runtime's service model (BodyBlob) of August 2026, and "Model deployment
# feature matrix" of the developer guide.
ENDPOINT_BYTES = 6_291_456
# "Invoke a serverless endpoint" has 4 MB, "Invoke an asynchronous endpoint" 1 GB, without
# saying how long a MB is: the shorter one is safe.
LIMITS = {"endpoint": ENDPOINT_BYTES, "serverless": 4_000_000, "async": 1_000_000_000}

# What a request's type is called -> what sinks call the kind, and a file's suffix.
_TYPES = {
    "text/csv": "csv",
    "application/json": "json",
    "application/jsonlines": "jsonl",
    "application/x-recordio-protobuf": "recordio",
    "text/libsvm": "libsvm",
    "text/x-libsvm": "libsvm",
}
_SHORT = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonl": "application/jsonlines",
    "jsonlines": "application/jsonlines",
    "recordio": "application/x-recordio-protobuf",
    "recordio-protobuf": "application/x-recordio-protobuf",
    "libsvm": "text/libsvm",
}


@dataclass(frozen=True)
class Media:
    """How rows are to be written.

    Attributes
    ----------
    kind : {"csv", "json", "jsonl", "recordio", "libsvm"}
        As sinks call it.
    base : str
        The content type without parameters.
    header : str
        The content type as it is sent.
    algorithm : Algorithm or None
    """

    kind: str
    base: str
    header: str
    algorithm: Algorithm | None = None


def choose_media(
    content_type: str | None, algorithm: Algorithm | str | None = None
) -> Media:
    """The content type that is asked for, or the best that an algorithm takes.

    Parameters
    ----------
    content_type : str, optional
        With or without parameters; "csv", "json", "jsonlines", "recordio-protobuf" and
        "libsvm" stand for the whole names. By default RecordIO-protobuf where the
        algorithm takes it, else JSON Lines, else the first that the table has.
    algorithm : Algorithm or str, optional

    Raises
    ------
    InputError
        If nobody knows the content type, or the algorithm does not take it.

    Examples
    --------
    >>> choose_media("csv").header, choose_media("csv", "kmeans").header
    ('text/csv', 'text/csv; label_size=0')
    >>> choose_media(None, "object2vec").header
    'application/jsonlines'
    """
    entry = look_up(algorithm) if isinstance(algorithm, str) else algorithm
    if content_type is None:
        content_type = _best(entry)
    if not isinstance(content_type, str):
        raise UnsupportedTypeError(
            f"content_type is {content_type!r}, expected a text such as 'text/csv'"
        )
    base, parameters = content_type_parts(content_type)
    base = _SHORT.get(base.lower(), base.lower())
    if entry is not None:
        _refuse_others(entry, base)
    if base not in _TYPES:
        raise _unknown(base)
    header = "; ".join([base, *(f"{name}={v}" for name, v in parameters.items())])
    if base == "text/csv":
        header = _csv_header(header, parameters.get("label_size"), entry)
    return Media(_TYPES[base], base, header, entry)


def _best(entry: Algorithm | None) -> str:
    if entry is None:
        raise InputError(
            "neither a content type nor an algorithm says how to write the rows",
            advice=f"pass content_type=, one of {', '.join(_TYPES)}, or algorithm=",
        )
    taken = entry.inference.requests.value
    known = [one for one in taken if one in _TYPES]
    for best in ("application/x-recordio-protobuf", "application/jsonlines"):
        if best in known:
            return best
    return (known or taken)[0]


def _refuse_others(entry: Algorithm, base: str) -> None:
    """What the container would refuse. application/jsonlines is a common format, which
    pages leave out."""
    fact = entry.inference.requests
    taken = fact.value
    common = base == "application/jsonlines" and "application/json" in taken
    if base in taken or common or not fact.sure:
        return
    raise InputError(
        f"{entry.name} takes no requests of {base}, it takes {', '.join(taken)}",
        advice=f"see recordsmith algorithms {entry.key}",
    )


def _unknown(base: str) -> InputError:
    if base.startswith(("image/", "application/x-image", "application/x-text")):
        return InputError(
            f"a request of {base} is one file as it is: there are no rows to write",
            advice="send the file's bytes",
        )
    near = difflib.get_close_matches(base, [*_TYPES, *_SHORT], 1)
    hint = f"did you mean {near[0]}?" if near else f"they are {', '.join(_TYPES)}"
    return InputError(
        f"{base!r} is no content type that requests are written in", advice=hint
    )


def _csv_header(header: str, label_size: str | None, entry: Algorithm | None) -> str:
    """With label_size=0 where the algorithm's page asks for it; XGBoost refuses that."""
    if entry is None:
        return header
    fact = entry.inference.label_size
    if label_size is None:
        says_none = fact.value is None or 0 in fact.value
        return f"{header}; label_size=0" if says_none else header
    if fact.sure and fact.value is not None and label_size not in map(str, fact.value):
        best = _csv_header("text/csv", None, entry)
        raise InputError(
            f"{entry.name} refuses label_size={label_size} in requests",
            advice=f"pass content_type={best!r}",
        )
    return header


def body_limit(max_bytes: int | str | None, entry: Algorithm | None) -> int:
    """The longest body in bytes.

    Examples
    --------
    >>> body_limit(None, None), body_limit("serverless", None), body_limit(100, None)
    (6291456, 4000000, 100)
    """
    if max_bytes is None:
        return ENDPOINT_BYTES if entry is None else entry.inference.max_bytes.value
    if isinstance(max_bytes, str):
        if max_bytes not in LIMITS:
            raise InputError(
                f"max_bytes is {max_bytes!r}, expected a number or one of "
                f"{', '.join(LIMITS)}"
            )
        return LIMITS[max_bytes]
    if not is_count(max_bytes):
        raise LimitError(
            f"max_bytes is {max_bytes!r}, expected 1 or more, a whole number"
        )
    return int(max_bytes)


def is_count(value: Any) -> bool:
    """Whether it is a whole number, 1 or more.

    Examples
    --------
    >>> is_count(1), is_count(0), is_count(1.5), is_count("1")
    (True, False, False, False)
    """
    return isinstance(value, (int, np.integer)) and int(value) >= 1
