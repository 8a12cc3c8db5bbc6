"""Bare frames."""

import gzip
import io
import itertools
import mmap
import os
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest

import recordsmith as rs
import wire
from doubles import Dribble
from recordsmith.errors import FormatError, InputError, LimitError, UnsupportedTypeError
from recordsmith.frames import iter_payloads, wrap
from recordsmith.payload_stream import PayloadStream
from recordsmith.window import Window

PAYLOADS = [b"", b"a", b"abcd", b"abcde", wire.MAGIC * 3, bytes(5000)]
DATA = b"".join(map(wire.frame, PAYLOADS))
SPLIT = wire.frame(b"abcd", 1) + wire.frame(b"", 2) + wire.frame(b"xyz", 3)
JOINED = wire.MAGIC.join([b"abcd", b"", b"xyz"])


@pytest.mark.parametrize("payload", PAYLOADS)
def test_wrap(payload):
    assert wrap(payload) == wire.frame(payload)


def test_wrap_splits_only_if_asked():
    assert wrap(JOINED) == wire.frame(JOINED)
    assert wrap(JOINED, split="dmlc") == SPLIT
    with pytest.raises(InputError, match="split is 'magic', expected 'dmlc' or None"):
        wrap(b"", split="magic")


# ----------------------------------------------------------------------------- reading


@pytest.mark.parametrize("lengths", [[], [1] * 50, [7, 1, 1000]])
def test_payloads_of_a_stream(lengths):
    assert list(iter_payloads(Dribble(DATA, lengths))) == PAYLOADS
    assert list(iter_payloads(DATA)) == PAYLOADS


def test_joins():
    for read in (iter_payloads, rs.read_frames):
        assert list(read(SPLIT)) == [JOINED]
        assert list(read(SPLIT, join="plain")) == [b"abcdxyz"]
        with pytest.raises(
            InputError, match="join is 'glue', expected 'dmlc' or 'plain'"
        ):
            read(SPLIT, join="glue")


def test_a_stream_counts():
    stream = PayloadStream(wire.frame(b"one") + SPLIT)
    assert list(itertools.chain(*stream)) == [b"one", JOINED]
    assert (stream.n_records, stream.n_split, stream.n_bytes) == (2, 1, 12 + len(SPLIT))


def test_sources(tmp_path, monkeypatch):
    for name in ("b.rec", "a.rec"):
        tmp_path.joinpath(name).write_bytes(wire.frame(name.encode()) + SPLIT)
    tmp_path.joinpath("_SUCCESS").write_bytes(b"")
    both = [b"a.rec", JOINED, b"b.rec", JOINED]
    for src in (tmp_path, f"{tmp_path}/*.rec", [tmp_path / "a.rec", tmp_path / "b.rec"]):
        assert list(rs.read_frames(src)) == both
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DATA)))
    assert list(rs.read_frames("-")) == PAYLOADS
    with open(tmp_path / "a.rec", "rb") as file:
        assert next(rs.read_frames(file)) == b"a.rec"
    for data in (DATA, bytearray(DATA), memoryview(DATA), np.frombuffer(DATA, "u1").data):
        assert list(rs.read_frames(data)) == PAYLOADS
    assert list(rs.read_frames(b"")) == []


def test_compressed(tmp_path):
    zstd = pa.compress(DATA, "zstd", asbytes=True)
    for packed in (gzip.compress(DATA), zstd):
        assert list(rs.read_frames(packed)) == PAYLOADS
        tmp_path.joinpath("packed.rec").write_bytes(packed)
        assert list(rs.read_frames(tmp_path / "packed.rec")) == PAYLOADS


def test_what_cannot_be_read_is_refused_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        rs.read_frames(tmp_path / "none.rec")
    with pytest.raises(InputError, match="no file matches"):
        rs.read_frames(f"{tmp_path}/*.rec")
    with pytest.raises(InputError, match="group is 0, expected 1 or more"):
        rs.read_frames(DATA, group=0)


def test_payloads_longer_than_a_block():
    sizes = (3 << 20, 10, (1 << 20) - 8, 1 << 20, 5, (1 << 20) + 1, 1 << 19, 777_777)
    payloads = [os.urandom(n) for n in sizes]
    data = b"".join(map(wire.frame, payloads))
    assert list(rs.read_frames(data)) == payloads
    assert list(rs.read_frames(io.BytesIO(data))) == payloads
    assert list(iter_payloads(Dribble(data, [700_001] * 20))) == payloads


