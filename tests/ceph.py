"""Ceph's object gateway on the loopback: a real store, which checks signatures.

One monitor, one storage daemon that keeps all in memory, and the gateway. It is up in
some four seconds. Debian: radosgw ceph-mon ceph-osd ceph-common.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PROGRAMS = ("radosgw", "ceph-mon", "ceph-osd", "ceph", "monmaptool", "radosgw-admin")
KEY, SECRET = "AKTEST", "sktest"
_WAIT_S = 60
_ATTEMPTS = 20
_POOLS = (".rgw.root", "default.rgw.log", "default.rgw.control", "default.rgw.meta")
_POOLS += tuple(f"default.rgw.buckets.{one}" for one in ("index", "data", "non-ec"))

# Pools of one copy; no checks of free disk, since nothing is on one; tcp_nodelay because
# each call would else take 40 ms; "class update" off because the monitor knows no class.
_CONFIG = """
[global]
fsid = {fsid}
mon host = [v1:127.0.0.1:{mon_port}]
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 8
osd pool default pg autoscale mode = off
mon max pg per osd = 1000
osd objectstore = memstore
memstore device bytes = 1073741824
osd class update on start = false
osd crush update on start = false
run dir = {folder}/run
admin socket = {folder}/run/$name.$pid.asok
pid file = {folder}/run/$name.pid
log file = {folder}/log/$name.log
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
mon data avail warn = 1
mon data avail crit = 1
paxos propose interval = 0.02
paxos min wait = 0.01
rgw frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw enable apis = s3
rgw num rados handles = 1
rgw gc max objs = 8
rgw lc max objs = 8
"""


def missing():
    """The programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Ceph:
    """A running gateway; `endpoint` is its URL."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._config = self.folder / "ceph.conf"

    def start(self):
        for name in ("mon", "osd", "run", "log", "rgw"):
            (self.folder / name).mkdir()
        fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
        mon_port = free_port()
        text = _CONFIG.format(
            fsid=fsid, folder=self.folder, port=self.port, mon_port=mon_port
        )
        self._config.write_text(text)
        address, monmap = f"[v1:127.0.0.1:{mon_port}]", str(self.folder / "monmap")
        _run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        self._run("ceph-mon", "-i", "a")
        number = self._run("ceph", "osd", "new", osd).strip()
        self._run("ceph-osd", "-i", number, "--mkfs", "--osd-uuid", osd)
        self._run(
            "ceph", *["osd", "crush", "add"], number, "1.0", "root=default", "host=h"
        )
        self._run("ceph-osd", "-i", number)
        with ThreadPoolExecutor(len(_POOLS)) as pool:
            list(pool.map(self._make_pool, _POOLS))
        self._run("radosgw", "-n", "client.rgw")
        _until_it_answers(self.endpoint)
        user = ("--uid=t", "--display-name=t", f"--access-key={KEY}")
        self._run("radosgw-admin", "user", "create", *user, f"--secret-key={SECRET}")

    def _make_pool(self, name):
        self._run("ceph", "osd", "pool", "create", name, "4")
        self._run("ceph", "osd", "pool", "application", "enable", name, "rgw")

    def _run(self, program, *arguments):
        command = (program, "-c", str(self._config), *arguments)
        # A monitor that is busy with its own beginning refuses a command now and then.
        for _ in range(_ATTEMPTS if program == "ceph" else 0):
            with contextlib.suppress(AssertionError):
                return _run(*command)
            time.sleep(0.5)
        return _run(*command)

    @contextlib.contextmanager
    def hanging(self):
        """The gateway takes connections meanwhile, and answers nothing."""
        pid = int((self.folder / "run" / "client.rgw.pid").read_text())
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def stop(self):
        for file in (self.folder / "run").glob("*.pid"):
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.kill(int(file.read_text()), signal.SIGKILL)


def _run(*command):
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_WAIT_S, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def _until_it_answers(url):
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")
