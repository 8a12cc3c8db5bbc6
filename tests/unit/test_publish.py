"""Nothing half-written can look finished: files, streams, file objects, compression."""

import contextlib
import errno
import gc
import gzip
import io
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import zlib
from pathlib import Path

import pyarrow as pa
import pytest

from recordsmith.errors import InputError, UnsupportedTypeError
from recordsmith.publish import check_output, open_output, write_all


class Interrupt(BaseException):
    """As little an Exception as KeyboardInterrupt."""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def put(dest, *pieces, error=None, **options):
    """Write pieces, then raise an error or run what the last one is."""
    with open_output(dest, **options) as out:
        for piece in pieces:
            piece() if callable(piece) else out.write(piece)
        if error is not None:
            raise error


def run(code, **kwargs):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        timeout=60,
        **kwargs,
    )


# -- local files -----------------------------------------------------------------------


def test_a_new_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "a.bin"
    with open_output(path) as out:
        assert out.write(b"abc") == 3
        out.write(memoryview(b"defg")[1:])
        assert not path.exists()
        assert [n for n in names(tmp_path) if not n.startswith(".a.bin.")] == []
    assert path.read_bytes() == b"abcefg"
    assert (out.name, out.n_bytes) == (str(path), 6)
    assert names(tmp_path) == ["a.bin"]


def test_an_empty_file_is_a_file(tmp_path):
    with open_output(str(tmp_path / "empty")):
        pass
    assert (tmp_path / "empty").read_bytes() == b""


@pytest.mark.parametrize("hints", ["taken", "refused", "unknown"])
def test_a_large_file_is_written_behind(tmp_path, monkeypatch, hints):
    """Adjacent ranges are handed to the disk; where that fails nothing is lost."""
    ranges = []

    def advise(number, offset, n_bytes, advice):
        ranges.append((offset, n_bytes))
        if hints == "refused":
            raise OSError(errno.EINVAL, "no")

    if hints == "unknown":
        monkeypatch.delattr(os, "posix_fadvise", raising=False)
    else:
        monkeypatch.setattr(os, "posix_fadvise", advise, raising=False)
        monkeypatch.setattr(os, "POSIX_FADV_DONTNEED", 4, raising=False)
    pieces = [bytes([i]) * (3 << 20) for i in range(8)]
    with open_output(tmp_path / "a") as out:
        for piece in pieces:
            out.write(piece)
    assert (tmp_path / "a").read_bytes() == b"".join(pieces)
    at = 0
    for offset, n_bytes in ranges:
        assert offset == at
        at += n_bytes
    assert at == (0 if hints == "unknown" else 18 << 20)


@pytest.mark.parametrize("as_type", [str, os.fsencode, Path])
def test_kinds_of_paths(tmp_path, as_type):
    with open_output(as_type(tmp_path / "ä b%20.bin")) as out:
        out.write(b"x")
    assert names(tmp_path) == ["ä b%20.bin"]


def test_relative_path_and_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open_output("plain") as out:
        out.write(b"x")
    assert names(tmp_path) == ["plain"]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), Interrupt()])
@pytest.mark.parametrize("overwrite", [False, True])
def test_after_an_error_nothing_is_left(tmp_path, error, overwrite):
    path = tmp_path / "a.bin"
    if overwrite:
        path.write_bytes(b"old")
    with pytest.raises(type(error)):
        put(path, b"half", error=error, overwrite=overwrite)
    assert names(tmp_path) == (["a.bin"] if overwrite else [])
    assert not overwrite or path.read_bytes() == b"old"


def test_an_existing_file_is_refused_with_its_name_and_the_option(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(InputError, match=r"a\.bin: the file exists; .*overwrite=True"):
        put(path, lambda: pytest.fail("the block must not be entered"))
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path):
    path = tmp_path / "a.bin"
    with pytest.raises(InputError, match="the file exists"):
        put(path, b"mine", lambda: path.write_bytes(b"theirs"))
    assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["a.bin"]


def test_only_one_of_several_writers_of_a_name_wins(tmp_path):
    path, results = tmp_path / "a.bin", []
    barrier = threading.Barrier(8)

    def work(number):
        try:
            with open_output(path) as out:
                out.write(bytes([number]) * 1000)
                barrier.wait()
            results.append(number)
        except InputError:
            results.append(None)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [one for one in results if one is not None]
    assert path.read_bytes() == bytes([winner]) * 1000
    assert names(tmp_path) == ["a.bin"]


