"""Arrow tables to a file that appears under its name only when it is whole."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InputError
from ..publish import Output, open_output
from ..sinks import format_of

if TYPE_CHECKING:
    import contextlib

    import pyarrow as pa

__all__ = ["FORMATS", "TableWriter", "open_tables", "table_format"]

FORMATS = ("parquet", "arrow", "csv", "jsonl")
_GROUP_BYTES = 32 << 20


class TableWriter(Protocol):
    """Tables in, bytes into the output; all tables have one schema."""

    def write(self, table: pa.Table) -> None:
        """Write the rows of a table."""

    def finish(self, schema: pa.Schema) -> None:
        """Write what stands at the end; the schema is for a file without rows."""


def table_format(dest: Any, dest_format: str | None) -> str:
    """The format of a destination, of those that hold a table of any columns."""
    try:
        found = format_of(dest, dest_format)
    except InputError as error:  # which names all formats, and most do not fit here
        if dest_format is None:
            error.advice = f"pass dest_format=, one of {', '.join(FORMATS)}"
        raise
    if found not in FORMATS:
        raise InputError(
            f"{found} has no place for ids and predictions",
            advice=f"write one of {', '.join(FORMATS)}",
        )
    return found


def open_tables(
    dest: Any, dest_format: str, overwrite: bool
) -> contextlib.AbstractContextManager[Output]:
    """The output of a file of tables."""
    binary = dest_format in ("parquet", "arrow")
    return open_output(dest, overwrite=overwrite, binary=binary)


def writer_of(out: Output, dest_format: str) -> TableWriter:
    """The writer of a format."""
    writers: dict[str, Any] = {
        "parquet": _Parquet,
        "arrow": _ArrowFile,
        "csv": _Csv,
        "jsonl": _JsonLines,
    }
    writer: TableWriter = writers[dest_format](out)
    return writer


class _Parquet:
    """Row groups of about 32 MiB."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._writer: Any = None
        self._held: list[pa.Table] = []
        self._bytes = 0

    def write(self, table: pa.Table) -> None:
        self._held.append(table)
        self._bytes += table.nbytes
        if self._bytes >= _GROUP_BYTES:
            self._flush()

    def finish(self, schema: pa.Schema) -> None:
        self._flush()
        if self._writer is None:
            self._open(schema)
        self._writer.close()

    def _open(self, schema: pa.Schema) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        file = pa.PythonFile(self._out, mode="w")
        self._writer = parquet.ParquetWriter(file, schema)

    def _flush(self) -> None:
        import pyarrow as pa

        if self._held:
            if self._writer is None:
                self._open(self._held[0].schema)
            table = pa.concat_tables(self._held).combine_chunks()
            self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self._held, self._bytes = [], 0


class _ArrowFile:
    def __init__(self, out: Output) -> None:
        self._out = out
        self._writer: Any = None

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._open(table.schema)
        self._writer.write_table(table.combine_chunks())

    def finish(self, schema: pa.Schema) -> None:
        if self._writer is None:
            self._open(schema)
        self._writer.close()

    def _open(self, schema: pa.Schema) -> None:
        import pyarrow as pa

        self._writer = pa.ipc.new_file(pa.PythonFile(self._out, mode="w"), schema)


class _Csv:
    """A header, then rows; a vector takes a column for each number, NAME.0, NAME.1, ...

    Numbers have the fewest digits that read back as the same number.
    """

    def __init__(self, out: Output) -> None:
        self._out = out
        self._begun = False

    def write(self, table: pa.Table) -> None:
        import pyarrow as pa
        from pyarrow import csv

        flat = _flat(table)
        self._begin(flat.column_names)
        options = csv.WriteOptions(include_header=False, quoting_style="needed")
        buffer = pa.BufferOutputStream()
        csv.write_csv(flat, buffer, write_options=options)
        self._out.write(buffer.getvalue())

    def finish(self, schema: pa.Schema) -> None:
        self._begin(schema.names)

    def _begin(self, names: list[str]) -> None:
        if not self._begun:
            self._out.write(",".join(map(_quoted, names)).encode() + b"\n")
        self._begun = True


def _quoted(name: str) -> str:
    if any(c in name for c in ',"\n\r'):
        return '"' + name.replace('"', '""') + '"'
    return name


def _is_nested(type_: pa.DataType) -> bool:
    import pyarrow as pa

    # pyarrow 14 does not count lists of fixed size among the nested types.
    return bool(pa.types.is_nested(type_) or pa.types.is_fixed_size_list(type_))


def _is_binary(type_: pa.DataType) -> bool:
    import pyarrow as pa

    types = pa.types
    return bool(
        types.is_binary(type_)
        or types.is_large_binary(type_)
        or types.is_fixed_size_binary(type_)
    )


def _flat(table: pa.Table) -> pa.Table:
    """A table whose vectors are columns."""
    import pyarrow as pa

    names: list[str] = []
    columns: list[Any] = []
    for name, column in zip(table.column_names, table.columns):
        type_ = column.type
        if _is_nested(type_) or _is_binary(type_):
            inner = type_.value_type if pa.types.is_fixed_size_list(type_) else None
            if inner is None or _is_nested(inner) or column.null_count:
                holes = " with missing rows" if column.null_count else ""
                raise InputError(
                    f"column {name!r} is {type_}{holes}, for which CSV has no place",
                    advice="write parquet, arrow or jsonl",
                )
            flat = column.combine_chunks().flatten()
            for at in range(type_.list_size):
                names.append(f"{name}.{at}")
                columns.append(flat[at :: type_.list_size])
        else:
            names.append(name)
            columns.append(column)
    return pa.Table.from_arrays(columns, names)


class _JsonLines:
    """An object a row; NaN and the infinities are strings, as :mod:`recordsmith.sinks`
    writes them; bytes are base64, times ISO 8601."""

    def __init__(self, out: Output) -> None:
        self._out = out

    def write(self, table: pa.Table) -> None:
        lines = [_line(row) for row in table.to_pylist()]
        self._out.write("".join(lines).encode())

    def finish(self, schema: pa.Schema) -> None:
        """Nothing: JSON Lines has no end mark."""


def _line(row: dict[str, Any]) -> str:
    try:
        return json.dumps(row, allow_nan=False, default=_as_text) + "\n"
    except ValueError:
        return json.dumps(_without_nan(row), default=_as_text) + "\n"


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not abs(value) < float("inf"):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    return value


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value.isoformat() if hasattr(value, "isoformat") else value)
