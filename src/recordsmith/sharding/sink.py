"""A folder as the destination of batches."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import LABEL, Batch
from ..errors import InputError
from ..folders import check_folder, manifest_path, open_folder, write_manifest
from ..sinks import options_of
from ..tally import Tally
from ..threads import n_threads
from .about import Groups
from .dealing import Blocks, Dealer, Shard
from .encoding import InOrder, Run, encode_rows, encode_run
from .options import AUTO_BYTES, Layout
from .sagemaker_manifest import write_sagemaker_manifests
from .shuffling import Buckets
from .splitting import Splitter
from .summary import LabelSummary, fields_of

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["ShardSink", "open_shards"]

_RUN_ROWS = 1 << 16
_RUN_BYTES = 4 << 20


class _Part:
    """What is being done to the rows of one part."""

    def __init__(self, name: str, dealer: Dealer, row_bytes: int) -> None:
        self.name = name
        self.dealer = dealer
        self.labels = LabelSummary()
        self._blocks = Blocks(dealer.width, row_bytes, dealer.max_bytes)
        self._lacking = self._blocks.next()  # rows of the block that is being filled
        self._held: list[Any] = []
        self._n_held = 0

    def cuts(self, n_rows: int) -> list[int]:
        """Where blocks end in the part's next rows."""
        found, at = [], self._lacking
        while at <= n_rows:
            found.append(at)
            at += self._blocks.next()
        self._lacking = at - n_rows
        return found

    def take(self, pieces: Iterable[Any], n_rows: int, cuts: list[int]) -> None:
        """Deal the blocks that end in so many rows."""
        ends = cuts if cuts[-1:] == [n_rows] else [*cuts, n_rows]
        begin, whole = 0, set(cuts)
        for end, piece in zip(ends, pieces):
            self._held.append(piece)
            self._n_held += end - begin
            if end in whole:
                self.flush()
            begin = end

    def flush(self) -> None:
        """Deal what is held of a block."""
        if self._n_held:
            self.dealer.deal(self._held, self._n_held)
        self._held, self._n_held = [], 0


