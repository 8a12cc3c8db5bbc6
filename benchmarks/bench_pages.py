"""Page faults of encoding into new memory, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from .measure import Report, main

WAYS = ("1 thread", "all cores")
SMALL, HUGE = 4096, 2 << 20
THP = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def measure(report: Report, options) -> None:
    """Faults of `encode` against those that one pass over its output cannot avoid."""
    if sys.platform != "linux":
        report.missing("encode into new bytes", "one pass", "needs Linux")
        return
    offered = THP.exists() and "[never]" not in THP.read_text()
    for way in WAYS:
        found = []
        for _ in range(options.runs):
            command = [sys.executable, "-m", "benchmarks.bench_pages", "--child", way]
            text = subprocess.run(
                command, check=True, capture_output=True, text=True
            ).stdout
            found.append(json.loads(text))
        needed = [_needed(one["begin"], one["end"], offered) for one in found]
        report.add(
            f"encode 200 MB into new bytes, {way}", "page faults of one pass",
            [one["faults"] / n for one, n in zip(found, needed)], at_most=1.1,
            note=f"{found[0]['faults']} faults, {needed[0]} needed",
        )  # fmt: skip
        if offered:
            report.add(
                f"encode 200 MB into new bytes, {way}", "huge pages asked for",
                [float(one["huge"]) for one in found], at_least=1, unit="(1: yes)",
            )  # fmt: skip


def _needed(begin: int, end: int, offered: bool) -> int:
    """Pages of a block: huge ones where they fit in, small ones before and after."""
    first, last = -(-begin // HUGE) * HUGE, end // HUGE * HUGE
    if not offered or last <= first:
        return -(-end // SMALL) - begin // SMALL
    small = first // SMALL - begin // SMALL + -(-end // SMALL) - last // SMALL
    return small + (last - first) // HUGE


def child(way: str) -> None:
    """In a fresh process: count the faults of one call."""
    import resource

    import numpy as np

    import recordsmith as rs

    from . import cases

    case = cases.dense(30)
    threads = 1 if way == "1 thread" else None
    few = case.head(200_000)
    rs.encode(few.X, few.y, threads=threads)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    result = rs.encode(case.X, case.y, threads=threads)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    begin = np.frombuffer(result, np.uint8).ctypes.data
    facts = {
        "faults": after - before,
        "begin": begin,
        "end": begin + len(result),
        "huge": _advised(begin + len(result) // 2),
    }
    print(json.dumps(facts))


def _advised(address: int) -> bool:
    """Was the system asked for huge pages at this address?"""
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        head = line.split(maxsplit=1)[0]
        if "-" in head and not head.endswith(":"):
            begin, end = (int(one, 16) for one in head.split("-"))
            inside = begin <= address < end
        elif inside and head == "VmFlags:":
            return "hg" in line.split()
    return False


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(sys.argv[-1])
    else:
        main("pages", measure)
