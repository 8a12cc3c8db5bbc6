"""RecordIO frames without protobuf: reading and writing bare payloads.

The layer below records, for streams whose payloads are images or text (pipe mode with
augmented manifests, MXNet's RecordIO files).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import _core
from .errors import InputError, RecordsmithError, core_error
from .window import Window

__all__ = ["iter_payloads", "wrap"]

_MAGIC = b"\x0a\x23\xd7\xce"
_BLOCK = 1 << 20


def wrap(payload: Any) -> bytes:
    """One frame around a payload: header, payload, padding.

    Parameters
    ----------
    payload : bytes-like
        At most 2^29 - 1 bytes.

    Raises
    ------
    LimitError
        If the payload is longer: the length word has 29 bits.

    Examples
    --------
    >>> wrap(b"abc").hex(" ", 4)
    '0a23d7ce 03000000 61626300'
    """
    return _core.frame_wrap(payload)


def iter_payloads(
    file: Any, *, join: str = "magic", name: str | None = None
) -> Iterator[bytes]:
    """The payloads of a stream of frames.

    Parameters
    ----------
    file : binary file object or bytes
    join : {"magic", "plain"}, default "magic"
        How the parts of a split record are joined: dmlc-core's writer cuts a payload at
        each aligned magic number and leaves that out, so that a reader puts it back;
        ml-io and the TensorFlow extension join the parts as they are.

    Raises
    ------
    FormatError
        If the bytes are no frames, or end inside one.

    Examples
    --------
    >>> list(iter_payloads(wrap(b"one") + wrap(b"")))
    [b'one', b'']

    Source
    ------
    dmlc/dmlc-core: src/recordio.cc.
    """
    if join not in ("magic", "plain"):
        raise InputError(f"join is {join!r}, expected 'magic' or 'plain'")
    if isinstance(file, (bytes, bytearray, memoryview)):
        window = Window(None, name, bytes(file))
    else:
        window = Window(file, name)
    glue = _MAGIC if join == "magic" else b""
    parts: list[bytes] = []
    while True:
        window.need(8)
        if not window.data and not parts:
            return
        try:
            payload, part = _next_part(window, bool(parts))
        except RecordsmithError as error:
            error.row = 1
            raise window.placed(error) from None
        parts.append(payload)
        if part in (0, 3):
            yield glue.join(parts)
            parts = []


def _next_part(window: Window, inside: bool) -> tuple[bytes, int]:
    """One frame's payload and part number; `inside`: a split record has begun."""
    if len(window.data) < 8:
        raise window.truncated()
    _, part, n, length = _core.frame_peek(window.data)
    if part > 3 or (part in (2, 3)) != inside:
        raise core_error("RS_E_PART", found=part, offset=0)
    window.need(length)
    if len(window.data) < 8 + n:
        raise window.truncated()
    payload = bytes(window.data[8 : 8 + n])
    window.drop(min(length, len(window.data)), part in (0, 3))
    return payload, part
