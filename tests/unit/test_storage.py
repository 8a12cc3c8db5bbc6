"""Finding files, opening them, telling what they are."""

import gzip
import io
import os
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pytest

from reading import Slow
from recordsmith.errors import FormatError, InputError, UnsupportedTypeError
from recordsmith.storage import (
    detect_format,
    expand,
    fill_buffer,
    open_input,
    read_exactly,
)

ODD_NAMES = ["a b.csv", "50%.csv", "k=v.csv", "a+b.csv", "é.csv", "%20.csv", "x[1].csv"]


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def read_all(src):
    with open_input(src) as opened:
        return opened.file.read()


# -- expand ----------------------------------------------------------------------------


def test_a_folder_is_walked_in_sorted_order_without_hidden_names(tmp_path):
    touch(tmp_path, "b/2.csv", "a.csv", "b/10.csv", "c=1/x.csv")
    touch(tmp_path, "_SUCCESS", ".a.crc", "_temporary/0.csv", "b/.hidden/y.csv")
    found = expand(tmp_path)
    expected = ["a.csv", "b/10.csv", "b/2.csv", "c=1/x.csv"]
    assert found == [str(tmp_path / name) for name in expected]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_found_in_every_way(tmp_path, name):
    touch(tmp_path, name)
    path = tmp_path / name
    assert expand(str(path)) == [str(path)]
    assert expand(path) == [str(path)]
    assert expand(path.as_uri()) == [str(path)]
    assert expand(tmp_path) == [str(path)]
    assert expand(f"{tmp_path}/*.csv") == [str(path)]


def test_a_glob_is_sorted_and_takes_folders_and_leaves_out_hidden_names(tmp_path):
    touch(tmp_path, "2.csv", "10.csv", "_x.csv", "d/3.csv")
    assert expand(f"{tmp_path}/*.csv") == [str(tmp_path / n) for n in ("10.csv", "2.csv")]
    assert expand(f"{tmp_path}/*")[-1] == str(tmp_path / "d/3.csv")
    assert expand(f"{tmp_path}/**/*.csv")[-1] == str(tmp_path / "d/3.csv")
    assert expand(f"{tmp_path}/_*.csv") == [str(tmp_path / "_x.csv")]


def test_more_than_a_thousand_files_keep_their_order(tmp_path):
    touch(tmp_path, *(f"part-{i:05}.csv" for i in range(1100)))
    found = expand(tmp_path)
    assert len(found) == 1100
    assert found == sorted(found) == expand(tmp_path)


def test_a_list_keeps_its_order(tmp_path):
    touch(tmp_path, "b.csv", "a.csv")
    stream = io.BytesIO()
    b, a = str(tmp_path / "b.csv"), tmp_path / "a.csv"
    assert expand([b, stream, a, "-"]) == [b, stream, str(a), "-"]


@pytest.mark.parametrize("what", ["folder", "glob", "list"])
def test_nothing_found_says_what_was_looked_for(tmp_path, what):
    touch(tmp_path, "_SUCCESS")
    src = {"folder": tmp_path, "glob": f"{tmp_path}/*.csv", "list": []}[what]
    with pytest.raises(InputError) as caught:
        expand(src)
    assert what == "list" or str(tmp_path) in str(caught.value)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        expand(tmp_path / "nope.csv")
    assert caught.value.filename == str(tmp_path / "nope.csv")


@pytest.mark.parametrize(
    "url", ["gs://bucket/key", "https://host/a.csv", "file://host/a"]
)
def test_other_places_are_refused(url):
    with pytest.raises(InputError):
        expand(url)


def test_a_path_object_named_dash_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("-").write_bytes(b"here")
    assert expand("-") == ["-"]
    assert read_all(expand(Path("-"))[0]) == b"here"


# -- reading ---------------------------------------------------------------------------


def test_short_reads_none_and_interruptions():
    buffer = bytearray(10)
    assert fill_buffer(Slow(b"0123456789ab"), buffer) == 10
    assert buffer == b"0123456789"
    assert read_exactly(Slow(b"abc"), 10) == b"abc"
    assert read_all(Slow(b"x" * 100)) == b"x" * 100


def test_only_read_is_needed():
    class Minimal:
        data = b"abc"

        def read(self, n):
            got, self.data = self.data[:n], self.data[n:]
            return got

    with open_input(Minimal()) as opened:
        assert opened.file.read() == b"abc"
        assert (opened.size, opened.position()) == (None, 3)


def test_a_non_blocking_pipe_is_waited_for():
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    late = threading.Timer(0.05, lambda: (os.write(writer, b"late"), os.close(writer)))
    late.start()
    with open(reader, "rb", buffering=0) as file:
        assert read_all(file) == b"late"
    late.join()


def test_a_fifo_is_read_like_a_file(tmp_path):
    fifo = tmp_path / "train_0"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(gzip.compress(b"through")))
    writer.start()
    with open_input(expand(fifo)[0]) as opened:
        assert (opened.size, opened.path) == (None, None)
        assert opened.file.read() == b"through"
    writer.join()


