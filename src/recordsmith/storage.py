"""Where bytes come from: paths, folders, globs, objects, standard input, compression.

The reading side only; :mod:`recordsmith.publish` is the writing side.
"""

from __future__ import annotations

import contextlib
import errno
import fnmatch
import glob
import io
import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from .errors import FormatError, InputError, UnsupportedTypeError
from .intake import fill_buffer, read_some
from .object_store import is_object

if TYPE_CHECKING:
    from types import TracebackType

__all__ = [
    "Input",
    "detect_format",
    "expand",
    "fill_buffer",
    "is_path",
    "open_input",
    "read_exactly",
]

STDIN = "-"
_BUFFER_BYTES = 1 << 20
_HEAD_BYTES = 64
_PIPE_BYTES = 1 << 20  # as many as Linux lets anyone have
_F_SETPIPE_SZ = 1031  # Linux; module fcntl has it from Python 3.10 on

# -- finding files ---------------------------------------------------------------------


def is_path(src: Any) -> bool:
    """Is this a path, as opposed to a file object or a table?"""
    return isinstance(src, (str, bytes, os.PathLike))


def expand(src: Any) -> list[Any]:
    """The files that a path, folder, glob or list of those means, in a stable order.

    Parameters
    ----------
    src : path, URL, folder, glob, "-", file object, or list of those
        A folder means the regular files in it and below, without those that have a part
        that begins with `_` or `.` (`_SUCCESS`, `.part-0.crc`). A path that exists is
        taken as it is, even if it looks like a glob. A list keeps its order; what one
        entry expands to is sorted. URLs are file:// and s3://, s3a:// or s3n://: an
        object, a prefix or a pattern, by the same rules.

    Returns
    -------
    list of str ("-" for standard input) and file objects

    Raises
    ------
    InputError
        If a folder, glob or list holds no file.
    FileNotFoundError
        If a path does not exist.
    """
    if isinstance(src, (list, tuple)):
        if not src:
            raise InputError(
                "the list of inputs is empty", advice="name at least one file"
            )
        return [one for entry in src for one in expand(entry)]
    if not is_path(src):
        return [src]
    if src == STDIN:
        return [STDIN]
    if is_object(src):
        from .object_listing import expand_objects

        return list(expand_objects(os.fsdecode(src)))
    path = _local_path(os.fsdecode(src))
    if Path(path).is_dir():
        return _in_folder(path)
    if os.path.lexists(path):
        return [path]
    if any(character in path for character in "*?["):
        return _matching(path)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def _local_path(path: str) -> str:
    """A path as the operating system knows it; URLs of other places are refused."""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", path)
    if scheme is None:
        return path if path != STDIN else "./-"  # a Path("-") is a file of that name
    if scheme[1].lower() != "file":
        raise InputError(
            f"{path!r} is in a place that cannot be read: {scheme[1]}://",
            advice="known are local files and s3://; copy it to one of them, or pass an "
            "open file object",
        )
    parts = urlsplit(path)
    if parts.netloc not in ("", "localhost"):
        raise InputError(
            f"{path!r} names the host {parts.netloc!r}",
            advice="a local file is file:///absolute/path, with three slashes",
        )
    # A "?" or "#" has no meaning in a file URL; urlsplit takes it away from the path.
    return unquote(path.split("://", 1)[1][len(parts.netloc) :])


def _is_hidden(name: str) -> bool:
    return name.startswith(("_", "."))


def _in_folder(folder: str) -> list[str]:
    found = []
    for base, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _is_hidden(name)]
        paths = [Path(base, name) for name in files if not _is_hidden(name)]
        found += [str(path) for path in paths if path.is_file()]
    if not found:
        raise InputError(
            "the folder holds no file to read",
            path=folder,
            advice="names that begin with _ or . are left out",
        )
    return sorted(found)


def _matching(pattern: str) -> list[str]:
    asked_for_hidden = _is_hidden(Path(pattern).name)
    found: list[str] = []
    for path in glob.glob(pattern, recursive=True):  # noqa: PTH207 (Path.glob is relative)
        if _is_hidden(Path(path).name) and not asked_for_hidden:
            continue
        if Path(path).is_dir():
            # `**` gives a folder's files by itself.
            if "**" not in pattern:
                found += _in_folder(path)
        else:
            found.append(path)
    if not found:
        raise InputError(
            f"no file matches {pattern!r}",
            advice="names that begin with _ or . are left out",
        )
    return sorted(set(found))


# -- reading ---------------------------------------------------------------------------


def read_exactly(file: Any, n_bytes: int) -> bytes:
    """`n_bytes` bytes, or fewer if the input ends before."""
    buffer = bytearray(n_bytes)
    got = fill_buffer(file, buffer)
    del buffer[got:]
    return bytes(buffer)


