"""Sending chunks to FIFOs, sockets and file objects: back-pressure, readers that go."""

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

import recordsmith as rs
from fifos import Taking
from recordsmith.errors import (
    InputError,
    PipeClosedError,
    PipeTimeoutError,
    UnsupportedTypeError,
)
from recordsmith.pipe import send

X = np.arange(600_000, dtype="float32").reshape(-1, 6)
DATA = rs.encode(X)
ROW = len(DATA) // len(X)
CHUNK = 64 << 10
PIPE = 1 << 20


@pytest.fixture
def fifo(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


class Counted:
    """Chunks, and how many bytes of them were asked for."""

    def __init__(self):
        self.n_bytes = 0

    def __iter__(self):
        for chunk in rs.iter_chunks(X, chunk_bytes=CHUNK):
            self.n_bytes += len(chunk)
            yield chunk


# -- everything arrives ----------------------------------------------------------------


def test_rows_through_a_fifo(fifo):
    reader = Taking(fifo)
    sent = send(X, fifo, chunk_bytes=CHUNK)
    assert reader.got == DATA
    assert (sent.dest, sent.rows, sent.bytes) == (str(fifo), len(X), len(DATA))
    assert 0 <= sent.waited_s <= sent.seconds


def test_labels_and_options_go_to_the_encoder(fifo):
    reader = Taking(fifo)
    send(X[:5], fifo, y=np.arange(5), label_dtype="float32")
    assert reader.got == rs.encode(X[:5], np.arange(5), label_dtype="float32")


def test_a_file_through_a_fifo(fifo, table):
    reader = Taking(fifo)
    assert send(table, fifo, label="y").rows == 100
    assert rs.decode(reader.got).n_rows == 100


@pytest.mark.parametrize("make", [iter, list, tuple, lambda chunks: (c for c in chunks)])
def test_chunks_as_they_are(make, fifo):
    reader = Taking(fifo)
    sent = send(make(rs.iter_chunks(X, chunk_bytes=CHUNK)), fifo)
    assert reader.got == DATA
    assert sent.rows == len(X)


def test_a_late_reader(fifo):
    started = threading.Timer(0.3, lambda: got.append(Taking(fifo)))
    got = []
    started.start()
    assert send(X, fifo, timeout_s=30).rows == len(X)
    started.join()
    assert got[0].got == DATA


@pytest.mark.parametrize("timeout_s", [None, 0.0, 20.0])
def test_a_socket_whatever_its_own_time_limit(timeout_s):
    """Also one that does not block, and small buffers, so that writes are partial."""
    here, there = socket.socketpair()
    here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    here.settimeout(timeout_s)
    got = []
    reader = threading.Thread(target=lambda: got.append(there.makefile("rb").read()))
    reader.start()
    assert send(X, here).rows == len(X)
    assert here.gettimeout() == timeout_s
    here.close()
    reader.join()
    there.close()
    assert got[0] == DATA


def test_a_tcp_connection():
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        there, _ = server.accept()
    got = []
    reader = threading.Thread(target=lambda: got.append(there.makefile("rb").read()))
    reader.start()
    send(X, here)
    here.close()
    reader.join()
    there.close()
    assert got[0] == DATA


@pytest.mark.parametrize("blocks", [True, False])
def test_a_descriptor_stays_open_and_as_it_was(blocks):
    end, begin = os.pipe()
    os.set_blocking(begin, blocks)
    reader = Taking(f"/proc/self/fd/{end}", len(DATA))
    send(X, begin)
    assert reader.got == DATA
    assert os.get_blocking(begin) is blocks
    os.close(begin)
    os.close(end)


def test_a_descriptor_s_name():
    end, begin = os.pipe()
    reader = Taking(f"/proc/self/fd/{end}", len(DATA))
    send(X, f"/dev/fd/{begin}")
    assert reader.got == DATA
    assert os.get_blocking(begin)
    os.close(begin)
    os.close(end)


class Dribbling(io.RawIOBase):
    """Takes a few bytes a time, and now and then none."""

    def __init__(self):
        self.got, self.calls = bytearray(), 0

    def writable(self):
        return True

    def write(self, data):
        self.calls += 1
        if self.calls % 3 == 0:
            return None
        piece = bytes(data[: 1 + self.calls % 7])
        self.got += piece
        return len(piece)


def test_file_objects():
    whole = io.BytesIO()
    assert send(X, whole).bytes == len(DATA)
    assert whole.getvalue() == DATA
    slow = Dribbling()
    sent = send(X[:10], slow)
    assert bytes(slow.got) == DATA[: 10 * ROW]
    assert (sent.dest, sent.rows) == ("<Dribbling>", 10)


# -- back-pressure ---------------------------------------------------------------------


def run_ahead(dest, reader, total):
    """By how many bytes the producer was ahead of a slow reader, at most."""
    chunks = Counted()
    sending = threading.Thread(target=send, args=(iter(chunks), dest))
    sending.start()
    taken = ahead = 0
    while taken < total:
        taken += len(reader(20_000))
        if taken < 2_000_000:  # slowly at first: the pipe is full all the time
            time.sleep(0.002)
        ahead = max(ahead, chunks.n_bytes - taken)
    sending.join()
    assert chunks.n_bytes == total
    return ahead


def test_a_slow_reader_of_a_fifo_slows_the_producer(fifo):
    opened = []
    opening = threading.Thread(target=lambda: opened.append(os.open(fifo, os.O_RDONLY)))
    opening.start()
    keep = os.open(fifo, os.O_WRONLY)  # so that the reader is there before the sending
    opening.join()
    ahead = run_ahead(fifo, lambda n: os.read(opened[0], n), len(DATA))
    os.close(keep)
    os.close(opened[0])
    assert CHUNK < ahead <= PIPE + CHUNK
    assert ahead < len(DATA) / 2


def test_a_slow_reader_of_a_socket_slows_the_producer():
    here, there = socket.socketpair()
    for one in (here, there):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 << 10)
    ahead = run_ahead(here, there.recv, len(DATA))
    here.close()
    there.close()
    # The system doubles what it is asked for, and there are two buffers.
    assert ahead <= 4 * (64 << 10) + CHUNK


