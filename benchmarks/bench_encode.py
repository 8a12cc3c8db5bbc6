"""Arrays to RecordIO-protobuf, into a given buffer and into new bytes."""

from __future__ import annotations

import numpy as np

import recordsmith as rs

from . import cases, references
from .measure import Report, compare, main


def measure(report: Report, options) -> None:
    """All four shapes against memcpy of the output, C++ libprotobuf, NumPy and Python."""
    lib = references.Libprotobuf()
    for case in cases.all_cases(cases.mib_of(options)):
        _one(report, options.runs, lib, case)


def _one(report: Report, runs: int, lib, case: cases.Case) -> None:
    plain = rs.encode(case.X, case.y)
    n = len(plain)
    size = {"n_bytes": n, "n_rows": case.n_rows}
    out = np.ones(n, np.uint8)
    limit = 2.0 if case.sparse else 1.3
    copy = references.memcpy(n)
    for threads, label in ((1, "1 thread"), (None, "all cores")):

        def ours(threads=threads):
            rs.encode(case.X, case.y, out=out, threads=threads)

        times = compare(ours, copy, runs)
        report.add(
            f"{case.name}, given buffer, {label}", "memcpy of the output",
            times.slower(), at_most=limit, seconds=times.ours, **size,
        )  # fmt: skip
    assert out.tobytes() == plain
    fresh = compare(lambda: rs.encode(case.X, case.y), references.memcpy_fresh(n), runs)
    report.add(
        f"{case.name}, new bytes, all cores", "memcpy into new memory",
        fresh.slower(), seconds=fresh.ours, **size,
    )  # fmt: skip
    _libprotobuf(report, runs, lib, case, plain)
    if not case.sparse:
        stride = n // case.n_rows
        numpy = references.Template(plain[:stride], case.X, case.y, case.n_rows)
        numpy.write_all()
        assert numpy.frames.tobytes() == plain
        times = compare(
            lambda: rs.encode(case.X, case.y, out=out, threads=1), numpy.write_all, runs
        )
        report.add(
            f"{case.name}, given buffer, 1 thread", "NumPy template", times.faster()
        )
    few = case.head(case.n_rows // 200)
    assert plain.startswith(references.python_writer(few))
    times = compare(
        lambda: rs.encode(case.X, case.y), lambda: references.python_writer(few), runs,
        case.n_rows / few.n_rows,
    )  # fmt: skip
    report.add(f"{case.name}, all cores", "protobuf and struct in Python", times.faster())


def _libprotobuf(report: Report, runs: int, lib, case: cases.Case, plain: bytes) -> None:
    what = f"{case.name}, given buffer, 1 thread", "C++ libprotobuf, CPU seconds"
    if lib.why_not:
        report.missing(*what, lib.why_not)
        return
    out = np.ones(len(plain), np.uint8)
    assert lib.encode(case, out) == len(plain)
    assert out.tobytes() == plain
    times = compare(
        lambda: rs.encode(case.X, case.y, out=out, threads=1),
        lambda: lib.encode(case, out),
        runs,
    )
    target = 5 if case.sparse else None
    report.add(*what, times.faster_cpu(), at_least=target)


if __name__ == "__main__":
    main("encode", measure)
