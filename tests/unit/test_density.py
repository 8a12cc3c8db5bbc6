"""Dense rows written as sparse, sparse ones as dense, and flat tables."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import scipy.sparse

import recordsmith as rs
from records import of_stream
from recordsmith.batch import Batch, Field
from recordsmith.density import dense_values, densified, sparsified
from recordsmith.errors import InputError
from recordsmith.tally import Tally
from written import batch_of, dense, ragged, sparse, with_texts, written


def features(batch):
    return next(batch.all("feature"))


# -- fields ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_there_and_back(dtype):
    rng = np.random.default_rng(1)
    X = (rng.integers(-3, 4, (50, 30)) * (rng.random((50, 30)) < 0.2)).astype(dtype)
    field = Field("feature", "dense", X)
    csr = scipy.sparse.csr_matrix(X)
    found = sparsified(field)
    assert found.keys.tolist() == csr.indices.tolist()
    assert found.offsets.tolist() == csr.indptr.tolist()
    assert found.values.tolist() == csr.data.tolist()
    assert found.values.dtype == dtype
    back = densified(found)
    assert back.values.tobytes() == X.tobytes()
    assert back.shape is None


def test_every_bit_comes_back():
    X = np.array([[0.0, -0.0, np.nan, np.inf], [5e-324, 0.0, 0.0, 0.0]])
    found = sparsified(Field("feature", "dense", X))
    assert found.keys.tolist() == [1, 2, 3, 0]
    assert dense_values(found).tobytes() == X.tobytes()


def test_rows_that_lie_apart_and_a_shape():
    X = np.arange(48, dtype="float32").reshape(4, 12)[:, :6]
    found = sparsified(Field("feature", "dense", X, shape=(2, 3)))
    assert found.shape == (2, 3)
    back = densified(found)
    assert back.shape == (2, 3)
    assert np.array_equal(back.values, X)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_nothing(shape):
    found = sparsified(Field("feature", "dense", np.zeros(shape, "int32")))
    assert found.n_rows == shape[0]
    assert densified(found).values.shape == shape


def test_others_stay_as_they_are():
    lists = features(ragged())
    assert sparsified(lists) is lists
    assert densified(lists) is lists
    assert densified(features(dense())).kind == "dense"
    csr = features(sparse())
    assert sparsified(csr) is csr


def test_no_width_no_matrix():
    field = Field(
        "feature",
        "csr",
        np.ones(1, "float32"),
        offsets=np.array([0, 1]),
        keys=np.array([4]),
    )
    with pytest.raises(InputError, match="number of columns is unknown; pass n_features"):
        densified(field)


# -- RecordIO-protobuf -----------------------------------------------------------------


def test_sparsify_writes_what_a_sparse_matrix_gives():
    X = np.array([[0, 1.5, 0], [0, 0, 0], [2, 0, -1]], "float32")
    y = np.array([1, 0, 1], "float32")
    sparse_bytes = rs.encode(scipy.sparse.csr_matrix(X), y)
    assert written("recordio", batch_of(X, y), sparsify=True) == sparse_bytes
    assert written("recordio", batch_of(scipy.sparse.csr_matrix(X), y), densify=True) == (
        rs.encode(X, y)
    )


def test_sparse_rows_without_values_follow_the_policy():
    X = np.array([[0, 0], [3, 0]], "float32")
    tally = Tally()
    data = written(
        "recordio", batch_of(X), sparsify=True, empty_rows="explicit-zero", tally=tally
    )
    assert rs.decode(data).features.nnz == 2
    assert tally.changes() == {"empty_rows": 1, "zeros_added": 1}
    with pytest.raises(InputError, match="1 sparse rows have no stored value"):
        written("recordio", batch_of(X), sparsify=True, empty_rows="error")


def test_chunks_and_blocks_do_not_matter():
    X = np.zeros((3000, 800), "float32")  # more than one block of a million values
    X[::7, ::11] = 1
    whole = written("recordio", batch_of(X), sparsify=True)
    assert whole == rs.encode(scipy.sparse.csr_matrix(X))
    assert written("recordio", batch_of(X), sparsify=True, max_bytes=5000) == whole
    back = written("recordio", rs.decode(whole), densify=True)
    assert back == rs.encode(X)


def test_labels_texts_and_lists_are_left_alone():
    records = of_stream(io.BytesIO(written("recordio", with_texts(), sparsify=True)))
    assert [one["uid"] for one in records if "uid" in one] == [
        uid for uid in with_texts().uids if uid is not None
    ]
    assert all(one["label"]["values"][2] == () for one in records)
    plain = written("recordio", ragged())
    assert written("recordio", ragged(), sparsify=True) == plain
    assert written("recordio", ragged(), densify=True) == plain


def test_densify_refuses_or_sums_duplicates():
    field = Field(
        "feature",
        "csr",
        np.array([1, 2], "int32"),
        shape=(3,),
        offsets=np.array([0, 2]),
        keys=np.array([1, 1]),
    )
    batch = Batch((field,), 1, first_row=7)
    with pytest.raises(InputError, match="row 7: key 1 is stored twice"):
        written("recordio", batch, densify=True)
    data = written("recordio", batch, densify=True, duplicates="sum")
    assert rs.decode(data).features.tolist() == [[0, 3, 0]]


def test_both_are_refused():
    with pytest.raises(InputError, match="densify and sparsify are both asked for"):
        written("recordio", dense(), densify=True, sparsify=True)


# -- flat Parquet ----------------------------------------------------------------------


def table(data):
    return pa.parquet.read_table(io.BytesIO(data))


def test_flat_is_a_column_for_each_number():
    X = np.array([[1.5, 2], [3, 4]], "float32")
    found = table(written("parquet", batch_of(X, [7, 8]), flat=True))
    assert found.column_names == ["label", "f0", "f1"]
    assert [str(type_) for type_ in found.schema.types] == ["int32", "float", "float"]
    assert found.to_pydict() == {"label": [7, 8], "f0": [1.5, 3], "f1": [2, 4]}


def test_flat_reads_back(tmp_path):
    for batch in (dense(200, 5, "float64"), dense(3, 1)):
        rs.write(tmp_path / "a.parquet", batch, flat=True, overwrite=True)
        back = rs.read(tmp_path / "a.parquet", label="label")
        assert np.array_equal(back.features, batch.features)
        assert np.array_equal(back.labels, batch.labels)


def test_flat_sparse_rows_only_on_request():
    batch = sparse(5, 9)
    with pytest.raises(InputError, match=r"in flat Parquet each row would be 9 values"):
        written("parquet", batch, flat=True)
    found = table(written("parquet", batch, flat=True, densify=True))
    matrix = np.column_stack([found[f"f{i}"].to_numpy() for i in range(9)])
    assert np.array_equal(matrix, batch.features.toarray())


def test_flat_texts():
    with pytest.raises(InputError, match="flat Parquet has no column for uid"):
        written("parquet", with_texts(), flat=True)
    found = table(written("parquet", with_texts(), flat=True, extras="drop"))
    assert found.column_names == ["label", "f0", "f1"]
    found = table(written("parquet", with_texts(), flat=True, extras="keep"))
    assert found["uid"].to_pylist() == with_texts().uids


def test_flat_refuses_other_columns_later():
    with pytest.raises(InputError, match="3 wide"):
        written("parquet", dense(width=3), dense(width=2), flat=True)
    with pytest.raises(InputError, match="found 0 values, before there were 3"):
        written("parquet", ragged(), flat=True)


def test_flat_of_no_rows():
    assert table(written("parquet", dense(2).rows(0, 0), flat=True)).num_rows == 0


def test_options_of_flat_files_need_flat():
    with pytest.raises(InputError, match="densify apply to flat.*; pass flat=True"):
        written("parquet", dense(), densify=True)
