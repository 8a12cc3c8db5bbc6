"""Types as mypy reveals them, and the binding's stub against the built module."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *args], capture_output=True, text=True, cwd=HERE.parents[1]
    )


def test_revealed_types():
    source = HERE / "expectations.py"
    expected = {
        number: line.rsplit("  # ", 1)[1]
        for number, line in enumerate(source.read_text().splitlines(), 1)
        if line.startswith("reveal_type(")
    }
    done = run("mypy", "--no-pretty", "--no-error-summary", str(source))
    found = {
        int(number): re.sub(r"\bbuiltins\.", "", text)
        for number, text in re.findall(
            r':(\d+): note: Revealed type is "(.*)"', done.stdout
        )
    }
    assert len(expected) >= 14
    assert found == expected, done.stdout + done.stderr


def test_stub_of_the_binding():
    done = run("mypy.stubtest", "recordsmith._core")
    assert done.returncode == 0, done.stdout
    assert re.search(r"no issues found in 1 module", done.stdout), done.stdout
