"""JSON and JSON Lines: documents out of text, and predictions out of documents.

Several documents may follow each other, as they do in the output of a transform job that
cut its input: with nothing, a line end or a comma between them (the documentation of
Random Cut Forest shows its JSON Lines with commas). A job that was asked to join its
output with its input puts it under a key of its own, `SageMakerOutput`.

Source
------
Amazon SageMaker developer guide, "Associate Prediction Results with Input Records", text
of 2023-06, read 2026-11-24.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from ..errors import ParseError
from .bodies import refuse_error_object, shown
from .columns import Columns, Place, columns_of
from .forms import Form

__all__ = ["documents", "from_documents", "from_lines", "iter_documents"]

_BLOCK_BYTES = 1 << 20
_BETWEEN = re.compile(r"\s*,?\s*")
_UNFINISHED = re.compile(r"[\w.+-]*\s*")  # of a number, a name, or nothing
_JOINED = "SageMakerOutput"
_decoder = json.JSONDecoder()


def split_documents(text: str, later: bool = False) -> tuple[list[Any], int]:
    """All whole objects and lists at the beginning of a text, and where the rest begins.

    If it is the later part of a text, what stands between documents may come first.
    """
    found: list[Any] = []
    at = _after(text, 0) if later else len(text) - len(text.lstrip())
    while text[at : at + 1] in ("{", "["):
        try:
            document, end = _decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(document)
        at = _after(text, end)
    return found, at


def _after(text: str, end: int) -> int:
    between = _BETWEEN.match(text, end)
    return end if between is None else between.end()


def iter_documents(file: Any, path: str | None = None) -> Iterator[list[Any]]:
    """The documents of a file, some at a time; one has to fit into memory, not all."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    text, offset, later, wanted = "", 0, False, _BLOCK_BYTES
    while True:
        data = file.read(wanted)
        at_end = len(data) < wanted
        try:
            text += decoder.decode(data, final=at_end)
        except UnicodeDecodeError as error:
            raise ParseError(f"the body is no UTF-8: {error.reason}", path=path) from None
        found, at = split_documents(text, later)
        if found:
            yield found
            later = True
        offset += len(text[:at].encode("utf-8", "surrogatepass"))
        text = text[at:]
        if at_end:
            if text.strip():
                raise _damaged(text, 0, path, offset, int(later))
            return
        # As much again as is there, so that a long document is not looked at too often.
        wanted = max(_BLOCK_BYTES, len(text))


def documents(text: str, path: str | None = None, offset: int = 0) -> list[Any]:
    """All documents of a text.

    Raises
    ------
    ParseError
        If there is none, if the last one is cut off, or if something else stands between.
    """
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        found, at = split_documents(text)
    if at == len(text) and found:
        return found
    raise _damaged(text, at, path, offset, len(found))


def _damaged(text: str, at: int, path: str | None, offset: int, n: int) -> ParseError:
    """What is wrong with the document at a place."""
    begin = offset + len(text[:at].encode("utf-8", "surrogatepass"))
    try:
        json.loads(text[at:])
    except RecursionError:
        return ParseError("lists are nested too deeply", path=path, offset=begin)
    except json.JSONDecodeError as error:
        here = at + error.pos
        place = offset + len(text[:here].encode("utf-8", "surrogatepass"))
        unfinished = _UNFINISHED.fullmatch(text, here) is not None
        cut_off = unfinished or error.msg.startswith("Unterminated string")
        if cut_off and text[at : at + 1] in ("{", "["):
            before = " after whole documents" if n else ""
            return ParseError(
                f"the body ends inside its JSON{before}: it was cut off",
                path=path,
                offset=offset + len(text.encode("utf-8", "surrogatepass")),
                advice="get it again; a transform job's file is whole when it is there",
            )
        reason = error.msg[:1].lower() + error.msg[1:]
        return ParseError(
            f"the body is no JSON: {reason}, found {shown(text[here : here + 80])}",
            path=path,
            offset=place,
            advice="is its content type another one, or is it the text of an error?",
        )
    except ValueError as error:  # an integer of thousands of digits
        return ParseError(f"the body is no JSON: {error}", path=path, offset=begin)
    return ParseError(
        f"found {shown(text[at : at + 80])}, expected an object or a list",
        path=path,
        offset=begin,
    )


def from_documents(found: list[Any], form: Form, place: Place) -> tuple[Columns, int]:
    """Predictions of JSON documents, and how many there are."""
    rows: list[Any] = []
    lists: dict[str, list[Any]] = {}
    for document in _outputs(found, place):
        layout, root = form.layout, form.root
        if layout is None:
            layout, root = _layout_of(document, place)
        if layout == "objects":
            rows += _under(root, document, form, place)
        elif layout == "array":
            if not isinstance(document, list):
                raise _not_expected(document, "a list of numbers", form, place)
            rows.append({form.names[0]: document})
        elif layout == "columns":
            _add_lists(lists, document, form, place)
        else:
            if not isinstance(document, dict):
                raise _not_expected(document, "an object", form, place)
            if _has_no_field(document, form):
                refuse_error_object(document, place.path)
            rows.append(document)
    n_rows = len(next(iter(lists.values()), []))
    if n_rows:
        columns = form.columns(place)
        for name, values in lists.items():
            columns.add(name, values)
    else:
        columns, n_rows = columns_of(rows, place, form.fields), len(rows)
    form.check(columns, n_rows)
    return columns, n_rows


