"""The choice of a source's reader, and the check of the options that it is given."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Callable

from ..arrays import batch_from_arrays, is_sparse
from ..batch import Batch
from ..errors import InputError, UnsupportedTypeError
from ..storage import detect_format, expand, is_path
from .columns import near
from .files import Files

if TYPE_CHECKING:
    from ..decoder import Room
    from ..tally import Tally

__all__ = ["Source", "is_files", "known_options", "open_files", "open_source"]

# format -> module and function: the one line that a new kind of file takes.
_READERS = {
    "csv": "from_csv",
    "libsvm": "from_libsvm",
    "parquet": "from_parquet",
    "arrow": "from_arrow_ipc",
    "jsonl": "from_jsonl",
    "npy": "from_numpy",
    "npz": "from_numpy",
    "recordio": "from_recordio",
}
_NOT_OPTIONS = ("files", "tally", "source_format", "room")


@dataclass(frozen=True)
class Source:
    """An opened source.

    Attributes
    ----------
    format : str
        "csv", "libsvm", "parquet", "arrow", "jsonl", "npy", "npz", "recordio", "table",
        "arrays" or "batches".
    batches : iterator of Batch
    size : int or None
        Bytes of the files as they are stored, if known.
    position : callable or None
        How many of them have been consumed.
    """

    format: str
    batches: Iterator[Batch]
    size: int | None = None
    position: Callable[[], int] | None = None


def open_source(
    src: Any,
    *,
    source_format: str | None = None,
    tally: Tally,
    room: Room | None = None,
    **options: Any,
) -> Source:
    """Open anything that batches can be read from.

    Parameters
    ----------
    src : path, list of paths, folder, glob, "-", file object, table, arrays, batches
        A table is anything with `__arrow_c_stream__` and the like: see
        :func:`recordsmith.sources.tables.open_arrow`.
    source_format : str, optional
        Needed where neither content nor name tell the format.
    tally : Tally
        Counts what is changed on the way.
    room : callable, optional
        Where a reader that can is to put the numbers: see
        :func:`recordsmith.reader.iter_batches_from`.
    **options
        Of the format; one that it does not know is refused.

    Raises
    ------
    InputError
        If the format cannot be told, or an option does not belong to it.
    UnsupportedTypeError
        If `src` is none of these.
    """
    if is_files(src):
        return open_files(Files(expand(src)), source_format, tally, options, room)
    options.pop("threads", None)  # there is nothing to parse
    if source_format is not None:
        raise InputError(
            f"source_format={source_format!r} is for files, not for {type(src).__name__}"
        )
    if isinstance(src, Batch):
        _check_options(options, lambda: None, "a Batch")
        return Source("batches", iter([src]))
    if is_sparse(src) or _is_plain_array(src):
        return Source("arrays", iter([batch_from_arrays(src, tally=tally, **options)]))
    return _open_table(src, tally, options)


def is_files(src: Any) -> bool:
    """Is this a path, a file object, or a list of those?"""
    if isinstance(src, (list, tuple)):
        return bool(src) and all(is_files(one) for one in src)
    is_file = hasattr(src, "read") or hasattr(src, "readinto")
    return is_path(src) or (is_file and not hasattr(src, "__arrow_c_stream__"))


def _is_plain_array(src: Any) -> bool:
    arrow = hasattr(src, "__arrow_c_stream__") or hasattr(src, "__arrow_c_array__")
    return hasattr(src, "__array__") and not arrow


def open_files(
    files: Files,
    source_format: str | None,
    tally: Tally,
    options: dict[str, Any],
    room: Room | None = None,
) -> Source:
    """Open files: :func:`open_source` for those that were listed already."""
    try:
        kind = source_format or _kind(files, options)
        if kind not in _READERS:
            raise InputError(
                f"source_format={kind!r} is not known",
                advice=near(str(kind), list(_READERS)) or f"known: {', '.join(_READERS)}",
            )
        reader = _reader(kind)
        if "threads" not in _parameters(
            reader
        ):  # those of the verb may be for the output
            options.pop("threads", None)
        _check_options(options, reader, kind)
        files.measure()
        if room is not None and "room" in inspect.signature(reader).parameters:
            reader = partial(reader, room=room)
        batches = reader(files, tally=tally, **options)
    except BaseException:
        files.close()
        raise
    files.release()
    return Source(kind, batches, files.size, files.position)


def _kind(files: Files, options: dict[str, Any]) -> str:
    first = files.first()
    kind = detect_format(first.name, first.head())
    if kind == "csv" and ".tsv" in first.name.lower():
        options.setdefault("delimiter", "\t")
    return kind


def _reader(kind: str) -> Callable[..., Iterator[Batch]]:
    name = _READERS[kind]
    reader: Callable[..., Iterator[Batch]] = getattr(
        import_module(f"{__package__}.{name}"), name
    )
    return reader


def _open_table(src: Any, tally: Tally, options: dict[str, Any]) -> Source:
    from .from_table import from_table, is_table

    if is_table(src):
        _check_options(options, from_table, "a table")
        return Source("table", from_table(src, tally=tally, **options))
    if hasattr(src, "__iter__"):
        items = iter(src)
        first = next(items, None)
        src = itertools.chain([] if first is None else [first], items)
        if type(first).__module__.startswith("pyarrow"):
            return Source("table", from_table(src, tally=tally, **options))
        _check_options(options, lambda: None, "an iterable of batches")
        return Source("batches", _only_batches(src))
    raise UnsupportedTypeError(
        f"{type(src).__name__} is no source that is known",
        advice="pass a path, a binary file object, arrays, a data frame or other table, "
        "or batches",
    )


def _only_batches(items: Any) -> Iterator[Batch]:
    for number, one in enumerate(items):
        if not isinstance(one, Batch):
            raise UnsupportedTypeError(
                f"item {number} is {type(one).__name__}, expected Batch",
                advice="make one with Batch, or pass arrays as a whole",
            )
        yield one


def check_options(options: dict[str, Any], kind: str) -> None:
    """Refuse options that the reader of a format does not know."""
    _check_options(options, _reader(kind), kind)


def known_options(kind: str) -> list[str]:
    """The options that a format's reader knows; [] if there is no such format."""
    return _parameters(_reader(kind)) if kind in _READERS else []


def _parameters(reader: Callable[..., Any]) -> list[str]:
    return [
        name for name in inspect.signature(reader).parameters if name not in _NOT_OPTIONS
    ]


def _check_options(
    options: dict[str, Any], reader: Callable[..., Any], what: str
) -> None:
    known = _parameters(reader)
    for option in options:
        if option in known:
            continue
        elsewhere = [kind for kind in _READERS if _has_option(kind, option)]
        if elsewhere:
            advice = f"only these know it: {', '.join(elsewhere)}"
        else:
            advice = near(option, known) or f"it knows {', '.join(known) or 'none'}"
        raise InputError(f"{what} has no option {option}=", advice=advice)


def _has_option(kind: str, option: str) -> bool:
    try:
        return option in _parameters(_reader(kind))
    except ImportError:
        return False
