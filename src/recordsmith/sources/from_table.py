"""Data frames and other tables in memory, or produced by a query, become batches.

Whatever exports Arrow data will do; no library is asked for by name.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from ..errors import InputError, UnsupportedTypeError
from .arrow_batches import batches_from_arrow
from .columns import Columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from ..batch import Batch
    from ..tally import Tally

    Stream = tuple[pa.Schema, Iterator[pa.RecordBatch]]

__all__ = ["from_table", "is_table", "open_arrow"]

_METHODS = (
    "__arrow_c_stream__",
    "__arrow_c_array__",
    "fetch_record_batch",
    "collect_batches",
    "to_reader",
    "scanner",
    "to_arrow",
)
_ROWS = 1 << 16


def is_table(src: Any) -> bool:
    """Can :func:`open_arrow` read this? Iterables are not looked into."""
    return any(hasattr(src, method) for method in _METHODS)


def from_table(
    src: Any,
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
    tally: Tally,
) -> Iterator[Batch]:
    """Batches of a table; see :mod:`recordsmith.sources.columns` for the options."""
    schema, record_batches = open_arrow(src)
    return batches_from_arrow(
        record_batches,
        schema,
        columns=Columns(label, features, drop, uid, metadata),
        dtype=dtype,
        label_dtype=label_dtype,
        nulls=nulls,
        n_features=n_features,
        tally=tally,
    )


def open_arrow(src: Any) -> Stream:
    """The schema and the record batches of anything that yields Arrow data.

    Parameters
    ----------
    src : object
        With `__arrow_c_stream__` (pyarrow, pandas, polars, duckdb, datafusion, ...),
        `__arrow_c_array__`, `fetch_record_batch()` (ADBC cursors), `collect_batches()`
        (polars LazyFrame), a pyarrow Dataset or Scanner, `to_arrow()` (cudf); or an
        iterable of pyarrow record batches.

    Raises
    ------
    UnsupportedTypeError
        If it is none of these, or is one column and no table.

    Notes
    -----
    Batches are taken as they come; nothing is collected unless there is no other way.
    """
    import pyarrow as pa

    if isinstance(src, pa.RecordBatchReader):
        return src.schema, _closing(src)
    if isinstance(src, pa.RecordBatch):
        return src.schema, iter([src])
    if isinstance(src, pa.Table):
        return src.schema, iter(src.to_batches())
    if hasattr(src, "__arrow_c_stream__"):
        return open_arrow(_imported(src, _stream))
    if hasattr(src, "__arrow_c_array__"):
        return open_arrow(_imported(src, pa.record_batch))
    if hasattr(src, "fetch_record_batch"):
        return open_arrow(src.fetch_record_batch())
    if hasattr(src, "collect_batches"):
        return _frames(src.collect_batches())
    if hasattr(src, "scanner"):  # a pyarrow Dataset
        src = src.scanner(batch_size=_ROWS, batch_readahead=2, fragment_readahead=1)
    if hasattr(src, "to_reader"):  # a pyarrow Scanner
        return open_arrow(src.to_reader())
    if hasattr(src, "to_arrow"):
        return open_arrow(src.to_arrow())
    if hasattr(src, "__iter__"):
        return _record_batches(src)
    raise UnsupportedTypeError(
        f"{type(src).__name__} yields no Arrow data",
        advice="pass a data frame, a pyarrow table or reader, or record batches",
    )


def _stream(src: Any) -> pa.RecordBatchReader:
    import pyarrow as pa

    from_stream = getattr(pa.RecordBatchReader, "from_stream", None)
    if from_stream is not None:
        return from_stream(src)
    return pa.RecordBatchReader._import_from_c_capsule(src.__arrow_c_stream__())


def _imported(src: Any, how: Any) -> Any:
    """A stream or array through the Arrow C interface; one column is refused."""
    import pyarrow as pa

    try:
        return how(src)
    except (pa.ArrowInvalid, TypeError, ValueError) as error:
        if "unsupported format string" in str(error):
            raise UnsupportedTypeError(
                f"pyarrow {pa.__version__} does not know a type of this table: {error}",
                advice="upgrade pyarrow (text of polars needs 16), or drop the column",
            ) from error
        if "struct" not in str(error).lower():
            raise
        raise UnsupportedTypeError(
            f"{type(src).__name__} is one column, expected a table",
            advice="put it into a data frame, or pass its values as an array",
        ) from error


def _closing(reader: Any) -> Iterator[pa.RecordBatch]:
    """The batches of a reader, which is closed when they are no longer wanted."""
    try:
        yield from reader
    finally:
        close = getattr(reader, "close", None)
        if close is not None:
            close()


def _frames(frames: Any) -> Stream:
    """Data frames that are pieces of one."""
    pieces = (open_arrow(frame) for frame in frames)
    first = next(pieces, None)
    if first is None:
        raise InputError("the query gave no frame at all, not even an empty one")
    rest = itertools.chain([first], pieces)
    return first[0], (batch for _, batches in rest for batch in batches)


def _record_batches(items: Any) -> Stream:
    import pyarrow as pa

    iterator = iter(items)
    first = next(iterator, None)
    if not isinstance(first, pa.RecordBatch):
        raise UnsupportedTypeError(
            f"the iterable holds {type(first).__name__}, expected pyarrow record batches"
        )
    return first.schema, _checked(itertools.chain([first], iterator), first.schema)


def _checked(items: Any, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for number, batch in enumerate(items):
        if batch.schema != schema:
            raise InputError(
                f"record batch {number} has another schema than the first",
                advice="bring them to one schema before",
            )
        yield batch
