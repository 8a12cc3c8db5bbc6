"""The named pipes of pipe mode: one for each channel and epoch."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from ..errors import InputError

__all__ = ["fifo_path"]

_CHANNEL = re.compile(r"[A-Za-z0-9.\-_]{1,64}\Z")


def fifo_path(directory: Any, channel: str, epoch: int) -> str:
    """Where the platform puts the FIFO of one pass over a channel.

    Parameters
    ----------
    directory : path
        The folder of the inputs; in a training container `/opt/ml/input/data`.
    channel : str
        1 to 64 letters, digits, `.`, `-` or `_`.
    epoch : int
        Passes over the data are counted from 0.

    Raises
    ------
    InputError
        If no channel can have this name, or the epoch is negative.

    Examples
    --------
    >>> fifo_path("/opt/ml/input/data", "train", 2)
    '/opt/ml/input/data/train_2'

    Source
    ------
    SageMaker developer guide, "How Amazon SageMaker Provides Training Information"; the
    service's API reference on ChannelName. Both read on 2026-11-23.
    """
    if not _CHANNEL.match(channel):
        raise InputError(
            f"{channel!r} cannot be the name of a channel",
            advice="use 1 to 64 letters, digits, '.', '-' or '_'",
        )
    if epoch < 0:
        raise InputError(f"epoch is {epoch}, expected 0 or more")
    return str(Path(os.fsdecode(directory), f"{channel}_{epoch}"))
