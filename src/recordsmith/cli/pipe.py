"""recordsmith pipe: serve channels in pipe mode, and run the script that reads them."""

from __future__ import annotations

import argparse
import signal
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from . import options, process
from .progress import human_bytes, plural

if TYPE_CHECKING:
    from ..pipe import Delivery, Feed, Served, Server

__all__ = ["EPILOG", "HELP", "RUNS_A_PROGRAM", "add_arguments", "run"]

RUNS_A_PROGRAM = True
HELP = "serve channels in pipe mode, as a training job does, to a program on this machine"
EPILOG = """\
examples:
  recordsmith pipe data/train/ --epochs 3 -- python train.py
  recordsmith pipe --channel train data/train/ --channel validation data/val/ \\
      --content-type application/x-recordio-protobuf -- python train.py
  recordsmith pipe images/ --wrap recordio --shuffle --seed 1 -- python train.py
  recordsmith pipe --job job.json --channel train data/ -- python train.py
  recordsmith pipe train.csv --as recordio --label target -- python train.py
  recordsmith pipe data/train/ --directory /opt/ml/input/data --epochs 3

Each epoch of a channel is a FIFO, CHANNEL_0, CHANNEL_1, ..., through which the files are
streamed one after the other. The first is there when the program starts; the next
appears when the program has read the one before to its end, or has closed it early. With
no --directory, a temporary folder that looks like /opt/ml holds them, with
inputdataconfig.json and its like. The program finds them by SM_CHANNEL_TRAIN (with _0
after it), SM_INPUT_DIR and the other variables of SageMaker's training toolkit.

The exit code is the program's (128 + N if signal N ended it), or 1 if serving failed."""

_ENDED = {"whole": "read to its end", "closed": "closed early", "cut": "cut off"}
_FEED = ("content_type", "gzip", "wrap", "shard")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.usage = (
        "recordsmith pipe [SRC ...] [OPTION ...] [--channel NAME [SRC ...]] "
        "[-- PROGRAM [ARG ...]]"
    )
    add = parser.add_argument
    add(
        "paths",
        nargs="*",
        metavar="SRC",
        help="files, folders or globs; - is standard input",
    )
    add(
        "--channel",
        action="append",
        nargs="+",
        metavar=("NAME", "SRC"),
        help="the channel's name (default: train); for several channels, the name and "
        "the sources of each",
    )
    add(
        "--epochs",
        type=int,
        metavar="N",
        help="FIFOs for each channel; default: as many as the program reads, 1 without a "
        "program",
    )
    add(
        "--directory",
        metavar="FOLDER",
        help="folder of the FIFOs; default: a temporary one",
    )
    add(
        "--timeout-s",
        type=float,
        metavar="S",
        help="give up, and end the program, if nothing is read for so many seconds; "
        "default: never",
    )
    add(
        "--job",
        metavar="FILE",
        help="a create_training_job request, or its InputDataConfig: what the options of "
        "the channel would say, and hyperparameters",
    )
    add(
        "--hyperparameters",
        action="append",
        metavar="FILE|NAME=VALUE",
        help="for hyperparameters.json: a JSON file, or one by one",
    )
    group = parser.add_argument_group("channel")
    add = group.add_argument
    add("--content-type", metavar="TYPE", help="ContentType, which the program is told")
    add(
        "--gzip",
        action="store_true",
        default=None,
        help="CompressionType Gzip: the files are compressed, and are decompressed on "
        "the way, as the platform does",
    )
    add(
        "--wrap",
        choices=("recordio",),
        metavar="recordio",
        help="RecordWrapperType: each file (or attribute) becomes one record",
    )
    add("--shuffle", action="store_true", help="ShuffleConfig: other order in each epoch")
    add("--seed", type=int, metavar="N", help="of the shuffling; default: 0")
    add(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="ShardedByS3Key: only the files of host I of N, counted from 0",
    )
    add(
        "--attributes",
        type=options.names,
        metavar="NAMES",
        help="the files are augmented manifests: stream these attributes of each line",
    )
    add(
        "--refs",
        action="append",
        type=_ref,
        metavar="PREFIX=FOLDER",
        help="where the manifest's files are: s3://bucket/images/=images/",
    )
    add(
        "--as",
        dest="to",
        choices=("recordio",),
        metavar="recordio",
        help="convert the files on the way to RecordIO-protobuf (the platform does not)",
    )
    add(
        "--algorithm",
        metavar="NAME",
        help="with --as recordio: rows are what it takes; one that it would refuse ends "
        "the program",
    )
    options.add_source_options(parser)
    options.add_message_options(parser, progress=False)


def run(args: argparse.Namespace) -> int:
    """Serve."""
    from ..pipe import Server

    feeds, settings = _feeds(args)
    if args.program == []:
        args.parser.error("no program stands after --")
    epochs = args.epochs if args.epochs is not None or args.program else 1
    server = Server(
        feeds,
        epochs=epochs,
        directory=args.directory,
        timeout_s=args.timeout_s,
        on_delivery=lambda one: process.say(args, _line(one)),
        **settings,
    )
    try:
        with server:
            if not args.program:
                process.say(args, _serving(server, list(feeds)))
            code = server.wait(args.program)
    except BaseException:
        kept = server.result().kept
        if kept is not None:
            process.say(args, _kept(kept))
        raise
    served = server.result(code)
    if args.json:
        process.print_json(asdict(served))
    else:
        for line in _summary(served, args.program):
            process.say(args, line)
    return 0 if code is None else code if code >= 0 else 128 - code


