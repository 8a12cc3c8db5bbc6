"""Small batches, and what sinks make of them."""

import io

import numpy as np
import scipy.sparse

import recordsmith as rs
from recordsmith.sinks import open_sink

TEXT_FORMATS = ("csv", "tsv", "jsonl")
FREE_FORMATS = ("recordio", "jsonl", "parquet", "arrow")  # hold every kind of field


def batch_of(X, y=None, **options):
    return rs.decode(rs.encode(X, y, **options))


def dense(n=4, width=3, dtype="float32", seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, width)).astype(dtype)
    return batch_of(X, np.arange(n, dtype="int32"))


def sparse(n=5, width=9, seed=0):
    matrix = scipy.sparse.random(
        n, width, 0.4, "csr", dtype="float32", random_state=np.random.default_rng(seed)
    )
    return batch_of(matrix, np.linspace(0, 1, n, dtype="float32"))


def ragged():
    return batch_of([[1, 2, 3], [], [4]], [1, 2, 3])


def written(dest_format, *batches, **options):
    file = io.BytesIO()
    with open_sink(file, dest_format=dest_format, **options) as sink:
        for batch in batches:
            sink.write(batch)
    assert sink.n_rows == sum(batch.n_rows for batch in batches)
    assert sink.n_bytes == len(file.getvalue())
    return file.getvalue()


def lines(dest_format, *batches, **options):
    return written(dest_format, *batches, **options).decode().splitlines()


def with_texts():
    uids = ["a", None, 'q"\\,\n\té', "d"]
    return batch_of(
        np.eye(4, 2, dtype="float32"),
        [1, 2, 3, 4],
        uid=uids,
        metadata=["m1", "m2", "m3", "m4"],
    )
