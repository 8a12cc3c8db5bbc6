"""Reading a channel takes flat memory: four times the epoch needs no more of it."""

import subprocess
import sys

import pytest

GROWTH_MIB = 40

READ = """
import os, sys, threading
import numpy as np
import recordsmith as rs

folder, times, options = sys.argv[1], int(sys.argv[2]), eval(sys.argv[3])
piece = rs.encode(np.zeros((20_000, 100), "float32"), np.zeros(20_000, "float32"))
path = os.path.join(folder, "train_0")
os.mkfifo(path)

def write():
    with open(path, "wb", buffering=0) as file:
        for _ in range(times):
            for at in range(0, len(piece), 1 << 16):
                file.write(piece[at : at + (1 << 16)])

threading.Thread(target=write, daemon=True).start()
epoch = rs.open_pipe(folder, "train", timeout_s=60, **options)
for _ in epoch:
    pass
print(epoch.n_rows)
with open("/proc/self/status") as status:
    print(int(status.read().split("VmHWM:")[1].split()[0]) // 1024)
"""


def peak(folder, times, options):
    command = [sys.executable, "-c", READ, str(folder), str(times), repr(options)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    rows, mib = map(int, done.stdout.split())
    assert rows == times * 20_000 // options.get("shard", (0, 1))[1]
    return mib


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"rows": 256},
        {"rows": 256, "shuffle": 20_000, "last": "pad"},
        {"rows": 256, "shard": (1, 4)},
        {"on_error": "skip"},
        {"frames": True},
    ],
    ids=["batches", "shuffled", "shard", "skipping", "frames"],
)
def test_memory_is_flat(tmp_path, options):
    (tmp_path / "short").mkdir()
    (tmp_path / "long").mkdir()
    short = peak(tmp_path / "short", 8, options)  # 68 MB
    long = peak(tmp_path / "long", 32, options)
    assert long <= short + GROWTH_MIB
