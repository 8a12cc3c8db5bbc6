"""The channels of a training job, to be served from data on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..channels.job import Channel, Job, read_job
from ..errors import InputError
from .feeds import Feed

__all__ = ["feeds_of_job"]


def feeds_of_job(
    job: Any, sources: Mapping[str, Any], *, refs: Mapping[str, str] | None = None
) -> tuple[dict[str, Feed], dict[str, Any]]:
    """What a training job's pipe-mode channels are fed with, as the job says it.

    Parameters
    ----------
    job : path, or dict
        A create_training_job request, or its InputDataConfig.
    sources : dict of str to path, ...
        The data of each channel that is in pipe mode.
    refs : dict, optional
        Where the files are that augmented manifests name: see :class:`Feed`.

    Returns
    -------
    feeds : dict of str to Feed
        For :class:`Server`. Of several instances, this is the first.
    hyperparameters : dict
        The job's.

    Raises
    ------
    InputError
        If a channel in pipe mode has no source here, or a source no such channel.

    Examples
    --------
    >>> channel = {"ChannelName": "train", "InputMode": "Pipe", "ContentType": "text/csv"}
    >>> feeds, _ = feeds_of_job([channel], {"train": "rows.csv"})
    >>> feeds["train"].content_type
    'text/csv'
    """
    found = read_job(job)
    channels = {one.name: one for one in found.channels}
    for name in sources:
        if name not in channels:
            names = ", ".join(map(repr, channels)) or "none"
            raise InputError(
                f"there is no channel {name!r} in the job, whose channels are {names}",
                path=found.path,
            )
        mode = found.mode_of(channels[name])
        if mode != "Pipe":
            raise InputError(
                f"channel {name!r} is in {mode or 'no stated'} mode, expected Pipe: only "
                "such channels are served",
                path=found.path,
                advice="leave it out, or set its InputMode",
            )
    feeds = {}
    for name, channel in channels.items():
        if name in sources:
            feeds[name] = _feed(found, channel, sources[name], refs or {})
        elif found.mode_of(channel) == "Pipe":
            raise InputError(
                f"channel {name!r} of the job has no source here",
                path=found.path,
                advice="give one for each channel in pipe mode",
            )
    given = found.hyperparameters
    return feeds, dict(given) if isinstance(given, Mapping) else {}


def _feed(job: Job, channel: Channel, src: Any, refs: Mapping[str, str]) -> Feed:
    hosts = job.instances_of(channel) or 1
    sharded = channel.distribution == "ShardedByS3Key" and hosts > 1
    seed = channel.get("ShuffleConfig", "Seed")
    attributes = None
    if channel.kind_of_source == "AugmentedManifestFile":
        attributes = channel.texts("DataSource", "S3DataSource", "AttributeNames")
    return Feed(
        src,
        content_type=channel.text("ContentType"),
        gzip=channel.text("CompressionType") == "Gzip",
        wrap="recordio" if channel.text("RecordWrapperType") == "RecordIO" else None,
        seed=seed if isinstance(seed, int) else None,
        shard=(0, hosts) if sharded else None,
        attributes=attributes,
        refs=refs if attributes is not None else {},
    )
