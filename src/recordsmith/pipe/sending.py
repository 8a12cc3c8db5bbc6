"""Sending records to whoever reads the other end of a FIFO or socket."""

from __future__ import annotations

import io
import os
import re
import socket
import stat
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from ..chunks import Chunk
from ..errors import InputError, PipeClosedError, PipeTimeoutError, UnsupportedTypeError
from ..pipeline import iter_chunks
from ..publish import write_all
from ..storage import is_path
from ..wording import human_bytes, plural
from .outlet import Outlet, ReaderGone, Watch, open_fifo
from .results import Sent

__all__ = ["send"]

_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)\Z")
_PRUNE = 256
_CLOSED = (BrokenPipeError, ConnectionResetError)


def send(
    src: Any, dest: Any, *, y: Any = None, timeout_s: float | None = None, **options: Any
) -> Sent:
    """Send rows as RecordIO-protobuf to a FIFO, a socket or a file object.

    A slow reader slows the sending down: no more than a chunk, and what the pipe holds (1
    MiB at most), is ahead of it.

    Parameters
    ----------
    src : iterable of Chunk or Batch; or what :func:`recordsmith.iter_chunks` takes
    dest : path of a FIFO, connected socket, descriptor of a pipe, or binary file object
        A FIFO is opened as soon as it has a reader. Sockets, descriptors and file objects
        stay open.
    y : labels, if src is an array or a table
    timeout_s : float, optional
        So long may the reader take nothing, or not come at all. Default: no limit. Of a
        file object (a socket with TLS is one), the own limit counts.
    **options
        As for :func:`recordsmith.iter_chunks`: chunk_bytes, max_bytes, label, dtype, ...

    Returns
    -------
    Sent

    Raises
    ------
    PipeClosedError
        If the reader closes it before it has all; says how much it took.
    PipeTimeoutError
        If the reader takes nothing for `timeout_s`, or none comes.
    InputError
        If `dest` is a file: use :func:`recordsmith.write`.

    Examples
    --------
    >>> import socket, recordsmith as rs
    >>> here, there = socket.socketpair()
    >>> sent = rs.pipe.send([[1.0, 2.0], [3.0, 4.0]], here)
    >>> here.close()
    >>> with there, there.makefile("rb") as file:
    ...     batch = rs.read(file, source_format="recordio")
    >>> sent.rows, batch.n_rows
    (2, 2)
    """
    chunks = _chunks(src, y, options)
    if hasattr(dest, "write"):
        return _to_file(chunks, dest)
    if timeout_s is None and isinstance(dest, socket.socket):
        timeout_s = dest.gettimeout() or None
    watch = Watch(timeout_s)
    target, name = _target(dest, watch)
    outlet = Outlet(target, name, watch, own=is_path(dest))
    progress = _Progress(outlet)
    started = time.monotonic()
    try:
        for chunk in chunks:
            progress.begin(chunk)
            outlet.write(chunk.data)
        outlet.drain()
    except ReaderGone:
        raise PipeClosedError(
            f"the reader closed it after {progress.told()}",
            path=name,
            advice="see why the reader ended",
        ) from None
    except PipeTimeoutError as error:
        error.reason += f" ({progress.told()})"
        raise
    finally:
        outlet.close()
    seconds = time.monotonic() - started
    return Sent(name, progress.rows, outlet.n_bytes, seconds, outlet.waited_s)


