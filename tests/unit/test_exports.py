"""Batches become arrays, Arrow tables and frames."""

import numpy as np
import pytest
import scipy.sparse as sp

import recordsmith as rs
from recordsmith.errors import InputError, UnsupportedTypeError

X = np.array([[1, 2], [3, 4], [5, 6]], "f4")
Y = np.array([7, 8, 9], "f8")


def test_arrow_of_dense_rows():
    table = rs.decode(rs.encode(X, Y, uid=["a", None, "c"])).to_arrow()
    assert table.column_names == ["label", "features", "uid"]
    assert table.column("label").to_pylist() == Y.tolist()
    assert table.column("features").to_pylist() == X.tolist()
    assert table.column("uid").to_pylist() == ["a", None, "c"]


def test_arrow_of_sparse_rows():
    matrix = sp.csr_matrix(np.array([[0, 5], [0, 0], [6, 7]], "f4"))
    column = rs.decode(rs.encode(matrix)).rows(1, 3).to_arrow().column("features")
    found = column.to_pylist()
    assert [row["keys"] for row in found] == [[], [0, 1]]
    assert [row["values"] for row in found] == [[], [6, 7]]
    assert [row["shape"] for row in found] == [[2], [2]]


def test_arrow_of_token_lists_and_shapes():
    table = rs.decode(rs.encode([[1, 2], [3]])).to_arrow()
    assert table.column("features").to_pylist() == [[1, 2], [3]]
    cube = rs.decode(rs.encode(np.zeros((2, 2, 2), "f4"))).to_arrow()
    assert cube.schema.field("features").metadata == {b"recordsmith.shape": b"2,2"}


def test_arrow_of_rows_without_a_field():
    batch = rs.decode(rs.encode(X[:1], Y[:1]) + rs.encode(X[1:]))
    assert batch.to_arrow().column("label").to_pylist() == [7, None, None]
    parts = rs.decode(rs.encode({"a": X[:1]}) + rs.encode({"b": X[1:]}))
    assert parts.to_arrow().column("features.a").to_pylist() == [[1, 2], None, None]


def test_arrow_of_nothing():
    assert rs.decode(b"").to_arrow().num_columns == 0


def test_pandas():
    frame = rs.decode(rs.encode(X, Y)).to_pandas()
    assert list(frame.columns) == ["label", "f0", "f1"]
    assert frame["label"].tolist() == Y.tolist()
    assert frame[["f0", "f1"]].to_numpy().tolist() == X.tolist()
    assert [str(d) for d in frame.dtypes] == ["float64", "float32", "float32"]
    sparse = rs.decode(rs.encode(sp.csr_matrix(X))).to_pandas()
    assert sparse.to_numpy().tolist() == X.tolist()


def test_no_numbers():
    field = rs.Field(
        "feature",
        "blobs",
        np.frombuffer(b"ab", "u1"),
        offsets=np.array([0, 1]),
        item_offsets=np.array([0, 2]),
    )
    batch = rs.Batch((field,), 1)
    with pytest.raises(UnsupportedTypeError, match="holds blobs, not numbers"):
        _ = batch.features
    assert batch.to_arrow().column("features").to_pylist() == [[b"ab"]]


def test_a_part_of_sparse_rows():
    matrix = sp.csr_matrix(np.eye(4, dtype="f4"))
    part = rs.decode(rs.encode(matrix)).rows(2, 4)
    assert part.features.toarray().tolist() == np.eye(4)[2:].tolist()
    part.features.check_format()


def test_a_record_that_lacks_a_feature():
    data = rs.encode(X[:2]) + rs.encode({"b": X[:1]})
    with pytest.raises(InputError, match="missing in 1 of 3 records") as caught:
        rs.exports.field_to_array(rs.decode(data).get("feature"), 10)
    assert (caught.value.row, caught.value.unit) == (13, "record")
