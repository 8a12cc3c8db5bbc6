"""recordsmith compare: which format should I use?"""

from __future__ import annotations

import argparse

from . import options, process
from .progress import progress_bar

__all__ = ["EPILOG", "HELP", "add_arguments", "run"]

HELP = "say which format to use for an algorithm, measured on a sample of the data"
EPILOG = """\
examples:
  recordsmith compare train.csv --algorithm linear-learner --label target
  recordsmith compare a.libsvm --index-base 0 --n-features 127 --algorithm xgboost
  recordsmith compare part-*.parquet --label y --algorithm kmeans --input-mode Pipe
  recordsmith compare train.csv --label y --algorithm pca --plot formats.svg --json

Each format that the algorithm takes is written to a temporary file and read back: size,
time, what is lost. One line says what to use, then why, and the command that makes it.
Where only one format is taken, it says so at once; --measure measures it anyway."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="SRC",
        help="files, folders or globs; - is standard input",
    )
    add = parser.add_argument
    add(
        "-a",
        "--algorithm",
        required=True,
        metavar="NAME",
        help="as recordsmith algorithms lists them",
    )
    add("--container", metavar="TAG", help="the image's tag; default: the newest")
    add(
        "--input-mode",
        choices=("File", "Pipe", "FastFile"),
        metavar="MODE",
        help="File, Pipe or FastFile: recommend only what can be read so",
    )
    add("--plot", metavar="FILE", help="draw the figures: .svg, .png or .pdf")
    add(
        "--measure",
        action="store_true",
        help="measure even where the algorithm takes one format only",
    )
    group = parser.add_argument_group("sample")
    add = group.add_argument
    add("--sample-rows", type=int, metavar="N", help="rows to measure; default: 20000")
    add(
        "--sample-bytes",
        type=int,
        metavar="N",
        help="memory that they may take; default: 67108864 (64 MiB)",
    )
    add("--repeat", type=int, metavar="N", help="timed passes; default: 3")
    add("--seed", type=int, metavar="N", help="for the choice of rows; default: 0")
    options.add_source_options(parser)
    options.add_message_options(parser)


def run(args: argparse.Namespace) -> int:
    """Compare."""
    from .. import compare

    settings = options.given(args)
    plot = settings.pop("plot", None)
    if plot is not None:
        from ..comparison.drawing import refuse_without_matplotlib

        refuse_without_matplotlib()
    with progress_bar(args) as progress:
        found = compare(
            options.one_or_many(args.paths),
            settings.pop("algorithm"),
            progress=progress,
            **settings,
        )
    if plot is not None:
        found.plot(plot)
        process.say(args, f"plot written to {plot}")
    if args.json:
        process.print_json(found.to_dict())
    else:
        print(found)
    return 0
