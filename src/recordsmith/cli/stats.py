"""recordsmith stats: what is in the columns?"""

from __future__ import annotations

import argparse

from . import options, process
from .progress import progress_bar

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "statistics of each column: missing, distinct, range, quantiles, labels, ids"
EPILOG = """\
examples:
  recordsmith stats train.csv --label target
  recordsmith stats train.csv --label target --html report.html
  recordsmith stats 'day=*/part-*.parquet' --drop id,name
  recordsmith stats --json train.pbr | jq '.columns[] | [.name, .mean, .std]'

One pass, in bounded memory. Text, times and missing values are looked at as they are.
--html writes one page that needs no network and runs no script."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add("paths", nargs="+", metavar="SRC", help="files, folders or globs; - is stdin")
    add("--html", metavar="FILE", help="write a page with a picture of each column, too")
    add("--overwrite", action="store_true", help="replace an existing page")
    add(
        "--detailed",
        type=int,
        metavar="N",
        help="columns that get quantiles and a count of different values; default: 200",
    )
    options.add_source_options(parser, converting=False)
    options.add_message_options(parser)


def run(args: argparse.Namespace) -> int:
    """Look, and print."""
    from .. import stats
    from ..publish import check_output, open_output

    settings = options.given(args)
    page = settings.pop("html", None)
    settings.pop("overwrite")
    if page is None and args.overwrite:
        args.parser.error("--overwrite is for the page of --html")
    if page is not None:
        check_output(page, overwrite=args.overwrite)
    with progress_bar(args) as progress:
        found = stats(options.one_or_many(args.paths), progress=progress, **settings)
    if page is not None:
        with open_output(page, overwrite=args.overwrite) as file:
            file.write(found.to_html().encode())
        process.say(args, f"page written to {page}")
    if args.json:
        process.print_json(found.to_dict())
    elif not args.quiet:
        print(found)
    return 0
