"""What is this file? Its kind, fields, widths, labels, and the first problem in it.

RecordIO that holds no protobuf is described by its payloads instead.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np

from . import _core
from .batch import LABEL, Batch, Field
from .errors import InputError, RecordsmithError
from .exports import row_counts
from .payload_stream import PayloadStream
from .payloads import Raw, image_header, kind_of, raw_payloads
from .sources import open_source
from .sources.files import Files
from .sources.open_source import Source, is_files, open_files
from .storage import expand
from .tally import Tally

if TYPE_CHECKING:
    Progress = Callable[[int, Optional[int], int], None]

__all__ = ["RAW", "Description", "FieldSummary", "PayloadSummary", "describe"]

RAW = "raw-recordio"
_MAX_DISTINCT = 20
_LOOK_AT = 1 << 18


@dataclass
class FieldSummary:
    """One field over all rows.

    Attributes
    ----------
    role, name, kind, dtype : str
    shape : tuple of int or None
        The shape written in the records.
    rows : int
        Rows that have the field.
    min_width, max_width : int
        Fewest and most values of a row (stored values, for sparse fields).
    columns : int or None
        Columns of a sparse field.
    empty_rows : int
        Rows without values.
    minimum, maximum : float or None
        Of the finite numbers.
    nan, infinite : int
        Numbers that are none, and infinite ones.
    integral : bool
        Are all numbers whole?
    distinct : list of float or None
        Labels only: the different finite values, if there are at most 20.
    """

    role: str
    name: str
    kind: str
    dtype: str
    shape: tuple[int, ...] | None = None
    rows: int = 0
    min_width: int = 0
    max_width: int = 0
    columns: int | None = None
    empty_rows: int = 0
    minimum: float | None = None
    maximum: float | None = None
    nan: int = 0
    infinite: int = 0
    integral: bool = True
    distinct: list[float] | None = None

    def add(self, one: Field) -> None:
        """Take in one batch's field."""
        counts = row_counts(one)
        if one.present is not None:
            counts = counts[one.present]
        self.add_widths(counts)
        if one.kind not in ("text", "blobs"):
            self.add_numbers(one.stored)

    def add_widths(self, counts: np.ndarray) -> None:
        """Take in rows of so many values."""
        if len(counts):
            low, high = int(counts.min()), int(counts.max())
            self.min_width = low if self.rows == 0 else min(self.min_width, low)
            self.max_width = max(self.max_width, high)
            self.empty_rows += int(np.count_nonzero(counts == 0))
        self.rows += len(counts)

    def add_numbers(self, numbers: np.ndarray) -> None:
        """Take in values of rows."""
        values = np.ascontiguousarray(numbers).reshape(-1)
        _, nan, infinite, fractions, _, _, low, high = _core.value_stats(values)
        self.nan += nan
        self.infinite += infinite
        self.integral = self.integral and not fractions
        if low <= high:
            self.minimum = low if self.minimum is None else min(self.minimum, low)
            self.maximum = high if self.maximum is None else max(self.maximum, high)
        if self.distinct is not None:
            known = set(self.distinct) | set(
                np.unique(values[np.isfinite(values)]).tolist()
            )
            self.distinct = sorted(known) if len(known) <= _MAX_DISTINCT else None


@dataclass
class PayloadSummary:
    """The payloads of frames that hold no records.

    Attributes
    ----------
    kinds : dict of str to int
        How many are of each kind: see :data:`recordsmith.payloads.KINDS`.
    first : list of str
        The kinds of the first ones, in their order.
    image_headers : int
        How many have MXNet's image header in front; its labels are among the fields.
    split : int
        How many are split over several frames.
    min_bytes, max_bytes : int
        Of the shortest and the longest.
    total_bytes : int
        Of all together, without their frames.
    """

    kinds: dict[str, int] = field(default_factory=dict)
    first: list[str] = field(default_factory=list)
    image_headers: int = 0
    split: int = 0
    min_bytes: int = 0
    max_bytes: int = 0
    total_bytes: int = 0

    def add(self, payloads: list[bytes], seen: int) -> None:
        """Take in payloads; `seen`: how many came before."""
        sizes = list(map(len, payloads))
        low = min(sizes)
        self.min_bytes = min(self.min_bytes, low) if seen else low
        self.max_bytes = max(self.max_bytes, *sizes)
        self.total_bytes += sum(sizes)
        for one in payloads:
            kind = kind_of(one)
            self.kinds[kind] = self.kinds.get(kind, 0) + 1


