"""Records to arrays: kinds, schemas, options, threads."""

import numpy as np
import pytest
import scipy.sparse as sp

import records
import recordsmith as rs
import wire
from recordsmith import decoder
from recordsmith.decoder import decode_run
from recordsmith.errors import FormatError, InputError


def frames(*values):
    return b"".join(wire.frame(wire.feature(one)) for one in values)


def value(*numbers, dtype="float32", keys=(), shape=()):
    return wire.value(dtype, numbers, keys, shape)


def test_no_records():
    batch = rs.decode(b"")
    assert (len(batch), batch.fields, batch.labels) == (0, (), None)


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, np.frombuffer])
def test_any_buffer(make):
    data = frames(value(1, 2))
    held = make(data, "u1") if make is np.frombuffer else make(data)
    assert rs.decode(held).features.tolist() == [[1, 2]]


def test_rows_of_one_width_are_dense_and_others_ragged():
    assert rs.decode(frames(value(1), value(2))).get("feature").kind == "dense"
    assert rs.decode(frames(value(1), value(2, 3))).get("feature").kind == "ragged"
    field = rs.decode(frames(value(1), value(2)), ragged=True).get("feature")
    assert (field.kind, field.offsets.tolist()) == ("ragged", [0, 1, 2])


def test_rows_of_different_width_are_no_array():
    with pytest.raises(InputError, match="2 values, the first record has 1") as caught:
        _ = rs.decode(frames(value(1), value(2, 3))).features
    assert caught.value.row == 2


@pytest.mark.parametrize(
    "other",
    [
        value(1, dtype="float64"),
        value(1, dtype="int32"),
        value(1, keys=[0], shape=[1]),
        value(1, shape=[1]),
        wire.blobs([b"a"]),
    ],
)
def test_a_change_of_schema(other):
    data = frames(value(1), value(2), other)
    with pytest.raises(FormatError, match="differs from those before it") as caught:
        rs.decode(data)
    assert caught.value.row == 3
    run = decode_run(data, 0, len(data))
    assert (run.status, run.batch.n_rows) == ("RS_NEW_SCHEMA", 2)
    assert run.n_bytes == len(frames(value(1), value(2)))


def test_an_empty_row_fits_dense_and_sparse():
    sparse = frames(value(shape=[4]), value(1, keys=[3], shape=[4]), value(shape=[4]))
    found = rs.decode(sparse).features
    assert found.toarray().tolist() == [[0] * 4, [0, 0, 0, 1], [0] * 4]
    assert rs.decode(frames(value(), value())).features.shape == (2, 0)


def test_sparse_rows_without_a_shape():
    data = frames(value(1, 2, keys=[0, 5]))
    with pytest.raises(InputError, match="the largest key is 5"):
        _ = rs.decode(data).features
    found = rs.decode(data, n_features=6).features
    assert found.toarray().tolist() == [[1, 0, 0, 0, 0, 2]]
    with pytest.raises(FormatError, match="key 5 is outside") as caught:
        rs.decode(data, n_features=5)
    assert caught.value.row == 1


@pytest.mark.parametrize(("n_cols", "index"), [(10, "int32"), (2**31, "int32")])
def test_index_type(n_cols, index):
    found = rs.decode(frames(value(1, keys=[n_cols - 1], shape=[n_cols]))).features
    assert found.indices.dtype == found.indptr.dtype == index or n_cols > 2**31 - 1
    assert found.indices.tolist() == [n_cols - 1]


def test_a_value_message_of_nothing_is_no_field():
    data = wire.frame(wire.feature(b"")) + wire.frame(wire.feature(b""))
    assert rs.decode(data).fields == ()
    mixed = wire.frame(wire.feature(b"")) + frames(value(1))
    field = rs.decode(mixed).get("feature")
    assert field.present.tolist() == [False, True]
    assert records.of_batch(rs.decode(mixed))[1]["features"] == {
        "values": records.numbers(np.array([1], "f4"))
    }


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (wire.feature(value(1, 2, shape=[3])), "holds 2 values, its shape asks for 3"),
        (wire.feature(value(1, keys=[0, 1], shape=[3])), "holds 2 keys for 1 values"),
        (wire.feature(value(1, keys=[3], shape=[3])), "key 3 is outside"),
        (wire.feature(value(1, keys=[2**64 - 1], shape=[3])), "outside the row"),
        (wire.chunk(3, b"\xff"), "not UTF-8"),
        (wire.feature(value(1))[:-1], "past the end"),
        (b"\x0f", "wire type 7"),
        (b"\x00\x00", "no protobuf field number"),
        (b"\x0c", "end-group"),
        (wire.feature(value(shape=[1] * 9)), "more than 8 dimensions"),
    ],
)
def test_records_that_cannot_be(payload, text):
    good = frames(value(1, keys=[0], shape=[3]))
    for data, row in ((wire.frame(payload), 1), (good + wire.frame(payload), 2)):
        with pytest.raises(rs.errors.RecordsmithError, match=text) as caught:
            rs.decode(data)
        assert (caught.value.row, caught.value.unit) == (row, "record")
        assert len(data) - len(wire.frame(payload)) <= caught.value.offset < len(data)


