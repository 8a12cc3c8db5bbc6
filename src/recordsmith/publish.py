"""Where bytes go: nothing half-written can look finished.

A local file is written under a temporary name in the folder that it will stand in, synced
to the disk and renamed. After any error, an interrupt included, the temporary file is
gone and what stood under the name before is untouched. An object in S3 is uploaded in
parts, which become an object in the last request, and are aborted after any error. Pipes,
devices, standard output and file objects are written through as they are: they have no
name to publish.

An output may have the path of an input if overwriting is allowed: the input is read to
its end before it is replaced.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import secrets
import select
import stat
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import InputError, UnsupportedTypeError
from .object_store import is_object

__all__ = ["COMPRESSIONS", "STDOUT", "Output", "check_output", "open_output", "write_all"]

COMPRESSIONS = ("gzip", "zstd")
STDOUT = "-"
_GZIP_LEVEL = 6
_WRITE_BEHIND = 8 << 20
_MAX_NAME_BYTES = 255
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)\Z")


class Output:
    """An opened output, for sequential writing.

    Attributes
    ----------
    name : str
        What messages call it: the path, "-", or the file object's name.
    folder : str or None
        The folder of a local file.
    n_bytes : int
        Bytes written, after compression.
    resources : contextlib.ExitStack
        Closed when the output ends, well or not: for a format's temporary files.

    Notes
    -----
    Once an error has made the output void, what a library still writes (a footer, from
    its destructor) is dropped: a pipe must not end as if it were whole.
    """

    def __init__(
        self, file: Any, name: str, folder: str | None = None, own: bool = False
    ) -> None:
        self._file = file
        self._own = own
        self.name = name
        self.folder = folder
        self.n_bytes = 0
        self._void = False
        self.resources = contextlib.ExitStack()

    def write(self, data: Any) -> int:
        """Write all of a bytes-like object; returns its length in bytes."""
        view = memoryview(data).cast("B")
        if not self._void:
            try:
                write_all(self._file, view)
            except OSError as error:
                # Standard output and file objects keep their exceptions as they are.
                if self._own and error.filename is None:
                    error.filename = self.name
                raise
            self.n_bytes += len(view)
        return len(view)

    def finish(self) -> None:
        """Write what has to stand at the end."""

    def abandon(self) -> None:
        """Drop all that is written from now on."""
        self._void = True

    def flush(self) -> None:
        """Hand on what a file object still holds."""
        flush = getattr(self._file, "flush", None)
        if flush is not None and not self._void:
            flush()

    def tell(self) -> int:
        """Bytes written so far."""
        return self.n_bytes

    def writable(self) -> bool:
        """True."""
        return True

    def readable(self) -> bool:
        """False."""
        return False

    def seekable(self) -> bool:
        """False: an output may be a pipe."""
        return False

    @property
    def closed(self) -> bool:
        """False: `open_output` opens and closes."""
        return False

    def close(self) -> None:
        """Nothing: `open_output` opens and closes."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}, {self.n_bytes} bytes>"


class _LocalFile(Output):
    """Has the system write to the disk on the way: the sync at the end is then short."""

    def __init__(self, file: io.FileIO, name: str, folder: str) -> None:
        super().__init__(file, name, folder, own=True)
        self._begun = 0

    def write(self, data: Any) -> int:
        n_bytes = super().write(data)
        behind = self.n_bytes - self._begun
        if behind >= _WRITE_BEHIND and hasattr(os, "posix_fadvise"):
            # A hint, which Linux takes as a request to begin with the writing: what is
            # not on the disk yet stays in memory. An error shows at the sync.
            with contextlib.suppress(OSError):
                os.posix_fadvise(
                    self._file.fileno(), self._begun, behind, os.POSIX_FADV_DONTNEED
                )
            self._begun = self.n_bytes
        return n_bytes


class _Gzip(Output):
    """Compresses as one gzip member: some readers take only the first of several."""

    def __init__(self, inner: Output) -> None:
        super().__init__(None, inner.name, inner.folder)
        self._inner = inner
        self.resources = inner.resources
        self._compress = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, 31)

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        if not self._void:
            self._inner.write(self._compress.compress(view))
            self.n_bytes = self._inner.n_bytes
        return len(view)

    def finish(self) -> None:
        self._inner.write(self._compress.flush())
        self.n_bytes = self._inner.n_bytes

    def flush(self) -> None:
        self._inner.flush()


class _Zstd(Output):
    """Compresses as one zstd frame."""

    def __init__(self, inner: Output) -> None:
        import pyarrow as pa

        super().__init__(None, inner.name, inner.folder)
        self._inner = inner
        self.resources = inner.resources
        self._stream = pa.CompressedOutputStream(pa.PythonFile(inner, mode="w"), "zstd")

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        if not self._void:
            self._stream.write(view)
            self.n_bytes = self._inner.n_bytes
        return len(view)

    def finish(self) -> None:
        self._stream.close()
        self.n_bytes = self._inner.n_bytes

    def flush(self) -> None:
        self._inner.flush()


