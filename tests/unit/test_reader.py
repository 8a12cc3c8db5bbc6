"""Streams to batches."""

import gzip
import io
import zlib

import numpy as np
import pytest
import scipy.sparse as sp

import recordsmith as rs
import wire
from doubles import Dribble, Pieces
from recordsmith.errors import FormatError, InputError, UnsupportedTypeError
from recordsmith.reader import iter_batches_from

TEN = b"".join(wire.dense([i], labels=[i]) for i in range(10))


class Failing(io.RawIOBase):
    """Gives some bytes, then raises."""

    def __init__(self, data, error):
        self.data, self.error = data, error

    def read(self, n=-1):
        if not self.data:
            raise self.error
        data, self.data = self.data, b""
        return data


@pytest.mark.parametrize("rows", [1, 3, 10, 99])
def test_rows_of_a_batch(rows):
    found = list(iter_batches_from(Dribble(TEN, [3] * 9), rows=rows))
    assert [b.n_rows for b in found] == [min(rows, 10 - at) for at in range(0, 10, rows)]
    assert [b.first_row for b in found] == list(range(0, 10, rows))
    labels = [label for b in found for label in b.labels]
    assert labels == list(range(10))


@pytest.mark.parametrize("kind", ["dense", "csr"])
def test_batches_that_are_kept_stay_as_they_are(kind):
    """The arrays of a batch are in one block, which is no other batch's."""
    X = np.random.default_rng(0).random((9000, 10), "f4")
    X[X < 0.3] = 0
    y = np.arange(9000, dtype="f4")
    data = rs.encode(X if kind == "dense" else sp.csr_matrix(X), y)
    kept = list(iter_batches_from(io.BytesIO(data), batch_bytes=70_000))
    assert len(kept) > 5
    assert np.array_equal(np.concatenate([one.to_numpy()[0] for one in kept]), X)
    assert np.array_equal(np.concatenate([one.labels for one in kept]), y)
    own = [one.get("feature").values.base is one.get("label").values.base for one in kept]
    assert sum(own) > len(own) // 2  # all of about the same size as the one before


def test_rows_that_get_denser():
    """Arrays for as many values as the rows before had do not hold these."""
    rng = np.random.default_rng(0)
    parts = [
        sp.random(2000, 5000, d, "csr", "f4", random_state=rng) for d in (0.002, 0.03)
    ]
    data = b"".join(rs.encode(one) for one in parts)
    found = list(iter_batches_from(io.BytesIO(data), batch_bytes=70_000))
    whole = sp.vstack([one.features for one in found])
    assert (whole != sp.vstack(parts)).nnz == 0


@pytest.mark.parametrize("rows", [0, -1])
def test_rows_must_be_positive(rows):
    with pytest.raises(InputError, match=f"rows is {rows}, expected 1 or more"):
        list(iter_batches_from(io.BytesIO(TEN), rows=rows))


def test_a_batch_holds_a_record_at_least():
    found = list(iter_batches_from(io.BytesIO(TEN), batch_bytes=1))
    assert [b.n_rows for b in found] == [1] * 10


def test_an_empty_stream():
    assert list(iter_batches_from(io.BytesIO())) == []


@pytest.mark.parametrize("error", [OSError("gone"), KeyboardInterrupt(), RuntimeError()])
def test_errors_of_the_file_pass(error):
    with pytest.raises(type(error)) as caught:
        list(iter_batches_from(Failing(TEN, error)))
    assert caught.value is error


@pytest.mark.parametrize("tail", [b"", TEN[:30], b"\x0a", b"xyz"])
def test_rows_before_a_failure_come_first(tail):
    """Of a record that the failure cut off, nothing is said."""
    error, found = OSError("gone"), []
    with pytest.raises(OSError, match="gone") as caught:
        found.extend(iter_batches_from(Failing(TEN + tail, error)))
    assert caught.value is error
    assert [batch.n_rows for batch in found] == [10]


def test_damage_before_a_failure_is_what_is_told():
    bad = wire.frame(b"\x0f")
    with pytest.raises(FormatError, match="wire type 7"):
        list(iter_batches_from(Failing(TEN + bad, OSError("gone"))))