@dataclass
class Description:
    """What :func:`describe` found.

    Attributes
    ----------
    path, format : str
        "raw-recordio" for frames that hold no records, else as a source's format.
    bytes : int or None
        Size of the input, compressed if it is.
    rows : int
        Of raw frames: payloads.
    fields : list of FieldSummary
    schemas : int
        How often the schema changes, plus one; 1 for a file that an algorithm can read.
    problem : str or None
        The first thing that is wrong, with its place; rows are counted up to there.
    payloads : PayloadSummary or None
        What raw frames hold.
    """

    path: str
    format: str
    bytes: int | None
    rows: int = 0
    fields: list[FieldSummary] = field(default_factory=list)
    schemas: int = 0
    problem: str | None = None
    payloads: PayloadSummary | None = None


def describe(
    src: Any, *, progress: Progress | None = None, **options: Any
) -> Description:
    """Say what a file or other source holds; memory use is flat.

    Parameters
    ----------
    src : whatever :func:`recordsmith.read` takes
    progress : callable(bytes_done, bytes_total or None, rows_done), optional
    **options
        As for a source: source_format, label, header, index_base, ...

    Examples
    --------
    >>> import io, recordsmith as rs
    >>> found = describe(io.BytesIO(rs.encode([[1.5, 2.0]], [1])))
    >>> found.format, found.rows, found.fields[0].max_width, found.fields[1].distinct
    ('recordio', 1, 2, [1])
    """
    files = Files(expand(src)) if is_files(src) else None
    raw = None if files is None else _raw(files, options)
    if files is not None and raw is not None:
        return _describe_raw(files, raw, _name_of(src), progress, options)
    source = _open(src, files, options)
    found = Description(_name_of(src), source.format, source.size)
    summaries: dict[tuple[str, str, str, str], FieldSummary] = {}
    schema = None
    try:
        for batch in source.batches:
            found.rows += batch.n_rows
            new = _schema(batch)
            found.schemas += new != schema
            schema = new
            for one in batch.fields:
                _summary(one, summaries).add(one)
            if progress is not None and source.position is not None:
                progress(source.position(), source.size, found.rows)
    except RecordsmithError as error:
        found.problem = str(error)
    found.fields = list(summaries.values())
    return found


def _name_of(src: Any) -> str:
    if isinstance(src, (str, bytes, os.PathLike)):
        return os.fsdecode(src)
    return str(getattr(src, "name", type(src).__name__))


def _open(src: Any, files: Files | None, options: dict[str, Any]) -> Source:
    if files is None:
        return open_source(src, tally=Tally(), **options)
    source_format = options.pop("source_format", None)
    return open_files(files, source_format, Tally(), options)


def _raw(files: Files, options: dict[str, Any]) -> Raw | None:
    """What the first file holds if it is RecordIO, but not of records."""
    if options.get("source_format") not in (None, "recordio"):
        return None
    return raw_payloads(bytes(files.first().file.peek(_LOOK_AT)))


def _describe_raw(
    files: Files,
    raw: Raw,
    name: str,
    progress: Progress | None,
    options: dict[str, Any],
) -> Description:
    for option in options:
        if option != "source_format":
            files.close()
            raise InputError(
                f"raw RecordIO has no option {option}=",
                path=name,
                advice=f"its frames hold {raw.what}, not records",
            )
    files.measure()
    summary = PayloadSummary(first=list(raw.kinds))
    found = Description(name, RAW, files.size, payloads=summary)
    labels = FieldSummary(LABEL, "", "dense", "float32", distinct=[])
    try:
        for opened in files:
            stream = PayloadStream(opened.file, name=opened.name)
            for payloads in stream:
                summary.add(payloads, found.rows)
                found.rows += len(payloads)
                _add_labels(labels, payloads)
                if progress is not None:
                    progress(files.position(), files.size, found.rows)
            summary.split += stream.n_split
    except RecordsmithError as error:
        found.problem = str(error)
    finally:
        files.close()
    summary.image_headers = labels.rows
    found.fields = [labels] if labels.rows else []
    return found


def _add_labels(labels: FieldSummary, payloads: list[bytes]) -> None:
    """Take in the labels of MXNet's image headers."""
    headers = [one for one in map(image_header, payloads) if one is not None]
    if headers:
        labels.add_widths(np.array([len(one.labels) for one in headers]))
        labels.add_numbers(np.concatenate([one.labels for one in headers]))


def _schema(batch: Batch) -> list[tuple[Any, ...]]:
    return sorted(
        (
            one.role,
            one.name,
            one.kind == "csr",
            one.dtype.name,
            one.shape or (),
            one.width,
        )
        for one in batch.fields
    )


def _summary(
    one: Field, summaries: dict[tuple[str, str, str, str], FieldSummary]
) -> FieldSummary:
    key = (one.role, one.name, one.kind, one.dtype.name)
    if key not in summaries:
        dtype = (
            "bytes" if one.kind == "blobs" else "text" if one.kind == "text" else key[3]
        )
        summary = FieldSummary(one.role, one.name, one.kind, dtype, one.shape)
        summary.columns = one.width if one.kind == "csr" else None
        summary.distinct = [] if one.role == LABEL else None
        summaries[key] = summary
    return summaries[key]