@contextlib.contextmanager
def open_output(
    dest: Any,
    *,
    overwrite: bool = False,
    compression: str | None = None,
    binary: bool = True,
) -> Iterator[Output]:
    """An output that is published when the block ends well, and void if it does not.

    Parameters
    ----------
    dest : path, "s3://" URL, "-" for standard output, or binary file object
        A FIFO or a device is written through. A symbolic link is followed. A file object
        is flushed at the end and stays open.
    overwrite : bool, default False
        Replace an existing file; its mode is kept. New files get the mode that umask
        leaves.
    compression : {"gzip", "zstd"}, optional
        Never guessed from a name.
    binary : bool, default True
        The bytes are none for a terminal.

    Raises
    ------
    InputError
        If the file exists and may not be replaced (also if it appears while writing), its
        folder does not exist, or `dest` is a folder or, for binary data, a terminal.
    UnsupportedTypeError
        If `dest` is nothing that can be written to.
    OSError
        As the operating system has it; nothing is left behind.

    Examples
    --------
    >>> import pathlib
    >>> with open_output("numbers.txt") as out:
    ...     out.write(b"1 2 3")
    ...     pathlib.Path("numbers.txt").exists()
    5
    False
    >>> pathlib.Path("numbers.txt").read_text()
    '1 2 3'
    """
    if compression not in (None, *COMPRESSIONS):
        raise InputError(
            f"compression is {compression!r}, expected one of {', '.join(COMPRESSIONS)}"
        )
    binary = binary or compression is not None
    with _opened(dest, overwrite, binary) as out, out.resources:
        if compression is None:
            yield out
            return
        packed = _Gzip(out) if compression == "gzip" else _Zstd(out)
        try:
            yield packed
            packed.finish()
        except BaseException:
            packed.abandon()
            raise


def check_output(dest: Any, *, overwrite: bool = False) -> None:
    """Raise what :func:`open_output` would raise for a path, without opening it."""
    if isinstance(dest, (str, bytes, os.PathLike)):
        path = os.fsdecode(dest)
        if is_object(path):
            from .object_writer import check_object

            check_object(path, overwrite)
        elif path != STDOUT and not _is_stream(path):
            _check_place(path, Path(os.path.realpath(path)), overwrite)


def _opened(
    dest: Any, overwrite: bool, binary: bool
) -> contextlib.AbstractContextManager[Output]:
    if not isinstance(dest, (str, bytes, os.PathLike)):
        return _file_object(dest)
    path = os.fsdecode(dest)
    if path in (STDOUT, "/dev/stdout"):
        return _standard_output(binary)
    if is_object(path):
        return _object(path, overwrite)
    if _is_stream(path):
        return _stream(path, binary)
    return _local_file(path, overwrite)


# -- streams ---------------------------------------------------------------------------


def _is_stream(path: str) -> bool:
    """Is this a FIFO, a device, or an open descriptor's name?"""
    if _DESCRIPTOR.match(path):
        return True
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextlib.contextmanager
def _through(out: Output) -> Iterator[Output]:
    try:
        yield out
        out.flush()
    except BaseException:
        out.abandon()
        raise


def _file_object(file: Any) -> contextlib.AbstractContextManager[Output]:
    if not hasattr(file, "write"):
        raise UnsupportedTypeError(
            f"{type(file).__name__} is nothing that can be written to",
            advice="pass a path or a binary file object",
        )
    if isinstance(file, io.TextIOBase):
        raise UnsupportedTypeError(
            "the file object is opened as text, expected bytes",
            advice='open it in binary mode: open(path, "wb"), sys.stdout.buffer',
        )
    name = getattr(file, "name", None)
    if isinstance(name, (str, bytes, os.PathLike)):
        return _through(Output(file, os.fsdecode(name)))
    return _through(Output(file, f"<{type(file).__name__}>"))


def _standard_output(binary: bool) -> contextlib.AbstractContextManager[Output]:
    if sys.stdout is None:
        raise InputError("standard output is closed", path=STDOUT)
    _refuse_terminal(sys.stdout, binary, STDOUT)
    sys.stdout.flush()
    return _through(Output(getattr(sys.stdout, "buffer", sys.stdout), STDOUT))


@contextlib.contextmanager
def _stream(path: str, binary: bool) -> Iterator[Output]:
    match = _DESCRIPTOR.match(path)
    if match is None and stat.S_ISBLK(Path(path).stat().st_mode):
        raise InputError("this is a disk, expected the name of a file", path=path)
    number = os.dup(int(match[1])) if match else os.open(path, os.O_WRONLY | os.O_NOCTTY)
    with io.FileIO(number, "wb") as file:
        _refuse_terminal(file, binary, path)
        with _through(Output(file, path, own=True)) as out:
            yield out


