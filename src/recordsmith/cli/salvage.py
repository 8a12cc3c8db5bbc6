"""recordsmith salvage: the whole records of a damaged file."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from . import options, process
from .progress import human_bytes, plural, progress_bar

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "write all whole records of a damaged RecordIO-protobuf file to another file"
EPILOG = """\
example:
  recordsmith salvage damaged.pbr whole.pbr

What was lost is said exactly, by byte ranges and reasons. Damage inside the numbers of a
record leaves no trace: such a record counts as whole."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("path", metavar="IN", help="- is standard input")
    parser.add_argument("dest", metavar="OUT", help="- is standard output")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an existing file"
    )
    options.add_message_options(parser)


def run(args: argparse.Namespace) -> int:
    """Salvage."""
    if args.json and args.dest == "-":
        args.parser.error("--json and the output both want standard output")
    from ..salvaging import salvage

    with progress_bar(args) as progress:
        report = salvage(
            args.path, args.dest, overwrite=args.overwrite, progress=progress
        )
    if args.json:
        totals = {"bytes_lost": report.bytes_lost, "path": args.dest}
        process.print_json({**asdict(report), **totals})
        return 0
    for one in report.lost:
        size = human_bytes(one.end - one.begin)
        process.say(
            args,
            f"lost: bytes {one.begin:,} to {one.end:,} ({size}), where record "
            f"{one.record:,} would be: {one.reason}",
        )
    process.say(
        args,
        f"{plural(report.records, 'whole record')} written to {args.dest}, "
        f"{human_bytes(report.bytes_lost)} of {human_bytes(report.bytes_read)} lost in "
        f"{plural(len(report.lost), 'place')}",
    )
    return 0
