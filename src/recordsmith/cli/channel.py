"""recordsmith channel: lint a training job's channels, or build one."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import options, process

if TYPE_CHECKING:
    from ..reporting.findings import Report
    from .parser import Parser

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "check a training job's channels before it is paid for, or build one"
EPILOG = """\
examples:
  recordsmith channel lint job.json
  recordsmith channel build train s3://bucket/train/ --algorithm kmeans

recordsmith channel lint --help and recordsmith channel build --help say more."""

_LINT_HELP = "check the channels of a training job"
_LINT_EPILOG = """\
examples:
  recordsmith channel lint job.json
  recordsmith channel lint channels.json --algorithm xgboost --container 3.2-0
  recordsmith channel lint job.json --sarif channels.sarif
  aws s3api list-objects-v2 --bucket B --prefix train/ > train.json
  recordsmith channel lint job.json --objects train=train.json

The file holds, as JSON, what create_training_job or create_hyper_parameter_tuning_job
takes, what describe_training_job gives, an InputDataConfig, or one channel. Nothing is
sent anywhere. Exit codes: 0 no errors and no warnings, 3 some, 1 the file cannot be read,
2 wrong usage."""

_BUILD_HELP = "print a channel as JSON, as create_training_job takes it"
_BUILD_EPILOG = """\
examples:
  recordsmith channel build train s3://bucket/train/ --algorithm rcf --content-type csv
  recordsmith channel build train s3://bucket/train/ --content-type text/csv --sdk
  recordsmith channel build train fs-0123456789abcdef0:/data --file-system-type EFS

What the algorithm makes certain is filled in: the only content type, label_size of CSV,
the distribution. Exit codes: 0 printed, 3 the channel would be wrong: why is printed to
standard error; 1 a value is not known; 2 wrong usage."""

_FILE_SYSTEM = re.compile(r"(fs-[^:/]+):(.*)", re.DOTALL)


def add_arguments(parser: Parser) -> None:
    """Add the command's own commands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    texts = {"lint": (_LINT_HELP, _LINT_EPILOG), "build": (_BUILD_HELP, _BUILD_EPILOG)}
    for name, add in (("lint", _add_lint), ("build", _add_build)):
        text, epilog = texts[name]
        one = actions.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            epilog=epilog,
        )
        add(one)
        parser.commands[name] = one


