"""All measurements, each in a process of its own: a table, a JSON file, a plot."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .measure import HEAD, RUNS, Result
from .plot import draw

HERE = Path(__file__).parent
RESULTS = HERE / "results"
SDK_PYTHON = HERE / ".venv-sdk" / "bin" / "python"
PROGRAMS = ("encode", "decode", "read", "chunks", "pages", "sdk", "libsvm", "convert")
PROGRAMS += ("validate", "stats", "frames", "requests", "pipe", "memory")
DESCRIPTION = """Ratios are medians of runs alternating with the baseline, in one process,
with their extremes; `best` is the ratio of the fastest run of each side, which tells more
where other work shares the machine (load average at the end: {load} on {cores} cores)."""


def main() -> None:
    """Run what was asked for, and say which targets were missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="PROGRAM", help=", ".join(PROGRAMS))
    parser.add_argument("--runs", type=int, default=RUNS, help=f"default {RUNS}")
    parser.add_argument(
        "--full", action="store_true", help="memory: inputs of 2 and 4 GiB"
    )
    parser.add_argument("--quick", action="store_true", help="a quarter of the data")
    parser.add_argument(
        "--out", type=Path, default=RESULTS, help="folder for the results"
    )
    options = parser.parse_args()
    unknown = set(options.only) - set(PROGRAMS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    options.out.mkdir(exist_ok=True)
    started = time.monotonic()
    machine: dict = {}
    results: list[Result] = []
    for name in options.only or PROGRAMS:
        found = run(name, options)
        versions = found["machine"].pop("versions", {})
        machine["versions"] = {**versions, **machine.get("versions", {})}
        machine.update(found["machine"])
        results += [Result(**one) for one in found["results"]]
        write(options.out, machine, results)
    seconds = time.monotonic() - started
    print(f"\n{table(results)}\n{summary(results)} ({seconds:.0f} s)")


def run(name: str, options) -> dict:
    """One program's results; a single line without a value if it fails."""
    python = SDK_PYTHON if name == "sdk" else Path(sys.executable)
    why = f"no environment with the SDK at {SDK_PYTHON.relative_to(HERE.parent)}"
    if python.exists():
        print(f"-- {name}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            answer = Path(folder, "results.json")
            command = [python, "-m", f"benchmarks.bench_{name}", "--json", answer]
            command += ["--runs", str(options.runs)]
            command += ["--full"] * options.full + ["--quick"] * options.quick
            # The environment with the SDK lacks this package, which is built in place.
            env = {**os.environ, "PYTHONPATH": str(HERE.parent / "src")}
            code = subprocess.run(command, cwd=HERE.parent, env=env).returncode
            if code == 0:
                return json.loads(answer.read_text())
            why = f"ended with exit code {code}"
    failed = {"group": name, "case": "all", "against": "", "note": why}
    return {"machine": {}, "results": [failed]}


def write(folder: Path, machine: dict, results: list[Result]) -> None:
    """latest.json, latest.md and latest.svg."""
    rows = [{**vars(one), "median": one.value, "met": one.verdict} for one in results]
    text = json.dumps({"machine": machine, "results": rows}, indent=1)
    (folder / "latest.json").write_text(text + "\n")
    versions = ", ".join(
        f"{k} {v}" for k, v in sorted(machine.get("versions", {}).items())
    )
    about = f"{machine.get('cpu')}, {machine.get('cores')} cores; {versions}."
    about_runs = DESCRIPTION.format(load=machine.get("load"), cores=machine.get("cores"))
    lines = ["# Latest results", about, about_runs, table(results), summary(results)]
    (folder / "latest.md").write_text("\n\n".join(lines) + "\n")
    draw(folder / "latest.svg", results, about)


def table(results: list[Result]) -> str:
    """Markdown, with columns of one width."""
    rows = [HEAD, *(one.cells() for one in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    rows.insert(1, ["-" * width for width in widths])
    lines = [" | ".join(cell.ljust(n) for cell, n in zip(row, widths)) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def summary(results: list[Result]) -> str:
    """How many targets were met, missed, and could not be measured."""
    met = sum(one.verdict == "yes" for one in results)
    missed = sum(one.verdict == "NO" for one in results)
    unknown = sum(one.value is None for one in results)
    return f"{met} targets met, {missed} missed, {unknown} not measured"


if __name__ == "__main__":
    main()
