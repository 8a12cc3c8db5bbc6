"""What a command does as a process: signals, exit codes, errors as one line."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from ..errors import RecordsmithError

__all__ = ["Terminated", "print_json", "run", "say"]

_SIGPIPE_EXIT = 141
_SAME_SIGNAL_S = 2.0


class Terminated(BaseException):
    """A signal asked the process to end; outputs are aborted as after any error."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def run(args: argparse.Namespace, owns_process: bool) -> int:
    """Run a command; returns the exit code.

    Parameters
    ----------
    args : Namespace
        As the parser gives it; `args.run(args)` is the command.
    owns_process : bool
        The process has nothing else to do. Then an interrupt ends it at once: a thread
        that waits for input would hold up the interpreter's own end.
    """
    if owns_process:
        _fill_standard_descriptors()
    try:
        with _signals_as_exceptions():
            code = int(args.run(args))
            if sys.stdout is not None:
                sys.stdout.flush()
    except BaseException as error:
        code = _exit_code(error)
        if isinstance(error, SystemExit):
            raise
        with contextlib.suppress(OSError):
            _report(error, args)
        _silence_standard_output()
    if owns_process and code > 128:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code)
    return code


def _fill_standard_descriptors() -> None:
    """No file may be opened as descriptor 0, 1 or 2: stray messages would go into it."""
    while True:
        number = os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
        if number > 2:
            os.close(number)
            return


@contextlib.contextmanager
def _signals_as_exceptions() -> Iterator[None]:
    """SIGTERM and SIGHUP raise Terminated, unless they are ignored, as under nohup."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    first: list[float] = []

    def handle(number: int, frame: Any) -> None:
        # Not again while the first one is being dealt with.
        if not first or time.monotonic() - first[0] > _SAME_SIGNAL_S:
            first[:] = [time.monotonic()]
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            raise Terminated(number)

    before = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit_code(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return 128 + signal.SIGINT
    if isinstance(error, Terminated):
        return 128 + error.number
    return _SIGPIPE_EXIT if _is_closed_output(error) else 1


def _is_closed_output(error: BaseException) -> bool:
    # Of a named pipe, `publish` gives the name: that its reader went away is an error.
    return isinstance(error, BrokenPipeError) and error.filename is None


def _report(error: BaseException, args: argparse.Namespace) -> None:
    if args.debug:
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__)
    if _is_closed_output(error):
        return
    text = _translate(_text(error), args.flags)
    print("recordsmith: " + re.sub(r"\s*\n\s*", " ", text), file=sys.stderr)
    if getattr(args, "json", False) and not isinstance(
        error, (KeyboardInterrupt, Terminated)
    ):
        fields = ("path", "row", "unit", "column", "offset")
        place = {name: getattr(error, name, None) for name in fields}
        print_json({"error": text, "type": type(error).__name__, **place})
        sys.stdout.flush()


def _text(error: BaseException) -> str:
    if isinstance(error, RecordsmithError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, Terminated):
        return f"terminated by {error}"
    if isinstance(error, MemoryError):
        return "out of memory"
    if isinstance(error, OSError) and error.strerror:
        name = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        return f"{name}{error.strerror}"
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]} (--debug shows where)"


_PARAMETER = re.compile(r"""\b([a-z_]+)=(True|False|"[^"]*"|'[^']*'|\[[^\]]*\]|[\w.]*)""")


def _translate(text: str, flags: dict[str, str]) -> str:
    """A message that names parameters of the API, with the command line's options.

    Examples
    --------
    >>> _translate('pass nulls="nan" or overwrite=True', {"nulls": "--nulls"})
    'pass --nulls nan or overwrite=True'
    >>> _translate('pass content_type="a;b=0"', {"content_type": "--content-type"})
    "pass --content-type 'a;b=0'"
    >>> _translate("leave them out with drop=['id', 'city']", {"drop": "--drop"})
    'leave them out with --drop id,city'
    """

    def option(match: re.Match[str]) -> str:
        name, value = match[1], match[2].strip("\"'")
        if value.startswith("["):
            value = value[1:-1].replace("'", "").replace(", ", ",")
        if name not in flags:
            return match[0]
        flag = flags[name]
        if value == "False":
            return flag.replace("--", "--no-", 1)
        return flag if value in ("True", "") else f"{flag} {shlex.quote(value)}"

    return _PARAMETER.sub(option, text)


def _silence_standard_output() -> None:
    """Keep the interpreter from flushing, and failing, once more at its end."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            os.close(null)


def say(args: argparse.Namespace, text: str) -> None:
    """Print a message to standard error, unless --quiet was given."""
    if not args.quiet and sys.stderr is not None:
        print(text, file=sys.stderr)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object to standard output."""
    print(json.dumps(value, default=str))
