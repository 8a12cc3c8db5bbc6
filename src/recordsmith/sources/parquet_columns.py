"""Row groups of many columns, read in flat memory.

Whoever decodes a column of a row group holds a page and the dictionary of it, some 2 MiB.
For hundreds of columns side by side that is more than all else together. Such a row group
is read some columns at a time; what is decoded waits in temporary files, in Arrow's own
format, until the last columns are read and rows can be put together. (They have no name,
and stand where TMPDIR says.)
"""

from __future__ import annotations

import contextlib
import tempfile
from typing import TYPE_CHECKING, Any

from ..errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Generator, Iterator

    import pyarrow as pa

__all__ = ["iter_row_groups"]

# What the columns that are decoded side by side may hold.
_DECODING_BYTES = 128 << 20
# Of one column: a page and a dictionary, which writers end at 1 MiB, and a read buffer.
_COLUMN_BYTES = 2 * (1 << 20) + (1 << 16)


def iter_row_groups(
    file: Any,
    columns: list[str],
    rows: int,
    use_threads: bool,
    hold: Callable[[list[tuple[int, int]]], None] | None = None,
) -> Generator[pa.RecordBatch, None, None]:
    """Record batches of a whole file.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile
    columns : list of str
        Names in the file's schema, each once.
    rows : int
        Rows of a record batch; fewer at the end of a row group.
    use_threads : bool
        Whether to decode in pyarrow's own pool.
    hold : callable, optional
        Is given the (begin, end) of all that is to be read of a row group, before it is:
        for files of which each reading costs a request.
    """
    parts = [_parts(file, number, columns) for number in range(file.num_row_groups)]
    if hold is None and all(len(one) == 1 for one in parts):
        yield from file.iter_batches(rows, columns=columns, use_threads=use_threads)
        return
    for number, names in enumerate(parts):
        if hold is not None:
            hold(_extents(file, number, columns))
        readers = [
            file.iter_batches(
                rows, row_groups=[number], columns=some, use_threads=use_threads
            )
            for some in names
        ]
        yield from _side_by_side(readers)


def _parts(file: Any, number: int, columns: list[str]) -> list[list[str]]:
    """The columns, cut so that each part can be decoded in little memory."""
    group = file.metadata.row_group(number)
    most = min(group.total_byte_size, group.num_columns * _COLUMN_BYTES)
    if most <= _DECODING_BYTES:
        return [columns]  # without a look at each of them, which takes its time
    sizes = dict.fromkeys(columns, 0)
    for i in range(group.num_columns):
        chunk = group.column(i)
        name = _column_of(chunk.path_in_schema, sizes)
        if name is not None:
            sizes[name] += min(chunk.total_uncompressed_size, _COLUMN_BYTES)
    parts: list[list[str]] = [[]]
    room = _DECODING_BYTES
    for name in columns:
        if sizes[name] > room and parts[-1]:
            parts.append([])
            room = _DECODING_BYTES
        parts[-1].append(name)
        room -= sizes[name]
    return parts


def _extents(file: Any, number: int, columns: list[str]) -> list[tuple[int, int]]:
    """Where in the file the columns of a row group stand."""
    group = file.metadata.row_group(number)
    wanted = set(columns)
    found = []
    for i in range(group.num_columns):
        chunk = group.column(i)
        if _column_of(chunk.path_in_schema, wanted) is not None:
            begin = chunk.data_page_offset
            if chunk.dictionary_page_offset is not None:
                begin = min(begin, chunk.dictionary_page_offset)
            found.append((begin, begin + chunk.total_compressed_size))
    return found


def _column_of(path: str, names: Container[str]) -> str | None:
    """The column to which a part of a list or struct belongs; names may have dots."""
    steps = path.split(".")
    prefixes = (".".join(steps[: i + 1]) for i in range(len(steps)))
    return next((one for one in prefixes if one in names), None)


def _side_by_side(readers: list[Iterator[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    """The columns of all, put together; all but the last are first read to their end."""
    import pyarrow as pa

    with contextlib.ExitStack() as files:
        kept = [_kept(reader, files) for reader in readers[:-1]]
        for last in readers[-1]:
            batches = [*(next(one, None) for one in kept), last]
            if any(one is None or one.num_rows != last.num_rows for one in batches):
                raise FormatError("the columns of a row group differ in their rows")
            arrays = [array for one in batches for array in one.columns]
            names = [name for one in batches for name in one.schema.names]
            yield pa.RecordBatch.from_arrays(arrays, names)
            del batches, arrays, last


def _kept(
    batches: Iterator[pa.RecordBatch], files: contextlib.ExitStack
) -> Iterator[pa.RecordBatch]:
    """Read all batches into a temporary file, and give them from there."""
    import pyarrow as pa

    first = next(batches, None)
    if first is None:
        return iter(())
    try:
        file = files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        with pa.ipc.new_stream(file, first.schema) as writer:
            writer.write_batch(first)
            del first
            for batch in batches:
                writer.write_batch(batch)
                del batch  # not to stand beside the next one
        file.seek(0)
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = tempfile.gettempdir()
        raise
    return iter(pa.ipc.open_stream(file))