def _add_lint(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("path", metavar="JOB.json", help="- is standard input")
    _add_algorithm(parser, "default: what the job's image tells")
    add("--instances", type=int, metavar="N", help="where the job does not tell")
    add(
        "--objects",
        action="append",
        default=[],
        type=_listing,
        metavar="CHANNEL=FILE",
        help="what lies in S3 for a channel, as aws s3api list-objects-v2 prints it; may "
        "be given for each channel",
    )
    add("--sarif", metavar="FILE", help="also write a SARIF 2.1.0 log, for GitHub")
    options.add_message_options(parser, progress=False)


def _add_build(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("name", metavar="NAME", help="of the channel, such as train")
    add("uri", metavar="URI", help="s3://BUCKET/PREFIX, a manifest, or fs-ID:/PATH")
    _add_algorithm(parser, "fills in what it makes certain")
    add(
        "--content-type",
        metavar="TYPE",
        help="a content type, or a kind: csv, recordio-protobuf, libsvm, parquet",
    )
    add("--input-mode", metavar="MODE", help="File, Pipe or FastFile; default: the job's")
    add("--distribution", metavar="HOW", help="FullyReplicated or ShardedByS3Key")
    add("--compression", metavar="HOW", help="Gzip; in Pipe mode only")
    add("--record-wrapper", metavar="HOW", help="RecordIO; in Pipe mode only")
    add(
        "--shuffle-seed", type=int, metavar="N", help="shuffle keys or rows in each epoch"
    )
    add(
        "--attribute-names",
        type=options.names,
        metavar="NAMES",
        help="of an augmented manifest; between commas",
    )
    add(
        "--instance-groups",
        type=options.names,
        metavar="NAMES",
        help="the groups that read the channel; between commas",
    )
    add(
        "--s3-data-type",
        metavar="TYPE",
        help="S3Prefix (default), ManifestFile or AugmentedManifestFile",
    )
    add("--file-system-type", metavar="TYPE", help="of fs-ID:/PATH: EFS or FSxLustre")
    add("--access-mode", metavar="MODE", help="of fs-ID:/PATH: ro (default) or rw")
    add(
        "--sdk",
        action="store_true",
        help="print arguments of the SageMaker SDK's TrainingInput or FileSystemInput",
    )
    add("--debug", action="store_true", help="show where in the program an error arose")


def _add_algorithm(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--algorithm", metavar="NAME", help=what)
    parser.add_argument(
        "--container", metavar="TAG", help="tag of the algorithm's image, such as 1.7-1"
    )


def _listing(text: str) -> tuple[str, str]:
    channel, equals, path = text.partition("=")
    if not equals or not channel or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not CHANNEL=FILE")
    return channel, path


def run(args: argparse.Namespace) -> int:
    """Lint or build."""
    return _lint(args) if args.action == "lint" else _build(args)


def _lint(args: argparse.Namespace) -> int:
    from ..channels import lint

    report = lint(
        args.path if args.path != "-" else _standard_input(),
        algorithm=args.algorithm,
        container=args.container,
        instances=args.instances,
        objects={channel: _objects(path) for channel, path in args.objects},
    )
    if args.sarif is not None:
        Path(args.sarif).write_text(report.to_sarif(indent=1) + "\n", "utf-8")
    if args.json:
        process.print_json(report.to_dict())
    elif not (args.quiet and report.clean):
        _show(report, sys.stdout)
    return 0 if report.clean else 3


def _standard_input() -> Any:
    from ..channels.job import read_text

    return read_text(sys.stdin.buffer.read(), "-")


def _objects(path: str) -> list[tuple[Any, ...]]:
    """Key, size and ETag of each object of a listing."""
    from ..channels.job import read_text
    from ..errors import InputError

    found = read_text(Path(path).read_bytes(), path).value
    contents = found.get("Contents", []) if isinstance(found, dict) else found
    try:
        return [(one["Key"], int(one["Size"]), one.get("ETag")) for one in contents]
    except (TypeError, KeyError, ValueError, AttributeError):
        raise InputError(
            'the listing is not {"Contents": [{"Key": ..., "Size": ...}, ...]}',
            advice="take what aws s3api list-objects-v2 prints",
            path=path,
        ) from None


def _show(report: Report, file: Any) -> None:
    from ..reporting.rendering import print_report

    print_report(report, file)


def _build(args: argparse.Namespace) -> int:
    from ..channels import training_input
    from ..errors import ValidationError

    try:
        channel = _channel(args)
    except ValidationError as error:
        _show(error.report, sys.stderr)
        return 3
    if args.sdk:
        channel = training_input(channel)
        if "shuffle_config" in channel:
            channel["shuffle_config"] = channel["shuffle_config"]._asdict()
    print(json.dumps(channel, indent=2))
    return 0


def _channel(args: argparse.Namespace) -> dict[str, Any]:
    from ..channels import build, build_file_system

    shared = {
        name: getattr(args, name) for name in ("algorithm", "container", "content_type")
    }
    of_s3 = (
        "input_mode",
        "distribution",
        "compression",
        "record_wrapper",
        "shuffle_seed",
        "attribute_names",
        "instance_groups",
        "s3_data_type",
    )
    match = _FILE_SYSTEM.fullmatch(args.uri)
    foreign = of_s3 if match else ("file_system_type", "access_mode")
    for name in foreign:
        if getattr(args, name) is not None:
            kind = "a file system" if match else "S3"
            args.parser.error(f"{args.flags[name]} is not for {kind}")
    if match is None:
        return build(
            args.name, args.uri, **shared, **{name: getattr(args, name) for name in of_s3}
        )
    if args.file_system_type is None:
        args.parser.error("a file system needs --file-system-type: EFS or FSxLustre")
    return build_file_system(
        args.name,
        match[1],
        match[2],
        file_system_type=args.file_system_type,
        access_mode=args.access_mode or "ro",
        **shared,
    )
