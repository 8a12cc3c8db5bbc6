"""Files and frames with columns, as Arrow record batches: all columns, as they are.

What converts needs numbers; what only looks takes text, times and nulls as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

from ..errors import InputError, ParseError
from ..threads import map_ordered, n_threads
from .columns import Columns, Selection, index_columns, select
from .files import naming
from .from_csv import CsvParsing, CsvTable, block_bytes, csv_style, same_names
from .text_blocks import Block, LineReader, plain_text

if TYPE_CHECKING:
    import pyarrow as pa

    from .files import Files

__all__ = ["TABLE_FORMATS", "RawTable", "raw_files", "raw_table"]

_UNKNOWN = ("dtype", "label_dtype", "nulls", "block_size")


@dataclass(frozen=True)
class RawTable:
    """A table that is looked at as it is.

    Attributes
    ----------
    schema : pyarrow.Schema
    selection : Selection
        What each column is for; columns outside of it are not read.
    batches : iterator of pyarrow.RecordBatch
        With the columns of the selection. Where a CSV column of numbers holds something
        else, that batch has it as text.
    """

    schema: pa.Schema
    selection: Selection
    batches: Iterator[pa.RecordBatch]


def raw_table(
    src: Any,
    *,
    label: Any = None,
    features: Any = None,
    drop: Any = (),
    uid: Any = None,
    metadata: Any = None,
) -> RawTable:
    """Of anything that yields Arrow data: see
    :func:`recordsmith.sources.from_table.open_arrow`."""
    from .from_table import open_arrow

    schema, batches = open_arrow(src)
    columns = Columns(label, features, drop, uid, metadata)
    selection = select(schema.names, columns, index_columns(schema))
    return RawTable(schema, selection, batches)


def raw_files(files: Files, kind: str, options: dict[str, Any]) -> RawTable:
    """Of files of one of TABLE_FORMATS; options are those of the format's reader."""
    for name in _UNKNOWN:
        if options.get(name) is not None:
            raise InputError(
                f"columns are looked at as they are, so {name}= means nothing here",
                advice="leave it away",
            )
    options = {name: value for name, value in options.items() if value is not None}
    chosen = ("label", "features", "drop", "uid", "metadata")
    columns = Columns(**{name: options.pop(name) for name in chosen if name in options})
    rows = TABLE_FORMATS[kind](files, columns, **options)
    schema, selection = next(rows)
    return RawTable(schema, selection, rows)


def _csv(
    files: Files,
    columns: Columns,
    header: bool | None = None,
    names: Any = None,
    encoding: str | None = None,
    skip_rows: int = 0,
    threads: int | None = None,
    **style_options: Any,
) -> Iterator[Any]:
    style = csv_style(**style_options)
    known: Any = None
    types: dict[str, Any] = {}
    for opened in files:
        text = plain_text(opened.file, encoding, opened.name)
        quoted: Any = style.quote if style.newlines_in_values else False
        lines = LineReader(
            text,
            opened.name,
            quote=quoted.encode() if quoted else None,
            escape=style.escape.encode() if style.escape else None,
        )
        table = CsvTable(lines, style, columns, header, names, skip_rows)
        is_first = known is None
        known = same_names(known, table.names, opened.name)
        selection = select(table.names, columns)
        with naming(opened.name):
            found = table.sampled_types()
        if is_first:
            types = {name: _plain(found[name]) for name in selection.needed}
        table.read_as(types, selection)
        if is_first:
            yield table.schema, selection
        blocks = table.blocks(block_bytes(len(table.names)))
        yield from map_ordered(_parser(table), blocks, n_threads(threads))


def _plain(type_: Any) -> Any:
    """Numbers, true and false are what they are; all else is text."""
    import pyarrow as pa

    types = pa.types
    if types.is_integer(type_) or types.is_floating(type_) or types.is_null(type_):
        return pa.float64()
    return type_ if types.is_boolean(type_) else pa.string()


def _parser(table: CsvTable) -> Callable[[Block], pa.RecordBatch]:
    def parse(block: Block) -> pa.RecordBatch:
        try:
            return CsvParsing(table, block).rows()
        except ParseError as error:
            if error.column is None:
                raise
            wrong = error
        # A cell that is no number: this block once more, as text.
        import pyarrow as pa

        wanted = dict.fromkeys(table.types, pa.string())
        read = table.style.reader(table.names, wanted, list(wanted))
        on_bad = "skip" if table.style.skip_bad_rows else "error"
        try:
            found = read(block.data, lambda row: on_bad).combine_chunks()
        except ValueError:
            raise ParseError(
                "the text is not UTF-8",
                path=table.lines.name,
                advice="pass encoding=",
                row=wrong.row,
                unit=wrong.unit,
                column=wrong.column,
            ) from None
        return next(iter(found.to_batches()))

    return parse


def _jsonl(
    files: Files,
    columns: Columns,
    encoding: str | None = None,
    threads: int | None = None,
) -> Iterator[Any]:
    from .from_jsonl import jsonl_rows

    return jsonl_rows(files, columns, encoding, threads)


def _parquet(
    files: Files,
    columns: Columns,
    partition_columns: bool = False,
    schema_drift: str = "error",
    threads: int | None = None,
) -> Iterator[Any]:
    from .from_parquet import parquet_rows

    return parquet_rows(files, columns, partition_columns, schema_drift, threads)


def _arrow(files: Files, columns: Columns) -> Iterator[Any]:
    from .from_arrow_ipc import open_ipc

    known: Any = None
    for opened in files:
        with naming(opened.name):
            schema, batches = open_ipc(opened, files)
            if known is None:
                known = schema
                yield schema, select(schema.names, columns, index_columns(schema))
            elif not schema.equals(known):
                raise InputError("the schema differs from that of the first file")
            yield from batches


TABLE_FORMATS: dict[str, Callable[..., Iterator[Any]]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "parquet": _parquet,
    "arrow": _arrow,
}
