"""Text whose lines are no rows of numbers: JSON Lines, and the pairs of IP Insights.

Only what a line must hold is looked at, not the values of arrays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from ..sources.text_blocks import BLOCK_BYTES, LineReader
from ..storage import Input
from ..threads import map_ordered, n_threads
from .context import Context, rule
from .csv_blocks import Piece, line_starts
from .csv_files import text_of
from .csv_layout import fields_of
from .csv_rules import report_issue, unreadable
from .file_facts import FileFacts
from .offenders import NOWHERE, Origin, Spot
from .request import KINDS, Request
from .text_facts import Issues, shown

__all__ = ["RULES", "line_reader"]

_IP = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?")
# Keys of each line, in training and in requests.
_KEYS = {
    "object2vec": ({"label", "in0", "in1"}, set()),
    "forecasting-deepar": ({"start", "target"}, {"start", "target"}),
    "blazingtext-text-classification": ({"source", "label"}, {"source"}),
}
_PAIRS = "ipinsights"

Fault = tuple[str, str, int, str]  # rule, what it is about, byte in the line, text
LineTest = Callable[[bytes], "Fault | None"]
Progress = Callable[[int], None]


def line_reader(request: Request, kind: str) -> Callable[..., None] | None:
    """What reads files of that kind, where their lines are no rows of numbers."""
    key = request.algorithm.key if request.algorithm is not None else ""
    fmt = request.format(KINDS.get(kind, kind))
    if request.trains and (fmt is None or fmt.kind != KINDS.get(kind, kind)):
        return None
    if kind == "csv" and key == _PAIRS:
        return partial(_read, test=_pair)
    if kind == "jsonl" and key in _KEYS:
        keys = _KEYS[key][0 if request.trains else 1]
        return partial(_read, test=partial(_object, keys=frozenset(keys)))
    return None


def _read(
    ctx: Context,
    add: Callable[[Any, Origin], None],
    opened: Input,
    file: FileFacts,
    options: Mapping[str, Any],
    threads: int | None = None,
    progress: Progress | None = None,
    *,
    test: LineTest,
) -> None:
    text, begin = text_of(ctx, opened, file)
    file.by_line = True
    pieces = _pieces(LineReader(text, opened.name), begin)
    parse = partial(_faults, test=test, number=file.number, limit=ctx.facts.limit)
    for n_lines, issues in map_ordered(parse, pieces, n_threads(threads)):
        ctx.text.issues.merge(issues)
        file.rows += n_lines
        if progress is not None:
            progress(file.rows)
    why = "the lines are objects or pairs: numbers in them are not looked at"
    for name in ("data/nan", "data/infinity", "record/width", "label/values"):
        ctx.skip(name, why)


def _pieces(lines: LineReader, begin: int | None) -> Iterator[Piece]:
    for block in lines.blocks(BLOCK_BYTES):
        yield Piece(block, begin)
        if begin is not None:
            begin += len(block.data)


def _faults(piece: Piece, test: LineTest, number: int, limit: int) -> tuple[int, Issues]:
    """Lines of a piece that are not blank, and what is wrong with them."""
    issues, n_lines = Issues(limit), 0
    starts = line_starts(piece.block.data).tolist()
    for at, line in enumerate(piece.block.data.split(b"\n")[: piece.block.n_lines]):
        line = line.rstrip(b"\r")
        if not line.strip():
            continue
        n_lines += 1
        fault = test(line)
        if fault is not None:
            name, about, byte, text = fault
            offset = NOWHERE if piece.offset is None else piece.offset + starts[at] + byte
            line_number = piece.block.first_line + at
            if about == "pair" and line_number == 1 and not re.search(rb"\d", line):
                name, about = "csv/header", "pair"
            issues.add(name, about, [Spot(number, line_number, NOWHERE, offset)], 1, text)
    return n_lines, issues


def _pair(line: bytes) -> Fault | None:
    """An entity and an IPv4 address.

    Examples
    --------
    >>> _pair(b"user1,10.0.0.1"), _pair(b"user1,10.0.0.256")[1]
    (None, 'pair')
    """
    fields = fields_of(line, ",", '"')
    if len(fields) != 2:
        return "csv/pair", "width", 0, shown(line)
    entity, address = fields
    if not _IP.fullmatch(address.strip()):
        about = "ipv6" if ":" in address else "pair"
        return "csv/pair", about, line.find(b",") + 1, shown(address)
    if not entity.strip():
        return "csv/pair", "entity", 0, shown(line)
    return None


def _object(line: bytes, keys: frozenset[str]) -> Fault | None:
    """An object with all keys, and under them what has to be there.

    Examples
    --------
    >>> _object(b'{"start": "2026-01-01", "target": [1, null]}', {"start", "target"})
    >>> _object(b'{"start": "today", "target": [1]}', {"start", "target"})[:2]
    ('jsonl/keys', 'start')
    """
    try:
        found = json.loads(line)
    except ValueError:  # of JSON, or of UTF-8
        return "jsonl/object", "json", 0, shown(line)
    if not isinstance(found, dict):
        return "jsonl/object", "other", 0, shown(line)
    lacking = sorted(keys - found.keys())
    if lacking:
        text = f"without {', '.join(lacking)}: {shown(line)}"
        return "jsonl/keys", "missing", 0, text
    for key, wanted in _VALUES.items():
        if key in found and not wanted(found[key]):
            return "jsonl/keys", key, 0, f"{key}: {shown(json.dumps(found[key]))}"
    return None


def _tokens(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(v) is int for v in value)


def _series(value: Any) -> bool:
    return isinstance(value, list) and all(
        one is None or one == "NaN" or type(one) in (int, float) for one in value
    )


def _day(value: Any) -> bool:
    return isinstance(value, str) and _DAY.fullmatch(value) is not None


_VALUES: dict[str, Callable[[Any], bool]] = {
    "in0": _tokens,
    "in1": _tokens,
    "start": _day,
    "target": _series,
}
_WANTED = {
    "in0": "a list of whole numbers, not empty",
    "in1": "a list of whole numbers, not empty",
    "start": "a text YYYY-MM-DD HH:MM:SS, without a time zone",
    "target": "a list of numbers; what is missing is null",
}


@rule("jsonl/object", "jsonl/keys", early=False)
def objects(ctx: Context) -> None:
    """Every line is an object with the keys that the algorithm reads."""
    message = unreadable(ctx, "application/jsonlines")
    for about, what in (("json", "that are no JSON"), ("other", "that are no object")):
        report_issue(
            ctx,
            "jsonl/object",
            about,
            f"lines {what}: {{n}}; first {{text}}",
            "a JSON object in each line",
            "write each object on a line of its own, without a list around them",
            message=message,
        )
    key = ctx.request.algorithm.key if ctx.request.algorithm is not None else ""
    keys = sorted(_KEYS.get(key, (set(), set()))[0 if ctx.request.trains else 1])
    report_issue(
        ctx,
        "jsonl/keys",
        "missing",
        "lines that lack a key: {n}; first {text}",
        f"the keys {', '.join(keys)} in each line",
        "write these keys, spelled like this",
        message=message,
    )
    for name, wanted in _WANTED.items():
        report_issue(
            ctx,
            "jsonl/keys",
            name,
            f"lines with another value of {name}: {{n}}; first {{text}}",
            wanted,
            "write the values so",
            message=message,
        )


@rule("csv/pair", "csv/header", early=False)
def pairs(ctx: Context) -> None:
    """A line for IP Insights is an entity and an IPv4 address."""
    message = unreadable(ctx)
    report_issue(
        ctx,
        "csv/header",
        "pair",
        "the first line holds names: {text} stands where an address should",
        "no header: pairs from the first line on",
        "take the first line away: tail -n +2 {path} > OUT.csv",
        message=message,
    )
    for about, found, expected, fix in (
        (
            "width",
            "lines that have not two fields: {n}; first {text}",
            "two fields: entity,address",
            "leave other columns out",
        ),
        (
            "pair",
            "lines whose second field is no IPv4 address: {n}; first {text}",
            "an IPv4 address in dotted decimal, such as 192.0.2.1",
            "write the entity first, then the address; leave lines without one out",
        ),
        (
            "ipv6",
            "lines with an IPv6 address: {n}; first {text}",
            "IPv4 addresses: others are not read",
            "leave these lines out",
        ),
        (
            "entity",
            "lines without an entity: {n}; first {text}",
            "an entity's name in the first field",
            "leave these lines out",
        ),
    ):
        report_issue(ctx, "csv/pair", about, found, expected, fix, message=message)


RULES = (objects, pairs)
