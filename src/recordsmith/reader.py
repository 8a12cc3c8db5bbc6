"""RecordIO-protobuf as it arrives: bytes to batches, with flat memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .batch import Batch
from .decoder import Room, Run, decode_run
from .errors import InputError, RecordsmithError, core_error
from .threads import n_threads
from .window import Window

__all__ = ["BATCH_BYTES", "decode_all", "iter_batches_from"]

BATCH_BYTES = 4 << 20  # what was read is still in the cache when it is decoded
_MOST_THREADS = 8
_ALIGNED = 64  # bytes
_CUT_OFF = ("RS_E_FRAME_TRUNCATED", "RS_E_TRAILING")


def iter_batches_from(
    file: Any,
    *,
    rows: int | None = None,
    batch_bytes: int | None = None,
    name: str | None = None,
    n_features: int | None = None,
    ragged: bool = False,
    threads: int | None = 1,
    room: Room | None = None,
) -> Iterator[Batch]:
    """Batches of a RecordIO-protobuf stream; see :func:`recordsmith.iter_batches`.

    Parameters
    ----------
    file : binary file object
        Only `read(n)` is called; it may return fewer bytes.
    rows : int, optional
        Rows of a batch; by default as many as `batch_bytes` of input hold, at least one.
    batch_bytes : int, optional
        4 MiB for each thread unless given.
    name : str, optional
        What messages call the input.
    room : callable, optional
        Gives the arrays for numbers: see :func:`recordsmith.decoder.decode_run`. A batch
        has to be done with before the next one is asked for.

    Notes
    -----
    A batch ends early where the next record has another schema (another dtype, shape or
    density of a field) or is split over several frames. However the bytes arrive, the
    rows are the same. All whole records before damage are yielded before the error is
    raised.
    """
    if rows is not None and rows < 1:
        raise InputError(f"rows is {rows}, expected 1 or more")
    window = Window(file, name)
    if batch_bytes is None:
        batch_bytes = BATCH_BYTES * min(n_threads(threads), _MOST_THREADS)
    wanted, density = batch_bytes, None
    blocks = _Blocks()
    while True:
        window.need(wanted)
        if not window.data:
            if window.failure is not None:
                raise window.failure
            return
        stop = len(window.data) if rows is not None else min(len(window.data), wanted)
        run = decode_run(
            window.data,
            0,
            stop,
            max_records=rows,
            threads=threads,
            first_row=window.n_records,
            n_features=n_features,
            ragged=ragged,
            room=blocks.begin() if room is None else room,
            density=density,
        )
        if _may_grow(run, rows) and not (window.at_end and stop == len(window.data)):
            wanted = 2 * max(wanted, len(window.data))
            continue
        if run.batch.n_rows:
            yield run.batch
            window.drop(run.n_bytes, run.batch.n_rows)
            density = run.density
            wanted = batch_bytes if rows is None else _bytes_of_next(run)
        else:
            wanted = _after_nothing(run, window, wanted)


class _Blocks:
    """The numbers of each batch in one block of memory.

    The C library gives large blocks back to the system as soon as they are free, and the
    system clears them before it lends them again, which costs more than decoding. What
    it keeps goes by the largest block: so that it keeps those of a batch, they are one.
    """

    def __init__(self) -> None:
        self._memory = np.empty(0, np.uint8)
        self._used = self._asked = 0

    def begin(self) -> Room:
        """Begin a batch that probably needs as much as the one before."""
        self._memory = np.empty(self._asked + self._asked // 8, np.uint8)
        self._used = self._asked = 0
        return self._room

    def _room(
        self, role: str, name: str, part: str, shape: tuple[int, ...], dtype: Any
    ) -> Any:
        n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
        begin, end = self._used, self._used + n_bytes
        self._asked += -(-n_bytes // _ALIGNED) * _ALIGNED
        if end > len(self._memory):
            return np.empty(shape, dtype)[:]
        self._used = -(-end // _ALIGNED) * _ALIGNED
        return self._memory[begin:end].view(dtype).reshape(shape)


def _bytes_of_next(run: Run) -> int:
    """Bytes that probably hold as many rows again."""
    return run.n_bytes + run.n_bytes // 8 + 1


def _may_grow(run: Run, rows: int | None) -> bool:
    """Would more bytes make this batch fuller?"""
    if run.status not in ("RS_OK", "RS_NEED_MORE"):
        return False
    return run.batch.n_rows == 0 if rows is None else run.batch.n_rows < rows


def _after_nothing(run: Run, window: Window, wanted: int) -> int:
    """Mend the window where no record could be decoded; bytes to ask for next."""
    try:
        if run.status == "RS_SPLIT":
            if window.join():
                return wanted
            if not window.at_end:
                return 2 * max(wanted, len(window.data))
            raise window.truncated()
        if run.status in ("RS_OK", "RS_NEED_MORE"):
            if window.pad_last():
                return wanted
            raise window.truncated()
        raise run.error or core_error(run.status, row=0, offset=0, unit="record")
    except RecordsmithError as error:
        if window.failure is not None and error.code in _CUT_OFF:
            raise window.failure from None
        raise window.placed(error) from None


def decode_all(
    data: Any,
    *,
    threads: int | None = None,
    n_features: int | None = None,
    ragged: bool = False,
    name: str | None = None,
) -> Batch:
    """All records of a buffer as one batch; see :func:`recordsmith.decode`."""
    view = memoryview(data).cast("B")
    whole: dict[str, Any] = {
        "n_features": n_features,
        "ragged": ragged,
        "threads": threads,
    }
    run = decode_run(view, 0, len(view), **whole)
    if run.status == "RS_OK":
        return run.batch
    window = Window(None, name, view)  # to mend rare ends in
    if run.status == "RS_SPLIT":
        run = _decode_split(window, whole)
    if run.status == "RS_NEED_MORE":
        if window.pad_last(run.n_bytes):
            run = decode_run(window.data, 0, len(window.data), **whole)
        else:
            window.drop(run.n_bytes, run.batch.n_rows)
            raise window.placed(window.truncated())
    if run.status == "RS_OK":
        return run.batch
    raise window.placed(run.error or core_error(run.status, row=0, unit="record"))


def _decode_split(window: Window, whole: dict[str, Any]) -> Run:
    """Decode a window that holds split records, and the records around them, at once."""
    _join(window)
    run = decode_run(window.data, 0, len(window.data), **whole)
    if run.status == "RS_SPLIT":  # one that cannot be joined: why, says joining it alone
        window.drop(run.n_bytes, run.batch.n_rows)
        _join(window)
    return run


def _join(window: Window) -> None:
    try:
        if not window.join():
            raise window.truncated()
    except RecordsmithError as error:
        raise window.placed(error) from None
