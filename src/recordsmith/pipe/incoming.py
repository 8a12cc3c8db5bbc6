"""Where an epoch's bytes come from: the FIFO of pipe mode, or files that are there.

Opening a FIFO waits until a writer comes, and reading it until that writer writes; both
for ever, where the platform has died. So the FIFO is opened without waiting, and all
waiting is done here, in steps that a time limit, another thread or Ctrl-C can end.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, PipeTimeoutError
from ..wording import plural
from .fifos import fifo_path

__all__ = ["Fifo", "Place", "locate"]

_LEAVE_S = 1.0
_STEP_S = 0.1  # at most so long nobody looks whether the waiting is to end
_PIPE_BYTES = 1 << 20  # what Linux lets everyone have; a pipe has 64 KiB by default
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ, which Python's fcntl names from 3.10 on
_HEAD_BYTES = 64
_SHOWN = 8


@dataclass(frozen=True)
class Place:
    """Where an epoch is read from.

    Attributes
    ----------
    path : str
        The FIFO, or the folder or file.
    is_fifo : bool
    """

    path: str
    is_fifo: bool


def locate(
    directory: str,
    channel: str,
    epoch: int,
    *,
    mode: str | None,
    told_by: str,
    timeout_s: float,
) -> Place:
    """Find the FIFO or the files of an epoch; wait for a FIFO that comes late.

    Parameters
    ----------
    mode : {"Pipe", "File", "FastFile"}, optional
        What the job says. Without it, what is there decides.
    told_by : str
        Who says the mode, for messages.

    Raises
    ------
    InputError
        If what is there contradicts the mode, or there are both a FIFO and files and no
        mode, or there is no such directory.
    PipeTimeoutError
        If nothing comes in time.
    """
    fifo = fifo_path(directory, channel, epoch)
    files = str(Path(directory, channel))
    if not Path(directory).is_dir():
        raise InputError(
            "there is no such folder of inputs",
            path=directory,
            advice="pass directory=, or set SM_INPUT_DIR to the folder above data",
        )
    end = time.monotonic() + timeout_s
    pause = 0.005
    while True:
        place = _look(fifo, files, mode, told_by)
        if place is not None:
            return place
        left = end - time.monotonic()
        if left <= 0:
            raise _nothing_came(directory, fifo, mode, timeout_s)
        time.sleep(min(pause, left))
        pause = min(2 * pause, _STEP_S)


def _look(fifo: str, files: str, mode: str | None, told_by: str) -> Place | None:
    there = Path(files).exists()
    if there and mode not in (None, "Pipe"):
        return Place(files, False)
    piped = _is_fifo(fifo)
    if mode is None:
        if piped and there:
            raise InputError(
                f"there are both a FIFO, {fifo}, and files, {files}: which is meant?",
                advice='pass mode="Pipe" or mode="File"',
            )
        if piped or there:
            return Place(fifo if piped else files, piped)
        return None
    if mode == "Pipe":
        if piped:
            return Place(fifo, True)
        if _has_files(files):
            raise InputError(
                f"{told_by} says Pipe mode, and there is no FIFO {fifo}, but there are "
                f"files: {files}",
                advice='pass mode="File" to read them',
            )
        return None
    found = f"a FIFO, {fifo}" if piped else f"{_holds(str(Path(files).parent))}"
    raise InputError(
        f"{told_by} says {mode} mode, and there is no {files}, but {found}",
        advice='pass mode="Pipe" to read the FIFO' if piped else "check the channel",
    )


def _is_fifo(path: str) -> bool:
    try:
        kind = Path(path).stat().st_mode  # of what a link leads to
    except OSError:
        return False
    if stat.S_ISREG(kind):
        raise InputError(
            "a regular file stands where the FIFO of the epoch should be",
            path=path,
            advice="pass open files to recordsmith.iter_batches(), or serve them with "
            "recordsmith pipe",
        )
    return stat.S_ISFIFO(kind)


def _has_files(path: str) -> bool:
    one = Path(path)
    return any(one.iterdir()) if one.is_dir() else one.is_file()


def _nothing_came(
    directory: str, fifo: str, mode: str | None, timeout_s: float
) -> PipeTimeoutError:
    expected = "" if mode == "Pipe" else f" and no {fifo.rpartition('_')[0]}"
    return PipeTimeoutError(
        f"no such FIFO{expected} after {timeout_s:g} s; {_holds(directory)}",
        path=fifo,
        advice="check the names of channel and epoch; an epoch's FIFO comes when the one "
        "before was read or closed, and timeout_s= is how long to wait",
    )


def _holds(directory: str) -> str:
    """What is in the folder, for a message."""
    names = []
    for one in sorted(Path(directory).iterdir()):
        kind = " (FIFO)" if one.is_fifo() else "/" if one.is_dir() else ""
        names.append(one.name + kind)
    shown = ", ".join(names[:_SHOWN]) or "nothing"
    return f"{directory} holds {shown}{', ...' if len(names) > _SHOWN else ''}"


class Fifo(io.RawIOBase):
    """The reading end of a FIFO that never waits longer than it was told to.

    Parameters
    ----------
    path : str
    timeout_s : float
        The longest time without a byte, before the first one and between two.
    """

    def __init__(self, path: str, timeout_s: float) -> None:
        self.name = path
        self.n_bytes = 0
        self._timeout_s = timeout_s
        self._at_end = False
        self._cancelled = threading.Event()
        self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        _enlarge(self._fd)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Bytes as they come; the first ones at least as many as tell what they are."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), _HEAD_BYTES) if self.n_bytes == 0 else 1
        at = 0
        while at < wanted and not self._at_end:
            # Before a writer has come, a read would say "end": so never read unasked.
            self._wait()
            try:
                n_bytes = os.readv(self._fd, [view[at:]])
            except BlockingIOError:
                continue
            self._at_end = n_bytes == 0
            self.n_bytes += n_bytes
            at += n_bytes
        return at

    def _wait(self) -> None:
        """Until there is a byte, or the last writer has gone."""
        if self._poll.poll(0):
            return
        end = time.monotonic() + self._timeout_s
        while True:
            if self._cancelled.is_set():
                raise InputError("the FIFO was closed while it was read", path=self.name)
            left = end - time.monotonic()
            if left <= 0:
                raise self._stalled()
            if self._poll.poll(1000 * min(left, _STEP_S)):
                return

    def _stalled(self) -> PipeTimeoutError:
        if self.n_bytes == 0:
            found = "the FIFO is there, but nobody has written to it"
        else:
            found = f"after {plural(self.n_bytes, 'byte')} nothing more came"
        return PipeTimeoutError(
            f"{found} within {self._timeout_s:g} s",
            path=self.name,
            advice="see whether what writes to it still runs; timeout_s= is how long to "
            "wait",
        )

    def leave_unread(self) -> None:
        """Close it, but not before the writer can have seen that there was a reader: one
        that it missed it would wait for, and make no FIFO for the next epoch."""
        if not self.closed:
            self._poll.poll(1000 * min(self._timeout_s, _LEAVE_S))
        self.close()

    def cancel(self) -> None:
        """Have a read in another thread end soon; only `close` may follow."""
        self._cancelled.set()

    def close(self) -> None:
        if not self.closed:
            os.close(self._fd)
        super().close()


def _enlarge(fd: int) -> None:
    """Fewer turns between writer and reader; where that is refused, it is just slower."""
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.fcntl(fd, _SET_PIPE_SIZE, _PIPE_BYTES)
