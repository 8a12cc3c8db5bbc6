"""SageMaker's own manifests: a prefix, and the names of the files under it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..publish import open_output
from .dealing import Shard
from .options import Layout

__all__ = ["manifest_names", "write_sagemaker_manifests"]


def manifest_names(folder: str, layout: Layout) -> dict[str, tuple[str, ...]]:
    """The manifests of a folder: the path of each, and the parts that it lists.

    There is one for each part; for folds there are two for each, one with its rows and
    one with all others.

    Examples
    --------
    >>> manifest_names("out/data", Layout(split={"train": 0.8, "test": 0.2}))
    {'out/data.train.manifest': ('train',), 'out/data.test.manifest': ('test',)}
    >>> names = manifest_names("data", Layout(k_fold=3))
    >>> names["data.fold-1.train.manifest"], names["data.fold-1.validation.manifest"]
    (('fold-0', 'fold-2'), ('fold-1',))
    """
    path = Path(folder)
    found: dict[str, tuple[str, ...]] = {}
    for part in layout.parts:
        stem = f"{path.name}.{part}" if part else path.name
        if layout.k_fold is None:
            found[str(path.with_name(f"{stem}.manifest"))] = (part,)
            continue
        others = tuple(one for one in layout.parts if one != part)
        found[str(path.with_name(f"{stem}.train.manifest"))] = others
        found[str(path.with_name(f"{stem}.validation.manifest"))] = (part,)
    return found


def write_sagemaker_manifests(
    folder: str, uri: str, shards: Sequence[Shard], layout: Layout
) -> None:
    """Write them, for a folder that is copied to `uri`."""
    prefix = uri if uri.endswith("/") else f"{uri}/"
    for path, parts in manifest_names(folder, layout).items():
        names = [one.name for one in shards if one.part in parts]
        content: list[Any] = [{"prefix": prefix}, *names]
        with open_output(path, overwrite=True) as out:
            out.write(f"{json.dumps(content, indent=1)}\n".encode())
