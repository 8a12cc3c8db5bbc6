"""One pass over a channel, as the training script holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..threads import prefetch
from .content import Content
from .incoming import Place
from .reading import Reading, Skipped
from .settings import Settings

if TYPE_CHECKING:
    from types import TracebackType

    from ..tally import Tally

__all__ = ["Epoch"]


class Epoch:
    """Batches of one pass over a channel; an iterator, and a context manager.

    Made by :class:`recordsmith.pipe.Channel` and :func:`recordsmith.open_pipe`. It may be
    left early: closing it closes the FIFO, which the platform allows.

    Attributes
    ----------
    channel : str
    number : int
        Which pass, from 0.
    path : str
        The FIFO, folder or file that is read.
    is_fifo : bool
    n_rows : int
        Rows (of raw frames: examples) given out so far, without padding.
    """

    def __init__(
        self,
        channel: str,
        number: int,
        place: Place,
        content: Content,
        settings: Settings,
    ) -> None:
        self.channel = channel
        self.number = number
        self.path = place.path
        self.is_fifo = place.is_fifo
        self.n_rows = 0
        self._listed = settings.rows is not None
        self._begun = self._ended = self._left = False
        self._reading = Reading(channel, number, place, content, settings)
        blocks: Any = self._reading.blocks()
        depth = settings.prefetch
        self._blocks: Any = prefetch(blocks, depth) if depth else blocks
        self._items = self._reading.cut(self._blocks)

    def __repr__(self) -> str:
        return f"<Epoch {self.number} of channel {self.channel!r}: {self.path}>"

    def __iter__(self) -> Epoch:
        return self

    def __next__(self) -> Any:
        if self._left:
            raise InputError(
                f"epoch {self.number} of channel {self.channel!r} was closed before its "
                "end",
                path=self.path,
                advice="in Pipe mode, opening an epoch closes the one before",
            )
        self._begun = True
        try:
            item = next(self._items)
        except BaseException:  # the end, an error or an interrupt
            self._ended = True
            self.close()
            raise
        if hasattr(item, "n_valid"):
            self.n_rows += item.n_valid
        else:
            self.n_rows += len(item) if self._listed else 1
        return item

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Where the first 1000 bad stretches of RecordIO were that were left out, with
        on_error="skip"."""
        return tuple(self._reading.skipped)

    @property
    def n_skipped(self) -> int:
        """Bad records or lines left out so far, with on_error="skip".

        Of RecordIO, stretches of bytes count: how many records a damaged one held, nobody
        knows.
        """
        return self._reading.n_lost + self._reading.tally.bad_rows

    @property
    def tally(self) -> Tally:
        """What reading changed so far: missing values filled in, numbers rounded."""
        return self._reading.tally

    def close(self) -> None:
        """Stop reading and close the FIFO or files; safe to call again."""
        self._left = not self._ended
        fifo = self._reading.fifo
        if fifo is not None:
            fifo.cancel()
        self._items.close()
        self._blocks.close()  # where the reading has begun, it closes what it reads
        if fifo is not None and not self._begun:
            fifo.leave_unread()

    def __enter__(self) -> Epoch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_items"):
            self.close()
