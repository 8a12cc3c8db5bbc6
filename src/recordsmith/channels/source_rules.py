"""Rules about where a channel's data are and how they come into the container."""

from __future__ import annotations

from itertools import permutations

from .collecting import API, GUIDE, Notes, Rule, listed
from .job import Channel, Job

__all__ = ["RULES"]

_S3 = ("DataSource", "S3DataSource")
_SOURCES = ("S3DataSource", "FileSystemDataSource", "DatasetSource")
_ACCESS = f"{GUIDE}model-access-training-data.html"
_MANIFEST_PAGE = f"{GUIDE}augmented-manifest.html"
# The service takes 20; a list of thousands is told to be too long, and not compared.
_MOST_CHANNELS = 100
_RECORDIO = ("recordio-protobuf", "recordio")


def _data_source(job: Job, notes: Notes) -> None:
    for channel in job.channels:
        source = channel.get("DataSource")
        if not isinstance(source, dict):
            continue
        given = [name for name in _SOURCES if name in source]
        if not given:
            notes.add(
                "channel/data-source",
                "error",
                channel.where("DataSource"),
                channel=channel,
                found="no source",
                expected=f"{listed(_SOURCES)}",
                fix="say where the data are",
                sources=(f"{API}DataSource.html",),
            )
        elif len(given) > 1:
            notes.add(
                "channel/data-source",
                "warning",
                channel.where("DataSource"),
                channel=channel,
                found=listed(given, "and"),
                expected="one source (no page says which of several is read)",
                fix="make a channel of each",
                sources=(f"{API}DataSource.html",),
            )


def _file_system(job: Job, notes: Notes) -> None:
    for channel in job.channels:
        if channel.file_system is None:
            continue
        mode = job.mode_of(channel)
        if mode in ("Pipe", "FastFile"):
            notes.add(
                "channel/file-system",
                "error",
                channel.where("InputMode"),
                channel=channel,
                found=f"a file system in {mode} mode",
                expected="File mode: a file system is mounted as it is",
                fix='set InputMode to "File" on this channel',
                sources=(_ACCESS, f"{API}FileSystemDataSource.html"),
            )
        path = channel.text("DataSource", "FileSystemDataSource", "DirectoryPath")
        if path is not None and not path.startswith("/"):
            notes.add(
                "channel/file-system",
                "warning",
                channel.where("DataSource", "FileSystemDataSource", "DirectoryPath"),
                channel=channel,
                found=repr(path),
                expected="the whole path of a folder, from / (no page says so)",
                fix=f"write {'/' + path!r}",
                sources=(f"{API}FileSystemDataSource.html",),
            )
        if job.whole is not None and "VpcConfig" not in job.whole:
            notes.add(
                "channel/file-system",
                "warning",
                channel.where("DataSource", "FileSystemDataSource"),
                channel=channel,
                found="a file system, and a job without VpcConfig",
                expected="a job within the file system's VPC (inferred: it can be "
                "reached from there only)",
                fix="add VpcConfig to the job",
                sources=(_ACCESS,),
            )


def _fast_file(job: Job, notes: Notes) -> None:
    for channel in job.channels:
        kind = channel.kind_of_source
        if job.mode_of(channel) == "FastFile" and kind not in (None, "S3Prefix"):
            notes.add(
                "channel/fast-file",
                "error",
                channel.where(*_S3, "S3DataType"),
                channel=channel,
                found=f"{kind} in FastFile mode",
                expected="S3Prefix: FastFile reads no manifests",
                fix="give the folder as S3Prefix, or use File or Pipe mode",
                sources=(_ACCESS,),
            )


