"""What a channel is fed with: the bytes of each epoch."""

from __future__ import annotations

import hashlib
import io
import os
import select
import stat
import struct
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError, LimitError
from ..object_reader import ObjectReader
from ..object_store import is_object
from ..pipeline import iter_chunks
from ..storage import expand, is_path, open_input
from ..threads import prefetch
from .content import content_of
from .manifest import Manifest
from .outlet import Outlet
from .settings import check_shard

__all__ = ["Feed"]

_MAGIC = 0xCED7230A
_MAX_PAYLOAD = (1 << 29) - 1
_BLOCK = 1 << 20
_SMALL = 64 << 10
_STDIN = "-"
_LOOK_S = 0.05
RECORDIO = "application/x-recordio-protobuf"


@dataclass(frozen=True, eq=False)
class Feed:
    """What a channel is fed with.

    Parameters
    ----------
    src : path, list of paths, folder, glob, "-"; or arrays, a table
        Files stand for the objects of S3: their bytes are streamed as they are, one file
        after the other, in the order of their names. Names that begin with `_` or `.` are
        left out of folders. Rows in memory are encoded.
    content_type : str, optional
        The channel's ContentType; it is only told to the reader.
    gzip : bool, default False
        CompressionType Gzip: the files are compressed, and are decompressed on the way.
    wrap : {"recordio"}, optional
        RecordWrapperType: each file, or attribute, becomes a record.
    seed : int, optional
        ShuffleConfig: the order of the files (of a manifest's lines) is another one in
        each epoch. The same seed gives the same orders, always; they are not those of the
        platform.
    shard : (int, int), optional
        ShardedByS3Key: (i, n) gives host i of n, from 0, every n-th file or line.
    attributes : list of str, optional
        The files are augmented manifests: of each line these attributes are streamed, in
        this order; one whose name ends in `-ref` names a file, whose bytes are.
    refs : dict, optional
        Where the files of a manifest are: {"s3://bucket/images/": "images/"}.
    convert : dict, optional
        The files are converted to RecordIO-protobuf on the way, which the platform does
        not do. Holds options of :func:`recordsmith.iter_chunks`: label, dtype, ...
    y : labels, if src is an array or a table

    Notes
    -----
    Memory is flat. What is both compressed and wrapped goes through a temporary file: a
    record begins with its length.

    Source
    ------
    The service's API reference: Channel, ShuffleConfig, ProcessingS3Input (on
    decompression); SageMaker developer guide, "Augmented Manifest File Format for Pipe
    Mode Training". Read on 2026-11-24.
    """

    src: Any
    content_type: str | None = None
    gzip: bool = False
    wrap: str | None = None
    seed: int | None = None
    shard: tuple[int, int] | None = None
    attributes: Sequence[str] | None = None
    refs: Mapping[str, str] = field(default_factory=dict)
    convert: Mapping[str, Any] | None = None
    y: Any = None

    def open(self) -> OpenFeed:
        """Look at what there is; raises what is wrong with it."""
        return OpenFeed(self)


