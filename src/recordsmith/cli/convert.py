"""recordsmith convert: one file, or many, into another format."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..errors import ValidationError
from ..tally import Tally
from . import options, process
from .progress import human_bytes, plural, progress_bar

if TYPE_CHECKING:
    from ..results import WriteResult

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "convert files into another format, with flat memory"
EPILOG = """\
examples:
  recordsmith convert train.csv train.pbr --label target --dtype float32
  recordsmith convert sagemaker.csv train.pbr --no-header --label 0
  recordsmith convert agaricus.libsvm train.pbr --index-base 1 --n-features 127
  recordsmith convert part-*.parquet train.pbr --label y --drop id,name
  recordsmith convert train.pbr train.parquet
  recordsmith convert train.parquet train/ --label y --instances 4
  recordsmith convert all.csv data/ --label y --split train=0.9,validation=0.1
  recordsmith convert train.csv train.pbr --label y --algorithm linear-learner
  gunzip < train.csv.gz | recordsmith convert - - --from csv --to recordio > train.pbr

The output appears under its name only when it is whole. An existing file is refused
unless --overwrite is given; with it, the output may be an input, too. Rows that the
algorithm would refuse make no output: the exit code is then 3."""

_CHANGES = {
    "nulls": "missing values filled in",
    "bad_rows": "bad rows left out",
    "values_rounded": "values rounded",
    "max_relative_error": "largest relative error by rounding",
    "keys_sorted": "rows whose keys were sorted",
    "duplicates_summed": "entries added to another of the same key",
    "empty_rows": "sparse rows without values",
    "zeros_added": "explicit zeros written for them",
    "dropped": "values without a place in the output left out",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.usage = "recordsmith convert [OPTION ...] IN [IN ...] OUT"
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="IN ... OUT",
        help="files, folders or globs to read, and the file or folder to write; - for "
        "standard input and output",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an existing file"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="convert only N rows")
    parser.add_argument("--threads", type=int, metavar="N", help="default: all cores")
    parser.add_argument("--dry-run", action="store_true", help="do everything but write")
    options.add_algorithm_options(parser)
    options.add_source_options(parser)
    options.add_dest_options(parser)
    options.add_shard_options(parser)
    options.add_message_options(parser)


def run(args: argparse.Namespace) -> int:
    """Convert."""
    if len(args.paths) < 2:
        args.parser.error("convert needs an input and an output")
    *sources, dest = args.paths
    if args.json and dest == "-" and not args.dry_run:
        args.parser.error("--json and the output both want standard output")
    from .. import convert

    settings = options.given(args)
    options.load_hyperparameters(args, settings)
    target: Any = dest
    if args.dry_run:
        target = _check(dest, settings)
    try:
        with progress_bar(args) as progress:
            result = convert(
                options.one_or_many(sources), target, progress=progress, **settings
            )
    except ValidationError as error:
        return _refused(args, error)
    if args.json:
        process.print_json(_as_json(result, dest, args.dry_run))
    else:
        process.say(args, _summary(result, dest, args.dry_run))
    return 0


def _refused(args: argparse.Namespace, error: ValidationError) -> int:
    """Print why the algorithm would refuse the rows; nothing was published."""
    report = error.report
    if args.json:
        print(report.to_json())
    else:
        print(report, file=sys.stderr)
        process.say(args, "nothing was written")
    return 3


def _files(result: WriteResult) -> list[str]:
    """How many files there are, and rows in the parts."""
    smallest = human_bytes(min(one.bytes for one in result.shards))
    largest = human_bytes(max(one.bytes for one in result.shards))
    size = f" of {smallest} to {largest}" if smallest != largest else f" of {smallest}"
    lines = [f"  {plural(len(result.shards), 'file')}{size}; manifest: {result.manifest}"]
    if "" not in result.parts:
        rows = (f"{name} {plural(n, 'row')}" for name, n in result.parts.items())
        lines.append(f"  {', '.join(rows)}")
    return lines


class _Nowhere:
    """A file object that drops what is written."""

    name = "nowhere"

    def write(self, data: Any) -> int:
        return len(data)


def _check(dest: str, settings: dict[str, Any]) -> _Nowhere:
    """Refuse what a conversion would refuse, and give it another destination."""
    from ..sharding import is_folder, pop_options
    from ..sharding.sink import open_shards

    asked = pop_options(settings)
    if is_folder(dest, asked):
        open_shards(
            dest,
            asked,
            tally=Tally(),
            dest_format=settings.get("dest_format"),
            overwrite=settings["overwrite"],
        )
        settings["dest_format"] = "recordio"
        return _Nowhere()
    from ..publish import check_output
    from ..sinks import format_of

    settings["dest_format"] = format_of(
        dest, settings.get("dest_format"), settings.get("compression")
    )
    check_output(dest, overwrite=settings["overwrite"])
    return _Nowhere()


def _as_json(result: WriteResult, dest: str, dry_run: bool) -> dict[str, Any]:
    return {
        "path": dest,
        "format": result.format,
        "rows": result.rows,
        "bytes": result.bytes,
        "seconds": round(result.seconds, 6),
        "schema": result.schema,
        "changes": result.tally.changes(),
        "dry_run": dry_run,
        "manifest": result.manifest,
        "parts": result.parts if result.shards else None,
        "shards": [asdict(one) for one in result.shards],
        "report": None if result.report is None else result.report.to_dict(),
    }


def _summary(result: WriteResult, dest: str, dry_run: bool) -> str:
    done = "would be written to" if dry_run else "written to"
    where = "standard output" if dest == "-" else dest
    speed = human_bytes(result.bytes / max(result.seconds, 1e-9))
    lines = [
        f"{plural(result.rows, 'row')}, {human_bytes(result.bytes)} {done} {where} in "
        f"{result.seconds:.1f} s ({speed}/s)"
    ]
    if result.shards:
        lines += _files(result)
    if result.schema:
        lines.append(f"  {result.schema}")
    for name, count in result.tally.changes().items():
        number = f"{count:,}" if isinstance(count, int) else f"{count:.2g}"
        lines.append(f"  {_CHANGES.get(name, name)}: {number}")
    findings = result.report.findings if result.report is not None else ()
    lines += [f"  {one.severity}: {one.found}; {one.fix}" for one in findings]
    return "\n".join(lines)
