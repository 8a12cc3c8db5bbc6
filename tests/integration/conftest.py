"""Small files for the command line."""

import numpy as np
import pytest

import recordsmith as rs
from commands import csv_bytes
from fifos import OBJECTS


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
