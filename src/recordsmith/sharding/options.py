"""What can be asked of a folder of shards, checked before anything is read."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError

__all__ = ["OPTIONS", "AUTO_BYTES", "Layout", "is_folder", "pop_options"]

AUTO_BYTES = 128 << 20
_MOST_SHARDS = 100_000  # names of five digits sort
_MOST_OPEN = 500  # files that are written at a time; systems often allow 1,024
_MOST_PARTS = 20  # the channels that a training job may have
_CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")

# Options of a verb that are about a folder of shards.
OPTIONS = (
    "shards",
    "instances",
    "max_shard_bytes",
    "split",
    "k_fold",
    "stratify",
    "group_by",
    "shuffle",
    "seed",
    "sagemaker_manifest",
)


def pop_options(options: dict[str, Any]) -> dict[str, Any]:
    """Take what is about shards out of a verb's options."""
    found = {name: options.pop(name) for name in OPTIONS if name in options}
    return {name: value for name, value in found.items() if value is not None}


def is_folder(dest: Any, options: Mapping[str, Any]) -> bool:
    """Is a destination a folder: by its name, as it is there, or by what is asked for?"""
    if not isinstance(dest, (str, os.PathLike)) or os.fspath(dest) == "-":
        if options:
            raise InputError(
                f"{', '.join(f'{name}=' for name in options)} is about a folder of "
                "files, the output is none",
                advice="name a folder",
            )
        return False
    if options:
        return True
    name = os.fspath(dest)
    if "://" in name:  # shards are of this machine; the sink says what an address can be
        return False
    return name.endswith(("/", os.sep)) or Path(name).is_dir()


@dataclass(frozen=True)
class Layout:
    """How rows are laid out in files.

    Attributes
    ----------
    shards : int or "auto" or None
        Files of each part. "auto": as many as make files of about 128 MiB.
    instances : int or None
        The number of files is a multiple of it.
    max_shard_bytes : int or None
        No file is longer.
    split : dict of str to float
        Parts and their shares of the rows; {} for one part without a name.
    k_fold : int or None
    stratify : bool
        Each part has its share of the rows of each label.
    group_by : column, or None
        Rows that are alike in it go to the same part.
    shuffle : bool
        Write the rows of each part in an order that the seed makes.
    seed : int or None
        Of the split and the order; None is 0.
    sagemaker_manifest : str or None
        The address that the folder is copied to.
    """

    shards: int | str | None = None
    instances: int | None = None
    max_shard_bytes: int | None = None
    split: Mapping[str, float] = field(default_factory=dict)
    k_fold: int | None = None
    stratify: bool = False
    group_by: Any = None
    shuffle: bool = False
    seed: int | None = None
    sagemaker_manifest: str | None = None

    def __post_init__(self) -> None:
        _check_counts(self)
        if self.k_fold is not None:
            _check_k_fold(self)
            names = (f"fold-{number}" for number in range(self.k_fold))
            object.__setattr__(self, "split", dict.fromkeys(names, 1 / self.k_fold))
        if self.split:
            object.__setattr__(self, "split", _shares(self.split))
        uri = self.sagemaker_manifest
        if uri is not None and not re.match(r"s3://[^/]+/", str(uri)):
            raise InputError(
                f"sagemaker_manifest is {uri!r}, expected where the folder is copied to",
                advice="such as s3://bucket/data/",
            )

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts' folders; "" for the folder itself."""
        return tuple(self.split) or ("",)

    def count(self, part: str, size: int | None) -> int | None:
        """Files of a part, where that is known before all rows are: of a source of `size`
        bytes."""
        if self.max_shard_bytes is not None:
            return None
        if isinstance(self.shards, int):
            n_files = self.shards
        elif size is None:
            return None
        else:
            share = size * self.split.get(part, 1.0)
            group = self.instances or 1
            n_files = group * max(1, math.ceil(share / AUTO_BYTES / group))
        n_open = n_files * len(self.parts)
        if n_open > _MOST_OPEN:
            raise InputError(
                f"{n_open:,} files would be open at a time, {_MOST_OPEN} is the most",
                advice="pass max_shard_bytes= to have them written one after the other",
            )
        return n_files

    def to_dict(self) -> dict[str, Any]:
        """What was asked for, for JSON."""
        found = {name: getattr(self, name) for name in OPTIONS}
        found["split"] = dict(self.split) if self.split and not self.k_fold else None
        found["stratify"] = self.stratify or None
        found["shuffle"] = self.shuffle or None
        found["seed"] = (self.seed or 0) if self.split or self.shuffle else None
        if not isinstance(self.group_by, (str, int, type(None))):
            found["group_by"] = type(self.group_by).__name__
        return {name: value for name, value in found.items() if value is not None}


