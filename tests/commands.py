"""The command line as a process, and small files for it."""

import subprocess
import sys
import time

import pytest

PROGRAM = [sys.executable, "-W", "error", "-m", "recordsmith"]
WAIT_S = 120


def run(*args, cwd=None, **options):
    """Run to the end; standard input is empty unless it is given."""
    if "stdin" not in options:
        options.setdefault("input", b"")
    return subprocess.run(
        [*PROGRAM, *map(str, args)],
        capture_output=True,
        cwd=cwd,
        timeout=WAIT_S,
        **options,
    )


def start(*args, cwd=None, **options):
    options = {"stderr": subprocess.PIPE, **options}
    return subprocess.Popen([*PROGRAM, *map(str, args)], cwd=cwd, **options)


def good(*args, **options):
    """Run what has to succeed; gives standard output as text."""
    done = run(*args, **options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def bad(code, *args, **options):
    """Run what has to fail; gives the message, which is one line."""
    done = run(*args, **options)
    message = done.stderr.decode()
    assert done.returncode == code, message
    assert message.startswith("recordsmith: "), message
    assert message.count("\n") == (2 if code == 2 else 1), message
    assert "Traceback" not in message
    return message.splitlines()[0][len("recordsmith: ") :]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def csv_bytes(n_rows, width=4, header=True):
    head = ",".join(["y", *(f"x{i}" for i in range(width))]) + "\n" if header else ""
    rows = (",".join([str(i % 2), *[f"{i}.5"] * width]) for i in range(n_rows))
    return (head + "\n".join(rows) + "\n").encode()


def eventually(condition):
    for _ in range(WAIT_S * 50):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it did not happen")
