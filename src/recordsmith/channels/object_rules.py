"""Rules about the objects that a channel's prefix stands for."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ..reporting.findings import Place
from .collecting import API, Notes, Rule
from .content_rules import holds_rows
from .job import Channel, Job, Object

__all__ = ["RULES"]

_S3 = ("DataSource", "S3DataSource")
# What the end of a name says, where it says anything.
_KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".libsvm": "libsvm",
    ".svmlight": "libsvm",
    ".pbr": "recordio-protobuf",
    ".parquet": "parquet",
    ".jsonl": "jsonlines",
    ".jsonlines": "jsonlines",
    ".rec": "recordio",
}
_ALSO = {"recordio": ("recordio-protobuf",), "jsonlines": ("json",)}
_NO_DATA = (".manifest", ".md", ".log", ".py", ".ipynb", ".sh", ".yaml", ".yml", ".toml")
_DIGITS = 12  # of a digest that are shown


def _given(job: Job) -> Iterator[tuple[Channel, tuple[Object, ...]]]:
    for channel in job.channels:
        if channel.name in job.objects:
            yield channel, job.objects[channel.name]


def _place(channel: Channel, one: Object) -> Place:
    """An object's place: its address, where the channel tells the bucket."""
    bucket = urlsplit(channel.uri or "")
    path = f"s3://{bucket.netloc}/{one.key}" if bucket.scheme == "s3" else one.key
    return Place(path=path, channel=channel.name)


def _places(channel: Channel, some: list[Object]) -> list[Place]:
    return [_place(channel, one) for one in some]


def _empty(job: Job, notes: Notes) -> None:
    for channel, some in _given(job):
        if any(one.bytes > 0 and not one.name.startswith(".") for one in some):
            continue
        found = "no objects"
        if some:
            found = f"{len(some)} objects, but only hidden or empty ones"
        notes.add(
            "channel/no-objects",
            "error",
            channel.where(*_S3, "S3Uri"),
            channel=channel,
            found=f"{found} under {channel.uri or 'the source'}",
            expected="files with data",
            fix="check the prefix: it is compared with whole keys, case included",
            message=f"no file found in path .../input/data/{channel.name}",
            sources=("https://github.com/boto/boto3/issues/1397",),
        )


def _hidden(job: Job, notes: Notes) -> None:
    entry = job.algorithm
    for channel, some in _given(job):
        hidden = [one for one in some if one.name.startswith(".")]
        fact = entry.hidden_files if entry is not None else None
        if not hidden or fact is None or fact.value == "ignored":
            continue
        notes.add(
            "channel/hidden-file",
            "error" if fact.value == "error" else "warning",
            channel.where(*_S3, "S3Uri"),
            channel=channel,
            found=f"{len(hidden)} hidden files, such as {hidden[0].name!r}",
            expected="no file whose name begins with '.'",
            fix="remove them, or move them out of the prefix",
            facts=[fact],
            message="Hidden file found in the data path! Remove that before training."
            if entry is not None and entry.key == "xgboost"
            else None,
            places=_places(channel, hidden),
            count=len(hidden),
        )


def _stray(job: Job, notes: Notes) -> None:
    ignored = job.algorithm is not None and job.algorithm.hidden_files.value == "ignored"
    for channel, some in _given(job):
        stray = [
            one
            for one in some
            if (one.name.startswith("_") or one.name.endswith(_NO_DATA))
            and not (ignored and one.name == "_SUCCESS")
            and channel.kind_of_source == "S3Prefix"
            and holds_rows(job.algorithm, channel.name)
        ]
        if stray:
            notes.add(
                "channel/stray-file",
                "warning",
                channel.where(*_S3, "S3Uri"),
                channel=channel,
                found=f"{len(stray)} files that do not look like data, such as "
                f"{stray[0].name!r}",
                expected="data only: all files under the prefix are read",
                fix="remove them, or move them out of the prefix",
                sources=("https://github.com/aws/amazon-sagemaker-examples/issues/668",),
                places=_places(channel, stray),
                count=len(stray),
            )


