"""Rows that are no numbers: JSON objects, and IP Insights' pairs of texts.

Object2Vec, DeepAR, BlazingText and Seq2Seq take instances with fields of their own. They
are written as they are given, and only the cuts between them are ours.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

from ..arrays import is_sparse
from ..errors import InputError, ParseError, UnsupportedTypeError
from ..sources.from_table import is_table, open_arrow
from ..storage import expand, is_path, open_input
from ..tally import Tally
from .blocks import TextBlock
from .bodies import shown
from .media import Media

__all__ = ["SEPARATE_CONFIGURATION", "instance_blocks", "takes_instances"]

_PAIRS = "ipinsights"
_BLAZINGTEXT = ("blazingtext-text-classification", "blazingtext-word2vec")
_OBJECTS = ("object2vec", "forecasting-deepar", "seq2seq", *_BLAZINGTEXT)
# "DeepAR Inference Formats", "BlazingText algorithm": the configuration stands beside
# the instances, not in each of them.
SEPARATE_CONFIGURATION = ("forecasting-deepar", *_BLAZINGTEXT)
_JSON_LINES = (".jsonl", ".ndjson", ".jsonlines", ".json")
_BLOCK_ROWS = 4096
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")


def takes_instances(X: Any, media: Media) -> bool:
    """Are these rows for this module?

    Raises
    ------
    InputError
        If the algorithm takes no others, and they are not.
    """
    key = media.algorithm.key if media.algorithm is not None else ""
    if key == _PAIRS:
        return True
    paths = _paths(X)
    if paths and key in _OBJECTS:
        found = {PurePath(str(one)).suffix for one in paths} <= set(_JSON_LINES)
    elif isinstance(X, (list, tuple)):
        found = isinstance(X[0], Mapping) if X else key in _OBJECTS
    else:
        found = False
    if not found and key in _OBJECTS and media.kind != "recordio":
        raise InputError(
            f"{key} takes instances with fields of their own, not rows of numbers",
            advice="pass a list of dict, or a file of JSON Lines (.jsonl)",
        )
    return found


def _paths(X: Any) -> list[Any]:
    """The files of a source that is one or many."""
    many = isinstance(X, (list, tuple)) and bool(X) and is_path(X[0])
    return expand(X) if is_path(X) or many else []


def instance_blocks(
    X: Any, media: Media, options: Mapping[str, Any], tally: Tally
) -> Iterator[TextBlock]:
    """The instances as text.

    Raises
    ------
    InputError
        If the content type has no place for them, or one is no JSON.
    ParseError
        If a line of a file holds no JSON object.
    """
    key = media.algorithm.key if media.algorithm is not None else ""
    if key == _PAIRS:
        return _blocks(_pair_texts(X, media.kind, dict(options)), tally)
    if options:
        raise InputError(
            f"{', '.join(options)} cannot apply: JSON objects are written as they are"
        )
    if media.kind not in ("json", "jsonl"):
        raise InputError(
            f"JSON objects have no place in {media.base}",
            advice="pass content_type='application/json' or 'application/jsonlines'",
        )
    paths = _paths(X)
    objects = itertools.chain.from_iterable(map(_lines, paths)) if paths else X
    sentences = key in _BLAZINGTEXT and media.kind == "json"
    return _blocks(_object_texts(objects, media.kind, sentences), tally)


def _blocks(texts: Iterable[str], tally: Tally) -> Iterator[TextBlock]:
    texts = iter(texts)
    first = 0
    while True:
        raw = [one.encode() for one in itertools.islice(texts, _BLOCK_ROWS)]
        if not raw:
            return
        ends = np.zeros(len(raw) + 1, np.int64)
        np.cumsum(list(map(len, raw)), out=ends[1:])
        yield TextBlock(b"".join(raw), ends, first)
        first += len(raw)
        tally.rows += len(raw)


# -- objects ---------------------------------------------------------------------------


def _object_texts(objects: Iterable[Any], kind: str, sentences: bool) -> Iterator[str]:
    after = "," if kind == "json" else "\n"
    for row, one in enumerate(objects):
        if not isinstance(one, Mapping):
            raise UnsupportedTypeError(
                f"an instance is {type(one).__name__}, the first one was an object",
                row=row,
            )
        if sentences:
            one = _sentence(one, row)
        try:
            text = json.dumps(one, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"the instance is no JSON: {error}",
                row=row,
                advice='pass lists and plain numbers; a missing value is None or "NaN" '
                "where the algorithm takes that",
            ) from None
        yield text + after


def _sentence(one: Mapping[str, Any], row: int) -> Any:
    """BlazingText's instance is a text; that of its JSON Lines an object."""
    if set(one) != {"source"}:
        raise InputError(
            f"the instance has {', '.join(map(repr, one)) or 'nothing'}, expected "
            "'source' alone",
            row=row,
            advice="pass k and the like as configuration=, or write JSON Lines",
        )
    return one["source"]


