"""Validating files, against decoding the same bytes and reading the same text alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import recordsmith as rs

from . import cases
from .bench_convert import read_csv
from .files import N_COLS, write_any
from .measure import Report, compare, main

MIB = 1 << 20


def measure(report: Report, options) -> None:
    """Dense and sparse RecordIO-protobuf, and CSV."""
    size = (256 if options.quick else 1024) * MIB
    with tempfile.TemporaryDirectory() as folder:
        for case, n_bytes in (
            (cases.dense(100, 64), size),
            (cases.dense(10, 64), size // 4),
            (cases.zipf_36(64), size // 4),
        ):
            path = Path(folder, "rows.pbr")
            _write(path, case, n_bytes)
            _recordio(report, options.runs, case, path)
            path.unlink()
        path = Path(folder, "rows.csv")
        write_any(path, (64 if options.quick else 256) * MIB)
        _csv(report, options.runs, path)
        _bad_csv(report, options.runs, path)


def _write(path: Path, case: cases.Case, n_bytes: int) -> None:
    """The rows, again and again."""
    block = rs.encode(case.X, case.y)
    with path.open("wb") as file:
        for _ in range(max(1, n_bytes // len(block))):
            file.write(block)


def _recordio(report: Report, runs: int, case: cases.Case, path: Path) -> None:
    data = path.read_bytes()
    job = {"predictor_type": "multiclass_classifier", "num_classes": 10}

    def ours():
        return rs.validate(path, "linear-learner", hyperparameters=job)

    found = ours()
    n_rows = found.rows
    assert found.clean, str(found)
    assert n_rows == rs.decode(data).n_rows
    times = compare(ours, lambda: rs.decode(data), runs)
    report.add(
        f"{case.name}, {os.cpu_count()} cores", "decode of the same bytes",
        times.slower(), at_most=2, seconds=times.ours, n_bytes=len(data), n_rows=n_rows,
    )  # fmt: skip


def _csv(report: Report, runs: int, path: Path) -> None:
    def ours():
        return rs.validate(path, label="label", header=True)

    n_rows = read_csv(path)
    assert ours().rows == n_rows
    times = compare(ours, lambda: read_csv(path), runs)
    report.add(
        f"csv of {N_COLS} columns, {os.cpu_count()} cores",
        "pyarrow's streaming CSV reader", times.slower(), at_most=1.5,
        seconds=times.ours, n_bytes=path.stat().st_size, n_rows=n_rows,
    )  # fmt: skip


def _bad_csv(report: Report, runs: int, path: Path) -> None:
    """A text in one of a hundred lines: all blocks are looked at closely."""
    lines = path.read_bytes().splitlines(keepends=True)
    bad = path.with_name("bad.csv")
    with bad.open("wb") as file:
        for number, line in enumerate(lines):
            file.write(b"x" + line if number and number % 100 == 0 else line)
    n_bad = (len(lines) - 1) // 100
    del lines

    def ours():
        return rs.validate(bad, label="label", header=True)

    (found,) = [one for one in ours().findings if one.rule == "csv/cell"]
    assert found.count == n_bad
    n_rows = read_csv(path)
    times = compare(ours, lambda: read_csv(path), runs)
    report.add(
        f"csv with {n_bad:,} bad lines, {os.cpu_count()} cores",
        "pyarrow's streaming reading of it without them", times.slower(),
        seconds=times.ours, n_bytes=bad.stat().st_size, n_rows=n_rows,
    )  # fmt: skip


if __name__ == "__main__":
    main("validate", measure)
