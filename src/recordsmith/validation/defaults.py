"""How an algorithm reads a file: the options that a source is opened with."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .request import KINDS, Request

__all__ = ["source_defaults"]

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
