"""One object, written: it appears whole, or not at all."""

from __future__ import annotations

import contextlib
import io
import threading
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from .errors import InputError, ObjectStoreError
from .object_listing import head, is_denied
from .object_store import Location, asking, client, code_of, current_settings, owner

__all__ = ["ObjectWriter", "check_object", "part_bytes"]

_PART_BYTES = 8 << 20
_PARTS_OF_A_SIZE = 1000
_IN_FLIGHT = 4
_NO_CONDITIONS = ("NotImplemented", "InvalidRequest", "501")
_CONDITION_FAILED = ("PreconditionFailed", "412")


def part_bytes(number: int) -> int:
    """Bytes of a part of an upload, of which there may be 10,000.

    All parts together hold more than the 5 TiB of the largest object.

    Examples
    --------
    >>> part_bytes(1) >> 20, part_bytes(1000) >> 20, part_bytes(1001) >> 20
    (8, 8, 16)
    >>> sum(map(part_bytes, range(1, 10_001))) > 5 << 40, part_bytes(10_000) < 5 << 30
    (True, True)
    """
    return _PART_BYTES << ((number - 1) // _PARTS_OF_A_SIZE)


def check_object(url: str, overwrite: bool) -> None:
    """Raise what :class:`ObjectWriter` would find wrong with a name, without writing.

    Raises
    ------
    InputError
        If the URL names no object, or one that exists and may not be replaced.
    """
    place = Location.parse(url)
    if not place.key or place.key.endswith("/"):
        raise InputError(
            "this is a prefix, expected the name of an object",
            path=url,
            advice="add a name: s3://bucket/train/data.pbr",
        )
    if overwrite:
        return
    try:
        found = head(url)
    except ObjectStoreError as error:
        if is_denied(error):
            return  # a role that may only write: the condition of the request decides
        raise
    if found is not None:
        raise _exists(url)


def _exists(url: str) -> InputError:
    return InputError(
        "the object exists",
        path=url,
        advice="pass overwrite=True to replace it, or choose another name",
    )


class _Stopped(BaseException):
    """Raised in a request that is no longer wanted; no library takes it for its own."""


class _Body(io.BytesIO):
    """Bytes of a request, which end it once the upload is given up."""

    def __init__(self, data: Any, stop: threading.Event) -> None:
        super().__init__(data)
        self._stop = stop

    def read(self, n_bytes: int | None = -1) -> bytes:
        if self._stop.is_set():
            raise _Stopped
        return super().read(n_bytes)


class ObjectWriter:
    """Uploads what is written to it; the object appears when `finish` returns.

    Parameters
    ----------
    url : str
    overwrite : bool
        Replace an object of this name. If not, the store is asked to refuse (a condition
        of the last request) should one appear meanwhile; older stores ignore that.

    Raises
    ------
    ObjectStoreError
        If the store refuses, or does not answer: from `write` or `finish`.

    Notes
    -----
    An object of one part is a single request. More make a multipart upload with up to
    four parts on their way: some 50 MiB of memory. Requests run in threads of their own,
    so a signal does not hit one in its middle. What a process that was killed left behind
    of this object is aborted when the next upload of the same name begins; two runs
    that write the same object at the same time are not supported, the older one fails.
    """

    def __init__(self, url: str, *, overwrite: bool) -> None:
        self._url = url
        self._place = Location.parse(url)
        self._settings = current_settings()
        self._store = client(self._settings)
        self._overwrite = overwrite
        self._buffer = bytearray()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(_IN_FLIGHT, "recordsmith-upload")
        self._upload: Future[str] | None = None
        self._parts: deque[Future[dict[str, Any]]] = deque()
        self._sent = 0  # bytes in parts

    def write(self, data: Any) -> int:
        """Take all of a bytes-like object; returns its length."""
        view = memoryview(data).cast("B")
        at = 0
        while at < len(view):
            room = part_bytes(len(self._parts) + 1) - len(self._buffer)
            if room == 0:
                self._send()
                continue
            self._buffer += view[at : at + room]
            at += min(room, len(view) - at)
        return len(view)

    def finish(self) -> None:
        """Send the rest, and have the object appear."""
        if self._upload is None:
            self._pool.submit(self._put).result()
        else:
            self._send()
            parts = [one.result() for one in self._parts]
            self._pool.submit(self._complete, parts).result()
        self._pool.shutdown()

    def abort(self) -> None:
        """Leave nothing behind; safe at any time."""
        self._stop.set()
        for one in self._parts:
            one.cancel()
        self._pool.shutdown(wait=True)
        if self._upload is None or self._upload.cancelled() or self._upload.exception():
            return
        # What made the upload void is what the user is to hear of.
        with contextlib.suppress(OSError), asking(self._url):
            client(self._settings, brief=True).abort_multipart_upload(
                **self._name(), UploadId=self._upload.result()
            )

    # -- requests ----------------------------------------------------------------------

    def _name(self) -> dict[str, Any]:
        bucket_owner = owner(self._settings)
        return {"Bucket": self._place.bucket, "Key": self._place.key, **bucket_owner}

    def _encryption(self) -> dict[str, str]:
        found = {}
        if self._settings.encryption is not None:
            found["ServerSideEncryption"] = self._settings.encryption
        if self._settings.kms_key_id is not None:
            found["SSEKMSKeyId"] = self._settings.kms_key_id
        return found

    def _send(self) -> None:
        """Hand the buffer on as a part, when few enough are on their way."""
        if self._upload is None:
            self._upload = self._pool.submit(self._begin)
        upload_id = self._upload.result()
        while True:
            running = [one for one in self._parts if not one.done()]
            for one in self._parts:
                if one.done():
                    one.result()  # an error ends the upload here
            if len(running) < _IN_FLIGHT:
                break
            wait(running, return_when=FIRST_COMPLETED)
        number = len(self._parts) + 1
        body = _Body(self._buffer, self._stop)
        self._sent += len(self._buffer)
        self._buffer.clear()
        self._parts.append(self._pool.submit(self._part, upload_id, number, body))

    def _begin(self) -> str:
        self._clear_away()
        with asking(self._url):
            answer = self._store.create_multipart_upload(
                **self._name(), **self._encryption()
            )
        return str(answer["UploadId"])

    def _clear_away(self) -> None:
        """Abort uploads of this very object that somebody's end left behind."""
        from botocore.exceptions import BotoCoreError, ClientError

        bucket = {"Bucket": self._place.bucket, **owner(self._settings)}
        # It is a kindness; who may not list or abort may still write.
        with contextlib.suppress(ClientError, BotoCoreError):
            found = self._store.list_multipart_uploads(**bucket, Prefix=self._place.key)
            for one in found.get("Uploads", ()):
                if one["Key"] == self._place.key:
                    self._store.abort_multipart_upload(
                        **self._name(), UploadId=one["UploadId"]
                    )

    def _part(self, upload_id: str, number: int, body: _Body) -> dict[str, Any]:
        with body, asking(self._url):
            answer = self._store.upload_part(
                **self._name(), UploadId=upload_id, PartNumber=number, Body=body
            )
        # With checksums of its own, the store wants them again at the end.
        sums = {name: value for name, value in answer.items() if _is_checksum(name)}
        return {"PartNumber": number, "ETag": answer["ETag"], **sums}

    def _put(self) -> None:
        body = _Body(self._buffer, self._stop)
        request = {**self._name(), **self._encryption(), "Body": body}
        self._conditional(self._store.put_object, request)

    def _complete(self, parts: list[dict[str, Any]]) -> None:
        assert self._upload is not None
        request = {
            **self._name(),
            "UploadId": self._upload.result(),
            "MultipartUpload": {"Parts": parts},
        }
        try:
            self._conditional(self._store.complete_multipart_upload, request)
        except ObjectStoreError as error:
            # The answer to an earlier attempt may have been lost on its way.
            if error.code != "NoSuchUpload" or not self._is_there(len(parts)):
                raise

    def _conditional(self, call: Any, request: dict[str, Any]) -> None:
        from botocore.exceptions import ClientError

        condition = {} if self._overwrite else {"IfNoneMatch": "*"}
        with asking(self._url):
            try:
                call(**request, **condition)
            except ClientError as error:
                code = code_of(error)
                if condition and code in _CONDITION_FAILED:
                    raise _exists(self._url) from None
                if not condition or code not in _NO_CONDITIONS:
                    raise
                if "Body" in request:
                    request["Body"].seek(0)
                call(**request)

    def _is_there(self, n_parts: int) -> bool:
        found = head(self._url) or {}
        same_parts = str(found.get("ETag", "")).strip('"').endswith(f"-{n_parts}")
        return found.get("ContentLength") == self._sent and same_parts


def _is_checksum(name: str) -> bool:
    return name.startswith("Checksum") and name != "ChecksumType"
