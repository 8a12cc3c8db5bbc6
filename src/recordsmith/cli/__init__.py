"""The command line: one module a command, each a few lines over a public function.

A command's module has `HELP`, `EPILOG`, `add_arguments(parser)` and `run(args)`, which
returns the exit code. Nothing heavy is imported before a command runs.

=========  ================================================================
exit code  meaning
=========  ================================================================
0          fine
1          bad data, or reading or writing failed
2          the command line is wrong
3          `validate` or `channel` has findings
130, 143   interrupted (SIGINT), terminated (SIGTERM); nothing half-written
           is left
141        the reader of standard output went away, as in `... | head`
=========  ================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

from . import process
from .parser import build_parser

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line, by default the process's own; returns the exit code.

    Examples
    --------
    >>> main(["--version"])
    Traceback (most recent call last):
    ...
    SystemExit: 0
    """
    parser = build_parser()
    args = parser.parse_args(argv)
    return process.run(args, owns_process=argv is None)