class ShardSink:
    """A folder of RecordIO-protobuf files, as a :class:`recordsmith.sinks.Sink`.

    Attributes
    ----------
    name : str
    format : str
        "recordio".
    n_rows, n_bytes : int
    schema : str
        The fields of the first batch, as text.
    shards : tuple of Shard
        Once the block has ended.
    manifest : str
        The path of what is written beside the folder.
    """

    format = "recordio"

    def __init__(
        self,
        folder: str,
        layout: Layout,
        overwrite: bool,
        tally: Tally,
        threads: int | None,
        policy: dict[str, Any],
        groups: Groups | None = None,
    ) -> None:
        self.name = folder
        self.schema = ""
        self._groups = groups
        self.layout = layout
        self.manifest = manifest_path(folder)
        self.shards: tuple[Shard, ...] = ()
        self.n_rows = 0
        self._overwrite = overwrite
        self._tally = tally
        self._policy = policy
        self._encoders = InOrder(n_threads(threads))
        self._splitter = None
        if layout.split:
            self._splitter = Splitter(
                layout.split,
                layout.seed or 0,
                layout.stratify,
                None if groups is None else groups.role,
            )
        self._buckets: Buckets | None = None
        self._stack = contextlib.ExitStack()
        self._parts: list[_Part] = []
        self._fields: list[dict[str, Any]] = []
        self._run_rows = _RUN_ROWS
        self._size: int | None = None
        self._about: dict[str, Any] = {}

    def expect(self, size: int | None, source: Any, options: dict[str, Any]) -> None:
        """Say what is to come: the source's bytes, what it is, and what was asked for."""
        self._size = size
        self._about = {"source": source, "options": options}

    @property
    def n_bytes(self) -> int:
        """Bytes of all files, once the block has ended."""
        return sum(one.bytes for one in self.shards)

    def __enter__(self) -> ShardSink:
        with contextlib.ExitStack() as stack:
            stack.callback(self._encoders.close)
            hidden = stack.enter_context(open_folder(self.name, self._overwrite))
            if self.layout.shuffle:
                made = TemporaryDirectory(".rows", f"{hidden.stem}.", hidden.parent)
                folder = Path(stack.enter_context(made))
                self._buckets = Buckets(folder, self._size, self.layout.seed or 0)
            self._hidden = hidden
            self._stack = stack.pop_all()
        return self

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        if not batch.n_rows:
            return
        first, self.n_rows = self.n_rows, self.n_rows + batch.n_rows
        rows = np.arange(first, self.n_rows, dtype=np.uint64)
        parts = None if self._splitter is None else self._splitter.parts(rows, batch)
        if self._groups is not None and not self._groups.keep:
            role = self._groups.role
            own = tuple(one for one in batch.fields if one.role != role)
            batch = replace(batch, fields=own)
        if not self._parts:
            self.schema = ", ".join(map(repr, batch.fields))
            self._begin(batch.rows(0, 1))
        for number, part in enumerate(self._parts):
            chosen = None if parts is None else np.flatnonzero(parts == number)
            if chosen is None:
                part.labels.add(batch.all(LABEL))
            elif len(chosen):
                part.labels.add(batch.all(LABEL), chosen)
            if self._buckets is None:
                self._put(part, batch, chosen)
        if self._buckets is not None:
            self._scatter(batch, rows, parts)

    def _begin(self, row: Batch) -> None:
        """Open the files: the first row tells how long records are."""
        record = encode_rows(row, self._policy, Tally())
        self._fields = fields_of(record)
        self._run_rows = max(1, min(_RUN_ROWS, _RUN_BYTES // len(record)))
        group = self.layout.instances or 1
        most = self.layout.max_shard_bytes or AUTO_BYTES
        for name in self.layout.parts:
            count = self.layout.count(name, self._size)
            dealer = Dealer(self._hidden, name, count, group, most)
            self._stack.enter_context(dealer)
            self._parts.append(_Part(name, dealer, len(record)))

    def _put(self, part: _Part, batch: Batch, rows: Array | None) -> None:
        """Have rows of a batch encoded, a few MiB at a time."""
        n_rows = batch.n_rows if rows is None else len(rows)
        for begin in range(0, n_rows, self._run_rows):
            end = min(n_rows, begin + self._run_rows)
            cuts = part.cuts(end - begin)
            if rows is None:
                run = Run(batch.rows(begin, end), None, cuts)
            else:
                run = Run(batch, rows[begin:end], cuts)
            what = (part, end - begin, cuts)
            self._take_all(self._encoders.put(what, encode_run, run, self._policy))

    def _scatter(self, batch: Batch, rows: Array, parts: Array | None) -> None:
        """Have rows encoded that are to be shuffled."""
        for begin in range(0, batch.n_rows, self._run_rows):
            end = min(batch.n_rows, begin + self._run_rows)
            run = Run(batch.rows(begin, end), None, [])
            own = None if parts is None else parts[begin:end]
            self._take_all(
                self._encoders.put((rows[begin:end], own), encode_run, run, self._policy)
            )

    def _take_all(self, results: Iterable[tuple[Any, tuple[list[Any], Tally]]]) -> None:
        """Deal or scatter what has been encoded."""
        for what, (pieces, tally) in results:
            self._tally.add(tally)
            if self._buckets is not None:
                self._buckets.put(pieces[0], *what)
            else:
                part, n_rows, cuts = what
                part.take(pieces, n_rows, cuts)

    def _deal_shuffled(self, buckets: Buckets) -> None:
        for number, frames, bounds in buckets.drain(len(self._parts)):
            part, n_rows = self._parts[number], len(bounds) - 1
            cuts = part.cuts(n_rows)
            places = bounds[[0, *cuts, n_rows]].tolist()
            pieces = (frames[a:b] for a, b in zip(places, places[1:]) if a < b)
            part.take(pieces, n_rows, cuts)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            if error is not None:
                raise error
            self._finish()
        write_manifest(self.name, self._manifest())
        if self.layout.sagemaker_manifest is not None:
            write_sagemaker_manifests(
                self.name, self.layout.sagemaker_manifest, self.shards, self.layout
            )

    def _finish(self) -> None:
        if not self._parts:
            raise InputError(
                "there are no rows, and a folder needs a file", advice="check the source"
            )
        self._take_all(self._encoders.rest())
        if self._buckets is not None:
            self._deal_shuffled(self._buckets)
        found: list[Shard] = []
        for part in self._parts:
            part.flush()
            part.dealer.finish()
            found += part.dealer.shards
        self.shards = tuple(found)

    def _manifest(self) -> dict[str, Any]:
        content: dict[str, Any] = {"kind": "shards", "format": self.format}
        with contextlib.suppress(
            PackageNotFoundError
        ):  # it runs where it is not installed
            content["recordsmith"] = version("recordsmith")
        content.update(
            {
                "rows": self.n_rows,
                "bytes": self.n_bytes,
                "fields": self._fields,
                "parts": {
                    part.name: {
                        "rows": part.dealer.n_rows,
                        "labels": part.labels.to_dict(),
                    }
                    for part in self._parts
                },
                **self._about,
                "layout": self.layout.to_dict(),
                "files": [asdict(one) for one in self.shards],
            }
        )
        return content


def open_shards(
    dest: str | os.PathLike[str],
    asked: dict[str, Any],
    *,
    dest_format: str | None = None,
    overwrite: bool = False,
    tally: Tally,
    threads: int | None = None,
    groups: Groups | None = None,
    **options: Any,
) -> ShardSink:
    """A folder for batches.

    Parameters
    ----------
    dest : path
    asked : dict
        Options of :class:`recordsmith.sharding.options.Layout`.
    dest_format : {"recordio"}, optional
    overwrite : bool, default False
        Replace a folder that holds nothing but what this wrote.
    tally : Tally
    threads : int, optional
    groups : Groups, optional
        Where the column of group_by= is.
    **options
        Of RecordIO-protobuf: see :mod:`recordsmith.sinks.to_recordio`.

    Raises
    ------
    InputError
        If an option does not fit, or the folder cannot be made.
    """
    folder = os.fspath(dest)
    layout = Layout(**asked)
    if dest_format not in (None, "recordio"):
        raise InputError(
            f"a folder of shards holds recordio, and {dest_format} is asked for",
            path=folder,
            advice="name a file to write, or leave the format out",
        )
    check_folder(folder, overwrite)
    known = set(options_of("recordio")) - {"compression"}
    unknown = sorted(options.keys() - known)
    if unknown:
        raise InputError(
            f"a folder of shards does not know the option {unknown[0]!r}",
            path=folder,
            advice=f"it knows {', '.join(sorted(known))}",
        )
    return ShardSink(folder, layout, overwrite, tally, threads, options, groups)
