"""Small files for the command line."""

import os
import uuid

import numpy as np
import pytest

import ceph as ceph_server
import recordsmith as rs
from commands import csv_bytes
from fifos import OBJECTS

SERVERS = "radosgw ceph-mon ceph-osd ceph-common"


@pytest.fixture
def table(tmp_path):
    (tmp_path / "a.csv").write_bytes(csv_bytes(100))
    return tmp_path / "a.csv"


@pytest.fixture
def records(tmp_path):
    X = np.arange(30, dtype="float32").reshape(10, 3)
    (tmp_path / "a.pbr").write_bytes(rs.encode(X, np.arange(10)))
    return tmp_path / "a.pbr"


@pytest.fixture
def damaged(tmp_path, records):
    """Ten records, the fifth of which has a broken header."""
    data = bytearray(records.read_bytes())
    data[len(data) // 10 * 4] ^= 0xFF
    (tmp_path / "damaged.pbr").write_bytes(data)
    return tmp_path / "damaged.pbr"


@pytest.fixture
def objects(tmp_path):
    """Three files, of which one is larger than a pipe, and two that are hidden."""
    folder = tmp_path / "objects"
    folder.mkdir()
    cuts = (0, 6, len(OBJECTS) - 5, None)
    for name, begin, end in zip("abc", cuts, cuts[1:]):
        (folder / name).write_bytes(OBJECTS[begin:end])
    (folder / "_SUCCESS").write_bytes(b"no")
    (folder / ".crc").write_bytes(b"no")
    return folder


@pytest.fixture(scope="session")
def ceph(tmp_path_factory):
    """A real object store; in CI its programs have to be there."""
    missing = ceph_server.missing()
    if missing:
        reason = f"{', '.join(missing)} not installed: apt-get install {SERVERS}"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    server = ceph_server.Ceph(tmp_path_factory.mktemp("ceph"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def store(ceph, tmp_path, monkeypatch):
    """A client of the store, to look at it by; the process and its children reach it."""
    import boto3

    for name in [one for one in os.environ if one.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ceph_server.KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ceph_server.SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", ceph.endpoint)
    return boto3.client("s3", endpoint_url=ceph.endpoint)


@pytest.fixture
def bucket(store):
    name = f"test-{uuid.uuid4().hex}"
    store.create_bucket(Bucket=name)
    return name
