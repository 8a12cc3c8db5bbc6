"""The command line and the call that make a candidate of the whole source."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

from ..batch import Batch
from ..storage import is_path

__all__ = ["command_line", "destination", "python_call"]

_FLAGS = {"source_format": "--from", "dest_format": "--to", "compression": "--compress"}
_SWITCHES = ("ragged", "newlines_in_values", "densify", "sparsify", "flat")
_COLUMNS = ("label", "features", "drop", "uid", "metadata")
_VALUES = (
    "algorithm",
    "container",
    "dtype",
    "label_dtype",
    "nulls",
    "n_features",
    "array",
    "names",
    "delimiter",
    "quote",
    "escape",
    "decimal",
    "encoding",
    "skip_rows",
    "on_bad_row",
    "null_values",
    "index_base",
    "weights",
    "qid",
    "unsorted",
    "source_format",
    "dest_format",
    "compression",
    "duplicates",
    "empty_rows",
    "extras",
    "write_index_base",
    "no_label",
)


def _can_be_written(src: Any) -> bool:
    if isinstance(src, (list, tuple)):
        return not any(isinstance(one, Batch) for one in src)
    table = hasattr(src, "__arrow_c_stream__") or hasattr(src, "__array__")
    return table or isinstance(src, dict) or hasattr(src, "tocsr")


def destination(src: Any, suffix: str, algorithm: str) -> str:
    """A name for the file: the source's, with another suffix."""
    paths = _paths(src)
    if len(paths) != 1 or Path(paths[0]).is_dir() or any(c in paths[0] for c in "*?["):
        return f"train{suffix}"
    if paths[0] == "-":
        return f"train{suffix}"
    path = Path(paths[0])
    stem = path.name.split(".")[0] or "train"
    found = path.with_name(stem + suffix)
    return str(path.with_name(f"{stem}-{algorithm}{suffix}") if found == path else found)


def command_line(src: Any, dest: str, settings: dict[str, Any]) -> str | None:
    """`recordsmith convert ...`; None if the command has no option for a setting.

    Examples
    --------
    >>> command_line("a b.csv", "a.pbr", {"label": ["y", "3"], "header": False})
    "recordsmith convert 'a b.csv' a.pbr --label y,name:3 --no-header"
    """
    paths = _paths(src)
    if not paths:
        return None
    words = ["recordsmith", "convert", *paths, dest]
    for name, value in settings.items():
        flag = _flag(name, value)
        if flag is None:
            return None
        words += flag
    return shlex.join(words)


def _paths(src: Any) -> list[str]:
    entries = src if isinstance(src, (list, tuple)) else [src]
    if not all(map(is_path, entries)):
        return []
    return [os.fsdecode(one) for one in entries]


def _flag(name: str, value: Any) -> list[str] | None:
    flag = _FLAGS.get(name, "--" + name.replace("_", "-"))
    if name == "labels":
        return [] if value else ["--no-labels"]
    if name == "header":
        return ["--header" if value else "--no-header"]
    if name in _SWITCHES:
        return [flag] if value else []
    if name in _COLUMNS:
        text = _columns(value)
        return None if text is None else [flag, text] if text else []
    if name not in _VALUES or isinstance(value, bool):
        return None
    if isinstance(value, (list, tuple)):
        return None if any("," in str(one) for one in value) else [flag, ",".join(value)]
    return [flag, str(value)]


def _columns(value: Any) -> str | None:
    """Columns as an option takes them; None where it cannot say them."""
    if not isinstance(value, (list, tuple)):
        value = [value]
    words = []
    for one in value:
        if isinstance(one, str):
            if "," in one and len(value) > 1:
                return None
            plain = not one.isdecimal() and "," not in one and one[:5] != "name:"
            words.append(one if plain else f"name:{one}")
        elif isinstance(one, int) and not isinstance(one, bool) and one >= 0:
            words.append(str(one))
        else:
            return None
    return ",".join(words)


def python_call(src: Any, dest: str, settings: dict[str, Any], has_y: bool) -> str | None:
    """`recordsmith.convert(...)`, or `recordsmith.write(...)` for what is in memory.

    None for batches, which are written as they are, and for what can be read only once.

    Examples
    --------
    >>> python_call("a.csv", "a.pbr", {"label": "y"}, False)
    "recordsmith.convert('a.csv', 'a.pbr', label='y')"
    """
    paths = _paths(src)
    if paths:
        first = repr(paths[0] if len(paths) == 1 else paths)
        words = [f"recordsmith.convert({first}", repr(dest)]
    elif _can_be_written(src):
        words = [f"recordsmith.write({dest!r}", "X", *(["y"] if has_y else [])]
    else:
        return None
    words += [f"{name}={value!r}" for name, value in settings.items()]
    return ", ".join(words) + ")"
