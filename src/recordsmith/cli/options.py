"""Options that several commands share. Their names are those of the API's parameters."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

__all__ = [
    "add_algorithm_options",
    "add_dest_options",
    "add_message_options",
    "add_shard_options",
    "add_source_options",
    "given",
    "load_hyperparameters",
    "one_or_many",
]

_DTYPES = ("float32", "float64", "int32")
_SOURCE_FORMATS = (
    "recordio",
    "csv",
    "libsvm",
    "jsonl",
    "parquet",
    "arrow",
    "npz",
    "npy",
)
_DEST_FORMATS = (*_SOURCE_FORMATS, "tsv")
_COMPRESSIONS = ("gzip", "zstd", "snappy", "lz4", "brotli", "none")


def add_message_options(parser: argparse.ArgumentParser, progress: bool = True) -> None:
    """--quiet, --json and the like."""
    group = parser.add_argument_group("messages")
    group.add_argument(
        "--json", action="store_true", help="print one JSON object to standard output"
    )
    group.add_argument(
        "-q", "--quiet", action="store_true", help="print nothing but errors"
    )
    if progress:
        group.add_argument(
            "--no-progress", action="store_true", help="show no progress bar"
        )
    group.add_argument(
        "--debug", action="store_true", help="show where in the program an error arose"
    )


def add_source_options(parser: argparse.ArgumentParser, converting: bool = True) -> None:
    """What can be said about an input; see `recordsmith.sources`.

    Without `converting`, what would change its numbers is left out.
    """
    group = parser.add_argument_group(
        "input",
        "A column is a name, or a position from 0; name:X is the column named X whatever "
        "X looks like. Lists are separated by commas.",
    )
    add = group.add_argument
    add(
        "--from",
        dest="source_format",
        choices=_SOURCE_FORMATS,
        metavar="FORMAT",
        help="where content and suffix do not tell: " + ", ".join(_SOURCE_FORMATS),
    )
    add("--label", type=columns, metavar="COLUMN", help="the label's column")
    add("--features", type=columns, metavar="COLUMNS", help="default: all that are left")
    add("--drop", type=columns, metavar="COLUMNS", help="columns to leave out")
    add("--uid", type=column, metavar="COLUMN", help="goes into each record's uid")
    add(
        "--metadata",
        type=column,
        metavar="COLUMN",
        help="goes into each record's metadata",
    )
    if converting:
        _add_conversions(group)
    add("--n-features", type=int, metavar="N", help="columns of sparse rows")
    add(
        "--ragged",
        action="store_true",
        default=None,
        help="recordio: rows are lists of varying length, even if all are equally long",
    )
    add("--array", metavar="NAME", help="npz: the array of features")
    group = parser.add_argument_group("input: text")
    add = group.add_argument
    add(
        "--header",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="csv: the first line holds names",
    )
    add("--names", type=names, metavar="NAMES", help="csv: names of the columns")
    add("--delimiter", type=character, metavar="C", help="csv: default is a comma")
    add("--quote", type=character, metavar="C", help='csv: default is "')
    add("--escape", type=character, metavar="C", help="csv: default is none")
    add("--decimal", type=character, metavar="C", help="csv: default is a point")
    add("--encoding", metavar="NAME", help="default: UTF-8")
    add("--skip-rows", type=int, metavar="N", help="csv: lines before the header")
    add(
        "--on-bad-row",
        choices=("error", "skip"),
        metavar="WHAT",
        help="csv: a line with another number of fields: error (default) or skip",
    )
    add(
        "--null-values",
        type=names,
        metavar="WORDS",
        help="csv: what counts as missing; default: the empty field",
    )
    add(
        "--newlines-in-values",
        action="store_true",
        default=None,
        help="csv: quoted fields may hold line ends",
    )
    add(
        "--index-base",
        type=int,
        choices=(0, 1),
        metavar="N",
        help="libsvm: the first column's number, 0 or 1",
    )
    add(
        "--no-labels",
        dest="labels",
        action="store_false",
        default=None,
        help="libsvm: lines begin with a feature",
    )
    add(
        "--weights",
        choices=("error", "drop"),
        metavar="WHAT",
        help="libsvm: label:weight: error (default) or drop",
    )
    add(
        "--qid",
        choices=("error", "drop"),
        metavar="WHAT",
        help="libsvm: qid:N: error (default) or drop",
    )
    add(
        "--unsorted",
        choices=("error", "keep"),
        metavar="WHAT",
        help="libsvm: indices that do not ascend: error (default) or keep",
    )


def _add_conversions(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--dtype",
        choices=_DTYPES,
        metavar="DTYPE",
        help="of the features: float32, float64 or int32; default: what loses nothing",
    )
    add("--label-dtype", choices=_DTYPES, metavar="DTYPE", help="of the labels")
    add(
        "--nulls",
        type=number_or_word,
        metavar="WHAT",
        help="missing values: error (default), nan, or a number to write",
    )


def add_dest_options(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """What can be said about an output; see `recordsmith.sinks`."""
    group = parser.add_argument_group("output")
    add = group.add_argument
    told = f"default: {default}" if default else "where the suffix does not tell"
    add(
        "--to",
        dest="dest_format",
        choices=_DEST_FORMATS,
        default=default,
        metavar="FORMAT",
        help=f"{told}: {', '.join(_DEST_FORMATS)}",
    )
    add(
        "--compress",
        dest="compression",
        choices=_COMPRESSIONS,
        metavar="HOW",
        help="gzip or zstd; within parquet also snappy, lz4, brotli, none; within arrow "
        "lz4, zstd, none",
    )
    add(
        "--duplicates",
        choices=("error", "sum", "keep"),
        metavar="WHAT",
        help="a sparse row stores a key twice: error (default), sum or keep",
    )
    add(
        "--empty-rows",
        choices=("keep", "explicit-zero", "error"),
        metavar="WHAT",
        help="sparse rows without values: keep (default), explicit-zero (which the "
        "XGBoost container needs) or error",
    )
    add("--write-header", action="store_true", default=None, help="csv: begin with names")
    add(
        "--densify",
        action="store_true",
        default=None,
        help="csv, recordio, flat parquet: write sparse features with all their zeros",
    )
    add(
        "--sparsify",
        action="store_true",
        default=None,
        help="recordio: write dense features as sparse, without their zeros",
    )
    add(
        "--flat",
        action="store_true",
        default=None,
        help="parquet: a column for each number, the label first, as XGBoost wants it",
    )
    add(
        "--extras",
        choices=("error", "drop", "keep"),
        metavar="WHAT",
        help="uid and metadata, where the format has no place for them: error "
        "(default), drop, or (csv) keep as columns",
    )
    add(
        "--write-index-base",
        type=int,
        choices=(0, 1),
        metavar="N",
        help="libsvm: the first column's number; default: 1",
    )
    add(
        "--no-label",
        type=number_or_word,
        metavar="WHAT",
        help="libsvm: rows have no label: error (default), omit, or a number",
    )


def add_shard_options(parser: argparse.ArgumentParser) -> None:
    """How rows are laid out in the files of a folder; see `recordsmith.sharding`."""
    group = parser.add_argument_group(
        "output: a folder of shards",
        "If OUT ends in /, is a folder, or one of these is given. The manifest is "
        "written beside the folder.",
    )
    add = group.add_argument
    add(
        "--shards",
        type=count_or_auto,
        metavar="N",
        help="files, filled evenly; auto (default): files of about 128 MiB",
    )
    add(
        "--instances",
        type=int,
        metavar="N",
        help="the job's: the number of files is a multiple of it",
    )
    add("--max-shard-bytes", type=int, metavar="N", help="no file is longer")
    add(
        "--split",
        type=shares,
        metavar="NAME=SHARE,...",
        help="rows to several channels: train=0.8,validation=0.1,test=0.1",
    )
    add("--k-fold", type=int, metavar="K", help="rows to K folds of equal share")
    add(
        "--stratify",
        action="store_true",
        default=None,
        help="each part gets its share of each label",
    )
    add(
        "--group-by",
        type=column,
        metavar="COLUMN",
        help="rows that are alike in it go to the same part; it is not written",
    )
    add(
        "--shuffle",
        action="store_true",
        default=None,
        help="write the rows in random order; takes temporary space beside OUT",
    )
    add("--seed", type=int, metavar="N", help="of split and shuffle; default: 0")
    add(
        "--sagemaker-manifest",
        metavar="URI",
        help="write SageMaker's ManifestFile, too; the folder goes to s3://BUCKET/PREFIX/",
    )


def add_algorithm_options(parser: argparse.ArgumentParser) -> None:
    """What the rows are for; see `recordsmith.validate`."""
    group = parser.add_argument_group("what the data are for")
    add = group.add_argument
    add("--algorithm", metavar="NAME", help="see: recordsmith algorithms")
    add("--channel", metavar="NAME", help="default: train")
    add(
        "--hyperparameters",
        action="append",
        metavar="FILE|NAME=VALUE",
        help="the job's: a JSON file, or one by one",
    )
    add("--container", metavar="TAG", help="the image's tag; default: the newest")
    add(
        "--purpose",
        choices=("train", "inference", "transform"),
        metavar="WHAT",
        help="train (default), inference or transform",
    )


def load_hyperparameters(args: argparse.Namespace, settings: dict[str, Any]) -> None:
    """Put the job's hyperparameters, of files and single ones, into `settings`."""
    if args.hyperparameters is None:
        return
    found: dict[str, Any] = {}
    for one in args.hyperparameters:
        name, sign, value = one.partition("=")
        if sign and not Path(one).is_file():
            found[name.strip()] = value.strip()
            continue
        try:
            loaded = json.loads(Path(one).read_text("utf-8"))
        except ValueError as error:
            args.parser.error(f"{one} is no JSON: {error}")
        if isinstance(loaded, dict) and isinstance(loaded.get("HyperParameters"), dict):
            loaded = loaded["HyperParameters"]  # a whole training job
        if not isinstance(loaded, dict):
            args.parser.error(f"{one} holds no JSON object")
        found.update(loaded)
    settings["hyperparameters"] = found