def test_long_payloads_without_an_end(tmp_path):
    path = tmp_path / "long.rec"
    data = wire.frame(b"short") + wire.frame(bytes(range(251)) * 8000)  # no padding
    data += wire.frame(b"x" * 2_000_001)
    for cut in (0, 1, 2, 3):
        path.write_bytes(data[: len(data) - cut])
        assert [len(one) for one in rs.read_frames(path)] == [5, 2_008_000, 2_000_001]
    for cut in (4, 5, 1_000_000, 1_999_999):
        path.write_bytes(data[: len(data) - cut])
        found = rs.read_frames(path)
        assert [len(next(found)) for _ in range(2)] == [5, 2_008_000]
        with pytest.raises(FormatError, match="needs 2000012 bytes") as caught:
            next(found)
        assert f"{2_000_012 - cut} are there" in caught.value.reason
        assert (caught.value.row, caught.value.offset) == (3, 16 + 2_008_008)


def test_long_split_payloads():
    payload = wire.MAGIC + bytes(1_000_000) + wire.MAGIC + bytes(2_000_003)
    data = (wrap(payload, split="dmlc") + wire.frame(b"next")) * 2
    for src in (data, io.BytesIO(data), io.BufferedReader(io.BytesIO(data))):
        assert list(iter_payloads(src)) == [payload, b"next"] * 2


def test_what_a_buffered_file_holds_already():
    file = io.BufferedReader(io.BytesIO(wire.frame(b"skipped") + DATA), 64)
    file.read(16)
    assert list(iter_payloads(file)) == PAYLOADS


def test_what_a_pipe_holds_is_given_at_once():
    """Without waiting for a block, or for the end."""
    out, into = os.pipe()
    with (
        open(out, "rb", buffering=0) as reading,
        open(into, "wb", buffering=0) as writing,
    ):
        writing.write(wire.frame(b"first") + wire.frame(b"second")[:11])
        found = rs.read_frames(reading)
        assert next(found) == b"first"
        later = threading.Timer(0.05, writing.write, [wire.frame(b"second")[11:]])
        later.start()
        assert next(found) == b"second"
        later.join()


def test_non_blocking_input():
    out, into = os.pipe()
    os.set_blocking(out, False)
    with (
        open(out, "rb", buffering=0) as reading,
        open(into, "wb", buffering=0) as writing,
    ):
        for read in (iter_payloads, rs.read_frames):  # they wait
            later = threading.Timer(0.05, writing.write, [wire.frame(b"late")])
            later.start()
            assert next(read(reading)) == b"late"
            later.join()


def test_memory_is_flat(tmp_path):
    path = tmp_path / "large.rec"
    rs.write_frames(path, (bytes(50_000) for _ in range(800)))
    assert path.stat().st_size > 40_000_000
    tracemalloc.start()
    try:
        assert sum(map(len, rs.read_frames(path))) == 40_000_000
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
        tracemalloc.reset_peak()
        rs.write_frames(path, rs.read_frames(path), overwrite=True)
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()
    assert path.stat().st_size == 800 * 50_008


# ------------------------------------------------------------------------------ groups


def test_groups():
    data = b"".join(wire.frame(bytes([65 + i])) for i in range(6))
    assert list(rs.read_frames(data, group=1)) == [(bytes([65 + i]),) for i in range(6)]
    assert list(rs.read_frames(data, group=2)) == [
        (b"A", b"B"),
        (b"C", b"D"),
        (b"E", b"F"),
    ]
    assert list(rs.read_frames(io.BytesIO(data), group=3)) == [
        (b"A", b"B", b"C"),
        (b"D", b"E", b"F"),
    ]


def test_groups_that_cross_blocks():
    payloads = [os.urandom(n) for n in (600_000, 10, 2_000_000, 900_000, 0, 1)]
    data = b"".join(map(wire.frame, payloads))
    expected = [tuple(payloads[:3]), tuple(payloads[3:])]
    assert list(rs.read_frames(data, group=3)) == expected
    assert list(rs.read_frames(io.BytesIO(data), group=3)) == expected


def test_an_input_that_ends_inside_a_group(tmp_path):
    path = tmp_path / "pairs.rec"
    path.write_bytes(wire.frame(b"image") + wire.frame(b"label") + wire.frame(b"image"))
    found = []
    with pytest.raises(FormatError) as caught:
        found.extend(rs.read_frames([path, path], group=2))
    assert found == [(b"image", b"label")]
    assert str(caught.value) == (
        f"{path}: record 4, byte 48: the input ends inside a group: 1 of 2 payloads "
        "came, from record 3 on; is group=2 the number of attributes of an example? Else "
        "the input was cut off"
    )


# ------------------------------------------------------------------------------ damage

GOOD = wire.frame(b"good")