def test_threads_find_the_same_error(monkeypatch):
    good = frames(*[value(i, keys=[i % 3], shape=[3]) for i in range(40)])
    bad = frames(value(1, keys=[7], shape=[3]))
    monkeypatch.setattr(decoder, "_MIN_BYTES_PER_THREAD", 64)
    for at in (0, 1, 17, 40):
        cut = at * len(good) // 40
        data = good[:cut] + bad + good[cut:]
        seen = set()
        for threads in (1, 2, 3, 7):
            with pytest.raises(FormatError, match="key 7 is outside") as caught:
                rs.decode(data, threads=threads)
            seen.add((caught.value.row, caught.value.offset))
        assert {row for row, _ in seen} == {at + 1}
        assert len(seen) == 1


def even_rows(n=300, width=5):
    X = np.arange(n * width, dtype="f4").reshape(n, width)
    return X, bytearray(rs.encode(X, np.arange(n, dtype="f4")))


@pytest.mark.parametrize("threads", [1, 3])
def test_equal_records_are_filled_without_a_scan(monkeypatch, threads):
    scanned = []
    scan = decoder._core.scan
    monkeypatch.setattr(decoder, "_MIN_BYTES_PER_THREAD", 1000)
    monkeypatch.setattr(
        decoder._core, "scan", lambda *args: scanned.append(args[1:]) or scan(*args)
    )
    X, data = even_rows()
    batch = rs.decode(data, threads=threads)
    assert np.array_equal(batch.features, X)
    assert np.array_equal(batch.labels, np.arange(300))
    assert scanned == [(0, len(data), 2)]


def test_one_record_that_differs_among_equal_ones():
    _, data = even_rows()
    n = len(data) // 300
    at = data.index(b"values", 200 * n)
    data[at : at + 6] = b"Values"
    run = decode_run(data, 0, len(data))
    assert (run.batch.n_rows, run.n_bytes, run.status) == (300, 300 * n, "RS_OK")
    names = [(field.role, field.name) for field in run.batch.fields]
    assert names == [("feature", "values"), ("label", "values"), ("feature", "Values")]
    missing = run.batch.fields[0].present
    assert np.flatnonzero(~missing).tolist() == [200]


def test_damage_among_equal_records():
    _, data = even_rows()
    n = len(data) // 300
    data[200 * n] ^= 1
    run = decode_run(data, 0, len(data))
    assert (run.batch.n_rows, run.n_bytes, run.status) == (200, 200 * n, "RS_E_MAGIC")
    with pytest.raises(FormatError) as caught:
        rs.decode(data)
    assert (caught.value.row, caught.value.offset) == (201, 200 * n)


def sparse_rows(n=400, seed=3):
    X = sp.random(n, 5000, 0.01, "csr", "f4", random_state=seed)
    return X, bytearray(rs.encode(X, np.arange(n, dtype="f4")))


def test_sparse_records_are_filled_without_a_scan(monkeypatch):
    scanned = []
    scan = decoder._core.scan
    monkeypatch.setattr(
        decoder._core, "scan", lambda *args: scanned.append(args[1:]) or scan(*args)
    )
    X, data = sparse_rows()
    batch = rs.decode(data)
    assert (batch.features != X).nnz == 0
    assert np.array_equal(batch.labels, np.arange(400))
    assert scanned == [(0, len(data), 2)]
    feature = batch.get("feature")
    for array in (feature.values, feature.keys):  # no more memory than the rows need
        assert array.base is None and len(array) == X.nnz
    assert feature.offsets.base is None and len(feature.offsets) == 401
    assert feature.keys.dtype == feature.offsets.dtype == np.int32


def test_a_sparse_record_that_differs_from_the_first_ones():
    _, data = sparse_rows()
    records = wire.frames(data)
    at = sum(len(wire.frame(payload)) for _, payload in records[:300])
    name = data.rindex(b"values", at, at + len(wire.frame(records[300][1])))
    data[name : name + 6] = b"Values"
    batch = rs.decode(data)
    names = [(field.role, field.name) for field in batch.fields]
    assert names == [("feature", "values"), ("label", "values"), ("label", "Values")]
    assert np.flatnonzero(~batch.fields[1].present).tolist() == [300]
    data[at] ^= 1
    run = decode_run(data, 0, len(data))
    assert (run.batch.n_rows, run.n_bytes, run.status) == (300, at, "RS_E_MAGIC")