def _check_counts(layout: Layout) -> None:
    for name in ("instances", "max_shard_bytes"):
        _check_whole(name, getattr(layout, name), 1)
    _check_whole("seed", layout.seed, 0)
    if layout.stratify and not layout.split and layout.k_fold is None:
        raise InputError(
            "stratify= is given, and nothing is split", advice="pass split= or k_fold="
        )
    if layout.group_by is not None and not layout.split and layout.k_fold is None:
        raise InputError(
            "group_by= is given, and nothing is split", advice="pass split= or k_fold="
        )
    if layout.group_by is not None and layout.stratify:
        raise InputError(
            "stratify= and group_by= are both given, and each decides where a row goes",
            advice="pass one of them",
        )
    random = layout.split or layout.k_fold is not None or layout.shuffle
    if layout.seed is not None and not random:
        raise InputError(
            "seed= is given, and nothing is split or shuffled",
            advice="pass split=, k_fold= or shuffle=True",
        )
    if layout.instances is not None and layout.instances > _MOST_OPEN:
        raise InputError(f"instances is {layout.instances}, at most {_MOST_OPEN} will do")
    shards = layout.shards
    if shards in (None, "auto"):
        return
    if isinstance(shards, str):
        raise InputError(f"shards is {shards!r}, expected a number or 'auto'")
    _check_whole("shards", shards, 1)
    if layout.max_shard_bytes is not None:
        raise InputError(
            "shards and max_shard_bytes are both given, and one decides the other",
            advice="pass one of them",
        )
    if layout.instances is not None and shards % layout.instances:
        raise InputError(
            f"shards is {shards}, expected a multiple of instances, {layout.instances}",
            advice="each instance then reads as many files as the others",
        )


def _check_whole(name: str, value: Any, least: int) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value is not None and not (whole and least <= value < 2**63):
        raise InputError(f"{name} is {value!r}, expected a whole number from {least} on")


def _check_k_fold(layout: Layout) -> None:
    if layout.split:
        raise InputError("split and k_fold are both given", advice="pass one of them")
    _check_whole("k_fold", layout.k_fold, 2)
    if layout.k_fold is not None and layout.k_fold > _MOST_PARTS:
        raise InputError(f"k_fold is {layout.k_fold}, at most {_MOST_PARTS} will do")


def _shares(split: Any) -> dict[str, float]:
    """The parts' shares, checked, which add up to 1."""
    if not isinstance(split, Mapping):
        raise InputError(
            f"split is a {type(split).__name__}, expected shares by name",
            advice='such as {"train": 0.9, "validation": 0.1}',
        )
    if len(split) > _MOST_PARTS:
        raise InputError(f"split has {len(split)} parts, at most {_MOST_PARTS} will do")
    shares = {}
    for name, share in split.items():
        if not isinstance(name, str) or not _CHANNEL.match(name):
            raise InputError(
                f"split: {name!r} is no name of a channel",
                advice="names have letters, digits, '.', '-' and '_', 64 at most",
            )
        if isinstance(share, bool) or not isinstance(share, (int, float)):
            raise InputError(f"split: {name} is {share!r}, expected a share such as 0.8")
        if not 0 < share <= 1:
            raise InputError(f"split: {name} is {share}, expected more than 0, at most 1")
        shares[name] = float(share)
    total = math.fsum(shares.values())
    if abs(total - 1) > 1e-6:
        raise InputError(
            f"split: the shares add up to {total:g}, expected 1",
            advice="each row goes to one part; name a part for those you do not need",
        )
    return shares
