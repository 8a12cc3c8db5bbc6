"""NumPy's files, and SciPy's: choice of arrays, orders, damage."""

import io
import zipfile

import numpy as np
import pytest
import scipy.sparse as sp

import recordsmith as rs
import recordsmith.sources.from_numpy as from_numpy
from reading import Slow, batches_of, rows_of
from recordsmith.errors import FormatError, InputError, UnsupportedTypeError

X = np.arange(12.0).reshape(4, 3)
Y = np.array([1, 0, 1, 0])


def npy(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def npz(save=np.savez, **arrays):
    stream = io.BytesIO()
    save(stream, **arrays)
    stream.seek(0)
    return stream


def test_a_matrix(tmp_path):
    np.save(tmp_path / "x.npy", X)
    for src in (tmp_path / "x.npy", io.BytesIO(npy(X)), Slow(npy(X), step=50)):
        features, labels = rows_of(src)
        assert np.array_equal(features, X)
        assert labels is None


def test_columns_by_position():
    features, labels = rows_of(io.BytesIO(npy(X)), label=0, dtype="float32")
    assert features.dtype == "float32"
    assert (features.tolist(), labels.tolist()) == (X[:, 1:].tolist(), X[:, 0].tolist())
    features, labels = rows_of(io.BytesIO(npy(X)), features=[2], label=[1, 0])
    assert (features.tolist(), labels.tolist()) == (
        X[:, [2]].tolist(),
        X[:, [1, 0]].tolist(),
    )
    with pytest.raises(InputError, match="the table has 3 columns"):
        rows_of(io.BytesIO(npy(X)), label=3)


def test_blocks_of_rows(monkeypatch):
    monkeypatch.setattr(from_numpy, "BATCH_BYTES", 60)
    batches, _ = batches_of(io.BytesIO(npy(X)))
    assert [batch.n_rows for batch in batches] == [2, 2]
    batches, _ = batches_of(npz(X=X, y=Y), label="y")
    assert np.concatenate([batch.labels for batch in batches]).tolist() == Y.tolist()
    m = sp.random(50, 9, 0.3, "csr", random_state=1)
    batches, _ = batches_of(npz(lambda f: sp.save_npz(f, m)))
    assert len(batches) > 5
    assert (sp.vstack([batch.features for batch in batches]) != m).nnz == 0


def test_other_shapes_and_dtypes():
    cube = np.arange(8, dtype=">i2").reshape(2, 2, 2)
    assert np.array_equal(rows_of(io.BytesIO(npy(cube)))[0].reshape(2, 2, 2), cube)
    assert rows_of(io.BytesIO(npy(X[:0])))[0].shape == (0, 3)
    with pytest.raises(InputError, match=r"reshape\(-1, 1\)"):
        rows_of(io.BytesIO(npy(X[0])))
    with pytest.raises(InputError, match="single number"):
        rows_of(io.BytesIO(npy(np.float64(1))))
    with pytest.raises(InputError, match="only a matrix"):
        rows_of(io.BytesIO(npy(cube)), label=0)
    records = np.zeros(2, [("a", "f4"), ("b", "i4")])
    for array in (np.array(["x"]), records, np.array([{}]), np.array([1j])):
        with pytest.raises(UnsupportedTypeError, match="expected numbers"):
            rows_of(io.BytesIO(npy(array)))


def test_fortran_order(tmp_path):
    np.save(tmp_path / "f.npy", np.asfortranarray(X))
    assert np.array_equal(rows_of(tmp_path / "f.npy")[0], X)
    with pytest.raises(InputError, match="Fortran order"):
        rows_of(Slow((tmp_path / "f.npy").read_bytes(), step=50))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (npy(X)[:-5], "cut off after 3 of 4 rows"),
        (npy(X)[:20], "header"),
        (npy(X) + b"x", "followed by other data"),
    ],
)
def test_damaged_npy(data, match):
    with pytest.raises(FormatError, match=match) as caught:
        rows_of(io.BytesIO(data))
    assert caught.value.path == "<BytesIO>"


def test_misfits_have_their_row(monkeypatch, tmp_path):
    monkeypatch.setattr(from_numpy, "BATCH_BYTES", 48)
    bad = X.copy()
    bad[3, 1] = 1e39
    np.save(tmp_path / "1.npy", X)
    np.save(tmp_path / "2.npy", bad)
    with pytest.raises(InputError, match=r"2\.npy: row 3, column 1") as caught:
        rows_of(tmp_path, dtype="float32")
    assert (caught.value.row, caught.value.column) == (3, 1)


# -- archives --------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives(save):
    features, labels = rows_of(npz(save, X=X, y=Y), label="y")
    assert np.array_equal(features, X)
    assert (labels.dtype, labels.tolist()) == ("int32", Y.tolist())
    assert rows_of(npz(save, X=X, y=Y), drop="y")[1] is None
    assert np.array_equal(rows_of(npz(save, X=X, Z=-X), array="Z")[0], -X)
    assert rows_of(npz(save, X=X), label=2)[1].tolist() == X[:, 2].tolist()


