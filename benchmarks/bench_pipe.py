"""Through a FIFO: serving it and reading it, each beside `cat FILE > fifo`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import recordsmith as rs
from recordsmith import pipe

from . import cases
from .measure import Comparison, Report, main

MIB = 1 << 20
BLOCK = 1 << 20
LIMIT = 150


def measure(report: Report, options) -> None:
    """Rates through a FIFO, and the memory of either side."""
    mib = 64 if options.quick else 256
    with tempfile.TemporaryDirectory() as folder:
        for case in (cases.dense(784, mib), cases.dense(30, mib), cases.zipf_36(mib)):
            path = Path(folder, "rows.pbr")
            path.write_bytes(rs.encode(case.X, case.y))
            measure_case(report, case, path, options.runs)
        measure_memory(report, path, 4096 if options.full else mib)


def measure_case(report: Report, case, path: Path, runs: int) -> None:
    """One file's bytes: who serves them, and who reads them."""
    n_bytes = path.stat().st_size
    fifo = str(path.with_name("train_0"))

    def cat(consumer):
        os.mkfifo(fifo)
        with Consumer(consumer, fifo) as reader:
            subprocess.run(f"exec cat '{path}' > '{fifo}'", shell=True, check=True)
        Path(fifo).unlink()
        return reader.seconds

    def serve(source):
        def through(consumer):
            with Consumer(consumer, fifo) as reader:
                pipe.serve(source, directory=path.parent, **sent)
            return reader.seconds

        sent = {"y": case.y} if source is case.X else {}
        return through

    sides = {
        "served from a file, read and dropped": (serve(path), "drop", "drop"),
        "served from arrays, read and dropped": (serve(case.X), "drop", "drop"),
        "from cat, read into arrays": (cat, "arrays", "drop"),
        "served from a file, read by open_pipe": (serve(path), "open_pipe", "drop"),
    }
    for what, (ours, consumer, plain) in sides.items():
        times = alternate(partial(ours, consumer), partial(cat, plain), runs)
        target = None if what.endswith("arrays, read and dropped") else 0.8
        report.add(
            f"{case.name}, {what}", "cat FILE > fifo, read and dropped",
            times.faster(), at_least=target, seconds=times.ours, n_bytes=n_bytes,
            n_rows=case.n_rows,
        )  # fmt: skip


def alternate(ours, baseline, runs: int) -> Comparison:
    """Seconds as the consumers had them, after one warm-up of each side."""
    times = Comparison([], [], [], [])
    for i in range(runs + 1):
        found = ours(), baseline()
        if i:
            times.ours.append(found[0])
            times.baseline.append(found[1])
    return times


class Consumer:
    """A process that reads the FIFO, started and ready before anybody writes to it."""

    def __init__(self, kind: str, fifo: str) -> None:
        self._command = [sys.executable, "-m", "benchmarks.bench_pipe", "--child", kind]
        self._command.append(fifo)

    def __enter__(self) -> Consumer:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *error) -> None:
        answer, _ = self._process.communicate()
        self.seconds, self.mib = map(float, answer.split())


def child(kind: str, fifo: str) -> None:
    """Read a FIFO to its end; prints seconds from its opening, and MiB of growth."""
    import scipy.sparse  # noqa: F401  sparse features are its matrices

    before = resident("VmRSS")
    print("ready", flush=True)
    while not Path(fifo).exists():
        time.sleep(0.001)
    if kind == "open_pipe":
        started = time.perf_counter()
        with rs.open_pipe(Path(fifo).parent, "train") as batches:
            for batch in batches:
                assert batch.features.shape[0]
        print(time.perf_counter() - started, resident("VmHWM") - before)
        return
    with Path(fifo).open("rb", buffering=0) as file:
        started = time.perf_counter()
        if kind == "arrays":
            for batch in rs.iter_batches(file, source_format="recordio"):
                assert batch.features.shape[0]
        else:
            buffer = bytearray(BLOCK)
            while file.readinto(buffer):
                pass
        seconds = time.perf_counter() - started
    print(seconds, resident("VmHWM") - before)


def measure_memory(report: Report, path: Path, mib: int) -> None:
    """What either side needs above its imports, for a stream of so many MiB."""
    times = -(-mib * MIB // path.stat().st_size)
    size = f"{times * path.stat().st_size / MIB:,.0f} MiB"
    fifo = str(path.with_name("train_0"))
    for how in ("serve", "serve-converted"):
        command = [sys.executable, "-m", "benchmarks.bench_pipe", "--child", how]
        command += [str(path), str(times)]
        with Consumer("arrays", fifo) as reader:
            served = subprocess.check_output(command, text=True)
        found = {how.replace("serve", "serving"): float(served)}
        if how == "serve":
            found["reading"] = reader.mib
        for what, above in found.items():
            report.add(
                f"{what}: memory above the imports", size, [above], at_most=LIMIT,
                unit="MiB at most",
            )  # fmt: skip


def child_serve(how: str, path: Path, times: int) -> None:
    """Serve a file again and again in one epoch; prints MiB of growth."""
    for batch in rs.iter_batches(path):  # what is imported late is no growth
        rs.encode(batch.rows(0, 1))
        break
    before = resident("VmRSS")
    convert = {} if how == "serve-converted" else None
    pipe.serve([path] * times, directory=path.parent, convert=convert)
    print(resident("VmHWM") - before)


def resident(what: str) -> float:
    """A line of the process's own status, in MiB."""
    # Not ru_maxrss: a new program inherits that of the process that started it.
    status = Path("/proc/self/status").read_text()
    line = next(one for one in status.splitlines() if one.startswith(what))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    if "--child" in sys.argv:
        kind, *arguments = sys.argv[sys.argv.index("--child") + 1 :]
        if kind.startswith("serve"):
            child_serve(kind, Path(arguments[0]), int(arguments[1]))
        else:
            child(kind, arguments[0])
    else:
        main("pipe", measure)
