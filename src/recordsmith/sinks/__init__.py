"""Where batches go: the destination's format is chosen here, by name or by suffix.

=========  ===================================  ==========================================
format     suffixes                             what it holds
=========  ===================================  ==========================================
recordio   .recordio .rec .pbr .protobuf .pb    everything
csv, tsv   .csv .tsv                            label, then features; numbers only
libsvm     .libsvm .svm .svmlight               one label and one feature
jsonl      .jsonl .ndjson .jsonlines            everything, in text
parquet    .parquet .pq                         everything, a column a field
arrow      .arrow .feather .ipc                 everything, a column a field
npz, npy   .npz .npy                            numbers; npz: dense, or sparse as SciPy's
=========  ===================================  ==========================================

To add a format, write a module `to_x.py` with `OPTIONS`, `STREAM`, `BINARY` and
`open_writer`, and name it in `_FORMATS` (and what only it knows in `OPTIONS`).
"""

from __future__ import annotations

import contextlib
import difflib
import os
from importlib import import_module
from pathlib import PurePath
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InputError
from ..publish import COMPRESSIONS, STDOUT, check_output, open_output
from ..tally import Tally

if TYPE_CHECKING:
    from ..batch import Batch

__all__ = ["FORMATS", "OPTIONS", "Sink", "Writer", "format_of", "open_sink", "options_of"]

# format: (module, suffixes)
_FORMATS = {
    "recordio": ("to_recordio", ".recordio .rec .pbr .protobuf .pb"),
    "csv": ("to_csv", ".csv"),
    "tsv": ("to_csv", ".tsv"),
    "libsvm": ("to_libsvm", ".libsvm .svm .svmlight"),
    "jsonl": ("to_jsonl", ".jsonl .ndjson .jsonlines"),
    "parquet": ("to_parquet", ".parquet .pq"),
    "arrow": ("to_arrow_ipc", ".arrow .feather .ipc"),
    "npz": ("to_numpy", ".npz"),
    "npy": ("to_numpy", ".npy"),
}
FORMATS = tuple(_FORMATS)
# All options of open_sink() and of the formats, none of which is an option of a source.
OPTIONS = (
    "dest_format",
    "overwrite",
    "compression",
    "chunk_bytes",
    "densify",
    "duplicates",
    "empty_rows",
    "extras",
    "flat",
    "max_bytes",
    "no_label",
    "sparsify",
    "write_header",
    "write_index_base",
)
_COMPRESSED = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}


class Writer(Protocol):
    """What a format's module gives: rows in, bytes into the output."""

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""

    def finish(self) -> None:
        """Write what stands at the end of the file."""


class Sink:
    """An opened destination; leaving its `with` block publishes what was written.

    Attributes
    ----------
    name : str
        The path, "-", or the file object's name.
    format : str
    n_rows : int
        Rows written.
    n_bytes : int
        Bytes written, complete once the block has ended.
    """

    def __init__(
        self,
        dest: Any,
        dest_format: str,
        overwrite: bool,
        tally: Tally,
        threads: int | None,
        options: dict[str, Any],
    ) -> None:
        module = _module(dest_format)
        outer = options.pop("compression", None) if module.STREAM else None
        self.format = dest_format
        self.n_rows = 0
        self._output = open_output(
            dest, overwrite=overwrite, compression=outer, binary=module.BINARY
        )
        self._open = module.open_writer
        self._settings = {
            "dest_format": dest_format,
            "tally": tally,
            "threads": threads,
            **options,
        }
        self._stack = contextlib.ExitStack()
        self._writer: Writer | None = None
        self.name = STDOUT if dest == STDOUT else str(dest)

    def __enter__(self) -> Sink:
        self._out = self._stack.enter_context(self._output)
        self.name = self._out.name
        try:
            self._writer = self._open(self._out, **self._settings)
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        if self._writer is None:
            raise InputError("the sink is not open", advice="use it in a with statement")
        self._writer.write(batch)
        self.n_rows += batch.n_rows

    @property
    def n_bytes(self) -> int:
        """Bytes written so far."""
        return self._out.n_bytes

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        writer, self._writer = self._writer, None
        with self._stack:
            if error is not None:
                raise error
            if writer is not None:
                writer.finish()


