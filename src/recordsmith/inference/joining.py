"""Predictions beside the ids and the rows that they are for, by position."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional

from ..errors import InputError
from ..publish import STDOUT, check_output
from ..storage import is_path, open_input
from ..wording import plural
from .ids import open_ids
from .inputs import count_rows, tables_of
from .outputs import Reader
from .pairs import Pair, as_noted, manifest_of, pair_up, total_size
from .table_sink import open_tables, table_format, writer_of

if TYPE_CHECKING:
    import pyarrow as pa

    from .predictions import Predictions

    Progress = Callable[[int, Optional[int], int], None]

__all__ = ["FileRows", "JoinResult", "join"]

_UID = "uid"


@dataclass(frozen=True)
class FileRows:
    """How many rows an input has, and how many predictions its output."""

    name: str
    rows: int
    predictions: int


@dataclass(frozen=True)
class JoinResult:
    """What was joined.

    Attributes
    ----------
    path : str
    format : str
    rows : int
    bytes : int
    columns : tuple of str
    files : tuple of FileRows
    seconds : float
    """

    path: str
    format: str
    rows: int
    bytes: int
    columns: tuple[str, ...]
    files: tuple[FileRows, ...]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {**asdict(self), "columns": list(self.columns)}


def join(
    inputs: Any,
    outputs: Any,
    *,
    out: Any,
    ids: Any = None,
    id_columns: Iterable[str] | None = None,
    algorithm: str | None = None,
    accept: str | None = None,
    fields: Iterable[str] | None = None,
    with_features: bool = False,
    prefix: str = "",
    dest_format: str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> JoinResult:
    """Write the predictions of a transform job beside the ids of their rows.

    Parameters
    ----------
    inputs : path, list of paths, folder, glob, table, arrays
        What the job read: CSV, libsvm, JSON Lines, JSON with instances, Parquet,
        RecordIO-protobuf, images (one row a file). Of a folder that
        :func:`recordsmith.transform_files` wrote, the manifest beside it is held against
        the files.
    outputs : path, list of paths, folder, glob
        What it wrote: `NAME.out` for each input NAME. One input and one output belong
        together whatever they are called.
    out : path, "-", or binary file object
        Parquet, Arrow IPC, CSV (with a header, a column for each number of a vector) or
        JSON Lines.
    ids : path, table, list, or "uid", optional
        One for each row, in the order of the inputs: Parquet, Arrow IPC or CSV with a
        header (whose fields stay text), a data frame, a list; "uid": that of each record
        of RecordIO-protobuf inputs.
    id_columns : list of str, optional
        Columns of `ids` to take; default: all.
    algorithm : str, optional
        As for :func:`recordsmith.parse_response`; by default what the manifest says.
    accept : str, optional
        Content type of the outputs, where their first bytes leave it open.
    fields : list of str, optional
        CSV outputs: as for :func:`recordsmith.parse_response`.
    with_features : bool, default False
        Write what the inputs hold, too.
    prefix : str, default ""
        Put before the names of predictions.
    dest_format : {"parquet", "arrow", "csv", "jsonl"}, optional
        Where the suffix does not tell.
    overwrite : bool, default False
    progress : callable(bytes_done, bytes_total or None, rows_done), optional
    **options
        How to read the inputs, as for :func:`recordsmith.read`; CSV has no header unless
        header=True.

    Returns
    -------
    JoinResult

    Raises
    ------
    InputError
        If rows, predictions and ids differ in number (all counts are told, and the first
        file that differs), or a file has no partner. Nothing is written then.
    ParseError, FormatError
        If an output is cut off or damaged, or is none of the algorithm's.

    Notes
    -----
    Memory is flat: outputs are read in pieces (a document of JSON is one), and the file
    appears under its name only when all is well.

    Examples
    --------
    >>> import pathlib, recordsmith as rs
    >>> pathlib.Path("a.csv").write_text("5,1\\n6,2\\n7,3\\n")
    12
    >>> pathlib.Path("a.csv.out").write_text("0.25\\n0.5\\n0.75\\n")
    14
    >>> rs.join("a.csv", "a.csv.out", ids=[7, 8, 9], out="scored.csv").rows
    3
    >>> print(pathlib.Path("scored.csv").read_text(), end="")
    id,values
    7,0.25
    8,0.5
    9,0.75
    """
    started = time.perf_counter()
    found = table_format(out, dest_format)
    check_output(out, overwrite=overwrite)
    pairs = pair_up(inputs, outputs)
    manifest = manifest_of(inputs)
    if manifest is not None:
        pairs = as_noted(pairs, manifest, os.fsdecode(inputs))
        algorithm = algorithm or manifest.get("algorithm")
    uid = is_path(ids) and ids == _UID
    if id_columns is not None and (ids is None or uid):
        raise InputError("id_columns= are columns of ids=, which is no file or table")
    work = _Work(Reader(algorithm, accept, fields), prefix, options, progress)
    work.size = total_size(pairs)
    work.ids = None if ids is None or uid else _Rows(open_ids(ids, id_columns), "ids")
    work.features, work.uid = with_features, uid
    with open_tables(out, found, overwrite) as output:
        writer = writer_of(output, found)
        files = [work.join_pair(pair, writer.write) for pair in pairs]
        work.refuse_mismatch(files, whole=output.folder is not None)
        writer.finish(work.schema_or_empty())
        schema = work.schema_or_empty()
    return JoinResult(
        STDOUT if is_path(out) and out == STDOUT else output.name,
        found,
        sum(one.rows for one in files),
        output.n_bytes,
        tuple(schema.names),
        tuple(files),
        time.perf_counter() - started,
    )


class _Rows:
    """Tables of which a number of rows is taken at a time."""

    def __init__(self, tables: Iterator[pa.Table], what: str) -> None:
        self._tables = tables
        self._what = what
        self._rest: pa.Table | None = None
        self.n_taken = 0

    def take(self, n_rows: int) -> pa.Table | None:
        """The next rows; None if there are fewer, and then they are counted as taken."""
        import pyarrow as pa

        parts: list[pa.Table] = []
        missing = n_rows
        while missing:
            table = self._next()
            if table is None:
                return None
            part = table.slice(0, missing)
            if part.num_rows < table.num_rows:
                self._rest = table.slice(missing)
            missing -= part.num_rows
            self.n_taken += part.num_rows
            parts.append(part)
        try:
            return pa.concat_tables(parts)
        except pa.ArrowInvalid as error:
            raise InputError(
                f"the {self._what} change their columns or types: "
                f"{str(error).splitlines()[0]}",
                advice="all rows of a table have one schema",
            ) from None

    def count_all(self) -> int:
        """How many rows there are, those taken included."""
        while True:
            table = self._next()
            if table is None:
                return self.n_taken
            self.n_taken += table.num_rows

    def _next(self) -> pa.Table | None:
        rest, self._rest = self._rest, None
        return rest if rest is not None else next(self._tables, None)


class _Work:
    """What is done with each pair; once counts have parted it only goes on counting."""

    def __init__(
        self,
        reader: Reader,
        prefix: str,
        options: dict[str, Any],
        progress: Progress | None,
    ) -> None:
        self._reader = reader
        self._prefix = prefix
        self._options = options
        self._progress = progress
        self._schema: pa.Schema | None = None
        self._n_rows = 0
        self._n_bytes = 0
        self._parted = False
        self.ids: _Rows | None = None
        self.features = False
        self.uid = False
        self.size: int | None = None

    def join_pair(self, pair: Pair, write: Callable[[pa.Table], None]) -> FileRows:
        """Write the rows of one input; its counts."""
        wanted = self.features or self.uid
        own = None
        if wanted:
            tables = tables_of(pair.input, self._options, self.features, self.uid)
            own = _Rows(tables, f"rows of {pair.name}")
        n_predictions = 0
        with open_input(pair.output) as opened:
            for part in self._reader.read(opened):
                n_predictions += len(part)
                if not self._parted:
                    self._write(part, own, write, opened.name)
                if self._progress is not None:
                    done = self._n_bytes + opened.position()
                    self._progress(done, self.size, self._n_rows)
            self._n_bytes += opened.position()
        rows = count_rows(pair.input, self._options) if own is None else own.count_all()
        if pair.rows not in (None, rows):
            raise InputError(
                f"found {plural(rows, 'row')}, the manifest of the folder says "
                f"{pair.rows:,}",
                path=pair.input,
                advice="the file was changed since it was written: write it anew and run "
                "the job again",
            )
        self._parted = self._parted or rows != n_predictions
        return FileRows(pair.name, rows, n_predictions)

    def _write(
        self,
        part: Predictions,
        own: _Rows | None,
        write: Callable[[pa.Table], None],
        path: str,
    ) -> None:
        tables = []
        for source in (self.ids, own):
            if source is None:
                continue
            rows = source.take(len(part))
            if rows is None:
                self._parted = True
                return
            tables.append(rows)
        predictions = part.to_arrow()
        names = [f"{self._prefix}{name}" for name in predictions.column_names]
        tables.append(predictions.rename_columns(names))
        table = self._of_one_schema(_beside(tables), path)
        write(table)
        self._n_rows += table.num_rows

    def _of_one_schema(self, table: pa.Table, path: str) -> pa.Table:
        """The table with its columns as the first had them."""
        if self._schema is None:
            self._schema = table.schema.remove_metadata()
        before, here = self._schema, table.schema
        if set(before.names) != set(here.names):
            raise InputError(
                f"the columns are {', '.join(here.names)}; before they were "
                f"{', '.join(before.names)}",
                path=path,
            )
        table = table.select(before.names)
        for name in before.names:
            if table.schema.field(name).type != before.field(name).type:
                raise InputError(
                    f"column {name!r} is {table.schema.field(name).type}, before it was "
                    f"{before.field(name).type}",
                    path=path,
                    advice="all rows of a table have one type; algorithm= makes rows of "
                    "varying length lists where the algorithm has such",
                )
        return table.replace_schema_metadata(None)

    def schema_or_empty(self) -> pa.Schema:
        """What was written; no columns if there were no rows."""
        import pyarrow as pa

        return pa.schema([]) if self._schema is None else self._schema

    def refuse_mismatch(self, files: list[FileRows], whole: bool) -> None:
        """An error if rows, predictions and ids are not equally many."""
        rows = sum(one.rows for one in files)
        predictions = sum(one.predictions for one in files)
        n_ids = None if self.ids is None else self.ids.count_all()
        first = next((one for one in files if one.rows != one.predictions), None)
        if first is None and n_ids in (None, rows):
            return
        where = "" if len(files) == 1 else f" in {plural(len(files), 'file')}"
        parts = [f"{plural(rows, 'row')}{where}, {plural(predictions, 'prediction')}"]
        if n_ids is not None:
            parts.append(plural(n_ids, "id"))
        told = ", ".join(parts)
        if first is not None and len(files) > 1:
            told += (
                f"; they part in {first.name}: {plural(first.rows, 'row')}, "
                f"{plural(first.predictions, 'prediction')}"
            )
        raise InputError(
            f"predictions cannot be joined by position: {told}",
            path=first.name if first is not None and len(files) == 1 else None,
            advice=("nothing was written" if whole else "the output is not whole")
            + "; were files added, sorted or filtered since?",
        )


def _beside(tables: list[pa.Table]) -> pa.Table:
    """Tables of equally many rows as one."""
    import pyarrow as pa

    names = [name for table in tables for name in table.column_names]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"two columns are called {name!r}",
                advice='pass prefix= for the predictions, such as prefix="predicted_", '
                "or choose among the ids with id_columns=",
            )
    columns = [column for table in tables for column in table.columns]
    return pa.Table.from_arrays(columns, names)