def _manifests(job: Job, notes: Notes) -> None:
    for channel in job.channels:
        kind, uri = channel.kind_of_source, channel.uri
        if kind in ("ManifestFile", "AugmentedManifestFile") and (uri or "")[-1:] == "/":
            notes.add(
                "channel/manifest",
                "error",
                channel.where(*_S3, "S3Uri"),
                channel=channel,
                found=f"a folder, {uri!r}, as {kind}",
                expected="the address of the manifest itself",
                fix="name the manifest, or write S3Prefix",
                sources=(f"{API}S3DataSource.html",),
            )
        names = channel.get(*_S3, "AttributeNames")
        if kind == "AugmentedManifestFile":
            _augmented(job, channel, notes)
        elif names and kind is not None:
            notes.add(
                "channel/attribute-names",
                "warning",
                channel.where(*_S3, "AttributeNames"),
                channel=channel,
                found=f"AttributeNames with {kind}",
                expected="AttributeNames with AugmentedManifestFile only (no page says "
                "what they do elsewhere)",
                fix="remove them, or write AugmentedManifestFile",
                sources=(f"{API}S3DataSource.html",),
            )


def _augmented(job: Job, channel: Channel, notes: Notes) -> None:
    mode = job.mode_of(channel)
    if mode == "File":  # for FastFile there is a rule of its own
        notes.add(
            "channel/augmented-manifest",
            "warning",
            channel.where("InputMode"),
            channel=channel,
            found="AugmentedManifestFile in File mode",
            expected="Pipe mode (conflict: one page lists File too, two say Pipe only)",
            fix='set InputMode to "Pipe"',
            sources=(_MANIFEST_PAGE, f"{API}S3DataSource.html", _ACCESS),
        )
    if not channel.get(*_S3, "AttributeNames"):
        notes.add(
            "channel/attribute-names",
            "error",
            channel.where(*_S3, "AttributeNames"),
            channel=channel,
            found="AugmentedManifestFile without AttributeNames",
            expected="the attributes to stream, in their order; others are left out",
            fix='add AttributeNames, such as ["source-ref", "label"]',
            sources=(_MANIFEST_PAGE,),
        )
    entry = job.algorithm
    if entry is None:
        return
    if entry.augmented_manifest.value is not True:
        sure_no = entry.augmented_manifest.value is False
        notes.add(
            "channel/augmented-manifest",
            "error" if sure_no else "warning",
            channel.where(*_S3, "S3DataType"),
            channel=channel,
            found=f"AugmentedManifestFile for {entry.key}",
            expected=f"{entry.key} reads none"
            if sure_no
            else "an algorithm that reads it",
            fix="give the files themselves: S3Prefix or ManifestFile",
            facts=[entry.augmented_manifest],
        )
    elif channel.text("RecordWrapperType") != "RecordIO" and mode == "Pipe":
        notes.add(
            "channel/record-wrapper",
            "warning",
            channel.where("RecordWrapperType"),
            channel=channel,
            found="AugmentedManifestFile without RecordWrapperType",
            expected="RecordIO, which keeps attributes apart in the stream (inferred "
            "from the algorithms whose pages say so)",
            fix='set RecordWrapperType to "RecordIO"',
            message="(Input Error) Unable to parse record: The Record IO header does not "
            "start with the magic number",
            sources=(_MANIFEST_PAGE, *entry.augmented_manifest.sources),
        )


def _compression(job: Job, notes: Notes) -> None:
    for channel in job.channels:
        mode = job.mode_of(channel)
        if channel.text("CompressionType") != "Gzip" or mode == "Pipe":
            continue
        if mode is None:
            notes.skip("channel/compression", "the input mode is not known")
            continue
        message = None
        if mode == "File":
            message = (
                f"Invalid compression type for channel {channel.name}: File mode only "
                "supports NONE, got Gzip"
            )
        notes.add(
            "channel/compression",
            "error",
            channel.where("CompressionType"),
            channel=channel,
            found=f"Gzip in {mode} mode",
            expected="CompressionType in Pipe mode only",
            fix="leave CompressionType out and upload the files uncompressed, or set "
            'InputMode to "Pipe" if the algorithm reads it',
            message=message,
            sources=(
                f"{API}Channel.html",
                "https://github.com/aws/sagemaker-python-sdk/issues/716",
            ),
        )


