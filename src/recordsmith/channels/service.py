"""What the service itself asks of a channel, before any algorithm sees it.

Written down from SageMaker's service model (API version 2017-07-24, of August 2026); a
test compares it with botocore's copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "CHANNEL",
    "CHANNELS",
    "DISTRIBUTIONS",
    "HYPERPARAMETERS",
    "INPUT_MODES",
    "MODEL",
    "RESOURCES",
    "Problem",
    "Shape",
    "problems",
]

MODEL = "SageMaker's service model, API version 2017-07-24"


@dataclass(frozen=True)
class Shape:
    """What a value has to be.

    Attributes
    ----------
    kind : {"structure", "list", "map", "string", "integer", "boolean"}
    members : mapping of str to Shape
        Of a structure.
    required : tuple of str
        Members that must be there.
    closed : bool
        Whether a structure has no other members than these.
    member : Shape or None
        Of a list's items, or a map's values.
    key : Shape or None
        Of a map's keys.
    low, high : int or None
        Fewest and most characters, items or pairs; lowest and highest number.
    pattern : str or None
        A regular expression that the whole text has to match.
    choices : tuple of str
    """

    kind: str
    members: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    closed: bool = True
    member: Shape | None = None
    key: Shape | None = None
    low: int | None = None
    high: int | None = None
    pattern: str | None = None
    choices: tuple[str, ...] = ()


def _text(low: int, high: int, pattern: str = ".*") -> Shape:
    return Shape("string", low=low, high=high, pattern=pattern)


def _one_of(*choices: str) -> Shape:
    return Shape("string", choices=choices)


def _structure(required: tuple[str, ...], **members: Shape) -> Shape:
    return Shape("structure", members, required)


INPUT_MODES = ("Pipe", "File", "FastFile")
DISTRIBUTIONS = ("FullyReplicated", "ShardedByS3Key")

_GROUP_NAME = _text(1, 64, ".+")
_COUNT = Shape("integer", low=0)
_HUB_DATA_SET = (
    r"(arn:[a-z0-9-\.]{1,63}:sagemaker:\w+(?:-\w+)+:(\d{12}|aws):hub-content\/)"
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}\/DataSet\/"
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,63}(\/\d{1,4}.\d{1,4}.\d{1,4})?"
)

CHANNEL = _structure(
    ("ChannelName", "DataSource"),
    ChannelName=_text(1, 64, r"[A-Za-z0-9\.\-_]+"),
    DataSource=_structure(
        (),
        S3DataSource=_structure(
            ("S3DataType", "S3Uri"),
            S3DataType=_one_of(
                "ManifestFile", "S3Prefix", "AugmentedManifestFile", "Converse"
            ),
            S3Uri=_text(0, 1024, "(https|s3)://([^/]+)/?(.*)"),
            S3DataDistributionType=_one_of(*DISTRIBUTIONS),
            AttributeNames=Shape("list", member=_text(1, 256, ".+"), low=0, high=16),
            InstanceGroupNames=Shape("list", member=_GROUP_NAME, low=0, high=5),
            ModelAccessConfig=_structure(("AcceptEula",), AcceptEula=Shape("boolean")),
            HubAccessConfig=_structure(("HubContentArn",), HubContentArn=_text(0, 255)),
        ),
        FileSystemDataSource=_structure(
            ("FileSystemId", "FileSystemAccessMode", "FileSystemType", "DirectoryPath"),
            FileSystemId=_text(11, 21, "(fs-[0-9a-f]{8,})"),
            FileSystemAccessMode=_one_of("rw", "ro"),
            FileSystemType=_one_of("EFS", "FSxLustre"),
            DirectoryPath=_text(0, 4096),
        ),
        DatasetSource=_structure(
            ("DatasetArn",), DatasetArn=_text(0, 2048, _HUB_DATA_SET)
        ),
    ),
    ContentType=_text(0, 256),
    CompressionType=_one_of("None", "Gzip"),
    RecordWrapperType=_one_of("None", "RecordIO"),
    InputMode=_one_of(*INPUT_MODES),
    ShuffleConfig=_structure(("Seed",), Seed=Shape("integer")),
)
CHANNELS = Shape("list", member=CHANNEL, low=1, high=20)
HYPERPARAMETERS = Shape("map", key=_text(0, 256), member=_text(0, 2500), low=0, high=100)

# Of the rest of a job only what bears on its channels; it has more members.
RESOURCES = Shape(
    "structure",
    {
        "InstanceCount": _COUNT,
        "InstanceGroups": Shape(
            "list",
            member=Shape(
                "structure",
                {"InstanceCount": _COUNT, "InstanceGroupName": _GROUP_NAME},
                ("InstanceCount", "InstanceGroupName"),
                closed=False,
            ),
            low=0,
            high=5,
        ),
    },
    closed=False,
)


@dataclass(frozen=True)
class Problem:
    """One way in which a value is not what its shape asks for.

    Attributes
    ----------
    kind : {"type", "missing", "unknown", "choice", "pattern", "length", "number"}
    setting : str
        Where in the value: "DataSource.S3DataSource.S3Uri"; "" is the value itself.
    found : object
        The value; of a missing or unknown member, its name.
    shape : Shape
        Of the value, or of the structure that has no such member.
    """

    kind: str
    setting: str
    found: Any
    shape: Shape


_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list, tuple),
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
}


def problems(shape: Shape, value: Any, setting: str = "") -> Iterator[Problem]:
    """All ways in which a value is not what its shape asks for, outermost first.

    Examples
    --------
    >>> source = {"S3DataSource": {"S3Uri": "train.csv", "S3DataType": "S3Prefix"}}
    >>> [one] = problems(CHANNEL, {"ChannelName": "train", "DataSource": source})
    >>> one.kind, one.setting, one.found
    ('pattern', 'DataSource.S3DataSource.S3Uri', 'train.csv')
    """
    if not _has_type(shape, value):
        yield Problem("type", setting, value, shape)
    elif shape.kind == "structure":
        yield from _structure_problems(shape, value, setting)
    elif shape.kind == "map":
        yield from _size_problems(shape, value, setting)
        yield from _map_problems(shape, value, setting)
    elif shape.kind == "list":
        yield from _size_problems(shape, value, setting)
        if shape.member is not None:
            for at, item in enumerate(value):
                yield from problems(shape.member, item, f"{setting}[{at}]")
    elif shape.kind == "string":
        yield from _text_problems(shape, value, setting)
    elif shape.low is not None and value < shape.low:
        yield Problem("number", setting, value, shape)


def _has_type(shape: Shape, value: Any) -> bool:
    if isinstance(value, bool):  # which Python counts among the integers
        return shape.kind == "boolean"
    return isinstance(value, _TYPES[shape.kind])


def _structure_problems(
    shape: Shape, value: Mapping[Any, Any], setting: str
) -> Iterator[Problem]:
    for name in shape.required:
        if name not in value:
            yield Problem("missing", setting, name, shape)
    for name, one in value.items():
        below = f"{setting}.{name}" if setting else str(name)
        if name in shape.members:
            yield from problems(shape.members[name], one, below)
        elif shape.closed:
            yield Problem("unknown", below, name, shape)


def _map_problems(
    shape: Shape, value: Mapping[Any, Any], setting: str
) -> Iterator[Problem]:
    for name, one in value.items():
        below = f"{setting}.{name}" if setting else str(name)
        if shape.key is not None:
            yield from problems(shape.key, name, below)
        if shape.member is not None:
            yield from problems(shape.member, one, below)


def _size_problems(shape: Shape, value: Any, setting: str) -> Iterator[Problem]:
    low, high = shape.low or 0, shape.high
    if len(value) < low or (high is not None and len(value) > high):
        yield Problem("length", setting, value, shape)


def _text_problems(shape: Shape, value: str, setting: str) -> Iterator[Problem]:
    if shape.choices and value not in shape.choices:
        yield Problem("choice", setting, value, shape)
        return
    yield from _size_problems(shape, value, setting)
    if shape.pattern is not None and not re.fullmatch(shape.pattern, value):
        yield Problem("pattern", setting, value, shape)
