"""The progress bar; and numbers in messages, for the commands that have one."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from typing import Any, Callable, Optional

from ..wording import human_bytes, plural

__all__ = ["human_bytes", "plural", "progress_bar"]

Progress = Callable[[int, Optional[int], int], None]


@contextlib.contextmanager
def progress_bar(args: argparse.Namespace) -> Iterator[Progress | None]:
    """A callable `progress(bytes_done, bytes_total, rows_done)` that draws a bar on
    standard error; None if that is no terminal, or the user wants none."""
    wanted = not (args.quiet or args.no_progress)
    if not wanted or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    bar: Any = None

    def progress(done: int, total: int | None, rows: int) -> None:
        nonlocal bar
        if bar is None:
            from tqdm import tqdm

            tqdm.monitor_interval = 0  # no thread to wake the bar up
            unit = {"unit": "B", "unit_scale": True} if total else {"unit": " rows"}
            bar = tqdm(total=total, file=sys.stderr, disable=None, leave=False, **unit)
        if total:
            bar.set_postfix_str(f"{rows:,} rows", refresh=False)
        bar.update((min(done, total) if total else rows) - bar.n)

    try:
        yield progress
    finally:
        if bar is not None:
            bar.close()
