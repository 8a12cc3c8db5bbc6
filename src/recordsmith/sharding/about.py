"""What a manifest says of a source and of the options that were given."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["in_words", "name_of", "size_of"]


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
