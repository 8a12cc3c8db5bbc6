"""Rules about files: whole, of the right kind, none astray, none twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from ..algorithm_table.types import Format
from ..reporting.findings import Place
from ..wording import plural
from .context import Context, rule
from .file_facts import FileFacts
from .references import CHANNEL_API, XGBOOST_DATA
from .request import KINDS

__all__ = ["RULES"]

_BLOCK = 1 << 20
_DAMAGE = (
    "file/not-recordio",
    "file/raw-recordio",
    "file/double-wrapped",
    "file/damaged",
    "file/truncated",
    "file/trailing",
    "file/padding",
    "file/split",
    "file/unreadable",
    "record/protobuf",
    "record/shape-mismatch",
    "record/key-count",
    "record/key-range",
    "record/text",
    "data/parse",
)
# What the reader of XGBoost's container says to each, and that of the first-party images.
_CORRUPT = "contains a corrupt RecordIO-protobuf message"
_NO_MAGIC = "The Record IO header does not start with the magic number"
_SPLIT_OR_CUT = "Truncated record at offset N"
_MESSAGES: dict[str, tuple[str | None, str | None]] = {
    "file/not-recordio": ("Invalid RecordIO magic at offset 0", _NO_MAGIC),
    "file/raw-recordio": (None, "Unable to parse record"),
    "file/double-wrapped": ("No records found in RecordIO-Protobuf data", _CORRUPT),
    "file/damaged": ("Invalid RecordIO magic at offset N", _NO_MAGIC),
    "file/truncated": (_SPLIT_OR_CUT, None),
    "file/split": (_SPLIT_OR_CUT, None),
    "record/protobuf": (None, _CORRUPT),
    "record/key-count": (
        "indices and data should have the same size",
        "... key(s) but ... value(s)",
    ),
    "record/shape-mismatch": (None, "has ... value(s) but a shape of ..."),
    "record/key-range": (None, "one or more invalid keys"),
}
_EXPECTED = {
    "file/not-recordio": "RecordIO: the magic number 0xced7230a at the head of the file",
    "file/raw-recordio": "RecordIO-protobuf: a SageMaker record in every frame",
    "file/double-wrapped": "one RecordIO frame around each record",
    "file/damaged": "whole RecordIO frames one after another",
    "file/truncated": "a file that ends where a record ends",
    "file/trailing": "a file that ends where a record ends",
    "file/padding": "every frame padded with zeros to a multiple of 4 bytes",
    "file/split": "every record in one frame: XGBoost cannot read split ones, and other "
    "readers disagree on them",
    "file/unreadable": "data that can be read to the end",
    "record/protobuf": "a protobuf message of the SageMaker schema",
    "record/shape-mismatch": "as many values as the shape asks for",
    "record/key-count": "one key for each value of a sparse row",
    "record/key-range": "keys from 0, below the number of columns",
    "record/text": "UTF-8",
    "data/parse": "numbers in all fields of all rows",
}
_WARNINGS = ("file/padding", "file/split", "file/trailing")


@rule(*_DAMAGE)
def damage(ctx: Context) -> None:
    """Every byte belongs to a record that can be read."""
    for about, one in ctx.damages.items():
        severity = "error"
        if one.rule in _WARNINGS and not ctx.is_xgboost:
            severity = "warning"
        message, sources = ctx.reader(*_MESSAGES.get(one.rule, (None, None)))
        ctx.report(
            one.rule,
            one.reason,
            _EXPECTED[one.rule],
            one.fix,
            at=one.found,
            severity=severity,
            message=message,
            sources=sources if one.rule in _MESSAGES else (),
            about=about,
        )


def _places(ctx: Context, paths: Iterable[str]) -> list[Place]:
    channel = ctx.request.channel if ctx.request.algorithm is not None else None
    return [Place(path=path, channel=channel) for path in paths]


def _rows(ctx: Context) -> int:
    """Rows of all files, those included that hold no numbers to check."""
    return max(ctx.facts.rows, sum(one.rows for one in ctx.files))


@rule("file/empty", early=False)
def empty(ctx: Context) -> None:
    """There is something to read."""
    if not all(one.looked_at for one in ctx.files):
        return
    if not _rows(ctx) and not ctx.damages and not ctx.text.issues.found:
        where = f" in channel {ctx.request.channel}" if ctx.request.algorithm else ""
        ctx.report(
            "file/empty",
            f"there is no row{where}",
            "at least one row",
            "check the path or prefix, and the job that wrote it",
            at=_places(ctx, (one.path for one in ctx.files)),
            message="no file found in path .../input/data/" + ctx.request.channel,
            sources=(XGBOOST_DATA,),
        )
        return
    hollow = [one.path for one in ctx.files if not one.rows and one.size is not None]
    if hollow and not ctx.damages and not ctx.text.issues.found:
        ctx.report(
            "file/empty",
            f"{len(hollow):,} of {plural(len(ctx.files), 'file')} without any row",
            "rows in every file: an instance that gets only such files has nothing to do",
            "leave these files out",
            at=_places(ctx, hollow),
            severity="warning",
        )


@rule("file/hidden", "file/stray", "file/depth", early=False)
def stray(ctx: Context) -> None:
    """Under the prefix is nothing but data, where it is found."""
    hidden = [path for one, path in ctx.stray if one == "file/hidden"]
    fact = ctx.request.algorithm.hidden_files if ctx.request.algorithm else None
    if hidden:
        stops = fact is not None and fact.value == "error"
        ctx.report(
            "file/hidden",
            f"{plural(len(hidden), 'hidden file')}: the name begins with a dot",
            "data files only under the prefix",
            "delete them: find FOLDER -name '.*' -type f -delete",
            at=_places(ctx, hidden),
            fact=fact if stops else None,
            severity="error" if stops else "warning",
            message="Hidden file found in the data path! Remove that before training."
            if stops
            else None,
        )
    other = [path for one, path in ctx.stray if one == "file/stray"]
    if other:
        ctx.report(
            "file/stray",
            f"{plural(len(other), 'file')} beside the data, such as "
            f"{Path(other[0]).name}",
            "data files only under the prefix: a job gets all that is there",
            "delete them, or keep them beside the prefix",
            at=_places(ctx, other),
            severity="warning",
            message="Blankspace and colon not found in firstline" if ctx.kind else None,
        )
    deep = [path for one, path in ctx.stray if one == "file/depth"]
    below = ctx.request.constraint("three folders deep")
    if deep and below is not None:
        ctx.report(
            "file/depth",
            f"{plural(len(deep), 'file')} more than three folders down, where nothing is "
            "loaded, without a word",
            "files at most three folders below the prefix",
            "move them up",
            at=_places(ctx, deep),
            fact=below,
            severity="warning",
        )


@rule("file/format", early=False)
def kinds(ctx: Context) -> None:
    """The files are what the algorithm, and the content type, say they are."""
    algorithm = ctx.request.algorithm
    known = [one for one in ctx.files if one.kind is not None]
    mixed = sorted({str(one.kind) for one in known})
    if len(mixed) > 1:
        ctx.report(
            "file/format",
            f"the files are of several kinds: {', '.join(mixed)}",
            "one kind of file in a channel",
            "keep each kind under a prefix of its own",
            at=_places(ctx, (one.path for one in known if one.kind != known[0].kind)),
            message="Please verify the data matches the requested content-type.",
            about="mixed",
        )
    if algorithm is None or ctx.kind == "memory" or not ctx.request.trains:
        return
    content_type = ctx.request.content_type
    if content_type is not None and ctx.format is None:
        return  # channel/content-type says so
    wrong = [one for one in known if not _fits(ctx, one)]
    if not wrong:
        return
    found = KINDS.get(str(wrong[0].kind), str(wrong[0].kind))
    formats = algorithm.formats if ctx.format is None else (ctx.format,)
    ctx.report(
        "file/format",
        f"the data are {found}"
        + (f", declared as {content_type}" if content_type is not None else ""),
        f"{algorithm.name} trains on "
        + " or ".join(one.content_type for one in algorithm.formats)
        if content_type is None
        else f"what {content_type} says",
        _convert_advice(formats[0], algorithm.key),
        at=_places(ctx, (one.path for one in wrong)),
        message=f"Unable to read data channel '{ctx.request.channel}'. Requested "
        f"content-type is '{content_type or formats[0].content_type}'. Please verify the "
        "data matches the requested content-type.",
        sources=algorithm.sources[:1],
        about="kind",
    )


def _fits(ctx: Context, one: FileFacts) -> bool:
    assert ctx.request.algorithm is not None
    kind = KINDS.get(str(one.kind), str(one.kind))
    if ctx.format is not None:
        return kind == ctx.format.kind
    return any(kind == fmt.kind for fmt in ctx.request.algorithm.formats)


def _convert_advice(fmt: Format, key: str) -> str:
    suffix = {"recordio-protobuf": "pbr", "csv": "csv", "libsvm": "libsvm"}.get(fmt.kind)
    if suffix is None:
        return f"write {fmt.kind}, ContentType {fmt.content_type}"
    return f"recordsmith convert IN train.{suffix} --algorithm {key}"


@rule("file/compressed", early=False)
def compressed(ctx: Context) -> None:
    """Files are compressed only where the channel says so, in Pipe mode."""
    found = [one for one in ctx.files if one.compression is not None]
    if not found or ctx.request.algorithm is None:
        return
    if ctx.format is not None and ctx.format.kind in ("json", "parquet"):
        return
    pipe = ctx.request.input_mode == "Pipe"
    if pipe and (ctx.request.compression or "").lower() == "gzip":
        return
    ctx.report(
        "file/compressed",
        f"{plural(len(found), 'file')} compressed with {found[0].compression}",
        "CompressionType Gzip on the channel"
        if pipe
        else "plain files: only Pipe mode "
        "takes compressed ones, with CompressionType Gzip",
        "decompress them: gunzip FILE, or convert them again without compression",
        at=_places(ctx, (one.path for one in found)),
        message="Invalid RecordIO magic at offset 0"
        if ctx.kind == "recordio-protobuf"
        else None,
        sources=(CHANNEL_API,),
    )


@rule("file/identical", early=False)
def identical(ctx: Context) -> None:
    """No file is there twice, nor among the training data."""
    own = [(one.path, one.location) for one in ctx.files if one.location is not None]
    foreign = [(path, path) for path in (ctx.against.files if ctx.against else ())]
    twins = _twins([*own, *foreign])
    mine = {path for path, _ in own}
    trained = {path for path, _ in foreign}
    for group in twins:
        inside = [path for path in group if path in mine]
        if not inside:
            continue
        outside = [path for path in group if path in trained and path not in mine]
        what = "training data" if outside else "channel"
        ctx.report(
            "file/identical",
            f"{inside[-1]} is identical to {(outside or inside)[0]}",
            f"no file twice in the {what}",
            "leave one of them out; data to validate with must not be trained on",
            at=_places(ctx, inside if outside else inside[1:]),
            severity="warning",
            sources=(XGBOOST_DATA,),
        )


def _twins(files: list[tuple[str, str | None]]) -> list[list[str]]:
    """Groups of files with the same content; only those of one size are read."""
    by_size: dict[int, list[str]] = {}
    for path, location in files:
        if location is not None and Path(location).is_file():
            size = Path(location).stat().st_size
            if size:
                by_size.setdefault(size, []).append(path)
    groups = []
    for paths in by_size.values():
        if len(paths) < 2:
            continue
        by_digest: dict[bytes, list[str]] = {}
        for path in paths:
            by_digest.setdefault(_digest(path), []).append(path)
        groups += [group for group in by_digest.values() if len(group) > 1]
    return groups


def _digest(path: str) -> bytes:
    found = hashlib.blake2b(digest_size=16)
    with Path(path).open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.digest()


@rule("file/one-record", early=False)
def one_record(ctx: Context) -> None:
    """Old XGBoost images cannot read a file of one record."""
    algorithm = ctx.request.algorithm
    if algorithm is None or not ctx.is_xgboost or ctx.kind != "recordio-protobuf":
        return
    if ctx.request.container in (None, *algorithm.image_tags[-1:]):
        return
    short = [one.path for one in ctx.files if one.rows == 1]
    if short:
        ctx.report(
            "file/one-record",
            f"{plural(len(short), 'file')} of one record",
            "not confirmed: two records or more in a file for images before "
            f"{algorithm.image_tags[-1]}",
            "put the rows into fewer files",
            at=_places(ctx, short),
            severity="warning",
            message="zero-dimensional arrays cannot be concatenated",
            sources=("https://github.com/aws/sagemaker-xgboost-container/issues/85",),
        )


RULES = (damage, empty, stray, kinds, compressed, identical, one_record)
