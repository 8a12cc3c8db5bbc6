"""What a channel's content type means for reading: a format and its options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..channels.job import ContentType
from ..errors import InputError
from ..storage import Input, detect_format

__all__ = ["FRAMES", "Content", "content_of", "detected"]

FRAMES = "frames"
_FORMATS = {
    "application/x-recordio-protobuf": "recordio",
    "recordio-protobuf": "recordio",
    "text/csv": "csv",
    "csv": "csv",
    "text/libsvm": "libsvm",
    "text/x-libsvm": "libsvm",
    "libsvm": "libsvm",
    "application/jsonlines": "jsonl",
    "jsonlines": "jsonl",
    "application/x-parquet": "parquet",
    "parquet": "parquet",
    "application/x-recordio": FRAMES,
}
_CSV_PARAMETERS = ("label_size", "header", "charset")


@dataclass(frozen=True)
class Content:
    """How to read a channel.

    Attributes
    ----------
    format : str or None
        A format of :mod:`recordsmith.sources`, "frames", or None: by the first bytes.
    options : dict
        Of the format.
    """

    format: str | None
    options: dict[str, Any] = field(default_factory=dict)


def content_of(
    content_type: str | None,
    *,
    wrapper: str | None = None,
    frames: bool | None = None,
    label_size: int | None = None,
) -> Content:
    """The format and options that a content type stands for.

    Parameters
    ----------
    content_type : str, optional
        With its parameters: "text/csv;label_size=0".
    wrapper : str, optional
        RecordWrapperType: with RecordIO, each object of the channel is one raw frame.
    frames : bool, optional
        Whether to give raw frames, whatever the type and the wrapper say. False for
        "application/x-recordio": the frames hold records.
    label_size : int, optional
        For CSV whose type does not say it.

    Raises
    ------
    InputError
        If nothing here reads that type, or a parameter is none of it.

    Examples
    --------
    >>> content_of("text/csv; label_size=2")
    Content(format='csv', options={'header': False, 'label': [0, 1]})

    Source
    ------
    SageMaker developer guide, "Common Data Formats for Training" (2026-11-23).
    """
    refused = frames is False
    if frames is None:
        frames = wrapper == "RecordIO"
    if frames:
        if label_size is not None:
            raise InputError(
                f"label_size is {label_size}, and raw frames have no columns",
                advice="leave label_size= out, or pass frames=False",
            )
        return Content(FRAMES)
    if content_type is None:
        return Content(None, {} if label_size is None else _csv({}, label_size))
    told = ContentType.of(content_type)
    kind = _FORMATS.get(told.plain.lower())
    if kind is None:
        raise InputError(
            f"content type {content_type!r} is not read as rows",
            advice=f"known: {', '.join(n for n in _FORMATS if '/' in n)}; pass "
            "frames=True if the data are RecordIO frames",
        )
    if kind == FRAMES and refused:
        kind = "recordio"
    if kind == "csv":
        return Content(kind, _csv(told.parameters, label_size))
    if label_size is not None:
        raise InputError(f"label_size is {label_size}, and {told.plain} is no CSV")
    if told.parameters and kind != FRAMES:  # images have parameters of their own
        names = ", ".join(told.parameters)
        raise InputError(f"{told.plain} has no parameter {names} that is known")
    return Content(kind)


def _csv(parameters: dict[str, str], label_size: int | None) -> dict[str, Any]:
    """Options for CSV as SageMaker has it: no header, the first columns are labels."""
    for name in parameters:
        if name not in _CSV_PARAMETERS:
            raise InputError(
                f"text/csv has no parameter {name!r}",
                advice=f"known: {', '.join(_CSV_PARAMETERS)}",
            )
    told = parameters.get("label_size")
    if told is not None and not told.isdecimal():
        raise InputError(f"label_size is {told!r}, expected 0 or more columns")
    if told is not None and label_size not in (None, int(told)):
        raise InputError(
            f"label_size is {label_size}, and the content type says {told}",
            advice="leave label_size= out",
        )
    n_labels = int(told) if told is not None else 1 if label_size is None else label_size
    if n_labels < 0:
        raise InputError(f"label_size is {n_labels}, expected 0 or more columns")
    options: dict[str, Any] = {"header": parameters.get("header") == "present"}
    if n_labels:
        options["label"] = list(range(n_labels)) if n_labels > 1 else 0
    if "charset" in parameters:
        options["encoding"] = parameters["charset"]
    return options


def detected(content: Content, first: Input, is_fifo: bool) -> Content:
    """The content where the type does not say it: by the first input's first bytes.

    Raises
    ------
    InputError
        If they do not tell, or the format cannot be read from a FIFO.
    """
    if content.format is None:
        try:
            kind = detect_format("" if is_fifo else first.name, first.head())
        except InputError as error:
            error.path = first.name
            error.advice = 'pass content_type=: "text/csv;label_size=1", for example'
            raise
        if kind != "csv" and content.options:
            raise InputError(f"label_size is for CSV, not {kind}", path=first.name)
        plain = _csv({}, None) if kind == "csv" else {}
        content = Content(kind, content.options or plain)
    if is_fifo and content.format in ("parquet", "npy", "npz"):
        raise InputError(
            f"{content.format} is not read from front to back, so not in Pipe mode",
            path=first.name,
            advice="run the job in File or FastFile mode",
        )
    return content
