"""C programs of the tests, built with the core under AddressSanitizer and UBSan."""

import os
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

__all__ = ["CORE", "build_core", "build_program", "run"]

ROOT = Path(__file__).resolve().parents[1]
CORE = sorted(ROOT.glob("csrc/src/*.c"))

COMPILER = [
    *shlex.split(os.environ.get("CC", "cc")),
    *("-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover", "-fno-omit-frame-pointer"),
    *(f"-I{ROOT / folder}" for folder in ("csrc/include", "csrc/src", "tests/c")),
]


def run(*command):
    """Run a command and return its output; a failure shows all that it said."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def build_core(folder):
    """Compile the core's sources; the object files."""
    assert CORE
    objects = [folder / f"{source.stem}.o" for source in CORE]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [
            pool.submit(run, *COMPILER, "-c", source, "-o", target)
            for source, target in zip(CORE, objects)
        ]
        for job in jobs:
            job.result()
    return objects


def build_program(source, objects, folder, *flags):
    """Compile and link one program with the core."""
    program = folder / source.stem
    run(*COMPILER, *flags, source, *objects, "-lm", "-o", program)
    return program