def _refuse_terminal(file: Any, binary: bool, name: str) -> None:
    if binary and file.isatty():
        raise InputError(
            "binary data are nothing for a terminal",
            path=name,
            advice="name a file, or redirect standard output",
        )


# -- objects ---------------------------------------------------------------------------


@contextlib.contextmanager
def _object(url: str, overwrite: bool) -> Iterator[Output]:
    from .object_writer import ObjectWriter, check_object

    check_object(url, overwrite)
    writer = ObjectWriter(url, overwrite=overwrite)
    out = Output(writer, url, own=True)
    try:
        yield out
        writer.finish()
    except BaseException:
        out.abandon()
        writer.abort()
        raise


# -- files -----------------------------------------------------------------------------


@contextlib.contextmanager
def _local_file(path: str, overwrite: bool) -> Iterator[Output]:
    real = Path(os.path.realpath(path))
    old = _check_place(path, real, overwrite)
    hidden = f".{real.name}.{secrets.token_hex(8)}.tmp"
    if len(os.fsencode(hidden)) > _MAX_NAME_BYTES:
        hidden = f".recordsmith.{secrets.token_hex(8)}.tmp"
    temporary = real.parent / hidden
    try:
        with io.FileIO(_create(temporary, path), "wb") as file:
            out = _LocalFile(file, path, str(real.parent))
            try:
                yield out
                _keep_owner_and_mode(file.fileno(), old)
                os.fsync(file.fileno())
            except BaseException:
                out.abandon()
                raise
        _publish(temporary, real, path, overwrite)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    _sync_folder(real.parent)


def _check_place(path: str, real: Path, overwrite: bool) -> os.stat_result | None:
    """The existing file's facts, None if there is none; an error if it must stay."""
    if real.is_dir() or path.endswith(os.sep):
        raise InputError("this is a folder, expected the name of a file", path=path)
    if not real.parent.is_dir():
        raise InputError(
            f"the folder {str(Path(path).parent)!r} does not exist",
            path=path,
            advice="make it first",
        )
    try:
        old = real.stat()
    except FileNotFoundError:
        return None
    if not overwrite:
        raise _exists(path)
    return old


def _exists(path: str) -> InputError:
    return InputError(
        "the file exists",
        path=path,
        advice="pass overwrite=True to replace it, or choose another name",
    )


def _create(temporary: Path, path: str) -> int:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_CLOEXEC", 0)
    try:
        return os.open(temporary, flags, 0o666)
    except OSError as error:
        # The temporary name says nothing to the user.
        error.filename = path if error.errno != errno.EACCES else str(temporary.parent)
        raise


def _keep_owner_and_mode(number: int, old: os.stat_result | None) -> None:
    if old is None:
        return
    new = os.fstat(number)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with contextlib.suppress(OSError):  # only root may, and need not be
            os.fchown(number, old.st_uid, old.st_gid)
    os.fchmod(number, stat.S_IMODE(old.st_mode))


def _publish(temporary: Path, real: Path, path: str, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(real)
        return
    try:
        os.link(temporary, real)  # unlike a rename, it fails if the name is taken
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(real):
            raise _exists(path) from None
        temporary.rename(real)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the file system can."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(number)
        finally:
            os.close(number)


# -- writing ---------------------------------------------------------------------------


def write_all(file: Any, data: Any) -> int:
    """Write all bytes; returns how many.

    The one place where short writes, interrupted calls and files that do not block are
    dealt with.

    Parameters
    ----------
    file : binary file object
        Only `write` is called. It may write less than it was given and say so. None means
        "nothing written" where the file is an `io.RawIOBase` (it would have to block),
        and "all of it" where it is not.
    data : bytes-like
    """
    view = memoryview(data).cast("B")
    raw = isinstance(file, io.RawIOBase)
    at = 0
    while at < len(view):
        try:
            n_bytes = file.write(view[at:])
        except InterruptedError:
            continue
        except BlockingIOError as error:
            at += getattr(error, "characters_written", 0)
            _wait_writable(file)
            continue
        if n_bytes is None and raw:
            _wait_writable(file)
            continue
        if n_bytes is None:
            break
        if not 0 < n_bytes <= len(view) - at:
            left = len(view) - at
            raise OSError(errno.EIO, f"the file took {n_bytes} of {left} bytes")
        at += n_bytes
    return len(view)


def _wait_writable(file: Any) -> None:
    """Wait for a file that does not block to take more."""
    try:
        select.select([], [file.fileno()], [], 1.0)
    except (AttributeError, OSError, ValueError):
        time.sleep(0.005)
