"""recordsmith validate: would a SageMaker job read these data, and learn from them?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import options
from .progress import progress_bar

if TYPE_CHECKING:
    from ..reporting.findings import Report

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "check data against what an algorithm accepts, before the job is paid for"
EPILOG = """\
examples:
  recordsmith validate train.pbr
  recordsmith validate train/ --algorithm linear-learner --hyperparameters job.json
  recordsmith validate train.csv --algorithm kmeans --content-type 'text/csv;label_size=0'
  recordsmith validate test/ --algorithm randomcutforest --channel test
  recordsmith validate request.pbr --purpose inference --against train-report.json
  recordsmith validate train/ --algorithm xgboost --sarif findings.sarif

exit codes: 0 no errors and no warnings, 1 a file cannot be read, 2 wrong usage,
3 there are errors or warnings"""

_MODES = ("File", "Pipe", "FastFile")
_DISTRIBUTIONS = ("FullyReplicated", "ShardedByS3Key")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="SRC",
        help="files, folders or globs of one channel; - is standard input",
    )
    _add_job_options(parser)
    _add_report_options(parser)
    parser.add_argument("--threads", type=int, metavar="N", help="default: all cores")
    options.add_source_options(parser)
    options.add_message_options(parser)


def _add_job_options(parser: argparse.ArgumentParser) -> None:
    options.add_algorithm_options(parser)
    group = parser.add_argument_group("the channel and the job")
    add = group.add_argument
    add("--content-type", metavar="TYPE", help="the channel's ContentType")
    add("--input-mode", choices=_MODES, metavar="MODE", help=", ".join(_MODES))
    add(
        "--channel-compression",
        dest="compression",
        choices=("None", "Gzip"),
        metavar="HOW",
        help="the channel's CompressionType: None or Gzip",
    )
    add(
        "--distribution",
        choices=_DISTRIBUTIONS,
        metavar="HOW",
        help=" or ".join(_DISTRIBUTIONS),
    )
    add("--instances", type=int, metavar="N", help="of the training job")
    add(
        "--against",
        metavar="SRC",
        help="the training data, or the JSON report of their validation",
    )


def _add_report_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("report")
    add = group.add_argument
    add("--max-places", type=int, metavar="N", help="of each finding; default: 5")
    add("--sarif", metavar="FILE", help="write the report as SARIF 2.1.0, too")
    add("--html", metavar="FILE", help="write the report as a page, too")


def run(args: argparse.Namespace) -> int:
    """Validate."""
    from .. import validate

    settings = options.given(args)
    files = {name: settings.pop(name, None) for name in ("sarif", "html")}
    options.load_hyperparameters(args, settings)
    src = options.one_or_many(args.paths)
    with progress_bar(args) as progress:
        report = validate(src, progress=progress, **settings)
    if files["sarif"] is not None:
        _save(files["sarif"], report.to_sarif())
    if files["html"] is not None:
        _save(files["html"], _page(report))
    if args.json:
        print(report.to_json())
    elif not (args.quiet and report.clean):
        print(report)
    return 0 if report.clean else 3


def _page(report: Report) -> str:
    from html import escape

    head = f'<meta charset="utf-8"><title>{escape(report.subject)}</title>'
    return f"<!doctype html>\n<html><head>{head}</head>\n{report._repr_html_()}</html>"


def _save(path: str, text: str) -> None:
    if path == "-":
        print(text)
    else:
        Path(path).write_text(text + "\n", "utf-8")