MEMORY = """
import os, sys, threading
import numpy as np
import recordsmith as rs
from recordsmith.pipe import send
fifo, times = sys.argv[1], int(sys.argv[2])
X = np.zeros((10_000, 100), "float32")
def chunks():
    for _ in range(times):
        yield from rs.iter_chunks(X)
def read():
    with open(fifo, "rb", buffering=0) as file:
        buffer = bytearray(1 << 20)
        while file.readinto(buffer):
            pass
reader = threading.Thread(target=read)
reader.start()
sent = send(chunks(), fifo)
reader.join()
with open("/proc/self/status") as status:
    print(sent.rows, int(status.read().split("VmHWM:")[1].split()[0]) // 1024)
"""


def test_memory_does_not_grow_with_what_is_sent(fifo):
    peaks = []
    for times in (10, 80):
        command = [sys.executable, "-c", MEMORY, fifo, str(times)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rows, mib = map(int, done.stdout.split())
        assert rows == times * 10_000
        peaks.append(mib)
    assert peaks[1] <= peaks[0] + 8, peaks


@pytest.mark.parametrize("kind", ["batches", "channel", "record batches"])
def test_iterators_of_rows_are_encoded(kind, fifo, table, tmp_path):
    if kind == "batches":
        rows = rs.iter_batches(table, label="y", rows=7)
    elif kind == "channel":
        (tmp_path / "data" / "train").mkdir(parents=True)
        rs.convert(table, tmp_path / "data" / "train" / "a.pbr", label="y")
        rows = rs.open_pipe(tmp_path / "data", "train", rows=7)
    else:
        rows = pa.csv.open_csv(table)
    options = {"label": "y"} if kind == "record batches" else {}
    reader = Taking(fifo)
    assert send(rows, fifo, **options).rows == 100
    whole = rs.read(table, label="y")
    assert np.array_equal(rs.decode(reader.got).features, whole.features)
    assert np.array_equal(rs.decode(reader.got).labels, whole.labels)


def test_an_empty_iterator_sends_nothing():
    file = io.BytesIO()
    assert send(iter([]), file).bytes == len(file.getvalue()) == 0


@pytest.mark.parametrize("make", [iter, list])
@pytest.mark.parametrize("options", [{"y": [1]}, {"dtype": "float64"}])
def test_chunks_take_no_options(make, options):
    file = io.BytesIO()
    (name,) = options
    with pytest.raises(InputError, match=f"encoded already: {name} cannot apply"):
        send(make(rs.iter_chunks(X[:1])), file, **options)
    assert file.getvalue() == b""


# -- readers that go, or never come ----------------------------------------------------


def test_a_reader_that_dies_mid_stream(fifo):
    program = "import os, sys; f = open(sys.argv[1], 'rb', buffering=0)\n"
    program += "n = 0\nwhile n < 300_000: n += len(f.read(300_000 - n))\n"
    program += "os.kill(os.getpid(), 9)"
    reader = subprocess.Popen([sys.executable, "-c", program, fifo])
    with pytest.raises(PipeClosedError) as caught:
        send(X, fifo, chunk_bytes=CHUNK)
    assert reader.wait() == -signal.SIGKILL
    whole = 300_000 // (CHUNK // ROW * ROW) * (CHUNK // ROW)
    assert str(caught.value) == (
        f"{fifo}: the reader closed it after 300.0 kB, {whole:,} rows in whole chunks; "
        "see why the reader ended"
    )
    assert isinstance(caught.value, BrokenPipeError)


def test_a_socket_whose_other_end_closes():
    here, there = socket.socketpair()
    there.close()
    with pytest.raises(PipeClosedError, match="closed it after 0 bytes, 0 rows"):
        send(X, here)
    assert here.fileno() >= 0
    here.close()


def test_a_file_object_whose_other_end_closes():
    here, there = socket.socketpair()
    file = here.makefile("wb", buffering=0)
    there.close()
    with pytest.raises(PipeClosedError, match="^<SocketIO>: the reader closed it after"):
        send(X, file)
    file.close()
    here.close()


def test_a_file_object_that_has_buffered_what_nobody_reads():
    reading, writing = os.pipe()
    os.close(reading)
    file = os.fdopen(writing, "wb")
    with pytest.raises(PipeClosedError, match="closed it after 32 bytes were written, 1"):
        send(X[:1, :2], file)
    with pytest.raises(BrokenPipeError):
        file.close()


def test_a_reader_that_stalls(fifo):
    reader = Taking(fifo, 10_000)
    keep = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)  # open, and never read
    with pytest.raises(PipeTimeoutError) as caught:
        send(X, fifo, chunk_bytes=CHUNK, timeout_s=0.3)
    reader.join()
    os.close(keep)
    message = str(caught.value)
    assert "the reader took nothing for 0." in message
    assert "after 10.0 kB (10.0 kB, 0 rows in whole chunks)" in message


