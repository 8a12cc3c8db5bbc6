"""Rows for folders of shards, and what such a folder holds."""

from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

import recordsmith as rs

N = 3000
X = np.column_stack([np.arange(N), np.arange(N) % 7]).astype("float32")
Y = (np.arange(N) % 3).astype("float32")
SPLIT = {"train": 0.8, "validation": 0.1, "test": 0.1}


def left():
    return sorted(one.name for one in Path().iterdir())


def contents(folder):
    """{name: bytes} of all that is in a folder and below, hidden or not."""
    found = {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in Path(folder).rglob("*")
        if one.is_file()
    }
    assert found
    return found


def rows_of(data):
    """The first feature of each record, which is the row's number."""
    return rs.decode(data).features[:, 0].astype(int).tolist()


def batches(X, y, rows):
    whole = rs.decode(rs.encode(X, y))
    return (whole.rows(at, at + rows) for at in range(0, X.shape[0], rows))


def random_sparse(n_rows, seed=0):
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(n_rows, 50)) * (rng.random((n_rows, 50)) < 0.1)
    dense[:, 0] = np.arange(n_rows) + 1
    return csr_matrix(dense.astype("float32"))
