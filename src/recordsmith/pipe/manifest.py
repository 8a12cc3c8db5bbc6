"""Augmented manifests: JSON Lines, of which some attributes are streamed."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError, ParseError

__all__ = ["Manifest"]

_MAX_ATTRIBUTES = 16


class Manifest:
    """The lines of an augmented manifest; only their places are held in memory.

    Parameters
    ----------
    path : str
    attributes : list of str
        1 to 16 names of a line's keys.
    refs : dict
        Where files are that the lines name: a prefix, and what stands for it.
    """

    def __init__(
        self, path: str, attributes: Sequence[str], refs: Mapping[str, str]
    ) -> None:
        if isinstance(attributes, str) or not 0 < len(attributes) <= _MAX_ATTRIBUTES:
            raise InputError(
                f"attributes is {attributes!r}, expected a list of 1 to "
                f"{_MAX_ATTRIBUTES} names"
            )
        self._path = path
        self._attributes = list(attributes)
        # The longest first: a prefix may begin with another one.
        self._refs = sorted(refs.items(), key=lambda one: -len(one[0]))
        self._begins, self._numbers = array("q"), array("q")
        at = 0
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    self._begins.append(at)
                    self._numbers.append(number)
                at += len(line)

    def __len__(self) -> int:
        return len(self._begins)

    def payloads(self, line: int) -> Iterator[bytes | Path]:
        """The attributes of a line (from 0), in order: bytes, or a file with them."""
        found = self._read(line)
        for name in self._attributes:
            if name not in found:
                raise InputError(
                    f"the line has no attribute {name!r}, it has "
                    f"{', '.join(map(repr, found)) or 'none'}",
                    path=self._path,
                    row=self._numbers[line],
                    unit="line",
                )
            value = found[name]
            if name.endswith("-ref"):
                yield self._file(name, value, line)
            else:
                text = value if isinstance(value, str) else json.dumps(value)
                yield text.encode()

    def _read(self, line: int) -> dict[str, Any]:
        with Path(self._path).open("rb") as file:
            file.seek(self._begins[line])
            text = file.readline()
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._wrong(line, f"the line is no JSON ({error})") from None
        if not isinstance(found, dict):
            raise self._wrong(line, "the line is JSON, but no object")
        return found

    def _wrong(self, line: int, reason: str) -> ParseError:
        return ParseError(
            reason,
            path=self._path,
            row=self._numbers[line],
            unit="line",
            advice="an augmented manifest has a JSON object in each line",
        )

    def _file(self, name: str, value: Any, line: int) -> Path:
        text = str(value)
        for prefix, place in self._refs:
            if text.startswith(prefix):
                rest = text[len(prefix) :].lstrip("/")  # else it would be a path from /
                text = str(Path(place, rest))
                break
        else:
            if "://" in text:
                raise InputError(
                    f"{name!r} names {text}, which is not on this machine",
                    path=self._path,
                    row=self._numbers[line],
                    unit="line",
                    advice="copy the files, and say where they are: "
                    'refs={"s3://bucket/prefix/": "folder/"}',
                )
            text = str(Path(self._path).parent / text)
        if not Path(text).is_file():
            raise InputError(
                f"{name!r} names {text}, which is no file",
                path=self._path,
                row=self._numbers[line],
                unit="line",
            )
        return Path(text)
