"""What a training container says of its inputs: folders, channels, hosts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..channels.job import read_text
from ..errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..channels.json_text import JsonText

__all__ = ["ChannelConfig", "data_directory", "host_shard", "read_config"]

_DATA = "/opt/ml/input/data"
_MODES = ("File", "FastFile", "Pipe")
_WRAPPERS = ("None", "RecordIO")
_CHANNELS_FILE = "inputdataconfig.json"
_HOSTS_FILE = "resourceconfig.json"


def data_directory(directory: Any = None) -> str:
    """The folder of the inputs: the one that was named, else the container's.

    Without a name it is `$SM_INPUT_DIR/data`, which SageMaker's training toolkit sets and
    `recordsmith pipe` too, else `/opt/ml/input/data`.

    Source
    ------
    SageMaker developer guide, "How Amazon SageMaker Provides Training Information"
    (2026-11-23); aws/sagemaker-training-toolkit: ENVIRONMENT_VARIABLES.md.
    """
    if directory is not None:
        return os.fsdecode(directory)
    inputs = os.environ.get("SM_INPUT_DIR")
    return str(Path(inputs, "data")) if inputs else _DATA


@dataclass(frozen=True)
class ChannelConfig:
    """What `inputdataconfig.json` says of one channel; None where it says nothing.

    Attributes
    ----------
    path : str or None
        The file; None if there is none.
    content_type, mode, wrapper, distribution : str or None
        ContentType, TrainingInputMode, RecordWrapperType, S3DistributionType.
    """

    path: str | None = None
    content_type: str | None = None
    mode: str | None = None
    wrapper: str | None = None
    distribution: str | None = None


def read_config(directory: str, channel: str, config: Any = None) -> ChannelConfig:
    """What the container's `inputdataconfig.json` says of a channel.

    Parameters
    ----------
    directory : str
        The folder of the inputs; the file is looked for in `../config` beside it.
    channel : str
    config : path, optional
        The file, if it is somewhere else. A file that is named must be there.

    Raises
    ------
    InputError
        If the file has no such channel, or a setting is none that the service knows.
    ParseError
        If it is no JSON.
    """
    found = _read(directory, _CHANNELS_FILE, config)
    if found is None:
        return ChannelConfig()
    listed: Mapping[str, Any] = found.value
    if channel not in listed:
        names = ", ".join(map(repr, listed)) or "none"
        raise InputError(
            f"there is no channel {channel!r}: the job's channels are {names}",
            path=found.path,
            advice="ask for one of these, or add the channel to the job",
        )
    settings = listed[channel]
    if not isinstance(settings, dict):
        raise _wrong(found, channel, "an object", settings)
    return ChannelConfig(
        found.path,
        _text(found, channel, "ContentType"),
        _text(found, channel, "TrainingInputMode", _MODES),
        _text(found, channel, "RecordWrapperType", _WRAPPERS),
        _text(found, channel, "S3DistributionType"),
    )


def host_shard(directory: str, config: ChannelConfig) -> tuple[int, int]:
    """This host's share of a channel's rows: (which, of how many).

    Where the platform gives each host other objects (ShardedByS3Key), all rows are this
    host's own.

    Raises
    ------
    InputError
        If there is no `resourceconfig.json`, or it does not name this host.
    """
    if config.distribution == "ShardedByS3Key":
        return (0, 1)
    found = _read(directory, _HOSTS_FILE, None)
    if found is None:
        raise InputError(
            f"shard='auto' needs the job's hosts, and there is no {_HOSTS_FILE}",
            path=str(_config_folder(directory)),
            advice="pass shard=(i, n)",
        )
    hosts, current = found.value.get("hosts"), found.value.get("current_host")
    if not isinstance(hosts, list) or current not in hosts:
        raise InputError(
            f"current_host is {current!r}, expected one of hosts: {hosts!r}",
            path=found.path,
            advice="pass shard=(i, n)",
        )
    return (sorted(hosts).index(current), len(hosts))


def _config_folder(directory: str) -> Path:
    return Path(directory).absolute().parent / "config"


def _read(directory: str, name: str, config: Any) -> JsonText | None:
    """The JSON object in a configuration file; None if there is no such file."""
    path = _config_folder(directory) / name
    if config is not None:
        path = Path(os.fsdecode(config))
    elif not path.is_file():
        return None
    found = read_text(path.read_bytes(), str(path))
    if not isinstance(found.value, dict):
        raise InputError(
            f"the file holds {type(found.value).__name__}, expected an object",
            path=str(path),
        )
    return found


def _text(
    found: JsonText, channel: str, name: str, known: tuple[str, ...] = ()
) -> str | None:
    value = found.value[channel].get(name)
    if value is None or (isinstance(value, str) and (not known or value in known)):
        return value
    expected = f"one of {', '.join(known)}" if known else "text"
    raise _wrong(found, f"{channel}.{name}", expected, value)


def _wrong(found: JsonText, setting: str, expected: str, value: Any) -> InputError:
    return InputError(
        f"{setting} is {value!r}, expected {expected}",
        path=found.path,
        row=found.lines.get(setting),
        unit="line",
    )
