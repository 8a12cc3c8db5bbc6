"""Chunks of 512 KiB, as a pipe-mode channel is fed, to a sink that drops them."""

from __future__ import annotations

import recordsmith as rs

from . import cases, references
from .measure import Report, compare, main

CHUNK_BYTES = 512 << 10


def measure(report: Report, options) -> None:
    """Dense rows against NumPy's strided copies into one buffer that stays cached."""
    mib = cases.mib_of(options)
    for case in (cases.dense(784, mib), cases.dense(30, mib)):
        plain = rs.encode(case.X, case.y)
        stride = len(plain) // case.n_rows
        numpy = references.Template(plain[:stride], case.X, case.y, CHUNK_BYTES // stride)

        def ours(case=case):
            n = 0
            for chunk in rs.iter_chunks(case.X, case.y, chunk_bytes=CHUNK_BYTES):
                n += len(chunk)
            return n

        assert ours() == len(plain)
        times = compare(ours, numpy.write_all, options.runs)
        report.add(
            case.name, "NumPy template, 512 KiB buffer", times.faster(), at_least=1.0,
            seconds=times.ours, n_bytes=len(plain), n_rows=case.n_rows,
        )  # fmt: skip
        rate = len(plain) / sorted(times.baseline)[len(times.baseline) // 2] / 1e6
        report.results[-1].note = f"the template: {rate:,.0f} MB/s"
    for case in (cases.zipf_36(mib), cases.uniform_500(mib)):
        plain = rs.encode(case.X, case.y)

        def ours(case=case):
            for _ in rs.iter_chunks(case.X, case.y, chunk_bytes=CHUNK_BYTES):
                pass

        times = compare(ours, references.memcpy(len(plain)), options.runs)
        report.add(
            case.name, "memcpy of the output", times.slower(),
            seconds=times.ours, n_bytes=len(plain), n_rows=case.n_rows,
        )  # fmt: skip


if __name__ == "__main__":
    main("chunks", measure)
