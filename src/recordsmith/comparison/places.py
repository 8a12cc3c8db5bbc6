"""Blocks of rows from places all over large files that can be entered anywhere."""

from __future__ import annotations

import bisect
import io
import itertools
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import RecordsmithError
from ..resync import Whole, walk
from ..sources import open_source
from ..storage import detect_format, expand, is_path, open_input

if TYPE_CHECKING:
    from ..batch import Batch
    from ..tally import Tally

__all__ = ["Spread", "spread_blocks"]

_PLACES = 16
_TABLE_OPTIONS = (
    "label",
    "features",
    "drop",
    "uid",
    "metadata",
    "dtype",
    "label_dtype",
    "nulls",
    "n_features",
    "threads",
)


@dataclass(frozen=True)
class Spread:
    """Blocks of rows, and what the files say of the whole.

    Attributes
    ----------
    batches : list of Batch
    how : str
    total_bytes : int
    total_rows : int or None
        None: worked out from `read_rows`, which lay in `read_bytes`.
    exact : bool
    """

    batches: list[Batch]
    how: str
    total_bytes: int
    total_rows: int | None = None
    exact: bool = False
    read_rows: int = 0
    read_bytes: int = 0


def spread_blocks(
    src: Any,
    rows: int,
    max_bytes: int,
    limit: int,
    seed: int,
    options: dict[str, Any],
    tally: Tally,
) -> Spread | None:
    """Blocks from all over; None if the source is to be read from its beginning.

    Parameters
    ----------
    limit : int
        Sources up to this size are read as a whole.
    """
    files = _files(src)
    if files is None or sum(files.values()) <= limit:
        return None
    first = next(iter(files))
    with open_input(first) as opened:
        if opened.compression is not None:
            return None
        kind = options.get("source_format") or detect_format(opened.name, opened.head())
    per_place = max(1, rows // _PLACES), max(1, max_bytes // _PLACES)
    spots = _spots(files, per_place[1], seed)
    if kind == "recordio" and not options.keys() - {"source_format", "threads"}:
        return _from_records(files, spots, *per_place, seed)
    if kind == "parquet" and not options.keys() - {"source_format", *_TABLE_OPTIONS}:
        return _from_parquet(files, rows, seed, options, tally)
    if kind in ("csv", "jsonl", "libsvm") and _lines_stand_alone(kind, options):
        return _from_lines(files, spots, *per_place, seed, kind, options, tally)
    return None


def _files(src: Any) -> dict[str, int] | None:
    """The regular files that a source means, with their sizes; None if it is not that."""
    entries = src if isinstance(src, (list, tuple)) else [src]
    if not entries or not all(map(is_path, entries)):
        return None
    found = {}
    for path in expand(src):
        if path == "-" or not Path(path).is_file():
            return None
        found[path] = Path(path).stat().st_size
    return found


def _spots(files: dict[str, int], n_bytes: int, seed: int) -> list[tuple[str, int]]:
    """Files and offsets: one at random in each of as many equal parts of the whole, from
    which `n_bytes` do not reach into the next part."""
    ends = list(itertools.accumulate(files.values()))
    names = list(files)
    step = ends[-1] // _PLACES
    source = random.Random(seed)
    spots = []
    for number in range(_PLACES):
        at = number * step + source.randrange(max(1, step - n_bytes))
        which = bisect.bisect_right(ends, at)
        spots.append((names[which], at - (ends[which] - files[names[which]])))
    return spots


def _how(files: dict[str, int], n_blocks: int, seed: int) -> str:
    where = "the file" if len(files) == 1 else f"{len(files):,} files"
    return f"{n_blocks} blocks from places spread over {where} (seed {seed})"


def _window(path: str, begin: int, n_bytes: int) -> bytes:
    with Path(path).open("rb") as file:
        file.seek(begin)
        return file.read(n_bytes)


# -- text ------------------------------------------------------------------------------


def _lines_stand_alone(kind: str, options: dict[str, Any]) -> bool:
    """Can a line be read without those before it?"""
    plain = (options.get("encoding") or "utf-8").lower().replace("_", "-")
    if plain not in ("utf-8", "utf8", "ascii", "latin-1", "iso-8859-1"):
        return False
    if kind == "libsvm":
        return {"index_base", "n_features"} <= options.keys()
    return not options.get("newlines_in_values")


class _Lines(io.BytesIO):
    """Some lines of a file, under its name, which tells the delimiter and where errors
    are."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


def _from_lines(
    files: dict[str, int],
    spots: list[tuple[str, int]],
    rows: int,
    n_bytes: int,
    seed: int,
    kind: str,
    options: dict[str, Any],
    tally: Tally,
) -> Spread | None:
    batches, read_rows, read_bytes, n_blocks = [], 0, 0, 0
    for path, at in spots:
        head = _head(path, options) if kind == "csv" else b""
        begin = max(at - 1, 0)
        data = _window(path, begin, n_bytes)
        first = data.find(b"\n") + 1 if begin else len(head)
        last = data.rfind(b"\n") + 1
        if begin + len(data) == files[path]:
            last = len(data)
        body = data[first:last] if first or not begin else b""
        if begin + first < len(head) or not body.strip():
            continue
        source = _Lines(head + body, path)
        found = []
        try:
            found = list(open_source(source, tally=tally, **options).batches)
        except RecordsmithError as error:
            error.path = f"{path} (lines after byte {begin + first:,})"
            if error.row is not None:
                error.row -= head.count(b"\n")
            raise
        read_rows += sum(one.n_rows for one in found)
        read_bytes += len(body)
        n_blocks += 1
        batches += _first_rows(found, rows)
    if not batches:
        return None
    how = _how(files, n_blocks, seed)
    total = sum(files.values())
    return Spread(batches, how, total, read_rows=read_rows, read_bytes=read_bytes)


def _head(path: str, options: dict[str, Any]) -> bytes:
    """The lines before the first row: those to skip, and the header."""
    header = options.get("header")
    has_header = header or (header is None and options.get("names") is None)
    n_lines = int(options.get("skip_rows") or 0) + bool(has_header)
    with Path(path).open("rb") as file:
        return b"".join(itertools.islice(file, n_lines))


def _first_rows(batches: list[Batch], rows: int) -> list[Batch]:
    kept = []
    for one in batches:
        if rows <= 0:
            break
        kept.append(one.rows(0, rows))
        rows -= one.n_rows
    return kept


# -- records ---------------------------------------------------------------------------


def _from_records(
    files: dict[str, int],
    spots: list[tuple[str, int]],
    rows: int,
    n_bytes: int,
    seed: int,
) -> Spread | None:
    batches, read_rows, read_bytes, n_blocks = [], 0, 0, 0
    for path, at in spots:
        # The window begins and ends within records: those two are no damage.
        runs = [
            item
            for item in walk(io.BytesIO(_window(path, at, n_bytes)))
            if isinstance(item, Whole)
        ]
        read_rows += sum(one.batch.n_rows for one in runs)
        read_bytes += sum(one.end - one.begin for one in runs)
        n_blocks += bool(runs)
        batches += _first_rows([one.batch for one in runs], rows)
    if not batches:
        return None
    how = _how(files, n_blocks, seed)
    total = sum(files.values())
    return Spread(batches, how, total, read_rows=read_rows, read_bytes=read_bytes)


# -- row groups ------------------------------------------------------------------------


def _from_parquet(
    files: dict[str, int],
    rows: int,
    seed: int,
    options: dict[str, Any],
    tally: Tally,
) -> Spread | None:
    import pyarrow as pa
    from pyarrow import parquet

    groups = []
    for path in files:
        try:
            with parquet.ParquetFile(path) as file:
                metadata = file.metadata
        except pa.ArrowInvalid:
            return None  # the reader says it better
        groups += [
            (path, number, metadata.row_group(number).num_rows)
            for number in range(metadata.num_row_groups)
            if metadata.row_group(number).num_rows
        ]
    total_rows = sum(n_rows for _, _, n_rows in groups)
    if total_rows <= rows:
        return None
    n_places = min(_PLACES, len(groups))
    chosen = sorted(random.Random(seed).sample(range(len(groups)), n_places))
    settings = {name: options[name] for name in options if name in _TABLE_OPTIONS}
    settings.pop("threads", None)
    batches: list[Batch] = []
    for path, number, _ in (groups[at] for at in chosen):
        with parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 16) as file:
            some = file.iter_batches(max(1, rows // n_places), row_groups=[number])
            table = pa.Table.from_batches([next(some)], file.schema_arrow)
            some.close()
        try:
            batches += open_source(table, tally=tally, **settings).batches
        except RecordsmithError as error:
            error.path = os.fspath(path)
            raise
    how = (
        f"the first rows of {n_places} of {len(groups):,} row groups (seed {seed}), "
        "which are spread over the file"
    )
    if len(files) > 1:
        how = how.replace("the file", f"{len(files):,} files")
    return Spread(batches, how, sum(files.values()), total_rows, exact=True)
