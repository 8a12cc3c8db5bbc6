"""Ids of rows, by position: from a file, a table, or a list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FormatError, InputError, ParseError, UnsupportedTypeError
from ..sources.from_table import is_table, open_arrow
from ..storage import detect_format, expand, is_path, open_input
from .bodies import text_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["open_ids"]

_ROWS = 1 << 16
_UNNAMED_INDEX = re.compile(r"__index_level_\d+__\Z")  # as pandas stores it


def open_ids(ids: Any, columns: Iterable[str] | None) -> Iterator[pa.Table]:
    """Ids as Arrow tables, some rows at a time, of which columns are taken.

    Parameters
    ----------
    ids : path, table, list or one-dimensional array
        Parquet, Arrow IPC, or CSV with a header, whose fields stay text as they are; a
        data frame or anything else with Arrow data (an index of pandas is a column if it
        has a name); a list or array becomes the column `id`.
    columns : list of str, optional
        Default: all.
    """
    import pyarrow as pa

    if is_path(ids):
        batches = _from_file(ids)
    elif is_table(ids):
        batches = iter(open_arrow(ids)[1])
    elif isinstance(ids, (list, tuple, np.ndarray)):
        batches = iter([_from_list(ids)])
    else:
        raise UnsupportedTypeError(
            f"ids are {type(ids).__name__}, expected a file, a table or a list"
        )
    wanted = [columns] if isinstance(columns, str) else columns and list(columns)
    for batch in batches:
        table = pa.Table.from_batches([batch])
        names = table.column_names
        chosen = wanted or [one for one in names if not _UNNAMED_INDEX.match(one)]
        for name in chosen:
            if names.count(name) != 1:
                found = "no column" if name not in names else "several columns"
                raise InputError(
                    f"ids have {found} {name!r}; there are {', '.join(names)}",
                    path=str(ids) if is_path(ids) else None,
                )
        yield table.select(chosen)


def _from_list(ids: Any) -> pa.RecordBatch:
    import pyarrow as pa

    if isinstance(ids, np.ndarray) and ids.ndim != 1:
        raise InputError(f"ids have {ids.ndim} dimensions, expected one id a row")
    try:
        array = pa.array(ids)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise UnsupportedTypeError(f"ids are of no single type: {error}") from None
    return pa.record_batch([array], ["id"])


def _from_file(src: Any) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for entry in expand(src):
        with open_input(entry) as opened:
            kind = detect_format(opened.name, opened.head())
            readers = {"parquet": _parquet, "arrow": _arrow, "csv": _csv}
            if kind not in readers:
                raise InputError(
                    f"ids are {kind}, expected Parquet, Arrow IPC or CSV with a header",
                    path=opened.name,
                )
            try:
                yield from readers[kind](opened)
            except pa.ArrowInvalid as error:
                wrong = ParseError if kind == "csv" else FormatError
                raise wrong(str(error).split("\n")[0], path=opened.name) from error


def _parquet(opened: Any) -> Iterator[pa.RecordBatch]:
    from pyarrow import parquet

    with parquet.ParquetFile(opened.random_access("Parquet")) as file:
        yield from file.iter_batches(_ROWS)


def _arrow(opened: Any) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    if opened.head().startswith(b"ARROW1"):
        file = pa.ipc.open_file(opened.random_access("Arrow IPC"))
        for number in range(file.num_record_batches):
            yield file.get_batch(number)
    else:
        yield from pa.ipc.open_stream(opened.file)


def _csv(opened: Any) -> Iterator[pa.RecordBatch]:
    """All fields as text, empty ones included: an id such as 007 is no number."""
    import csv
    import io

    import pyarrow as pa
    from pyarrow import csv as pc

    head = opened.file.peek(1 << 16)[: 1 << 16].split(b"\n")[0]
    line = text_of(head, opened.name)
    names = next(csv.reader(io.StringIO(line)), [])
    types = dict.fromkeys(names, pa.string())
    reader = pc.open_csv(
        pa.PythonFile(opened.file, mode="r"),
        convert_options=pc.ConvertOptions(column_types=types, strings_can_be_null=False),
    )
    yield from reader
