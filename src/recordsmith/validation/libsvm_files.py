"""libsvm files: rows to the checks, and an account of each line that is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from ..batch import FEATURE, LABEL, Batch, Field
from ..errors import RecordsmithError
from ..sources.text_blocks import BLOCK_BYTES, LineReader
from ..storage import Input
from ..threads import map_ordered, n_threads
from .context import Context
from .csv_blocks import Piece, line_starts
from .csv_files import text_of
from .defaults import MOST_COLUMNS
from .file_facts import FileFacts
from .libsvm_lines import NO_VALUE, fault_in, is_not_libsvm
from .offenders import NOWHERE, Origin, Spot
from .text_facts import Issues, LibsvmFacts, shown

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["LIBSVM_OPTIONS", "read_libsvm"]

# Options that leave the text as a job finds it; with others, a source reads the file.
LIBSVM_OPTIONS = frozenset(("index_base", "n_features", "block_size", "threads"))
_SAMPLE_BYTES = 1 << 16

Progress = Callable[[int], None]


def read_libsvm(
    ctx: Context,
    add: Callable[[Any, Origin], None],
    opened: Input,
    file: FileFacts,
    options: Mapping[str, Any],
    threads: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Look at every line of a file; the parameters are those of `read_csv`."""
    text, begin = text_of(ctx, opened, file)
    lines = LineReader(text, opened.name)
    pieces = _pieces(lines, begin, options.get("block_size", BLOCK_BYTES))
    facts = LibsvmFacts(file.number)
    ctx.text.libsvm.append(facts)
    file.by_line = True
    parser = _Parser(
        file.number,
        ctx.facts.limit,
        options.get("index_base") or 0,
        options.get("n_features") or MOST_COLUMNS,
        ctx.request.trains,
    )
    for parsed in map_ordered(parser.parse, pieces, n_threads(threads)):
        if parsed.piece.block.first_line == 1 and is_not_libsvm(
            parsed.piece.block.data[:_SAMPLE_BYTES]
        ):
            spot = Spot(file.number, 1, offset=0)
            first = parsed.piece.block.data.lstrip().split(b"\n", 1)[0]
            ctx.text.issues.add("libsvm/not-libsvm", "", [spot], 1, shown(first))
            return
        _take(ctx, add, parsed, facts, file)
        if progress is not None:
            progress(file.rows)


def _pieces(lines: LineReader, begin: int | None, block_size: int) -> Iterator[Piece]:
    for block in lines.blocks(block_size):
        yield Piece(block, begin)
        if begin is not None:
            begin += len(block.data)


def _take(
    ctx: Context,
    add: Callable[[Any, Origin], None],
    parsed: _Parsed,
    facts: LibsvmFacts,
    file: FileFacts,
) -> None:
    ctx.text.issues.merge(parsed.issues)
    found, n_rows = parsed.facts, parsed.batch.n_rows
    if found is not None and found.n_values:
        facts.low = min(facts.low, found.min_index)
        facts.high = max(facts.high, found.max_index)
    if found is not None:
        facts.weights += found.n_weights
        facts.qids += found.n_qids
    facts.rows += n_rows
    facts.pairs_only = facts.pairs_only and parsed.pairs_only
    if n_rows:
        first = parsed.piece.block.first_line
        add(parsed.batch, Origin(file.number, first, parsed.offset, parsed.lines))
        file.rows += n_rows


@dataclass
class _Parsed:
    """What became of a piece.

    `lines` tells the line of each row, where they do not follow one another;
    `pairs_only`, whether each label and its weight could be the first feature.
    """

    piece: Piece
    batch: Batch
    facts: Any
    issues: Issues
    lines: list[int] | None = None
    pairs_only: bool = False
    _starts: Any = None

    def offset(self, row: int) -> int:
        """Byte offset of the line of a row."""
        if self._starts is None:
            self._starts = line_starts(self.piece.block.data)
        first = self.piece.block.first_line
        line = row if self.lines is None else self.lines[row] - first
        if self.piece.offset is None:
            return NOWHERE
        return self.piece.offset + int(self._starts[line])


