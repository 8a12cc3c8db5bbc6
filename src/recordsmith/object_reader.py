"""One object, read: from front to back as a stream, or at any place."""

from __future__ import annotations

import bisect
import io
import tempfile
import time
from typing import Any

from .errors import ObjectStoreError
from .object_store import Location, asking, client, code_of, current_settings, owner

__all__ = ["ObjectReader"]

_FIRST_WINDOW = 1 << 20
_LAST_WINDOW = 64 << 20
_ATTEMPTS = 4  # in a row, without a byte
_PAUSE_S = 0.2
_GAP_BYTES = 1 << 20  # reading them costs less than another request
_COPY_BYTES = 1 << 20


class ObjectReader(io.RawIOBase):
    """An object as a raw stream that can be set to any place.

    Read from its beginning, it is one request. After a `seek`, ranges are asked for, the
    longer the farther reading goes on from there. A connection that breaks is taken up
    where it broke, and only while the object is still the same one.

    Parameters
    ----------
    url : str

    Attributes
    ----------
    name : str
        The URL.
    size : int

    Raises
    ------
    FileNotFoundError
        If there is no such object.
    ObjectStoreError
        If the store refuses, does not answer, or has another object there by now.
    """

    def __init__(self, url: str) -> None:
        self.name = url
        self._settings = current_settings()
        self._at = 0
        self._body: Any = None
        self._body_at = self._body_end = 0
        self._window = 0
        self._etag: str | None = None
        self._held = _Held()
        self.size = 0
        self.size = self._body_end = self._get(None)

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the place of the next byte; nothing is asked for."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError(f"{base + offset} is before the object's beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as the next bytes are here."""
        view = memoryview(buffer).cast("B")
        if self._at >= self.size or not len(view):
            return 0
        data = self._held.read(self._at, len(view)) or self._next(len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Drop the connection, if there is one."""
        if not self.closed:
            self._drop()
            self._held.drop()
        super().close()

    def hold(self, extents: list[tuple[int, int]]) -> None:
        """Fetch some (begin, end) in few requests, to be read in any order.

        They wait in a temporary file without a name, where TMPDIR says, until the next
        call.
        """
        self._held.drop()
        place = self._at
        for begin, end in _joined(extents):
            self._at = begin
            self._held.begin(begin, end - begin)
            self._ask(end)
            while self._at < end:
                data = self._next(min(_COPY_BYTES, end - self._at))
                if not data:
                    break
                self._held.add(data)
                self._at += len(data)
        self._at = place

    # -- requests ----------------------------------------------------------------------

    def _next(self, n_bytes: int) -> bytes:
        """At most so many bytes from here; empty only at the end of the object."""
        for attempt in range(_ATTEMPTS):
            if self._body is None or self._body_at != self._at:
                self._ask(max(self._at + n_bytes, self._widened()))
            try:
                with asking(self.name):
                    limit = min(n_bytes, self._body_end - self._at)
                    data: bytes = self._body.read(limit)
            except ObjectStoreError:
                self._drop()
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                self._body_at += len(data)
                if self._body_at >= self._body_end:
                    self._drop()
                if data:
                    return data
            time.sleep(_PAUSE_S * 2**attempt)
        raise ObjectStoreError(
            f"the object store's answers end at byte {self._at:,}, the object has "
            f"{self.size:,}",
            path=self.name,
        )

    def _widened(self) -> int:
        on = self._at == self._body_end and self._window
        self._window = min(2 * self._window, _LAST_WINDOW) if on else _FIRST_WINDOW
        return self._at + self._window

    def _ask(self, end: int) -> None:
        """Begin to read from here to a place."""
        self._drop()
        end = min(end, self.size)
        self._get((self._at, end))
        self._body_at, self._body_end = self._at, end

    def _get(self, extent: tuple[int, int] | None) -> int:
        place = Location.parse(self.name)
        request: dict[str, Any] = owner(self._settings)
        if extent is not None:
            request["Range"] = f"bytes={extent[0]}-{extent[1] - 1}"
        if self._etag is not None:
            request["IfMatch"] = self._etag
        with asking(self.name):
            answer = _get_object(client(self._settings), self.name, place, request)
        self._body = answer["Body"]
        self._etag = answer.get("ETag")
        return int(answer["ContentLength"])

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def __repr__(self) -> str:
        return f"<ObjectReader {self.name}, {self.size} bytes>"


def _get_object(store: Any, url: str, place: Location, request: dict[str, Any]) -> Any:
    from botocore.exceptions import ClientError

    try:
        return store.get_object(Bucket=place.bucket, Key=place.key, **request)
    except ClientError as error:
        if code_of(error) not in ("PreconditionFailed", "412"):
            raise
        raise ObjectStoreError(
            "the object was replaced while it was being read",
            path=url,
            advice="read it again when its writer is done",
        ) from error


class _Held:
    """Extents of an object, in a temporary file."""

    def __init__(self) -> None:
        self._file: Any = None
        self._begins: list[int] = []
        self._extents: list[tuple[int, int]] = []  # length, place in the file

    def begin(self, begin: int, n_bytes: int) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by drop)
        self._begins.append(begin)
        self._extents.append((n_bytes, self._file.tell()))

    def add(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            error.filename = error.filename or tempfile.gettempdir()
            raise

    def read(self, at: int, n_bytes: int) -> bytes:
        """Bytes from a place that is held; none if it is not."""
        number = bisect.bisect_right(self._begins, at) - 1
        if number < 0:
            return b""
        length, place = self._extents[number]
        within = at - self._begins[number]
        if within >= length:
            return b""
        self._file.seek(place + within)
        data: bytes = self._file.read(min(n_bytes, length - within))
        return data

    def drop(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self._begins, self._extents = [], []


def _joined(extents: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The extents in order; those with little between them are one.

    Examples
    --------
    >>> _joined([(9_000_000, 9_000_100), (0, 10), (50, 90)])
    [(0, 90), (9000000, 9000100)]
    """
    found: list[tuple[int, int]] = []
    for begin, end in sorted(extents):
        if found and begin - found[-1][1] <= _GAP_BYTES:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found
