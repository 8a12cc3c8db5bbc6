"""recordsmith cat: a file's rows as text."""

from __future__ import annotations

import argparse

from . import options

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "print all rows of a file, as JSON Lines, CSV or libsvm"
EPILOG = """\
examples:
  recordsmith cat train.pbr | jq .label
  recordsmith cat --to csv --write-header train.pbr
  recordsmith cat --to libsvm part-0.pbr part-1.pbr > train.libsvm"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="FILE", help="- is standard input")
    options.add_source_options(parser)
    options.add_dest_options(parser, "jsonl")
    parser.add_argument(
        "--debug", action="store_true", help="show where in the program an error arose"
    )


def run(args: argparse.Namespace) -> int:
    """Print."""
    from .. import convert

    convert(options.one_or_many(args.paths), "-", **options.given(args))
    return 0
