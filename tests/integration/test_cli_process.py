"""The command line as a process: streams, pipes, signals, full disks, terminals."""

import contextlib
import errno
import fcntl
import os
import pty
import re
import resource
import select
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time

import numpy as np
import pytest

import recordsmith as rs
from commands import PROGRAM, WAIT_S, bad, csv_bytes, eventually, good, names, run, start

# -- standard input and output ---------------------------------------------------------


def test_standard_input_and_output(table):
    args = ["convert", "-", "-", "--from", "csv", "--to", "recordio", "--label", "y"]
    done = run(*args, input=table.read_bytes())
    assert done.returncode == 0
    assert b"written to standard output" in done.stderr
    assert rs.decode(done.stdout).n_rows == 100


def test_streams_need_formats():
    assert "pass --to" in bad(1, "convert", "-", "-", "--from", "csv", input=b"x\n1\n")
    assert "--from" in bad(1, "convert", "-", "-", "--to", "csv", input=b"x\n1\n")


@pytest.mark.parametrize("input", [b"", b"\n"])
def test_empty_standard_input(input, tmp_path):
    args = ["convert", "-", "a.pbr", "--from", "csv"]
    run(*args, input=input, cwd=tmp_path)
    assert names(tmp_path) in ([], ["a.pbr"])
    assert good("cat", "-", "--from", "recordio") == ""


def test_a_reader_that_has_enough(tmp_path):
    """`recordsmith cat ... | head -1` is quiet."""
    X = np.zeros((200_000, 4), "float32")
    (tmp_path / "a.pbr").write_bytes(rs.encode(X))
    process = start("cat", "a.pbr", cwd=tmp_path, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b'{"features": [0.0, 0.0, 0.0, 0.0]}\n'
    process.stdout.close()
    with process.stderr as messages:
        assert messages.read() == b""
    assert process.wait(WAIT_S) == 141


def test_closed_standard_output(table, tmp_path):
    command = " ".join(PROGRAM)
    shell = ["sh", "-c", f"{command} cat {table} >&-"]
    done = subprocess.run(shell, capture_output=True, timeout=WAIT_S)
    assert done.returncode == 1
    assert done.stderr == b"recordsmith: -: standard output is closed\n"
    # What does not need it works, and nothing goes into the file that must not.
    args = f"convert {table} {tmp_path}/a.pbr --label y"
    shell = ["sh", "-c", f"{command} {args} >&- 2>&- <&-"]
    assert subprocess.run(shell, timeout=WAIT_S).returncode == 0
    good("convert", table, tmp_path / "b.pbr", "--label", "y")
    assert (tmp_path / "a.pbr").read_bytes() == (tmp_path / "b.pbr").read_bytes()


def test_full_standard_output(records):
    for args in (["cat", records], ["inspect", records], ["verify", "--json", records]):
        with open("/dev/full", "wb") as full:
            process = start(*args, stdout=full)
            _, message = process.communicate(timeout=WAIT_S)
        assert process.returncode == 1
        assert b"No space left on device" in message
        assert message.count(b"\n") == 1


def test_binary_data_to_a_terminal(records):
    controller, terminal = pty.openpty()
    process = start("cat", "--to", "recordio", records, stdout=terminal)
    _, message = process.communicate(timeout=WAIT_S)
    assert process.returncode == 1
    assert message.startswith(b"recordsmith: -: binary data are nothing for a terminal")
    process = start("head", "-n", 1, records, stdout=terminal)
    process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert b'{"label": 0' in os.read(controller, 1000)
    os.close(controller)
    os.close(terminal)


# -- pipes -----------------------------------------------------------------------------


def test_fifos_with_a_late_and_a_slow_writer(tmp_path):
    for name in ("in", "out"):
        os.mkfifo(tmp_path / name)
    args = ["convert", "in", "out", "--from", "csv", "--to", "recordio", "--label", "y"]
    process = start(*args, cwd=tmp_path)
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "out").read_bytes()))
    reader.start()
    data = csv_bytes(1000)
    time.sleep(0.3)
    with (tmp_path / "in").open("wb", buffering=0) as file:
        for at in range(0, len(data), 3001):
            file.write(data[at : at + 3001])
            time.sleep(0.02)
    _, message = process.communicate(timeout=WAIT_S)
    reader.join(WAIT_S)
    assert process.returncode == 0, message
    assert rs.decode(got[0]).n_rows == 1000
    assert names(tmp_path) == ["in", "out"]


