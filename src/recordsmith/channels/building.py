"""Channels as boto3's `create_training_job` takes them, and as the SageMaker SDK does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..algorithm_table.loading import algorithm as look_up
from ..algorithm_table.types import Algorithm
from ..errors import InputError, ValidationError
from ..reporting.findings import Report
from .collecting import listed, nearest
from .content_rules import loses_first_column, wanted_label_size
from .linting import lint
from .service import CHANNEL, Shape

__all__ = ["ShuffleConfig", "build", "build_file_system", "training_input"]

_WRAPPER = "RecordWrapperType"
_S3_SHAPE = CHANNEL.members["DataSource"].members["S3DataSource"]
_FILE_SYSTEM_SHAPE = CHANNEL.members["DataSource"].members["FileSystemDataSource"]


def build(
    name: str,
    uri: str,
    *,
    algorithm: str | Algorithm | None = None,
    content_type: str | None = None,
    input_mode: str | None = None,
    distribution: str | None = None,
    compression: str | None = None,
    record_wrapper: str | None = None,
    shuffle_seed: int | None = None,
    attribute_names: Sequence[str] | None = None,
    instance_groups: Sequence[str] | None = None,
    s3_data_type: str | None = None,
    container: str | None = None,
) -> dict[str, Any]:
    """A channel that reads from S3, as `create_training_job` takes it.

    Parameters
    ----------
    name : str
        Such as "train".
    uri : str
        The prefix, or the manifest.
    algorithm : str or Algorithm, optional
        What :func:`recordsmith.algorithm` takes. It fills in what is certain: the only
        content type, the label_size of CSV, the only or recommended distribution.
    content_type : str, optional
        A content type, which is taken as it is; or a kind of files, such as "csv",
        "recordio-protobuf", "libsvm" or "parquet", for which the algorithm's content type
        and label_size are filled in.
    input_mode : {"File", "Pipe", "FastFile"}, optional
        By default the job's own; Pipe for what can be read in no other.
    distribution : {"FullyReplicated", "ShardedByS3Key"}, optional
    compression : {"Gzip", "None"}, optional
    record_wrapper : {"RecordIO", "None"}, optional
    shuffle_seed : int, optional
    attribute_names : sequence of str, optional
        Of an augmented manifest.
    instance_groups : sequence of str, optional
    s3_data_type : {"S3Prefix", "ManifestFile", "AugmentedManifestFile"}, optional
        By default S3Prefix; AugmentedManifestFile with `attribute_names`.
    container : str, optional
        Tag of the algorithm's image.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        A value is none that the service knows, or the algorithm reads several formats and
        `content_type` does not say enough.
    ValidationError
        :func:`lint` finds an error in the channel; `report` holds it.

    Examples
    --------
    >>> channel = build("train", "s3://bucket/a/", algorithm="rcf", content_type="csv")
    >>> channel["ContentType"]
    'text/csv;label_size=0'
    >>> channel["DataSource"]["S3DataSource"]["S3DataDistributionType"]
    'ShardedByS3Key'
    """
    entry = _entry(algorithm)
    kind = s3_data_type or ("AugmentedManifestFile" if attribute_names else "S3Prefix")
    augmented = kind == "AugmentedManifestFile"
    source: dict[str, Any] = {
        "S3Uri": uri,
        "S3DataType": _choice("s3_data_type", kind, _S3_SHAPE.members["S3DataType"]),
        "S3DataDistributionType": _choice(
            "distribution",
            distribution or _best_distribution(entry, name),
            _S3_SHAPE.members["S3DataDistributionType"],
        ),
    }
    if attribute_names is not None:
        source["AttributeNames"] = _names("attribute_names", attribute_names)
    if instance_groups is not None:
        source["InstanceGroupNames"] = _names("instance_groups", instance_groups)
    settings = {
        "ContentType": _content_type(entry, name, content_type),
        "CompressionType": _option("compression", compression, "CompressionType"),
        "RecordWrapperType": _option(
            "record_wrapper", record_wrapper, "RecordWrapperType"
        ),
        "InputMode": _option("input_mode", input_mode, "InputMode"),
        "ShuffleConfig": None if shuffle_seed is None else {"Seed": shuffle_seed},
    }
    # There is one mode in which these can be read.
    if settings["InputMode"] is None and (augmented or compression == "Gzip"):
        settings["InputMode"] = "Pipe"
    if augmented and record_wrapper is None and _reads_images(entry):
        settings[_WRAPPER] = "RecordIO"
    return _checked(name, {"S3DataSource": source}, settings, entry, container)


def build_file_system(
    name: str,
    file_system_id: str,
    directory_path: str,
    *,
    file_system_type: str,
    access_mode: str = "ro",
    algorithm: str | Algorithm | None = None,
    content_type: str | None = None,
    container: str | None = None,
) -> dict[str, Any]:
    """A channel that reads from EFS or FSx for Lustre, as `create_training_job` takes it.

    Parameters
    ----------
    name : str
        Such as "train".
    file_system_id : str
        Such as "fs-0123456789abcdef0".
    directory_path : str
        From "/"; on FSx it begins with the file system's mount name.
    file_system_type : {"EFS", "FSxLustre"}
    access_mode : {"ro", "rw"}, default "ro"
    algorithm, content_type, container
        As for :func:`build`, which also says what is raised.

    Examples
    --------
    >>> build_file_system(
    ...     "train", "fs-0123456789abcdef0", "/data/train", file_system_type="EFS"
    ... )["InputMode"]
    'File'
    """
    entry = _entry(algorithm)
    members = _FILE_SYSTEM_SHAPE.members
    source = {
        "FileSystemId": file_system_id,
        "FileSystemAccessMode": _choice(
            "access_mode", access_mode, members["FileSystemAccessMode"]
        ),
        "FileSystemType": _choice(
            "file_system_type", file_system_type, members["FileSystemType"]
        ),
        "DirectoryPath": directory_path,
    }
    settings = {
        "ContentType": _content_type(entry, name, content_type),
        "InputMode": "File",  # the only one in which a file system is read
    }
    return _checked(name, {"FileSystemDataSource": source}, settings, entry, container)


def _entry(algorithm: str | Algorithm | None) -> Algorithm | None:
    if algorithm is None or isinstance(algorithm, Algorithm):
        return algorithm
    return look_up(algorithm)


def _option(parameter: str, value: str | None, member: str) -> str | None:
    return None if value is None else _choice(parameter, value, CHANNEL.members[member])


def _choice(parameter: str, value: str, shape: Shape) -> str:
    if value in shape.choices:
        return value
    near = nearest(value, shape.choices) if isinstance(value, str) else None
    raise InputError(
        f"{parameter} is {value!r}, expected {listed(shape.choices)}",
        advice=f"did you mean {near}?" if near else "",
    )


def _names(parameter: str, some: Sequence[str]) -> list[str]:
    if isinstance(some, str):
        raise InputError(
            f"{parameter} is the text {some!r}, expected a list of names",
            advice=f"pass {parameter}=[{some!r}]",
        )
    return list(some)


def _best_distribution(entry: Algorithm | None, channel: str) -> str:
    """The only one that the algorithm takes, or the recommended one; or the service's
    default."""
    if entry is not None:
        name = entry.channel(channel)
        allowed = entry.distribution.get(name, entry.distribution.get("*"))
        if allowed is not None and allowed.sure and len(allowed.value) == 1:
            return allowed.value[0]
        best = entry.recommended_distribution.get(name)
        if best is not None and best.sure:
            return best.value
    return "FullyReplicated"


def _content_type(
    entry: Algorithm | None, channel: str, content_type: str | None
) -> str | None:
    if entry is None or not entry.holds_rows(channel):
        return content_type
    if content_type is None:
        kinds = [form.kind for form in entry.formats]
        if len(kinds) == 1 and entry.formats[0].content_type_known is not None:
            return None  # no source states it
        if len(kinds) > 1:
            types = listed(form.content_type for form in entry.formats)
            raise InputError(
                f"{entry.key} reads several formats and content_type is not given",
                advice=f"pass one of {types}",
            )
        return _content_type(entry, channel, kinds[0])
    # A kind is completed; what is a content type already is as the user wants it.
    form = next((one for one in entry.formats if one.kind == content_type), None)
    if form is None:
        return content_type
    size = wanted_label_size(entry, form, channel)
    if size is not None:
        return f"{form.content_type};label_size={size}"
    if loses_first_column(entry, form, channel):
        raise InputError(
            f"{entry.key} takes the first column of CSV for a label unless label_size=0 "
            "says that there is none",
            advice=f'pass content_type="{form.content_type};label_size=0", or '
            "label_size=1 if each row begins with a label",
        )
    return form.content_type


def _reads_images(entry: Algorithm | None) -> bool:
    return (
        entry is not None
        and entry.augmented_manifest.value is True
        and any(form.kind == "image" for form in entry.formats)
    )


def _checked(
    name: str,
    source: dict[str, Any],
    settings: dict[str, Any],
    entry: Algorithm | None,
    container: str | None,
) -> dict[str, Any]:
    channel = {"ChannelName": name, "DataSource": source}
    channel.update({key: one for key, one in settings.items() if one is not None})
    report = lint(channel, algorithm=entry, container=container)
    if not report.ok:
        raise _error(report)
    return channel


def _error(report: Report) -> ValidationError:
    first = report.findings[0]
    more = sum(f.severity == "error" for f in report.findings) - 1
    where = first.places[0].setting if first.places else None
    error = ValidationError(
        f"{f'{where}: ' if where else ''}found {first.found}, expected {first.expected}"
        + (f" (and {more} more)" if more else ""),
        advice=first.fix,
    )
    error.report = report
    return error


class ShuffleConfig(NamedTuple):
    """A seed, where the SDK's `TrainingInput` asks for its own class of this name."""

    seed: int