def test_rows_before_damaged_compression_come_first(tmp_path):
    X = np.random.default_rng(0).random((30_000, 8), "f4")
    data = rs.encode(X)
    packed = gzip.compress(data)
    cut = packed[: len(packed) // 2]
    n_rows = len(zlib.decompressobj(31).decompress(cut)) // (len(data) // len(X))
    assert 10_000 < n_rows < 20_000
    path, found = tmp_path / "x.pbr.gz", []
    path.write_bytes(cut)
    with pytest.raises(FormatError, match="ends in the middle of a compressed stream"):
        found.extend(rs.iter_batches(path))
    assert np.array_equal(np.concatenate([one.features for one in found]), X[:n_rows])


def test_a_file_that_does_not_wait():
    """A non-blocking file is asked again until it has bytes."""

    answers = [None, TEN[:7], None, None, TEN[7:], None, b""]

    class Waiting(io.RawIOBase):
        def read(self, n=-1):
            return answers.pop(0)

    (batch,) = iter_batches_from(Waiting())
    assert batch.labels.tolist() == list(range(10))
    assert answers == []


def test_a_file_opened_as_text():
    with pytest.raises(UnsupportedTypeError, match="gives text, expected bytes"):
        list(iter_batches_from(io.StringIO("abc")))


def test_errors_name_the_file():
    with pytest.raises(FormatError) as caught:
        list(iter_batches_from(io.BytesIO(TEN + b"x"), name="a.pbr"))
    assert str(caught.value).startswith(f"a.pbr: record 11, byte {len(TEN)}: ")


def test_places_count_from_the_start_of_the_stream():
    bad = wire.frame(b"\x0f")
    data = TEN + bad + TEN
    for options in ({"rows": 3}, {"batch_bytes": 50}, {}):
        found = []
        stream = iter_batches_from(Dribble(data, [17] * 40), **options)
        with pytest.raises(FormatError, match="wire type 7") as caught:
            found.extend(stream)
        assert sum(b.n_rows for b in found) == 10
        assert (caught.value.row, caught.value.offset) == (11, len(TEN) + 8)


def test_places_after_split_records():
    payload = wire.feature(wire.value("float32", [1, 2])) + wire.chunk(3, b"uid")
    split = wire.frame(payload[:8], 1) + wire.frame(payload[8:16], 2)
    split += wire.frame(payload[16:], 3)
    data = TEN + split + TEN + split + wire.frame(b"\x0f")
    found = []
    with pytest.raises(FormatError, match="wire type 7") as caught:
        found.extend(iter_batches_from(Dribble(data, [29] * 40)))
    assert sum(b.n_rows for b in found) == 22
    expected = 2 * len(TEN) + 2 * len(split)
    assert (caught.value.row, caught.value.offset) == (23, expected + 8)
    with pytest.raises(FormatError, match="wire type 7") as caught:
        rs.decode(split + split + wire.frame(b"\x0f"))
    assert (caught.value.row, caught.value.offset) == (3, 2 * len(split) + 8)


def test_both_ways_to_split():
    """dmlc-core leaves the magic number out between parts; others leave nothing out."""
    magic = np.frombuffer(wire.MAGIC, "<f4")
    payload = wire.chunk(3, b"uu") + wire.feature(wire.value("float32", [1, magic[0], 2]))
    at = payload.index(wire.MAGIC)
    assert at % 4 == 0
    dmlc = wire.frame(payload[:at], 1) + wire.frame(payload[at + 4 :], 3)
    plain = wire.frame(payload[:8], 1) + wire.frame(payload[8:], 3)
    for data in (dmlc, plain):
        batch = rs.decode(data)
        assert batch.features.tobytes() == np.array([1, magic[0], 2], "f4").tobytes()
        assert batch.uids == ["uu"]


@pytest.mark.parametrize("part", [1, 2, 3])
def test_parts_without_their_others(part):
    data = TEN + wire.frame(b"", part)
    with pytest.raises(FormatError, match="split record") as caught:
        rs.decode(data)
    assert (caught.value.row, caught.value.offset) == (11, len(TEN))


def test_a_last_part_without_padding():
    payload = wire.chunk(3, b"0123456789a")
    data = wire.frame(payload[:4], 1) + wire.frame(payload[4:], 3)
    n_padding = -len(payload[4:]) % 4
    assert n_padding
    for n in range(n_padding + 1):
        cut = data[: len(data) - n]
        assert rs.decode(cut).uids == ["0123456789a"]
        (batch,) = iter_batches_from(Pieces([cut[:9], cut[9:]]))
        assert batch.uids == ["0123456789a"]
