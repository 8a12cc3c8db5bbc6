"""A training job's settings, as far as they bear on its channels, in one shape.

What a user gives may be wrong in any way, so nothing here fails on a value of the wrong
type: `Channel.text("ContentType")` is then None, as if it were not there, and the rules
of the service's model tell what is wrong with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from ..algorithm_table.loading import algorithm as look_up
from ..algorithm_table.types import Algorithm, Format
from ..errors import InputError, ParseError
from ..reporting.findings import Place
from . import json_text

__all__ = ["Channel", "ContentType", "Job", "Object", "read_job", "read_text"]

_IMAGE = re.compile(r"(?P<repository>[^:@]+)(:(?P<tag>[\w.-]+))?(@sha256:\w+)?")
# XGBoost's tags may have these behind the version.
_TAG_ENDINGS = re.compile(r"(-(cpu|gpu))?(-py\d+)?$")
_JOB_KEYS = (
    "AlgorithmSpecification",
    "HyperParameters",
    "InputDataConfig",
    "ResourceConfig",
    "StaticHyperParameters",
    "TrainingJobName",
)


class Object(NamedTuple):
    """An object below a channel's prefix: its key, size, and digest if that is known."""

    key: str
    bytes: int
    digest: str | None = None

    @property
    def name(self) -> str:
        """The part of the key behind the last slash."""
        return self.key.rsplit("/", 1)[-1]


class ContentType(NamedTuple):
    """A content type taken apart: "text/csv; label_size=0"."""

    whole: str
    plain: str
    parameters: dict[str, str]

    @classmethod
    def of(cls, text: str) -> ContentType:
        """
        >>> ContentType.of("text/csv; label_size=0").parameters
        {'label_size': '0'}
        """
        plain, *rest = (part.strip() for part in text.split(";"))
        pairs = (part.partition("=") for part in rest if part)
        return cls(text, plain, {name.strip(): value.strip() for name, _, value in pairs})


@dataclass(frozen=True)
class Channel:
    """One channel; `setting` is where it stands in the job."""

    value: Mapping[str, Any]
    setting: str

    def get(self, *way: str) -> Any:
        """What stands there, or None."""
        found: Any = self.value
        for name in way:
            if not isinstance(found, Mapping):
                return None
            found = found.get(name)
        return found

    def text(self, *way: str) -> str | None:
        """The text there, or None."""
        found = self.get(*way)
        return found if isinstance(found, str) else None

    def texts(self, *way: str) -> tuple[str, ...]:
        """The list of texts there, or nothing."""
        found = self.get(*way)
        if not isinstance(found, (list, tuple)):
            return ()
        return tuple(one for one in found if isinstance(one, str))

    def where(self, *way: str) -> str:
        """The setting's name: "InputDataConfig[0].ContentType"."""
        return ".".join(filter(None, (self.setting, *way)))

    @property
    def name(self) -> str:
        """Its name; without one, its place in the list."""
        return self.text("ChannelName") or self.setting

    @property
    def s3(self) -> Mapping[str, Any] | None:
        """Its S3 source, if that is one."""
        found = self.get("DataSource", "S3DataSource")
        return found if isinstance(found, Mapping) else None

    @property
    def uri(self) -> str | None:
        """Where its data are in S3."""
        return self.text("DataSource", "S3DataSource", "S3Uri")

    @property
    def kind_of_source(self) -> str | None:
        """S3DataType: "S3Prefix", "ManifestFile", ..."""
        return self.text("DataSource", "S3DataSource", "S3DataType")

    @property
    def distribution(self) -> str | None:
        """Its distribution over the instances; the service replicates by default."""
        if self.s3 is None:
            return None
        name = "S3DataDistributionType"
        if name not in self.s3:
            return "FullyReplicated"
        return self.text("DataSource", "S3DataSource", name)

    @property
    def content_type(self) -> ContentType | None:
        """Its content type, taken apart."""
        found = self.text("ContentType")
        return None if found is None else ContentType.of(found)

    @property
    def file_system(self) -> Mapping[str, Any] | None:
        """Its EFS or FSx source, if that is one."""
        found = self.get("DataSource", "FileSystemDataSource")
        return found if isinstance(found, Mapping) else None


