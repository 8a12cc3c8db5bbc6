"""Bare payloads, read from a file and written, against the loops that people write."""

from __future__ import annotations

import io
import os
import struct
import tempfile
from pathlib import Path

import recordsmith as rs

from . import cases
from .measure import Report, compare, main

MAGIC = 0xCED7230A
SIZES = ((100, "100 bytes"), (10_000, "10 kB"), (1_000_000, "1 MB"))


def read_by_hand(path: Path):
    with path.open("rb") as file:
        while head := file.read(8):
            magic, n = struct.unpack("<II", head)
            if magic != MAGIC or n >> 29:
                raise ValueError("no whole record")
            yield file.read(n)
            file.read(-n % 4)


def write_by_hand(file, payloads) -> None:
    for one in payloads:
        file.write(struct.pack("<II", MAGIC, len(one)))
        file.write(one)
        file.write(bytes(-len(one) % 4))


def measure(report: Report, options) -> None:
    """Payloads of random bytes: none of them holds a magic number by chance."""
    mib = cases.mib_of(options)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frames.rec")
        for size, name in SIZES:
            n = min(mib << 20, size * 500_000) // size
            pool = os.urandom(size + 1000)
            payloads = [pool[i % 1000 : i % 1000 + size] for i in range(n)]
            rs.write_frames(path, payloads, overwrite=True)
            assert list(rs.read_frames(path)) == list(read_by_hand(path)) == payloads
            frames = io.BytesIO()
            write_by_hand(frames, payloads)
            assert frames.getvalue() == path.read_bytes()
            facts = {"n_bytes": path.stat().st_size, "n_rows": n}

            def reading():
                for _ in rs.read_frames(path):
                    pass

            def reading_by_hand():
                for _ in read_by_hand(path):
                    pass

            times = compare(reading, reading_by_hand, options.runs)
            report.add(
                f"read, payloads of {name}", "a loop with struct", times.faster(),
                at_least=1.0 if size < 100_000 else None, seconds=times.ours, **facts,
            )  # fmt: skip

            def writing(payloads=payloads):
                with path.open("wb", buffering=0) as file:
                    rs.write_frames(file, payloads)

            def writing_by_hand(payloads=payloads):
                with path.open("wb") as file:
                    write_by_hand(file, payloads)

            times = compare(writing, writing_by_hand, options.runs)
            report.add(
                f"write, payloads of {name}", "a loop that never cuts", times.faster(),
                seconds=times.ours, **facts,
            )  # fmt: skip


if __name__ == "__main__":
    main("frames", measure)