class _Progress:
    """Which rows the reader has taken as a whole."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._ends: deque[tuple[int, int]] = deque()
        self._at = 0
        self._taken_rows = 0
        self.rows = 0

    def begin(self, chunk: Chunk) -> None:
        """A chunk is about to be written."""
        self._at += len(chunk.data)
        self.rows += chunk.end - chunk.begin
        self._ends.append((self._at, self.rows))
        if len(self._ends) >= _PRUNE:
            self._prune()

    def told(self) -> str:
        """How much the reader took, for a message."""
        self._prune()
        taken = human_bytes(self._outlet.taken)
        return f"{taken}, {plural(self._taken_rows, 'row')} in whole chunks"

    def _prune(self) -> None:
        taken = self._outlet.taken
        while self._ends and self._ends[0][0] <= taken:
            self._taken_rows = self._ends.popleft()[1]


def _chunks(src: Any, y: Any, options: dict[str, Any]) -> Iterator[Chunk]:
    """Chunks as they are, or those that are made of what was given."""
    if isinstance(src, (list, tuple)) and src and isinstance(src[0], Chunk):
        return _checked(src, y, options)
    known = hasattr(src, "read") or hasattr(src, "__arrow_c_stream__")
    if isinstance(src, Iterator) and not known:
        return _of_iterator(src, y, options)
    return iter_chunks(src, y, **options)


def _of_iterator(src: Iterator[Any], y: Any, options: dict[str, Any]) -> Iterator[Chunk]:
    """What the first item is, all are: chunks, or batches to be encoded."""
    for first in src:
        items = chain([first], src)
        if isinstance(first, Chunk):
            yield from _checked(items, y, options)
        else:
            yield from iter_chunks(items, y, **options)


def _checked(src: Iterable[Any], y: Any, options: dict[str, Any]) -> Iterator[Chunk]:
    given = [*(["y"] if y is not None else []), *options]
    if given:
        raise InputError(
            f"chunks are encoded already: {', '.join(given)} cannot apply",
            advice="pass them to recordsmith.iter_chunks(), which makes the chunks",
        )
    for one in src:
        if not isinstance(one, Chunk):
            raise UnsupportedTypeError(
                f"the iterator gives {type(one).__name__}, expected Chunk",
                advice="pass recordsmith.iter_chunks(...), or the data themselves",
            )
        yield one


def _target(dest: Any, watch: Watch) -> tuple[Any, str]:
    """A descriptor or socket, and what messages call it."""
    if isinstance(dest, socket.socket):
        return dest, f"<socket {dest.fileno()}>"
    if isinstance(dest, int):
        return dest, f"<descriptor {dest}>"
    if not is_path(dest):
        raise UnsupportedTypeError(
            f"{type(dest).__name__} is nothing that can be sent to",
            advice="pass the path of a FIFO, a socket or a binary file object",
        )
    path = os.fsdecode(dest)
    match = _DESCRIPTOR.match(path)
    if match is not None:
        return os.dup(int(match[1])), path
    mode = Path(path).stat().st_mode
    if not stat.S_ISFIFO(mode):
        raise InputError(
            "this is no FIFO",
            path=path,
            advice="recordsmith.write() and convert() write files; os.mkfifo() makes a "
            "FIFO",
        )
    number = open_fifo(path, watch)
    if number is None:
        raise PipeTimeoutError(
            f"nobody opened the FIFO for reading within {watch.timeout_s:g} s",
            path=path,
            advice="start the reader, or pass a longer timeout_s=",
        )
    return number, path


def _to_file(chunks: Iterator[Chunk], dest: Any) -> Sent:
    """Through a file object's own `write`."""
    if isinstance(dest, io.TextIOBase):
        raise UnsupportedTypeError(
            "the file object is opened as text, expected bytes",
            advice='open it in binary mode: open(path, "wb"), socket.makefile("wb")',
        )
    name: Any = getattr(dest, "name", None)
    name = os.fsdecode(name) if is_path(name) else f"<{type(dest).__name__}>"
    rows = n_bytes = 0
    waited_s = 0.0
    started = time.monotonic()
    for chunk in chunks:
        before = time.monotonic()
        try:
            write_all(dest, chunk.data)
        except _CLOSED:
            raise _closed(name, rows, n_bytes) from None
        waited_s += time.monotonic() - before
        rows += chunk.end - chunk.begin
        n_bytes += len(chunk.data)
    try:
        if hasattr(dest, "flush"):
            dest.flush()  # all may still be in the file object's own buffer
    except _CLOSED:
        raise _closed(name, rows, n_bytes) from None
    return Sent(name, rows, n_bytes, time.monotonic() - started, waited_s)


def _closed(name: str, rows: int, n_bytes: int) -> PipeClosedError:
    """How much of it a file object's reader took, its buffer may keep to itself."""
    return PipeClosedError(
        f"the reader closed it after {human_bytes(n_bytes)} were written, "
        f"{plural(rows, 'row')} in whole chunks",
        path=name,
        advice="see why the reader ended",
    )
