"""Serving needs no more memory for more data, whatever is done to them on the way."""

import gzip
import subprocess
import sys

import numpy as np
import pytest

import recordsmith as rs
from commands import csv_bytes

LIMIT_MIB = 150
# Threads that wait for a busy machine hold a block more; the data grow by 100 MB.
GROWTH_MIB = 48

PROGRAM = """
import os, sys, threading, time
import numpy as np, pyarrow, pyarrow.csv
import recordsmith as rs
from recordsmith.pipe import Feed, Server

def resident(what):
    # Not ru_maxrss: a new program inherits that of the process that started it.
    with open("/proc/self/status") as status:
        return int(status.read().split(what + ":")[1].split()[0]) / 1024

def read(path):
    buffer = bytearray(1 << 20)
    global n_bytes
    n_bytes = 0
    with open(path, "rb", buffering=0) as file:
        while n := file.readinto(buffer):
            n_bytes += n

source, times = sys.argv[1], int(sys.argv[2])
before = resident("VmRSS")
with Server({"train": FEED}, epochs=1) as server:
    read(server.directory + "/train_0")
    server.wait()
print(n_bytes, resident("VmHWM") - before)
"""
FEEDS = {
    "files": "Feed([source + '.pbr'] * times)",
    "wrapped": "Feed([source + '.pbr'] * times, wrap='recordio')",
    "gzip": "Feed([source + '.gz'] * times, gzip=True)",
    "converted": "Feed([source + '.csv'] * times, convert={'label': 'y'})",
    "a manifest": "Feed([source + '.manifest'] * times, attributes=['label'], seed=1)",
}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    base = tmp_path_factory.mktemp("memory") / "a"
    data = rs.encode(np.random.default_rng(0).normal(size=(10_000, 50)))
    base.with_suffix(".pbr").write_bytes(data)
    base.with_suffix(".gz").write_bytes(gzip.compress(data, 1))
    base.with_suffix(".csv").write_bytes(csv_bytes(40_000, 20))
    base.with_suffix(".manifest").write_text('{"label": "' + "x" * 90_000 + '"}\n')
    return base


@pytest.mark.parametrize("name", FEEDS)
def test_memory_does_not_grow_with_the_data(name, source):
    code = PROGRAM.replace("FEED", FEEDS[name])
    found = []
    for times in (4, 16):
        command = [sys.executable, "-c", code, source, str(times)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found.append(list(map(float, done.stdout.split())))
    (bytes_1, peak_1), (bytes_4, peak_4) = found
    assert bytes_4 == 4 * bytes_1 > 0
    assert peak_4 < LIMIT_MIB
    assert peak_4 <= peak_1 + GROWTH_MIB, found
