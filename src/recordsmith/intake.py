"""Bytes out of any file object, as many as are wanted."""

from __future__ import annotations

import io
import select
import time
from typing import Any

from .errors import UnsupportedTypeError

__all__ = ["fill_buffer", "read_some"]


def fill_buffer(file: Any, buffer: bytearray | memoryview) -> int:
    """Read until `buffer` is full or the input ends; how many bytes were read.

    Parameters
    ----------
    file : binary file object
        Only `readinto`, or `read` if it has none, is called.
    """
    view = memoryview(buffer).cast("B")
    at = 0
    while at < len(view):
        n_bytes = read_some(file, view[at:])
        if n_bytes == 0:
            break
        at += n_bytes
    return at


def read_some(file: Any, view: memoryview) -> int:
    """One read of at least one byte; 0 at the end.

    The one place where short reads, `None` from non-blocking files and interrupted calls
    are dealt with.
    """
    readinto = getattr(file, "readinto", None)
    if isinstance(file, io.BufferedReader):
        readinto = file.readinto1  # which gives what a pipe has, and waits for no more
    while True:
        try:
            got: Any = readinto(view) if readinto is not None else file.read(len(view))
        except InterruptedError:
            continue
        except NotImplementedError:  # io.RawIOBase where a subclass only has `read`
            if readinto is None:
                raise
            readinto = None
            continue
        except BlockingIOError:
            got = None
        if got is None:
            _wait_readable(file)
        elif isinstance(got, int):
            return got
        elif isinstance(got, str):
            raise UnsupportedTypeError(
                "the file object gives text, expected bytes",
                advice='open it in binary mode: open(path, "rb"), sys.stdin.buffer',
            )
        else:
            view[: len(got)] = got
            return len(got)


def _wait_readable(file: Any) -> None:
    """Wait for a non-blocking file to have data."""
    try:
        select.select([file.fileno()], [], [], 1.0)
    except (AttributeError, OSError, ValueError):
        time.sleep(0.005)