def test_overwriting_replaces_and_keeps_the_mode(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"a longer old file")
    path.chmod(0o640)
    with open_output(path, overwrite=True) as out:
        out.write(b"new")
        assert path.read_bytes() == b"a longer old file"
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_overwriting_keeps_the_owner(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    os.chown(path, 1234, 4321)
    with open_output(path, overwrite=True) as out:
        out.write(b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


def test_a_new_file_has_the_mode_that_umask_leaves(tmp_path):
    done = run(
        """
        import os
        from recordsmith.publish import open_output
        os.umask(0o027)
        with open_output("a.bin") as out:
            out.write(b"x")
        """,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((tmp_path / "a.bin").stat().st_mode) == 0o640


def test_a_reader_of_the_old_file_keeps_reading_it(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old" * 1000)
    with path.open("rb") as reader:
        with open_output(path, overwrite=True) as out:
            out.write(reader.read(10))
        assert reader.read() == (b"old" * 1000)[10:]
    assert path.read_bytes() == b"oldoldoldo"


def test_a_symbolic_link_is_followed(tmp_path):
    (tmp_path / "data").mkdir()
    target, link = tmp_path / "data" / "real.bin", tmp_path / "link.bin"
    link.symlink_to(target)  # dangling at first
    with open_output(link) as out:
        out.write(b"one")
    assert (target.read_bytes(), link.is_symlink()) == (b"one", True)
    with pytest.raises(InputError), open_output(link) as out:
        pass
    with open_output(link, overwrite=True) as out:
        out.write(b"two")
    assert (target.read_bytes(), link.is_symlink()) == (b"two", True)
    assert names(tmp_path / "data") == ["real.bin"]


def test_the_longest_name_works(tmp_path):
    name = "n" * 255
    with open_output(tmp_path / name) as out:
        out.write(b"x")
    assert names(tmp_path) == [name]
    with pytest.raises(OSError, match="too long") as caught:
        put(tmp_path / ("n" * 256))
    assert caught.value.errno == errno.ENAMETOOLONG


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match=r"the folder '.*nowhere' does not exist; make"):
        put(tmp_path / "nowhere" / "a.bin")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match=r"the folder '.*file' does not exist"):
        put(tmp_path / "file" / "a.bin")


def test_a_folder_is_refused(tmp_path):
    for path in (tmp_path, f"{tmp_path}/", f"{tmp_path}/new/"):
        with pytest.raises(InputError, match="folder"), open_output(path):
            pass
    assert names(tmp_path) == []


def test_a_folder_without_permission_is_named():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        user = os.geteuid()
        os.seteuid(user or 65534)  # root may write anywhere: be nobody meanwhile
        try:
            with pytest.raises(PermissionError) as caught:
                open_output(f"{folder}/a.bin").__enter__()
        finally:
            os.seteuid(user)
        assert caught.value.filename == folder


def test_check_output_says_the_same_without_writing(tmp_path):
    path = tmp_path / "a.bin"
    check_output(path)
    check_output("-")
    check_output("/dev/null")
    check_output(io.BytesIO())
    assert names(tmp_path) == []
    path.write_bytes(b"old")
    check_output(path, overwrite=True)
    with pytest.raises(InputError, match="the file exists"):
        check_output(path)
    with pytest.raises(InputError, match="folder"):
        check_output(tmp_path)


def test_full_disk(tmp_path):
    """A file system that has no room left: the error names the file, nothing is left."""
    done = run(
        """
        import errno, resource, signal
        from recordsmith.publish import open_output
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            with open_output("a.bin") as out:
                for _ in range(20):
                    out.write(bytes(10_000))
        except OSError as error:
            print(errno.errorcode[error.errno], error.filename, out.n_bytes)
        """,
        cwd=tmp_path,
    )
    assert done.stdout.split() == [b"EFBIG", b"a.bin", b"100000"], done.stderr
    assert names(tmp_path) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 100_000


def test_device_without_room():
    with pytest.raises(OSError, match="No space") as caught:
        put("/dev/full", b"x")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")


def test_a_killed_process_leaves_nothing_under_the_name(tmp_path):
    code = """
        import os, signal
        from recordsmith.publish import open_output
        with open_output("a.bin", overwrite=True) as out:
            out.write(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    (tmp_path / "a.bin").write_bytes(b"old")
    assert run(code, cwd=tmp_path).returncode == -signal.SIGKILL
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    (left,) = [name for name in names(tmp_path) if name != "a.bin"]
    assert left.startswith(".a.bin.") and left.endswith(".tmp")
    with open_output(tmp_path / "a.bin", overwrite=True) as out:
        out.write(b"new")
    assert (tmp_path / "a.bin").read_bytes() == b"new"


# -- streams ---------------------------------------------------------------------------


def test_a_fifo_is_written_through(tmp_path):
    fifo, got = tmp_path / "fifo", []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
    reader.start()
    with open_output(fifo) as out:  # no overwrite=True needed
        out.write(b"x" * 300_000)  # more than a pipe holds
    reader.join()
    assert got == [b"x" * 300_000]
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert names(tmp_path) == ["fifo"]


def test_a_fifo_whose_reader_goes_away(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def read_a_little():
        with fifo.open("rb", buffering=0) as file:
            file.read(10)

    reader = threading.Thread(target=read_a_little)
    reader.start()
    with pytest.raises(BrokenPipeError) as caught:
        put(fifo, *[b"x" * 100_000] * 100)
    reader.join()
    assert caught.value.filename == str(fifo)


def test_dev_null_and_descriptors(tmp_path):
    with open_output("/dev/null") as out:
        out.write(b"x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with (tmp_path / "a.bin").open("wb") as file:
        with open_output(f"/dev/fd/{file.fileno()}") as out:
            out.write(b"abc")
        file.write(b"d")  # still open
    assert (tmp_path / "a.bin").read_bytes() == b"abcd"
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("dest", ["-", "/dev/stdout"])
def test_standard_output(tmp_path, dest):
    code = f"""
        import sys
        from recordsmith.publish import open_output
        sys.stdout.write("before ")
        with open_output({dest!r}) as out:
            out.write(b"data")
        sys.stdout.write(" after")
    """
    done = run(code, cwd=tmp_path)
    assert done.stdout == b"before data after", done.stderr
    assert names(tmp_path) == []


def test_closed_standard_output():
    code = """
        import os, sys
        sys.stdout = None
        from recordsmith.publish import open_output
        with open_output("-") as out: pass
    """
    assert b"standard output is closed" in run(code).stderr


def test_binary_data_are_nothing_for_a_terminal():
    controller, terminal = os.openpty()
    try:
        path = os.ttyname(terminal)
        with pytest.raises(InputError, match="nothing for a terminal"):
            put(path)
        with pytest.raises(InputError, match="nothing for a terminal"):
            put(path, binary=False, compression="gzip")
        with open_output(path, binary=False) as out:
            out.write(b"text")
        assert os.read(controller, 100) == b"text"
    finally:
        os.close(controller)
        os.close(terminal)


# -- file objects ----------------------------------------------------------------------


def test_a_file_object_stays_open():
    file = io.BytesIO()
    with open_output(file) as out:
        out.write(b"abc")
    assert (file.getvalue(), out.name) == (b"abc", "<BytesIO>")


def test_a_file_object_is_flushed(tmp_path):
    with (tmp_path / "a.bin").open("wb") as file:
        with open_output(file) as out:
            out.write(b"abc")
        assert (tmp_path / "a.bin").read_bytes() == b"abc"
        assert out.name == str(tmp_path / "a.bin")


class OnlyWrite:
    """As little a file as can be; takes at most `limit` bytes at a time."""

    def __init__(self, limit=None, says=True):
        self.data, self.limit, self.says = b"", limit, says

    def write(self, data):
        taken = bytes(data[: self.limit])
        self.data += taken
        return len(taken) if self.says else None


@pytest.mark.parametrize("limit", [1, 3, None])
def test_short_writes(limit):
    file = OnlyWrite(limit)
    with open_output(file) as out:
        out.write(b"0123456789")
    assert file.data == b"0123456789"


def test_a_write_that_says_nothing_took_all():
    file = OnlyWrite(says=False)
    assert write_all(file, b"0123456789") == 10
    assert file.data == b"0123456789"


@pytest.mark.parametrize("answer", [0, -1, 11])
def test_a_write_that_says_nonsense_ends(answer):
    file = OnlyWrite()
    file.write = lambda data: answer
    with pytest.raises(OSError, match=f"took {answer} of 10 bytes"):
        write_all(file, b"0123456789")


@pytest.mark.parametrize("buffered", [False, True])
def test_a_pipe_that_does_not_block(buffered):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    got = []

    def read_all():
        with os.fdopen(reading, "rb") as file:
            got.append(file.read())

    data = bytes(range(256)) * 4000
    reader = threading.Timer(0.2, read_all)
    reader.start()
    raw = io.FileIO(writing, "wb")
    file = io.BufferedWriter(raw) if buffered else raw
    write_all(file, data)
    while buffered:
        with contextlib.suppress(BlockingIOError):
            file.flush()
            break
    file.close()
    reader.join()
    assert got == [data]


def test_interrupted_writes_go_on():
    file = OnlyWrite()
    plain, calls = file.write, []

    def write(data):
        calls.append(len(data))
        if len(calls) == 1:
            raise InterruptedError
        return plain(data[:4])

    file.write = write
    write_all(file, b"0123456789")
    assert file.data == b"0123456789"


@pytest.mark.parametrize("n", [0, 1])
def test_views_of_wider_items_count_bytes(n):
    file = OnlyWrite()
    assert write_all(file, memoryview(b"12345678" * n).cast("d" if n else "B")) == 8 * n


def test_exceptions_of_a_file_object_pass_unchanged():
    file = OnlyWrite()
    error = OSError(errno.EIO, "theirs")
    file.write = lambda data: (_ for _ in ()).throw(error)
    with pytest.raises(OSError, match="theirs") as caught, open_output(file) as out:
        out.write(b"x")
    assert caught.value is error
    assert error.filename is None


@pytest.mark.parametrize("dest", [io.StringIO(), 3, None, object()])
def test_what_cannot_be_written_to(dest):
    with pytest.raises(UnsupportedTypeError), open_output(dest):
        pass


# -- compression -----------------------------------------------------------------------


def test_gzip_is_one_member_and_reproducible(tmp_path):
    data = bytes(range(256)) * 5000
    for name in ("a", "b"):
        with open_output(tmp_path / name, compression="gzip") as out:
            for at in range(0, len(data), 70_000):
                out.write(data[at : at + 70_000])
    packed = (tmp_path / "a").read_bytes()
    one = zlib.decompressobj(31)
    assert one.decompress(packed) == data
    assert (one.eof, one.unused_data) == (True, b"")
    assert packed == (tmp_path / "b").read_bytes()
    assert out.n_bytes == len(packed)


def test_zstd(tmp_path):
    data = bytes(range(256)) * 5000
    with open_output(tmp_path / "a", compression="zstd") as out:
        out.write(data)
        out.write(data)
    packed = (tmp_path / "a").read_bytes()
    assert pa.CompressedInputStream(pa.BufferReader(packed), "zstd").read() == data * 2
    assert out.n_bytes == len(packed)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_void_stream_has_no_end_mark(compression):
    """A half stream must not look finished, even after destructors have run."""
    file = io.BytesIO()
    with pytest.raises(ValueError):
        put(file, os.urandom(300_000), error=ValueError(), compression=compression)
    gc.collect()
    packed = file.getvalue()
    if compression == "gzip":
        with pytest.raises(EOFError):
            gzip.decompress(packed)
    else:
        with pytest.raises(OSError, match=r"(?i)truncated|incomplete|end"):
            pa.CompressedInputStream(pa.BufferReader(packed), "zstd").read()


@pytest.mark.parametrize("compression", ["gz", "bzip2", "", "GZIP"])
def test_unknown_compression(tmp_path, compression):
    with pytest.raises(InputError, match="expected one of gzip, zstd"):
        put(tmp_path / "a", compression=compression)
    assert names(tmp_path) == []


def test_a_name_alone_does_not_compress(tmp_path):
    with open_output(tmp_path / "a.gz") as out:
        out.write(b"plain")
    assert (tmp_path / "a.gz").read_bytes() == b"plain"