class _Counted(io.RawIOBase):
    """A raw stream over any file object, which counts what was read through it."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.n_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        n_bytes = read_some(self._file, memoryview(buffer).cast("B"))
        self.n_bytes += n_bytes
        return n_bytes


class _Decompressed(io.RawIOBase):
    """A decompressing stream whose errors say which file is damaged, and how."""

    def __init__(self, file: Any, kind: str, name: str) -> None:
        self._file = file
        self._kind = kind
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        import gzip
        import zlib

        try:
            # What gzip can give at once: nothing before a damage is lost with it.
            one = self._file.read1 if self._kind == "gzip" else self._file.read
            data = one(len(view))
        except EOFError:
            raise self._damaged("ends in the middle of a compressed stream") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise self._damaged(
                f"is damaged, or is followed by other bytes ({error})"
            ) from None
        except OSError as error:
            if error.errno is not None or self._kind == "gzip":
                raise
            raise self._damaged(f"is damaged or cut off ({error})") from None
        view[: len(data)] = data
        return len(data)

    def _damaged(self, reason: str) -> FormatError:
        return FormatError(
            f"the {self._kind} data {reason}",
            path=self._name,
            advice=f"copy the file again, or test it with {self._kind} -t",
        )


def _decompressing(buffered: Any, name: str) -> tuple[Any, str | None]:
    """The stream of plain bytes and the kind of compression, by the first bytes."""
    head = buffered.peek(4)[:4]
    if head[:2] == b"\x1f\x8b":
        import gzip

        return _Decompressed(gzip.GzipFile(fileobj=buffered), "gzip", name), "gzip"
    if head == b"\x28\xb5\x2f\xfd":
        import pyarrow as pa

        inner = pa.CompressedInputStream(pa.PythonFile(buffered, mode="r"), "zstd")
        return _Decompressed(inner, "zstd", name), "zstd"
    return buffered, None


class Input:
    """An opened input: plain bytes to read, whatever it is compressed with.

    Attributes
    ----------
    file : io.BufferedReader
        The decompressed bytes; `peek(n)` looks ahead.
    name : str
        What messages call it.
    path : str or None
        Path of a regular file that is not compressed, which may be opened again.
    compression : {"gzip", "zstd"} or None
    size : int or None
        Bytes of the input as it is stored, if known.
    """

    def __init__(self, src: Any) -> None:
        self._own: Any = None
        self.path: str | None = None
        raw: Any
        if isinstance(src, str) and src == STDIN:
            self.name, raw = "<stdin>", getattr(sys.stdin, "buffer", sys.stdin)
        elif is_object(src):
            from .object_reader import ObjectReader

            self.name = os.fsdecode(src)
            self._own = raw = ObjectReader(self.name)
        elif is_path(src):
            self.name = _local_path(os.fsdecode(src))
            self._own = raw = io.FileIO(self.name)
        else:
            self.name, raw = _name_of(src), src
            _refuse_text(src)
        self._source = raw
        self._start = None if isinstance(self._own, io.FileIO) else _place(raw)
        status = _status(raw)
        regular = status is not None and stat.S_ISREG(status.st_mode)
        self.size = raw.getbuffer().nbytes if isinstance(raw, io.BytesIO) else None
        if status is not None and regular:
            self.size = status.st_size
        elif is_object(src):
            self.size = raw.size
        if status is not None and stat.S_ISFIFO(status.st_mode):
            _widen(raw)
        self._counted = _Counted(raw)
        buffered = io.BufferedReader(self._counted, _BUFFER_BYTES)
        try:
            plain, self.compression = _decompressing(buffered, self.name)
        except BaseException:
            self.close()
            raise
        if self.compression is None:
            self.file = buffered
            self.path = self.name if regular and self._own is not None else None
        else:
            self.file = io.BufferedReader(plain, _BUFFER_BYTES)

    @property
    def reopens(self) -> bool:
        """Can it be closed now and opened again from its beginning?"""
        return self._own is not None and self.size is not None

    def head(self) -> bytes:
        """The first bytes (up to 64), without consuming them."""
        head = self.file.peek(_HEAD_BYTES)
        return bytes(head[:_HEAD_BYTES])

    def random_access(self, what: str) -> Any:
        """The path, or the caller's file object set back to where it stood, for formats
        that are not read from front to back.

        Raises
        ------
        InputError
            If the input is a stream, or is compressed.
        """
        if self.path is not None:
            return self.path
        if self.compression is not None:
            reason, advice = (
                f"is compressed with {self.compression}",
                "decompress it first",
            )
        elif self._start is None:
            reason, advice = "is a stream", "save it as a file first"
        else:
            self._source.seek(self._start)
            return self._source
        raise InputError(
            f"{what} is not read from front to back, and this input {reason}",
            path=self.name,
            advice=advice,
        )

    def position(self) -> int:
        """Bytes consumed so far of the input as it is stored."""
        return self._counted.n_bytes

    def close(self) -> None:
        """Close what was opened here; a caller's file object stays open."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Input:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        how = f", {self.compression}" if self.compression else ""
        return f"<Input {self.name}{how}>"


