"""Rules about which channels there are, and how instances share them."""

from __future__ import annotations

from .collecting import API, GUIDE, Notes, Rule, listed, nearest
from .job import Channel, Job

__all__ = ["RULES"]

_S3 = ("DataSource", "S3DataSource")


def _names(job: Job, notes: Notes) -> None:
    entry = job.algorithm
    if entry is None:
        return
    known = (*entry.channels_required.value, *entry.channels_optional.value)
    names = [entry.channel(one.text("ChannelName") or "") for one in job.channels]
    for channel in job.channels:
        name = channel.text("ChannelName")
        if name is None or entry.channel(name) in known or entry.other_channels.value:
            continue
        near = nearest(name, known)
        refused = entry.other_channels.value is False
        notes.add(
            "channel/unknown-channel",
            "error" if refused else "warning",
            channel.where("ChannelName"),
            channel=channel,
            found=repr(name),
            expected=f"{listed(known)} for {entry.key}",
            fix=f"rename it to {near}" if near else "remove the channel",
            facts=[entry.channels_optional, entry.other_channels],
            message="Extraneous channel found" if entry.key == "xgboost" else None,
        )
    if job.single:
        notes.skip("channel/missing-channel", "only one channel was given")
        return
    for name in entry.channels_required.value:
        if name in names:
            continue
        near = nearest(name, [one for one in names if one not in known])
        notes.add(
            "channel/missing-channel",
            "error",
            job.setting,
            found=f"no channel {name!r}",
            expected=f"{listed(entry.channels_required.value, 'and')} for {entry.key}",
            fix=f"rename {near!r} to {name!r}" if near else f"add the channel {name!r}",
            facts=[entry.channels_required],
        )


def _distribution(job: Job, notes: Notes) -> None:
    entry = job.algorithm
    if entry is None:
        return
    for channel in job.channels:
        given = channel.distribution
        name = entry.channel(channel.name)
        allowed = entry.distribution.get(name, entry.distribution.get("*"))
        if given not in ("FullyReplicated", "ShardedByS3Key"):
            continue
        unset = "" if "S3DataDistributionType" in (channel.s3 or {}) else " by default"
        where = channel.where(*_S3, "S3DataDistributionType")
        if allowed is not None and given not in allowed.value:
            notes.add(
                "channel/distribution",
                "error",
                where,
                channel=channel,
                found=f"{given}{unset} for channel {channel.name!r}",
                expected=f"{listed(allowed.value)} for {entry.key}",
                fix=f'set S3DataDistributionType to "{allowed.value[0]}"',
                facts=[allowed],
            )
            continue
        best = entry.recommended_distribution.get(name)
        several = (job.instances_of(channel) or 1) > 1
        if best is not None and several and given != best.value:
            notes.add(
                "channel/distribution",
                "note",
                where,
                channel=channel,
                found=f"{given}{unset} for channel {channel.name!r}",
                expected=f"{best.value}, which is recommended for {entry.key}",
                fix=f'set S3DataDistributionType to "{best.value}"',
                facts=[best],
            )


def _instances(job: Job, notes: Notes) -> None:
    entry = job.algorithm
    if entry is None or job.instances is None or job.instances < 2:
        return
    fact = entry.instances
    if fact.value not in ("one", "some"):
        return
    setting = f"{job.setting[: -len('InputDataConfig')]}ResourceConfig.InstanceCount"
    notes.add(
        "channel/instances",
        "error" if fact.value == "one" else "warning",
        "instances" if job.whole is None else setting,
        found=f"{job.instances} instances",
        expected=f"one instance for {entry.key}"
        + ("" if fact.value == "one" else ", but for certain settings"),
        fix="set InstanceCount to 1",
        facts=[fact],
    )


def _groups(job: Job, notes: Notes) -> None:
    for channel in job.channels:
        for at, name in enumerate(channel.texts(*_S3, "InstanceGroupNames")):
            if name in job.groups:
                continue
            near = nearest(name, job.groups)
            notes.add(
                "channel/instance-group",
                "error",
                f"{channel.where(*_S3, 'InstanceGroupNames')}[{at}]",
                channel=channel,
                found=repr(name),
                expected=f"one of ResourceConfig.InstanceGroups: {listed(job.groups)}",
                fix=f"write {near!r}"
                if near
                else "name the group in ResourceConfig, or leave InstanceGroupNames out",
                sources=(f"{API}S3DataSource.html",),
            )


def _shards(job: Job, notes: Notes) -> None:
    """Instances that get no object."""
    for channel in job.channels:
        count = job.instances_of(channel)
        if channel.distribution != "ShardedByS3Key" or count is None:
            continue
        if channel.name not in job.objects:
            notes.skip(
                "channel/shards", f"the objects of {channel.name!r} were not given"
            )
            continue
        n_objects = len(data_objects(job, channel))
        if 0 < n_objects < count:
            notes.add(
                "channel/shards",
                "error",
                channel.where(*_S3, "S3DataDistributionType"),
                channel=channel,
                found=f"{n_objects} objects for {count} instances",
                expected="as many objects as instances: the others get no data, and "
                "cost as much",
                fix=f"write at least {count} files, or use {n_objects} instances",
                message="Got input data without labels"
                if job.algorithm and job.algorithm.key == "xgboost"
                else None,
                sources=(f"{API}S3DataSource.html", f"{GUIDE}cdf-training.html"),
            )


def data_objects(job: Job, channel: Channel) -> list[str]:
    """Keys of a channel's objects that may hold rows."""
    return [
        one.key
        for one in job.objects.get(channel.name, ())
        if one.bytes > 0 and not one.name.startswith(".") and not one.key.endswith("/")
    ]


RULES = (
    Rule(("channel/unknown-channel", "channel/missing-channel"), _names, ("algorithm",)),
    Rule(("channel/distribution",), _distribution, ("algorithm",)),
    Rule(("channel/instances",), _instances, ("algorithm", "instances")),
    Rule(("channel/instance-group",), _groups, ("whole",)),
    Rule(("channel/shards",), _shards, ("instances",)),
)