def _layout_of(document: Any, place: Place) -> tuple[str, str | None]:
    """What a document looks like where no table says it.

    A list of objects, alone or under the only key that has one, is one prediction each;
    any other object is one prediction.
    """
    if isinstance(document, dict):
        refuse_error_object(document, place.path)
        roots = [name for name, value in document.items() if _are_objects(value)]
        return ("objects", roots[0]) if len(roots) == 1 else ("object", None)
    if not _are_objects(document):
        raise ParseError(
            f"the body is {shown(json.dumps(document))}: without names it is not certain "
            "what is one prediction",
            path=place.path,
            advice="pass algorithm=",
        )
    return "objects", None


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _under(root: str | None, document: Any, form: Form, place: Place) -> list[Any]:
    """The list of objects of a document."""
    if root is None:
        if not isinstance(document, list):
            raise _not_expected(document, "a list of objects", form, place)
        return document
    if not isinstance(document, dict) or root not in document:
        raise _not_expected(document, f"an object with the key {root!r}", form, place)
    rows = document[root]
    if not isinstance(rows, list):
        raise _not_expected(rows, f"a list under {root!r}", form, place)
    return rows


def _add_lists(
    lists: dict[str, list[Any]], document: Any, form: Form, place: Place
) -> None:
    """Add the lists of an object of columns to those of the documents before it."""
    if not isinstance(document, dict) or not document.keys() & form.fields.keys():
        raise _not_expected(
            document, f"an object with {' or '.join(map(repr, form.fields))}", form, place
        )
    for name, values in document.items():
        if not isinstance(values, list):
            raise _not_expected(values, f"a list in {name!r}", form, place)
    counts = {name: len(values) for name, values in document.items()}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise ParseError(
            f"the lists have different lengths: {told}; expected one item a prediction",
            path=place.path,
        )
    if lists and lists.keys() != document.keys():
        raise ParseError(
            f"a document has the fields {', '.join(document)}, before they were "
            f"{', '.join(lists)}",
            path=place.path,
        )
    for name, values in document.items():
        lists.setdefault(name, []).extend(values)


def _not_expected(document: Any, wanted: str, form: Form, place: Place) -> ParseError:
    refuse_error_object(document, place.path)
    if isinstance(document, dict):
        found = f"an object with the keys {', '.join(map(repr, document)) or 'none'}"
    else:
        found = shown(json.dumps(document))
    whose = f" of {form.algorithm}" if form.algorithm else ""
    return ParseError(
        f"the body{whose} is {found}, expected {wanted}",
        path=place.path,
        advice="is it the response of another algorithm, or of another content type?",
    )


def from_lines(
    text: str, form: Form, path: str | None = None, first_line: int = 1
) -> tuple[Columns, int]:
    """Predictions of whole lines of JSON Lines, and how many there are."""
    lines = text.split("\n")
    numbered = [
        (number, line.strip().rstrip(","))
        for number, line in enumerate(lines, first_line)
        if line.strip()
    ]
    numbers = [number for number, _ in numbered]
    texts = [line for _, line in numbered]
    rows = _quick(texts)
    if rows is None:
        rows, numbers = _line_by_line(numbered, path)
    place = Place(path, "line", first_line, numbers)
    rows = _outputs(rows, place)
    for row, value in enumerate(rows):
        if not isinstance(value, dict):
            raise place.error(
                row, f"found {shown(json.dumps(value))}, expected an object"
            )
    if rows and _has_no_field(rows[0], form):
        refuse_error_object(rows[0], path)
    columns = columns_of(rows, place, form.fields)
    form.check(columns, len(rows))
    return columns, len(rows)


def _outputs(values: list[Any], place: Place) -> list[Any]:
    """Values without the input that a transform job has joined to its output."""
    if not (values and isinstance(values[0], dict) and _JOINED in values[0]):
        return values
    for row, value in enumerate(values):
        if not (isinstance(value, dict) and _JOINED in value):
            raise place.error(row, f"no {_JOINED!r}, which the one before has")
    return [value[_JOINED] for value in values]


def _has_no_field(document: Any, form: Form) -> bool:
    """Whether an object has nothing that is known, so that it may tell of an error."""
    if not isinstance(document, dict):
        return False
    return form.algorithm is None or not document.keys() & form.fields.keys()


def _quick(texts: list[str]) -> list[Any] | None:
    """A value a line, parsed in one go; None where that is not all there is to it."""
    try:
        rows: list[Any] = json.loads(f"[{','.join(texts)}]")
    except (ValueError, RecursionError):
        return None
    return rows if len(rows) == len(texts) else None


def _line_by_line(
    numbered: list[tuple[int, str]], path: str | None
) -> tuple[list[Any], list[int]]:
    """The values of lines that may hold several, and the line of each."""
    rows: list[Any] = []
    numbers: list[int] = []
    for number, line in numbered:
        found, at = split_documents(line)
        if at < len(line) or not found:
            raise _bad_line(line[at:], number, numbered[-1][0], path)
        rows += found
        numbers += [number] * len(found)
    return rows, numbers


def _bad_line(line: str, number: int, last: int, path: str | None) -> ParseError:
    error = _damaged(line, 0, None, 0, 0)
    reason = error.reason.replace("the body", "the line")
    advice = error.advice
    if "cut off" in reason:
        reason = "the line ends inside its JSON"
        if number == last:
            reason += ": the body was cut off"
        else:
            advice = "a document that goes over several lines is application/json"
    return ParseError(reason, advice=advice, path=path, row=number, unit="line")