def open_input(src: Any) -> Input:
    """Open a path, "-" or a binary file object for reading; compression by magic bytes.

    Raises
    ------
    OSError
        As the operating system or the file object has it.
    UnsupportedTypeError
        If it is no binary file object.
    FormatError
        While reading, if compressed data are truncated, damaged, or followed by others.

    Notes
    -----
    A gzip file of several members and a zstd file of several frames are read in full. No
    `seek` or `tell` is called, so FIFOs and sockets will do.

    Examples
    --------
    >>> import gzip, io
    >>> with open_input(io.BytesIO(gzip.compress(b"1,2"))) as opened:
    ...     opened.compression, opened.file.read()
    ('gzip', b'1,2')
    """
    return Input(src)


def _refuse_text(src: Any) -> None:
    if not (hasattr(src, "read") or hasattr(src, "readinto")):
        raise UnsupportedTypeError(
            f"{type(src).__name__} is no source that is known",
            advice="pass a path, a binary file object, arrays, or a table",
        )
    if isinstance(src, io.TextIOBase):
        raise UnsupportedTypeError(
            "the file object is opened as text, expected bytes",
            advice='open it in binary mode: open(path, "rb"), sys.stdin.buffer',
        )


def _name_of(file: Any) -> str:
    name: Any = getattr(file, "name", None)
    return os.fsdecode(name) if is_path(name) else f"<{type(file).__name__}>"


def _place(file: Any) -> int | None:
    """Where a file object stands; None if it cannot be set back there."""
    try:
        return int(file.tell()) if file.seekable() else None
    except (AttributeError, OSError, ValueError):
        return None


def _status(file: Any) -> os.stat_result | None:
    try:
        return os.fstat(file.fileno())
    except (AttributeError, OSError, ValueError, TypeError):
        return None


def _widen(pipe: Any) -> None:
    """Let a pipe hold more, so that its writer goes on while we work on what we have."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # more than this user may have
            fcntl.fcntl(pipe.fileno(), _F_SETPIPE_SZ, _PIPE_BYTES)


# -- what is it ------------------------------------------------------------------------

_MAGIC = (
    (b"\x0a\x23\xd7\xce", "recordio"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow"),  # the stream form begins with a continuation mark
    (b"\x93NUMPY", "npy"),
    (b"PK\x03\x04", "npz"),
    (b"PK\x05\x06", "npz"),  # an empty archive
)
_FOREIGN = (
    (b"Obj\x01", "Avro"),
    (b"ORC", "ORC"),
    (b"\x89HDF", "HDF5"),
    (b"SQLite format 3", "SQLite"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"FEA1", "Feather version 1"),
)
_SUFFIXES = (
    ("csv", "*.csv *.tsv"),
    ("libsvm", "*.libsvm *.svm *.svmlight"),
    ("jsonl", "*.jsonl *.ndjson *.json *.jsonlines"),
    ("parquet", "*.parquet *.pq *.parq"),
    ("arrow", "*.arrow *.feather *.ipc *.arrows"),
    ("npy", "*.npy"),
    ("npz", "*.npz"),
    ("recordio", "*.recordio *.rec *.pbr *.recordio-protobuf *.protobuf"),
)
_COMPRESSED = re.compile(r"\.(gz|gzip|zst|zstd)$", re.IGNORECASE)


def detect_format(name: str, head: bytes) -> str:
    """The format of a file by its first bytes, else, for text, by its name.

    Parameters
    ----------
    name : str
        A compression's suffix at its end counts for nothing.
    head : bytes
        First bytes, decompressed.

    Returns
    -------
    {"recordio", "parquet", "arrow", "npy", "npz", "csv", "libsvm", "jsonl"}

    Raises
    ------
    InputError
        If neither tells.

    Examples
    --------
    >>> detect_format("table.csv", b"PAR1...."), detect_format("Table.CSV.gz", b"1,2")
    ('parquet', 'csv')
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    for magic, kind in _FOREIGN:
        if head.startswith(magic):
            raise InputError(
                f"this is {kind}, which recordsmith does not read",
                path=name,
                advice="convert it to Parquet or CSV first",
            )
    plain = _COMPRESSED.sub("", name).lower()
    for kind, patterns in _SUFFIXES:
        if any(fnmatch.fnmatchcase(plain, pattern) for pattern in patterns.split()):
            return kind
    raise InputError(
        "neither the first bytes nor the name tell the format",
        path=name,
        advice='say it: source_format="csv", "libsvm", "jsonl" or "recordio"',
    )