class OpenFeed:
    """A feed whose files were found.

    Attributes
    ----------
    reads_stdin : bool
    once : bool
        Can it be read only once?
    """

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self._of_files = _names_files(feed.src)
        self._converts = feed.convert is not None or not self._of_files
        self._check_options()
        self._files = (
            [os.fsdecode(one) for one in expand(feed.src)] if self._of_files else []
        )
        self.reads_stdin = _STDIN in self._files
        if self.reads_stdin and feed.attributes is not None:
            raise InputError(
                "a manifest is read more than once, and standard input is not",
                advice="save it as a file first",
            )
        self.once = self.reads_stdin or hasattr(feed.src, "__next__")
        for path in self._files:
            if path == _STDIN or is_object(path):
                continue
            if stat.S_ISFIFO(Path(path).stat().st_mode):
                raise InputError("this is a FIFO, expected a file to serve", path=path)
        self._manifests: list[Manifest] = []
        if feed.attributes is not None:
            self._manifests = [
                Manifest(path, feed.attributes, feed.refs) for path in self._files
            ]

    def _check_options(self) -> None:
        feed = self.feed
        if feed.wrap not in (None, "recordio"):
            raise InputError(f"wrap is {feed.wrap!r}, expected 'recordio'")
        check_shard(feed.shard)
        if self._converts:
            self._check_converting()
        if self._of_files and feed.y is not None:
            raise InputError(
                "y= gives labels of rows in memory, and these are files",
                advice='name the column: convert={"label": NAME}',
            )
        if feed.refs and feed.attributes is None:
            raise InputError(
                "refs= is for manifests, of which attributes= says what is streamed"
            )
        if not self._of_files and (feed.shard is not None or feed.seed is not None):
            raise InputError(
                "seed and shard are about files, and these are rows in memory"
            )
        if feed.attributes is not None and feed.gzip:
            raise InputError("gzip and attributes do not go together")

    def _check_converting(self) -> None:
        feed = self.feed
        given = {"wrap": feed.wrap, "gzip": feed.gzip, "attributes": feed.attributes}
        wrong = sorted(name for name, value in given.items() if value)
        if wrong:
            raise InputError(
                f"{', '.join(wrong)} and encoding on the way do not go together",
                advice="records need no wrapper, and compressed text is found out",
            )
        told = feed.content_type
        if told is not None and content_of(told).format != "recordio":
            raise InputError(
                f"content_type is {told!r}, and what is encoded on the way is {RECORDIO}",
                advice="leave content_type= out",
            )

    @property
    def content_type(self) -> str | None:
        """The ContentType that the reader is told."""
        if self.feed.content_type is None and self._converts:
            return RECORDIO
        return self.feed.content_type

    def config(self) -> dict[str, str]:
        """The channel's entry in inputdataconfig.json."""
        wrapped = "RecordIO" if self.feed.wrap else "None"
        spread = "FullyReplicated" if self.feed.shard is None else "ShardedByS3Key"
        entry = {
            "TrainingInputMode": "Pipe",
            "S3DistributionType": spread,
            "RecordWrapperType": wrapped,
        }
        if self.content_type is not None:
            entry["ContentType"] = self.content_type
        return entry

    def deliver(self, epoch: int, outlet: Outlet) -> None:
        """Write the bytes of an epoch."""
        if self._converts:
            src = self._order(self._files, epoch) if self._of_files else self.feed.src
            self._encode(src, outlet)
        elif self._manifests:
            for manifest in self._manifests:
                for line in self._order(range(len(manifest)), epoch):
                    for payload in manifest.payloads(line):
                        self._send_payload(payload, outlet)
        else:
            for path in self._order(self._files, epoch):
                self._send_file(path, outlet)

    def _order(self, items: Sequence[Any], epoch: int) -> list[Any]:
        """This host's items in this epoch's order."""
        order = list(range(len(items)))
        if self.feed.seed is not None:
            order.sort(key=lambda i: _rank(self.feed.seed, epoch, i))
        if self.feed.shard is not None:
            order = order[self.feed.shard[0] :: self.feed.shard[1]]
        return [items[i] for i in order]

    def _encode(self, src: Any, outlet: Outlet) -> None:
        if self._of_files:
            if not src:
                return
            src = [_Stdin(outlet) if one == _STDIN else one for one in src]
            src = src[0] if len(src) == 1 else src  # a single file is named in messages
        chunks = iter_chunks(src, self.feed.y, **dict(self.feed.convert or {}))
        for chunk in prefetch(chunks):
            outlet.write(chunk.data)

    def _send_payload(self, payload: Any, outlet: Outlet) -> None:
        if isinstance(payload, Path):
            self._send_file(str(payload), outlet)
        else:
            head, tail = _frame(len(payload)) if self.feed.wrap else (b"", b"")
            outlet.write(head + payload + tail)

    def _send_file(self, path: str, outlet: Outlet) -> None:
        if self.feed.gzip:
            self._send_decompressed(path, outlet)
            return
        if path == _STDIN:
            _copy(_Stdin(outlet), outlet, self.feed.wrap)
            return
        if is_object(path):
            with ObjectReader(path) as stored:
                _copy(stored, outlet, self.feed.wrap)
            return
        with io.FileIO(path) as file:
            n_bytes = os.fstat(file.fileno()).st_size
            head, tail = _frame(n_bytes, path) if self.feed.wrap else (b"", b"")
            if n_bytes <= _SMALL:
                data = file.read(n_bytes)
                _refuse_shorter(len(data), n_bytes, path)
                outlet.write(head + data + tail)
                return
            outlet.write(head)
            _refuse_shorter(outlet.send_file(file.fileno(), n_bytes), n_bytes, path)
            outlet.write(tail)

    def _send_decompressed(self, path: str, outlet: Outlet) -> None:
        with open_input(_Stdin(outlet) if path == _STDIN else path) as opened:
            if opened.compression != "gzip" and opened.file.peek(1):
                raise InputError(
                    "the file is not compressed with gzip, and the channel says Gzip",
                    path=opened.name,
                    advice="leave gzip=True out, or compress all files",
                )
            _copy(opened.file, outlet, self.feed.wrap)


class _Stdin(io.RawIOBase):
    """Standard input, whose reading ends when the serving does.

    `sys.stdin` would be locked by a thread that waits for more, and that is an error when
    the interpreter ends.
    """

    name = "<stdin>"

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not select.select([0], [], [], _LOOK_S)[0]:
            self._outlet.refuse_stopped()
        return os.readv(0, [buffer])


def _names_files(src: Any) -> bool:
    if is_path(src):
        return True
    return isinstance(src, (list, tuple)) and bool(src) and all(map(is_path, src))


def _rank(seed: int | None, epoch: int, item: int) -> bytes:
    """A number that nobody can foresee, and everybody can make again."""
    return hashlib.sha256(f"{seed} {epoch} {item}".encode()).digest()


def _frame(n_bytes: int, path: str | None = None) -> tuple[bytes, bytes]:
    """What stands before and after a payload to make it a RecordIO record."""
    if n_bytes > _MAX_PAYLOAD:
        raise LimitError(
            f"{n_bytes} bytes are too many for a RecordIO record, which holds at most "
            f"{_MAX_PAYLOAD}",
            path=path,
            advice="leave wrap='recordio' out, or cut the file",
        )
    return struct.pack("<II", _MAGIC, n_bytes), bytes(-n_bytes % 4)


def _copy(file: Any, outlet: Outlet, wrap: str | None) -> None:
    """Write a stream; its length is not known before its end."""
    buffer = memoryview(bytearray(_BLOCK))
    if wrap is None:
        for n_bytes in iter(lambda: file.readinto(buffer), 0):
            outlet.write(buffer[:n_bytes])
        return
    with tempfile.TemporaryFile(buffering=0) as spool:
        for n_bytes in iter(lambda: file.readinto(buffer), 0):
            spool.write(buffer[:n_bytes])
        length = spool.tell()
        head, tail = _frame(length)
        spool.seek(0)
        outlet.write(head)
        outlet.send_file(spool.fileno(), length)
        outlet.write(tail)


def _refuse_shorter(found: int, expected: int, path: str) -> None:
    if found < expected:
        raise InputError(
            f"the file ended after {found} bytes, it had {expected} when it was opened",
            path=path,
            advice="leave the files alone while they are served",
        )
