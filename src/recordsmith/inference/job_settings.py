"""What a batch transform job is to be told about its files."""

from __future__ import annotations

from typing import Any

from ..algorithm_table.types import Algorithm
from ..errors import InputError, LimitError
from ..validation.request import content_type_parts
from .media import Media

__all__ = [
    "MB",
    "assembly_of",
    "check_payload",
    "choose_accept",
    "split_of",
    "transform_settings",
]

# MaxPayloadInMB's, by the XGBoost container, which divides its own limit by this.
MB = 1 << 20
# MaxConcurrentTransforms * MaxPayloadInMB: "Use Batch Transform" of the developer guide.
_MOST_MB = 100
# "Associate Prediction Results with Input Records" of the developer guide.
_JOINABLE = ("text/csv", "application/json", "application/jsonlines")
# "BlazingText algorithm": in batch transform both types have to be this.
_LINES_ONLY = ("blazingtext-text-classification", "blazingtext-word2vec")
# Their pages: the response has the type of the request.
_ANSWERS_IN_KIND = (*_LINES_ONLY, "seq2seq")
# "DeepAR Inference Formats": other settings fail when the job runs.
_ONE_BY_ONE = ("forecasting-deepar",)
# "Common Data Formats for Inference", "Use Batch Transform with Built-in Algorithms". Of
# libsvm that page says nothing; a line alone does not tell where its columns begin, so
# that XGBoost's server needs the bodies as they were written.
_SPLITS = {"csv": "Line", "jsonl": "Line", "recordio": "RecordIO"}


def split_of(kind: str, whole_files: bool) -> str:
    """SplitType: "Line", "RecordIO" or "None".

    Examples
    --------
    >>> split_of("csv", False), split_of("json", False), split_of("csv", True)
    ('Line', 'None', 'None')
    """
    return "None" if whole_files else _SPLITS.get(kind, "None")


def check_payload(max_payload_mb: int) -> int:
    """MaxPayloadInMB in bytes."""
    if not isinstance(max_payload_mb, int) or not 1 <= max_payload_mb <= _MOST_MB:
        raise LimitError(
            f"max_payload_mb is {max_payload_mb!r}, expected a whole number from 1 to "
            f"{_MOST_MB}",
            advice="built-in algorithms take no payload in chunks, which 0 stands for",
        )
    return max_payload_mb * MB


def choose_accept(media: Media, accept: str | None) -> str | None:
    """The responses' content type: as asked for, else what can be cut into rows again."""
    entry = media.algorithm
    if entry is None:
        return accept
    if entry.key in _LINES_ONLY and media.base != "application/jsonlines":
        raise InputError(
            f"{entry.name} takes no {media.base} in batch transform",
            advice="pass content_type='application/jsonlines'",
        )
    fact = entry.inference.responses
    if accept is not None:
        base = content_type_parts(accept)[0]
        known = {content_type_parts(one)[0] for one in fact.value}
        if base not in known and fact.sure:
            raise InputError(
                f"{entry.name} gives no responses of {base}, it gives "
                f"{', '.join(fact.value)}",
                advice=f"see recordsmith algorithms {entry.key}",
            )
        return accept
    return _best_accept(entry, media)


def _best_accept(entry: Algorithm, media: Media) -> str | None:
    given = entry.inference.responses.value
    if entry.key in _ANSWERS_IN_KIND:
        return media.base
    # Where CSV comes first, JSON Lines are for special settings (XGBoost).
    if "application/jsonlines" in given and given[0] != "text/csv":
        return "application/jsonlines"
    return given[0] if given else None


def assembly_of(accept: str | None, split_type: str) -> str:
    """AssembleWith for responses of that type.

    JSON is put together by lines where a file makes several responses, whose objects
    would else stand in one line.

    Examples
    --------
    >>> assembly_of("application/jsonlines", "Line"), assembly_of(None, "Line")
    ('Line', 'None')
    >>> assembly_of("application/json", "None"), assembly_of("application/json", "Line")
    ('None', 'Line')
    """
    base = content_type_parts(accept)[0] if accept else ""
    if base == "application/json" and split_type != "None":
        return "Line"
    return "Line" if base in ("application/jsonlines", "text/csv") else "None"


def transform_settings(
    *,
    content_type: str,
    split_type: str,
    accept: str | None,
    max_payload_mb: int,
    input_uri: str | None = None,
    output_uri: str | None = None,
    max_concurrent: int | None = None,
    algorithm: str | None = None,
    join_source: bool = False,
) -> dict[str, Any]:
    """A part of a `create_transform_job` request; see :meth:`TransformFiles.settings`.

    Source
    ------
    "Use Batch Transform" and "Associate Prediction Results with Input Records" of the
    developer guide; the service's model (names, required members).
    """
    found: dict[str, Any] = {"MaxPayloadInMB": max_payload_mb}
    if split_type != "None":  # it needs a SplitType
        one = algorithm in _ONE_BY_ONE
        found["BatchStrategy"] = "SingleRecord" if one else "MultiRecord"
    if max_concurrent is not None:
        if max_concurrent < 1 or max_concurrent * max_payload_mb > _MOST_MB:
            raise LimitError(
                f"{max_concurrent} transforms at once of {max_payload_mb} MB are more "
                f"than {_MOST_MB} MB, or none",
                advice=f"at most {_MOST_MB // max_payload_mb} at once, or a smaller "
                "max_payload_mb",
            )
        found["MaxConcurrentTransforms"] = max_concurrent
    source: dict[str, Any] = {"ContentType": content_type, "SplitType": split_type}
    if input_uri is not None:
        place = {"S3DataType": "S3Prefix", "S3Uri": _s3(input_uri, "input_uri")}
        source["DataSource"] = {"S3DataSource": place}
    output: dict[str, Any] = {"AssembleWith": assembly_of(accept, split_type)}
    if accept is not None:
        output["Accept"] = accept
    if output_uri is not None:
        output["S3OutputPath"] = _s3(output_uri, "output_uri")
    if join_source:
        _check_join(content_type, accept)
        found["DataProcessing"] = {"JoinSource": "Input"}
    return {**found, "TransformInput": source, "TransformOutput": output}


def _s3(uri: str, name: str) -> str:
    if not uri.startswith(("s3://", "https://")) or len(uri) > 1024:
        raise InputError(f"{name} is {uri!r}, expected s3://BUCKET/PREFIX/")
    return uri


def _check_join(content_type: str, accept: str | None) -> None:
    for name, value in (("requests", content_type), ("responses", accept or "none")):
        base = content_type_parts(value)[0]
        if base not in _JOINABLE:
            raise InputError(
                f"SageMaker does not join {name} of {base}, only of "
                f"{', '.join(_JOINABLE)}",
                advice="join them afterwards, by position",
            )
