"""Rows as the text or the records of requests, in blocks to be cut between rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .. import _core
from ..batch import CONFIGURATION, FEATURE, LABEL, Batch, Field
from ..codec import Encoder
from ..density import densified, sparsified, stored_mask
from ..errors import InputError, LimitError, RecordsmithError, core_error
from ..sinks import rows
from ..tally import Tally
from ..threads import map_ordered

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Block", "Layout", "RecordBlock", "TextBlock", "blocks_of", "envelope"]

FORMS = ("auto", "dense", "sparse")
# Text of about five MB: as much as an endpoint takes at once.
_BLOCK_VALUES = 1 << 18
_SEPARATOR = b","


class Block(Protocol):
    """Some rows, of which runs can be taken."""

    @property
    def n_rows(self) -> int:
        """How many rows."""

    @property
    def first_row(self) -> int:
        """Position of the first one in the source, from 0."""

    def fit(self, begin: int, n_bytes: int) -> tuple[int, int]:
        """(end, size) of the longest run of rows from `begin` in n_bytes; (begin, size
        of that row) if it is longer."""

    def take(self, begin: int, end: int) -> Any:
        """The bytes of rows [begin, end)."""


@dataclass(frozen=True)
class TextBlock:
    """Rows of text, one behind the other.

    Attributes
    ----------
    text : bytes-like
    ends : ndarray (n_rows + 1,) of int64
        Where rows begin in `text`, and where the last one ends.
    first_row : int
    has_first : ndarray (n_rows,) of bool, optional
        Of libsvm: rows that store the first column.
    stored : ndarray (n_rows,) of bool, optional
        Of libsvm: rows that store anything.
    """

    text: Any
    ends: npt.NDArray[np.int64]
    first_row: int = 0
    has_first: npt.NDArray[np.bool_] | None = None
    stored: npt.NDArray[np.bool_] | None = None

    @property
    def n_rows(self) -> int:
        """How many rows."""
        return len(self.ends) - 1

    def fit(self, begin: int, n_bytes: int) -> tuple[int, int]:
        """The longest run of rows; see :class:`Block`."""
        start = int(self.ends[begin])
        end = int(np.searchsorted(self.ends, start + n_bytes, "right")) - 1
        last = max(end, begin + 1)
        return max(end, begin), int(self.ends[last]) - start

    def take(self, begin: int, end: int) -> Any:
        """The bytes of rows [begin, end)."""
        return memoryview(self.text)[int(self.ends[begin]) : int(self.ends[end])]


class RecordBlock:
    """Rows as RecordIO-protobuf, which are written when they are taken."""

    def __init__(
        self, batch: Batch, duplicates: str, empty_rows: str, tally: Tally
    ) -> None:
        self._encoder = Encoder(
            batch, duplicates=duplicates, empty_rows=empty_rows, tally=tally
        )
        self.n_rows = batch.n_rows
        self.first_row = batch.first_row
        self._planned = (-1, -1, 0)  # begin, end and size of the run asked for last

    def fit(self, begin: int, n_bytes: int) -> tuple[int, int]:
        """The longest run of rows; see :class:`Block`."""
        self._planned = (begin, *self._encoder.plan(begin, self.n_rows, n_bytes))
        return self._planned[1:]

    def take(self, begin: int, end: int) -> Any:
        """The bytes of rows [begin, end)."""
        if self._planned[:2] != (begin, end):
            self._planned = (begin, *self._encoder.plan(begin, end))
        return self._encoder.encode(begin, end, self._planned[2])


@dataclass(frozen=True)
class Layout:
    """How rows are to be written, beyond the content type.

    Attributes
    ----------
    kind : str
        See :class:`recordsmith.inference.media.Media`.
    form : {"auto", "dense", "sparse"}
    extras : {"error", "drop"}
        What to do about uid and metadata where the text has no place for them.
    configuration : mapping, optional
        Of each instance, in JSON.
    duplicates, empty_rows : str
        As for :func:`recordsmith.encode`.
    longest : int, optional
        Bytes that a row may take.
    tally : Tally
    """

    kind: str
    form: str = "auto"
    extras: str = "error"
    configuration: Mapping[str, Any] | None = None
    duplicates: str = "error"
    empty_rows: str = "keep"
    longest: int | None = None
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        records = self.kind == "recordio"
        for name, known in (
            ("form", FORMS),
            ("extras", ("error", "drop")),
            ("duplicates", ("error", "sum", "keep") if records else ("error", "sum")),
            ("empty_rows", ("keep", "explicit-zero", "error")),
        ):
            value = getattr(self, name)
            if value not in known:
                raise InputError(
                    f"{name} is {value!r}, expected {' or '.join(known)} for {self.kind}"
                )
        if self.form == "sparse" and self.kind == "csv":
            raise InputError(
                "CSV has no sparse form", advice="choose another type, or form='dense'"
            )
        if self.configuration is not None and self.kind in ("csv", "libsvm"):
            raise InputError(
                f"{self.kind} has no place for a configuration",
                advice="choose application/json, jsonlines or recordio-protobuf",
            )


def envelope(
    kind: str, configuration: Mapping[str, Any] | None = None
) -> tuple[bytes, bytes, bytes]:
    """What stands before the rows, after them, and after each but the last.

    `configuration` is what stands beside the instances, of JSON.
    """
    if kind == "json":
        beside = ""
        if configuration is not None:
            beside = f',"configuration":{_json(configuration)}'
        return b'{"instances":[', f"]{beside}}}".encode(), _SEPARATOR
    return b"", b"", b""


def blocks_of(batches: Iterable[Batch], layout: Layout, workers: int) -> Iterator[Block]:
    """The rows of all batches as blocks, made by threads a few blocks ahead.

    Raises
    ------
    InputError
        If the rows have several features, or values that the text has no place for; with
        the row, and the column where there is one.
    """
    parts = _parts(batches, layout)
    if layout.kind == "recordio":
        yield from map(partial(_record_block, layout=layout), parts)
    else:
        yield from map_ordered(partial(_text_block, layout=layout), parts, workers)


def _parts(batches: Iterable[Batch], layout: Layout) -> Iterator[Batch]:
    """Batches in pieces of a few MB, in the form that is wanted."""
    at = 0
    for batch in batches:
        batch = replace(batch, first_row=at)
        at += batch.n_rows
        if layout.kind != "recordio":
            batch = rows.drop_extras(batch, layout.extras, layout.kind, layout.tally)
        for begin, end in _ranges(batch, layout):
            part = batch.rows(begin, end)
            yield replace(
                part, fields=tuple(_formed(one, part, layout) for one in part.fields)
            )


def _ranges(batch: Batch, layout: Layout) -> Iterator[tuple[int, int]]:
    """Ranges of rows of about as many values as a block has."""
    total = 0
    for one in batch.all(FEATURE):
        dense = one.kind == "csr" and layout.form == "dense"
        total += (one.width or 0) * one.n_rows if dense else one.stored.size
    step = max(1, _BLOCK_VALUES // max(1, total // max(1, batch.n_rows)))
    for begin in range(0, batch.n_rows, step):
        yield begin, min(begin + step, batch.n_rows)


def _formed(one: Field, batch: Batch, layout: Layout) -> Field:
    """A feature, sparse or dense as it is wanted."""
    if one.role != FEATURE:
        return one
    if one.kind == "csr" and layout.kind != "recordio":
        one = rows.unique_keys(one, layout.duplicates, batch.first_row, layout.tally)
    if one.kind == "csr" and layout.form == "dense":
        _refuse_wide(one, batch, layout)
        return densified(one)
    if layout.form == "sparse":
        one = sparsified(one)
    sparse_text = layout.kind != "recordio" and one.kind == "csr"
    return _with_zeros(one, layout, batch.first_row) if sparse_text else one


def _refuse_wide(one: Field, batch: Batch, layout: Layout) -> None:
    """LimitError for dense rows that no body holds, before there is memory for them."""
    each = one.dtype.itemsize if layout.kind == "recordio" else len("0,")
    least = (one.width or 0) * each - 1
    if layout.longest is not None and least > layout.longest:
        raise LimitError(
            f"a dense row of {one.width:,} columns takes at least {least:,} bytes, "
            f"a request holds {layout.longest:,}",
            row=batch.first_row,
            advice="leave the rows sparse: form='auto', of a type that has sparse rows",
        )


def _record_block(batch: Batch, layout: Layout) -> Block:
    if layout.configuration is not None:
        if batch.get(CONFIGURATION) is not None:
            raise InputError(
                "the rows have a configuration of their own, and another one is given",
                advice="pass one of them",
            )
        texts: list[str | None] = [_json(layout.configuration)] * batch.n_rows
        more = Field.from_texts(CONFIGURATION, texts)
        batch = replace(batch, fields=(*batch.fields, more))
    return RecordBlock(batch, layout.duplicates, layout.empty_rows, layout.tally)


# -- text ------------------------------------------------------------------------------


def _text_block(batch: Batch, layout: Layout) -> Block:
    one = _only_feature(batch, layout)
    rows.refuse_missing(one, batch.first_row)
    try:
        if layout.kind == "libsvm":
            return _libsvm_block(one, batch, layout)
        if layout.kind == "csv":
            return _csv_block(one, batch)
        return _json_block(one, batch, layout)
    except RecordsmithError as error:
        if error.code is not None and error.row is not None:
            error.row += batch.first_row
        raise


def _only_feature(batch: Batch, layout: Layout) -> Field:
    found = list(batch.all(FEATURE))
    if len(found) != 1 or found[0].name != "values":
        names = ", ".join(repr(one.name) for one in found) or "none"
        raise InputError(
            f"a request of {layout.kind} holds the feature 'values', found {names}",
            advice="pass one matrix of features, or write recordio-protobuf",
        )
    return found[0]


def _written(
    one: Field,
    batch: Batch,
    head: bytes,
    tail: bytes,
    *,
    middle: bytes = b"",
    separator: bytes = b",",
    exact: bool = True,
) -> TextBlock:
    """The text of all rows. `exact`: floats have a point, NaN is an error."""
    n_rows = one.n_rows
    n_values = one.stored.size
    bound = n_values * (26 + len(separator)) + n_rows * (
        len(head) + len(middle) + len(tail)
    )
    if one.kind == "csr":
        bound += n_values * (19 + len(separator))
    out = np.empty(bound + 8, np.uint8)
    ends = np.zeros(n_rows + 1, np.int64)
    ready = _core.Rows([one], n_rows, False, False)
    _, n_bytes, needed = _core.text_write(
        ready, 0, n_rows, head, separator, middle, tail, exact, exact, out, ends[1:]
    )
    if needed or (n_rows and ends[-1] != n_bytes):
        raise InputError(
            "the rows no longer fit the space planned for them",
            advice="do not change the arrays while they are being written",
        )
    return TextBlock(out[:n_bytes].data, ends, batch.first_row)


def _csv_block(one: Field, batch: Batch) -> TextBlock:
    if one.kind == "csr":
        raise InputError(
            "the rows are sparse; in CSV each would be "
            f"{'unknown' if one.width is None else one.width} values",
            advice="pass form='dense' to write all, or choose another content type",
        )
    if one.kind != "dense":
        values = rows.as_dense(one, batch.first_row)
        one = replace(one, kind="dense", values=values, offsets=None)
    if not one.width:
        raise InputError("rows without values have no place in CSV")
    return _written(one, batch, b"", b"\n", exact=False)


def _json_block(one: Field, batch: Batch, layout: Layout) -> TextBlock:
    after = _SEPARATOR if layout.kind == "json" else b"\n"
    if one.kind == "csr" and one.shape is None:
        raise InputError(
            "the sparse rows name no shape, which JSON has to have",
            advice="pass n_features=",
        )
    head, middle, tail = _json_frame(one, layout.configuration)
    try:
        return _written(
            one, batch, head.encode(), tail.encode() + after, middle=middle.encode()
        )
    except InputError as error:
        if error.code == "RS_E_NOT_FINITE":
            error.reason = "the value is NaN or infinite, for which JSON has no number"
            error.advice = "fill it in, leave the row out, or choose another content type"
        raise


def _json_frame(
    one: Field, configuration: Mapping[str, Any] | None
) -> tuple[str, str, str]:
    """What stands before the values of an instance, between its keys and them, and after
    them."""
    settings = ""
    if configuration is not None:
        settings = f'"configuration":{_json(configuration)},'
    if one.kind == "csr":
        head = f'{{{settings}"data":{{"features":{{"keys":['
        return head, f'],"shape":{_json(one.shape)},"values":[', "]}}}"
    if one.shape is None and not settings:
        return '{"features":[', "", "]}"
    shape = "" if one.shape is None else f',"shape":{_json(one.shape)}'
    return f'{{{settings}"data":{{"features":{{"values":[', "", f"]{shape}}}}}}}"


def _json(value: Any) -> str:
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"the configuration is no JSON: {error}") from None


def _with_zeros(one: Field, layout: Layout, first_row: int) -> Field:
    """Sparse rows without values, as `empty_rows` wants them."""
    empty = np.flatnonzero(np.diff(one.bounds) == 0)
    if not len(empty):
        return one
    layout.tally.empty_rows += len(empty)
    if layout.empty_rows == "error":
        raise InputError(
            f"{len(empty)} sparse rows have no stored value",
            row=first_row + int(empty[0]),
            advice='pass empty_rows="keep" or "explicit-zero"',
        )
    if layout.empty_rows != "explicit-zero" or not one.width:
        return one
    layout.tally.zeros_added += len(empty)
    return with_first(one, empty, 0)


def with_first(one: Field, at: npt.NDArray[np.int64], value: float) -> Field:
    """A csr field in which these rows, which lack it, store a value at key 0."""
    bounds = one.bounds.astype(np.int64)
    bounds -= bounds[0]
    added = np.zeros(len(bounds), np.int64)
    added[at + 1] = 1
    return replace(
        one,
        values=np.insert(one.stored, bounds[at], value),
        keys=np.insert(one.stored_keys, bounds[at], 0),
        offsets=bounds + np.cumsum(added),
    )


# -- libsvm ----------------------------------------------------------------------------


def _libsvm_block(one: Field, batch: Batch, layout: Layout) -> TextBlock:
    """Lines that begin with a label of 0, which servers skip: without it a row that
    stores nothing would be a blank line, and blank lines at the ends of a body are lost.
    """
    if one.kind not in ("dense", "csr"):
        values = rows.as_dense(one, batch.first_row)
        one = replace(one, kind="dense", values=values, offsets=None)
    _check_keys(one)
    n_rows = one.n_rows
    keep_zeros = layout.form == "dense"
    label = Field(LABEL, "dense", np.zeros((n_rows, 1), np.int32))
    ready = _core.Rows([one, label], n_rows, False, False)
    # What the core asks for: 26 bytes a label, 46 a value, 2 a row.
    out = np.empty(46 * one.stored.size + 28 * n_rows + 1, np.uint8)
    end, n_bytes, _ = _core.libsvm_write(ready, 0, n_rows, 0, keep_zeros, out)
    text = out[:n_bytes]
    ends = np.zeros(n_rows + 1, np.int64)
    lines = np.flatnonzero(text == ord("\n"))
    if end != n_rows or len(lines) != n_rows:
        raise InputError(
            "the rows no longer fit the space planned for them",
            advice="do not change the arrays while they are being written",
        )
    ends[1:] = lines + 1
    has_first, stored = _presence(one, keep_zeros)
    return TextBlock(text.data, ends, batch.first_row, has_first, stored)


def _check_keys(one: Field) -> None:
    """A column beyond the width would be a new one to the server."""
    if one.kind == "csr" and one.width is not None:
        beyond = one.stored_keys >= one.width
        if beyond.any():
            at = int(np.argmax(beyond))
            owner = np.searchsorted(one.bounds - one.bounds[0], at, "right") - 1
            key = int(one.stored_keys[at])
            raise core_error("RS_E_KEY", row=int(owner), found=key, limit=one.width)


def _presence(
    one: Field, keep_zeros: bool
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Rows that store the first column, and rows that store any."""
    if one.kind == "csr":
        counts = np.diff(one.bounds)
        owner = np.repeat(np.arange(one.n_rows), counts)
        has_first = np.zeros(one.n_rows, bool)
        has_first[owner[one.stored_keys == 0]] = True
        return has_first, counts > 0
    if not one.width:
        return np.zeros(one.n_rows, bool), np.zeros(one.n_rows, bool)
    if keep_zeros:
        return np.ones(one.n_rows, bool), np.ones(one.n_rows, bool)
    mask = stored_mask(one.values)
    return mask[:, 0].copy(), np.asarray(mask.any(axis=1))
