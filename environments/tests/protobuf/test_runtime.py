"""Our bytes as this release's own parser reads them, and its bytes as we read them."""

import numpy as np
import pytest
import scipy.sparse as sp

import recordsmith
import schema
import wire

DTYPES = ("float32", "float64", "int32")
X = np.array([[1, 0, -2], [0, 0, 0], [7, 8, 9]])
Y = np.array([3, -1, 0])


def tensor(value, dtype):
    assert value.WhichOneof("value") == f"{dtype}_tensor"
    return getattr(value, f"{dtype}_tensor")


@pytest.mark.parametrize("dtype", DTYPES)
def test_dense(dtype):
    payloads = wire.payloads(recordsmith.encode(X.astype(dtype), Y.astype(dtype)))
    assert len(payloads) == len(X)
    for payload, row, label in zip(payloads, X, Y):
        record = schema.parse(payload)
        assert list(tensor(record.features["values"], dtype).values) == row.tolist()
        assert list(tensor(record.label["values"], dtype).values) == [label]
        assert schema.to_bytes(record) == payload


@pytest.mark.parametrize("dtype", DTYPES)
def test_sparse(dtype):
    payloads = wire.payloads(recordsmith.encode(sp.csr_matrix(X.astype(dtype))))
    assert len(payloads) == len(X)
    for payload, row in zip(payloads, X):
        record = schema.parse(payload)
        found = tensor(record.features["values"], dtype)
        assert list(found.keys) == np.flatnonzero(row).tolist()
        assert list(found.values) == row[row != 0].tolist()
        assert list(found.shape) == [X.shape[1]]
        assert schema.to_bytes(record) == payload


@pytest.mark.parametrize("dtype", DTYPES)
def test_bytes_of_the_runtime_are_read(dtype):
    data = b""
    for row, label in zip(X, Y):
        record = schema.Record()
        tensor_of = f"{dtype}_tensor"
        getattr(record.features["values"], tensor_of).values.extend(row.tolist())
        getattr(record.label["values"], tensor_of).values.append(int(label))
        data += wire.frame(record.SerializeToString())
    batch = recordsmith.decode(data)
    assert batch.features.dtype == batch.labels.dtype == np.dtype(dtype)
    assert batch.features.tolist() == X.tolist()
    assert batch.labels.tolist() == Y.tolist()
