"""Arrays, sparse matrices and lists become batches."""

import numpy as np
import pytest
import scipy.sparse as sp

import records
import recordsmith as rs
from recordsmith.errors import InputError, UnsupportedTypeError


def features(X, **options):
    return rs.decode(rs.encode(X, **options)).features


@pytest.mark.parametrize("make", [list, tuple, lambda rows: [np.array(r) for r in rows]])
def test_rows_as_sequences(make):
    assert features(make([[1, 2], [3, 4]])).tolist() == [[1, 2], [3, 4]]


def test_rows_of_different_lengths_are_token_lists():
    data = rs.encode([[1, 2, 3], [], [4]])
    field = rs.decode(data).get("feature")
    assert (field.kind, field.dtype) == ("ragged", np.int32)
    assert field.values.tolist() == [1, 2, 3, 4]
    assert field.offsets.tolist() == [0, 3, 3, 4]


def test_value_of_a_token_list_that_does_not_fit():
    with pytest.raises(InputError, match="outside int32") as caught:
        rs.encode([[1, 2], [3], [], [4, 5, 2**31]])
    assert (caught.value.row, caught.value.column) == (3, None)


def test_value_of_a_sparse_row_that_does_not_fit():
    X = sp.csr_matrix(np.array([[0, 1], [0, 0], [0, 2**31]]))
    with pytest.raises(InputError, match="outside int32") as caught:
        rs.encode(X)
    assert (caught.value.row, caught.value.column) == (2, 1)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
def test_sparse_formats(kind):
    X = sp.csr_matrix(np.array([[0, 1.5, 0], [2.5, 0, 0]], "f4")).asformat(kind)
    assert features(X).toarray().tolist() == [[0, 1.5, 0], [2.5, 0, 0]]


def test_named_features_and_labels():
    X = {"a": np.zeros((2, 1), "f4"), "b": sp.csr_matrix(np.eye(2))}
    batch = rs.decode(rs.encode(X, {"y": [1, 2], "z": [[1.0], [2.0]]}))
    assert [(f.role, f.name, f.kind) for f in batch.fields] == [
        ("feature", "a", "dense"),
        ("feature", "b", "csr"),
        ("label", "y", "dense"),
        ("label", "z", "dense"),
    ]


def test_more_dimensions_write_a_shape():
    X = np.arange(12, dtype="f4").reshape(2, 3, 2)
    found = features(X)
    assert found.tolist() == X.tolist()
    assert features(X[:, ::-1]).tolist() == X[:, ::-1].tolist()


@pytest.mark.parametrize(
    "X",
    [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12.0).reshape(2, 6)[:, ::2],
        np.arange(12.0).reshape(4, 3)[::2],
        np.arange(6.0).reshape(2, 3)[::-1],
        np.arange(6.0).reshape(2, 3)[:, ::-1],
        np.broadcast_to(np.arange(3.0), (2, 3)),
    ],
)
def test_any_layout(X):
    assert features(X).tolist() == X.tolist()


def test_texts_go_by_position():
    batch = rs.decode(rs.encode([[1], [2]], uid=["a", None], metadata=[3, 4]))
    assert (batch.uids, batch.metadata) == (["a", None], ["3", "4"])
    with pytest.raises(InputError, match=r"^1 uids for 2 rows of features"):
        rs.encode([[1], [2]], uid=["a"])


@pytest.mark.parametrize(
    ("X", "cls", "text"),
    [
        (np.zeros(3), InputError, r"features have shape \(3,\), expected"),
        (np.float32(1), InputError, r"shape \(\)"),
        ([], InputError, r"shape \(0,\)"),
        ([["a"]], UnsupportedTypeError, "expected numbers"),
        (np.array([[None]]), UnsupportedTypeError, "Python objects"),
        (np.ma.masked_equal([[1.0, 2.0]], 2.0), InputError, "masked values"),
    ],
)
def test_what_is_no_matrix(X, cls, text):
    with pytest.raises(cls, match=text):
        rs.encode(X)


def test_labels_that_are_sparse():
    with pytest.raises(UnsupportedTypeError, match="labels are sparse"):
        rs.encode(np.zeros((2, 1)), sp.csr_matrix(np.eye(2)))


def test_a_mask_that_masks_nothing():
    assert features(np.ma.masked_array([[1.0]], mask=False)).tolist() == [[1.0]]


def test_labels_have_a_dtype_of_their_own():
    batch = rs.decode(rs.encode([[1]], [0.5], dtype="float64", label_dtype="float32"))
    assert (batch.features.dtype, batch.labels.dtype) == (np.float64, np.float32)


def test_no_rows_and_no_columns():
    assert rs.encode(np.zeros((0, 3))) == b""
    found = records.of_batch(rs.decode(rs.encode(np.zeros((2, 0), "f4"))))
    assert [one["features"]["values"] for one in found] == [("float32", b"", (), ())] * 2
