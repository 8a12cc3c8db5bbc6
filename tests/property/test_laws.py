"""The laws that hold for all rows and all bytes.

Each is stated in its test's docstring. The fourth, that payloads are those of the
protobuf runtime, is in tests/conformance.
"""

import io
from unittest import mock

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import records
import recordsmith as rs
import wire
from doubles import Dribble
from property import strategies as own
from recordsmith import _core, codec, decoder
from recordsmith.codec import Encoder
from recordsmith.errors import FormatError, InputError, LimitError, RecordsmithError
from recordsmith.reader import iter_batches_from


def encode(batch, **options):
    return rs.encode(batch, duplicates="keep", **options)


def same_bits(found, expected):
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


def same_matrix(found, expected):
    if not sp.issparse(expected):
        same_bits(found, expected)
        return
    assert found.shape == expected.shape
    same_bits(found.data, expected.data)
    assert found.indices.tolist() == expected.indices.tolist()
    assert found.indptr.tolist() == expected.indptr.tolist()


# ------------------------------------------------------------------------ 1: round trip


@given(own.matrices())
def test_arrays_come_back(X_y):
    """decode(encode(X, y)) is X, y, bit for bit."""
    X, y = X_y
    batch = rs.decode(rs.encode(X, y))
    assert len(batch) == X.shape[0]
    if len(batch) == 0:
        assert batch.fields == ()
        return
    same_matrix(batch.features, X)
    if y is None:
        assert batch.labels is None
    else:
        same_bits(batch.labels, y)


@given(own.batches())
def test_batches_come_back(batch):
    """Whatever fields a batch has: decode(encode(batch)) holds the same records."""
    expected = records.of_batch(batch)
    data = encode(batch)
    assert records.of_batch(rs.decode(data)) == expected
    assert len(wire.payloads(data)) == batch.n_rows


# -------------------------------------------------------------------- 2: cut invariance


@given(own.batches(), own.cuts, st.integers(1, 200))
def test_cuts_make_no_difference(batch, cuts, batch_bytes):
    """However the bytes arrive, the same rows come out."""
    data, expected = encode(batch), records.of_batch(batch)
    found = records.of_stream(Dribble(data, cuts))
    assert found == expected
    found = records.of_stream(Dribble(data, cuts), batch_bytes=batch_bytes)
    assert found == expected


@given(own.batches(), own.cuts, st.integers(1, 6))
def test_cuts_make_no_difference_to_batches(batch, cuts, rows):
    """With `rows=`, the batches are the same as well."""
    data = encode(batch)
    whole = list(iter_batches_from(io.BytesIO(data), rows=rows))
    apart = list(iter_batches_from(Dribble(data, cuts), rows=rows))
    assert [b.n_rows for b in apart] == [b.n_rows for b in whole]
    assert [b.first_row for b in apart] == [b.first_row for b in whole]
    for one, other in zip(whole, apart):
        assert records.of_batch(one) == records.of_batch(other)
        assert list(map(repr, one.fields)) == list(map(repr, other.fields))
    assert all(b.n_rows == rows for b in whole[:-1])


@given(own.streams(), own.cuts, st.integers(1, 200), st.integers(1, 6))
def test_cuts_make_no_difference_to_split_records(stream, cuts, batch_bytes, rows):
    """Nor where records are split over several frames, or change their schema."""
    data, batches, _ = stream
    expected = [record for batch in batches for record in records.of_batch(batch)]
    assert records.of_stream(io.BytesIO(data)) == expected
    options = {"batch_bytes": batch_bytes}
    assert records.of_stream(Dribble(data, cuts), **options) == expected
    assert records.of_stream(Dribble(data, cuts), rows=rows) == expected


# ------------------------------------------------------------------ 3: chunk invariance


