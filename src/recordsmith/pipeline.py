"""The public verbs: each joins stages, and is short."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Optional

from .arrays import batch_from_arrays, is_sparse, label_fields, refuse_different_indexes
from .batch import Batch
from .chunks import CHUNK_BYTES, Chunk, chunks_of
from .codec import encode_batch
from .concat import rebatch
from .errors import InputError, ValidationError
from .gathering import Gatherer
from .reader import decode_all
from .results import WriteResult
from .sharding import is_folder, pop_options
from .sharding.about import groups_of, in_words, name_of, size_of
from .sharding.sink import ShardSink, open_shards
from .tally import Tally
from .threads import prefetch

if TYPE_CHECKING:
    from .algorithm_table.types import Algorithm
    from .sinks import Sink
    from .validation.guarding import Guard

    Progress = Callable[[int, Optional[int], int], None]

# What only means something beside algorithm=: see `validation.guarding`.
_CHECKED = ("algorithm", "channel", "hyperparameters", "purpose", "container")

# Of these, what has been read tells how much is still to come.
_FRONT_TO_BACK = ("recordio", "csv", "libsvm", "jsonl")

__all__ = [
    "WriteResult",
    "convert",
    "decode",
    "encode",
    "iter_batches",
    "iter_chunks",
    "read",
    "write",
]


def encode(
    X: Any,
    y: Any = None,
    *,
    dtype: str | None = None,
    label_dtype: str | None = None,
    duplicates: str = "error",
    empty_rows: str | None = None,
    threads: int | None = None,
    out: Any = None,
    tally: Tally | None = None,
    algorithm: Algorithm | str | None = None,
    **options: Any,
) -> bytes | memoryview:
    """RecordIO-protobuf bytes of rows in memory.

    Parameters
    ----------
    X : array (n_rows, n_cols), SciPy sparse, list of rows, mapping, table, Batch
        Features. An array of more dimensions writes its shape into the records; rows of
        different lengths become token lists; a mapping of names gives several features. A
        table is anything with `__arrow_c_stream__` (pyarrow, pandas, polars, duckdb): all
        its columns become one feature, those named by `label=`, `drop=`, `uid=` apart.
    y : array (n_rows,) or (n_rows, k), optional
        Labels, by position. A pandas Series whose index differs from that of X is
        refused.
    dtype, label_dtype : {"float32", "float64", "int32"}, optional
        By default what loses nothing: see :mod:`recordsmith.casts` for the rules.
        float32 is what the SageMaker algorithms want.
    duplicates : {"error", "sum", "keep"}, default "error"
        What to do about a sparse row that stores a key twice. Keys out of order are
        sorted; "keep" writes them as they are stored.
    empty_rows : {"keep", "explicit-zero", "error"}, default "keep"
        What to write for a sparse row without stored values.
    threads : int, optional
        Default: all cores. The bytes do not depend on it.
    out : writable buffer, optional
        Where to write, instead of into new bytes. After an error, what it holds is
        unspecified.
    tally : Tally, optional
        Counts what was changed.
    algorithm : str, optional
        A built-in algorithm of SageMaker: dtype, label_dtype and empty_rows are by
        default what it takes, and rows that it would refuse are a ValidationError.
    **options
        uid, metadata, configuration: a text for each row (for a table: a column's name);
        for a table also label, features, drop, nulls. With an algorithm also channel,
        hyperparameters, purpose, container, as for :func:`recordsmith.validate`.

    Returns
    -------
    bytes, or the part of `out` that was written, as a memoryview

    Raises
    ------
    InputError
        If lengths differ, a value does not fit, a key is out of range or stored twice.
    UnsupportedTypeError
        If X or y hold no numbers.
    LimitError
        If a record would take 2^29 bytes or more, or `out` is too small.
    ValidationError
        If the algorithm would refuse the rows; `report` says why.

    Notes
    -----
    The bytes are those that version 2 of the SageMaker Python SDK writes, for inputs
    that it writes correctly. Releases the GIL.

    Examples
    --------
    >>> import numpy as np, recordsmith as rs
    >>> data = rs.encode(np.eye(2, dtype="float32"), [0.0, 1.0], label_dtype="float32")
    >>> len(data), rs.decode(data).labels
    (104, array([0., 1.], dtype=float32))
    """
    tally = Tally() if tally is None else tally
    options.update(dtype=dtype, label_dtype=label_dtype, algorithm=algorithm)
    policy: dict[str, Any] = {
        "duplicates": duplicates,
        "empty_rows": empty_rows,
        "threads": threads,
        "tally": tally,
    }
    guard = _guard(X, "recordio", options, policy, tally)
    policy["empty_rows"] = policy["empty_rows"] or "keep"
    batches = list(_batches(X, y, tally, **options))
    if guard is not None:
        checked = [guard.batch(batch) for batch in batches]
        guard.finish(type(X).__name__)
        batches = [batch for batch in checked if batch is not None]
    tally.rows += sum(batch.n_rows for batch in batches)
    if len(batches) == 1:
        return encode_batch(batches[0], out=out, **policy)
    if out is None:
        parts = [encode_batch(one, **policy) for one in batches]
        return b"".join(parts)
    view, at = memoryview(out).cast("B"), 0
    for one in batches:
        at += len(encode_batch(one, out=view[at:], **policy))
    return view[:at]


def _guard(
    src: Any,
    dest_format: str,
    options: dict[str, Any],
    policy: dict[str, Any],
    tally: Tally,
) -> Guard | None:
    """The checks for the algorithm that a verb was given, whose options are taken out of
    `options`; what the table decides and the user did not is set in `policy`."""
    from .validation.guarding import Guard, pop_options

    told = pop_options(options)
    if not told:
        return None
    settings = {**options, **policy}
    algorithm = told.pop("algorithm")
    guard = Guard(algorithm, dest_format, settings, tally, source=src, **told)
    if settings.get("empty_rows") is not None:
        policy["empty_rows"] = settings["empty_rows"]
    return guard


def _batches(X: Any, y: Any, tally: Tally, **options: Any) -> Iterator[Batch]:
    """Batches of whatever a verb was given as its data."""
    if isinstance(X, Batch):
        _no_options(y, options, "a Batch")
        return iter([X])
    if _is_array(X):
        return iter([batch_from_arrays(X, y, tally=tally, **_given(options))])
    if isinstance(X, (str, os.PathLike)) or y is None:
        if y is not None:
            raise InputError(
                "labels were given beside a file", advice="name the column: label=NAME"
            )
        from .sources import open_source

        return iter(open_source(X, tally=tally, **_given(options)).batches)
    return _with_labels(X, y, tally, options)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _no_options(y: Any, options: dict[str, Any], what: str) -> None:
    given = sorted(_given(options))
    if y is not None:
        given.insert(0, "y")
    if given:
        raise InputError(
            f"{what} holds its fields already: {', '.join(given)} cannot apply"
        )


def _is_array(X: Any) -> bool:
    if hasattr(X, "__arrow_c_stream__") or hasattr(X, "__arrow_c_array__"):
        return False
    if isinstance(X, (list, tuple)):
        return not (X and isinstance(X[0], (Batch, str, os.PathLike)))
    return is_sparse(X) or isinstance(X, dict) or hasattr(X, "__array__")


def _with_labels(
    X: Any, y: Any, tally: Tally, options: dict[str, Any]
) -> Iterator[Batch]:
    """A table's columns as features, and labels beside it, by position."""
    from .sources import open_source

    if options.get("label") is not None:
        raise InputError("labels are given twice, as y and as label=", advice="pass one")
    refuse_different_indexes(X, y)
    labels = label_fields(y, options.pop("label_dtype", None), tally)
    at = 0
    for batch in open_source(X, tally=tally, **_given(options)).batches:
        own = tuple(one.rows(at, at + batch.n_rows) for one in labels)
        at += batch.n_rows
        if any(one.n_rows != batch.n_rows for one in own):
            break
        yield replace(batch, fields=batch.fields + own)
    for one in labels:
        if one.n_rows != at:
            raise InputError(
                f"{one.n_rows} labels, and the table has another number of rows",
                advice="they go by position: pass one for each row",
            )


def decode(
    data: Any,
    *,
    n_features: int | None = None,
    ragged: bool = False,
    threads: int | None = None,
) -> Batch:
    """All records of RecordIO-protobuf bytes as one batch.

    Parameters
    ----------
    data : bytes-like
    n_features : int, optional
        Number of columns of sparse records that name no shape themselves.
    ragged : bool, default False
        Give rows of numbers as ragged fields even where all are equally long (token
        lists).
    threads : int, optional
        Default: all cores.

    Returns
    -------
    Batch
        `.features` and `.labels` are arrays; `.fields` is everything.

    Raises
    ------
    FormatError
        If the bytes are damaged, or a record has another schema than those before it; the
        message gives the record's number (from 1) and the byte offset.

    Examples
    --------
    >>> import recordsmith as rs
    >>> rs.decode(rs.encode([[1.5, 2.5]], [7])).features
    array([[1.5, 2.5]])
    """
    return decode_all(data, n_features=n_features, ragged=ragged, threads=threads)


def read(src: Any, **options: Any) -> Batch:
    """A whole file, stream or other source as one batch.

    Parameters
    ----------
    src : path, list of paths, folder, glob, binary file object, table
    **options
        source_format, label, features, drop, uid, dtype, ... : as :func:`convert` takes
        them for a source; n_features and ragged as in :func:`decode`.

    Raises
    ------
    FormatError, ParseError
        If the source is damaged.
    InputError
        If its batches do not form one (a field changes its dtype or shape): use
        :func:`iter_batches`.
    """
    tally = options.pop("tally", None) or Tally()
    options.pop("rows", None)
    whole = Gatherer()
    y = options.pop("y", None)
    batches, source = _open(src, y, tally, options, whole.room)
    for batch in batches:
        done = size = None
        if source is not None and source.format in _FRONT_TO_BACK:
            done, size = source.position(), source.size
        whole.take(batch, min(1.0, done / size) if done and size else None)
        del batch  # so that its memory can be used for the next one
    return whole.batch()


def iter_batches(
    src: Any, y: Any = None, *, rows: int | None = None, **options: Any
) -> Iterator[Batch]:
    """Batches of a source that may be larger than memory.

    Parameters
    ----------
    src : path, list of paths, folder, glob, binary file object, table, arrays
    y : labels, if src is an array or a table
    rows : int, optional
        Rows of each batch but the last; default: what suits the source, a few MiB.
    **options
        As for :func:`read`.

    Examples
    --------
    >>> import io, recordsmith as rs
    >>> data = rs.encode([[1], [2], [3]])
    >>> [batch.n_rows for batch in rs.iter_batches(io.BytesIO(data), rows=2)]
    [2, 1]
    """
    tally = options.pop("tally", None) or Tally()
    batches = _batches(src, y, tally, **options)
    return batches if rows is None else rebatch(batches, rows)


def iter_chunks(
    src: Any,
    y: Any = None,
    *,
    max_bytes: int | None = None,
    chunk_bytes: int = CHUNK_BYTES,
    duplicates: str = "error",
    empty_rows: str | None = None,
    tally: Tally | None = None,
    **options: Any,
) -> Iterator[Chunk]:
    """RecordIO-protobuf chunks of whole records, of anything that can be encoded or read.

    Parameters
    ----------
    src : what :func:`encode` takes as X, or what :func:`read` takes
    y : labels, if src is an array or a table
    max_bytes : int, optional
        A limit: no chunk is longer, framing included; a longer record is a LimitError.
    chunk_bytes : int, default 1 MiB
        A target: a record that is longer travels alone.
    **options
        As for :func:`encode` and :func:`read`. With `algorithm=`, rows are what it takes;
        where it would refuse one, no chunk of that batch or a later one is given, and
        after all rows were looked at there is the error.

    Raises
    ------
    LimitError
        If a record is longer than max_bytes.
    ValidationError
        If the algorithm would refuse the rows; `report` says why.

    Notes
    -----
    Memory: a batch of the source (a few MiB, for files) and a chunk.

    Examples
    --------
    >>> import numpy as np, recordsmith as rs
    >>> chunks = list(rs.iter_chunks(np.zeros((5, 30), "float32"), max_bytes=400))
    >>> [(chunk.begin, chunk.end, len(chunk)) for chunk in chunks]
    [(0, 2, 296), (2, 4, 296), (4, 5, 148)]
    """
    tally = Tally() if tally is None else tally
    policy: dict[str, Any] = {"duplicates": duplicates, "empty_rows": empty_rows}
    guard = _guard(src, "recordio", options, policy, tally)
    policy["empty_rows"] = policy["empty_rows"] or "keep"
    batches = _batches(src, y, tally, **options)
    if guard is not None:
        batches = _guarded(batches, guard, type(src).__name__)
    yield from chunks_of(
        batches, max_bytes=max_bytes, chunk_bytes=chunk_bytes, tally=tally, **policy
    )


def _guarded(batches: Iterable[Batch], guard: Guard, subject: str) -> Iterator[Batch]:
    """The batches until there is an error, which is raised when all were looked at."""
    for found in batches:
        batch = guard.batch(found)
        if batch is not None:
            yield batch
    try:
        guard.finish(subject)
    except ValidationError as error:
        error.advice = error.advice.replace(
            "nothing was written", "the chunks before the first bad batch were given"
        )
        raise


def write(dest: Any, X: Any, y: Any = None, **options: Any) -> WriteResult:
    """Write rows in memory, or batches, to a file; the format goes by its suffix.

    Parameters
    ----------
    dest : path, "-" for standard output, or binary file object
        An existing file is refused unless overwrite=True. A file appears under its name
        only when it is whole. A folder gets shards: see :func:`convert`.
    X, y
        As for :func:`encode`; X may also be an iterable of batches.
    **options
        As for :func:`encode` and, for the destination, :func:`convert`.

    Returns
    -------
    WriteResult
    """
    return _run(dest, X, y, options)


def convert(src: Any, dest: Any, **options: Any) -> WriteResult:
    """Convert one file, or many, into another format; memory use is flat.

    Parameters
    ----------
    src : path, list of paths, folder, glob, "-", binary file object, table
        CSV, libsvm, Parquet, Arrow IPC, JSON Lines, .npy, .npz, RecordIO-protobuf; text
        may be compressed by gzip or zstd.
    dest : path, "-", or binary file object
        RecordIO-protobuf, CSV, libsvm, Parquet, Arrow IPC, JSON Lines, .npz. A folder, or
        a name that ends in "/": several files of RecordIO-protobuf, and a manifest beside
        it.
    source_format, dest_format : str, optional
        Where content and suffix do not tell.
    label, features, drop, uid : column name, position, or list of them
    dtype, label_dtype : {"float32", "float64", "int32"}, optional
    nulls : "error", "nan" or a number, default "error"
    duplicates, empty_rows : as for :func:`encode`
    overwrite : bool, default False
    limit : int, optional
        Convert only so many rows.
    algorithm : str, optional
        A built-in algorithm of SageMaker. dtype, label_dtype and empty_rows are by
        default what it takes; rows are checked as :func:`recordsmith.validate` does, and
        nothing is published if there is an error. channel, hyperparameters, purpose and
        container say more of the job.
    shards, instances, max_shard_bytes : int, optional
        How many files a folder gets: see :class:`recordsmith.sharding.Layout`.
    split : mapping of str to float, optional
        Shares of the rows that go to several channels: {"train": 0.9, "test": 0.1}.
        k_fold=5 makes five equal ones. Rows go by their number and seed=; with
        stratify=True by their label, with group_by=column by that.
    shuffle : bool, default False
        Write a folder's rows in random order, that of seed=, 0 by default.
    sagemaker_manifest : str, optional
        Write SageMaker's own manifest, too, for a folder copied to this address.
    progress : callable(bytes_done, bytes_total or None, rows_done), optional
    **options
        Those of the formats: header, names, delimiter, index_base, n_features, ... (see
        :mod:`recordsmith.sources` and :mod:`recordsmith.sinks`).

    Returns
    -------
    WriteResult

    Raises
    ------
    ValidationError
        If the algorithm would refuse the rows; `report` says why, row by row.
    """
    return _run(dest, src, None, options)


def _run(dest: Any, src: Any, y: Any, options: dict[str, Any]) -> WriteResult:
    """source -> batches -> sink, with the source one step ahead in a thread of its
    own."""
    from .sinks import OPTIONS

    started = time.perf_counter()
    tally = options.pop("tally", None) or Tally()
    limit, progress = options.pop("limit", None), options.pop("progress", None)
    for_shards = pop_options(options)
    folder = is_folder(dest, for_shards)
    for_sink = {name: options.pop(name) for name in OPTIONS if name in options}
    algorithm, threads = options.get("algorithm"), options.get("threads")
    if isinstance(src, Batch) or _is_array(src):
        options.pop("threads", None)  # there is nothing to parse
    stated = {**options, **for_sink, "limit": limit}
    guard = _checks(dest, src, folder, options, for_sink, tally)
    for_sink["groups"] = groups_of(for_shards.get("group_by"), options)
    sink = _sink(dest, for_shards if folder else None, for_sink, tally, threads)
    batches, source = _open(src, y, tally, options)
    if limit is not None:
        batches = _limited(batches, limit)
    if isinstance(sink, ShardSink):
        size = size_of(src) if source is None else source.size
        sink.expect(size, name_of(src), in_words(stated))
    schema, rows, report = "", 0, None
    with sink:
        for found in prefetch(batches):
            batch = found if guard is None else guard.batch(found)
            if batch is None:  # the rest is looked at, for the report, and not written
                continue
            schema = schema or ", ".join(map(repr, batch.fields))
            sink.write(batch)
            rows += batch.n_rows
            if progress is not None and source is not None:
                done = source.position() if source.position is not None else 0
                progress(done, source.size, rows)
        if guard is not None:
            report = guard.finish(sink.name)
    tally.rows += rows
    return WriteResult(
        sink.name,
        sink.format,
        rows,
        sink.n_bytes,
        sink.schema if isinstance(sink, ShardSink) else schema,
        time.perf_counter() - started,
        tally,
        report,
        sink.shards if isinstance(sink, ShardSink) else (),
        sink.manifest if isinstance(sink, ShardSink) else None,
        getattr(algorithm, "key", algorithm),
        for_shards.get("instances"),
    )


def _checks(
    dest: Any,
    src: Any,
    folder: bool,
    options: dict[str, Any],
    for_sink: dict[str, Any],
    tally: Tally,
) -> Guard | None:
    """The checks for an algorithm, if any were asked for."""
    from .sinks import format_of

    if all(options.get(name) is None for name in _CHECKED):
        return None
    target = "recordio"
    if not folder:
        target = format_of(dest, for_sink.get("dest_format"), for_sink.get("compression"))
    return _guard(src, target, options, for_sink, tally)


def _sink(
    dest: Any,
    for_shards: dict[str, Any] | None,
    for_sink: dict[str, Any],
    tally: Tally,
    threads: int | None,
) -> Sink | ShardSink:
    """A folder of shards where they are asked for, else a file."""
    from .sinks import open_sink

    settings = {"tally": tally, "threads": threads, **_given(for_sink)}
    if for_shards is None:
        return open_sink(dest, **settings)
    return open_shards(dest, for_shards, **settings)


def _open(
    src: Any, y: Any, tally: Tally, options: dict[str, Any], room: Any = None
) -> tuple[Any, Any]:
    """(batches, Source or None) of what a verb was given."""
    if y is None and not isinstance(src, Batch) and not _is_array(src):
        from .sources import open_source

        source = open_source(src, tally=tally, room=room, **_given(options))
        return source.batches, source
    return _batches(src, y, tally, **options), None


def _limited(batches: Iterable[Batch], limit: int) -> Iterator[Batch]:
    if limit < 0:
        raise InputError(f"limit is {limit}, expected 0 or more")
    for batch in batches:
        if limit <= batch.n_rows:
            yield batch.rows(0, limit)
            return
        yield batch
        limit -= batch.n_rows
