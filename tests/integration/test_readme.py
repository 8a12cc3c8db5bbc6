"""The README's sessions, run as they are written there."""

import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")


def sessions():
    """(command, what it prints) of each block behind `<!-- session -->`."""
    blocks = re.findall(r"<!-- session -->\n```console\n(.*?)```", README, re.S)
    for block in blocks:
        yield re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M)


def test_sessions(tmp_path):
    ran = 0
    for session in sessions():
        for command, expected in session:
            if command.startswith("cat "):
                (tmp_path / command.split()[1]).write_text(expected)
                continue
            if command.startswith("recordsmith "):
                command = f"{sys.executable} -m {command}"
                ran += 1
            done = subprocess.run(
                command, shell=True, cwd=tmp_path, capture_output=True, text=True
            )
            assert done.stderr == ""
            assert done.stdout == expected
    assert ran >= 3
