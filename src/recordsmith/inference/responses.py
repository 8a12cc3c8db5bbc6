"""The response of an endpoint as columns of predictions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import InputError, ParseError
from ..reader import decode_all
from ..wording import plural
from .bodies import (
    CSV,
    JSON,
    JSON_LINES,
    PNG,
    kind_of_body,
    refuse_errors,
    shown,
    text_of,
    to_bytes,
)
from .columns import Columns, Place
from .forms import Form, form_of
from .from_csv import from_csv
from .from_json import documents, from_documents, from_lines
from .from_records import from_batch
from .predictions import Predictions

__all__ = ["parse_response"]


def parse_response(
    body: Any,
    content_type: str,
    *,
    algorithm: str | None = None,
    rows: int | None = None,
    fields: Iterable[str] | None = None,
) -> Predictions:
    """The predictions in the body of an endpoint's response.

    Parameters
    ----------
    body : bytes, str, or object with read()
        `response["Body"]` of boto3's invoke_endpoint as it is.
    content_type : str
        The response's ContentType: application/json, application/jsonlines,
        application/x-recordio-protobuf, text/csv or image/png. Parameters are ignored.
    algorithm : str, optional
        A built-in algorithm of SageMaker: the table then knows the form of its responses,
        the type of each field, and which fields there have to be. Without, fields are
        taken as the body names them.
    rows : int, optional
        How many rows were sent: another number of predictions is an error.
    fields : str or list of str, optional
        text/csv only: the fields in a line, where the table does not know them (XGBoost
        with SAGEMAKER_INFERENCE_OUTPUT). A single one takes all of the line.

    Returns
    -------
    Predictions
        Numbers in text are float64, or int64 where the table has whole numbers; those in
        RecordIO-protobuf keep their type, but for the latter.

    Raises
    ------
    ParseError, FormatError
        If the body is cut off, holds an error message, is not of the algorithm's form, or
        its predictions do not agree in fields, types and shapes; with the row.
    InputError
        If the algorithm is not known to answer in that content type, the number of
        predictions is not `rows`, or it is not certain what a line holds.

    Notes
    -----
    Read, although it is no JSON: NaN, Infinity and -Infinity, as Python writes them; JSON
    Lines with commas after the lines, as the documentation of Random Cut Forest shows
    them; documents that follow each other. A single line of numbers is ambiguous for
    XGBoost: older images put all rows of a request into one line.

    Examples
    --------
    >>> import recordsmith as rs
    >>> body = b'{"closest_cluster": 1.0, "distance_to_cluster": 3.5}'
    >>> found = rs.parse_response(body, "application/jsonlines", algorithm="kmeans")
    >>> found
    <Predictions: 1 row: closest_cluster: int64; distance_to_cluster: float64>
    >>> found["closest_cluster"]
    array([1])
    """
    form = form_of(content_type, algorithm, fields)
    data = to_bytes(body)
    columns, n_rows = _parse(data, form, rows)
    if rows is not None and n_rows != rows:
        raise InputError(
            f"the response has {plural(n_rows, 'prediction')}, expected {rows}",
            advice="predictions go by position: one for each row of the request",
        )
    return Predictions(columns.arrays, columns.kinds, n_rows)


def _parse(data: bytes, form: Form, rows: int | None) -> tuple[Columns, int]:
    """Columns of a whole body, and the number of predictions."""
    wanted = f"predictions in {form.kind}"
    refuse_errors(data, wanted)
    if form.kind == JSON:
        return from_documents(documents(text_of(data)), form, Place())
    if form.kind == JSON_LINES:
        return from_lines(text_of(data), form)
    if form.kind == CSV:
        return from_csv(text_of(data), form, rows=rows, whole=True)
    if kind_of_body(data[:16]) != form.kind:
        raise ParseError(
            f"the body is no {form.kind}: it begins with {shown(data[:40])}",
            advice="is it the text of an error, or of another content type?",
        )
    if form.kind == PNG:
        columns = form.columns(Place())
        columns.add_objects(form.names[0], [data], "image")
        return columns, 1
    return from_batch(decode_all(data), form)
