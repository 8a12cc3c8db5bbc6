"""Damages that other tools pass over in silence: errors here, or kept as they are."""

import io

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import records
import recordsmith as rs
import wire
from recordsmith.errors import FormatError, InputError, LimitError
from recordsmith.reader import iter_batches_from

FOUR = b"".join(wire.dense([i, i + 0.5], labels=[i]) for i in range(4))


def csr(data, indices, indptr, n_cols):
    """A CSR matrix whose arrays SciPy has not looked at."""
    matrix = sp.csr_matrix((len(indptr) - 1, n_cols), dtype=data.dtype)
    matrix.data, matrix.indices, matrix.indptr = data, indices, indptr
    return matrix


def test_labels_by_series_index():
    """Labels taken by the index of a pandas Series instead of by position."""
    X = np.zeros((4, 2), "f4")
    y = pd.Series([10.0, 20.0, 30.0, 40.0], index=[3, 2, 1, 0])
    assert rs.decode(rs.encode(X, y)).labels.tolist() == [10, 20, 30, 40]


def test_frame_and_series_of_different_index():
    """A frame and a series whose indexes disagree do not say which label is whose."""
    X = pd.DataFrame({"a": [1.0, 2.0]})
    with pytest.raises(InputError, match="index of the labels differs"):
        rs.encode(X, pd.Series([1.0, 2.0], index=[1, 0]))


@pytest.mark.parametrize("n", [4, 5, 0, 2])
def test_number_of_labels(n):
    """As many labels as columns, and not as rows: taken, and the rest dropped."""
    with pytest.raises(InputError, match=f"^{n} labels for 3 rows of features"):
        rs.encode(np.zeros((3, 5), "f4"), np.zeros(n, "f4"))


@pytest.mark.parametrize("cut", [20, 48])
def test_truncated_file(cut):
    """A file cut off in its last record: read as a record without label or features."""
    found = []
    with pytest.raises(FormatError, match="end inside a frame") as caught:
        records.take(iter_batches_from(io.BytesIO(FOUR[:-cut])), found)
    whole = (len(FOUR) - cut) * 4 // len(FOUR)
    assert len(found) == whole
    assert (caught.value.row, caught.value.offset) == (
        whole + 1,
        whole * len(FOUR) // 4,
    )
    with pytest.raises(FormatError):
        rs.decode(FOUR[:-cut])


def test_truncated_in_a_header():
    """A file cut off inside a frame header: one record fewer."""
    data = FOUR[: len(FOUR) // 4 * 3 + 5]
    with pytest.raises(FormatError, match="needs 8 bytes, 5 are there") as caught:
        rs.decode(data)
    assert caught.value.row == 4


@pytest.mark.parametrize("n", range(1, 8))
def test_trailing_junk(n):
    """Up to seven bytes after the last record: ignored."""
    with pytest.raises(FormatError) as caught:
        rs.decode(FOUR + b"junkjun"[:n])
    assert (caught.value.row, caught.value.offset) == (5, len(FOUR))


def test_key_beyond_the_shape_when_writing():
    """Index 9 in a row of three columns: accepted."""
    X = csr(np.ones(2, "f4"), np.array([0, 9]), np.array([0, 1, 2]), 3)
    with pytest.raises(InputError, match="key 9 is outside") as caught:
        rs.encode(X)
    assert caught.value.row == 1


def test_key_beyond_the_shape_when_reading():
    """The same, in a file."""
    data = wire.frame(wire.feature(wire.value("float32", [1.0], [9], [3])))
    with pytest.raises(FormatError, match=r"key 9 is outside .* below 3"):
        rs.decode(data)


def test_duplicate_keys():
    """A key stored twice: written as it is, and summed by the reader."""
    X = csr(np.array([1, 2, 4], "f4"), np.array([1, 1, 0]), np.array([0, 0, 3]), 3)
    with pytest.raises(InputError, match="key 1 is stored twice") as caught:
        rs.encode(X)
    assert caught.value.row == 1
    kept = rs.decode(rs.encode(X, duplicates="keep")).features
    assert (kept.indices.tolist(), kept.data.tolist()) == ([1, 1, 0], [1, 2, 4])
    tally = rs.Tally()
    summed = rs.decode(rs.encode(X, duplicates="sum", tally=tally)).features
    assert (summed.indices.tolist(), summed.data.tolist()) == ([0, 1], [4, 3])
    assert (tally.duplicates_summed, tally.keys_sorted) == (1, 1)


def test_sparse_matrix_of_rank_two():
    """A sparse feature of shape [2, 3]: read as two columns, an index out of range."""
    data = wire.frame(wire.feature(wire.value("float32", [7.0], [5], [2, 3])))
    batch = rs.decode(data)
    assert batch.get("feature").shape == (2, 3)
    assert batch.features.toarray().tolist() == [[0, 0, 0, 0, 0, 7]]
    assert rs.encode(batch) == data


def test_vector_labels():
    """Labels of two values: flattened to twice as many labels."""
    y = np.arange(6, dtype="f4").reshape(3, 2)
    batch = rs.decode(rs.encode(np.zeros((3, 1), "f4"), y))
    assert batch.labels.tolist() == y.tolist()


def test_some_records_without_label():
    """Eight rows, four labels."""
    data = b"".join(wire.dense([i], labels=[i] if i % 2 else None) for i in range(8))
    batch = rs.decode(data)
    assert len(batch) == 8
    with pytest.raises(InputError, match="missing in 4 of 8 records") as caught:
        _ = batch.labels
    assert (caught.value.row, caught.value.unit) == (1, "record")
    assert batch.get("label").present.tolist() == [False, True] * 4


def test_nan_and_infinity():
    """Written as they are: every bit comes back, and nothing else is made of them."""
    bits = np.array([[0x7FC01234, 0x7F800001, 0x7F800000, 0xFF800000]], "u4")
    data = rs.encode(bits.view("f4"))
    assert rs.decode(data).features.view("u4").tolist() == bits.tolist()


def test_float64_stays_and_narrowing_is_counted():
    """float64 becomes float32 only on request, and the cost is counted."""
    X = np.array([[0.1, 0.5]])
    assert rs.decode(rs.encode(X)).features.dtype == np.float64
    tally = rs.Tally()
    found = rs.decode(rs.encode(X, dtype="float32", tally=tally)).features
    assert found.tolist() == X.astype("f4").tolist()
    assert tally.values_rounded == 1
    lost = abs(float(np.float32(0.1)) - 0.1) / 0.1
    assert tally.max_relative_error == pytest.approx(lost, rel=1e-6)


def test_overflow_is_an_error():
    """A finite number that float32 would make infinite."""
    with pytest.raises(InputError, match=r"1e\+39 is too large for float32") as caught:
        rs.encode(np.array([[0.0], [1e39]]), dtype="float32")
    assert (caught.value.row, caught.value.column) == (1, 0)
    with pytest.raises(InputError, match="outside int32"):
        rs.encode(np.array([[2**31]]))


def test_record_of_half_a_gibibyte():
    """Its length spills into the flag bits of the length word."""
    values = np.zeros((1, 2**22), "f4")  # 16 MiB, lent to 33 fields of one record
    fields = [rs.Field("feature", "dense", values, name=str(i)) for i in range(33)]
    with pytest.raises(LimitError, match="holds at most 536870911") as caught:
        rs.encode(rs.Batch(tuple(fields), 1))
    assert caught.value.row == 0
    with pytest.raises(LimitError, match="holds at most 536870911"):
        list(rs.iter_chunks(rs.Batch(tuple(fields), 1)))