@dataclass(frozen=True)
class _Parser:
    """How blocks of one file are parsed."""

    file: int
    limit: int
    base: int
    n_keys: int
    label: bool

    @property
    def flags(self) -> int:
        """Those of the core: the order of keys is looked at later."""
        optional = 0 if self.label else _core.LIBSVM_FLAGS["optional_label"]
        return int(_core.LIBSVM_FLAGS["unsorted"] | optional)

    def parse(self, piece: Piece) -> _Parsed:
        """The rows of a piece, and its issues."""
        data = piece.block.data
        if b"\n" not in data and b"\r" in data:  # line ends of an old Mac
            block = replace(piece.block, data=data.replace(b"\r", b"\n"))
            piece = replace(piece, block=block)
            data = block.data
        issues, keep = Issues(self.limit), None
        try:
            filled = self.fill(data)
        except RecordsmithError:
            refusals = _Refusals(self, piece)
            filled = refusals.filled()
            keep = refusals.keep
            refusals.tell(issues)
        parsed = self._made(piece, filled, issues)
        if keep is not None or parsed.batch.n_rows != piece.block.n_lines:
            parsed.lines = self._numbers(piece, keep, issues)
        if self.label:
            self._label_widths(parsed, filled)
        return parsed

    def fill(self, data: bytes) -> _Filled:
        n_rows, n_values, n_labels = _core.libsvm_bounds(data)
        values, labels = np.empty(n_values), np.empty(n_labels)
        narrow = self.n_keys <= MOST_COLUMNS
        keys: Array = np.empty(n_values, np.int32 if narrow else np.int64)
        offsets, of_labels = (np.empty(n_rows + 1, np.int64) for _ in range(2))
        n_rows, n_values, n_labels, facts, _ = _core.libsvm_fill(
            data,
            self.flags,
            self.base,
            self.n_keys,
            values,
            keys,
            offsets,
            labels,
            of_labels,
        )
        return _Filled(
            facts,
            values[:n_values],
            keys[:n_values],
            offsets[: n_rows + 1],
            labels[:n_labels],
            of_labels[: n_rows + 1],
        )

    def spot(self, piece: Piece, starts: Array, line: int, byte: int) -> Spot:
        offset = NOWHERE
        if piece.offset is not None:
            offset = piece.offset + int(starts[line]) + byte
        return Spot(self.file, piece.block.first_line + line, NOWHERE, offset)

    def _made(self, piece: Piece, filled: _Filled, issues: Issues) -> _Parsed:
        n_rows = len(filled.offsets) - 1
        fields = [
            Field(
                FEATURE,
                "csr",
                filled.values,
                shape=None if self.n_keys == MOST_COLUMNS else (self.n_keys,),
                offsets=filled.offsets,
                keys=filled.keys,
            )
        ]
        if len(filled.labels) == n_rows and (np.diff(filled.of_labels) == 1).all():
            fields.append(Field(LABEL, "dense", filled.labels.reshape(-1, 1)))
        return _Parsed(
            piece,
            Batch(tuple(fields), n_rows),
            filled.facts,
            issues,
            pairs_only=filled.pairs_only(self.base),
        )

    def _numbers(self, piece: Piece, keep: Array | None, issues: Issues) -> list[int]:
        """The line of each row; what is blank or a comment is no row."""
        rows, others = [], []
        lines = piece.block.data.split(b"\n")[: piece.block.n_lines]
        for number, line in enumerate(lines):
            if not line.split(b"#", 1)[0].strip():
                others.append(number)
            elif keep is None or keep[number]:
                rows.append(piece.block.first_line + number)
        if others:
            starts = line_starts(piece.block.data)
            spots = [self.spot(piece, starts, at, 0) for at in others[: self.limit]]
            issues.add("libsvm/comment", "", spots, len(others))
        return rows

    def _label_widths(self, parsed: _Parsed, filled: _Filled) -> None:
        """Leave rows out that have several labels."""
        several = np.diff(filled.of_labels) != 1
        if not several.any():
            return
        block = parsed.piece.block
        lines = parsed.lines or [block.first_line + at for at in range(len(several))]
        wrong = np.flatnonzero(several).tolist()
        starts = line_starts(block.data)
        spots = [
            self.spot(parsed.piece, starts, lines[at] - block.first_line, 0)
            for at in wrong[: self.limit]
        ]
        begin = int(starts[lines[wrong[0]] - block.first_line])
        text = shown(block.data[begin : begin + 80].split(None, 1)[0])
        parsed.issues.add("libsvm/label", "several", spots, len(wrong), text)
        keep = np.zeros(block.n_lines, bool)
        fine = [lines[at] for at in np.flatnonzero(~several).tolist()]
        keep[[line - block.first_line for line in fine]] = True
        made = self._made(parsed.piece, self.fill(_kept(block.data, keep)), Issues())
        parsed.batch, parsed.facts, parsed.lines = made.batch, made.facts, fine