@given(own.batches(), st.integers(1, 400))
def test_chunks_join_to_the_whole(batch, max_bytes):
    """For any limit, chunks joined are the file; each obeys it and decodes alone."""
    data = encode(batch)
    longest = max([len(wire.frame(p)) for p in wire.payloads(data)], default=0)
    if longest > max_bytes:
        with pytest.raises(LimitError, match=f"max_bytes is {max_bytes}"):
            list(rs.iter_chunks(batch, max_bytes=max_bytes, duplicates="keep"))
        return
    expected = records.of_batch(batch)
    chunks = list(rs.iter_chunks(batch, max_bytes=max_bytes, duplicates="keep"))
    assert b"".join(bytes(chunk) for chunk in chunks) == data
    at = 0
    for chunk, after in zip(chunks, [*chunks[1:], None]):
        assert (chunk.begin, chunk.end > chunk.begin) == (at, True)
        assert len(chunk) == len(chunk.data) <= max_bytes
        alone = rs.decode(chunk.data)
        assert records.of_batch(alone) == expected[chunk.begin : chunk.end]
        if after is not None:  # one more record would not have fitted
            first = wire.frame(wire.payloads(after.data)[0])
            assert len(chunk) + len(first) > max_bytes
        at = chunk.end
    assert at == batch.n_rows


@given(own.batches(), st.integers(1, 400))
def test_a_target_is_passed_by_lone_records_only(batch, chunk_bytes):
    """`chunk_bytes` is a target: a longer record travels alone."""
    chunks = list(rs.iter_chunks(batch, chunk_bytes=chunk_bytes, duplicates="keep"))
    assert b"".join(chunk.data for chunk in chunks) == encode(batch)
    for chunk in chunks:
        assert len(chunk) <= chunk_bytes or chunk.end == chunk.begin + 1


# ---------------------------------------------------------------------- 5: planned size


@given(own.batches(), st.data())
def test_planned_is_written(batch, data):
    """Any run of rows takes the bytes planned for it, and nothing is touched beyond."""
    encoder = Encoder(batch, duplicates="keep")
    begin = data.draw(st.integers(0, batch.n_rows))
    end = data.draw(st.integers(begin, batch.n_rows))
    end_row, n_bytes = encoder.plan(begin, end)
    assert end_row == end
    whole = wire.frames(encode(batch))
    expected = b"".join(wire.frame(payload) for _, payload in whole[begin:end])
    assert n_bytes == len(expected)
    for spare in (0, 16):  # what lies beyond the rows, but within the room, may change
        room = bytearray(b"\xa5" * (n_bytes + 32))
        lent = memoryview(room)[: n_bytes + spare]
        assert _core.encode_rows(encoder.rows, begin, end, lent) == n_bytes
        assert room[:n_bytes] == expected
        assert room[n_bytes + spare :] == b"\xa5" * (32 - spare)


@given(own.batches(), st.data())
def test_too_little_room_is_an_error(batch, data):
    """Where the output is too small: an error, and nothing beyond it is touched."""
    encoder = Encoder(batch, duplicates="keep")
    expected = encode(batch)
    room = bytearray(b"\xa5" * (len(expected) + 32))
    n = data.draw(st.integers(0, max(0, len(expected) - 1)))
    if expected:
        with pytest.raises(InputError, match="no longer fit"):
            _core.encode_rows(encoder.rows, 0, batch.n_rows, memoryview(room)[:n])
        with pytest.raises(LimitError, match=f"`out` holds {n}$|`out` holds {n};"):
            encode(batch, out=memoryview(room)[:n])
    assert room[n:] == b"\xa5" * (len(room) - n)


@given(own.batches())
def test_out_is_written_in_place(batch):
    expected = encode(batch)
    room = bytearray(b"\xa5" * (len(expected) + 32))
    written = encode(batch, out=room)
    assert isinstance(written, memoryview)
    assert bytes(written) == expected
    del written
    assert room == expected + b"\xa5" * 32


# ------------------------------------------------------------------- 6: prefix honesty


def check_prefix(data, n, expected, ends):
    """The first n bytes give the records that are whole in them, then an error."""
    n_whole = sum(end <= n for end in ends)
    padded = [end + -end % 4 for end in ends]
    begins = [0, *padded]
    left = n > begins[n_whole]  # bytes of a further record
    for file in (io.BytesIO(data[:n]), Dribble(data[:n], [5] * 20)):
        found = []
        batches = iter_batches_from(file)
        if left:
            with pytest.raises(FormatError) as caught:
                records.take(batches, found)
            place = caught.value
            assert (place.row, place.offset) == (n_whole + 1, begins[n_whole])
        else:
            records.take(batches, found)
        assert found == expected[:n_whole]
    return left


