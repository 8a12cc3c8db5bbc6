"""recordsmith algorithms: what does each built-in algorithm accept?"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from . import options, process

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "say what each built-in algorithm accepts, how sure that is, and who says so"
EPILOG = """\
examples:
  recordsmith algorithms
  recordsmith algorithms linear-learner
  recordsmith algorithms --json xgboost | jq '.formats[].content_type'

A name may be spelt in any way, be an alias ("rcf") or the address of an image. --json
prints the table or one entry, with value, status, sources, date and note of each fact."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="everything about one; default: a matrix"
    )
    parser.add_argument(
        "--markdown", action="store_true", help="print the matrix as a Markdown table"
    )
    options.add_message_options(parser, progress=False)


def run(args: argparse.Namespace) -> int:
    """Print the matrix, or all about one algorithm."""
    from ..algorithm_table.details import as_details
    from ..algorithm_table.loading import algorithm, algorithms
    from ..algorithm_table.matrix import LEGEND, as_markdown, as_text

    if args.markdown and args.json:
        args.parser.error("--markdown and --json exclude each other")
    if args.name is not None:
        entry = algorithm(args.name)
        if args.json:
            process.print_json(asdict(entry))
        else:
            print(as_markdown([entry]) if args.markdown else as_details(entry))
        return 0
    entries = algorithms()
    if args.json:
        process.print_json({"algorithms": [asdict(entry) for entry in entries]})
    elif args.markdown:
        print(as_markdown(entries))
    else:
        print(as_text(entries))
        if not args.quiet:
            print(f"\n{LEGEND}\n\nAll about one: recordsmith algorithms NAME")
    return 0
