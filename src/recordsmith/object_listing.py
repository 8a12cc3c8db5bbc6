"""Which objects a URL means: one, all below a prefix, or all that match a pattern."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from typing import Any

from .errors import InputError, ObjectStoreError
from .object_store import Location, asking, client, current_settings, owner

__all__ = ["Listed", "below", "expand_objects", "head", "is_denied", "is_pattern"]

_WILD = re.compile(r"[*?\[]")
_MARKERS = ("/", "_$folder$")  # empty objects by which some tools show folders
_LEFT_OUT = "names that begin with _ or . are left out"


class Listed(str):
    """The URL of an object whose size is known already.

    Attributes
    ----------
    n_bytes : int
    """

    n_bytes: int

    def __new__(cls, url: str, n_bytes: int) -> Listed:
        made = super().__new__(cls, url)
        made.n_bytes = n_bytes
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Listed, (str(self), self.n_bytes)


def is_pattern(url: str) -> bool:
    """Are there wildcards in the key?"""
    return _WILD.search(Location.parse(url).key) is not None


def expand_objects(url: str) -> list[str]:
    """The objects that a URL means, sorted: one, those below a prefix, or a pattern's.

    Parameters
    ----------
    url : str
        An object that exists is taken as it is, even if its name looks like a pattern.
        In a pattern, `*` stays within one part of a key; `**` does not.

    Raises
    ------
    InputError
        If a prefix or pattern means no object.
    FileNotFoundError
        If there is neither such an object nor anything below that name.
    ObjectStoreError
        If the store refuses, or does not answer.

    Notes
    -----
    As in folders, names that begin with `_` or `.` are left out, and what is below them.
    Without the permission to list, the URL of an object will still do.
    """
    place = Location.parse(url)
    refused: Exception | None = None
    if place.key and not place.key.endswith("/"):
        try:
            found = head(url)
        except ObjectStoreError as error:
            if not is_denied(error):
                raise
            found, refused = None, error
        if found is not None:
            return [Listed(url, int(found["ContentLength"]))]
    if is_pattern(url):
        return _matching(place, url)
    everything = _below(place, url)
    kept: list[str] = [
        one for key, one in everything if not _is_hidden(_below_parts(place, key))
    ]
    if kept:
        return kept
    if refused is not None:
        raise refused
    if everything or not place.key or place.key.endswith("/"):
        raise InputError("the prefix holds no object to read", path=url, advice=_LEFT_OUT)
    raise FileNotFoundError(errno.ENOENT, "no such object or prefix", url)


def below(url: str) -> list[tuple[str, tuple[str, ...]]]:
    """(URL, parts of its key below the prefix) of all objects of a prefix, those that
    are left out included; [] for an object or a pattern."""
    place = Location.parse(url)
    if is_pattern(url) or (place.key and not place.key.endswith("/") and _exists(url)):
        return []
    return [(one, _below_parts(place, key)) for key, one in _below(place, url)]


def _exists(url: str) -> bool:
    try:
        return head(url) is not None
    except ObjectStoreError as error:
        if is_denied(error):
            return False
        raise


def head(url: str) -> dict[str, Any] | None:
    """What the store says of an object; None if there is none.

    Raises
    ------
    ObjectStoreError
        If it refuses (:func:`is_denied`: without the permission to list, the store does
        not tell whether an object exists), or does not answer.
    """
    place, settings = Location.parse(url), current_settings()
    try:
        with asking(url):
            answer: dict[str, Any] = client(settings).head_object(
                Bucket=place.bucket, Key=place.key, **owner(settings)
            )
            return answer
    except FileNotFoundError:
        return None


def is_denied(error: ObjectStoreError) -> bool:
    """Were the credentials good, but not for this?"""
    return error.code in ("403", "AccessDenied")


# -- listing ---------------------------------------------------------------------------


def _keys(place: Location, prefix: str, url: str) -> Iterator[tuple[str, Listed]]:
    """All keys with a prefix, of however many pages, without folders' markers."""
    settings = current_settings()
    pages = (
        client(settings)
        .get_paginator("list_objects_v2")
        .paginate(Bucket=place.bucket, Prefix=prefix, **owner(settings))
    )
    for page in _asked(iter(pages), url):
        for one in page.get("Contents", ()):
            key = one["Key"]
            if not key.endswith(_MARKERS):
                name = str(Location(place.scheme, place.bucket, key))
                yield key, Listed(name, int(one["Size"]))


def _asked(pages: Iterator[Any], url: str) -> Iterator[Any]:
    while True:
        with asking(url):
            page = next(pages, None)
        if page is None:
            return
        yield page


def _below(place: Location, url: str) -> list[tuple[str, Listed]]:
    prefix = place.key if not place.key or place.key.endswith("/") else place.key + "/"
    return sorted(_keys(place, prefix, url))


def _below_parts(place: Location, key: str) -> tuple[str, ...]:
    return tuple(key[len(place.key) :].strip("/").split("/"))


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(("_", ".")) for part in parts)


# -- patterns --------------------------------------------------------------------------


def _matching(place: Location, url: str) -> list[str]:
    wild = _WILD.search(place.key)
    prefix = place.key[: wild.start()] if wild else place.key
    pattern = compiled(place.key)
    asked_for = [part[0] for part in place.key.split("/") if part[:1] in ("_", ".")]
    found = []
    for key, one in _keys(place, prefix, url):
        if pattern.match(key) is None:
            continue
        hidden = [part[0] for part in key.split("/") if part[:1] in ("_", ".")]
        if set(hidden) <= set(asked_for):
            found.append(one)
    if not found:
        raise InputError(f"no object matches {url!r}", advice=_LEFT_OUT)
    return sorted(set(found))


def compiled(pattern: str) -> re.Pattern[str]:
    """The expression for a pattern of keys; what it matches may also be a prefix.

    Examples
    --------
    >>> one = compiled("day=*/part-?.csv")
    >>> [bool(one.match(k)) for k in ("day=1/part-0.csv", "day=1/x/part-0.csv")]
    [True, False]
    >>> bool(compiled("day=*").match("day=1/part-0.csv"))
    True
    >>> [bool(compiled("a/**/b").match(k)) for k in ("a/b", "a/x/y/b", "a/xb")]
    [True, True, False]
    """
    parts = ["(?:[^/]+/)*" if p == "**" else _part(p) + "/" for p in pattern.split("/")]
    if parts[-1].endswith("*"):
        return re.compile("".join(parts) + r"[^/]+\Z")
    return re.compile("".join(parts)[:-1] + r"(?:/.*)?\Z", re.DOTALL)


def _part(pattern: str) -> str:
    """The expression for one part of a key."""
    pieces = re.findall(r"\[!?\]?[^]]*\]|.", pattern, re.DOTALL)
    return "".join(map(_piece, pieces))


def _piece(piece: str) -> str:
    if piece == "*":
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if len(piece) == 1:
        return re.escape(piece)
    inside = piece[1:-1]
    turned = inside.startswith("!")
    # All but the dash of a range means itself.
    kept = re.sub(r"[\\\[\]^&~|]", r"\\\g<0>", inside[turned:])
    return f"(?!/)[{'^' if turned else ''}{kept}]"