def _record_wrapper(job: Job, notes: Notes) -> None:
    for channel in job.channels:
        if channel.text("RecordWrapperType") != "RecordIO":
            continue
        mode, form = job.mode_of(channel), job.format_of(channel)
        plain = channel.content_type.plain if channel.content_type else ""
        if mode in ("File", "FastFile"):
            notes.add(
                "channel/record-wrapper",
                "error",
                channel.where("RecordWrapperType"),
                channel=channel,
                found=f"RecordIO in {mode} mode",
                expected="RecordWrapperType in Pipe mode only",
                fix="leave RecordWrapperType out",
                sources=(f"{API}Channel.html",),
            )
        elif channel.kind_of_source != "AugmentedManifestFile" and (
            (form is not None and form.kind in _RECORDIO)
            or plain in ("application/x-recordio-protobuf", "application/x-recordio")
        ):
            notes.add(
                "channel/record-wrapper",
                "error",
                channel.where("RecordWrapperType"),
                channel=channel,
                found=f"RecordIO around files that are RecordIO: {plain or 'by default'}",
                expected="files that are no RecordIO: each becomes one record",
                fix="leave RecordWrapperType out",
                sources=(f"{API}Channel.html",),
            )
        elif mode is None:
            notes.skip("channel/record-wrapper", "the input mode is not known")


def _shuffle(job: Job, notes: Notes) -> None:
    for channel in job.channels:
        if channel.get("ShuffleConfig") and channel.distribution == "ShardedByS3Key":
            notes.add(
                "channel/shuffle",
                "note",
                channel.where("ShuffleConfig"),
                channel=channel,
                found="ShuffleConfig with ShardedByS3Key",
                expected="to know that in Pipe mode each epoch gives other objects to an "
                "instance",
                fix="leave one out if an instance is to see the same rows in each epoch",
                sources=(f"{API}Channel.html",),
            )


def _shared_sources(job: Job, notes: Notes) -> None:
    """Two channels that read the same, or of which one takes in the other."""
    for one, other in permutations(job.channels[:_MOST_CHANNELS], 2):
        first, second = _address(one), _address(other)
        if first is None or second is None:
            continue
        if first == second:
            # Each pair once.
            if job.channels.index(one) < job.channels.index(other):
                _same(one, other, first, notes)
        elif one.kind_of_source == "S3Prefix" and second.startswith(first):
            notes.add(
                "channel/overlap",
                "warning",
                one.where(*_S3, "S3Uri"),
                channel=one,
                found=f"{first} of channel {one.name!r} takes in {second} of "
                f"{other.name!r}: a prefix stands for all keys that begin with it",
                expected="channels that share no data",
                fix=f"put the data of {one.name!r} under a prefix of its own",
                sources=(f"{API}S3DataSource.html",),
            )


def _same(one: Channel, other: Channel, address: str, notes: Notes) -> None:
    notes.add(
        "channel/same-source",
        "warning",
        other.where("DataSource"),
        channel=other,
        found=f"channels {one.name!r} and {other.name!r} both read {address}",
        expected="data of its own for each channel: scores on what a model was trained "
        "on say nothing",
        fix="split the data and give each part its own prefix",
    )


def _address(channel: Channel) -> str | None:
    if channel.uri is not None:
        # Both of a channel's attribute lists and its URI say what is read.
        names = channel.texts(*_S3, "AttributeNames")
        return channel.uri + (f" ({', '.join(names)})" if names else "")
    if channel.file_system is not None:
        parts = (
            channel.text("DataSource", "FileSystemDataSource", name)
            for name in ("FileSystemId", "DirectoryPath")
        )
        return ":".join(part or "" for part in parts)
    return None


RULES = (
    Rule(("channel/data-source",), _data_source),
    Rule(("channel/file-system",), _file_system),
    Rule(("channel/fast-file",), _fast_file),
    Rule(
        ("channel/manifest", "channel/augmented-manifest", "channel/attribute-names"),
        _manifests,
    ),
    Rule(("channel/compression",), _compression),
    Rule(("channel/record-wrapper",), _record_wrapper),
    Rule(("channel/shuffle",), _shuffle),
    Rule(("channel/same-source", "channel/overlap"), _shared_sources),
)
