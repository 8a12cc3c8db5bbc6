"""What is known of the files themselves: sizes, kinds, damage."""

from __future__ import annotations

from dataclasses import dataclass, field

from .offenders import Offenders

__all__ = ["Damage", "FileFacts"]


@dataclass
class FileFacts:
    """One file.

    Attributes
    ----------
    path : str
        As it was given.
    number : int
        Its place in the order of reading.
    kind : str or None
        What its first bytes say: "recordio", "csv", ...; None if they do not tell.
    size : int or None
        Bytes as it is stored.
    compression : str or None
    rows : int
    location : str or None
        Where it can be opened again; None for a stream.
    looked_at : bool
        Whether its content was.
    """

    path: str
    number: int = 0
    kind: str | None = None
    size: int | None = None
    compression: str | None = None
    rows: int = 0
    location: str | None = None
    looked_at: bool = True


@dataclass
class Damage:
    """One kind of damage or misfit, in all files.

    Attributes
    ----------
    rule : str
    reason : str
        Of the first one.
    fix : str
    found : Offenders
    """

    rule: str
    reason: str
    fix: str
    found: Offenders = field(default_factory=Offenders)
