"""Files of predictions, read in pieces: what a transform job wrote for one input each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..algorithm_table.loading import algorithm as find_algorithm
from ..errors import InputError
from ..reader import iter_batches_from
from ..sources.text_blocks import LineReader
from .bodies import (
    CSV,
    JSON,
    JSON_LINES,
    PNG,
    RECORDIO,
    kind_of_body,
    media_type,
    refuse_errors,
    text_of,
)
from .columns import Columns, Place
from .forms import Form, form_of
from .from_csv import from_csv
from .from_json import from_documents, from_lines, iter_documents
from .from_records import from_batch
from .predictions import Predictions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..storage import Input

__all__ = ["Reader"]

_BLOCK_BYTES = 1 << 20
_PEEK_BYTES = 1 << 12
# A list of objects under the first key: JSON with a root, and no line of JSON Lines.
_LIST = re.compile(rb"\s*\[\s*[^\s\[{\]]")
_ROOTED = re.compile(rb'\s*(\[|\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\[\s*(\{|\]))')


class Reader:
    """Reads the predictions of files that are all of one form.

    Parameters
    ----------
    algorithm : str or None
    accept : str or None
        Their content type; by default the first file tells, where that is certain.
    fields : list of str or None
        As for :func:`recordsmith.parse_response`.
    """

    def __init__(
        self,
        algorithm: str | None,
        accept: str | None,
        fields: Iterable[str] | None,
    ) -> None:
        self._algorithm = algorithm
        self._fields = fields
        self._form = None if accept is None else form_of(accept, algorithm, fields)

    def read(self, opened: Input) -> Iterator[Predictions]:
        """The predictions of a file, some at a time; none if it is empty."""
        head = opened.file.peek(_PEEK_BYTES)[:_PEEK_BYTES]
        if not head:
            return
        name = opened.name
        if self._form is None:
            self._form = form_of(self._detected(head), self._algorithm, self._fields)
        form = self._form
        refuse_errors(head, f"predictions in {form.kind}", name)
        if form.kind in (RECORDIO, PNG) and kind_of_body(head) != form.kind:
            raise InputError(
                f"the file is no {form.kind}",
                path=name,
                advice="say what it is: accept=",
            )
        for columns, n_rows in _parts(opened, form):
            if n_rows:
                yield Predictions(columns.arrays, columns.kinds, n_rows)

    def _detected(self, head: bytes) -> str:
        """The content type that the first bytes show."""
        sure = kind_of_body(head)
        if sure is not None:
            return sure
        found = JSON if _is_document(head) else JSON_LINES
        if self._algorithm is None:
            return found
        forms = find_algorithm(self._algorithm).inference.forms
        layouts = {media_type(one.content_type): one.layout.value for one in forms}
        if _LIST.match(head) and CSV in layouts and layouts.get(JSON) != "array":
            return CSV  # lists, as the XGBoost container writes them in batch transform
        known = layouts.keys() & {JSON, JSON_LINES}
        return known.pop() if len(known) == 1 else found


def _is_document(head: bytes) -> bool:
    """Whether text is JSON, and not lines that are objects each."""
    line, end, _ = head.lstrip().partition(b"\n")
    whole = line.rstrip().rstrip(b",").endswith(b"}")
    return _ROOTED.match(head) is not None or (bool(end) and not whole)


def _parts(opened: Input, form: Form) -> Iterator[tuple[Columns, int]]:
    """Columns of the predictions in a file, as they are read."""
    name, file = opened.name, opened.file
    if form.kind == RECORDIO:
        for batch in iter_batches_from(file, name=name):
            yield from_batch(batch, form, name)
    elif form.kind == JSON:
        first = 0
        for found in iter_documents(file, name):
            columns, n_rows = from_documents(found, form, Place(name, "row", first))
            first += n_rows
            yield columns, n_rows
    elif form.kind == PNG:
        columns = form.columns(Place(name))
        columns.add_objects(form.names[0], [file.read()], "image")
        yield columns, 1
    else:
        parse = from_csv if form.kind == CSV else from_lines
        for block in LineReader(file, name).blocks(_BLOCK_BYTES):
            if block.data.strip():
                yield parse(text_of(block.data, name), form, name, block.first_line)
