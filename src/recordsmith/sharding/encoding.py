"""Rows of a batch to frames in blocks, by threads, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

from ..batch import Batch
from ..errors import RecordsmithError
from ..publish import Output
from ..sinks.to_recordio import open_writer
from ..taking import take
from ..tally import Tally

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["InOrder", "Run", "encode_rows", "encode_run"]


@dataclass(frozen=True)
class Run:
    """Rows that are encoded at once.

    Attributes
    ----------
    batch : Batch
    rows : ndarray of int64, or None
        Their positions in the batch; None for all.
    cuts : list of int
        Where blocks end in them; what is left belongs to a block that goes on.
    """

    batch: Batch
    rows: Array | None
    cuts: list[int]


class _Pieces:
    """A file object that keeps what it is given."""

    name = "memory"

    def __init__(self) -> None:
        self.held: list[Any] = []

    def write(self, data: Any) -> int:
        self.held.append(data)
        return len(data)


def encode_rows(batch: Batch, policy: dict[str, Any], tally: Tally) -> bytes:
    """Frames of all rows, as a file of them would hold."""
    pieces = _Pieces()
    writer = open_writer(
        Output(pieces, "memory"), dest_format="recordio", tally=tally, threads=1, **policy
    )
    writer.write(batch)
    return b"".join(pieces.held)


def encode_run(run: Run, policy: dict[str, Any]) -> tuple[list[Any], Tally]:
    """The frames of each block, and what was changed."""
    tally = Tally()
    batch = run.batch if run.rows is None else take(run.batch, run.rows)
    ends = [*run.cuts, batch.n_rows]
    bounds = [(a, b) for a, b in zip([0, *ends], ends) if a < b]
    try:
        if len(bounds) > 1 and _fixed_size(batch, policy):
            data = memoryview(encode_rows(batch, policy, tally))
            size = len(data) // batch.n_rows
            return [data[a * size : b * size] for a, b in bounds], tally
        parts = (batch.rows(begin, end) for begin, end in bounds)
        return [encode_rows(part, policy, tally) for part in parts], tally
    except RecordsmithError as error:
        if error.row is not None and run.rows is not None:
            at = error.row - batch.first_row
            error.row = int(run.rows[at]) + batch.first_row
        raise


def _fixed_size(batch: Batch, policy: dict[str, Any]) -> bool:
    """Do all records have the same length? (Those of int32 do not.)"""
    return not policy.get("sparsify") and all(
        one.kind == "dense" and one.present is None and one.dtype.kind == "f"
        for one in batch.fields
    )


class InOrder:
    """Calls a function in threads and gives its results in the order of the calls.

    Parameters
    ----------
    workers : int
        At most so many calls and two more are under way.
    """

    def __init__(self, workers: int) -> None:
        self._most = workers + 2
        self._pool: ThreadPoolExecutor | None = None
        if workers > 1:
            self._pool = ThreadPoolExecutor(workers, "recordsmith-encode")
        self._under_way: deque[tuple[Any, Future[Any]]] = deque()

    def put(
        self, what: Any, function: Callable[..., Any], *args: Any
    ) -> Iterable[tuple[Any, Any]]:
        """Call, and get (what, result) of earlier calls that are done."""
        if self._pool is None:
            yield what, function(*args)
            return
        self._under_way.append((what, self._pool.submit(function, *args)))
        while len(self._under_way) > self._most:
            yield self._next()

    def rest(self) -> Iterator[tuple[Any, Any]]:
        """(what, result) of all calls that are left."""
        while self._under_way:
            yield self._next()

    def _next(self) -> tuple[Any, Any]:
        what, future = self._under_way.popleft()
        return what, future.result()

    def close(self) -> None:
        """Forget what is left."""
        if self._pool is not None:
            for _, future in self._under_way:
                future.cancel()
            self._pool.shutdown()
        self._under_way.clear()
