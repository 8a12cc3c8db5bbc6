"""recordsmith inspect: what is this file?"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from . import options, process
from .progress import human_bytes, plural, progress_bar

if TYPE_CHECKING:
    from ..description import Description, FieldSummary, PayloadSummary

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "say what files hold: kind, rows, fields, widths, labels, the first problem"
EPILOG = """\
examples:
  recordsmith inspect train.pbr
  recordsmith inspect --label target train.csv
  recordsmith inspect images.rec   # RecordIO without protobuf: what its payloads are
  recordsmith inspect --json *.pbr | jq -r '[.path, .rows] | @tsv'

--json prints one object a file. The exit code is 1 if a file has a problem."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="FILE", help="- is standard input")
    options.add_source_options(parser)
    options.add_message_options(parser)


def run(args: argparse.Namespace) -> int:
    """Inspect each file."""
    from ..description import describe

    worst = 0
    for path in args.paths:
        with progress_bar(args) as progress:
            found = describe(path, progress=progress, **options.given(args))
        if args.json:
            process.print_json(asdict(found))
        else:
            print(_text(found))
        worst = max(worst, int(found.problem is not None))
    return worst


def _text(found: Description) -> str:
    size = "" if found.bytes is None else f", {human_bytes(found.bytes)}"
    word = {"recordio": "record", "raw-recordio": "payload"}.get(found.format, "row")
    lines = [f"{found.path}: {found.format}, {plural(found.rows, word)}{size}"]
    if found.payloads is not None:
        lines += _payload_lines(found.payloads, found.rows)
    names = [_name(one) for one in found.fields]
    width = max(map(len, names), default=0)
    for name, one in zip(names, found.fields):
        lines.append(f"  {name:<{width}}  {_facts(one, found.rows)}")
    if found.schemas > 1:
        changes = plural(found.schemas - 1, "time")
        lines.append(f"  the schema changes {changes}: no algorithm reads such a file")
    if found.problem is not None:
        lines.append(f"  problem: {found.problem}")
    return "\n".join(lines)


def _payload_lines(summary: PayloadSummary, rows: int) -> list[str]:
    from ..payloads import KINDS

    behind = ""
    if summary.image_headers:
        n = summary.image_headers
        count = "" if n == rows else f", {n:,} of them"
        behind = f"{count} behind MXNet's image header"
    kinds = [
        KINDS[kind] + ("" if n == rows else f" ({n:,})")
        for kind, n in summary.kinds.items()
    ]
    lines = [f"  not protobuf records: {', '.join(kinds)}{behind}"]
    if len(set(summary.first)) > 1:
        lines.append(f"  the first ones in order: {', '.join(summary.first)}")
    if rows:
        low, high = summary.min_bytes, summary.max_bytes
        sizes = f"{low:,} bytes"
        if low != high:
            mean = round(summary.total_bytes / rows)
            sizes = f"{low:,} to {high:,} bytes, {mean:,} on average"
        split = f", {summary.split:,} split over several frames" if summary.split else ""
        lines.append(f"  payloads of {sizes}{split}")
    return lines


def _name(one: FieldSummary) -> str:
    role = "features" if one.role == "feature" else one.role
    return role if one.name in ("values", "") else f"{role} {one.name!r}"


def _facts(one: FieldSummary, rows: int) -> str:
    if one.kind == "text":
        facts = ["text"]
    elif one.kind == "blobs":
        facts = ["byte strings"]
    else:
        facts = [
            {"csr": "sparse", "ragged": "lists"}.get(one.kind, one.kind) + f" {one.dtype}"
        ]
        facts.append(_width(one))
    if one.minimum is not None and one.maximum is not None:
        facts.append(f"{one.minimum:g} to {one.maximum:g}")
        if one.integral and one.dtype != "int32":
            facts.append("whole numbers")
    if one.distinct:
        facts.append("values " + ", ".join(f"{value:g}" for value in one.distinct))
    for count, word in ((one.nan, "NaN"), (one.infinite, "infinite")):
        if count:
            facts.append(f"{count:,} {word}")
    if one.empty_rows:
        facts.append(f"{plural(one.empty_rows, 'row')} empty")
    if one.rows < rows:
        facts.append(f"in {one.rows:,} of {rows:,}")
    return ", ".join(facts)


def _width(one: FieldSummary) -> str:
    n = f"{one.min_width:,}"
    if one.max_width != one.min_width:
        n += f" to {one.max_width:,}"
    if one.kind == "csr":
        columns = "unknown" if one.columns is None else f"{one.columns:,}"
        return f"{n} stored of {columns} columns"
    shape = "" if one.shape is None else f" (shape {'x'.join(map(str, one.shape))})"
    return f"{n} value{'' if n == '1' else 's'}{shape}"