def _feeds(args: argparse.Namespace) -> tuple[dict[str, Feed], dict[str, Any]]:
    """What the channels are fed with, and hyperparameters for the program."""
    from ..pipe import Feed, feeds_of_job

    settings: dict[str, Any] = {}
    options.load_hyperparameters(args, settings)
    channels, common = _channels(args), _feed(args)
    if args.job is not None:
        refs = common.pop("refs", None)
        for name in common:
            flag = {"seed": "--shuffle", "convert": "--as"}.get(name) or args.flags[name]
            args.parser.error(f"{flag} and --job: the job says it")
        feeds, told = feeds_of_job(args.job, channels, refs=refs)
        return feeds, {"hyperparameters": {**told, **settings.get("hyperparameters", {})}}
    feeds = {}
    for name, src in channels.items():
        own = dict(common)
        if args.algorithm is not None:
            own["convert"] = {**common["convert"], **settings, "channel": name}
        feeds[name] = Feed(src, **own)
    return feeds, settings


def _channels(args: argparse.Namespace) -> dict[str, Any]:
    """What each channel is fed with, by name."""
    found: dict[str, Any] = {}
    bare = list(args.paths)
    for name, *sources in args.channel or [["train"]]:
        if name in found:
            args.parser.error(f"channel {name} is named twice: put its sources together")
        if not sources:
            sources, bare = bare, []
        if not sources:
            args.parser.error(f"channel {name} has no source: --channel {name} SRC ...")
        found[name] = options.one_or_many(sources)
    if bare:
        args.parser.error(
            f"no channel is left for {bare[0]}: sources stand after --channel NAME"
        )
    return found


def _feed(args: argparse.Namespace) -> dict[str, Any]:
    """Options of all channels."""
    found = {name: getattr(args, name) for name in (*_FEED, "attributes")}
    found = {name: value for name, value in found.items() if value is not None}
    if args.seed is not None and not args.shuffle:
        args.parser.error("--seed is for --shuffle")
    if args.shuffle:
        found["seed"] = args.seed or 0
    if args.refs:
        if args.attributes is None and args.job is None:
            args.parser.error("--refs is for --attributes, or for --job")
        found["refs"] = dict(args.refs)
    reading = options.given(args)
    for name in (*found, "shuffle", "to", "channel", "epochs", "directory", "timeout_s"):
        reading.pop(name, None)
    for name in ("hyperparameters", "job", "refs", "seed"):
        reading.pop(name, None)
    if args.to is not None:
        found["convert"] = reading
    elif reading:
        flag = args.flags.get(next(iter(reading)), next(iter(reading)))
        args.parser.error(f"{flag} is for --as recordio: files are streamed as they are")
    return found


def _serving(server: Server, channels: list[str]) -> str:
    where = server.environment.get("SM_INPUT_DIR")
    told = f" (SM_INPUT_DIR={where})" if where else ""
    names = " and ".join(f"{name}_0" for name in channels)
    return f"serving {names} in {server.directory}{told}"


def _kept(folder: str) -> str:
    return f"what the program wrote is in {folder}"


def _line(one: Delivery) -> str:
    rate = human_bytes(one.bytes / max(one.seconds, 1e-9))
    return (
        f"{one.channel}_{one.epoch}: {human_bytes(one.bytes)}, {_ENDED[one.ended]}, in "
        f"{one.seconds:.1f} s ({rate}/s; {one.waited_s:.1f} s waiting for the reader)"
    )


def _summary(served: Served, program: list[str] | None) -> list[str]:
    lines = []
    if served.unopened:
        names = ", ".join(f"{name}_{epoch}" for name, epoch in served.unopened)
        lines.append(f"not opened: {names}")
    if program is not None and served.exit_code:
        lines.append(f"{program[0]} ended {_how(served.exit_code)}")
    total = sum(one.bytes for one in served.deliveries)
    lines.append(
        f"{plural(len(served.deliveries), 'epoch')}, {human_bytes(total)} in "
        f"{served.seconds:.1f} s"
    )
    if served.kept is not None:
        lines.append(_kept(served.kept))
    return lines


def _how(code: int) -> str:
    if code > 0:
        return f"with exit code {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"


# -- types -----------------------------------------------------------------------------


def _shard(text: str) -> tuple[int, int]:
    """
    >>> _shard("0/4")
    (0, 4)
    """
    at, _, n = text.partition("/")
    if not (at.isdecimal() and n.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not I/N, as in 0/4")
    return int(at), int(n)


def _ref(text: str) -> tuple[str, str]:
    """
    >>> _ref("s3://bucket/a=b/=folder")
    ('s3://bucket/a=b/', 'folder')
    """
    prefix, sign, folder = text.rpartition("=")
    if not (prefix and sign and folder):
        raise argparse.ArgumentTypeError(f"{text!r} is not PREFIX=FOLDER")
    return prefix, folder