@dataclass(frozen=True)
class Job:
    """What the rules look at.

    Attributes
    ----------
    value : object
        The channels as they were given: what should be a list of them.
    setting : str
        Where that stands: "InputDataConfig".
    channels : tuple of Channel
        Those that are one at all.
    whole : mapping or None
        The whole job; None where only channels were given.
    single : bool
        One channel was given, and others may be there.
    path : str or None
        The file.
    text : JsonText or None
    algorithm : Algorithm or None
    container : str or None
        Tag of the algorithm's image.
    mode : str or None
        The job's input mode, for channels that have none of their own.
    instances : int or None
        In all groups together.
    groups : mapping of str to int
        Instances of each group.
    hyperparameters : mapping or None
    objects : mapping of str to tuple of Object
    """

    value: Any
    setting: str
    channels: tuple[Channel, ...]
    whole: Mapping[str, Any] | None = None
    single: bool = False
    path: str | None = None
    text: json_text.JsonText | None = None
    algorithm: Algorithm | None = None
    container: str | None = None
    mode: str | None = None
    instances: int | None = None
    groups: Mapping[str, int] = field(default_factory=dict)
    hyperparameters: Any = None
    hyperparameters_setting: str = "HyperParameters"
    objects: Mapping[str, tuple[Object, ...]] = field(default_factory=dict)

    def mode_of(self, channel: Channel) -> str | None:
        """The input mode that holds for a channel; None if nothing says."""
        if channel.get("InputMode") is not None:
            return channel.text("InputMode")
        return self.mode

    def format_of(self, channel: Channel) -> Format | None:
        """The format that its content type stands for; without one, the default."""
        if self.algorithm is None:
            return None
        given = channel.content_type
        if given is not None:
            return self.algorithm.format(given.plain)
        default = self.algorithm.default_content_type.value
        return None if default is None else self.algorithm.format(default)

    def instances_of(self, channel: Channel) -> int | None:
        """How many instances read a channel; None if nothing says."""
        names = channel.texts("DataSource", "S3DataSource", "InstanceGroupNames")
        if names and self.groups:
            return sum(self.groups.get(name, 0) for name in names)
        return self.instances

    def place(self, setting: str, channel: Channel | None = None) -> Place:
        """A setting's place, with its line if the job came from a file."""
        lines = self.text.lines if self.text is not None else {}
        near = setting
        if self.whole is None and not self.single:  # the file is the list itself
            near = setting[len(self.setting) :]
        while near and near not in lines:  # what is missing is missing in what is around
            near = near[: max(near.rfind("."), near.rfind("["), 0)]
        return Place(
            path=self.path,
            channel=channel.text("ChannelName") if channel else None,
            line=lines.get(near, 1 if self.text is not None else None),
            setting=setting or None,
        )


def read_job(
    job_or_channels: Any,
    *,
    algorithm: str | Algorithm | None = None,
    container: str | None = None,
    instances: int | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    objects: Mapping[str, Sequence[Any]] | None = None,
) -> Job:
    """Put what `lint` was given into one shape; see there.

    Raises
    ------
    InputError
        It is nothing of the sort, or no such algorithm is known.
    ParseError, OSError
        The file cannot be read.
    """
    path, text = None, None
    if isinstance(job_or_channels, (str, os.PathLike)):
        path = os.fsdecode(job_or_channels)
        text = read_text(Path(path).read_bytes(), path)
    elif isinstance(job_or_channels, json_text.JsonText):
        path, text = job_or_channels.path, job_or_channels
    value = job_or_channels if text is None else text.value
    found = _settings(value, path)
    image, tag = _image(found["whole"])
    entry = _entry(algorithm, image, hyperparameters or found["hyperparameters"])
    groups, total = _instances(found["whole"])
    return Job(
        **{**found, "hyperparameters": hyperparameters or found["hyperparameters"]},
        path=path,
        text=text,
        algorithm=entry,
        container=container or _known_tag(entry, tag),
        instances=total if instances is None else instances,
        groups=groups,
        objects=_objects(objects or {}, found["channels"]),
    )


def _objects(
    objects: Mapping[str, Sequence[Any]], channels: Sequence[Channel]
) -> dict[str, tuple[Object, ...]]:
    names = [channel.name for channel in channels]
    for name in objects:
        if name not in names:
            near = get_close_matches(name, names, 1)
            raise InputError(
                f"objects are given for a channel {name!r}, but the channels are "
                f"{', '.join(map(repr, names)) or 'none'}",
                advice=f"did you mean {near[0]!r}?" if near else "",
            )
    return {name: tuple(Object(*one) for one in some) for name, some in objects.items()}


def read_text(data: bytes, path: str) -> json_text.JsonText:
    """The JSON of a file's bytes, with its lines."""
    try:
        return json_text.parse(data.decode("utf-8-sig"), path)
    except UnicodeDecodeError as error:
        reason = f"no JSON: byte {error.start} is not UTF-8"
        raise ParseError(reason, path=path) from None


