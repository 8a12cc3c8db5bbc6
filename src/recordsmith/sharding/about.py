"""What a manifest says of a source and of the options that were given."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..errors import InputError

__all__ = ["Groups", "groups_of", "in_words", "name_of", "size_of"]


@dataclass(frozen=True)
class Groups:
    """Where the texts are that rows are grouped by.

    Attributes
    ----------
    role : {"uid", "metadata"}
        The field of each batch.
    keep : bool
        Is it to be written, too?
    """

    role: str
    keep: bool


def groups_of(column: Any, options: dict[str, Any]) -> Groups | None:
    """Have the source put a column where the split finds it: into `options`."""
    if column is None:
        return None
    for role in ("uid", "metadata"):
        asked = options.get(role)
        if asked is column or (isinstance(asked, (str, int)) and asked == column):
            return Groups(role, True)
    for role in ("uid", "metadata"):
        if options.get(role) is None:
            options[role] = column
            return Groups(role, False)
    raise InputError(
        "group_by= needs uid or metadata to be free, and both are taken by other columns",
        advice="leave one of them out",
    )


def size_of(src: Any) -> int | None:
    """Bytes of what is in memory, where it says."""
    size = getattr(src, "nbytes", None)
    if size is None:
        size = getattr(getattr(src, "data", None), "nbytes", None)
    return size if isinstance(size, int) else None


def name_of(src: Any) -> Any:
    """A source for a manifest: its paths, or the type of what is in memory."""
    if isinstance(src, (list, tuple)) and src and isinstance(src[0], (str, os.PathLike)):
        return [os.fspath(one) for one in src]
    return os.fspath(src) if isinstance(src, (str, os.PathLike)) else type(src).__name__


def in_words(options: dict[str, Any]) -> dict[str, Any]:
    """Options that were given, for JSON."""
    found = {}
    for name, value in sorted(options.items()):
        if value is None:
            continue
        plain = isinstance(value, (str, int, float, bool, list, tuple, dict))
        found[name] = value if plain else str(getattr(value, "key", type(value).__name__))
    return found
