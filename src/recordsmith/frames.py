"""RecordIO frames without protobuf: reading and writing bare payloads.

The layer below records, for files and streams whose payloads are images, text or anything
else: MXNet's image RecordIO, pipe mode with augmented manifests.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from . import _core
from .errors import (
    FormatError,
    InputError,
    LimitError,
    UnsupportedTypeError,
)
from .payload_stream import PayloadStream, check_join
from .publish import check_output, open_output
from .storage import expand, open_input

__all__ = [
    "FramesResult",
    "iter_payloads",
    "read_frames",
    "wrap",
    "write_frames",
]

_MAGIC = b"\x0a\x23\xd7\xce"
_BLOCK = 1 << 18
_MAX_PAYLOAD = (1 << 29) - 1
_MAX_GATHERED = 4096
_IN_MEMORY = "<bytes>"


def wrap(payload: Any, *, split: str | None = None) -> bytes:
    """A payload as a frame: header, payload, padding.

    Parameters
    ----------
    payload : bytes-like
        At most 2^29 - 1 bytes.
    split : {"dmlc"}, optional
        Cut the payload at each magic number that stands in it at a multiple of 4, into
        several frames: see :func:`write_frames`.

    Raises
    ------
    LimitError
        If the payload is longer: the length word has 29 bits.

    Examples
    --------
    >>> wrap(b"abc").hex(" ", 4)
    '0a23d7ce 03000000 61626300'
    >>> wrap(bytes.fromhex("61626364 0a23d7ce 65"), split="dmlc").hex(" ", 4)
    '0a23d7ce 04000020 61626364 0a23d7ce 01000060 65000000'
    """
    if not _cuts(split):
        return _core.frame_wrap(payload)
    return _core.wrap_payloads([payload], True)[0]


# -- reading ---------------------------------------------------------------------------


def read_frames(
    src: Any, *, join: str = "dmlc", group: int | None = None
) -> Iterator[Any]:
    """The payloads of RecordIO frames, whatever they hold.

    Parameters
    ----------
    src : path, list of paths, folder, glob, "-", binary file object, or bytes-like
        Files are read one after another. gzip and zstd are recognised by their content.
    join : {"dmlc", "plain"}, default "dmlc"
        How the parts of a split record become one payload. dmlc-core (MXNet, XGBoost)
        cuts a payload where the magic number stands in it, leaves that out, and puts it
        back when reading. AWS's own readers (ml-io, the TensorFlow extension) join the
        parts as they are: "plain" does what they do.
    group : int, optional
        Give tuples of so many payloads that follow one another: the attributes of an
        example, for an augmented manifest in pipe mode.

    Returns
    -------
    iterator of bytes, or of tuples of them

    Raises
    ------
    FormatError
        If the bytes are no frames or end inside one, or a file ends inside a group; the
        message names record and byte. All whole payloads before are given first.
    FileNotFoundError, InputError
        At once, if there is nothing to read, or an option is none.

    Notes
    -----
    Memory holds some 256 KiB of frames at a time, or the longest record. What has arrived
    from a pipe is given without waiting for more. The last frame of a file may lack its
    padding.

    Source
    ------
    dmlc/dmlc-core: src/recordio.cc; awslabs/ml-io:
    src/mlio/record_readers/recordio_record_reader.cc.

    Examples
    --------
    >>> stream = wrap(b"image 1") + wrap(b"cat") + wrap(b"image 2") + wrap(b"dog")
    >>> list(read_frames(stream, group=2))
    [(b'image 1', b'cat'), (b'image 2', b'dog')]
    """
    check_join(join)
    if group is not None and group < 1:
        raise InputError(f"group is {group!r}, expected 1 or more payloads in a group")
    if isinstance(src, (bytes, bytearray, memoryview)):
        entries = [_in_memory(src)]
    else:
        entries = expand(src)
    return chain.from_iterable(_blocks_of(entries, join, group))


def iter_payloads(
    file: Any, *, join: str = "dmlc", name: str | None = None
) -> Iterator[bytes]:
    """The payloads of one opened stream: :func:`read_frames` without its comfort.

    Parameters
    ----------
    file : binary file object or bytes-like
        Read as it is, not decompressed, and further than the last payload that was
        taken.
    join : {"dmlc", "plain"}, default "dmlc"
    name : str, optional
        What messages call the stream.

    Examples
    --------
    >>> list(iter_payloads(wrap(b"one") + wrap(b"")))
    [b'one', b'']
    """
    return chain.from_iterable(PayloadStream(file, join=join, name=name))


def _blocks_of(
    entries: list[Any], join: str, group: int | None
) -> Iterator[list[bytes] | list[tuple[bytes, ...]]]:
    for entry in entries:
        if isinstance(entry, memoryview):
            stream = PayloadStream(entry, join=join, name=_IN_MEMORY)
            yield from stream if group is None else _grouped(stream, group)
            continue
        with open_input(entry) as opened:
            stream = PayloadStream(opened.file, join=join, name=opened.name)
            yield from stream if group is None else _grouped(stream, group)


def _in_memory(data: Any) -> Any:
    """The bytes themselves, or a file object where they have to be decompressed."""
    view = memoryview(data).cast("B")
    plain = not view or view[:1] == _MAGIC[:1]
    return view if plain else _Bytes(view)


class _Bytes(io.BytesIO):
    """Has the name by which messages call bytes in memory."""

    name = _IN_MEMORY


def _grouped(stream: PayloadStream, n: int) -> Iterator[list[tuple[bytes, ...]]]:
    rest: list[bytes] = []
    for payloads in stream:
        rest += payloads
        n_whole = len(rest) // n * n
        yield list(zip(*[iter(rest[:n_whole])] * n))
        del rest[:n_whole]
    if rest:
        begin = stream.n_records - len(rest) + 1
        raise stream.placed(
            FormatError(
                f"the input ends inside a group: {len(rest)} of {n} payloads came, from "
                f"record {begin} on",
                advice=f"is group={n} the number of attributes of an example? Else the "
                "input was cut off",
            )
        )


# -- writing ---------------------------------------------------------------------------


@dataclass(frozen=True)
class FramesResult:
    """What :func:`write_frames` did.

    Attributes
    ----------
    path : str
        Where it went; "-" for standard output, or the file object's name.
    payloads, frames : int
        Payloads written, and their frames: more, where payloads were split.
    bytes : int
        Bytes written, after compression.
    seconds : float
        Wall time.
    """

    path: str
    payloads: int
    frames: int
    bytes: int
    seconds: float


def write_frames(
    dest: Any,
    payloads: Iterable[Any],
    *,
    split: str | None = "dmlc",
    overwrite: bool = False,
    compression: str | None = None,
) -> FramesResult:
    """Write payloads as RecordIO frames, whatever they hold.

    Parameters
    ----------
    dest : path, "-" for standard output, or binary file object
        A file appears under its name only when it is whole.
    payloads : iterable of bytes-like, or of tuples or lists of those
        Each shorter than 2^29 bytes. A tuple is a group, as :func:`read_frames` gives
        them: its members are written one after another.
    split : {"dmlc", None}, default "dmlc"
        What to do where a payload holds the magic number of a frame at a multiple of 4.
        "dmlc" cuts it there into several frames, as dmlc-core's writer does: readers that
        look for frames in the middle of a file (MXNet's image iterators, XGBoost) would
        else take it for one. None writes every payload as a single frame, for readers
        that do not put the number back (ml-io, the TensorFlow extension).
    overwrite : bool, default False
        Replace an existing file.
    compression : {"gzip", "zstd"}, optional
        Never guessed from a name.

    Raises
    ------
    LimitError
        If a payload has 2^29 bytes or more.
    UnsupportedTypeError
        If a payload is not bytes.
    InputError
        If the file exists and may not be replaced, or its folder does not exist.

    Notes
    -----
    Memory holds some 256 KiB of frames at a time, or the longest payload.

    Source
    ------
    dmlc/dmlc-core: src/recordio.cc, include/dmlc/recordio.h.

    Examples
    --------
    >>> result = write_frames("pets.rec", [(b"image 1", b"cat"), (b"image 2", b"dog")])
    >>> result.payloads, result.bytes
    (4, 56)
    >>> next(read_frames("pets.rec", group=2))
    (b'image 1', b'cat')
    """
    begin = time.perf_counter()
    cut = _cuts(split)
    check_output(dest, overwrite=overwrite)
    n_payloads = n_frames = 0
    with open_output(dest, overwrite=overwrite, compression=compression) as out:
        for block in _gathered(payloads):
            data, n = _core.wrap_payloads(block, cut)
            out.write(data)
            n_payloads += len(block)
            n_frames += n
    seconds = time.perf_counter() - begin
    return FramesResult(out.name, n_payloads, n_frames, out.n_bytes, seconds)


def _cuts(split: str | None) -> bool:
    if split not in ("dmlc", None):
        raise InputError(f"split is {split!r}, expected 'dmlc' or None")
    return split is not None


def _gathered(payloads: Iterable[Any]) -> Iterator[list[Any]]:
    """Payloads in lists that make a write worth while."""
    block: list[Any] = []
    size = 0
    for number, payload in enumerate(_flat(payloads)):
        if type(payload) is bytes and len(payload) < _BLOCK:
            size += len(payload)
            block.append(payload)
        else:
            view = _checked(payload, number)
            size += view.nbytes
            # A buffer may be filled anew for the next payload: what waits is copied.
            copied = size < _BLOCK or not view.c_contiguous
            block.append(bytes(view) if copied else view)
        if size >= _BLOCK or len(block) == _MAX_GATHERED:
            yield block
            block, size = [], 0
    if block:
        yield block


def _flat(payloads: Iterable[Any]) -> Iterator[Any]:
    if isinstance(payloads, (str, bytes, bytearray, memoryview)):
        raise UnsupportedTypeError(
            f"payloads is {type(payloads).__name__}, expected an iterable of bytes",
            advice="pass a list of payloads",
        )
    for one in payloads:
        if isinstance(one, (tuple, list)):
            yield from one
        else:
            yield one


def _checked(payload: Any, number: int) -> memoryview:
    """A payload's bytes, if it is one that can be written."""
    try:
        view = memoryview(payload)
    except TypeError:
        advice = "encode text first: text.encode()" if isinstance(payload, str) else ""
        raise UnsupportedTypeError(
            f"it is {type(payload).__name__}, expected bytes",
            advice=advice,
            row=number,
            unit="payload",
        ) from None
    if view.nbytes > _MAX_PAYLOAD:
        raise LimitError(
            f"it has {view.nbytes:,} bytes, a RecordIO frame holds at most "
            f"{_MAX_PAYLOAD:,}",
            advice="cut it into several payloads",
            row=number,
            unit="payload",
        )
    return view
