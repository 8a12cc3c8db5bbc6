"""Statistics of each column, against pandas on the same frame and against the reading."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse

import recordsmith as rs

from .bench_convert import read_csv
from .files import N_COLS, write_any
from .measure import Report, compare, main

MIB = 1 << 20
SHARES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]


def measure(report: Report, options) -> None:
    """A frame in memory, a CSV file, a sparse matrix of many columns."""
    _frame(report, options.runs, 250_000 if options.quick else 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.csv")
        write_any(path, (64 if options.quick else 256) * MIB)
        _csv(report, options.runs, path)
    _sparse(report, options.runs)


def _frame(report: Report, runs: int, n_rows: int) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n_rows, 20)), columns=list(map(str, range(20))))

    def pandas():
        return frame.describe(percentiles=SHARES), frame.nunique()

    times = compare(lambda: rs.stats(frame), pandas, runs)
    report.add(
        f"frame of 20 columns, {os.cpu_count()} cores", "pandas, describe and nunique",
        times.slower(), at_most=1, seconds=times.ours, n_bytes=n_rows * 160,
        n_rows=n_rows,
    )  # fmt: skip
    times = compare(lambda: rs.stats(frame), lambda: frame.describe(SHARES), runs)
    report.add(
        f"frame of 20 columns, {os.cpu_count()} cores", "pandas, describe alone",
        times.slower(), seconds=times.ours, n_bytes=n_rows * 160, n_rows=n_rows,
    )  # fmt: skip


def _csv(report: Report, runs: int, path: Path) -> None:
    def ours():
        return rs.stats(path, label="label", header=True)

    n_rows = read_csv(path)
    assert ours().rows == n_rows
    times = compare(ours, lambda: read_csv(path), runs)
    report.add(
        f"csv of {N_COLS} columns, {os.cpu_count()} cores",
        "pyarrow's streaming CSV reader", times.slower(), seconds=times.ours,
        n_bytes=path.stat().st_size, n_rows=n_rows,
    )  # fmt: skip


def _sparse(report: Report, runs: int) -> None:
    rng = np.random.default_rng(0)
    X = scipy.sparse.random(20_000, 1_000_000, 1e-4, "csr", random_state=rng)
    from sklearn.utils.sparsefuncs import mean_variance_axis, min_max_axis

    def sklearn():
        return mean_variance_axis(X, 0), min_max_axis(X, 0)

    times = compare(lambda: rs.stats(X), sklearn, runs)
    report.add(
        "sparse, 1,000,000 columns", "scikit-learn: mean, variance, range",
        times.slower(), seconds=times.ours, n_bytes=X.data.nbytes, n_rows=20_000,
    )  # fmt: skip


if __name__ == "__main__":
    main("stats", measure)
