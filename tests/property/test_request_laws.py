"""Requests: together they are all rows, bit for bit; each stands alone; none is shorter
than it could be."""

import io
import json

import numpy as np
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_svmlight_file
from strategies import DTYPES, csr_matrices, number_arrays

import recordsmith as rs

TYPES = ("csv", "json", "jsonlines", "libsvm", "recordio-protobuf")
dtypes = st.sampled_from(DTYPES)
sizes = st.integers(1, 400)


@st.composite
def dense(draw, finite=True):
    n_rows, n_cols = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    dtype = draw(dtypes)
    X = draw(number_arrays(dtype, n_rows * n_cols)).reshape(n_rows, n_cols)
    if finite and X.dtype.kind == "f":
        X[~np.isfinite(X)] = -0.0
    return X


@st.composite
def sparse(draw):
    dtype = draw(dtypes)
    X = draw(csr_matrices(draw(st.integers(1, 8)), dtype))
    if X.dtype.kind == "f":
        X.data[~np.isfinite(X.data)] = -0.0
    return X


def cut(X, content_type, size, form="auto"):
    """Requests of at most `size` bytes, or of one row where that is longer."""
    whole = list(rs.requests(X, content_type=content_type, rows=1, form=form))
    size = max(size, *map(len, whole)) if whole else size
    found = list(rs.requests(X, content_type=content_type, max_bytes=size, form=form))
    assert all(len(one) <= size for one in found)
    assert [one.begin for one in found] == [0, *(one.end for one in found)][:-1]
    assert found[-1].end == X.shape[0]
    for one in found[:-1]:
        more = rs.requests(
            X[one.begin : one.end + 1], content_type=content_type, form=form
        )
        assert sum(map(len, more)) > size
    return found


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@given(dense(), sizes)
def test_csv(X, size):
    found = [
        np.array([line.split(",") for line in one.body.decode().splitlines()])
        for one in cut(X, "csv", size)
    ]
    back = np.vstack(found).astype(X.dtype)
    assert same(back, np.ascontiguousarray(X))


@given(dense(), sizes, st.sampled_from(["json", "jsonlines"]))
def test_json_dense(X, size, content_type):
    found = [row["features"] for one in cut(X, content_type, size) for row in rows(one)]
    assert same(np.array(found, X.dtype), np.ascontiguousarray(X))


def rows(one):
    if one.content_type == "application/json":
        return json.loads(one.body)["instances"]
    return [json.loads(line) for line in one.body.splitlines()]


@given(sparse() | dense(), sizes, st.sampled_from(["json", "jsonlines"]))
def test_json_sparse(X, size, content_type):
    dtype = X.dtype
    found = [
        row["data"]["features"]
        for one in cut(X, content_type, size, "sparse")
        for row in rows(one)
    ]
    assert {tuple(row["shape"]) for row in found} == {X.shape[1:]}
    values = np.array([x for row in found for x in row["values"]], dtype)
    keys = [key for row in found for key in row["keys"]]
    offsets = np.cumsum([0, *(len(row["keys"]) for row in found)]).tolist()
    if sp.issparse(X):
        assert same(values, X.data)
        assert (keys, offsets) == (X.indices.tolist(), X.indptr.tolist())
    else:
        back = np.zeros(X.shape, dtype)
        back[np.repeat(np.arange(len(found)), np.diff(offsets)), keys] = values
        assert same(back, np.ascontiguousarray(X))


@given(sparse() | dense(finite=False), sizes)
def test_records(X, size):
    found = cut(X, "recordio-protobuf", size)
    assert b"".join(one.body for one in found) == rs.encode(X)


@given(sparse() | dense(), sizes)
def test_libsvm(X, size):
    """As scikit-learn and recordsmith read it; NaN at column 0 says that it is absent."""
    n_cols = X.shape[1]
    if sp.issparse(X) and n_cols > 10_000:  # scikit-learn makes rows of 32-bit columns
        X = X[:, :300]
        n_cols = 300
    if not n_cols:
        return
    parts = []
    for one in cut(X, "libsvm", size):
        got = rs.read(
            io.BytesIO(one.body),
            source_format="libsvm",
            index_base=0,
            n_features=n_cols,
            dtype="float64",
        )
        theirs, labels = load_svmlight_file(
            io.BytesIO(one.body), n_features=n_cols, zero_based=True
        )
        assert not labels.any()
        assert theirs.shape == (one.n_rows, n_cols)
        assert np.array_equal(got.features.indptr, theirs.indptr)
        assert np.array_equal(got.features.indices, theirs.indices)
        parts.append(got.features)
    back = sp.vstack(parts).tocsr()
    absent = np.isnan(back.data)
    assert not back.indices[absent].any()
    assert absent.sum() <= len(parts)
    want = sp.csr_matrix(X).astype("float64")
    if not sp.issparse(X):  # scipy leaves -0 out
        bits = np.ascontiguousarray(X).view(f"u{X.itemsize}") != 0
        want = sp.csr_matrix(
            (
                X[bits].astype("float64"),
                bits.nonzero()[1],
                np.r_[0, bits.sum(1).cumsum()],
            ),
            X.shape,
        )
    assert (
        back.data[~absent].astype(X.dtype).tobytes()
        == want.data.astype(X.dtype).tobytes()
    )
    assert np.array_equal(back.indices[~absent], want.indices)


@given(dense(finite=False), st.sampled_from(TYPES), sizes, st.data())
def test_batches_do_not_matter(X, content_type, size, data):
    if content_type.startswith("json") and X.dtype.kind == "f":
        X = np.nan_to_num(X)
    step = data.draw(st.integers(1, len(X)))
    size += 400
    whole = rs.requests(X, content_type=content_type, max_bytes=size)
    parts = rs.requests(
        rs.iter_batches(X, rows=step), content_type=content_type, max_bytes=size
    )
    assert list(whole) == list(parts)