def test_a_reader_of_a_socket_that_stalls():
    here, there = socket.socketpair()
    with pytest.raises(PipeTimeoutError, match="took nothing for 0."):
        send(X, here, timeout_s=0.2)
    here.settimeout(0.2)
    with pytest.raises(PipeTimeoutError, match="took nothing for 0."):
        send(X, here)
    here.close()
    there.close()


def test_a_reader_that_never_comes(fifo):
    with pytest.raises(PipeTimeoutError, match="nobody opened the FIFO .* within 0.2 s"):
        send(X, fifo, timeout_s=0.2)


def test_an_error_of_the_source_is_the_error(fifo):
    def chunks():
        yield next(rs.iter_chunks(X[:3]))
        raise RuntimeError("no more")

    reader = Taking(fifo)
    with pytest.raises(RuntimeError, match="no more"):
        send(chunks(), fifo)
    assert reader.got == DATA[: 3 * ROW]


def test_what_cannot_be_sent_to(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="this is no FIFO; recordsmith.write"):
        send(X, tmp_path / "file")
    with pytest.raises(FileNotFoundError):
        send(X, tmp_path / "gone")
    with pytest.raises(UnsupportedTypeError, match="float is nothing that can be"):
        send(X, 1.5)
    with pytest.raises(UnsupportedTypeError, match="opened as text"):
        send(X, io.StringIO())
    with pytest.raises(UnsupportedTypeError, match="item 0 is bytes, expected Batch"):
        send(iter([b"123"]), io.BytesIO())
    with pytest.raises(InputError, match="timeout_s is -1"):
        send(X, os.devnull, timeout_s=-1)
