"""The same checks against the other implementations that the protobuf runtime offers."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.internal import api_implementation

HERE = Path(__file__).resolve().parent
CHOICE = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"
PROBE = (
    "from google.protobuf.internal import api_implementation\n"
    "print(api_implementation.Type())"
)


def run(implementation, *arguments):
    return subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        env={**os.environ, CHOICE: implementation},
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
    )


def offered():
    """The implementations that come when they are asked for."""
    for name in ("upb", "python"):
        done = run(name, "-c", PROBE)
        if done.returncode == 0 and done.stdout.strip() == name:
            yield name


OFFERED = list(offered())
OTHERS = [name for name in OFFERED if name != api_implementation.Type()]


def test_all_are_tested():
    """The one in use is tested by test_runtime.py itself."""
    assert "python" in OFFERED
    assert {*OTHERS, api_implementation.Type()} == set(OFFERED)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_conformance(name):
    file = str(HERE / "test_runtime.py")
    done = run(name, "-m", "pytest", "-q", "-p", "no:cacheprovider", file)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) > 5, done.stdout
