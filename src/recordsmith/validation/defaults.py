"""How an algorithm reads a file: the options that a source is opened with."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .request import KINDS, Request

__all__ = ["content_unknown", "source_defaults"]

# CSV of these holds text, not a matrix of numbers.
_TEXT = ("ipinsights", "text-classification-tensorflow")
_NUMBERS = ("recordio-protobuf", "csv", "libsvm", "parquet")

MOST_COLUMNS = 2**31 - 1  # of libsvm, whose rows do not say how wide they are


def source_defaults(
    request: Request, kind: str, known: Collection[str]
) -> dict[str, Any]:
    """Options of a source, by what the table says of the format.

    Parameters
    ----------
    request : Request
    kind : str
        As sources call it.
    known : collection of str
        Options that the source knows.

    Examples
    --------
    >>> source_defaults(Request(), "csv", ["nulls", "header"])
    {'nulls': 'nan'}
    """
    found: dict[str, Any] = {"nulls": "nan"}
    fmt = request.format(KINDS.get(kind, kind))
    if fmt is not None:
        if fmt.header is not None and fmt.header.value is False:
            found["header"] = False
        if fmt.index_base is not None and fmt.index_base.value is not None:
            found["index_base"] = fmt.index_base.value
        label = _label(request, kind)
        if label is not None:
            found["label"] = label
    if kind == "libsvm":
        found["n_features"] = MOST_COLUMNS
    return {name: value for name, value in found.items() if name in known}


def content_unknown(request: Request, kind: str) -> str | None:
    """Why the content of a file is not looked at; None if it is.

    Parameters
    ----------
    request : Request
    kind : str
        As sources call it.
    """
    algorithm, known = request.algorithm, KINDS.get(kind, kind)
    if algorithm is None or not request.trains or kind == "recordio":
        return None
    fmt = request.format(known)
    if fmt is None or fmt.kind != known:
        return (
            f"{algorithm.name} does not train on {known}: its content was not looked at"
        )
    if algorithm.key in _TEXT or known not in _NUMBERS:
        return f"the content of {known} for {algorithm.name} is not looked at"
    return None


def _label(request: Request, kind: str) -> Any:
    """The label's column, or columns."""
    fmt = request.format(KINDS.get(kind, kind))
    stated = request.parameters.get("label_size")
    if stated is not None and stated.isdecimal():
        size = int(stated)
        return None if size == 0 else 0 if size == 1 else list(range(size))
    rule = fmt.label_rule(request.channel) if fmt is not None else None
    place = fmt.label_position if fmt is not None else None
    if not request.trains or rule is None or rule.value not in ("required", "optional"):
        return None
    return (
        0 if place is not None and place.value in ("first", "first label_size") else None
    )
