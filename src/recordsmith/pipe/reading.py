"""The way of an epoch's rows: from its FIFO or files to what is given out.

Blocks of rows, as large as reading makes them, come out of the thread that reads ahead.
Where they are taken they are cut into batches, which copies next to nothing. What runs in
the thread knows nothing of who takes the blocks, so that an epoch which is forgotten
half-way is collected, and ends the reading.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FormatError, InputError
from ..frames import read_frames
from ..resync import Lost, walk
from ..sources.files import Files
from ..sources.open_source import open_files
from ..storage import expand
from ..tally import Tally
from .casting import cast_batches
from .content import FRAMES, Content, detected
from .examples import Example, blocked, listed, sharded_items, shuffled_items
from .incoming import Fifo, Place
from .mixing import cut, generator, sharded, shuffled
from .settings import Settings

if TYPE_CHECKING:
    from ..batch import Batch

__all__ = ["Reading", "Skipped"]

_WRITER_DIED = "what writes to the FIFO has died or stopped early: see what it says"
_MAX_SKIPPED = 1000  # places that are remembered; all are counted


@dataclass(frozen=True)
class Skipped:
    """A stretch of a channel that is no whole record, and was left out on request.

    Attributes
    ----------
    path : str
    begin, end : int
        Bytes [begin, end) of the uncompressed file or FIFO.
    record : int
        Number, from 1, that the first record there would have had among the whole ones.
    reason : str
    """

    path: str
    begin: int
    end: int
    record: int
    reason: str


class Reading:
    """One pass over a channel; `name` and `number` say which, for messages."""

    def __init__(
        self, name: str, number: int, place: Place, content: Content, settings: Settings
    ) -> None:
        self.skipped: list[Skipped] = []
        self.n_lost = 0
        self.tally = Tally()
        self.fifo = Fifo(place.path, settings.timeout_s) if place.is_fifo else None
        self._name = name
        self._number = number
        self._path = place.path
        self._content = content
        self._settings = settings
        self._shard: Any = settings.shard
        self._n_read = 0

    def blocks(self) -> Generator[Any, None, None]:
        """Batches or lists of examples, of any size; closes what is read in the end.

        Raises
        ------
        InputError
            If there are no rows, and that was not allowed.
        """
        try:
            entries = self._entries()
            framed = self._content.format == FRAMES
            if entries:
                yield from self._examples(entries) if framed else self._rows(entries)
            if not self._n_read and not self._settings.allow_empty:
                raise self._empty()
        except FormatError as error:
            if self.fifo is not None and error.code == "RS_E_FRAME_TRUNCATED":
                error.advice = _WRITER_DIED
            raise
        finally:
            if self.fifo is not None:
                self.fifo.close()

    def _entries(self) -> list[Any]:
        """What is to be read; nothing where there are only empty files, or none and that
        is allowed.

        A file without a byte adds nothing to what Pipe mode makes of a channel's files,
        and so it is here; but it is no Parquet file.
        """
        if self.fifo is not None:
            return [self.fifo]
        try:
            entries = expand(self._path)
        except InputError:  # an empty folder
            if self._settings.allow_empty:
                return []
            raise
        filled = [one for one in entries if Path(one).stat().st_size]
        return entries if filled and self._content.format in (None, "parquet") else filled

    def _empty(self) -> InputError:
        return InputError(
            f"epoch {self._number} of channel {self._name!r} has no rows",
            path=self._path,
            advice="pass allow_empty=True where a host may get no data (ShardedByS3Key)",
        )

    def cut(self, blocks: Iterator[Any]) -> Generator[Any, None, None]:
        """What is given out: batches of one size, examples, or lists of them."""
        rows, last = self._settings.rows, self._settings.last
        if self._content.format != FRAMES:
            yield from cut(blocks, rows, last)
            return
        examples = itertools.chain.from_iterable(blocks)
        yield from examples if rows is None else listed(examples, rows, last)

    # -- rows --------------------------------------------------------------------------

    def _rows(self, entries: list[Any]) -> Iterator[Batch]:
        files = Files(entries)
        try:
            if self.fifo is not None and not files.first().head():
                return
            yield from self._mixed(self._counted(self._batches(files)))
        finally:
            files.close()

    def _mixed(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        told = self._settings
        if self._shard is not None:
            batches = sharded(batches, self._shard)
        if told.shuffle:
            batches = shuffled(batches, told.shuffle, self._chance())
        return batches

    def _chance(self) -> Any:
        return generator(self._settings.seed, self._number)

    def _batches(self, files: Files) -> Iterator[Batch]:
        told = self._settings
        content = detected(self._content, files.first(), self.fifo is not None)
        options = {**content.options, **told.options}
        if content.format == "recordio":
            return self._records(files, **options)
        if told.on_error == "skip":
            if content.format != "csv":
                raise InputError(
                    f"on_error='skip' cannot tell where the next row of {content.format} "
                    "begins",
                    advice="RecordIO-protobuf and CSV can be read so",
                )
            options["on_bad_row"] = "skip"
        return open_files(files, content.format, self.tally, options).batches

    def _records(
        self,
        files: Files,
        *,
        dtype: str | None = None,
        label_dtype: str | None = None,
        **options: Any,
    ) -> Iterator[Batch]:
        if self._settings.on_error == "skip":
            batches = self._whole_records(files, **options)
        else:
            batches = open_files(files, "recordio", self.tally, options).batches
        if dtype is None and label_dtype is None:
            return batches
        return cast_batches(
            batches, dtype, label_dtype, path=self._path, tally=self.tally
        )

    def _counted(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self._n_read += batch.n_rows
            if batch.n_rows:
                yield batch

    def _whole_records(self, files: Files, **options: Any) -> Iterator[Batch]:
        """All whole records; what is none goes to `skipped`.

        A stream that ends inside a record is an error even so: nobody knows how much was
        to come.
        """
        threads = options.pop("threads", 1)
        if options:
            raise InputError(f"on_error='skip' does not go with {', '.join(options)}=")
        for opened in files:
            lost: Lost | None = None
            for item in walk(opened.file, threads):
                lost = item if isinstance(item, Lost) else None
                if isinstance(item, Lost):
                    self._skip(opened.name, item)
                else:
                    yield item.batch
            if lost is not None and lost.code == "RS_E_FRAME_TRUNCATED":
                raise _truncated(opened.name, lost)

    def _skip(self, path: str, lost: Lost) -> None:
        self.n_lost += 1
        if len(self.skipped) < _MAX_SKIPPED:
            place = Skipped(path, lost.begin, lost.end, lost.record, lost.reason)
            self.skipped.append(place)

    # -- raw frames --------------------------------------------------------------------

    def _examples(self, entries: list[Any]) -> Iterator[list[Example]]:
        told = self._settings
        if told.on_error == "skip" or told.options:
            what = ", ".join(told.options) or "on_error='skip'"
            raise InputError(f"raw frames have no option {what}")
        items: Iterator[Any] = self._noted(read_frames(entries, group=told.group))
        if self._shard is not None:
            items = sharded_items(items, self._shard)
        if told.shuffle:
            # From NumPy's, since Python's own has no seed of two parts.
            seed = int(self._chance().integers(2**63))
            items = shuffled_items(items, told.shuffle, random.Random(seed))
        return blocked(items)

    def _noted(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            self._n_read += 1
            yield item


def _truncated(path: str, lost: Lost) -> FormatError:
    error = FormatError(
        lost.reason,
        path=path,
        row=lost.record,
        unit="record",
        offset=lost.begin,
        advice="the file was cut off: copy it again",
    )
    error.code = lost.code
    return error