def test_a_writer_that_dies_is_an_end_of_data(tmp_path):
    """A cut-off stream of records is an error, never a shorter file."""
    data = rs.encode(np.zeros((100, 3), "float32"))
    os.mkfifo(tmp_path / "in")
    process = start("convert", "in", "a.pbr", "--from", "recordio", cwd=tmp_path)
    with (tmp_path / "in").open("wb") as file:
        file.write(data[: len(data) // 2 + 5])
    _, message = process.communicate(timeout=WAIT_S)
    assert process.returncode == 1
    assert re.match(rb"recordsmith: in: record 51, byte \d+: the data end", message)
    assert names(tmp_path) == ["in"]


def test_a_named_pipe_whose_reader_goes_away_is_an_error(tmp_path):
    (tmp_path / "a.pbr").write_bytes(rs.encode(np.zeros((200_000, 4), "float32")))
    os.mkfifo(tmp_path / "out")
    process = start("convert", "a.pbr", "out", "--to", "csv", cwd=tmp_path)
    with (tmp_path / "out").open("rb", buffering=0) as file:
        file.read(10)
    _, message = process.communicate(timeout=WAIT_S)
    assert process.returncode == 1
    assert message == b"recordsmith: out: Broken pipe\n"


# -- signals ---------------------------------------------------------------------------

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


def until_idle(process):
    """Wait until a process has started up and waits for something."""

    def used():
        with open(f"/proc/{process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return fields[0] == "S", fields[11:13]

    before = None
    while True:
        idle, now = used()
        if idle and now == before and now != ["0", "0"]:
            return
        before = now
        time.sleep(1.0)


def interrupt(process, number):
    process.send_signal(number)
    _, message = process.communicate(timeout=WAIT_S)
    return process.returncode, message.decode()


@pytest.mark.parametrize(("number", "code"), SIGNALS)
@pytest.mark.parametrize("old", [None, b"old"])
def test_a_signal_in_mid_conversion(tmp_path, number, code, old):
    """Failure test 2: the old output or none, and no temporary file."""
    if old is not None:
        (tmp_path / "a.pbr").write_bytes(old)
    args = ["convert", "-", "a.pbr", "--from", "csv", "--label", "y", "--overwrite"]
    process = start(*args, cwd=tmp_path, stdin=subprocess.PIPE)
    process.stdin.write(csv_bytes(300_000))
    process.stdin.flush()  # and it waits for more
    eventually(lambda: any(one.stat().st_size > 1e6 for one in tmp_path.iterdir()))
    started = time.monotonic()
    found, message = interrupt(process, number)
    assert found == code
    assert message == {130: "recordsmith: interrupted\n"}.get(
        code, f"recordsmith: terminated by {number.name}\n"
    )
    assert time.monotonic() - started < 10
    assert names(tmp_path) == ([] if old is None else ["a.pbr"])
    assert old is None or (tmp_path / "a.pbr").read_bytes() == old


@pytest.mark.parametrize("dest_format", ["parquet", "arrow", "npz", "jsonl", "csv"])
def test_a_signal_while_another_library_writes(tmp_path, dest_format):
    X = np.random.default_rng(0).standard_normal((400_000, 20)).astype("float32")
    (tmp_path / "a.pbr").write_bytes(rs.encode(X))
    out = f"out.{dest_format}"
    process = start("convert", *["a.pbr"] * 20, out, cwd=tmp_path)
    eventually(lambda: any(n.startswith(f".{out}") for n in names(tmp_path)))
    time.sleep(0.5)
    code, message = interrupt(process, signal.SIGTERM)
    assert (code, message) == (143, "recordsmith: terminated by SIGTERM\n")
    assert names(tmp_path) == ["a.pbr"]


def test_a_signal_while_a_pipe_has_no_other_end(tmp_path):
    for number, (one, other) in ((2, ("fifo", "a.pbr")), (15, ("a.csv", "fifo"))):
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        os.mkfifo(tmp_path / "fifo")
        (tmp_path / "a.csv").write_bytes(csv_bytes(3))
        options = ["--from", "csv", "--to", "recordio"]
        process = start("convert", one, other, *options, cwd=tmp_path)
        until_idle(process)
        code, _ = interrupt(process, number)
        assert code == 128 + number
        assert names(tmp_path) == ["a.csv", "fifo"]


def test_two_signals_are_one(tmp_path):
    args = ["convert", "-", "a.pbr", "--from", "csv"]
    process = start(*args, cwd=tmp_path, stdin=subprocess.PIPE)
    process.stdin.write(csv_bytes(300_000))
    process.stdin.flush()
    eventually(lambda: any(one.stat().st_size > 1e6 for one in tmp_path.iterdir()))
    for _ in range(3):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    _, message = process.communicate(timeout=WAIT_S)
    assert (process.returncode, message) == (130, b"recordsmith: interrupted\n")
    assert names(tmp_path) == []


def test_ignored_signals_stay_ignored(tmp_path):
    args = ["convert", "-", "a.pbr", "--from", "csv"]
    process = start(
        *args,
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    process.stdin.write(csv_bytes(10))
    process.stdin.flush()
    until_idle(process)
    process.send_signal(signal.SIGHUP)
    process.stdin.write(csv_bytes(10, header=False))
    process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert rs.decode((tmp_path / "a.pbr").read_bytes()).n_rows == 20


# -- full disks ------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["pbr", "csv", "jsonl", "parquet", "arrow", "npz"])
def test_a_limit_on_the_size_of_files(tmp_path, suffix):
    X = np.random.default_rng(0).standard_normal((50_000, 10)).astype("float32")
    (tmp_path / "a.pbr").write_bytes(rs.encode(X))
    (tmp_path / f"o.{suffix}").write_bytes(b"old")
    limit = (500_000, 500_000)
    args = ["convert", "a.pbr", f"o.{suffix}", "--overwrite"]
    message = bad(
        1,
        *args,
        cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )
    assert os.strerror(errno.EFBIG) in message
    assert names(tmp_path) == ["a.pbr", f"o.{suffix}"]
    assert (tmp_path / f"o.{suffix}").read_bytes() == b"old"


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if (
        shutil.which("mount") is None
        or subprocess.run(command, capture_output=True).returncode
    ):
        pytest.skip("cannot mount a small disk here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("suffix", ["pbr", "csv", "npz", "parquet"])
def test_a_full_disk(tmp_path, small_disk, suffix):
    X = np.random.default_rng(0).standard_normal((100_000, 10)).astype("float32")
    (tmp_path / "a.pbr").write_bytes(rs.encode(X))
    message = bad(1, "convert", "a.pbr", f"disk/o.{suffix}", cwd=tmp_path)
    assert message.endswith("No space left on device")
    assert names(small_disk) == []


# -- the progress bar ------------------------------------------------------------------


def open_terminal():
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    return controller, terminal


def on_terminal(*args, cwd, **environment):
    """Run with standard error on a terminal; gives what that shows."""
    controller, terminal = open_terminal()
    process = start(
        *args,
        cwd=cwd,
        stderr=terminal,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    os.close(terminal)
    shown = b""
    while True:
        if not select.select([controller], [], [], WAIT_S)[0]:
            pytest.fail("nothing came")
        try:
            block = os.read(controller, 65536)
        except OSError:
            block = b""
        if not block:
            break
        shown += block
    os.close(controller)
    assert process.wait(WAIT_S) == 0, shown
    return shown.decode()


BAR = re.compile(r"\d+%\|.*\d+k?/[\d.]+k? ?\[|\d+%\|")


def test_the_bar_is_for_terminals_only(table, tmp_path):
    args = ["convert", "a.csv", "o.pbr", "--overwrite", "--label", "y"]
    shown = on_terminal(*args, cwd=tmp_path, NO_COLOR="1")
    assert BAR.search(shown)
    assert "100 rows" in shown
    assert "\x1b[3" not in shown  # no colours
    done = run(*args, cwd=tmp_path)
    assert not BAR.search(done.stderr.decode())


@pytest.mark.parametrize("option", ["--no-progress", "--quiet"])
def test_no_bar_on_request(table, tmp_path, option):
    args = ["convert", "a.csv", "o.pbr", option]
    assert not BAR.search(on_terminal(*args, cwd=tmp_path))


def test_the_bar_of_other_commands(records, tmp_path):
    assert BAR.search(on_terminal("verify", "a.pbr", cwd=tmp_path))
    assert BAR.search(on_terminal("inspect", "a.pbr", cwd=tmp_path))
    assert BAR.search(on_terminal("salvage", "a.pbr", "b.pbr", cwd=tmp_path))
    assert on_terminal("cat", "a.pbr", cwd=tmp_path) == ""


def test_messages_are_whole_after_a_bar(tmp_path, table):
    table.write_bytes(csv_bytes(200_000) + b"1,2\n")
    controller, terminal = open_terminal()
    process = start("convert", "a.csv", "o.pbr", cwd=tmp_path, stderr=terminal)
    process.wait(WAIT_S)
    os.close(terminal)
    shown = os.read(controller, 100_000)
    os.close(controller)
    assert process.returncode == 1
    last = shown.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")[-1]
    assert last.split(b"\r")[-1].startswith(b"recordsmith: a.csv: line 200002")
