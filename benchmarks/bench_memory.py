"""Peak memory of a conversion, in a process of its own, for a small and a large input."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from .files import WIDE, write_any
from .measure import Report, main

MIB = 1 << 20
LIMIT = 400
COLUMNS = {"label": "label", "dtype": "float32", "label_dtype": "float32"}
SOURCES = {
    ".csv": COLUMNS,
    ".parquet": COLUMNS,
    ".wide.parquet": COLUMNS,
    ".libsvm": {"index_base": 0, "n_features": 1_000_000, "dtype": "float32"},
    ".npy": {},
    ".pbr": {},
}


def measure(report: Report, options) -> None:
    """Each source to RecordIO-protobuf, and RecordIO-protobuf to CSV and Parquet."""
    sizes = (2048, 4096) if options.full else (128, 256) if options.quick else (256, 512)
    for suffix in SOURCES:
        to = ".csv" if suffix == ".pbr" else ".pbr"
        kind = suffix[1:].replace("wide.parquet", f"parquet of {WIDE} columns")
        what = f"{kind} to {'RecordIO-protobuf' if to == '.pbr' else to[1:]}"
        peaks = []
        for mib in sizes:
            with tempfile.TemporaryDirectory() as folder:
                source = Path(folder, f"rows{suffix}")
                write_any(source, mib * MIB)
                command = [sys.executable, "-m", "benchmarks.bench_memory", "--child"]
                done = subprocess.run(
                    [*command, source, source.with_name(f"out{to}")],
                    capture_output=True,
                    text=True,
                )
            if done.returncode:
                report.missing(
                    what, f"{mib} MiB", done.stderr.strip().splitlines()[-1].split(":")[0]
                )
                break
            peaks.append(float(done.stdout))
            report.add(
                what, f"{mib} MiB of input", peaks[-1:], at_most=LIMIT, unit="MiB at most"
            )
        if len(peaks) == 2:
            report.add(what, "twice the input", [peaks[1] / peaks[0]], at_most=1.1)


def child(source: Path, target: Path) -> None:
    """Convert, and print the highest resident size in MiB."""
    import recordsmith as rs

    options = SOURCES[source.name[len("rows") :]]
    rs.convert(source, target, **options)
    # Not ru_maxrss: a new program inherits that of the process that started it.
    status = Path("/proc/self/status").read_text()
    line = next(one for one in status.splitlines() if one.startswith("VmHWM"))
    print(int(line.split()[1]) / 1024)


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(*map(Path, sys.argv[-2:]))
    else:
        main("memory", measure)
