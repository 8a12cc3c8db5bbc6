"""Values taken out of TOML tables, checked, with errors that name the file and the key.

The data files are edited by people: whatever is missing, misspelt or of the wrong type is
refused with its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any, Callable

from ..errors import ParseError
from .types import Fact, Source

__all__ = [
    "STATUSES",
    "Kind",
    "Table",
    "day",
    "flag",
    "integer",
    "integers",
    "limits",
    "optional",
    "parameters",
    "text",
    "texts",
    "word",
    "words",
]

STATUSES = ("confirmed", "inferred", "conflict", "unconfirmed")

_DEFAULTS = ("status", "sources")
_FACT = {"value", "note", "date", *_DEFAULTS}
_MISSING: Any = object()


class _Wrong(Exception):
    """Says what was expected."""


@dataclass(frozen=True)
class Kind:
    """How a value is checked and converted, and whether it may be left out."""

    convert: Callable[[Any], Any]
    may_be_missing: bool = False


def optional(kind: Kind) -> Kind:
    """The same kind, of which a fact may leave the value out: None."""
    return Kind(kind.convert, may_be_missing=True)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Wrong("a text")
    return " ".join(value.split())  # the files break lines as they like


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Wrong("a list")
    if any(value.count(one) > 1 for one in value):
        raise _Wrong("a list in which nothing is there twice")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("true or false")
    return value


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Wrong("a whole number")
    return value


def _integers(value: Any) -> tuple[int, ...]:
    return tuple(map(_integer, _list(value)))


def _limits(value: Any) -> tuple[float | None, float | None]:
    """{ lowest = 1, highest = 10 }, of which one may be left out."""
    ends = value if isinstance(value, dict) else {}
    numbers = all(type(end) in (int, float) for end in ends.values())
    if not ends or not numbers or not set(ends) <= {"lowest", "highest"}:
        raise _Wrong("{ lowest = NUMBER, highest = NUMBER } or one of the two")
    lowest, highest = ends.get("lowest"), ends.get("highest")
    if lowest is not None and highest is not None and lowest > highest:
        raise _Wrong("a lowest that is not above the highest")
    return lowest, highest


def _parameters(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise _Wrong("a table of lists")
    return {name: _texts(choices) for name, choices in value.items()}


def _day(value: Any) -> date:
    if type(value) is not date:
        raise _Wrong("a date, as 2026-11-23")
    return value


text = Kind(_text)
texts = Kind(_texts)
flag = Kind(_flag)
integer = Kind(_integer)
integers = Kind(_integers)
limits = Kind(_limits)
parameters = Kind(_parameters)
day = Kind(_day)


def word(*allowed: str) -> Kind:
    """One of these words."""

    def convert(value: Any) -> str:
        if value not in allowed:
            near = get_close_matches(str(value), allowed, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise _Wrong(f"one of {', '.join(map(repr, allowed))}{hint}")
        return str(value)

    return Kind(convert)


def words(*allowed: str) -> Kind:
    """A list of these words."""
    one = word(*allowed)
    return Kind(lambda value: tuple(map(one.convert, _list(value))))


@dataclass
class Table:
    """A table of a data file, and which of its keys nobody has asked for.

    Attributes
    ----------
    values : dict
    file : str
        Its name, for errors.
    sources : mapping of str to Source
        What facts may cite.
    where : str
        Path of keys to this table, for errors.
    defaults : dict
        Status and sources of facts in it that say nothing else.
    """

    values: Mapping[str, Any]
    file: str
    sources: Mapping[str, Source] = field(default_factory=dict)
    where: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def error(self, key: str, reason: str) -> ParseError:
        """An error at a key."""
        return ParseError(f"{self.where}{key}: {reason}", path=self.file)

    def get(self, key: str, kind: Kind, default: Any = _MISSING) -> Any:
        """A value; without a default it has to be there."""
        self._asked.add(key)
        if key not in self.values:
            if default is _MISSING:
                raise self.error(key, "is missing")
            return default
        value = self.values[key]
        try:
            return kind.convert(value)
        except _Wrong as wrong:
            raise self.error(key, f"found {value!r}, expected {wrong}") from None

    def table(self, key: str) -> Table:
        """A table in this one; an empty one if it is not there."""
        self._asked.add(key)
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"found {value!r}, expected a table")
        where = f"{self.where}{key}."
        return Table(value, self.file, self.sources, where, self.defaults)

    def tables(self, key: str) -> list[Table]:
        """The tables of a list, [[key]]; none if it is not there."""
        self._asked.add(key)
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.error(key, f"found {value!r}, expected a list of tables")
        return [
            Table(one, self.file, self.sources, f"{self.where}{key}[{number}].")
            for number, one in enumerate(value)
        ]

    def take_defaults(self) -> None:
        """Let this table's own `status` and `sources` be those of its facts."""
        own = {key: self.values[key] for key in _DEFAULTS if key in self.values}
        self._asked.update(own)
        self.defaults = {**self.defaults, **own}

    def fact(self, key: str, kind: Kind, default: Any = _MISSING) -> Any:
        """A fact: { value = ..., status = ..., sources = [...], note = ... }, or its
        value alone. Status and sources are the table's where it says nothing."""
        self._asked.add(key)
        if key not in self.values and default is not _MISSING:
            return default
        if key not in self.values:
            raise self.error(key, "is missing")
        value = self.values[key]
        if isinstance(value, dict) and not _FACT.isdisjoint(value):
            one = self.table(key)
            fact = one.as_fact(kind)
            one.close()
            return fact
        return self._fact(self.get(key, kind), f"{key}.note")

    def facts(self, key: str, kind: Kind) -> dict[str, Any]:
        """A table of facts: by channel."""
        one = self.table(key)
        one.take_defaults()
        found = {name: one.fact(name, kind) for name in one.values if name not in _FACT}
        one.close()
        return found

    def as_fact(self, kind: Kind) -> Fact[Any]:
        """This table as a fact; the caller may take more from it."""
        value = self.get("value", kind, None if kind.may_be_missing else _MISSING)
        note = self.get("note", text, None)
        return self._fact(value, "note", note, self.get("date", day, None))

    def _fact(
        self, value: Any, note_key: str, note: str | None = None, when: date | None = None
    ) -> Fact[Any]:
        status = self._or_default("status", word(*STATUSES))
        cited = self.cited("sources")
        if status != "confirmed" and note is None:
            raise self.error(note_key, f"is missing: say why the fact is {status}")
        when = when or min(source.read for source in cited)
        return Fact(value, status, tuple(source.address for source in cited), when, note)

    def cited(self, key: str) -> list[Source]:
        """The sources that a list cites."""
        ids = self._or_default(key, texts)
        if not ids:
            raise self.error(key, "is empty: say where the fact is from")
        for one in ids:
            if one not in self.sources:
                near = get_close_matches(one, self.sources, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise self.error(key, f"{one!r} is not in sources.toml{hint}")
        return [self.sources[one] for one in ids]

    def _or_default(self, key: str, kind: Kind) -> Any:
        if key in self.values or key not in self.defaults:
            return self.get(key, kind)
        default = Table(self.defaults, self.file, where=self.where)
        return default.get(key, kind)

    def close(self) -> None:
        """Refuse keys that nobody has asked for."""
        for key in self.values:
            if key not in self._asked:
                near = get_close_matches(key, self._asked, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise self.error(key, f"is no key of this table{hint}")
