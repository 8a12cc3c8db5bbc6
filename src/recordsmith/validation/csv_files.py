"""CSV files: rows to the checks, and an account of each line and cell that is none."""

from __future__ import annotations

import codecs
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..sources.columns import Columns, select
from ..sources.csv_style import CsvStyle, one_character
from ..sources.text_blocks import BLOCK_BYTES, Block, LineReader, plain_text
from ..storage import Input
from ..threads import map_ordered, n_threads
from .context import Context
from .csv_blocks import CsvParser, Piece
from .csv_layout import CsvLayout, find_layout
from .file_facts import FileFacts
from .offenders import Origin, Spot
from .text_facts import CsvFacts, shown

__all__ = ["CSV_OPTIONS", "read_csv", "text_of"]

# Options that leave the text as a job finds it; with others, a source reads the file.
CSV_OPTIONS = frozenset(
    (
        "block_size",
        "decimal",
        "delimiter",
        "drop",
        "features",
        "header",
        "label",
        "null_values",
        "nulls",
        "quote",
        "threads",
    )
)
_SAMPLE_BYTES = 1 << 18
_MAX_BLOCK_BYTES = 16 << 20

Progress = Callable[[int], None]


def read_csv(
    ctx: Context,
    add: Callable[[Any, Origin], None],
    opened: Input,
    file: FileFacts,
    options: Mapping[str, Any],
    threads: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Look at every line of a file.

    Parameters
    ----------
    ctx : Context
        Takes what is wrong with the text.
    add : callable(Batch, Origin)
        Takes the rows.
    opened : Input
    file : FileFacts
        Takes the number of rows.
    options : mapping
        Those of a CSV source that are in CSV_OPTIONS.
    threads : int, optional
        Default: all cores. What is found does not depend on it.
    progress : callable(rows), optional
    """
    text, begin = text_of(ctx, opened, file)
    lines = LineReader(text, opened.name)
    pieces = _pieces(lines, begin, options.get("block_size"))
    sample = next(pieces, None)
    if sample is None:
        return
    layout = _layout(sample.block.data, options)
    facts = CsvFacts(file.number, layout.delimiter, "delimiter" in options, layout.width)
    facts.names, facts.plain_header = layout.names, layout.plain_header
    ctx.text.csv.append(facts)
    file.by_line = True
    head, sample = _without_header(sample, layout)
    facts.head = Spot(file.number, head.block.first_line, offset=_offset(head))
    parser = _parser(layout, options, file, facts, ctx.facts.limit, head)
    every = itertools.chain((sample,), pieces)
    for parsed in map_ordered(parser.parse, every, n_threads(threads)):
        ctx.text.issues.merge(parsed.issues)
        facts.first.merge(parsed.first)
        facts.last.merge(parsed.last)
        facts.rows += parsed.rows
        if parsed.batch.n_rows:
            first = parsed.piece.block.first_line
            add(parsed.batch, Origin(file.number, first, parsed.offset, parsed.lines))
            file.rows += parsed.batch.n_rows
        if progress is not None:
            progress(file.rows)


# -- the text ----------------------------------------------------------------------------


def text_of(ctx: Context, opened: Input, file: FileFacts) -> tuple[Any, int | None]:
    """The text as UTF-8, and the offset at which it begins; None if offsets are lost."""
    head = bytes(opened.file.peek(1024)[:1024])
    spot = Spot(file.number, 1, offset=0)
    if head.startswith(codecs.BOM_UTF8):
        ctx.text.issues.add("csv/bom", "", [spot], 1, shown(head[:40].split(b"\n")[0]))
        return plain_text(opened.file, None, opened.name), len(codecs.BOM_UTF8)
    encoding = _wide_encoding(head)
    if encoding is None:
        return opened.file, 0
    ctx.text.issues.add("csv/encoding", encoding, [spot], 1, encoding)
    return plain_text(opened.file, encoding, opened.name), None


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32, told by a mark or by the zeros of plain letters.

    Examples
    --------
    >>> _wide_encoding("1,2".encode("utf-16")), _wide_encoding("1,2".encode("utf-16-be"))
    ('utf-16', 'utf-16-be')
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) >= 4 and not any(head[1:64:2]) and all(head[:64:2]):
        return "utf-16-le"
    if len(head) >= 4 and not any(head[:64:2]) and all(head[1:64:2]):
        return "utf-16-be"
    return None


def _pieces(
    lines: LineReader, begin: int | None, block_size: int | None
) -> Iterator[Piece]:
    """A first piece to look at, and all others."""
    wanted = min(_SAMPLE_BYTES, block_size or _SAMPLE_BYTES)
    while True:
        block = lines.block(wanted)
        if block is None:
            return
        yield Piece(block, begin)
        if begin is not None:
            begin += len(block.data)
        fields = block.data.count(b",") // max(1, block.n_lines)
        # The parser has work for each column of each block.
        wanted = block_size or max(BLOCK_BYTES, min(_MAX_BLOCK_BYTES, fields << 13))


# -- the head ----------------------------------------------------------------------------


def _layout(sample: bytes, options: Mapping[str, Any]) -> CsvLayout:
    delimiter = options.get("delimiter")
    quote = options.get("quote", '"')
    return find_layout(
        sample.replace(b"\r", b"\n") if b"\n" not in sample else sample,
        None if delimiter is None else one_character("delimiter", delimiter),
        "" if quote in (False, "", None) else one_character("quote", quote),
        options.get("header") or None,
    )


def _without_header(sample: Piece, layout: CsvLayout) -> tuple[Piece, Piece]:
    """The first line that is not blank, and what follows the header, if it is one."""
    data, first = sample.block.data, sample.block.first_line
    mark = b"\n" if b"\n" in data else b"\r"
    at = number = 0
    while True:
        end = data.find(mark, at) + 1 or len(data)
        if data[at:end].strip() or end == len(data):
            break
        at, number = end, number + 1
    offset = sample.offset
    head = Piece(
        Block(data[at:end], first + number, 1), None if offset is None else offset + at
    )
    if layout.names is None:
        return head, sample
    rest = Block(data[end:], first + number + 1, sample.block.n_lines - number - 1)
    return head, Piece(rest, None if offset is None else offset + end)


def _offset(piece: Piece) -> int:
    return -1 if piece.offset is None else piece.offset


def _parser(
    layout: CsvLayout,
    options: Mapping[str, Any],
    file: FileFacts,
    facts: CsvFacts,
    limit: int,
    head: Piece,
) -> CsvParser:
    width = layout.width
    names = layout.names
    if names is not None and len(names) > width:
        names = names[:width]
    known = [f"f{at}" for at in range(width)]
    if names is not None:
        known[: len(names)] = names
    label, features = _selected(known, options)
    file.columns = [known[at] if names is not None else at for at in features]
    facts.label = label[0] if label else None
    style = CsvStyle(
        delimiter=layout.delimiter,
        quote=layout.quote or False,
        escape=False,
        decimal=one_character("decimal", options.get("decimal", ".")),
        null_values=tuple(options.get("null_values", ("",))),
        newlines_in_values=False,
        skip_bad_rows=False,
    )
    header = b"" if names is None else head.block.data.rstrip(b"\r\n")
    parser = CsvParser(layout, style, file.number, limit, label, features, header)
    return parser.prepared()


def _selected(
    names: list[str], options: Mapping[str, Any]
) -> tuple[list[int], list[int]]:
    """Columns of the label and of the features."""
    times = Counter(names)
    unique = [
        name if name and times[name] == 1 else f"column {at}"
        for at, name in enumerate(names)
    ]
    wanted = Columns(
        _known(unique, options.get("label")),
        options.get("features"),
        options.get("drop", ()),
        None,
        None,
    )
    chosen = select(unique, wanted)
    places = {name: at for at, name in enumerate(unique)}
    features = [places[name] for _, group in chosen.features for name in group]
    return [places[name] for name in chosen.label], features


def _known(names: list[str], label: Any) -> Any:
    """The label; without it where a file has too few columns: its width is reported."""
    return None if len(names) == 1 and label == 0 else label
