"""libsvm text becomes batches of sparse rows.

    label[,label]...[:weight] [qid:N] index:value index:value ... # comment

Two things the text does not say are never guessed: whether indices count from 0 or 1, and
how many columns there are (the last ones may be zero in every row). Where they are not
stated, a first pass over files finds what can be certain: the largest index, and an index
0. Everything else is refused, with what was found.

Numbers are read as Python's float() reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from ..batch import FEATURE, LABEL, Batch, Field
from ..casts import WIRE_DTYPES, cast_array
from ..errors import InputError, ParseError, RecordsmithError
from ..object_store import is_object
from ..storage import open_input
from ..tally import Tally
from ..threads import map_ordered, n_threads
from .text_blocks import BLOCK_BYTES, Block, LineReader, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from ..storage import Input
    from .files import Files

    Array = npt.NDArray[Any]

__all__ = ["from_libsvm"]

_MOST_KEYS = 2**63 - 1
_INT32_KEYS = 2**31 - 1


def from_libsvm(
    files: Files,
    *,
    index_base: int | None = None,
    n_features: int | None = None,
    dtype: str | None = None,
    label_dtype: str | None = None,
    labels: bool = True,
    weights: str = "error",
    qid: str = "error",
    unsorted: str = "error",
    encoding: str | None = None,
    block_size: int = BLOCK_BYTES,
    threads: int | None = None,
    tally: Tally,
) -> Iterator[Batch]:
    """Batches of libsvm files.

    Parameters
    ----------
    files : Files
    index_base : {0, 1}, optional
        What the first column is called in the text. If it is not stated, the text must
        hold an index 0 (then it is 0 for certain), else it is refused.
    n_features : int, optional
        Number of columns. If it is not stated a first pass finds the largest index, which
        a pipe does not allow.
    dtype, label_dtype : {"float32", "float64", "int32"}, default "float64"
    labels : bool, default True
        False: rows have features only. Several labels in a row are read where all rows
        have as many.
    weights, qid : {"error", "drop"}, default "error"
        `label:weight` and `qid:N` have no place in a record: refuse them, or leave them
        out and count them in `tally.dropped`.
    unsorted : {"error", "keep"}, default "error"
        What to do about a row whose indices do not ascend. "keep" keeps them as they are
        stored; encoding sorts them (see `duplicates=`).
    encoding : str, optional
        If it is not UTF-8 or a superset of ASCII.
    block_size : int
        Bytes of text that make a batch.
    threads : int, optional
        Default: all cores.

    Raises
    ------
    ParseError
        If a line is not libsvm text; `row` is the line, `column` the byte in it, from 1.
    InputError
        If something must be stated that is not, or a value does not fit its dtype.

    Source
    ------
    README of LIBSVM (C.-C. Chang and C.-J. Lin), "libsvm" usage; XGBoost documentation,
    "Text Input Format of DMatrix" (weights and qid).
    """
    options = _Options(
        index_base=index_base,
        n_features=n_features,
        dtype="float64" if dtype is None else dtype,
        label_dtype="float64" if label_dtype is None else label_dtype,
        labels=labels,
        weights=weights,
        qid=qid,
        unsorted=unsorted,
        encoding=encoding,
        block_size=block_size,
        threads=n_threads(threads),
    )
    options.check()
    return _batches(files, options, tally)


@dataclass(frozen=True)
class _Options:
    index_base: int | None
    n_features: int | None
    dtype: str
    label_dtype: str
    labels: bool
    weights: str
    qid: str
    unsorted: str
    encoding: str | None
    block_size: int
    threads: int

    def check(self) -> None:
        if self.index_base not in (None, 0, 1):
            raise InputError(f"index_base is {self.index_base!r}, expected 0 or 1")
        if self.n_features is not None and not 0 < self.n_features <= _MOST_KEYS:
            raise InputError(f"n_features is {self.n_features}, expected 1 to 2^63-1")
        for asked in (self.dtype, self.label_dtype):
            if asked not in WIRE_DTYPES:
                raise InputError(
                    f"dtype {asked!r} is not one of the format",
                    advice="pass float32, float64 or int32",
                )
        for name, value, known in (
            ("weights", self.weights, ("error", "drop")),
            ("qid", self.qid, ("error", "drop")),
            ("unsorted", self.unsorted, ("error", "keep")),
        ):
            if value not in known:
                raise InputError(f"{name} is {value!r}, not one of {', '.join(known)}")
        if self.block_size < 1:
            raise InputError(f"block_size is {self.block_size}, expected 1 or more")

    @property
    def flags(self) -> int:
        """Those of the core."""
        unsorted = _core.LIBSVM_FLAGS["unsorted"] if self.unsorted == "keep" else 0
        optional = 0 if self.labels else _core.LIBSVM_FLAGS["optional_label"]
        return unsorted | optional


def _batches(files: Files, options: _Options, tally: Tally) -> Iterator[Batch]:
    try:
        if options.index_base is None or options.n_features is None:
            options = _settled(files, options)
        yield from _read(files, options, tally)
    finally:
        files.close()


def _read(files: Files, options: _Options, tally: Tally) -> Iterator[Batch]:
    first_row = 0
    width: int | None = None  # labels of a row
    for opened in files:
        parse = partial(_parse, name=opened.name, options=options)
        for part in map_ordered(parse, _blocks(opened, options), options.threads):
            if width is None or not first_row:
                width = part.facts.label_width
            if part.facts.n_rows:
                _check_labels(part, width, opened.name)
                tally.add(part.tally)
                yield replace(part.batch, first_row=first_row)
                first_row += part.batch.n_rows


def _blocks(opened: Input, options: _Options) -> Iterator[Block]:
    text = plain_text(opened.file, options.encoding, opened.name)
    return LineReader(text, opened.name).blocks(options.block_size)


# -- what the text does not say --------------------------------------------------------


def _settled(files: Files, options: _Options) -> _Options:
    """The options with index base and number of columns, found by a first pass.

    Raises
    ------
    InputError
        If they cannot be certain, or a first pass is not possible.
    """
    missing = [
        name
        for name, value in (
            ("index_base=", options.index_base),
            ("n_features=", options.n_features),
        )
        if value is None
    ]
    least, greatest = _MOST_KEYS, -1
    for entry in files.entries:
        for facts in _facts(files, entry, options, missing):
            least, greatest = min(least, facts.min_index), max(greatest, facts.max_index)
            if least == 0 and options.n_features is not None:
                return replace(options, index_base=0)
    index_base, n_features = options.index_base, options.n_features
    if greatest < 0 and n_features is None:
        raise InputError(
            "no row has a feature, so the number of columns is unknown",
            path=str(files.first().name),
            advice="pass n_features=",
        )
    if index_base is None:
        if least > 0 and greatest >= 0:
            raise _ambiguous(least, greatest, files.first().name)
        index_base = 0
    if n_features is None:
        n_features = greatest - index_base + 1
    return replace(options, index_base=index_base, n_features=n_features)


def _ambiguous(least: int, greatest: int, name: str) -> InputError:
    return InputError(
        "the text does not say whether indices count from 0 or 1: "
        f"smallest index {least}, largest {greatest}",
        path=name,
        advice="pass index_base=0 or 1",
    )


def _facts(
    files: Files, entry: Any, options: _Options, missing: list[str]
) -> Iterator[_core.LibsvmFacts]:
    """Facts about the blocks of one input, which can be read once more afterwards."""
    rewind = _rewinder(files, entry)
    if rewind is None:
        raise InputError(
            f"{' and '.join(missing)} must be stated for what can be read only once",
            path=files.first().name if entry is files.entries[0] else str(entry),
            advice=_evidence(files.first(), options)
            if entry is files.entries[0]
            else f"pass {' and '.join(missing)}",
        )
    try:
        with open_input(entry) as opened:
            survey = partial(_survey, name=opened.name, options=options)
            blocks = _blocks(opened, options)
            yield from map_ordered(survey, blocks, options.threads)
    finally:
        rewind()


def _evidence(opened: Input, options: _Options) -> str:
    """What the first lines of a stream show."""
    try:
        block = next(_blocks(opened, options), None)
        if block is not None:
            facts = _survey(block, name=opened.name, options=options)
            if facts.n_values:
                return (
                    f"in the first {facts.n_rows} rows the smallest index is "
                    f"{facts.min_index}, the largest {facts.max_index}"
                )
    except RecordsmithError:
        pass
    return "state both, or read from a file"


def _rewinder(files: Files, entry: Any) -> Any:
    """What makes an input readable once more after another look; None if nothing does."""
    if isinstance(entry, str):
        # "-" is standard input, and a FIFO is no regular file.
        again = is_object(entry) or (entry != "-" and Path(entry).is_file())
        return (lambda: None) if again else None
    try:
        if not entry.seekable():
            return None
        here = entry.tell()
        start = here
        if entry is files.entries[0]:
            start -= files.first().position()  # it has been opened and looked at
        entry.seek(start)
    except (AttributeError, OSError, ValueError):
        return None
    return lambda: entry.seek(here)


def _survey(block: Block, *, name: str, options: _Options) -> _core.LibsvmFacts:
    base, n_keys = _limits(options)
    try:
        facts = _core.libsvm_facts(block.data, options.flags, base, n_keys)
    except RecordsmithError as error:
        raise _placed(error, block, name, base) from None
    _refuse_extras(facts, block, name, options)
    return facts


# -- blocks ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """What became of one block."""

    batch: Batch
    facts: _core.LibsvmFacts
    block: Block
    tally: Tally


def _limits(options: _Options) -> tuple[int, int]:
    """The index base and the number of columns that the core is to hold indices to."""
    base = 0 if options.index_base is None else options.index_base
    n_keys = _MOST_KEYS if options.n_features is None else options.n_features
    if options.index_base is None and n_keys < _MOST_KEYS:
        n_keys += 1  # the base may be 1
    return base, n_keys


def _parse(block: Block, *, name: str, options: _Options) -> _Part:
    """The rows of a block, as a batch whose first row is 0."""
    base, n_features = _limits(options)
    n_rows, n_values, n_labels = _core.libsvm_bounds(block.data)
    narrow = options.dtype == "float32"
    values: Array = np.empty(n_values, np.float32 if narrow else np.float64)
    keys: Array = np.empty(n_values, np.int32 if n_features <= _INT32_KEYS else np.int64)
    offsets, label_offsets = (np.empty(n_rows + 1, np.int64) for _ in range(2))
    labels: Array = np.empty(n_labels, np.float64)
    try:
        n_rows, n_values, n_labels, facts, narrowing = _core.libsvm_fill(
            block.data,
            options.flags,
            base,
            n_features,
            values,
            keys,
            offsets,
            labels,
            label_offsets,
        )
    except RecordsmithError as error:
        raise _placed(error, block, name, base) from None
    _refuse_extras(facts, block, name, options)
    values, keys, offsets = values[:n_values], keys[:n_values], offsets[: n_rows + 1]
    tally = Tally(dropped=facts.n_weights + facts.n_qids)
    if narrow:
        changed, overflow, first, worst = narrowing
        if overflow:
            raise _misfit(
                "a value is too large for float32",
                'pass dtype="float64", or scale it',
                block,
                name,
                int(np.searchsorted(offsets, first, side="right")) - 1,
                f"index {int(keys[first]) + base}",
            )
        tally.values_rounded += changed
        tally.max_relative_error = worst
    try:
        values = cast_array(values, options.dtype, "features", tally)
    except InputError as error:
        at = int(error.row or 0)
        row = int(np.searchsorted(offsets, at, side="right")) - 1
        what = f"index {int(keys[at]) + base}"
        raise _misfit(error.reason, error.advice, block, name, row, what) from None
    features = Field(
        FEATURE, "csr", values, shape=(n_features,), offsets=offsets, keys=keys
    )
    fields = (features, *_label(labels[:n_labels], facts, block, name, options, tally))
    return _Part(Batch(fields, n_rows), facts, block, tally)


def _label(
    labels: Array,
    facts: _core.LibsvmFacts,
    block: Block,
    name: str,
    options: _Options,
    tally: Tally,
) -> tuple[Field, ...]:
    width = facts.label_width
    if not options.labels or not facts.n_rows or facts.first_other_width >= 0:
        return ()  # _check_labels has the last word
    try:
        labels = cast_array(
            labels.reshape(-1, width), options.label_dtype, "labels", tally
        )
    except InputError as error:
        raise _misfit(
            error.reason, error.advice, block, name, int(error.row or 0), "label"
        ) from None
    shape = (width,) if width > 1 else None
    return (Field(LABEL, "dense", labels, shape=shape),)


# -- refusals --------------------------------------------------------------------------


def _refuse_extras(
    facts: _core.LibsvmFacts, block: Block, name: str, options: _Options
) -> None:
    """Weights, qid and labels that there should be none of."""
    for what, line, policy in (
        ("weights", facts.first_weight, options.weights),
        ("qid", facts.first_qid, options.qid),
    ):
        if line >= 0 and policy == "error":
            raise ParseError(
                "label:weight has no place in RecordIO-protobuf"
                if what == "weights"
                else "qid has no place in RecordIO-protobuf",
                path=name,
                row=block.first_line + line,
                unit="line",
                advice="pass labels=False if the rows have no label, or "
                'weights="drop" to leave weights out'
                if what == "weights"
                else 'pass qid="drop" to leave it out',
            )
    if not options.labels and facts.n_labels:
        line = 0 if facts.label_width else facts.first_other_width
        raise ParseError(
            "the row has a label, and labels=False was passed",
            path=name,
            row=block.first_line + line,
            unit="line",
        )


def _check_labels(part: _Part, width: int, name: str) -> None:
    """ParseError at the first row that has not `width` labels."""
    facts, line = part.facts, part.facts.first_other_width
    if facts.label_width != width:
        line = _line_of_row(part.block, 0)
    if line >= 0:
        raise ParseError(
            f"the number of labels changes: the rows before have {width}",
            path=name,
            row=part.block.first_line + line,
            unit="line",
            advice="a record's label has the same length in all rows: write label sets "
            "as one column for each class",
        )


def _line_of_row(block: Block, row: int) -> int:
    """The line of a row in a block, both from 0."""
    for line, text in enumerate(block.data.split(b"\n")):
        if text.split(b"#", 1)[0].strip():
            if row == 0:
                return line
            row -= 1
    return 0


def _misfit(
    reason: str, advice: str, block: Block, name: str, row: int, column: str
) -> InputError:
    return InputError(
        reason,
        advice=advice,
        path=name,
        row=block.first_line + _line_of_row(block, row),
        unit="line",
        column=column,
    )


def _placed(
    error: RecordsmithError, block: Block, name: str, base: int
) -> RecordsmithError:
    """The core's error with its place in the file, in words that fit it."""
    error.path = name
    error.row = block.first_line + int(error.row or 1) - 1
    error.offset = None  # line and column say it, and the text may have been decoded
    if isinstance(error.column, int):
        error.column += 1
    found, limit = error.found, error.limit
    if found is None or limit is None:
        return error
    if error.code == "RS_E_LABEL":
        error.advice = "pass labels=False if the rows have no label"
    elif error.code == "RS_E_INDEX_ORDER":
        if found == limit:
            error.reason = f"index {found} stands twice in the row"
        error.advice = 'pass unsorted="keep" to have rows sorted when they are encoded'
    elif error.code == "RS_E_INDEX":
        if found >= 0 and limit >= 0 and found > limit:
            error.reason = f"index {found} is beyond the last column, {limit}"
            error.advice = (
                f"n_features is {limit - base + 1}, index_base {base}: check both"
            )
        elif limit == base:
            error.reason = f"index {found} is below the first column, {base}"
            error.advice = "pass index_base=0" if found == 0 else ""
        elif limit >= 0:
            error.reason = f"the index is above {limit}"
            error.advice = ""
        else:
            error.reason = "expected index:value, with an index of digits only"
            error.advice = ""
    return error
