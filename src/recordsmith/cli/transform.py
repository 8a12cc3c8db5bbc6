"""recordsmith transform: files for batch transform, and what the job is to be told."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from ..errors import ValidationError
from . import options, process
from .progress import human_bytes, plural, progress_bar

if TYPE_CHECKING:
    from ..inference.transforming import TransformFiles

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "write requests to a model: files for batch transform, or bodies for an endpoint"
EPILOG = """\
examples:
  recordsmith transform new.csv batch/ --algorithm kmeans --drop id
  recordsmith transform new.parquet batch/ --algorithm xgboost --content-type csv
  recordsmith transform new.csv batch/ --algorithm pca --max-payload-mb 20 \\
      --input-uri s3://bucket/batch/ --output-uri s3://bucket/scores/ --json
  recordsmith transform new.csv bodies/ --content-type application/json --rows 100
  recordsmith transform new.npz bodies/ --algorithm knn --whole-files
  aws sagemaker-runtime invoke-endpoint --body fileb://bodies/part-00000.pbr ...

The files are cut between rows and called part-00000 and so on in their order; beside the
folder stands its manifest, which says which rows are where. What is printed goes into the
job. Rows that the algorithm would refuse make no files: the exit code is then 3."""

_DENSIFIED_LIMIT = 1 << 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.usage = "recordsmith transform [OPTION ...] SRC [SRC ...] OUTDIR"
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="SRC ... OUTDIR",
        help="files, folders or globs to read, and the folder to make; - is standard "
        "input",
    )
    _add_request_options(parser)
    _add_job_options(parser)
    parser.add_argument(
        "--overwrite", action="store_true", help="replace a folder that this command made"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="default: all cores")
    options.add_source_options(parser)
    options.add_message_options(parser)


def _add_request_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("requests")
    add = group.add_argument
    add("--algorithm", metavar="NAME", help="see: recordsmith algorithms")
    add(
        "--content-type",
        metavar="TYPE",
        help="csv, json, jsonlines, libsvm, recordio-protobuf, or a whole content type; "
        "default: what the algorithm takes",
    )
    add("--accept", metavar="TYPE", help="of the responses; default: the algorithm's")
    add(
        "--max-payload-mb",
        type=int,
        metavar="N",
        help="the longest request, 1 to 100 MB; default: 6",
    )
    add("--rows", type=int, metavar="N", help="at most so many rows in a file")
    add("--file-bytes", type=int, metavar="N", help="no file is longer; default: 64 MiB")
    add(
        "--whole-files",
        action="store_true",
        default=None,
        help="each file is one request, for an endpoint or SplitType None",
    )
    add(
        "--form",
        choices=("auto", "dense", "sparse"),
        metavar="FORM",
        help="auto (as the data are), dense or sparse",
    )
    add(
        "--drop-labels",
        action="store_true",
        default=None,
        help="leave labels in the data out, instead of refusing them",
    )
    add(
        "--extras",
        choices=("error", "drop"),
        metavar="WHAT",
        help="uid and metadata, where they have no place: error (default) or drop",
    )
    add("--configuration", metavar="JSON", help="the algorithm's settings of an instance")
    add(
        "--duplicates",
        choices=("error", "sum", "keep"),
        metavar="WHAT",
        help="a key stored twice in a row: error (default), sum, or (recordio) keep",
    )
    add(
        "--empty-rows",
        choices=("keep", "explicit-zero", "error"),
        metavar="WHAT",
        help="sparse rows without values; default: what the algorithm reads",
    )
    add("--container", metavar="TAG", help="the image's tag; default: the newest")
    add("--against", metavar="REPORT", help="the JSON report of the training data")


def _add_job_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the job")
    add = group.add_argument
    add("--input-uri", metavar="S3URI", help="where the folder will be copied to")
    add("--output-uri", metavar="S3URI", help="where the results are to go")
    add("--max-concurrent", type=int, metavar="N", help="MaxConcurrentTransforms")
    add(
        "--join-source",
        action="store_true",
        help="have SageMaker put each result beside its input",
    )


def run(args: argparse.Namespace) -> int:
    """Write the files, and print the job's settings."""
    if len(args.paths) < 2:
        args.parser.error("transform needs an input and a folder to make")
    from .. import transform_files

    *sources, folder = args.paths
    settings = options.given(args)
    del settings["join_source"]
    told = {
        name: settings.pop(name, None)
        for name in ("input_uri", "output_uri", "max_concurrent")
    }
    _check_job(args, told)
    if args.configuration is not None:
        settings["configuration"] = _configuration(args)
    try:
        with progress_bar(args) as progress:
            done = transform_files(
                options.one_or_many(sources), folder, progress=progress, **settings
            )
    except ValidationError as error:
        return _refused(args, error)
    job = done.settings(**told, join_source=args.join_source)
    if args.json:
        process.print_json(_as_json(done, job))
    else:
        process.say(args, _summary(done))
        print(json.dumps(job, indent=2))
    return 0


def _check_job(args: argparse.Namespace, told: dict[str, Any]) -> None:
    """Refuse what the service would refuse of the job before anything is written."""
    from ..inference.job_settings import (
        check_payload,
        choose_accept,
        split_of,
        transform_settings,
    )
    from ..inference.media import choose_media

    payload = 6 if args.max_payload_mb is None else args.max_payload_mb
    check_payload(payload)
    media = choose_media(args.content_type, args.algorithm)
    transform_settings(
        content_type=media.header,
        split_type=split_of(media.kind, bool(args.whole_files)),
        accept=choose_accept(media, args.accept),
        max_payload_mb=payload,
        join_source=args.join_source,
        **told,
    )


def _configuration(args: argparse.Namespace) -> dict[str, Any]:
    try:
        found: Any = json.loads(args.configuration)
    except ValueError as error:
        args.parser.error(f"--configuration is no JSON: {error}")
    if not isinstance(found, dict):
        args.parser.error("--configuration is no JSON object")
    return dict(found)


def _refused(args: argparse.Namespace, error: ValidationError) -> int:
    """Print why the algorithm would refuse the rows; nothing was published."""
    if args.json:
        print(error.report.to_json())
    else:
        print(error.report, file=sys.stderr)
        process.say(args, "nothing was written")
    return 3


def _as_json(done: TransformFiles, job: dict[str, Any]) -> dict[str, Any]:
    return {
        "folder": done.folder,
        "manifest": done.manifest,
        "rows": done.rows,
        "files": len(done.files),
        "bytes": done.bytes,
        "densified_bytes": done.densified_bytes,
        "seconds": round(done.seconds, 6),
        "changes": done.tally.changes(),
        "settings": job,
        "report": None if done.report is None else done.report.to_dict(),
    }


def _summary(done: TransformFiles) -> str:
    lines = [
        f"{plural(done.rows, 'row')}, {human_bytes(done.bytes)} written to "
        f"{plural(len(done.files), 'file')} in {done.folder} in {done.seconds:.1f} s"
    ]
    for name, count in done.tally.changes().items():
        lines.append(f"  {name.replace('_', ' ')}: {count:,}")
    dense = done.densified_bytes
    if dense is not None and dense > _DENSIFIED_LIMIT:
        lines.append(
            f"  warning: the rows of one payload take {human_bytes(dense)} if the "
            "container makes them dense; a smaller --max-payload-mb sends fewer at once"
        )
    findings = done.report.findings if done.report is not None else ()
    lines += [f"  {one.severity}: {one.found}; {one.fix}" for one in findings]
    return "\n".join(lines)
