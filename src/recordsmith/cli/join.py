"""recordsmith join: predictions beside the ids of the rows that they are for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from . import options, process
from .progress import human_bytes, plural, progress_bar

if TYPE_CHECKING:
    from ..inference.joining import JoinResult

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "write a transform job's predictions beside the ids of their rows"
EPILOG = """\
examples:
  recordsmith join test.csv test.csv.out --ids ids.parquet --out scored.parquet
  recordsmith join input/ output/ --algorithm kmeans --ids uid --out scored.parquet
  recordsmith join input/ output/ --ids users.csv --id-columns id,name --out scored.csv
  recordsmith join test.csv test.csv.out --with-features --out scored.jsonl

IN is what the job read; OUT is what it wrote: NAME.out for each input NAME. Rows go by
position: if rows, predictions and ids are not equally many, all counts are told, the exit
code is 1, and nothing is written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add("inputs", metavar="IN", help="the job's input: a file, folder or glob")
    add("outputs", metavar="OUT", help="its output: a file, folder or glob")
    add(
        "--out",
        required=True,
        metavar="FILE",
        help="parquet, arrow, csv or jsonl, by its suffix; - is standard output",
    )
    add("--overwrite", action="store_true", help="replace an existing file")
    group = parser.add_argument_group("ids")
    add = group.add_argument
    add(
        "--ids",
        metavar="FILE",
        help="parquet, arrow, or csv with a header; uid: of the records that are the "
        "input",
    )
    add(
        "--id-columns",
        "--id-column",
        type=options.names,
        metavar="NAMES",
        help="columns of the ids to write; default: all",
    )
    add(
        "--with-features",
        action="store_true",
        help="write what the inputs hold, too",
    )
    group = parser.add_argument_group("predictions")
    add = group.add_argument
    add("--algorithm", metavar="NAME", help="see: recordsmith algorithms")
    add(
        "--accept",
        metavar="TYPE",
        help="content type of the outputs, where their first bytes leave it open",
    )
    add(
        "--fields",
        type=options.names,
        metavar="NAMES",
        help="csv outputs: the fields in a line",
    )
    add(
        "--prefix",
        metavar="TEXT",
        help="put before the names of predictions",
    )
    add(
        "--to",
        dest="dest_format",
        choices=("parquet", "arrow", "csv", "jsonl"),
        metavar="FORMAT",
        help="where the suffix does not tell: parquet, arrow, csv or jsonl",
    )
    options.add_source_options(parser)
    options.add_message_options(parser)


def run(args: argparse.Namespace) -> int:
    """Join."""
    from .. import join

    settings = options.given(args)
    with progress_bar(args) as progress:
        result = join(progress=progress, **settings)
    if args.json:
        process.print_json(result.to_dict())
    else:
        process.say(args, _summary(result))
    return 0


def _summary(result: JoinResult) -> str:
    where = "standard output" if result.path == "-" else result.path
    files = plural(len(result.files), "file")
    return (
        f"{plural(result.rows, 'row')} of {files}, {human_bytes(result.bytes)} written "
        f"to {where} in {result.seconds:.1f} s\n"
        f"  {', '.join(result.columns) or 'no columns'}"
    )