@pytest.mark.skipif(sys.platform != "linux", reason="a pipe's size is fixed elsewhere")
def test_a_pipe_is_made_large():
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    os.write(theirs, bytes(4096))  # opening looks at the first bytes
    with os.fdopen(ours, "rb") as file, open_input(file) as opened:
        assert os.write(theirs, bytes(1 << 20)) > 900_000
        assert opened.size is None
    os.close(theirs)


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1,2\n")))
    with open_input("-") as opened:
        assert opened.name == "<stdin>"
        assert opened.head() == b"1,2\n"
        assert opened.file.read() == b"1,2\n"
    assert not sys.stdin.buffer.closed


def test_size_and_position_count_stored_bytes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress(b"1" * 100_000))
    with open_input(path) as opened:
        assert opened.size == path.stat().st_size
        opened.file.read()
        assert opened.position() == opened.size
        assert opened.path is None


def test_own_files_are_closed_and_those_of_the_caller_are_not(tmp_path):
    touch(tmp_path, "a")
    stream = io.BytesIO(b"abc")
    read_all(stream)
    assert not stream.closed
    with open_input(tmp_path / "a") as opened:
        pass
    assert opened._own.closed


def test_text_files_and_other_objects_are_refused():
    with pytest.raises(UnsupportedTypeError, match="binary mode"):
        open_input(io.StringIO("1,2"))
    with pytest.raises(UnsupportedTypeError, match="no source"):
        open_input(3)


def test_errors_of_the_file_object_pass_unchanged():
    class Broken(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError) as caught:
        open_input(Broken())
    assert type(caught.value) is OSError


# -- compression -----------------------------------------------------------------------


def zstd(data):
    return pa.compress(data, "zstd", asbytes=True)


PACKERS = {"gzip": gzip.compress, "zstd": zstd}


@pytest.mark.parametrize("kind", PACKERS)
def test_compression_goes_by_the_first_bytes_and_reads_all_members(kind, tmp_path):
    pack = PACKERS[kind]
    path = tmp_path / "no-suffix"
    path.write_bytes(pack(b"one\n") + pack(b"") + pack(b"two\n"))
    with open_input(path) as opened:
        assert opened.compression == kind
        assert opened.head() == b"one\n" or opened.head() == b"one\ntwo\n"
        assert opened.file.read() == b"one\ntwo\n"


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("damage", ["cut", "garbage", "one byte"])
def test_damaged_compression_names_the_file(kind, damage, tmp_path):
    packed = PACKERS[kind](bytes(range(256)) * 40)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(
        {"cut": packed[:-3], "garbage": packed + b"garbage", "one byte": packed + b"x"}[
            damage
        ]
    )
    with pytest.raises(FormatError) as caught:
        read_all(path)
    assert caught.value.path == str(path)


def test_a_gzip_checksum_is_checked():
    packed = bytearray(gzip.compress(b"abc" * 100))
    packed[-6] ^= 1
    with pytest.raises(FormatError, match="CRC"):
        read_all(io.BytesIO(packed))


def test_a_wrong_suffix_does_not_matter(tmp_path):
    path = tmp_path / "plain.csv.gz"
    path.write_bytes(b"1,2\n")
    assert read_all(path) == b"1,2\n"


def test_random_access_is_refused_where_there_is_none():
    for stream, reason in (
        (Slow(b"PAR1"), "stream"),
        (io.BytesIO(gzip.compress(b"PAR1")), "gzip"),
    ):
        with open_input(stream) as opened, pytest.raises(InputError, match=reason):
            opened.random_access("Parquet")


def test_random_access_begins_where_the_file_object_stood():
    file = io.BytesIO(b"xxPAR1")
    file.seek(2)
    with open_input(file) as opened:
        assert opened.random_access("Parquet") is file
        assert file.read() == b"PAR1"


# -- what is it ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x0a\x23\xd7\xce\x10\0\0\0", "recordio"),
        (b"PAR1", "parquet"),
        (b"ARROW1\0\0", "arrow"),
        (b"\xff\xff\xff\xff\x10\0\0\0", "arrow"),
        (b"\x93NUMPY\1\0", "npy"),
        (b"PK\x03\x04", "npz"),
    ],
)
def test_binary_formats_go_by_their_first_bytes(head, kind):
    assert detect_format("wrong.csv", head) == kind
    assert detect_format("<stdin>", head) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "csv"),
        ("A.CSV", "csv"),
        ("a.tsv.gz", "csv"),
        ("a.libsvm", "libsvm"),
        ("a.svm", "libsvm"),
        ("a.jsonl.zst", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.json", "jsonl"),
        ("a.parquet", "parquet"),
        ("a.rec", "recordio"),
    ],
)
def test_text_goes_by_its_name(name, kind):
    assert detect_format(name, b"1,2\n") == kind


@pytest.mark.parametrize("name", ["a.txt", "<stdin>", "data", "a.gz"])
def test_nobody_guesses(name):
    with pytest.raises(InputError, match="source_format="):
        detect_format(name, b"1,2\n")


@pytest.mark.parametrize("head", [b"Obj\x01", b"ORC", b"\x89HDF\r\n", b"BZh9"])
def test_foreign_formats_are_named(head):
    with pytest.raises(InputError, match="does not read"):
        detect_format("a.csv", head)
