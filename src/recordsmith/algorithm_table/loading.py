"""The table, read from its data files when it is first asked for."""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from ..errors import InputError, ParseError, UnsupportedTypeError
from .entries import read_common, read_entry, read_sources
from .types import Algorithm, Fact, Source

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["algorithm", "algorithms", "sources"]

_DATA = files(__package__).joinpath("data")
_NO_ENTRIES = ("common.toml", "sources.toml")
_IMAGE = re.compile(r"[\w.-]+\.dkr\.ecr\.[\w.-]+/([\w./-]+)(:[\w.-]+|@sha256:\w+)?")


def algorithms() -> tuple[Algorithm, ...]:
    """What the table knows of each built-in algorithm of SageMaker.

    Returns
    -------
    tuple of Algorithm
        Sorted by key. The two modes of BlazingText, which take different data, are two.

    Examples
    --------
    >>> [entry.key for entry in algorithms()][:2]
    ['autogluon-tabular', 'blazingtext-text-classification']
    """
    return tuple(map(_entry, _keys()))


def algorithm(name: str) -> Algorithm:
    """What the table knows of one built-in algorithm of SageMaker.

    Parameters
    ----------
    name : str
        Its key, its name, an alias, or the address of its image; capitals, spaces,
        hyphens and underscores make no difference.

    Returns
    -------
    Algorithm

    Raises
    ------
    InputError
        If there is no such algorithm, or the name stands for several.
    UnsupportedTypeError
        If the name is no string.

    Examples
    --------
    >>> algorithm("K-Means").key
    'kmeans'
    >>> entry = algorithm("linear_learner")
    >>> entry.name, entry.formats[0].dtypes.value
    ('Linear Learner', ('float32',))
    >>> algorithm("382416733822.dkr.ecr.us-east-1.amazonaws.com/pca:1").key
    'pca'
    """
    if not isinstance(name, str):
        raise UnsupportedTypeError(
            f"algorithm is {name!r}, expected a name: {', '.join(_keys())}"
        )
    image = _IMAGE.fullmatch(name.strip())
    plain = _plain(image[1].split("/")[-1] if image else name)
    for key in _keys():
        if _plain(key) == plain:  # without reading the other files
            return _entry(key)
    found = _by_name().get(plain, ())
    if len(found) == 1:
        return _entry(found[0])
    if found:
        raise InputError(
            f"algorithm {name!r} stands for several: {', '.join(found)}; name one of them"
        )
    near = get_close_matches(plain, _by_name(), 3, 0.7)
    keys = dict.fromkeys(key for one in near for key in _by_name()[one])
    hint = f"did you mean {' or '.join(keys)}? " if keys else ""
    raise InputError(
        f"no built-in algorithm is called {name!r}; {hint}The table has "
        f"{', '.join(_keys())}"
    )


@cache
def sources() -> dict[str, Source]:
    """What the table's facts rest on, by the address."""
    return {source.address: source for source in _cited().values()}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


@cache
def _keys() -> tuple[str, ...]:
    names = (one.name for one in _DATA.iterdir())
    return tuple(
        sorted(
            name[: -len(".toml")]
            for name in names
            if name.endswith(".toml") and name not in _NO_ENTRIES
        )
    )


@cache
def _entry(key: str) -> Algorithm:
    return read_entry(key, _parse(f"{key}.toml"), _cited(), _common())


@cache
def _common() -> dict[str, Fact[Any]]:
    return read_common(_parse("common.toml"), _cited())


@cache
def _cited() -> dict[str, Source]:
    return read_sources(_parse("sources.toml"))


@cache
def _by_name() -> dict[str, tuple[str, ...]]:
    """Keys by everything that they are called."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in algorithms():
        image = (entry.image, f"sagemaker-{entry.image}") if entry.image else ()
        for name in dict.fromkeys(
            map(_plain, (entry.key, entry.name, *entry.aliases, *image))
        ):
            found[name] = (*found.get(name, ()), entry.key)
    return found


def _parse(name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(_DATA.joinpath(name).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParseError(str(error), path=name) from None
