"""Serving channels in pipe mode, as the platform does it for a training job.

The FIFO of a channel's first epoch is there before the command starts. That of the next
appears when the reader has read the one before to its end, or has closed it early, and
that one is gone. Whether the platform is as strict is not documented; its guide says that
a reader has to wait for a FIFO that is not there yet.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Callable

from ..errors import InputError, PipeTimeoutError
from .feeds import Feed, OpenFeed
from .fifos import fifo_path
from .outlet import Outlet, ReaderGone, Stopped, Watch, open_fifo
from .results import Delivery, Served
from .tree import Tree

__all__ = ["Server", "serve"]

_LOOK_S = 0.05
_GRACE_S = 5.0
_END_S = 2.0

Report = Callable[[Delivery], None]


class Server:
    """Serves channels until the block ends; for tests of pipe-mode scripts, say.

    Parameters
    ----------
    feeds : dict of str to Feed, path, ...
        What each channel is fed with; whatever is no :class:`Feed` is its `src`.
    epochs : int, optional
        How many FIFOs each channel gets; default: as many as are read.
    directory : path, optional
        The folder of the FIFOs; default: `input/data` of a temporary tree that looks like
        `/opt/ml`, with the files in `input/config` that a container has.
    timeout_s : float, optional
        So long may readers take nothing, on all channels: for an opened FIFO, for the
        first one, and, with `epochs`, for all of them. Default: no limit.
    hyperparameters : dict, optional
        For hyperparameters.json.
    on_delivery : callable(Delivery), optional
        Called after each epoch, in a thread of the server's.

    Attributes
    ----------
    directory : str
        The folder of the FIFOs, within the block.
    environment : dict
        Variables that the training toolkit sets, within the block: SM_INPUT_DIR,
        SM_CHANNEL_TRAIN, ...

    Raises
    ------
    InputError
        If there is nothing to serve, or something of a FIFO's name is there already.
    FileNotFoundError
        If a source does not exist.

    Examples
    --------
    >>> import pathlib
    >>> _ = pathlib.Path("rows.csv").write_text("1,2\\n")
    >>> with Server({"train": "rows.csv"}, epochs=2) as server:
    ...     for epoch in (0, 1):
    ...         fifo = pathlib.Path(server.directory, f"train_{epoch}")
    ...         while not fifo.exists():
    ...             pass
    ...         print(fifo.read_text().strip())
    1,2
    1,2
    """

    def __init__(
        self,
        feeds: Mapping[str, Any],
        *,
        epochs: int | None = None,
        directory: Any = None,
        timeout_s: float | None = None,
        hyperparameters: Mapping[str, Any] | None = None,
        on_delivery: Report | None = None,
    ) -> None:
        if epochs is not None and epochs < 1:
            raise InputError(f"epochs is {epochs}, expected 1 or more")
        if not feeds:
            raise InputError("no channel to serve")
        for name in feeds:
            fifo_path("", name, 0)  # says so if no channel can have this name
        self._feeds = {name: _feed(one).open() for name, one in feeds.items()}
        for name, one in self._feeds.items():
            if one.once and epochs != 1:
                raise InputError(
                    f"channel {name!r}: the source can be read only once",
                    advice="pass epochs=1, or save it as a file first",
                )
        self._epochs = epochs
        self._watch = Watch(timeout_s)
        self._report = on_delivery
        self._deliveries: list[Delivery] = []
        self._unopened: list[tuple[str, int]] = []
        self._errors: list[BaseException] = []
        self._started = time.monotonic()
        self._ended_s = 0.0
        self._kept: str | None = None
        self._command_ended = threading.Event()
        self._command_ended.set()
        self._place = directory, dict(hyperparameters or {})
        self._tree: Tree | None = None
        self._lines = [_Line(self, name, one) for name, one in self._feeds.items()]
        self.directory = ""
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Server:
        config = {name: one.config() for name, one in self._feeds.items()}
        self._tree = Tree(self._place[0], config, self._place[1])
        self.directory = str(self._tree.data)
        self.environment = self._tree.environment()
        self._watch.touch()
        try:
            for one in self._lines:
                one.prepare()
            for one in self._lines:
                one.thread.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if error is None:
            self._raise()

    def close(self) -> None:
        """End at once, and remove the FIFOs."""
        self._watch.stop.set()
        for one in self._lines:
            if one.thread.ident is not None:
                one.thread.join(_END_S)
            one.remove()
        if self._tree is not None:
            self._kept = self._tree.remove()
            self._tree = None
        self._ended_s = time.monotonic() - self._started

    def wait(self, command: Sequence[str] | None = None, **options: Any) -> int | None:
        """Run a command to its end; without one, wait until all epochs were read (if
        `epochs` does not say how many, until something fails or interrupts it).

        Parameters
        ----------
        command : list of str, optional
            The consumer. It is terminated if serving fails or is interrupted.
        **options
            For `subprocess.Popen`.

        Returns
        -------
        int or None
            The command's exit code; negative for a signal.
        """
        if command is None:
            while any(one.thread.is_alive() for one in self._lines):
                for one in self._lines:
                    one.thread.join(_LOOK_S)
                self._raise()
            self._raise()
            return None
        options.setdefault("env", {**os.environ, **self.environment})
        if any(one.reads_stdin for one in self._feeds.values()):
            options.setdefault("stdin", subprocess.DEVNULL)
        self._command_ended.clear()
        try:
            return self._run(list(command), options)
        finally:
            self._command_ended.set()

    def _run(self, command: list[str], options: dict[str, Any]) -> int:
        process = subprocess.Popen(command, **options)
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(_LOOK_S)
                self._raise()
        except BaseException as error:
            _end(process, at_once=not isinstance(error, KeyboardInterrupt))
            raise

    def result(self, exit_code: int | None = None) -> Served:
        """What was done; complete when the block has ended."""
        order = [one.channel for one in self._lines]
        deliveries = sorted(
            self._deliveries, key=lambda one: (order.index(one.channel), one.epoch)
        )
        return Served(
            tuple(deliveries),
            tuple(sorted(self._unopened)),
            exit_code,
            self._ended_s or time.monotonic() - self._started,
            self._kept,
        )

    def _raise(self) -> None:
        if self._errors:
            raise self._errors[0]

    def _delivered(self, delivery: Delivery) -> None:
        self._deliveries.append(delivery)
        if self._report is not None:
            self._report(delivery)


class _Line:
    """One channel: its thread, its FIFO."""

    def __init__(self, server: Server, channel: str, feed: OpenFeed) -> None:
        self.channel = channel
        self._server = server
        self._feed = feed
        self._watch = server._watch
        self._fifo: str | None = None
        self._outlet: Outlet | None = None
        self.thread = threading.Thread(
            target=self._run, name=f"recordsmith-{channel}", daemon=True
        )

    def prepare(self) -> None:
        """Make the first FIFO; nothing of another server's may be there."""
        pattern = re.compile(re.escape(self.channel) + r"_\d+\Z")
        for path in sorted(Path(self._server.directory).iterdir()):
            if pattern.match(path.name):
                raise InputError(
                    f"there is a {path.name} already",
                    path=str(path),
                    advice="another server may be using it; if it was left behind by one "
                    "that was killed, remove it",
                )
        self._make(0)

    def remove(self) -> None:
        """Remove the FIFO that is there now."""
        if self._fifo is not None:
            Path(self._fifo).unlink(missing_ok=True)
            self._fifo = None

    def _make(self, epoch: int) -> str:
        path = fifo_path(self._server.directory, self.channel, epoch)
        os.mkfifo(path, 0o600)
        self._fifo = path
        return path

    def _run(self) -> None:
        epochs, epoch = self._server._epochs, 0
        try:
            while epochs is None or epoch < epochs:
                path = self._fifo or self._make(epoch)
                self._serve(epoch, path)
                self.remove()
                epoch += 1
        except Stopped:
            done = [
                one for one in self._server._deliveries if one.channel == self.channel
            ]
            unopened = range(len(done), epochs or 1)
            self._server._unopened += [(self.channel, i) for i in unopened]
        except BaseException as error:  # raised by who waits
            self._server._errors.append(error)
            self._watch.stop.set()
        finally:
            # A command that found the end now would take a part for the whole.
            self._server._command_ended.wait()
            if self._outlet is not None:
                self._outlet.close()
            self.remove()

    def _serve(self, epoch: int, path: str) -> None:
        number = self._open(epoch, path)
        self._outlet = outlet = Outlet(number, path, self._watch, own=True)
        started = time.monotonic()
        ended = "cut"
        try:
            self._feed.deliver(epoch, outlet)
            outlet.drain()
            ended = "whole"
        except ReaderGone:
            ended = "closed"
        finally:
            seconds = time.monotonic() - started
            figures = (outlet.taken, ended, seconds, outlet.waited_s)
            self._server._delivered(Delivery(self.channel, epoch, *figures))
        outlet.close()
        self._outlet = None

    def _open(self, epoch: int, path: str) -> int:
        must_come = epoch == 0 or self._server._epochs is not None
        while True:
            number = open_fifo(path, self._watch)
            if number is not None:
                return number
            if must_come:
                raise PipeTimeoutError(
                    f"nobody opened epoch {epoch} of channel {self.channel!r} for "
                    f"{self._watch.idle_s():.1f} s",
                    path=path,
                    advice="the reader has to open this path; pass a longer timeout_s= "
                    "if it may be busy for so long",
                )
            time.sleep(_LOOK_S)


