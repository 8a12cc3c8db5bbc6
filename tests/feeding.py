"""Writers to the FIFOs of pipe mode, as processes and threads of their own."""

import os
import subprocess
import threading
import time
from contextlib import contextmanager

WAIT_S = 20


@contextmanager
def fed(folder, channel, *epochs, delay_s=0.0, piece=None, pause_s=0.0):
    """FIFOs `<channel>_0`, ... one after another, as the platform makes them.

    Each appears `delay_s` after the one before was read or closed, and is gone then. Its
    bytes are written in pieces of `piece` bytes, `pause_s` apart. Yields a list, to which
    each epoch adds how many bytes were taken from it.
    """
    taken = []

    def work():
        for number, data in enumerate(epochs):
            time.sleep(delay_s)
            path = folder / f"{channel}_{number}"
            os.mkfifo(path)
            taken.append(write(path, data, piece or len(data) or 1, pause_s))
            path.unlink()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield taken
    thread.join(WAIT_S)
    assert not thread.is_alive(), "the writer was not read to the end, nor closed"


def write(path, data, piece, pause_s):
    """Bytes written until the end, or until the reader went away."""
    n_bytes = 0
    with open(path, "wb", buffering=0) as file:
        try:
            for at in range(0, len(data), piece):
                n_bytes += file.write(data[at : at + piece])
                time.sleep(pause_s)
        except BrokenPipeError:
            pass
    return n_bytes


def writer(folder, command):
    """A process that writes to a FIFO of the folder: "cat data > train_0"."""
    return subprocess.Popen(["sh", "-c", command], cwd=folder)
