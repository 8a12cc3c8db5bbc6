"""Which output of a transform job belongs to which of its inputs: by name.

A job writes `NAME.out` for each input object NAME, under the same folders.

Source
------
Amazon SageMaker developer guide, "Use Batch Transform", read 2026-11-24.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..folders import manifest_path, read_manifest
from ..sources.open_source import is_files
from ..storage import STDIN, expand, is_path

__all__ = ["Pair", "as_noted", "manifest_of", "pair_up", "total_size"]

_SUFFIX = ".out"
_NAMED = 3


@dataclass(frozen=True)
class Pair:
    """An input and its predictions.

    Attributes
    ----------
    name : str
        What messages and the result call the input.
    input, output : path or file object
        The input may be anything that batches are read from.
    rows : int or None
        Rows of the input, if a manifest says so.
    """

    name: str
    input: Any
    output: Any
    rows: int | None = None


def pair_up(inputs: Any, outputs: Any) -> list[Pair]:
    """The pairs, in the order of the inputs.

    One input and one output belong together whatever they are called, if neither was
    found in a folder or by a glob.

    Raises
    ------
    InputError
        If an input has no output, or an output no input; all are named.
    """
    if not is_files(outputs):
        raise InputError(
            f"outputs are {type(outputs).__name__}, expected files, a folder or a glob"
        )
    if not is_files(inputs):
        return [Pair(type(inputs).__name__, inputs, _only(outputs))]
    if is_path(inputs) and is_path(outputs) and inputs == outputs == STDIN:
        raise InputError(
            "inputs and outputs are both standard input",
            advice="name a file for one of them",
        )
    ours, theirs = _by_name(inputs), _by_name(outputs)
    if _is_one(inputs) and _is_one(outputs):
        ((name, entry),), (output,) = ours.items(), theirs.values()
        return [Pair(name, entry, output)]
    # In one folder, inputs and outputs lie side by side.
    same = {str(one) for one in ours.values()} & {str(one) for one in theirs.values()}
    ours = {k: v for k, v in ours.items() if not (str(v) in same and k.endswith(_SUFFIX))}
    theirs = {k: v for k, v in theirs.items() if not (str(v) in same and k in ours)}
    _refuse_strangers(ours, theirs)
    return [Pair(name, entry, theirs[name + _SUFFIX]) for name, entry in ours.items()]


def manifest_of(inputs: Any) -> dict[str, Any] | None:
    """What :func:`recordsmith.transform_files` noted beside a folder that it wrote."""
    if not is_path(inputs):
        return None
    folder = os.fsdecode(inputs)
    if not Path(folder).is_dir() or not Path(manifest_path(folder)).is_file():
        return None
    return read_manifest(folder, "transform")


def as_noted(pairs: list[Pair], manifest: dict[str, Any], folder: str) -> list[Pair]:
    """The pairs in the order of a manifest, with its rows.

    Raises
    ------
    InputError
        If the folder does not hold the files that the manifest names.
    """
    noted = {one["name"]: one["end"] - one["begin"] for one in manifest["files"]}
    found = {pair.name: pair for pair in pairs}
    odd = sorted(noted.keys() ^ found.keys())
    if odd:
        where = (
            "the manifest but not in the folder"
            if odd[0] in noted
            else ("the folder but not in the manifest")
        )
        raise InputError(
            f"{odd[0]} is in {where}",
            path=manifest_path(folder),
            advice="use the folder as it was written, or name its files: "
            f"{Path(folder).name}/*",
        )
    return [replace(found[name], rows=rows) for name, rows in noted.items()]


def total_size(pairs: list[Pair]) -> int | None:
    """Bytes of all outputs as they are stored, if known."""
    files = [Path(pair.output) for pair in pairs if isinstance(pair.output, str)]
    if len(files) < len(pairs) or not all(file.is_file() for file in files):
        return None
    return sum(file.stat().st_size for file in files)


def _refuse_strangers(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    without = [name for name in ours if name + _SUFFIX not in theirs]
    if without:
        raise InputError(
            f"no output for {len(without)} of {len(ours)} inputs: {_few(without)}; "
            f"expected {without[0]}{_SUFFIX}",
            advice="a job writes no output at all for an input that failed",
        )
    expected = {name + _SUFFIX for name in ours}
    surplus = [name for name in theirs if name not in expected]
    if surplus:
        raise InputError(
            f"no input for {len(surplus)} of {len(theirs)} outputs: {_few(surplus)}",
            advice=f"an output is called as its input, with {_SUFFIX} behind it",
        )


def _is_one(src: Any) -> bool:
    """A single file, by its own name."""
    if isinstance(src, (list, tuple)):
        return len(src) == 1 and _is_one(src[0])
    return not is_path(src) or src == STDIN or Path(os.fsdecode(src)).is_file()


def _only(outputs: Any) -> Any:
    found = expand(outputs)
    if len(found) != 1:
        raise InputError(
            f"{len(found)} outputs for rows in memory, expected one file",
            advice="pass the files that the job read as inputs",
        )
    return found[0]


def _by_name(src: Any) -> dict[str, Any]:
    """Files by their names, those below a folder with the path from there."""
    entries = src if isinstance(src, (list, tuple)) else [src]
    found: dict[str, Any] = {}
    for one in entries:
        folder = Path(os.fsdecode(one)) if is_path(one) and one != STDIN else None
        for entry in expand(one):
            name = _name(entry, folder)
            if name in found:
                raise InputError(
                    f"two files are called {name}: {found[name]} and {entry}",
                    advice="pass the folder above them, whose outputs have the same "
                    "folders in it",
                )
            found[name] = entry
    return found


def _name(entry: Any, folder: Path | None) -> str:
    if not isinstance(entry, str) or entry == STDIN:
        return str(getattr(entry, "name", entry))
    path = Path(entry)
    if folder is not None and folder.is_dir():
        return path.relative_to(folder).as_posix()
    return path.name


def _few(names: list[str]) -> str:
    more = f", ... {len(names)} in all" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
