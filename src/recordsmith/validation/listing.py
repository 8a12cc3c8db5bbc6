"""The files of a channel: those to read, and those that should not be there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..object_listing import below, is_pattern
from ..object_store import is_object
from ..storage import detect_format, expand, is_path
from .recordio_files import is_magic, sniff_text
from .request import KINDS

__all__ = ["kind_of", "list_files", "stray_files"]

_DEPTH = 3  # folders below a prefix that are loaded
_SOURCE_KINDS = {known: source for source, known in KINDS.items()}


def list_files(src: Any) -> list[Any]:
    """The files that are meant, in the order in which they are read; [] if none is."""
    try:
        return expand(src)
    except InputError:
        folders = src if isinstance(src, (list, tuple)) else [src]
        if all(is_path(one) and _is_place(one) for one in folders):
            return []
        raise


def _is_place(src: Any) -> bool:
    """Is it a folder or a glob, which may hold nothing?"""
    path = os.fsdecode(src)
    if is_object(path):
        return path.endswith("/") or is_pattern(path)
    return Path(path).is_dir() or any(character in path for character in "*?[")


def stray_files(src: Any) -> list[tuple[str, str]]:
    """(rule, path) of files in folders that are not read, or not where they should be."""
    found = []
    for one in src if isinstance(src, (list, tuple)) else [src]:
        if not is_path(one):
            continue
        path = os.fsdecode(one)
        for name, parts in below(path) if is_object(path) else _walk(Path(path)):
            if any(part.startswith(".") for part in parts):
                found.append(("file/hidden", name))
            elif any(part.startswith("_") for part in parts):
                found.append(("file/stray", name))
            elif len(parts) > _DEPTH + 1:
                found.append(("file/depth", name))
    return found


def _walk(top: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(path, parts of it below the folder) of all files of a folder."""
    for base, folders, files in os.walk(top):
        folders.sort()
        parts = Path(base).relative_to(top).parts
        for name in sorted(files):
            yield str(Path(base, name)), (*parts, name)


def kind_of(
    name: str, head: bytes, stated: str | None, declared: str | None
) -> str | None:
    """The kind of a file, as sources call it; None if it cannot be told.

    Parameters
    ----------
    name : str
    head : bytes
        Its first bytes, decompressed.
    stated : str or None
        What the user says it is.
    declared : str or None
        What the channel's content type says it is, as the table calls it.
    """
    if stated is not None:
        return stated
    text = sniff_text(head)
    try:
        found = detect_format(name, head)
    except InputError:
        if text is None:
            return None
        expected = _SOURCE_KINDS.get(declared or "")
        return expected if expected in ("csv", "libsvm", "jsonl") else text
    if found == "recordio" and not is_magic(head) and text is not None:
        return _SOURCE_KINDS.get(declared or "", found)  # the name is wrong, or the data
    return found