@pytest.mark.parametrize(
    ("tail", "text"),
    [
        (b"\0" * 8, "no RecordIO frame begins here"),
        (b"\0\0", "2 bytes after the last frame are no frame"),
        (GOOD[:5], "needs 8 bytes, 5 are there"),
        (
            GOOD[:4] + b"\0",
            "needs 8 bytes, 5 are there",
        ),  # zeros would make a frame of it
        (GOOD[:-1], "needs 12 bytes, 11 are there"),
        (wire.frame(b"", 2), "part 2 of a split record"),
        (wire.frame(b"", 4), "part 4 of a split record"),
        (wire.frame(b"", 1), "inside a split record: 8 bytes of it are there"),
        (SPLIT[:-5], "inside a split record: 27 bytes of it are there"),
        (wire.frame(b"", 1) + GOOD, "part 0 of a split record"),
    ],
)
def test_damage(tail, text):
    extra = 0
    if "part 0" in text:
        extra = 8  # the frame behind the first part
    elif "part 4" in text:
        extra = 4  # the length word itself is no such
    for src in (GOOD + tail, io.BytesIO(GOOD + tail)):
        found = []
        with pytest.raises(FormatError, match=text) as caught:
            found.extend(iter_payloads(src, name="f"))
        assert found == [b"good"]
        assert (caught.value.row, caught.value.offset) == (2, len(GOOD) + extra)
        assert str(caught.value).startswith("f: record 2, byte ")


def test_damage_far_into_a_file(tmp_path):
    path = tmp_path / "far.rec"
    path.write_bytes(wire.frame(bytes(400_000)) * 9 + b"junk" * 5)
    found = rs.read_frames(path)
    assert [len(next(found)) for _ in range(9)] == [400_000] * 9
    with pytest.raises(FormatError, match="no RecordIO frame begins here") as caught:
        next(found)
    assert (caught.value.path, caught.value.row) == (str(path), 10)
    assert caught.value.offset == 9 * 400_008


def test_a_length_that_lies_takes_no_memory(tmp_path):
    path = tmp_path / "lies.rec"
    path.write_bytes(wire.MAGIC + b"\xff\xff\xff\x1f" + b"short")
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match="needs 536870920 bytes, 13 are there"):
            list(rs.read_frames(path))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_missing_padding_of_the_last_frame():
    for n in (1, 2, 3):
        data = wire.frame(b"abcde")[:-n]
        assert list(iter_payloads(data)) == [b"abcde"]
        assert list(iter_payloads(io.BytesIO(GOOD + data))) == [b"good", b"abcde"]
    assert list(iter_payloads(SPLIT[:-1])) == [JOINED]


def test_no_recordio_at_all(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"1,2,3\n" * 100)
    with pytest.raises(FormatError, match=f"{path}: record 1, byte 0: no RecordIO frame"):
        list(rs.read_frames(path))
    with pytest.raises(FormatError, match="no RecordIO frame begins here"):
        list(rs.read_frames(b"1,2,3\n" * 100))


def test_text_streams_are_refused():
    with pytest.raises(UnsupportedTypeError, match="opened as text"):
        list(rs.read_frames(io.StringIO("text")))


# ----------------------------------------------------------------------------- writing


def test_write(tmp_path):
    path = tmp_path / "a.rec"
    result = rs.write_frames(path, [*PAYLOADS, JOINED], split=None)
    assert path.read_bytes() == DATA + wire.frame(JOINED)
    assert (result.path, result.payloads, result.frames) == (str(path), 7, 7)
    assert result.bytes == path.stat().st_size


def test_write_splits():
    file = io.BytesIO()
    result = rs.write_frames(file, [b"one", JOINED, wire.MAGIC])
    empty = wire.frame(b"", 1) + wire.frame(b"", 3)
    assert file.getvalue() == wire.frame(b"one") + SPLIT + empty
    assert (result.payloads, result.frames) == (3, 6)


def test_write_groups():
    file = io.BytesIO()
    rs.write_frames(file, [(b"image", b"label"), [b"image 2", b"label 2"], b"alone"])
    expected = [b"image", b"label", b"image 2", b"label 2", b"alone"]
    assert wire.payloads(file.getvalue()) == expected


@pytest.mark.parametrize(
    "kind", [bytearray, memoryview, lambda b: np.frombuffer(b, "u1")]
)
def test_write_buffers(kind):
    file = io.BytesIO()
    rs.write_frames(file, map(kind, PAYLOADS))
    assert list(rs.read_frames(file.getvalue())) == PAYLOADS


def test_write_a_buffer_that_is_used_again():
    def numbers():
        buffer = bytearray(4)
        for i in range(10_000):
            buffer[:] = i.to_bytes(4, "little")
            yield buffer

    file = io.BytesIO()
    rs.write_frames(file, numbers())
    found = [int.from_bytes(one, "little") for one in rs.read_frames(file.getvalue())]
    assert found == list(range(10_000))


