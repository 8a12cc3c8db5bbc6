"""recordsmith verify: is every byte as it should be?"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from . import options, process
from .progress import human_bytes, plural, progress_bar

if TYPE_CHECKING:
    from ..verification import VerifyReport

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "check every byte of RecordIO-protobuf files, or a folder against its manifest"
EPILOG = """\
examples:
  recordsmith verify train.pbr
  recordsmith verify --json *.pbr
  recordsmith verify train/

Checked are frames, protobuf messages, shapes and keys, and that all records have the
fields of the first. A folder that convert made of shards is checked against the manifest
beside it: no file more or less, and each with its size and SHA-256. --json prints one
object a file. The exit code is 1 if a file has a problem."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "paths", nargs="+", metavar="FILE", help="or a folder; - is standard input"
    )
    parser.add_argument(
        "--max-problems",
        type=int,
        default=20,
        metavar="N",
        help="problems to print for each file; all are counted; default: 20",
    )
    options.add_message_options(parser)


def run(args: argparse.Namespace) -> int:
    """Verify each file."""
    from ..verification import verify

    worst = 0
    for path in args.paths:
        with progress_bar(args) as progress:
            report = verify(path, max_problems=args.max_problems, progress=progress)
        if args.json:
            process.print_json({"ok": report.ok, **asdict(report)})
        elif not (args.quiet and report.ok):
            print(_text(report))
        worst = max(worst, int(not report.ok))
    return worst


def _text(report: VerifyReport) -> str:
    size = f"{plural(report.records, 'record')}, {human_bytes(report.bytes)}"
    if report.ok:
        schema = f", each with {report.schema}" if report.schema else ""
        return f"{report.path}: ok, {size}{schema}"
    lines = [f"{report.path}: {problem}" for problem in report.problems]
    more = report.n_problems - len(report.problems)
    if more:
        lines.append(f"{report.path}: ... and {more:,} more")
    lines.append(f"{report.path}: {plural(report.n_problems, 'problem')} in {size}")
    return "\n".join(lines)