def _types(job: Job, notes: Notes) -> None:
    for channel, some in _given(job):
        form = job.format_of(channel)
        if form is None or not holds_rows(job.algorithm, channel.name):
            continue
        other = [
            one
            for one in some
            if (kind := _kind(one.name)) is not None
            and form.kind not in (kind, *_ALSO.get(kind, ()))
        ]
        if other:
            notes.add(
                "channel/object-type",
                "warning",
                channel.where("ContentType"),
                channel=channel,
                found=f"{other[0].name!r} in a channel of {form.content_type}",
                expected=f"files that are {form.kind}, as ContentType says",
                fix="correct ContentType, or convert the files",
                places=_places(channel, other),
                count=len(other),
            )
        if form.kind in ("csv", "libsvm", "recordio-protobuf"):
            _gzip(job, channel, [one for one in some if one.name.endswith(".gz")], notes)


def _kind(name: str) -> str | None:
    plain = name.lower()
    for ending in (".gz", ".snappy"):
        plain = plain[: -len(ending)] if plain.endswith(ending) else plain
    return next((kind for end, kind in _KINDS.items() if plain.endswith(end)), None)


def _gzip(job: Job, channel: Channel, packed: list[Object], notes: Notes) -> None:
    mode, how = job.mode_of(channel), channel.text("CompressionType")
    if not packed or (mode == "Pipe" and how == "Gzip") or mode is None:
        return
    notes.add(
        "channel/compressed-file",
        "warning",
        channel.where("CompressionType"),
        channel=channel,
        found=f"{packed[0].name!r} in {mode} mode, CompressionType {how or 'not set'}",
        expected="files that are not compressed (no page says that the container unpacks "
        "any)",
        fix='set CompressionType to "Gzip"'
        if mode == "Pipe"
        else "unpack them before the upload",
        sources=(f"{API}Channel.html",),
        places=_places(channel, packed),
        count=len(packed),
    )


def _prefix(job: Job, notes: Notes) -> None:
    """Keys that a prefix takes in although they are in no folder of that name."""
    for channel, some in _given(job):
        prefix = urlsplit(channel.uri or "").path.lstrip("/")
        if channel.kind_of_source != "S3Prefix" or not prefix or prefix.endswith("/"):
            continue
        other = [
            one
            for one in some
            if one.key.startswith(prefix) and one.key[len(prefix) :][:1] not in ("", "/")
        ]
        inside = [one for one in some if one.key.startswith(f"{prefix}/")]
        if other and inside:
            notes.add(
                "channel/open-prefix",
                "warning",
                channel.where(*_S3, "S3Uri"),
                channel=channel,
                found=f"{channel.uri} also takes in {other[0].key!r}",
                expected=f"keys under {prefix}/ only: a prefix is compared as text",
                fix=f"write {channel.uri}/",
                sources=(f"{API}S3DataSource.html",),
                places=_places(channel, other),
                count=len(other),
            )


def _identical(job: Job, notes: Notes) -> None:
    first: dict[str, tuple[Channel, Object]] = {}
    for channel, some in _given(job):
        for one in some:
            if one.digest is None or one.bytes == 0:
                continue
            owner, twin = first.setdefault(one.digest, (channel, one))
            if twin is one:
                continue
            across = owner.name != channel.name
            notes.add(
                "channel/identical-files",
                "warning" if across else "note",
                channel.where(*_S3, "S3Uri"),
                channel=channel,
                found=f"{one.key!r} of channel {channel.name!r} is the same as "
                f"{twin.key!r} of channel {owner.name!r} (digest "
                f"{one.digest[:_DIGITS]})",
                expected="other rows in each channel" if across else "each row once",
                fix="split the data again" if across else "remove one of them",
                places=[_place(owner, twin), _place(channel, one)],
                count=1,
            )


RULES = tuple(
    Rule(ids, apply, ("objects",))
    for ids, apply in (
        (("channel/no-objects",), _empty),
        (("channel/hidden-file",), _hidden),
        (("channel/stray-file",), _stray),
        (("channel/object-type", "channel/compressed-file"), _types),
        (("channel/open-prefix",), _prefix),
        (("channel/identical-files",), _identical),
    )
)
