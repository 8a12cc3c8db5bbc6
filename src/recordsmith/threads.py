"""How work is spread over threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from .errors import InputError

__all__ = ["map_ordered", "n_threads", "prefetch", "row_ranges", "run_all"]

T = TypeVar("T")
R = TypeVar("R")


def n_threads(threads: int | None) -> int:
    """Threads to use: as many as asked for, else the cores that this process may use."""
    if threads is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    if threads < 1:
        raise InputError(f"threads is {threads}, expected 1 or more")
    return threads


def row_ranges(n_rows: int, n_parts: int) -> list[tuple[int, int]]:
    """Cut [0, n_rows) into at most n_parts ranges of about equal length.

    Examples
    --------
    >>> row_ranges(7, 3)
    [(0, 2), (2, 4), (4, 7)]
    """
    n_parts = max(1, min(n_parts, n_rows))
    cuts = [n_rows * i // n_parts for i in range(n_parts + 1)]
    return list(zip(cuts, cuts[1:]))


def run_all(jobs: Iterable[Callable[[], T]]) -> list[T]:
    """Run jobs, one thread each; results in order, the first error raised."""
    jobs = list(jobs)
    if len(jobs) == 1:
        return [jobs[0]()]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(jobs) - 1) as pool:
        futures = [pool.submit(job) for job in jobs[1:]]
        first = jobs[0]()
        return [first, *(future.result() for future in futures)]


def prefetch(items: Iterable[T], depth: int = 2) -> Iterator[T]:
    """The same items, made by a thread of their own that runs up to `depth` items ahead.

    An exception of the iterable is raised here, at its place in the order. When this
    generator is closed early, the thread stops at its next item and closes the iterable.
    """
    import contextlib
    import queue
    import threading

    ready: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue(depth)
    stopped = threading.Event()
    end = object()

    def put(item: tuple[Any, BaseException | None]) -> bool:
        while not stopped.is_set():
            with contextlib.suppress(queue.Full):
                ready.put(item, timeout=0.1)
                return True
        return False

    def work() -> None:
        iterator = iter(items)
        try:
            for item in iterator:
                if not put((item, None)):
                    break
            else:
                put((end, None))
        except BaseException as error:  # handed to the consumer, which raises it
            put((end, error))
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()

    thread = threading.Thread(target=work, name="recordsmith-source", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is end:
                return
            yield item
    finally:
        stopped.set()
        # The collector may close this from any thread, even from the one that it started.
        if thread is not threading.current_thread():
            thread.join(1.0)  # a read that never returns must not hold up an interrupt


def map_ordered(
    function: Callable[[T], R], items: Iterable[T], workers: int
) -> Iterator[R]:
    """function(item) of each item, in order, worked out by threads a few items ahead.

    At most `workers + 1` are under way. The items are made, and errors raised, here.
    """
    if workers == 1:
        yield from map(function, items)
        return
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor, wait

    pool = ThreadPoolExecutor(workers, "recordsmith-parse")
    under_way: deque[Future[R]] = deque()
    try:
        for item in items:
            under_way.append(pool.submit(function, item))
            if len(under_way) > workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        # The work is waited for, not the threads: the collector may close this in a
        # thread that is just starting, and holds the lock that joining one takes.
        wait([future for future in under_way if not future.cancel()])
        pool.shutdown(wait=False)
