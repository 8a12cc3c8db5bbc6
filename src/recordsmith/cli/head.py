"""recordsmith head: a file's first rows as text."""

from __future__ import annotations

import argparse

from . import cat

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "print the first rows of a file, as JSON Lines, CSV or libsvm"
EPILOG = """\
examples:
  recordsmith head train.pbr
  recordsmith head -n 3 --to csv --write-header train.pbr"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "-n", "--limit", type=int, default=10, metavar="N", help="rows; default: 10"
    )
    cat.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print."""
    return cat.run(args)
