"""Parquet files become batches, row group by row group; only the columns that are needed
are read."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..errors import FormatError, InputError
from ..object_reader import ObjectReader
from ..object_store import is_object
from .arrow_batches import Converter, convert_all
from .arrow_types import describe, kind_of
from .columns import Columns
from .files import naming
from .parquet_columns import iter_row_groups

if TYPE_CHECKING:
    import pyarrow as pa

    from ..batch import Batch
    from ..storage import Input
    from ..tally import Tally
    from .files import Files

__all__ = ["from_parquet"]

_BATCH_ROWS = 1 << 16
# Decoding has a price for each column of each batch; memory, for each byte of it.
_READ_BYTES = 16 << 20
_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


def from_parquet(
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
    partition_columns: bool = False,
    schema_drift: str = "error",
    threads: int | None = None,
    tally: Tally,
) -> Iterator[Batch]:
    """Batches of Parquet files, in the order of the files and of their rows.

    Parameters
    ----------
    files : Files
    label, features, drop, uid, metadata, dtype, label_dtype, nulls, n_features
        As for a table: see :mod:`recordsmith.sources.columns`.
    partition_columns : bool, default False
        Whether the `key=value` folders of a partitioned table are columns as well:
        integers if all values of a key are, else text.
    schema_drift : {"error", "promote"}, default "error"
        What to do about files whose columns differ in name or type from the first file's.
        "promote" takes the wider type, and missing values where a file lacks a column.
    threads : int, optional
        1: decode in one thread; else pyarrow's own pool.

    Raises
    ------
    FormatError
        If a file is no Parquet, or is damaged or cut off.
    InputError
        If files have different columns: all files are looked at before the first is read.

    Notes
    -----
    Dictionary columns of numbers are decoded. A Parquet file inside a gzip file, and a
    stream that cannot be set back, are refused. A row group whose columns cannot be
    decoded side by side in little memory (hundreds of columns, many rows) passes through
    temporary files: see :mod:`recordsmith.sources.parquet_columns`.
    """
    if schema_drift not in ("error", "promote"):
        raise InputError(f"schema_drift={schema_drift!r}: expected 'error' or 'promote'")
    keys = _partitions(files.entries) if partition_columns else {}
    schemas = [_schema(files.first(), files.first().name)]
    schemas += [_schema(entry, str(entry)) for entry in files.entries[1:]]
    schema = schemas[0]
    if schema_drift == "promote":
        schema = _promoted(schemas)
    schema = _with_partitions(schema, keys)
    converter = Converter(
        schema,
        Columns(label, features, drop, uid, metadata),
        dtype=dtype,
        label_dtype=label_dtype,
        nulls=nulls,
        n_features=n_features,
        tally=tally,
    )
    if schema_drift == "error":
        everything = features is None
        for entry, other in zip(files.entries[1:], schemas[1:]):
            _refuse_drift(schemas[0], other, converter, everything, keys, str(entry))
    del schemas
    return _batches(files, converter, keys, threads != 1)


def _batches(
    files: Files, converter: Converter, keys: dict[str, Any], use_threads: bool
) -> Iterator[Batch]:
    first_row = 0
    empty = None
    for number, opened in enumerate(files):
        with naming(opened.name, first_row):
            constants = {name: column[number] for name, column in keys.items()}
            # Closed at once where reading ends early, not when it is collected: files
            # are open in it.
            with closing(
                _read(opened, files, converter, constants, use_threads)
            ) as record_batches:
                for batch in convert_all(record_batches, converter, first_row):
                    empty = batch
                    if batch.n_rows:
                        yield batch
                    first_row = batch.first_row + batch.n_rows
    if first_row == 0 and empty is not None:
        yield empty  # it tells the columns


# -- one file --------------------------------------------------------------------------


def _open(src: Any, name: str) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        # Buffered: a row group of many columns would else be read into memory whole.
        return parquet.ParquetFile(src, pre_buffer=False, buffer_size=1 << 16)
    except (pa.ArrowInvalid, pa.ArrowSerializationError) as error:
        raise _damaged(error, name) from None


def _damaged(error: Exception, name: str) -> FormatError:
    return FormatError(
        f"no sound Parquet file: {error}",
        path=name,
        advice="the file is damaged, cut off, or of another format",
    )


def _source(src: Any) -> Any:
    """What pyarrow can read at random."""
    if is_object(src):
        return ObjectReader(src)
    return src.random_access("Parquet") if hasattr(src, "random_access") else src


def _schema(src: Any, name: str) -> pa.Schema:
    source = _source(src)
    with ExitStack() as ending:
        if isinstance(source, ObjectReader) and isinstance(src, str):
            ending.enter_context(source)
        return ending.enter_context(_open(source, name)).schema_arrow


def _read(
    opened: Input,
    files: Files,
    converter: Converter,
    constants: dict[str, Any],
    use_threads: bool,
) -> Generator[pa.RecordBatch, None, None]:
    """Record batches of one file, of the converter's schema as far as it is needed."""
    import pyarrow as pa

    needed = converter.layout.selection.needed
    source = _source(opened)
    with _open(source, opened.name) as file, ExitStack() as ending:
        names = file.schema_arrow.names
        promoted = not file.schema_arrow.equals(converter.schema)
        present = [name for name in needed if name in names and name not in constants]
        n_rows, done = file.metadata.num_rows, 0
        if not present:
            # Row counts alone: every needed column is a constant or is missing.
            record_batches: Iterator[Any] = iter(_rows_only(n_rows))
        else:
            rows = min(_BATCH_ROWS, converter.rows_to_read(_READ_BYTES))
            hold = source.hold if isinstance(source, ObjectReader) else None
            groups = iter_row_groups(file, present, rows, use_threads, hold)
            record_batches = ending.enter_context(closing(groups))
        while True:
            try:
                batch = next(record_batches, None)
            except (pa.ArrowInvalid, pa.ArrowSerializationError) as error:
                raise _damaged(error, opened.name) from None
            except OSError as error:
                if error.errno is not None:
                    raise
                raise _damaged(error, opened.name) from None
            if batch is None:
                return
            done += batch.num_rows
            as_it_is = len(present) == len(needed) and not promoted
            yield (
                batch
                if as_it_is
                else _completed(batch, converter.schema, needed, constants)
            )
            del batch  # it must not stand beside the next one while that is decoded
            files.at(done / max(1, n_rows))


