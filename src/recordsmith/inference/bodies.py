"""Bodies of responses: their bytes, their type, and bodies that hold an error instead."""

from __future__ import annotations

import re
from typing import Any

from ..errors import InputError, ParseError, UnsupportedTypeError

__all__ = [
    "CSV",
    "JSON",
    "JSON_LINES",
    "KINDS",
    "PNG",
    "RECORDIO",
    "kind_of_body",
    "media_type",
    "refuse_error_object",
    "refuse_errors",
    "shown",
    "text_of",
    "to_bytes",
]

JSON = "application/json"
JSON_LINES = "application/jsonlines"
RECORDIO = "application/x-recordio-protobuf"
CSV = "text/csv"
PNG = "image/png"
KINDS = (JSON, JSON_LINES, RECORDIO, CSV, PNG)
# What servers and notebooks write for the same types.
_SPELLINGS = {
    "application/x-protobuf": RECORDIO,  # AWS's notebook on semantic segmentation
    "application/x-jsonlines": JSON_LINES,
    "application/jsonl": JSON_LINES,
    "application/x-ndjson": JSON_LINES,
    "text/plain": CSV,
}
_RECORDIO_MAGIC = b"\x0a\x23\xd7\xce"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_ERROR_KEYS = re.compile(
    r"(?i)(error|errors|error_?(code|type|message)|exception|traceback|message|detail)\Z"
)
_SHOWN = 200


def to_bytes(body: Any) -> bytes:
    """The bytes of a body: bytes, text, or what has a `read` (botocore's stream)."""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        return body.encode()
    try:
        return bytes(memoryview(body))
    except TypeError:
        raise UnsupportedTypeError(
            f"a body is {type(body).__name__}, expected bytes, text, or a stream",
            advice='pass response["Body"] of what invoke_endpoint gave',
        ) from None


def media_type(content_type: str) -> str:
    """A content type as one of KINDS; parameters and capitals make no difference.

    Examples
    --------
    >>> media_type("Application/JSON; charset=utf-8"), media_type("text/plain")
    ('application/json', 'text/csv')
    """
    if not isinstance(content_type, str):
        raise UnsupportedTypeError(
            f"content_type is {content_type!r}, expected a text: {', '.join(KINDS)}"
        )
    base = content_type.partition(";")[0].strip().lower()
    found = _SPELLINGS.get(base, base)
    if found not in KINDS:
        raise InputError(
            f"bodies of {content_type!r} cannot be read; known: {', '.join(KINDS)}",
            advice="pass the ContentType of the response, or the Accept of the request",
        )
    return found


def kind_of_body(head: bytes) -> str | None:
    """The type of a body by its first bytes; None where text may be JSON or JSON Lines.

    Examples
    --------
    >>> kind_of_body(b"0.5,0.25"), kind_of_body(b'{"score": 1}')
    ('text/csv', None)
    """
    if head.startswith(_RECORDIO_MAGIC):
        return RECORDIO
    if head.startswith(_PNG_MAGIC):
        return PNG
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return None if text[:1] in (b"{", b"[") else CSV


def text_of(data: bytes, path: str | None = None) -> str:
    """The text of a body."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError(
            f"byte 0x{data[error.start]:02x} is no UTF-8",
            path=path,
            offset=error.start,
            advice="the body is no text: is its content type another one?",
        ) from None


def refuse_errors(data: bytes, wanted: str, path: str | None = None) -> None:
    """An error if bytes that should be records or text are a page of HTML, or nothing."""
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        raise ParseError(
            f"the body is empty, expected {wanted}",
            path=path,
            advice="the endpoint answered nothing, or the file is not written yet",
        )
    if head[:1] == b"<":
        raise ParseError(
            f"the body is HTML or XML, expected {wanted}: {shown(head)}",
            path=path,
            advice="a proxy or a load balancer answered in place of the endpoint",
        )


def refuse_error_object(document: Any, path: str | None = None) -> None:
    """An error if a JSON object is one that servers send in place of predictions."""
    if isinstance(document, dict) and any(map(_ERROR_KEYS.match, document)):
        told = next(str(v) for k, v in document.items() if _ERROR_KEYS.match(k))
        raise ParseError(
            f"the body is an error of the endpoint, no predictions: {shown(told)}",
            path=path,
            advice="the log of the endpoint has more",
        )


def shown(text: bytes | str) -> str:
    """The beginning of a body as one line.

    Examples
    --------
    >>> shown(b"a\\nb")
    "'a b'"
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = " ".join(text[: _SHOWN + 1].split())
    return repr(text[:_SHOWN]) + ("..." if len(text) > _SHOWN else "")
