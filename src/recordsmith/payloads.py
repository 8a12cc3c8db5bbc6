"""What the payloads of RecordIO frames are, by evidence: records, images, text.

Nothing is guessed: a payload that shows nothing known is "bytes", and a file whose first
payloads prove nothing is taken for what it was said to be.
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import _core
from .errors import RecordsmithError

__all__ = [
    "KINDS",
    "ImageHeader",
    "Raw",
    "image_header",
    "is_record",
    "kind_of",
    "raw_payloads",
]

# kind -> what people call it
KINDS = {
    "record": "SageMaker records",
    "recordio": "RecordIO again (framed twice)",
    "jpeg": "JPEG images",
    "png": "PNG images",
    "gif": "GIF images",
    "webp": "WebP images",
    "tiff": "TIFF images",
    "npy": "NumPy arrays",
    "json": "JSON",
    "text": "text",
    "empty": "nothing (empty payloads)",
    "bytes": "other bytes",
}
_STARTS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"\x93NUMPY", "npy"),
    (b"\x0a\x23\xd7\xce", "recordio"),
)
_IMAGES = ("jpeg", "png", "gif", "webp", "tiff")
_HEADER = 8  # of a frame
_IMAGE_HEADER = np.dtype(
    [("flag", "<u4"), ("label", "<f4"), ("id", "<u8"), ("id2", "<u8")]
)
_TRY = 8  # payloads at the head of a file
_TEXT_BYTES = 4096
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f")
# A record that only breaks a rule of records is one.
_RULES = ("RS_E_KEY", "RS_E_KEY_COUNT", "RS_E_SHAPE", "RS_E_RANK", "RS_E_TEXT")


@dataclass(frozen=True)
class ImageHeader:
    """What MXNet's image RecordIO has in front of each image.

    Attributes
    ----------
    labels : ndarray of float32
        One label, or all of them.
    id, id2 : int
    n_bytes : int
        Length of the header with its labels: there the image begins.
    """

    labels: np.ndarray
    id: int
    id2: int
    n_bytes: int


def image_header(payload: bytes) -> ImageHeader | None:
    """MXNet's image header, if there is one with an image behind it.

    Source
    ------
    apache/mxnet: python/mxnet/recordio.py (IRHeader: a count of labels, or 0 and the one
    label; id; id2).

    Examples
    --------
    >>> import struct
    >>> header = struct.pack("<IfQQ", 0, 3.0, 17, 0)
    >>> found = image_header(header + b"\\xff\\xd8\\xff\\xe0...")
    >>> found.labels.tolist(), found.id
    ([3.0], 17)
    """
    size = _IMAGE_HEADER.itemsize
    if len(payload) < size:
        return None
    flag, label, id_, id2 = np.frombuffer(payload, _IMAGE_HEADER, 1)[0].tolist()
    begin = size + 4 * flag
    if _start(payload[begin : begin + 16]) not in _IMAGES:
        return None
    labels = np.array([label], "<f4")
    if flag:
        labels = np.frombuffer(payload, "<f4", flag, size)
    return ImageHeader(labels, id_, id2, begin)


def kind_of(payload: bytes) -> str:
    """One of :data:`KINDS`; for an image behind MXNet's header, that of the image.

    Examples
    --------
    >>> kind_of(b'{"label": 1}'), kind_of(b"3.5"), kind_of(b"\\x00\\x01")
    ('json', 'text', 'bytes')
    """
    if not payload:
        return "empty"
    found = _start(payload[:16])
    if found is not None and (found != "recordio" or _is_frame(payload)):
        return found
    header = image_header(payload)
    if header is not None:
        return _start(payload[header.n_bytes : header.n_bytes + 16]) or "bytes"
    if is_record(payload):
        return "record"
    if _is_text(payload):
        return "json" if _is_json(payload) else "text"
    return "bytes"


def is_record(payload: bytes) -> bool:
    """Is this a record of SageMaker's schema, with at least one of its fields?"""
    try:
        _core.record_check(payload)
        frame = _core.frame_wrap(payload)
    except RecordsmithError as error:
        return error.code in _RULES
    return bool(_core.scan(frame, 0, len(frame), 1).columns)


def _is_frame(payload: bytes) -> bool:
    """A magic number alone is none."""
    try:
        return _core.frame_peek(payload)[0] == "RS_OK"
    except RecordsmithError:
        return False


def _start(head: bytes) -> str | None:
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    return "webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def _is_text(payload: bytes) -> bool:
    head = payload[:_TEXT_BYTES]
    if not _CONTROLS.isdisjoint(head):
        return False
    try:
        # A character may be cut in two where the head ends.
        whole = len(payload) <= _TEXT_BYTES
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _is_json(payload: bytes) -> bool:
    """An object or a list: a bare number or word may be anything."""
    if payload.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        json.loads(payload)
    except (ValueError, RecursionError):  # too deep for Python: nobody's data
        return False
    return True


# -- files -----------------------------------------------------------------------------


class Raw(NamedTuple):
    """Evidence that frames hold something else than records.

    Attributes
    ----------
    kinds : tuple of str
        Of the first payloads, in their order.
    what : str
        In words.
    """

    kinds: tuple[str, ...]
    what: str


def raw_payloads(head: bytes) -> Raw | None:
    """What a file of frames holds by its first bytes, if that is no RecordIO-protobuf.

    None if it is, or if it may be that and damaged.

    Parameters
    ----------
    head : bytes
        The more, the better: up to 8 payloads are looked at.
    """
    payloads = _first(head)
    if not payloads:
        return _of_long(head)
    if any(map(is_record, payloads)) or any(map(is_record, _first(head, False))):
        return None
    kinds = tuple(map(kind_of, payloads))
    headed = any(image_header(one) is not None for one in payloads)
    if not set(kinds) - {"empty"} or (len(kinds) == 1 and kinds[0] == "bytes"):
        return None
    return Raw(kinds, _in_words(kinds, headed))


def _first(head: bytes, with_magic: bool = True) -> list[bytes]:
    """The first whole payloads."""
    at = n = 0
    while n < _TRY and len(head) - at >= _HEADER:
        try:
            status, part, _, length = _core.frame_peek(head, at)
        except RecordsmithError:
            break
        if status != "RS_OK":
            break
        at += length
        n += part in (0, 3)
    return _core.take_payloads(head, 0, at, with_magic)[0]


def _of_long(head: bytes) -> Raw | None:
    """Of a first payload longer than the head: an image shows at its beginning."""
    try:
        _, part, payload, _ = _core.frame_peek(head)
    except RecordsmithError:
        return None
    known = head[_HEADER : _HEADER + payload]
    if part or not known:
        return None
    header = image_header(known)
    kind = _start(known[:16]) or ("bytes" if header is None else kind_of(known))
    if kind == "bytes":
        return None
    return Raw((kind,), _in_words((kind,), header is not None))


def _in_words(kinds: tuple[str, ...], headed: bool) -> str:
    names = [KINDS[kind] for kind in dict.fromkeys(kinds)]
    behind = " behind MXNet's image header" if headed else ""
    if len(names) == 1:
        return names[0] + behind
    return f"{', '.join(names[:-1])} and {names[-1]}{behind}"