def _rows_only(n_rows: int) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for begin in range(0, n_rows, _BATCH_ROWS):
        count = min(_BATCH_ROWS, n_rows - begin)
        yield pa.RecordBatch.from_arrays([pa.nulls(count)], ["\0"])


def _completed(
    batch: pa.RecordBatch, schema: pa.Schema, needed: list[str], constants: dict[str, Any]
) -> pa.RecordBatch:
    """A record batch with the columns that the file itself lacks, and promoted types."""
    import pyarrow as pa

    arrays = []
    for name in needed:
        type_ = schema.field(name).type
        at = batch.schema.get_field_index(name)
        if name in constants:
            array = pa.array([constants[name]], type_).take(
                pa.array([0] * batch.num_rows, pa.int32())
            )
        elif at < 0:
            array = pa.nulls(batch.num_rows, type_)
        else:
            array = batch.column(at)
            if array.type != type_ and kind_of(array.type) != kind_of(type_):
                array = array.cast(type_)
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, needed)


# -- many files ------------------------------------------------------------------------


def _refuse_drift(
    first: pa.Schema,
    other: pa.Schema,
    converter: Converter,
    everything: bool,
    keys: dict[str, Any],
    path: str,
) -> None:
    advice = 'make the files alike, or pass schema_drift="promote"'
    for name in converter.layout.selection.needed:
        if name in keys:
            continue
        if name not in other.names:
            raise InputError(
                f"column {name!r} of the first file is missing", path=path, advice=advice
            )
        expected, found = first.field(name).type, other.field(name).type
        if kind_of(expected) != kind_of(found):
            raise InputError(
                f"column {name!r} is {describe(found)}, in the first file it is "
                f"{describe(expected)}",
                path=path,
                advice=advice,
            )
    new = [name for name in other.names if name not in first.names]
    if everything and new:
        raise InputError(
            f"column {new[0]!r} is not in the first file", path=path, advice=advice
        )


def _promoted(schemas: list[pa.Schema]) -> pa.Schema:
    import pyarrow as pa

    try:
        return pa.unify_schemas(schemas, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(
            f"the files' columns cannot be brought together: {error}",
            advice="make the files alike",
        ) from None


_KEY = re.compile(r"([^=/]+)=([^/]*)")


def _partitions(entries: list[Any]) -> dict[str, list[Any]]:
    """Values of each `key=value` folder, one for each file."""
    found: list[dict[str, str]] = []
    for entry in entries:
        parts = PurePath(os.fspath(entry)).parent.parts if isinstance(entry, str) else ()
        matches = (_KEY.fullmatch(part) for part in parts)
        found.append({unquote(m[1]): unquote(m[2]) for m in matches if m is not None})
    names = list(dict.fromkeys(name for one in found for name in one))
    if not names:
        raise InputError(
            "no folder is named key=value", advice="leave partition_columns away"
        )
    columns: dict[str, list[Any]] = {}
    for name in names:
        values = [None if one.get(name) == _HIVE_NULL else one.get(name) for one in found]
        whole = all(v is None or re.fullmatch(r"[+-]?[0-9]{1,18}", v) for v in values)
        columns[name] = [int(v) if whole and v is not None else v for v in values]
    return columns


def _with_partitions(schema: pa.Schema, keys: dict[str, list[Any]]) -> pa.Schema:
    import pyarrow as pa

    for name, values in keys.items():
        if name in schema.names:
            raise InputError(
                f"{name!r} is a column of the files and a folder's key as well",
                advice="leave partition_columns away",
            )
        whole = all(value is None or isinstance(value, int) for value in values)
        schema = schema.append(pa.field(name, pa.int64() if whole else pa.string()))
    return schema
