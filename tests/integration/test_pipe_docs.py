"""docs/pipe.md: its code, run as it is written there."""

import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import recordsmith as rs
from feeding import WAIT_S, fed
from recordsmith.frames import wrap

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "pipe.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.S)
SCRIPT = re.search(r"<!-- train.py -->\n```python\n(.*?)```", PAGE, re.S)[1]
ELSEWHERE = ("import torch", "import tensorflow")  # environments/tests runs these

rng = np.random.default_rng(3)
X = rng.normal(size=(320, 2)).astype("float32")
DATA = rs.encode(X, X @ np.array([2, -1], "float32") + 3)


def run(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=6 * WAIT_S,
        env={**os.environ, "SM_INPUT_DIR": str(folder)},
    )
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.mark.parametrize("mode", ["Pipe", "File", "FastFile"])
def test_the_script_is_the_same_in_all_modes(data, mode):
    (data.parent / "config").mkdir()
    config = {"train": {"TrainingInputMode": mode}}
    path = data.parent / "config" / "inputdataconfig.json"
    path.write_text(json.dumps(config))
    with ExitStack() as server:
        if mode == "Pipe":
            server.enter_context(fed(data, "train", *[DATA] * 30))
        else:
            (data / "train").mkdir()
            (data / "train" / "part-0.pbr").write_bytes(DATA)
        printed = run(SCRIPT, data.parent)
    assert printed == "320 rows an epoch: y = [ 2. -1.] x + 3.00\n"


def test_the_other_blocks(data):
    blocks = [b for b in BLOCKS if b != SCRIPT and not b.startswith(ELSEWHERE)]
    assert len(blocks) == len(BLOCKS) - 3 == 2
    payloads = [b"image", b"1", b"another", b"0"]
    with (
        fed(data, "validation", rs.encode([[1, 2]], [3])),
        fed(data, "images", b"".join(map(wrap, payloads))),
    ):
        printed = [run(block, data.parent) for block in blocks]
    assert printed == ["(1, 2) [3]\n", "5 b'1'\n7 b'0'\n"]


def test_the_commands_serve_the_script(data, monkeypatch):
    (data / "train").mkdir()
    (data / "val").mkdir()
    for name in ("train", "val"):
        (data / name / "part-0.pbr").write_bytes(DATA)
    (data.parent / "train.py").write_text(SCRIPT)
    section = PAGE[PAGE.index("## On your own machine") :]
    commands = re.findall(r"^\$ recordsmith (.*)", section, re.M)
    assert len(commands) == 2
    monkeypatch.delenv("SM_INPUT_DIR", raising=False)
    for command in commands:
        command = command.replace("python", sys.executable)
        done = subprocess.run(
            f"{sys.executable} -m recordsmith {command}",
            shell=True,
            cwd=data.parent,
            capture_output=True,
            text=True,
            timeout=6 * WAIT_S,
        )
        assert done.returncode == 0, done.stderr
        assert "320 rows an epoch: y = [ 2. -1.] x + 3.00" in done.stdout
    assert sorted(os.listdir(data)) == ["train", "val"]