@pytest.mark.parametrize(
    ("arrays", "options", "match"),
    [
        ({"X": X, "Z": X}, {}, "2 arrays could be the features.*X, Z"),
        ({"y": Y}, {}, "0 arrays could be the features"),
        ({"X": X}, {"array": "x"}, "did you mean 'X'"),
        ({"X": X}, {"label": "y"}, "the archive holds X"),
        ({"X": X, "y": Y[:3]}, {"label": "y"}, "3 labels for 4 rows"),
    ],
)
def test_archives_that_do_not_tell(arrays, options, match):
    with pytest.raises(InputError, match=match):
        rows_of(npz(**arrays), **options)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dia"])
@pytest.mark.parametrize("compressed", [True, False])
def test_sparse_files_of_every_format(kind, compressed):
    m = sp.random(6, 8, 0.3, random_state=1).asformat(kind)
    stream = npz(lambda f: sp.save_npz(f, m, compressed=compressed))
    batches, _ = batches_of(stream)
    assert batches[0].fields[0].kind == "csr"
    assert (batches[0].features != m.tocsr()).nnz == 0


def test_a_sparse_file_without_rows():
    stream = npz(lambda f: sp.save_npz(f, sp.csr_matrix((0, 5))))
    batches, _ = batches_of(stream)
    assert [batch.features.shape for batch in batches] == [(0, 5)]


def test_unsound_sparse_files():
    good = {"format": b"csr", "shape": np.array([2, 3]), "indptr": np.array([0, 1, 2])}
    good.update(indices=np.array([0, 2]), data=np.array([1.0, 2.0]))
    assert rows_of(npz(**good))[0].tolist() == [[1, 0, 0], [0, 0, 2]]
    for change in (
        {"indptr": np.array([0, 2])},
        {"indptr": np.array([0, 2, 1])},
        {"indptr": np.array([0, 1, 5])},
        {"indptr": np.array([0, 1, 1])},
        {"data": np.array([1.0])},
    ):
        with pytest.raises(FormatError):
            rows_of(npz(**{**good, **change}))
    with pytest.raises(InputError, match="the archive holds no labels"):
        rows_of(npz(**good), label="y")


def test_damaged_archives():
    data = npz(
        np.savez_compressed, X=np.random.default_rng(0).normal(size=(99, 9))
    ).getvalue()
    broken = bytearray(data)
    broken[len(data) // 2] ^= 0xFF
    for damaged in (bytes(broken), data[:-30]):
        with pytest.raises(FormatError) as caught:
            rows_of(io.BytesIO(damaged))
        assert caught.value.path == "<BytesIO>"
    with pytest.raises(InputError, match="stream"):
        rows_of(Slow(data, step=50))


def test_files_of_different_widths(tmp_path):
    np.save(tmp_path / "1.npy", X)
    np.save(tmp_path / "2.npy", X[:, :2])
    with pytest.raises(InputError, match="2 wide") as caught:
        rows_of(tmp_path)
    assert caught.value.path == str(tmp_path / "2.npy")


def test_labels_are_not_left_out_without_a_word():
    file = io.BytesIO()
    np.savez(file, X=np.eye(3), y=np.arange(3.0), names=np.arange(7))
    assert rows_of(rewound(file), label="y")[1].tolist() == [0, 1, 2]
    assert rows_of(rewound(file), drop="y")[1] is None
    assert rows_of(rewound(file), array="X")[1] is None
    with pytest.raises(InputError, match="the array 'y' has a value for each of the 3"):
        rows_of(rewound(file))
    with pytest.raises(InputError, match="drop='z': the archive holds X, y, names"):
        rows_of(rewound(file), drop="z")


@pytest.mark.parametrize("kind", ["csr", "csc", "coo"])
def test_labels_beside_a_sparse_matrix(kind):
    file = io.BytesIO()
    sp.save_npz(file, sp.random(4, 5, 0.5, format=kind, random_state=0))
    with zipfile.ZipFile(file, "a") as archive, archive.open("y.npy", "w") as member:
        np.lib.format.write_array(member, np.array([3.0, 1.0, 2.0, 0.0]))
    assert rows_of(rewound(file), label="y")[1].tolist() == [3, 1, 2, 0]
    assert rows_of(rewound(file), drop="y")[1] is None
    with pytest.raises(InputError, match="'y' has a value for each of the 4 rows"):
        rows_of(rewound(file))


def test_what_the_sink_writes_comes_back(tmp_path):
    for name, matrix in (("dense", np.eye(3)), ("sparse", sp.csr_matrix(np.eye(3)))):
        rs.write(tmp_path / f"{name}.npz", matrix, [2.0, 0.0, 1.0])
        features, labels = rows_of(tmp_path / f"{name}.npz", label="y")
        assert labels.tolist() == [2, 0, 1], name
        assert features.tolist() == np.eye(3).tolist(), name


def rewound(file):
    file.seek(0)
    return file
