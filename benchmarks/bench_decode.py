"""RecordIO-protobuf in memory to arrays."""

from __future__ import annotations

import numpy as np

import recordsmith as rs

from . import cases, references
from .measure import Report, compare, main

AT_MOST = {784: 1.5, 30: 2.5}


def measure(report: Report, options) -> None:
    """All four shapes against memcpy of the input, C++ libprotobuf and Python."""
    lib = references.Libprotobuf()
    for case in cases.all_cases(cases.mib_of(options)):
        _one(report, options.runs, lib, case)


def _one(report: Report, runs: int, lib, case: cases.Case) -> None:
    data = rs.encode(case.X, case.y)
    n = len(data)
    size = {"n_bytes": n, "n_rows": case.n_rows}
    _check(case, rs.decode(data))
    limit = AT_MOST.get(case.X.shape[1], 4.0)
    copies = (
        (references.memcpy(n), "memcpy of the input", limit),
        (references.memcpy_fresh(n), "memcpy into new memory", None),
    )
    for threads, label in ((1, "1 thread"), (None, "all cores")):
        for copy, against, target in copies:
            times = compare(
                lambda threads=threads: rs.decode(data, threads=threads), copy, runs
            )
            report.add(
                f"{case.name}, new arrays, {label}", against,
                times.slower(), at_most=target, seconds=times.ours, **size,
            )  # fmt: skip
    _passes(report, runs, case, data)
    what = f"{case.name}, new arrays, 1 thread", "C++ libprotobuf, CPU seconds"
    if lib.why_not:
        report.missing(*what, lib.why_not)
    else:
        theirs = lib.decode(case, np.frombuffer(data, np.uint8))
        assert theirs() == case.n_rows
        times = compare(lambda: rs.decode(data, threads=1), theirs, runs)
        report.add(*what, times.faster_cpu(), at_least=6)
    few = case.head(case.n_rows // 200)
    slice_ = rs.encode(few.X, few.y)
    times = compare(
        lambda: rs.decode(data), lambda: references.python_reader(slice_), runs,
        case.n_rows / few.n_rows,
    )  # fmt: skip
    report.add(f"{case.name}, all cores", "protobuf and struct in Python", times.faster())


def _check(case: cases.Case, batch) -> None:
    assert np.array_equal(batch.labels, case.y)
    if case.sparse:
        assert np.array_equal(batch.features.data, case.X.data)
        assert np.array_equal(batch.features.indices, case.X.indices)
    else:
        assert np.array_equal(batch.features, case.X)


def _passes(report: Report, runs: int, case: cases.Case, data: bytes) -> None:
    """The core's two passes alone, into arrays made before: what first touch adds."""
    from recordsmith import _core, decoder

    n = len(data)
    found = _core.scan(data, 0, n)
    plans = [decoder._Plan(one, case.n_rows, None, False, None) for one in found.columns]
    targets = [plan.target(0, case.n_rows, 0, plan.info, 0) for plan in plans]

    def fill():
        _core.fill(data, 0, n, case.n_rows, found.columns, targets)

    copy = references.memcpy(n)
    for name, ours in (("scan", lambda: _core.scan(data, 0, n)), ("fill", fill)):
        times = compare(ours, copy, runs)
        report.add(
            f"{case.name}, {name} pass alone, 1 thread", "memcpy of the input",
            times.slower(), seconds=times.ours, n_bytes=n, n_rows=case.n_rows,
        )  # fmt: skip


if __name__ == "__main__":
    main("decode", measure)
