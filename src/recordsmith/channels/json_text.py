"""JSON with the line of each value, so that a finding can name it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ..errors import ParseError

__all__ = ["JsonText", "parse"]

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass
class JsonText:
    """A parsed text.

    Attributes
    ----------
    value : object
    path : str or None
        Where it came from.
    lines : dict of str to int
        The line, from 1, of each key or item: {"InputDataConfig[0].ContentType": 12}.
    repeated : list of (str, int)
        Settings whose key stands twice in one object, and the line of the second.
    """

    value: Any
    path: str | None
    lines: dict[str, int]
    repeated: list[tuple[str, int]]


def parse(text: str, path: str | None = None) -> JsonText:
    """Parse a JSON text.

    Raises
    ------
    ParseError
        With the line and what JSON does not allow there.

    Examples
    --------
    >>> found = parse('{"a":\\n [1,\\n 2]}')
    >>> found.value, found.lines
    ({'a': [1, 2]}, {'a': 1, 'a[0]': 2, 'a[1]': 3})
    """
    try:
        value = json.loads(text)
        walk = _Walk(text)
        walk.value(0, "")
    except json.JSONDecodeError as error:
        raise ParseError(
            f"no JSON: {error.msg}", path=path, row=error.lineno, unit="line"
        ) from None
    except RecursionError:
        raise ParseError(
            "JSON that is nested too deeply to read",
            advice="a job has no more than ten levels",
            path=path,
        ) from None
    except ValueError as error:  # a number of thousands of digits
        raise ParseError(f"no JSON that can be read: {error}", path=path) from None
    return JsonText(value, path, walk.lines, walk.repeated)


class _Walk:
    """Goes through a text that is known to be JSON and notes where values stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: dict[str, int] = {}
        self.repeated: list[tuple[str, int]] = []
        self._line, self._counted = 1, 0

    def value(self, at: int, setting: str) -> int:
        """The position behind the value that begins there."""
        at = self._skip(at)
        if self.text[at] == "{":
            return self._object(at + 1, setting)
        if self.text[at] == "[":
            return self._array(at + 1, setting)
        return int(_DECODER.raw_decode(self.text, at)[1])

    def _object(self, at: int, setting: str) -> int:
        seen = set()
        at = self._skip(at)
        while self.text[at] != "}":
            key, end = _DECODER.raw_decode(self.text, at)
            below = f"{setting}.{key}" if setting else key
            line = self._line_of(at)
            if key in seen:
                self.repeated.append((below, line))
            seen.add(key)
            self.lines[below] = line  # of keys that stand twice, the last counts
            at = self.value(self._skip(end) + 1, below)
            at = self._past_comma(at)
        return at + 1

    def _array(self, at: int, setting: str) -> int:
        number = 0
        at = self._skip(at)
        while self.text[at] != "]":
            below = f"{setting}[{number}]"
            self.lines[below] = self._line_of(at)
            at = self._past_comma(self.value(at, below))
            number += 1
        return at + 1

    def _past_comma(self, at: int) -> int:
        at = self._skip(at)
        return self._skip(at + 1) if self.text[at] == "," else at

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def _line_of(self, at: int) -> int:
        self._line += self.text.count("\n", self._counted, at)
        self._counted = at
        return self._line