def open_sink(
    dest: Any,
    *,
    dest_format: str | None = None,
    overwrite: bool = False,
    tally: Tally | None = None,
    threads: int | None = None,
    **options: Any,
) -> Sink:
    """A destination for batches.

    Parameters
    ----------
    dest : path, "-" for standard output, or binary file object
        See :func:`recordsmith.publish.open_output`.
    dest_format : str, optional
        One of the table above; by default the path's suffix tells.
    overwrite : bool, default False
    tally : Tally, optional
        Where changes are counted.
    threads : int, optional
        Default: all cores. The bytes do not depend on it.
    **options
        compression : {"gzip", "zstd"}, of the file as a whole; for parquet and arrow the
        codec within. The others are described in the format's module.

    Raises
    ------
    InputError
        If the format is unknown or does not know an option; and see `open_output`.

    Examples
    --------
    >>> import io, recordsmith as rs
    >>> file = io.BytesIO()
    >>> with open_sink(file, dest_format="csv") as sink:
    ...     sink.write(rs.decode(rs.encode([[1.5, 2.5]], [7])))
    >>> file.getvalue(), sink.n_rows, sink.n_bytes
    (b'7,1.5,2.5\\n', 1, 10)
    """
    check_output(dest, overwrite=overwrite)
    found = format_of(dest, dest_format, options.get("compression"))
    known = options_of(found)
    for name in options:
        if name not in known:
            raise _unknown_option(name, found, known)
    tally = Tally() if tally is None else tally
    return Sink(dest, found, overwrite, tally, threads, options)


def options_of(dest_format: str) -> tuple[str, ...]:
    """The options that a format knows."""
    module = _module(dest_format)
    return (*module.OPTIONS, "compression") if module.STREAM else tuple(module.OPTIONS)


def _module(dest_format: str) -> Any:
    return import_module(f".{_FORMATS[dest_format][0]}", __name__)


def _unknown_option(name: str, found: str, known: tuple[str, ...]) -> InputError:
    owners = [one for one in FORMATS if name in options_of(one)]
    if owners:
        advice = f"{', '.join(owners)} would know it"
    else:
        close = difflib.get_close_matches(name, known, 1)
        advice = f"did you mean {close[0]}?" if close else f"it knows {', '.join(known)}"
    return InputError(f"{found} output does not know the option {name!r}", advice=advice)


def format_of(
    dest: Any, dest_format: str | None = None, compression: str | None = None
) -> str:
    """The format of a destination: as stated, else by its suffix.

    A suffix of compression is looked behind only if that compression was asked for.

    Examples
    --------
    >>> format_of("train.csv.gz", compression="gzip")
    'csv'
    """
    if dest_format is not None:
        if dest_format not in _FORMATS:
            close = difflib.get_close_matches(dest_format, FORMATS, 1)
            raise InputError(
                f"{dest_format!r} is no format that can be written",
                advice=f"did you mean {close[0]}?"
                if close
                else f"the formats are {', '.join(FORMATS)}",
            )
        return dest_format
    name = dest if isinstance(dest, (str, bytes, os.PathLike)) else None
    if name is None or name == STDOUT:
        raise InputError(
            "a stream has no suffix to tell the format",
            advice=f"pass dest_format=, one of {', '.join(FORMATS)}",
        )
    path = os.fsdecode(name)
    pure = PurePath(path)
    suffix = pure.suffix
    if suffix.lower() in _COMPRESSED:
        kind = _COMPRESSED[suffix.lower()]
        if compression != kind:
            raise InputError(
                f"the name ends in {suffix}, the compression is {compression or 'none'}",
                path=path,
                advice=f'pass compression="{kind}", or choose another name',
            )
        suffix = PurePath(pure.stem).suffix
    for one, (_, suffixes) in _FORMATS.items():
        if suffix and suffix.lower() in suffixes.split():
            return one
    every = " ".join(suffixes for _, suffixes in _FORMATS.values())
    raise InputError(
        f"the suffix {suffix!r} tells no format" if suffix else "the name has no suffix",
        path=path,
        advice=f"pass dest_format=, or use one of {every}",
    )


assert set(_COMPRESSED.values()) == set(COMPRESSIONS)
