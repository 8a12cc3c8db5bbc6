"""What a delivery did."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Delivery", "Sent", "Served"]


@dataclass(frozen=True)
class Sent:
    """What :func:`recordsmith.pipe.send` did.

    Attributes
    ----------
    dest : str
        What messages call the other end.
    rows, bytes : int
        Rows and bytes sent.
    seconds : float
        Wall time, from the first byte on.
    waited_s : float
        The part of it in which the reader kept the writer waiting.
    """

    dest: str
    rows: int
    bytes: int
    seconds: float
    waited_s: float


@dataclass(frozen=True)
class Delivery:
    """One epoch of a channel.

    Attributes
    ----------
    channel, epoch : str, int
    bytes : int
        Bytes that the reader took.
    ended : {"whole", "closed", "cut"}
        "whole": read to its end; "closed": the reader closed it early, as it may; "cut":
        the command, or the server, ended first.
    seconds : float
        From the reader's opening to the end.
    waited_s : float
        The part of it in which the reader kept the writer waiting.
    """

    channel: str
    epoch: int
    bytes: int
    ended: str
    seconds: float
    waited_s: float


@dataclass(frozen=True)
class Served:
    """What :func:`recordsmith.pipe.serve` did.

    Attributes
    ----------
    deliveries : tuple of Delivery
        All epochs that were opened, by channel and epoch.
    unopened : tuple of (str, int)
        Epochs that were asked for and that nobody opened: channel and number.
    exit_code : int or None
        The command's; negative for a signal, as in `subprocess`.
    seconds : float
        Wall time.
    kept : str or None
        Folder of what the command left in its model and output folders.
    """

    deliveries: tuple[Delivery, ...]
    unopened: tuple[tuple[str, int], ...]
    exit_code: int | None
    seconds: float
    kept: str | None = None