# TrainingInput's parameter for each setting of the channel and of its S3 source.
_OF_CHANNEL = {
    "ContentType": "content_type",
    "CompressionType": "compression",
    "RecordWrapperType": "record_wrapping",
    "InputMode": "input_mode",
}
_OF_SOURCE = {
    "S3Uri": "s3_data",
    "S3DataType": "s3_data_type",
    "S3DataDistributionType": "distribution",
    "InstanceGroupNames": "instance_groups",
    "AttributeNames": "attribute_names",
}
_OF_FILE_SYSTEM = {
    "FileSystemId": "file_system_id",
    "FileSystemType": "file_system_type",
    "DirectoryPath": "directory_path",
    "FileSystemAccessMode": "file_system_access_mode",
}


def training_input(channel: Mapping[str, Any]) -> dict[str, Any]:
    """A channel as keyword arguments of the SageMaker SDK's input classes (version 2).

    Parameters
    ----------
    channel : mapping
        What :func:`build` or :func:`build_file_system` gives.

    Returns
    -------
    dict
        Of `sagemaker.inputs.TrainingInput`; for a file system, of `FileSystemInput`. The
        channel's name is not among them: it is the key under which `fit` takes the input.

    Raises
    ------
    InputError
        The channel has a setting that the class has no parameter for.

    Examples
    --------
    >>> training_input(build("train", "s3://bucket/train/", content_type="text/csv"))
    {'s3_data': 's3://bucket/train/', 's3_data_type': 'S3Prefix', 'distribution': \
'FullyReplicated', 'content_type': 'text/csv'}
    """
    sources = channel.get("DataSource", {})
    rest = {k: v for k, v in channel.items() if k not in ("ChannelName", "DataSource")}
    if set(sources) == {"S3DataSource"}:
        arguments = _renamed(sources["S3DataSource"], _OF_SOURCE, "TrainingInput")
        shuffle = rest.pop("ShuffleConfig", None)
        arguments.update(_renamed(rest, _OF_CHANNEL, "TrainingInput"))
        if shuffle is not None:
            arguments["shuffle_config"] = ShuffleConfig(shuffle["Seed"])
        return arguments
    if set(sources) == {"FileSystemDataSource"}:
        if rest.get("InputMode") == "File":  # the SDK has the estimator's
            del rest["InputMode"]
        found = sources["FileSystemDataSource"]
        arguments = _renamed(found, _OF_FILE_SYSTEM, "FileSystemInput")
        return {
            **arguments,
            **_renamed(rest, {"ContentType": "content_type"}, "FileSystemInput"),
        }
    raise InputError(
        f"the channel's sources are {listed(sources, 'and')}, expected S3DataSource or "
        "FileSystemDataSource",
        advice="give a channel that build() or build_file_system() made",
    )


def _renamed(
    settings: Mapping[str, Any], names: Mapping[str, str], target: str
) -> dict[str, Any]:
    for name in settings:
        if name not in names:
            raise InputError(
                f"{name} has no place in the SDK's {target}",
                advice="leave it out, or give create_training_job the channel itself",
            )
    return {names[name]: value for name, value in settings.items()}