def prefixes(data):
    """Lengths of prefixes: some of a long file, and all near its end."""
    n = len(data)
    return sorted({*range(0, n, max(1, n // 30)), *range(max(0, n - 12), n + 1)})


@given(own.batches())
def test_every_prefix_is_honest(batch):
    """A strict prefix gives whole rows and then an error, never a short row."""
    data, expected = encode(batch), records.of_batch(batch)
    ends, at = [], 0
    for payload in wire.payloads(data):
        ends.append(at + 8 + len(payload))
        at += len(wire.frame(payload))
    for n in prefixes(data):
        left = check_prefix(data, n, expected, ends)
        if left:
            with pytest.raises(FormatError):
                rs.decode(data[:n])
        else:
            n_whole = sum(end <= n for end in ends)
            assert records.of_batch(rs.decode(data[:n])) == expected[:n_whole]


@given(own.streams())
def test_every_prefix_of_split_records_is_honest(stream):
    data, batches, ends = stream
    expected = [record for batch in batches for record in records.of_batch(batch)]
    for n in prefixes(data):
        check_prefix(data, n, expected, ends)


# -------------------------------------------------------------------- 7: flipped bytes


def read_everything(data):
    """Every way to read the bytes: records, or RecordsmithError; nothing else."""
    return [
        outcome(lambda: records.of_batch(rs.decode(data))),
        outcome(lambda: records.of_batch(rs.decode(data, threads=2, ragged=True))),
        outcome(lambda: records.of_stream(io.BytesIO(data))),
        outcome(lambda: records.of_stream(Dribble(data, [7] * 9), rows=1)),
    ]


def outcome(read):
    """The records, or the error's class and place."""
    try:
        return read()
    except RecordsmithError as error:
        return type(error), str(error), error.row, error.offset


def same_readings(data):
    """All ways to read agree; decode() alone may refuse records of several schemas."""
    whole, ragged, stream, rows = read_everything(data)
    assert stream == rows
    if isinstance(whole, list):
        assert whole == stream
        assert ragged == whole
    else:
        assert isinstance(ragged, tuple)
        if isinstance(stream, tuple) and "differs from those before it" not in whole[1]:
            assert whole == stream
    return stream


@given(own.batches(), st.data())
def test_a_flipped_byte_is_an_error_or_a_valid_parse(batch, data):
    """Never a crash, a hang or another exception; all ways to read agree."""
    whole = bytearray(encode(batch))
    if not whole:
        return
    for _ in range(10):
        at = data.draw(st.integers(0, len(whole) - 1))
        flip = data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128, 255]))
        whole[at] ^= flip
        same_readings(bytes(whole))
        whole[at] ^= flip


@given(own.streams(), st.data())
def test_a_flipped_byte_in_split_records(stream, data):
    whole = bytearray(stream[0])
    if not whole:
        return
    for _ in range(5):
        at = data.draw(st.integers(0, len(whole) - 1))
        flip = data.draw(st.integers(1, 255))
        whole[at] ^= flip
        same_readings(bytes(whole))
        whole[at] ^= flip


@given(st.lists(st.binary(max_size=30), max_size=4))
def test_any_payload_is_an_error_or_a_valid_parse(payloads):
    same_readings(b"".join(map(wire.frame, payloads)))


# --------------------------------------------------------------------- 8: dense and CSR


@given(own.matrices(kinds=("dense",)))
def test_dense_and_sparse_decode_to_the_same(X_y):
    """Dense and CSR of one matrix decode to equal matrices, with equal labels."""
    X, y = X_y
    if not X.size:
        return
    X = np.where(np.arange(X.size).reshape(X.shape) % 3 == 0, X, 0).astype(X.dtype)
    dense = rs.decode(rs.encode(X, y))
    for sparse in (sp.csr_matrix(X), sp.csc_matrix(X), sp.coo_matrix(X), sp.csr_array(X)):
        other = rs.decode(rs.encode(sparse, y))
        np.testing.assert_array_equal(other.features.toarray(), dense.features)
        np.testing.assert_array_equal(dense.features, X)
        assert other.features.dtype == X.dtype
        np.testing.assert_array_equal(other.to_numpy()[0], dense.to_numpy()[0])
        assert (dense.to_csr()[0] != sp.csr_matrix(X)).nnz == int(np.isnan(X).sum())
        if y is not None:
            same_bits(other.labels, y)


# --------------------------------------------------------------------- 9: fast = general


@given(own.batches())
def test_rows_alone_are_the_rows_together(batch):
    """What is done once for a batch, and what is done for each row, give the same."""
    data = encode(batch)
    rows = [batch.rows(i, i + 1) for i in range(batch.n_rows)]
    assert b"".join(map(encode, rows)) == data
    alone = [rs.decode(wire.frame(payload)) for payload in wire.payloads(data)]
    expected = records.of_batch(batch)
    assert records.take(alone, []) == expected


@given(own.batches(), st.text(min_size=6, max_size=8))
def test_a_field_does_not_depend_on_its_neighbours(batch, name):
    """A field alone (the fast paths) reads as it does among others (the general one)."""
    data = encode(batch)
    for field in batch.fields:
        alone = rs.Batch((field,), batch.n_rows)
        expected = records.of_batch(alone)
        assert records.of_batch(rs.decode(encode(alone))) == expected
        found = rs.decode(data)
        kept = tuple(
            f for f in found.fields if (f.role, f.name) == (field.role, field.name)
        )
        assert records.of_batch(rs.Batch(kept, batch.n_rows)) == expected
        # An unknown field in front makes the general reader read every record.
        odd = [wire.chunk(99, name.encode()) + p for p in wire.payloads(encode(alone))]
        found = rs.decode(b"".join(map(wire.frame, odd)))
        assert records.of_batch(found) == expected


@given(own.batches(), st.integers(2, 5))
def test_threads_make_no_difference(batch, threads):
    """The bytes and the rows do not depend on how many threads make them."""
    data = encode(batch, threads=1)
    with (
        mock.patch.object(codec, "_MIN_BYTES_PER_THREAD", 1),
        mock.patch.object(codec, "_MIN_VALUES_PER_THREAD", 0),
    ):
        assert encode(batch, threads=threads) == data
        assert bytes(encode(batch, threads=threads, out=bytearray(len(data)))) == data
    one = rs.decode(data, threads=1)
    with mock.patch.object(decoder, "_MIN_BYTES_PER_THREAD", 4):
        many = rs.decode(data, threads=threads)
    assert records.of_batch(many) == records.of_batch(one)
    assert list(map(repr, many.fields)) == list(map(repr, one.fields))


@given(own.streams(), st.integers(2, 5))
def test_threads_make_no_difference_to_mixed_records(stream, threads):
    """Not even to which error is raised, or where."""
    data = stream[0]

    def read(threads):
        return outcome(lambda: records.of_batch(rs.decode(data, threads=threads)))

    with mock.patch.object(decoder, "_MIN_BYTES_PER_THREAD", 4):
        assert read(threads) == read(1)


def scanned(yes):
    """Scan before the arrays are filled always, or only where there is no other way."""
    return mock.patch.multiple(
        decoder,
        _MIN_UNSCANNED_ROWS=1 << 60 if yes else 2,
        _MIN_UNSCANNED_BYTES=1 << 60 if yes else 0,
    )


@given(own.matrices(), st.data())
def test_a_scan_before_makes_no_difference(X_y, data):
    """Rows filled without a scan before: the same rows, or the same error."""
    encoded = bytearray(rs.encode(*X_y))
    for at in data.draw(st.lists(st.integers(0, max(0, len(encoded) - 1)), max_size=2)):
        if encoded:
            encoded[at] = data.draw(st.integers(0, 255))
    threads = data.draw(st.integers(1, 3))
    most = data.draw(st.none() | st.integers(1, 7))

    def read():
        run = decoder.decode_run(
            encoded, 0, len(encoded), threads=threads, max_records=most
        )
        found = [(repr(field), records.of_batch(run.batch)) for field in run.batch.fields]
        return found, run.n_bytes, run.status, str(run.error)

    found = []
    for yes in (False, True):
        with scanned(yes), mock.patch.object(decoder, "_MIN_BYTES_PER_THREAD", 40):
            found.append(outcome(read))
    assert found[0] == found[1]


@given(own.streams())
def test_a_scan_before_makes_no_difference_to_mixed_records(stream):
    found = []
    for yes in (False, True):
        with scanned(yes):
            found.append(outcome(lambda: records.of_batch(rs.decode(stream[0]))))
    assert found[0] == found[1]
