"""RecordIO-protobuf files to arrays: all at once, and batch by batch."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import numpy as np

import recordsmith as rs

from . import cases
from .measure import Report, compare, main


def measure(report: Report, options) -> None:
    """Files in the page cache against their bytes read into memory and decoded there."""
    mib = cases.mib_of(options)
    with tempfile.TemporaryDirectory() as folder:
        for case in (cases.dense(784, mib), cases.dense(30, mib), cases.zipf_36(mib)):
            path = Path(folder, "rows.pbr")
            path.write_bytes(rs.encode(case.X, case.y))
            _one(report, options.runs, case, path)


def _one(report: Report, runs: int, case: cases.Case, path: Path) -> None:
    n = path.stat().st_size
    memory = np.empty(n, np.uint8)
    assert np.array_equal(rs.read(path).labels, case.y)
    assert _in_batches(path) == case.n_rows
    for what, ours, most in (
        ("read(path)", partial(rs.read, path), 1.25),
        ("iter_batches(path)", partial(_in_batches, path), 1.0),
    ):
        times = compare(ours, partial(_by_hand, path, memory), runs)
        report.add(
            f"{case.name}, {what}", "bytes read into a buffer, and decode(buffer)",
            times.slower(), at_most=most, seconds=times.ours, n_bytes=n,
            n_rows=case.n_rows,
        )  # fmt: skip
        cpu = sum(times.ours_cpu) / sum(times.baseline_cpu)
        report.results[-1].note = f"{cpu:.2f} of its CPU seconds"


def _in_batches(path: Path) -> int:
    return sum(batch.n_rows for batch in rs.iter_batches(path))


def _by_hand(path: Path, memory: np.ndarray) -> None:
    """Into memory that was touched before, which `decode` alone is given as well."""
    with path.open("rb", buffering=0) as file:
        at = 0
        while at < len(memory):
            at += file.readinto(memory[at:])
    rs.decode(memory, threads=1)


if __name__ == "__main__":
    main("read", measure)
