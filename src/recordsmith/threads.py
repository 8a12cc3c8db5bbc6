"""How work is spread over threads."""

from __future__ import annotations

import os
from typing import Callable, Iterable, List, Optional, Tuple, TypeVar

from .errors import InputError

__all__ = ["n_threads", "row_ranges", "run_all"]

T = TypeVar("T")


def n_threads(threads: Optional[int]) -> int:
    """Threads to use: as many as asked for, else the cores that this process may use."""
    if threads is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    if threads < 1:
        raise InputError(f"threads is {threads}, expected 1 or more")
    return threads


def row_ranges(n_rows: int, n_parts: int) -> "List[Tuple[int, int]]":
    """Cut [0, n_rows) into at most n_parts ranges of about equal length.

    Examples
    --------
    >>> row_ranges(7, 3)
    [(0, 2), (2, 4), (4, 7)]
    """
    n_parts = max(1, min(n_parts, n_rows))
    cuts = [n_rows * i // n_parts for i in range(n_parts + 1)]
    return list(zip(cuts, cuts[1:]))


def run_all(jobs: "Iterable[Callable[[], T]]") -> "List[T]":
    """Run jobs that release the GIL, one thread each; results in order, first error raised."""
    jobs = list(jobs)
    if len(jobs) == 1:
        return [jobs[0]()]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(jobs) - 1) as pool:
        futures = [pool.submit(job) for job in jobs[1:]]
        first = jobs[0]()
        return [first, *(future.result() for future in futures)]
