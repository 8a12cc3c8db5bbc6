"""Candidates written and read back: how large, how long, what is lost."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Callable, Optional

from ..batch import FEATURE, LABEL, Batch
from ..casts import cast_array
from ..concat import concat
from ..errors import RecordsmithError
from ..pipeline import iter_batches
from ..sinks import open_sink
from ..tally import Tally
from .candidates import Plan
from .loss import losses
from .results import Loss, Timing
from .sampling import memory_bytes

__all__ = ["Measured", "Progress", "measure_all"]

Progress = Callable[[int, Optional[int], int], None]

_PART_BYTES = 8 << 20
_LONG_ENOUGH_S = 0.02  # of a timed pass; quicker ones are repeated within it
_MOST_RUNS = 50
_DENSE_VALUE_BYTES = 16  # about what a number takes as text; at most it is 25


class Measured:
    """One candidate under measurement.

    Attributes
    ----------
    plan : Plan
    rows, bytes : int
    loss : Loss or None
    problem : str or None
        Why it could not be written or read back.
    """

    def __init__(self, plan: Plan, sample: Batch, max_bytes: int, path: Path) -> None:
        self.plan = plan
        self.problem = plan.problem
        self.rows = self.bytes = 0
        self.loss: Loss | None = None
        self._path = path
        self._sample = sample.rows(0, _rows_that_fit(plan, sample, max_bytes))
        self._parts: list[Batch] = []
        self._runs = {"write": 1, "read": 1}
        self._seconds: dict[str, list[float]] = {"write": [], "read": []}

    def prepare(self) -> None:
        """Write once and read back, untimed: size, loss, and how often to repeat."""
        try:
            self._parts = list(_parts(self._cast()))
            tally = Tally()
            took = _timed(lambda: self._write(tally))
            self._runs["write"] = _runs(took)
            back: list[Batch] = []
            took = _timed(lambda: back.extend(self._read()))
            self._runs["read"] = _runs(took)
            self.loss = losses(self._sample, concat(back), tally.dropped)
        except RecordsmithError as error:
            error.path = None
            self.problem = f"it cannot hold the rows: {error}"
        finally:
            self._path.unlink(missing_ok=True)
        self.rows = self._sample.n_rows

    def measure(self) -> None:
        """One timed pass of each."""
        runs = self._runs
        try:
            took = _timed(lambda: _repeat(runs["write"], lambda: self._write(Tally())))
            self._seconds["write"].append(took / runs["write"])
            took = _timed(lambda: _repeat(runs["read"], lambda: _count(self._read())))
            self._seconds["read"].append(took / runs["read"])
        finally:
            self._path.unlink(missing_ok=True)

    def timing(self, which: str) -> Timing | None:
        """Of "write" or "read"."""
        found = self._seconds[which]
        if not found:
            return None
        return Timing(median(found), min(found), max(found), len(found))

    def _cast(self) -> Batch:
        plan, fields = self.plan, []
        for one in self._sample.fields:
            dtype = {FEATURE: plan.dtype, LABEL: plan.label_dtype}.get(one.role)
            if dtype is None or one.kind in ("text", "blobs"):
                fields.append(one)
            else:
                what = {FEATURE: "features", LABEL: "labels"}[one.role]
                fields.append(replace(one, values=cast_array(one.values, dtype, what)))
        return replace(self._sample, fields=tuple(fields))

    def _write(self, tally: Tally) -> None:
        # Into a file object: that a disk is slow to sync says nothing of a format.
        plan = self.plan
        with self._path.open("wb", buffering=0) as file:
            sink = open_sink(
                file, dest_format=plan.format, tally=tally, threads=1, **plan.sink
            )
            with sink:
                for part in self._parts:
                    sink.write(part)
            self.bytes = sink.n_bytes

    def _read(self) -> Iterator[Batch]:
        return iter_batches(
            self._path, source_format=self.plan.format, threads=1, **self.plan.source
        )


def measure_all(
    plans: list[Plan],
    sample: Batch,
    *,
    max_bytes: int,
    repeat: int,
    progress: Progress | None = None,
) -> list[Measured]:
    """Measure the candidates in turn, so that a busy moment hits all of them alike.

    There is one temporary file at a time; it and its folder are gone in the end, however
    it comes.
    """
    if any(plan.format in ("csv", "parquet") for plan in plans):
        # Before there is a file: an interrupt while modules are loaded may get lost.
        import pyarrow.csv
        import pyarrow.parquet  # noqa: F401
    steps = len(plans) * (repeat + 1)
    with tempfile.TemporaryDirectory(prefix="recordsmith-compare-") as folder:
        found = [
            Measured(plan, sample, max_bytes, Path(folder, f"sample{plan.suffix}"))
            for plan in plans
        ]
        size = memory_bytes(sample)
        done = 0
        for turn in range(repeat + 1):
            for one in found:
                if one.problem is None:
                    one.prepare() if turn == 0 else one.measure()
                done += 1
                if progress is not None:
                    progress(done * size, steps * size, sample.n_rows)
    return found


def _rows_that_fit(plan: Plan, sample: Batch, max_bytes: int) -> int:
    """Rows that fit the memory if their zeros have to be written, too."""
    if not plan.sink.get("densify"):
        return sample.n_rows
    width = sum(one.width or 0 for one in sample.all(FEATURE))
    return min(sample.n_rows, max(1, max_bytes // max(1, width * _DENSE_VALUE_BYTES)))


def _parts(batch: Batch) -> Iterator[Batch]:
    """The rows in batches such as sources give."""
    size = memory_bytes(batch)
    step = max(1, int(batch.n_rows * _PART_BYTES / max(size, 1)))
    for begin in range(0, batch.n_rows, step):
        yield batch.rows(begin, begin + step)


def _timed(function: Callable[[], Any]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _runs(seconds: float) -> int:
    return max(1, min(_MOST_RUNS, math.ceil(_LONG_ENOUGH_S / max(seconds, 1e-9))))


def _repeat(runs: int, function: Callable[[], Any]) -> None:
    for _ in range(runs):
        function()


def _count(batches: Iterator[Batch]) -> int:
    return sum(one.n_rows for one in batches)