def test_write_every_other_byte():
    file = io.BytesIO()
    rs.write_frames(file, [memoryview(b"a-b-c-")[::2], np.arange(6, dtype="u1")[::-1]])
    assert wire.payloads(file.getvalue()) == [b"abc", bytes([5, 4, 3, 2, 1, 0])]


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_write_compressed(tmp_path, compression):
    path = tmp_path / "a.rec"
    result = rs.write_frames(path, PAYLOADS, compression=compression)
    assert result.bytes == path.stat().st_size < len(DATA)
    assert list(rs.read_frames(path)) == PAYLOADS


def test_write_nothing(tmp_path):
    result = rs.write_frames(tmp_path / "empty.rec", [])
    assert (result.payloads, result.bytes) == (0, 0)
    assert list(rs.read_frames(tmp_path / "empty.rec")) == []


def test_existing_files_stay(tmp_path):
    path = tmp_path / "a.rec"
    path.write_bytes(b"old")
    with pytest.raises(InputError, match="the file exists"):
        rs.write_frames(path, [b"new"])
    assert path.read_bytes() == b"old"
    rs.write_frames(path, [b"new"], overwrite=True)
    assert wire.payloads(path.read_bytes()) == [b"new"]


def test_what_fails_leaves_nothing(tmp_path):
    def payloads():
        yield bytes(3 << 20)
        raise KeyError("no image")

    with pytest.raises(KeyError, match="no image"):
        rs.write_frames(tmp_path / "a.rec", payloads())
    assert list(tmp_path.iterdir()) == []


def test_too_long_a_payload(tmp_path):
    long = mmap.mmap(-1, 1 << 29)  # pages that are never touched
    with pytest.raises(LimitError) as caught:
        rs.write_frames(tmp_path / "a.rec", [b"good", long])
    assert str(caught.value) == (
        "payload 1: it has 536,870,912 bytes, a RecordIO frame holds at most "
        "536,870,911; cut it into several payloads"
    )
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(LimitError, match="takes 536870912 bytes"):
        wrap(long, split="dmlc")


@pytest.mark.parametrize(
    ("payloads", "text"),
    [
        (["text"], "payload 0: it is str, expected bytes; encode text first"),
        ([b"a", (b"b", 3)], "payload 2: it is int, expected bytes"),
        (b"one payload", "payloads is bytes, expected an iterable of bytes"),
        ("text", "payloads is str, expected an iterable of bytes"),
    ],
)
def test_what_is_no_payload(tmp_path, payloads, text):
    with pytest.raises(UnsupportedTypeError, match=text):
        rs.write_frames(tmp_path / "a.rec", payloads)
    assert list(tmp_path.iterdir()) == []


def test_options_of_writing(tmp_path):
    with pytest.raises(InputError, match="split is 'no'"):
        rs.write_frames(tmp_path / "a.rec", [], split="no")
    with pytest.raises(InputError, match="compression is 'lz4'"):
        rs.write_frames(tmp_path / "a.rec", [], compression="lz4")


def test_through_standard_streams():
    code = (
        "import recordsmith as rs\n"
        "rs.write_frames('-', (p.upper() for p in rs.read_frames('-')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=GOOD * 3, capture_output=True, check=True
    )
    assert done.stdout == wire.frame(b"GOOD") * 3


# ------------------------------------------------------------------- window of records


def test_a_window_reads_no_more_than_it_needs():
    file = Dribble(bytes(100), [10] * 10)
    window = Window(file)
    window.need(25)
    assert len(window.data) == 25
    assert file.reads == 3
    window.drop(20, 1)
    window.need(6)
    assert (len(window.data), window.n_records) == (6, 1)
    window.need(1000)
    assert window.at_end and len(window.data) == 80


@pytest.mark.parametrize("data", [b"no frames", GOOD + b"no frames", b"\n no frames"])
def test_bytes_in_memory_have_a_name_in_messages(data):
    with pytest.raises(FormatError, match="^<bytes>: record "):
        list(rs.read_frames(data))


def test_file_objects_that_only_have_read():
    class Reads(io.BufferedIOBase):
        def __init__(self, data):
            self.read = io.BytesIO(data).read

    assert list(iter_payloads(Reads(GOOD))) == [b"good"]


def test_a_read_that_is_not_there_is_not_asked_for_again():
    class Nothing:
        def read(self, n):
            raise NotImplementedError("no read here")

    with pytest.raises(NotImplementedError, match="no read here"):
        list(iter_payloads(Nothing()))