def _lines(path: Any) -> Iterator[Any]:
    """The objects in a file of JSON Lines."""
    with open_input(path) as opened:
        for number, line in enumerate(_split(opened.file), 1):
            if not line.strip():
                continue
            yield _object(line, str(path), number)


def _object(line: bytes, path: str, number: int) -> dict[str, Any]:
    """The instance in a line."""
    reason = ""
    try:
        found = json.loads(line)
    except RecursionError:
        reason = "lists are nested too deeply"
    except ValueError as error:
        reason = f"no JSON: {error}"
    else:
        if not isinstance(found, dict):
            reason = f"no JSON object: found {shown(line[:200])}"
        elif isinstance(found.get("instances"), list):
            reason = "an object with 'instances', a whole request and no instance"
        else:
            return found
    raise ParseError(
        reason,
        advice="each line is one instance, an object",
        path=path,
        row=number,
        unit="line",
    )


def _split(file: Any) -> Iterator[bytes]:
    held = b""
    while True:
        data = file.read(1 << 20)
        if not data:
            if held:
                yield held
            return
        *whole, held = (held + bytes(data)).split(b"\n")
        yield from whole


# -- pairs of texts --------------------------------------------------------------------


def _pair_texts(X: Any, kind: str, options: dict[str, Any]) -> Iterator[str]:
    """Entity and address, as "IP Insights Inference Data Formats" has them."""
    header = bool(options.pop("header", False))
    if options:
        raise InputError(
            f"{', '.join(options)} cannot apply: IP Insights takes two columns of text",
            advice="pass the entity's and the address's column, and nothing else",
        )
    for row, (entity, address) in enumerate(_pairs(X, header)):
        if _IPV4.fullmatch(address) is None:
            raise InputError(
                f"{address!r} is no IPv4 address in dotted decimal",
                row=row,
                column=1,
                advice="the second column is the address; IPv6 is not read",
            )
        if kind == "csv":
            yield f"{_quoted(entity)},{address}\n"
        elif kind in ("json", "jsonl"):
            text = json.dumps([entity, address], separators=(",", ":"))
            yield f'{{"features":{text}}}' + ("," if kind == "json" else "\n")


def _quoted(text: str) -> str:
    if any(one in text for one in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _pairs(X: Any, header: bool) -> Iterator[tuple[str, str]]:
    paths = _paths(X)
    if paths:
        tables: Any = (table for one in paths for table in _csv_tables(one, header))
    elif is_table(X):
        _, tables = open_arrow(X)
    elif is_sparse(X) or not hasattr(X, "__iter__"):
        raise UnsupportedTypeError(
            f"{type(X).__name__} holds no pairs of texts",
            advice="pass pairs of entity and IPv4 address, a table or a CSV file of them",
        )
    else:
        yield from map(_pair, itertools.count(), X)
        return
    rows = itertools.count()
    for table in tables:
        if table.num_columns != 2:
            raise InputError(
                f"there are {table.num_columns} columns, IP Insights takes two: the "
                "entity and its IPv4 address"
            )
        first, second = (column.to_pylist() for column in table.columns)
        yield from (_pair(next(rows), pair) for pair in zip(first, second))


def _pair(row: int, pair: Any) -> tuple[str, str]:
    whole = isinstance(pair, (str, bytes)) or not hasattr(pair, "__len__")
    if whole or len(pair) != 2:
        raise InputError("the row is no pair of entity and IPv4 address", row=row)
    if any(one is None for one in pair):
        raise InputError("a text is missing", row=row)
    return str(pair[0]), str(pair[1])


def _csv_tables(path: Any, header: bool) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv

    names = ["entity", "address"]
    with open_input(path) as opened:
        try:
            yield from csv.open_csv(
                pa.PythonFile(opened.file, mode="r"),
                csv.ReadOptions(column_names=names, skip_rows=int(header)),
                convert_options=csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return
            raise ParseError(
                f"no CSV of two columns: {error}",
                path=str(path),
                advice="IP Insights takes the entity and its IPv4 address",
            ) from None
