"""The writing end of a FIFO, a pipe or a socket.

Everything is written without blocking, so that a reader that stalls, or goes away, is
noticed, and so that another thread can end the writing. What is in the pipe and was not
read yet counts as not taken.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import sys
import threading
import time
from typing import Any

from ..errors import InputError, PipeTimeoutError
from ..wording import human_bytes

__all__ = ["Outlet", "ReaderGone", "Stopped", "Watch", "open_fifo"]

_BLOCK = 1 << 20
_F_SETPIPE_SZ = 1031  # fcntl has the name from Python 3.10 on
_LOOK_S = 0.05
_POLLS_S = (0.0002, 0.005)
# Systems and files that cannot hand bytes from descriptor to descriptor.
_NO_SENDFILE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSOCK, errno.EOPNOTSUPP)


class ReaderGone(Exception):
    """The reader closed its end."""


class Stopped(Exception):
    """Somebody else wants the writing to end."""


class Watch:
    """Whether anything still moves; shared by all that is written at the same time.

    Parameters
    ----------
    timeout_s : float, optional
        So long may all readers together take nothing.
    """

    def __init__(self, timeout_s: float | None = None) -> None:
        if timeout_s is not None and not timeout_s > 0:
            raise InputError(f"timeout_s is {timeout_s}, expected more than 0")
        self.timeout_s = timeout_s
        self.stop = threading.Event()
        self._last = time.monotonic()

    def touch(self) -> None:
        """Something moved."""
        self._last = time.monotonic()

    def idle_s(self) -> float:
        """Seconds since something moved."""
        return time.monotonic() - self._last

    def expired(self) -> bool:
        """Raises Stopped if the writing is to end; was the wait too long?"""
        if self.stop.is_set():
            raise Stopped
        return self.timeout_s is not None and self.idle_s() > self.timeout_s


class Outlet:
    """Takes all the bytes that it is given, and knows how many of them were read.

    Parameters
    ----------
    target : int or socket.socket
        A descriptor of a pipe, or a socket.
    name : str
        What messages call it.
    own : bool, default False
        The descriptor is this object's to close.

    Attributes
    ----------
    n_bytes : int
        Bytes written.
    waited_s : float
        Seconds in which the reader kept the writer waiting.
    """

    def __init__(self, target: Any, name: str, watch: Watch, own: bool = False) -> None:
        self.name = name
        self.n_bytes = 0
        self.waited_s = 0.0
        self._watch = watch
        self._own = own
        self._left = 0
        self._socket = target if isinstance(target, socket.socket) else None
        self._number = int(target.fileno() if self._socket is not None else target)
        self._poll = select.poll()
        self._poll.register(self._number, select.POLLOUT)
        self._sendfile = self._socket is None and hasattr(os, "sendfile")
        if self._socket is None:
            self._blocks = os.get_blocking(self._number)
            os.set_blocking(self._number, False)
            _enlarge(self._number)

    def write(self, data: Any) -> int:
        """Write all of a bytes-like object; returns its length."""
        view = memoryview(data).cast("B")
        at = 0
        self._watch.touch()  # it is only now that the reader may be waited for
        while at < len(view):
            try:
                n_bytes = self._write_some(view[at:])
            except BlockingIOError:
                self._wait()
                continue
            except (BrokenPipeError, ConnectionResetError):
                raise ReaderGone from None
            self._moved(n_bytes)
            at += n_bytes
        return len(view)

    def _write_some(self, view: memoryview) -> int:
        if self._socket is None:
            return os.write(self._number, view)
        try:
            return self._socket.send(view, socket.MSG_DONTWAIT)
        except socket.timeout:  # the socket's own limit; ours decides
            raise BlockingIOError from None

    def send_file(self, number: int, n_bytes: int) -> int:
        """Write so many bytes of a file from where it stands; how many there were.

        The system moves the bytes by itself where it can.
        """
        at = 0
        while self._sendfile and at < n_bytes:
            try:
                n = os.sendfile(self._number, number, None, min(_BLOCK, n_bytes - at))
            except BlockingIOError:
                self._wait()
                continue
            except BrokenPipeError:
                raise ReaderGone from None
            except OSError as error:
                if error.errno not in _NO_SENDFILE or at:
                    raise
                self._sendfile = False
                break
            if n == 0:
                return at
            self._moved(n)
            at += n
        if at == n_bytes:
            return at
        buffer = memoryview(bytearray(_BLOCK))
        while at < n_bytes:
            n = os.readv(number, [buffer[: n_bytes - at]])
            if n == 0:
                break
            at += self.write(buffer[:n])
        return at

    def refuse_stopped(self) -> None:
        """Raises Stopped if the writing is to end."""
        self._watch.expired()

    def drain(self) -> None:
        """Wait until all that was written was read."""
        pause = _POLLS_S[0]
        started = time.monotonic()
        try:
            while self.unread():
                try:
                    self._room(0)
                except ReaderGone:
                    if self.unread():
                        raise
                    return  # it took all in the meantime
                self._refuse_stall()
                time.sleep(pause)
                pause = min(pause * 1.5, _POLLS_S[1])
        finally:
            self.waited_s += time.monotonic() - started

    def unread(self) -> int:
        """Bytes that are in the pipe; what a socket holds is out of sight, and 0."""
        left = 0 if self._socket is not None else _in_pipe(self._number)
        if left != self._left:
            self._left = left
            self._watch.touch()
        return left

    @property
    def taken(self) -> int:
        """Bytes that the reader took."""
        return self.n_bytes - self.unread()

    def close(self) -> None:
        """Leave the target as it was, or, if it is our own, close it: the reader then
        finds the end when it has read what is there."""
        if self._socket is not None:
            return
        if self._blocks:  # others may use the same open file
            os.set_blocking(self._number, True)
        if self._own:
            os.close(self._number)

    def _moved(self, n_bytes: int) -> None:
        self.n_bytes += n_bytes
        self._watch.touch()

    def _wait(self) -> None:
        """Wait until more can be written."""
        started = time.monotonic()
        try:
            while True:
                if self._room(_LOOK_S):
                    return
                self._refuse_stall()
        finally:
            self.waited_s += time.monotonic() - started

    def _room(self, seconds: float) -> bool:
        """Is there, in so many seconds, room for more?"""
        found = self._poll.poll(seconds * 1000)
        if any(events & (select.POLLERR | select.POLLHUP) for _, events in found):
            raise ReaderGone
        return bool(found)

    def _refuse_stall(self) -> None:
        if self._watch.expired():
            # A full pipe may be read byte by byte, and yet have no room for a page.
            self.unread()
            if self._watch.expired():
                raise PipeTimeoutError(
                    f"the reader took nothing for {self._watch.idle_s():.1f} s, after "
                    f"{human_bytes(self.taken)}",
                    path=self.name,
                    advice="pass a longer timeout_s= if it may be busy for so long",
                )


def open_fifo(path: str, watch: Watch) -> int | None:
    """A descriptor of a FIFO to write to, as soon as it has a reader; None if the wait
    was too long.

    Raises
    ------
    Stopped
        As soon as the watch says so.
    OSError
        If the FIFO is gone, say.
    """
    pause = _POLLS_S[0]
    while True:
        with contextlib.suppress(InterruptedError):
            try:
                number = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                if error.errno != errno.ENXIO:  # nobody has it open for reading
                    raise
            else:
                watch.touch()
                return number
        if watch.expired():
            return None
        time.sleep(pause)
        pause = min(pause * 1.5, _POLLS_S[1])


def _enlarge(number: int) -> None:
    """Fewer turns between writer and reader; the system may say no."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(number, _F_SETPIPE_SZ, _BLOCK)


def _in_pipe(number: int) -> int:
    import fcntl
    import struct
    import termios

    try:
        answer = fcntl.ioctl(number, termios.FIONREAD, struct.pack("i", 0))
    except OSError:  # no pipe, but a file or a device
        return 0
    return int(struct.unpack("i", answer)[0])
