"""docs/serving.md: its code, run as it is written there, and its claims on options."""

import re
import subprocess
import sys
from pathlib import Path

from commands import good
from feeding import WAIT_S

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "serving.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.S)


def test_the_blocks_run():
    printed = []
    for block in BLOCKS:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            capture_output=True,
            text=True,
            timeout=WAIT_S,
        )
        assert (done.returncode, done.stderr) == (0, "")
        printed.append(done.stdout)
    tests, sending = printed
    # By hand, a record: 8 of header; 2 around the map's entry, 8 for its key "values", 4
    # around the tensor, 2 + 12 for three packed floats.
    assert tests.splitlines()[:2] == ["train 0 144 whole", "train 1 144 whole"]
    assert tests.splitlines()[2].split()[:2] == ["validation", "0"]
    assert sending == "1 [[1. 2.]]\n"


def test_every_option_of_the_page_exists():
    options = set(re.findall(r"(--[a-z][a-z-]+)", PAGE))
    assert len(options) > 10
    told = good("pipe", "--help")
    assert {one for one in options if one not in told} == set()