def _settings(value: Any, path: str | None) -> dict[str, Any]:
    """The channels of a job, a list, or one channel; and the job around them."""
    found: dict[str, Any] = {"whole": None, "hyperparameters": None, "single": False}
    if isinstance(value, Mapping) and {"ChannelName", "DataSource"} & set(value):
        one = Channel(value, "")
        return {
            **found,
            "value": value,
            "setting": "",
            "channels": (one,),
            "single": True,
        }
    above = ""
    if isinstance(value, Mapping) and isinstance(
        value.get("TrainingJobDefinition"), Mapping
    ):
        value, above = value["TrainingJobDefinition"], "TrainingJobDefinition."
    if isinstance(value, Mapping):
        if not set(_JOB_KEYS) & set(value):
            raise InputError(
                "neither a training job nor a channel: found "
                f"{_list(value) or 'an empty object'}{_meant(value)}",
                advice="give what create_training_job takes, its InputDataConfig, or one "
                "channel",
                path=path,
            )
        found["whole"] = value
        name = "HyperParameters"
        if name not in value and "StaticHyperParameters" in value:
            name = "StaticHyperParameters"
        found["hyperparameters"] = value.get(name)
        found["hyperparameters_setting"] = above + name
        found["mode"] = Channel(value, "").text(
            "AlgorithmSpecification", "TrainingInputMode"
        )
        channels, setting = value.get("InputDataConfig"), above + "InputDataConfig"
    elif isinstance(value, (list, tuple)):
        channels, setting = value, "InputDataConfig"
    else:
        raise InputError(
            f"neither a training job nor channels: found {type(value).__name__}",
            advice="give what create_training_job takes, its InputDataConfig, or one "
            "channel",
            path=path,
        )
    items = channels if isinstance(channels, (list, tuple)) else ()
    found["value"], found["setting"] = channels, setting
    found["channels"] = tuple(
        Channel(one, f"{setting}[{at}]")
        for at, one in enumerate(items)
        if isinstance(one, Mapping)
    )
    return found


def _list(value: Mapping[Any, Any]) -> str:
    names = [repr(name) for name in value]
    return ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")


def _meant(value: Mapping[Any, Any]) -> str:
    known = [*_JOB_KEYS, "ChannelName", "DataSource"]
    near = [one for name in value for one in get_close_matches(str(name), known, 1)]
    return f"; did you mean {near[0]}?" if near else ""


def _image(whole: Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    """Name and tag of the job's image."""
    if whole is None:
        return None, None
    address = Channel(whole, "").text("AlgorithmSpecification", "TrainingImage")
    match = _IMAGE.fullmatch(address or "")
    if not match:
        return None, None
    return match["repository"].rsplit("/", 1)[-1], match["tag"]


def _entry(
    name: str | Algorithm | None, image: str | None, hyperparameters: Any
) -> Algorithm | None:
    """The algorithm that was named, or else that of the image if the table has it."""
    if isinstance(name, Algorithm):
        return name
    if name is not None:
        return look_up(name)
    settings = hyperparameters if isinstance(hyperparameters, Mapping) else {}
    # With a script of one's own in it, the image is a framework, not the algorithm.
    if image is None or "sagemaker_program" in settings:
        return None
    if image == "blazingtext":
        mode = settings.get("mode")
        kind = "text-classification" if mode == "supervised" else "word2vec"
        return look_up(f"blazingtext-{kind}")
    try:
        entry = look_up(image)
    except InputError:
        return None
    # An image of one's own may have any name; "knn" is taken at its word.
    return entry if image in (entry.image, f"sagemaker-{entry.image}") else None


def _known_tag(entry: Algorithm | None, tag: str | None) -> str | None:
    """The table's spelling of an image's tag: "1.7-1" for "1.7-1-cpu-py3"."""
    if tag is None or entry is None or tag in entry.image_tags:
        return tag
    return _TAG_ENDINGS.sub("", tag)


def _instances(whole: Mapping[str, Any] | None) -> tuple[dict[str, int], int | None]:
    if whole is None:
        return {}, None
    job = Channel(whole, "")
    some = job.get("ResourceConfig", "InstanceGroups")
    groups = {}
    for one in some if isinstance(some, (list, tuple)) else ():
        group = Channel(one, "") if isinstance(one, Mapping) else Channel({}, "")
        name, count = group.text("InstanceGroupName"), group.get("InstanceCount")
        if name is not None and isinstance(count, int):
            groups[name] = count
    if groups:
        return groups, sum(groups.values())
    count = job.get("ResourceConfig", "InstanceCount")
    return {}, count if isinstance(count, int) and not isinstance(count, bool) else None
