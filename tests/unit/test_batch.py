"""What a batch may look like."""

import numpy as np
import pytest

import recordsmith as rs
from recordsmith import Batch, Field
from recordsmith.errors import InputError, UnsupportedTypeError

F4 = np.zeros((2, 3), "f4")
OFFSETS = np.array([0, 1, 2])


def csr(**changes):
    parts = {"shape": (3,), "offsets": OFFSETS, "keys": np.zeros(2, "i4"), **changes}
    return Field("feature", "csr", np.zeros(2, "f4"), **parts)


@pytest.mark.parametrize(
    ("make", "cls", "text"),
    [
        (lambda: Field("feture", "dense", F4), InputError, "no 'feture'"),
        (lambda: Field("feature", "thick", F4), InputError, "kind 'thick'"),
        (lambda: Field("feature", "dense", F4[0]), InputError, "1 dimensions"),
        (
            lambda: Field("feature", "dense", F4.astype("i8")),
            UnsupportedTypeError,
            "int64",
        ),
        (
            lambda: Field("feature", "dense", F4.astype(">f4")),
            UnsupportedTypeError,
            "native",
        ),
        (lambda: Field("feature", "dense", F4, shape=(2,)), InputError, "asks for 2"),
        (lambda: Field("feature", "dense", F4, offsets=OFFSETS), InputError, "surplus"),
        (lambda: Field("feature", "ragged", F4[0]), InputError, "no offsets"),
        (lambda: csr(keys=None), InputError, "has no keys"),
        (lambda: csr(keys=np.zeros(3, "i4")), InputError, "3 keys for 2 values"),
        (lambda: csr(keys=np.zeros(2, "u8")), UnsupportedTypeError, "keys are uint64"),
        (lambda: csr(offsets=OFFSETS.astype("f8")), UnsupportedTypeError, "offsets are"),
        (lambda: csr(offsets=OFFSETS[:0]), InputError, "no offsets"),
        (lambda: csr(present=np.ones(3, bool)), InputError, "presence of 3 rows"),
        (lambda: csr(present=np.ones(2, "u1")), UnsupportedTypeError, "present are"),
        (
            lambda: Field("uid", "text", F4[0], offsets=OFFSETS),
            UnsupportedTypeError,
            "uint8",
        ),
    ],
)
def test_fields_that_cannot_be(make, cls, text):
    with pytest.raises(cls, match=text):
        make()


def test_fields_of_a_batch_have_its_rows():
    with pytest.raises(InputError, match="label 'values' has 1 rows, not 2"):
        Batch((Field("feature", "dense", F4), Field("label", "dense", F4[:1])), 2)


def kinds():
    """A batch with a field of each kind, of three rows."""
    three = np.array([0, 1, 1, 3])
    return Batch(
        (
            Field("feature", "dense", np.arange(6, dtype="f4").reshape(3, 2), name="d"),
            Field("feature", "ragged", np.arange(3, dtype="i4"), name="r", offsets=three),
            Field(
                "feature",
                "csr",
                np.ones(3),
                name="c",
                shape=(9,),
                offsets=three,
                keys=np.array([1, 2, 3]),
            ),
            Field(
                "feature",
                "blobs",
                np.frombuffer(b"abc", "u1"),
                name="b",
                offsets=np.array([0, 1, 1, 2]),
                item_offsets=np.array([0, 1, 3]),
            ),
            Field.from_texts("uid", ["a", None, "ü"]),
        ),
        3,
    )


@pytest.mark.parametrize(
    ("begin", "end", "n"),
    [(0, 3, 3), (1, 2, 1), (-5, 99, 3), (2, 1, 0), (3, 3, 0), (5, 9, 0)],
)
def test_parts_of_a_batch(begin, end, n):
    part = kinds().rows(begin, end)
    assert (len(part), part.n_rows) == (n, n)
    assert all(field.n_rows == n for field in part.fields)
    assert part.first_row == min(max(0, begin), 3)
    assert len(rs.encode(part)) == len(rs.encode(kinds())) * (n == 3) or n < 3


def test_texts():
    batch = kinds()
    assert batch.uids == ["a", None, "ü"]
    assert batch.rows(2, 3).uids == ["ü"]
    assert batch.metadata is None and batch.configuration is None


def test_only_one_feature():
    with pytest.raises(InputError, match="found 'd', 'r', 'c', 'b'"):
        _ = kinds().features
    with pytest.raises(InputError, match="expected one feature, found none"):
        _ = Batch((), 3).features
    assert kinds().labels is None
    assert kinds().get("feature", "r").kind == "ragged"
    assert kinds().get("feature") is None
    assert [field.name for field in kinds().all("feature")] == ["d", "r", "c", "b"]


def test_repr_says_what_it_is():
    text = repr(kinds())
    assert text.startswith("<Batch of 3 rows: <feature 'd': dense float32, 2 wide>")
    assert "<feature 'c': csr float64, shape (9,), 3 stored>" in text


def test_conversions():
    batch = rs.decode(rs.encode(np.array([[0.0, 2.0]]), [5]))
    dense, labels = batch.to_numpy()
    sparse, _ = batch.to_csr()
    assert dense.tolist() == sparse.toarray().tolist() == [[0, 2]]
    assert sparse.nnz == 1
    assert labels.tolist() == [5]