def _kept(data: bytes, keep: Array) -> bytes:
    mask = np.repeat(keep, np.diff(line_starts(data)))
    kept: bytes = np.frombuffer(data, np.uint8)[mask].tobytes()
    return kept


@dataclass(frozen=True)
class _Filled:
    """What the core made of lines."""

    facts: Any
    values: Array
    keys: Array
    offsets: Array
    labels: Array
    of_labels: Array

    def pairs_only(self, base: int) -> bool:
        """Could each `label:weight` be an index and its value, before the others?"""
        n_rows = len(self.offsets) - 1
        if not n_rows or self.facts.n_weights != n_rows or len(self.labels) != n_rows:
            return False
        some = self.offsets[1:] > self.offsets[:-1]
        first = self.keys[self.offsets[:-1][some]] + base
        whole = np.trunc(self.labels) == self.labels
        return bool(whole.all() and (self.labels >= base).all()) and bool(
            (self.labels[some] < first).all()
        )


class _Refusals:
    """The lines of a block that the core does not take.

    The core stops at the first one; what follows is given to it again. Its first way
    looks at all but the values.
    """

    def __init__(self, parser: _Parser, piece: Piece) -> None:
        self._parser = parser
        self._piece = piece
        self._data = piece.block.data
        self._starts = line_starts(self._data)
        self.keep = np.ones(len(self._starts) - 1, bool)
        self._found: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
        self._counts: dict[tuple[str, str], int] = {}

    def filled(self) -> _Filled:
        """The lines that are taken."""
        self._stops()
        try:
            return self._parser.fill(self._kept())
        except RecordsmithError:
            self._values()
        while True:
            try:
                return self._parser.fill(self._kept())
            except RecordsmithError as error:
                line = int(np.flatnonzero(self.keep)[int(error.row or 1) - 1])
            self._refuse(line)

    def tell(self, issues: Issues) -> None:
        """Hand over what was found, in the order of lines."""
        for (name, about), found in self._found.items():
            spots = [
                self._parser.spot(self._piece, self._starts, line, byte)
                for line, byte, _ in sorted(found)[: self._parser.limit]
            ]
            issues.add(name, about, spots, self._counts[name, about], min(found)[2])

    def _kept(self) -> bytes:
        return _kept(self._data, self.keep)

    def _stops(self) -> None:
        parser, view, at = self._parser, memoryview(self._data), 0
        while at < len(self.keep):
            rest = view[int(self._starts[at]) :]
            try:
                _core.libsvm_facts(rest, parser.flags, parser.base, parser.n_keys)
                return
            except RecordsmithError as error:
                at += int(error.row or 1)
            self._refuse(at - 1)

    def _values(self) -> None:
        """Lines with a value that is no number."""
        begins = [match.start() for match in NO_VALUE.finditer(self._data)]
        lines = np.unique(np.searchsorted(self._starts, begins, "right") - 1)
        for line in lines[self.keep[lines]].tolist():
            self._refuse(line, certain=False)

    def _refuse(self, line: int, certain: bool = True) -> None:
        """Leave a line out, and say what is wrong with it, if anything is."""
        begin, end = int(self._starts[line]), int(self._starts[line + 1])
        text, parser = self._data[begin:end].rstrip(), self._parser
        most = parser.base + parser.n_keys - 1
        fault = fault_in(text, parser.base, most, parser.label)
        if not certain and fault.about == "other":
            return
        self.keep[line] = False
        key = (fault.rule, fault.about)
        self._counts[key] = self._counts.get(key, 0) + 1
        found = self._found.setdefault(key, [])
        if len(found) < parser.limit or not certain:
            found.append((line, fault.byte, fault.text))
