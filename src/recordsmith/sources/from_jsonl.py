"""JSON Lines become batches: one object a line, parsed by pyarrow in blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..errors import ParseError, RecordsmithError
from ..threads import map_ordered, n_threads
from .arrow_batches import Converter, convert_all
from .arrow_types import SPARSE_KEYS
from .columns import Columns, select
from .files import naming
from .text_blocks import BLOCK_BYTES, Block, LineReader, is_blank, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from ..batch import Batch
    from ..tally import Tally
    from .files import Files

__all__ = ["from_jsonl", "jsonl_rows"]

_SAMPLE_BYTES = 1 << 18


def from_jsonl(
    files: Files,
    *,
    label: Any = None,
    features: Any = None,
    drop: Any = (),
    uid: Any = None,
    metadata: Any = None,
    dtype: str | None = None,
    label_dtype: str | None = None,
    nulls: Any = "error",
    n_features: int | None = None,
    encoding: str | None = None,
    block_size: int | None = None,
    threads: int | None = None,
    tally: Tally,
) -> Iterator[Batch]:
    """Batches of JSON Lines files that have the same members.

    Parameters
    ----------
    files : Files
    label, features, drop, uid, metadata, nulls, n_features
        As for a table: see :mod:`recordsmith.sources.columns`. Arrays of numbers are
        lists; objects of `keys` and `values` are sparse rows.
    dtype, label_dtype : {"float32", "float64", "int32"}, default "float64"
        JSON has one kind of number.
    encoding : str, default "utf-8"
    block_size : int, default 2 MiB
        Bytes that are parsed at once.
    threads : int, optional
        Threads that parse; default: all cores. The result does not depend on it.

    Raises
    ------
    ParseError
        If a line is no JSON object, a member changes its type, or a line has a member
        that the first lines lack (unless `features` names what is wanted).

    Notes
    -----
    A member that is missing is null. The members' types are those of the first lines
    (about 256 KiB), where all numbers count as float64.
    """
    converter: Converter | None = None
    options = {
        "dtype": dtype or "float64",
        "label_dtype": label_dtype or "float64",
        "nulls": nulls,
        "n_features": n_features,
        "tally": tally,
    }
    columns = Columns(label, features, drop, uid, metadata)
    first_row = 0
    for opened in files:
        lines = LineReader(plain_text(opened.file, encoding, opened.name), opened.name)
        with naming(opened.name):
            sample = lines.block(_SAMPLE_BYTES)
            if sample is None or is_blank(sample.data):
                continue
            if converter is None:
                converter = Converter(_inferred(sample, columns), columns, **options)
            needed = converter.layout.selection.needed
            parser = _Parser(converter.schema, needed, exact=features is None)
            blocks = _after(sample, lines.blocks(block_size or BLOCK_BYTES))
            for block, rows in map_ordered(parser.parse, blocks, n_threads(threads)):
                yield from _converted(rows, block, converter, first_row)
                first_row += rows.num_rows
    if converter is None:
        raise ParseError("there is no line", path=opened.name)


def jsonl_rows(
    files: Files, columns: Columns, encoding: str | None, threads: int | None
) -> Iterator[Any]:
    """First the schema and the selection, then record batches, text included."""
    known: Any = None
    for opened in files:
        lines = LineReader(plain_text(opened.file, encoding, opened.name), opened.name)
        with naming(opened.name):
            sample = lines.block(_SAMPLE_BYTES)
            if sample is None or is_blank(sample.data):
                continue
            if known is None:
                schema = _inferred(sample, columns)
                known = schema, select(schema.names, columns)
                yield known
            exact = columns.features is None
            parser = _Parser(known[0], known[1].needed, exact)
            blocks = _after(sample, lines.blocks(BLOCK_BYTES))
            for _, rows in map_ordered(parser.parse, blocks, n_threads(threads)):
                yield rows
    if known is None:
        raise ParseError("there is no line", path=opened.name)


def _after(first: Block, rest: Iterator[Block]) -> Iterator[Block]:
    yield first
    yield from rest


def _converted(
    rows: pa.RecordBatch, block: Block, converter: Converter, first_row: int
) -> Iterator[Batch]:
    try:
        yield from (
            one for one in convert_all(iter([rows]), converter, first_row) if one.n_rows
        )
    except RecordsmithError as error:
        if error.row is not None and error.unit == "row":
            error.row, error.unit = _line(block, error.row - first_row), "line"
        raise


# -- types -----------------------------------------------------------------------------


def _inferred(sample: Block, columns: Columns) -> pa.Schema:
    """The members of the first lines and their types, numbers as float64."""
    import pyarrow as pa

    try:
        found = _read(sample.data, None).schema
    except pa.ArrowInvalid as error:
        raise _located(error, sample) from None
    texts = {columns.uid, columns.metadata}
    fields = []
    for at, one in enumerate(found):
        is_text = one.name in texts or at in texts or at - len(found) in texts
        fields.append(
            pa.field(one.name, _as_text(one.type) if is_text else _widened(one.type))
        )
    return pa.schema(fields)


def _as_text(type_: pa.DataType) -> pa.DataType:
    """Numbers stay what they are; what looks like a time, and nothing at all, is text."""
    import pyarrow as pa

    is_other = pa.types.is_timestamp(type_) or pa.types.is_null(type_)
    return pa.string() if is_other else type_


def _widened(type_: pa.DataType, name: str = "") -> pa.DataType:
    import pyarrow as pa
    from pyarrow import types

    if types.is_list(type_):
        if name in (*SPARSE_KEYS, "shape"):
            return pa.list_(pa.int64())
        return pa.list_(_widened(type_.value_type))
    if types.is_struct(type_):
        parts = [type_.field(i) for i in range(type_.num_fields)]
        return pa.struct(
            [pa.field(one.name, _widened(one.type, one.name)) for one in parts]
        )
    if types.is_integer(type_) or types.is_null(type_):
        return pa.int64() if name in ("size", "type") else pa.float64()
    return pa.string() if types.is_timestamp(type_) else type_


# -- rows ------------------------------------------------------------------------------


def _read(data: bytes, schema: pa.Schema | None) -> pa.Table:
    import pyarrow as pa
    from pyarrow import json

    return json.read_json(
        pa.BufferReader(data),
        json.ReadOptions(use_threads=False, block_size=max(len(data), 1 << 10)),
        json.ParseOptions(
            explicit_schema=schema,
            newlines_in_values=True,
            unexpected_field_behavior="infer",
        ),
    )


class _Parser:
    """Parses blocks into the columns that are needed."""

    def __init__(self, schema: pa.Schema, needed: list[str], exact: bool) -> None:
        import pyarrow as pa

        self.known = set(schema.names) if exact else None
        self.schema = pa.schema([schema.field(name) for name in needed])
        self.needed = needed

    def parse(self, block: Block) -> tuple[Block, pa.RecordBatch]:
        """The rows of one block."""
        import pyarrow as pa

        if is_blank(block.data):
            return block, pa.RecordBatch.from_pylist([], schema=self.schema)
        try:
            table = _read(block.data, self.schema)
        except pa.ArrowInvalid as error:
            raise _located(error, block) from None
        n_lines = sum(1 for line in block.data.split(b"\n") if line.strip())
        if table.num_rows != n_lines:
            raise ParseError(
                f"{n_lines} lines hold {table.num_rows} objects, expected one on each",
                row=block.first_line,
                unit="line",
                advice="write each object on a line of its own (jq -c .)",
            )
        new = [] if self.known is None else sorted({*table.column_names} - self.known)
        if new:
            raise ParseError(
                f"the member {new[0]!r} is not in the first lines of the file",
                row=_line_with(block, new[0]),
                unit="line",
                advice="name the members that you want with features=",
            )
        rows = table.select(self.needed).combine_chunks().to_batches()
        return block, rows[0]


_ROW = re.compile(r"(.*?)\.?,? in row (\d+)$", re.DOTALL)


def _located(error: Exception, block: Block) -> ParseError:
    """pyarrow's error, with the line; it counts the rows of a block from 0."""
    message = str(error)
    found = _ROW.match(message)
    reason = (found[1] if found else message).replace("JSON parse error: ", "")
    return ParseError(
        f"no valid JSON line: {reason}",
        row=_line(block, int(found[2])) if found else block.first_line,
        unit="line",
        advice="each line must be one object whose members keep their types",
    )


def _line(block: Block, row: int) -> int:
    """Line of the file that holds a row of the block, from 0."""
    for number, line in enumerate(block.data.split(b"\n")):
        if line.strip():
            if row == 0:
                return block.first_line + number
            row -= 1
    return block.first_line


def _line_with(block: Block, member: str) -> int:
    import json

    needle = json.dumps(member).encode()
    for number, line in enumerate(block.data.split(b"\n")):
        if needle in line:
            return block.first_line + number
    return block.first_line
