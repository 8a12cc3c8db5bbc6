"""libsvm text to CSR and back, in one thread."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

import recordsmith as rs

from . import cases
from .files import write_libsvm
from .measure import Report, compare, main


def measure(report: Report, options) -> None:
    """Reading against scikit-learn and XGBoost, writing against scikit-learn."""
    mib = 10 if options.quick else 40
    with tempfile.TemporaryDirectory() as folder:
        for case in (cases.zipf_36(mib), cases.uniform_500(mib)):
            path = Path(folder, "rows.libsvm")
            write_libsvm(path, case)
            _read(report, options.runs, case, path)
            _write(report, options.runs, case, Path(folder, "out.libsvm"))


def _read(report: Report, runs: int, case: cases.Case, path: Path) -> None:
    n_cols = case.X.shape[1]
    size = {"n_bytes": path.stat().st_size, "n_rows": case.n_rows}

    def ours():
        return rs.read(
            path, source_format="libsvm", index_base=0, n_features=n_cols,
            dtype="float32", threads=1,
        )  # fmt: skip

    got = ours()
    assert np.array_equal(got.features.indices, case.X.indices)
    assert np.allclose(got.features.data, case.X.data, rtol=1e-5)
    what = f"read {case.name}, 1 thread"
    try:
        from sklearn.datasets import load_svmlight_file
    except ImportError:
        report.missing(what, "load_svmlight_file", "scikit-learn is not installed")
    else:
        times = compare(
            ours,
            lambda: load_svmlight_file(
                str(path), n_features=n_cols, dtype=np.float32, zero_based=True
            ),
            runs,
        )
        report.add(
            what,
            "load_svmlight_file",
            times.faster(),
            at_least=12,
            seconds=times.ours,
            **size,
        )
    try:
        import xgboost
    except ImportError:
        report.missing(what, "XGBoost's text DMatrix", "xgboost is not installed")
        return
    xgboost.set_config(verbosity=0)
    uri = f"{path}?format=libsvm&indexing_mode=0"
    times = compare(ours, lambda: xgboost.DMatrix(uri, nthread=1), runs)
    report.add(what, "XGBoost's text DMatrix", times.faster(), at_least=2)


def _write(report: Report, runs: int, case: cases.Case, path: Path) -> None:
    what = f"write {case.name}"
    try:
        from sklearn.datasets import dump_svmlight_file
    except ImportError:
        report.missing(what, "dump_svmlight_file", "scikit-learn is not installed")
        return
    few = case.head(case.n_rows // 10)
    other = path.with_suffix(".theirs")

    def ours():
        rs.write(
            path, case.X, case.y, dest_format="libsvm", write_index_base=0, overwrite=True
        )

    times = compare(
        ours,
        lambda: dump_svmlight_file(few.X, few.y, str(other), zero_based=True),
        runs,
        case.n_rows / few.n_rows,
    )
    size = {
        "n_bytes": path.stat().st_size * few.n_rows / case.n_rows,
        "n_rows": few.n_rows,
    }
    report.add(
        what, "dump_svmlight_file", times.faster(), at_least=8, seconds=times.ours, **size
    )


if __name__ == "__main__":
    main("libsvm", measure)
