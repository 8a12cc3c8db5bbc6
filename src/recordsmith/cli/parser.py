"""The parser of the command line, with suggestions for what was mistyped."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from . import (
    algorithms,
    cat,
    channel,
    compare,
    convert,
    head,
    inspect,
    join,
    pipe,
    salvage,
    stats,
    transform,
    validate,
    verify,
)

__all__ = ["COMMANDS", "Parser", "build_parser"]

COMMANDS = {
    "convert": convert,
    "validate": validate,
    "inspect": inspect,
    "stats": stats,
    "compare": compare,
    "head": head,
    "cat": cat,
    "verify": verify,
    "salvage": salvage,
    "algorithms": algorithms,
    "channel": channel,
    "pipe": pipe,
    "transform": transform,
    "join": join,
}

_DESCRIPTION = """\
Convert tables and matrices to RecordIO-protobuf, the native training format of Amazon
SageMaker's algorithms, and back; look into such files; check and repair them.

CSV, libsvm, Parquet, Arrow IPC, JSON Lines, .npy and .npz are read and written, too.
"-" is standard input or output. Input may be compressed by gzip or zstd."""

_EPILOG = """\
examples:
  recordsmith convert train.csv train.pbr --label target --dtype float32
  recordsmith inspect train.pbr
  recordsmith head -n 3 train.pbr
  recordsmith COMMAND --help

exit codes: 0 fine, 1 bad data or I/O, 2 wrong usage, 3 validate or channel has
findings, 130 interrupted, 143 terminated"""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that suggests what may have been meant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **kwargs,
        )
        self.commands: dict[str, Parser] = {}

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = list(map(str, action.choices))
        what = "command" if isinstance(action, argparse._SubParsersAction) else "value"
        hint = _nearest(str(value), choices) or f"choose from {', '.join(choices)}"
        raise argparse.ArgumentError(
            None if what == "command" else action, f"unknown {what} {value!r}; {hint}"
        )

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> argparse.Namespace:
        """As ArgumentParser's; unknown options are an error that names the nearest."""
        parsed: argparse.Namespace
        own, rest = _divide(list(sys.argv[1:] if args is None else args))
        parsed, unknown = self.parse_known_args(own, namespace)
        parsed.program = rest
        parser = self.commands.get(getattr(parsed, "command", None) or "", self)
        parser = parser.commands.get(getattr(parsed, "action", None) or "", parser)
        if unknown:
            name = unknown[0].split("=")[0]
            hint = _nearest(name, parser._option_string_actions)
            if not hint:
                hint = f"see {parser.prog} --help"
            parser.error(f"unknown argument {unknown[0]!r}; {hint}")
        if parsed.command is None:
            self.error(f"no command; choose from {', '.join(COMMANDS)}")
        parsed.parser = parser
        parsed.flags = parser.flags()
        return parsed

    def flags(self) -> dict[str, str]:
        """The option of each parameter: {"dtype": "--dtype"}."""
        return {
            action.dest: max(action.option_strings, key=lambda one: one[:2] == "--")
            for action in self._actions
            if action.option_strings
        }

    def error(self, message: str) -> NoReturn:
        """Print one line, and where help is to be had, and exit with code 2."""
        line = re.sub(r"\s*\n\s*", " ", message)
        self.exit(2, f"recordsmith: {line}\ntry: {self.prog} --help\n")


def _divide(args: list[str]) -> tuple[list[str], list[str] | None]:
    """Our own arguments, and what stands after "--", where a program is to stand."""
    runs = getattr(COMMANDS.get(args[0]) if args else None, "RUNS_A_PROGRAM", False)
    if not runs or "--" not in args:
        return args, None
    at = args.index("--")
    return args[:at], args[at + 1 :]


def _nearest(word: str, words: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(words), 1)
    return f"did you mean {close[0]}?" if close else ""


def build_parser() -> Parser:
    """The parser of all commands."""
    parser = Parser(prog="recordsmith", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, module in COMMANDS.items():
        one = commands.add_parser(
            name,
            help=module.HELP,
            description=f"{module.HELP[0].upper()}{module.HELP[1:]}.",
            epilog=module.EPILOG,
        )
        module.add_arguments(one)
        one.set_defaults(run=module.run)
        parser.commands[name] = one
    return parser


class _Version(argparse.Action):
    def __init__(self, option_strings: list[str], dest: str, help: str) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        from .. import __version__

        print(f"recordsmith {__version__}")
        parser.exit()