def serve(
    src: Any,
    *,
    channel: str = "train",
    command: Sequence[str] | None = None,
    epochs: int | None = None,
    directory: Any = None,
    timeout_s: float | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    on_delivery: Report | None = None,
    **options: Any,
) -> Served:
    """Serve one or more channels in pipe mode, and run the command that reads them.

    Parameters
    ----------
    src : path, list of paths, folder, glob, arrays, ...; or dict of channels
        What the channel is fed with, or a dict of channels: see :class:`Feed`.
    channel : str, default "train"
        The channel's name, if `src` is no dict.
    command : list of str, optional
        The consumer. When it has ended, so has the serving.
    epochs : int, optional
        How many FIFOs each channel gets; default: as many as the command reads, or 1 if
        there is no command.
    directory, timeout_s, hyperparameters, on_delivery
        As for :class:`Server`.
    **options
        Those of :class:`Feed`, for all channels whose value is no Feed.

    Returns
    -------
    Served

    Raises
    ------
    PipeTimeoutError
        If no reader took anything for `timeout_s`; the command is then terminated.

    Examples
    --------
    >>> import sys, pathlib
    >>> _ = pathlib.Path("rows.csv").write_text("1,2\\n3,4\\n")
    >>> script = (
    ...     "import os; path = os.environ['SM_CHANNEL_TRAIN'] + '_0'; open(path).read()"
    ... )
    >>> served = serve("rows.csv", command=[sys.executable, "-c", script], epochs=1)
    >>> served.exit_code, [(one.bytes, one.ended) for one in served.deliveries]
    (0, [(8, 'whole')])
    """
    feeds = dict(src) if isinstance(src, Mapping) else {channel: src}
    feeds = {
        name: one if isinstance(one, Feed) else Feed(one, **options)
        for name, one in feeds.items()
    }
    if epochs is None and command is None:
        epochs = 1
    server = Server(
        feeds,
        epochs=epochs,
        directory=directory,
        timeout_s=timeout_s,
        hyperparameters=hyperparameters,
        on_delivery=on_delivery,
    )
    with server:
        code = server.wait(command)
    return server.result(code)


def _feed(one: Any) -> Feed:
    return one if isinstance(one, Feed) else Feed(one)


def _end(process: subprocess.Popen[Any], at_once: bool) -> None:
    """Have the command end. A terminal's interrupt has reached it, too."""
    if not at_once:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S / 10)
    process.terminate()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
