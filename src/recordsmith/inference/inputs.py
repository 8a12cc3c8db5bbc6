"""The rows of a transform job's inputs: how many, and what they hold where wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..batch import UID
from ..errors import InputError, ParseError
from ..exports import batch_to_arrow
from ..sources.files import Files
from ..sources.open_source import check_options, is_files, open_files, open_source
from ..sources.text_blocks import LineReader
from ..storage import Input, detect_format, open_input
from ..tally import Tally
from .from_json import iter_documents

if TYPE_CHECKING:
    import pyarrow as pa

    from ..batch import Batch

__all__ = ["count_rows", "tables_of"]

_BLOCK_BYTES = 1 << 20
_LINES = ("csv", "libsvm", "jsonl")
_BLANK = re.compile(rb"(\A|\n)\s")  # a line that begins with a blank, and may be one
# One image is one row, whatever its bytes are.
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def count_rows(src: Any, options: dict[str, Any]) -> int:
    """Rows of one input, without reading values where lines can be counted.

    A file that is an image is one row; a JSON document has its instances.
    """
    if not is_files(src):
        return sum(batch.n_rows for batch in _batches(src, options))
    with open_input(src) as opened:
        head = opened.head()
        if not head:
            return 0
        if head.startswith(_IMAGES):
            return 1
        kind = options.get("source_format") or detect_format(opened.name, head)
        if kind in _LINES:  # else the reader does so
            given = {k: v for k, v in options.items() if k != "source_format"}
            check_options(given, kind)
        if kind == "jsonl" and _has_instances(opened):
            return _count_instances(opened)
        if kind in _LINES:
            return _count_lines(opened, kind, options)
    return sum(batch.n_rows for batch in _batches(src, options))


def _has_instances(opened: Input) -> bool:
    head = opened.file.peek(1 << 12)[: 1 << 12].lstrip(b"\xef\xbb\xbf \t\r\n{")
    return bool(head.startswith(b'"instances"'))


def _count_instances(opened: Input) -> int:
    n_rows = 0
    for documents in iter_documents(opened.file, opened.name):
        for one in documents:
            rows = one.get("instances") if isinstance(one, dict) else None
            if not isinstance(rows, list):
                raise ParseError(
                    "a JSON document has no list of instances", path=opened.name
                )
            n_rows += len(rows)
    return n_rows


def _count_lines(opened: Input, kind: str, options: dict[str, Any]) -> int:
    """Lines that are not blank; a job cuts its input at line ends, and so does this."""
    skipped = int(options.get("skip_rows") or 0)
    if kind == "csv" and options.get("header"):
        skipped += 1
    n_lines = 0
    for block in LineReader(opened.file, opened.name).blocks(_BLOCK_BYTES):
        n_lines += block.n_lines
        if _BLANK.search(block.data):
            n_lines = n_lines - block.n_lines + _not_blank(block.data)
    return max(0, n_lines - skipped)


def _not_blank(data: bytes) -> int:
    return sum(1 for line in data.split(b"\n") if line.strip())


def _batches(src: Any, options: dict[str, Any]) -> Iterator[Batch]:
    if not is_files(src):
        return iter(open_source(src, tally=Tally(), **options).batches)
    given = dict(options)
    kind = given.pop("source_format", None)
    with open_input(src) as opened:
        head = opened.head()
        if not head:  # no rows, as `count_rows` has it
            return iter(())
        found = kind or detect_format(opened.name, head)
    if found == "csv":
        given.setdefault("header", False)  # a request has none
    return iter(open_files(Files([src]), kind, Tally(), given).batches)


def tables_of(
    src: Any, options: dict[str, Any], features: bool, uid: bool
) -> Iterator[pa.Table]:
    """What the rows of one input hold, as Arrow tables.

    Parameters
    ----------
    features : bool
        All fields, as :meth:`recordsmith.Batch.to_arrow` names them.
    uid : bool
        The uid of each record; an error if one has none.
    """
    for batch in _batches(src, options):
        if uid:
            field = batch.get(UID)
            present = None if field is None else field.present
            if field is None or (present is not None and not present.all()):
                row = 0 if present is None else int((~present).argmax())
                raise InputError(
                    "the record has no uid",
                    path=src if isinstance(src, str) else None,
                    row=batch.first_row + row + 1,
                    unit="record",
                    advice="pass ids= as a file or a table",
                )
        table = batch_to_arrow(batch)
        if not features:
            table = table.select(["uid"])
        elif "uid" in table.column_names:
            others = [name for name in table.column_names if name != "uid"]
            table = table.select(["uid", *others] if uid else others)
        yield table