_NOT_PARAMETERS = frozenset(
    [
        "command",
        "run",
        "parser",
        "flags",
        "json",
        "quiet",
        "no_progress",
        "debug",
        "paths",
        "path",
        "dry_run",
        "program",
    ]
)


def given(args: argparse.Namespace) -> dict[str, Any]:
    """The API's parameters that the user set."""
    return {
        name: value
        for name, value in vars(args).items()
        if value is not None and name not in _NOT_PARAMETERS
    }


def one_or_many(paths: list[str]) -> Any:
    """A path, or the list where there are several."""
    return paths[0] if len(paths) == 1 else paths


# -- types -----------------------------------------------------------------------------


def column(text: str) -> str | int:
    """A column's name or position.

    Examples
    --------
    >>> column("age"), column("3"), column("name:3")
    ('age', 3, '3')
    """
    if text.startswith("name:"):
        return text[len("name:") :]
    return int(text) if text.isdecimal() else text


def columns(text: str) -> Any:
    """A column, or a list of them.

    Examples
    --------
    >>> columns("age"), columns("0,2,height"), columns("name:a,b")
    ('age', [0, 2, 'height'], 'a,b')
    """
    if text.startswith("name:") or "," not in text:
        return column(text)
    return [column(one) for one in names(text)]


def count_or_auto(text: str) -> int | str:
    """A number of files, or the word."""
    if text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number, nor auto") from None


def shares(text: str) -> dict[str, float]:
    """Shares by name.

    Examples
    --------
    >>> shares("train=0.9,test=.1")
    {'train': 0.9, 'test': 0.1}
    """
    found: dict[str, float] = {}
    for one in names(text):
        name, sign, share = one.partition("=")
        try:
            value = float(share)
        except ValueError:
            sign = ""
        if not sign:
            raise argparse.ArgumentTypeError(f"{one!r} is not NAME=SHARE")
        if name in found:
            raise argparse.ArgumentTypeError(f"{name!r} is named twice")
        found[name] = value
    return found


def names(text: str) -> list[str]:
    """Words with commas between."""
    return text.split(",")


def number_or_word(text: str) -> str | float:
    """A number (but nan is a word)."""
    try:
        number = float(text)
    except ValueError:
        return text
    return "nan" if number != number else number


def character(text: str) -> str:
    r"""One character; \t is a tab."""
    text = {"\\t": "\t", "tab": "\t"}.get(text, text)
    if len(text) != 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not one character")
    return text
