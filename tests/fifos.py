"""Readers of FIFOs: threads and processes that behave well, slowly, or badly."""

import sys
import threading
import time
from pathlib import Path

WAIT_S = 60
# What the three files of the fixture `objects` hold together.
OBJECTS = b"first\n" + bytes(range(256)) * 10_000 + b"last\n"


def appears(path):
    """Wait for a FIFO that comes late, as a reader in pipe mode has to."""
    end = time.monotonic() + WAIT_S
    while not Path(path).exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.002)
    return Path(path)


def take(path, n_bytes=None):
    """Read a FIFO to its end, or so many bytes of it, and close it."""
    appears(path)
    with open(path, "rb", buffering=0) as file:
        if n_bytes is None:
            return file.read()
        got = b""
        while len(got) < n_bytes:
            got += file.read(n_bytes - len(got))
        return got


class Taking(threading.Thread):
    """Takes a FIFO's bytes in a thread; `got` when it has ended."""

    def __init__(self, path, n_bytes=None):
        super().__init__(daemon=True)
        self._path, self._n_bytes = path, n_bytes
        self.start()

    def run(self):
        self._got = take(self._path, self._n_bytes)

    @property
    def got(self):
        self.join(WAIT_S)
        assert not self.is_alive()
        return self._got


# A program in place of a training script. It waits for FIFOs, as one has to.
PROLOGUE = """
import os, sys, time
def appears(path):
    while not os.path.exists(path):
        time.sleep(0.002)
    return path
def fifo(epoch, channel="train"):
    return appears(os.environ["SM_CHANNEL_" + channel.upper()] + f"_{epoch}")
def take(epoch, channel="train"):
    with open(fifo(epoch, channel), "rb") as file:
        return file.read()
"""


def script(body):
    """The command of a program that can `take(epoch, channel)`."""
    return [sys.executable, "-c", PROLOGUE + body]


def fifos_in(folder):
    """Names of the FIFOs that are there."""
    return sorted(one.name for one in Path(folder).rglob("*") if one.is_fifo())
