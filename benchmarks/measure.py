"""Timing two things side by side, and what a measurement says."""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import time
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from statistics import median

RUNS = 5
PACKAGES = ("recordsmith", "numpy", "scipy", "pyarrow", "protobuf", "scikit-learn")
PACKAGES += ("xgboost", "xgboost-cpu", "sagemaker")


class Ratios(list):
    """One ratio for each pair of runs, and that of the fastest run of either side."""

    def __init__(self, over: list[float], under: list[float]) -> None:
        super().__init__(a / b for a, b in zip(over, under))
        self.best = min(over) / min(under)


@dataclass(frozen=True)
class Comparison:
    """Seconds of ours and of the baseline, run by run, for the same amount of work."""

    ours: list[float]
    baseline: list[float]
    ours_cpu: list[float]
    baseline_cpu: list[float]

    def slower(self) -> Ratios:
        """Our time as a multiple of the baseline's."""
        return Ratios(self.ours, self.baseline)

    def faster(self) -> Ratios:
        """The baseline's time as a multiple of ours."""
        return Ratios(self.baseline, self.ours)

    def faster_cpu(self) -> Ratios:
        """The same in CPU seconds, whatever the number of threads."""
        return Ratios(self.baseline_cpu, self.ours_cpu)


def compare(ours, baseline, runs=RUNS, work=1.0) -> Comparison:
    """Run ours and the baseline alternately, after one warm-up of each.

    `work`: how many times the baseline's work ours does (a slow baseline gets less).
    """
    times = Comparison([], [], [], [])
    both = (
        (ours, times.ours, times.ours_cpu, work),
        (baseline, times.baseline, times.baseline_cpu, 1.0),
    )
    gc.collect()
    gc.disable()
    try:
        for i in range(runs + 1):
            for call, wall, cpu, share in both:
                wall_before, cpu_before = time.perf_counter(), time.process_time()
                call()
                wall_now, cpu_now = time.perf_counter(), time.process_time()
                if i:
                    wall.append((wall_now - wall_before) / share)
                    cpu.append(max(cpu_now - cpu_before, 1e-9) / share)
    finally:
        gc.enable()
    return times


@dataclass
class Result:
    """One line of the table: what was measured, and what it must reach."""

    group: str
    case: str
    against: str
    values: list[float] = field(default_factory=list)
    at_most: float | None = None
    at_least: float | None = None
    mb_per_s: float | None = None
    rows_per_s: float | None = None
    best: float | None = None
    note: str = ""
    unit: str = "x"

    @property
    def value(self) -> float | None:
        return median(self.values) if self.values else None

    @property
    def verdict(self) -> str:
        """yes, NO, or nothing where there is no target or no measurement."""
        if self.value is None or (self.at_most is None and self.at_least is None):
            return ""
        below = self.at_most is None or self.value <= self.at_most
        above = self.at_least is None or self.value >= self.at_least
        return "yes" if below and above else "NO"

    def cells(self) -> list[str]:
        names = [self.group, self.case, self.against]
        if self.value is None:
            return [*names, "not measured", "", "", "", "", self.note]
        spread = f"{min(self.values):.2f}-{max(self.values):.2f}"
        target = f"<= {self.at_most:g}" if self.at_most is not None else ""
        target = f">= {self.at_least:g}" if self.at_least is not None else target
        rate = f"{self.mb_per_s:,.0f} MB/s" if self.mb_per_s else ""
        if self.rows_per_s:
            rate += f", {self.rows_per_s:,.0f} rows/s"
        found = f"{self.value:.2f} {self.unit} ({spread})"
        best = "" if self.best is None else f"{self.best:.2f}"
        return [*names, found, best, target, self.verdict, rate, self.note]


HEAD = [
    "what",
    "case",
    "against",
    "median (min-max)",
    "best",
    "target",
    "met",
    "ours",
    "note",
]


class Report:
    """Results of one program, printed as they come."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.results: list[Result] = []

    def add(
        self,
        case: str,
        against: str,
        values,
        *,
        seconds=None,
        n_bytes=0,
        n_rows=0,
        **rest,
    ):
        """Record one line; `seconds` are ours, for the rates."""
        each = median(seconds) if seconds else 0
        if each:
            rest.setdefault("mb_per_s", n_bytes / each / 1e6 if n_bytes else None)
            rest.setdefault("rows_per_s", n_rows / each if n_rows else None)
        rest.setdefault("best", getattr(values, "best", None))
        result = Result(self.group, case, against, list(values), **rest)
        self.results.append(result)
        print("  ".join(cell for cell in result.cells() if cell), flush=True)

    def missing(self, case: str, against: str, why: str) -> None:
        """A line for what could not be measured here."""
        self.add(case, against, [], note=why)


def machine() -> dict[str, object]:
    """What the numbers depend on, and nothing that names the machine."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [
        line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
    ]
    installed = {one.name.lower(): one.version for one in metadata.distributions()}
    versions = {name: installed[name] for name in PACKAGES if name in installed}
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "system": platform.system(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "versions": {"python": platform.python_version(), **versions},
    }


def main(group: str, measure) -> None:
    """The command line that all programs share."""
    parser = argparse.ArgumentParser(description=f"measure: {group}")
    parser.add_argument("--json", type=Path, help="write the results here")
    parser.add_argument(
        "--runs", type=int, default=RUNS, help=f"at least 5, default {RUNS}"
    )
    parser.add_argument(
        "--full", action="store_true", help="memory: inputs of 2 and 4 GiB"
    )
    parser.add_argument("--quick", action="store_true", help="a quarter of the data")
    options = parser.parse_args()
    report = Report(group)
    measure(report, options)
    if options.json is not None:
        rows = [asdict(one) for one in report.results]
        text = json.dumps({"machine": machine(), "results": rows}, indent=1)
        options.json.write_text(text + "\n")
