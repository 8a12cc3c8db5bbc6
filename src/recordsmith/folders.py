"""A folder of files and the manifest beside it, published when they are whole."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import FormatError, InputError
from .publish import open_output

__all__ = [
    "check_folder",
    "files_below",
    "manifest_path",
    "open_folder",
    "read_manifest",
    "write_manifest",
]

_VERSION = 1


def manifest_path(folder: str) -> str:
    """Where the manifest of a folder stands: beside it, as all that is inside is input.

    Examples
    --------
    >>> manifest_path("out/batch/")
    'out/batch.manifest.json'
    """
    path = Path(folder)
    return str(path.with_name(f"{path.name}.manifest.json"))


def write_manifest(folder: str, content: dict[str, Any]) -> None:
    """Write what a folder holds, beside it."""
    text = json.dumps({"version": _VERSION, **content}, indent=1)
    with open_output(manifest_path(folder), overwrite=True) as out:
        out.write(f"{text}\n".encode())


def read_manifest(folder: str, kind: str | None = None) -> dict[str, Any]:
    """What the manifest beside a folder says.

    Parameters
    ----------
    folder : str
    kind : {"transform", "shards"}, optional
        What has to be in the folder.

    Returns
    -------
    dict
        rows, and files: a list of name, bytes, sha256 and more. Those of a transform job
        also have begin and end (rows, from 0), and are in the order of the rows.

    Raises
    ------
    FormatError
        If it is no manifest, or of another kind or version.
    """
    path = manifest_path(folder)
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except ValueError as error:
        raise FormatError(f"no manifest of JSON: {error}", path=path) from None
    if not isinstance(found, dict) or not isinstance(found.get("files"), list):
        raise FormatError("no manifest of files", path=path)
    if found.get("version") != _VERSION:
        raise FormatError(
            f"the manifest has version {found.get('version')}, expected {_VERSION}",
            path=path,
            advice="write the files anew, or read them with a newer recordsmith",
        )
    found_kind = found.get("kind", "transform")
    if kind is not None and found_kind != kind:
        raise FormatError(
            f"the manifest is of files for {found_kind}, expected {kind}", path=path
        )
    needed = ("name", "begin", "end") if found_kind == "transform" else ("name", "rows")
    for number, one in enumerate(found["files"]):
        held = one if isinstance(one, dict) else {}
        lacking = [name for name in needed if name not in held]
        if lacking:
            raise FormatError(
                f"file {number} lacks {', '.join(lacking)}",
                path=path,
                advice="write the files anew: a manifest is not to be edited",
            )
    return found


@contextlib.contextmanager
def open_folder(folder: str, overwrite: bool) -> Iterator[Path]:
    """A new folder under a temporary name, which gets its own when the block ends well.

    Raises
    ------
    InputError
        If there is something under that name, unless `overwrite` is given and the
        manifest beside it says that it holds such files and nothing else.
    """
    target = check_folder(folder, overwrite)
    token = secrets.token_hex(8)
    hidden = target.with_name(f".{target.name}.{token}.tmp")
    hidden.mkdir()
    try:
        yield hidden
        _publish(hidden, target, target.with_name(f".{target.name}.{token}.old"))
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def check_folder(folder: str, overwrite: bool) -> Path:
    """The folder's full path, or what :func:`open_folder` raises."""
    target = Path(os.path.abspath(folder))  # noqa: PTH100 - of a name that may be new
    _check_place(folder, target, overwrite)
    return target


def files_below(folder: Path) -> set[str]:
    """Names of all that is no folder in a folder and below, with "/" between."""
    return {
        one.relative_to(folder).as_posix()
        for one in folder.rglob("*")
        if one.is_symlink() or not one.is_dir()
    }


def _check_place(folder: str, target: Path, overwrite: bool) -> None:
    if "://" in folder:
        raise InputError(
            "this is an address, expected a folder on this machine",
            path=folder,
            advice="write it here, and copy it: aws s3 cp --recursive FOLDER s3://...",
        )
    if not target.parent.is_dir():
        raise InputError(
            f"the folder {str(target.parent)!r} does not exist",
            path=folder,
            advice="make it first",
        )
    if target.is_symlink():
        raise InputError(
            "this is a link, expected the name of a folder to make",
            path=folder,
            advice="name the folder that it stands for",
        )
    if not target.exists():
        return
    if not target.is_dir():
        raise InputError("this is a file, expected the name of a folder", path=folder)
    held = files_below(target)
    if not held and not any(target.iterdir()):
        return
    if not overwrite:
        raise InputError(
            "the folder exists and is not empty",
            path=folder,
            advice="pass overwrite=True to replace it, or choose another name",
        )
    try:
        known = {one["name"] for one in read_manifest(str(target))["files"]}
    except (OSError, FormatError, KeyError, TypeError):
        known = set()
    if held - known:
        raise InputError(
            f"the folder holds files that were not written by this, such as "
            f"{min(held - known)!r}",
            path=folder,
            advice="remove it yourself, or choose another name",
        )


def _publish(hidden: Path, target: Path, old: Path) -> None:
    """Give the folder its name; what stood there goes away, or comes back."""
    # A manifest must never describe another folder than the one beside it.
    with contextlib.suppress(FileNotFoundError):
        Path(manifest_path(str(target))).unlink()
    replaced = target.is_dir() and any(target.iterdir())
    if replaced:
        target.rename(old)
    try:
        hidden.rename(target)
    except BaseException:
        if replaced:
            old.rename(target)
        raise
    if replaced:
        shutil.rmtree(old)
