"""What a reader of channels can be told, checked before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

from ..errors import InputError

__all__ = ["Settings", "check_shard"]

_MODES = (None, "Pipe", "File", "FastFile")
_LASTS = ("keep", "drop", "pad")
_ON_ERROR = ("raise", "skip")


@dataclass(frozen=True)
class Settings:
    """The options of :class:`recordsmith.pipe.Channel`, which describes them."""

    mode: str | None = None
    content_type: str | None = None
    label_size: int | None = None
    frames: bool | None = None
    group: int = 1
    rows: int | None = None
    last: str = "keep"
    shuffle: int = 0
    seed: int = 0
    shard: tuple[int, int] | str | None = None
    prefetch: int = 2
    on_error: str = "raise"
    allow_empty: bool = False
    timeout_s: float = 300.0
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value, known in (
            ("mode", self.mode, _MODES),
            ("last", self.last, _LASTS),
            ("on_error", self.on_error, _ON_ERROR),
        ):
            if value not in known:
                names = ", ".join(repr(one) for one in known)
                raise InputError(f"{name} is {value!r}, expected one of {names}")
        _check_numbers(self)
        if self.rows is None and self.last != "keep":
            raise InputError(
                f"last is {self.last!r}, and batches have no fixed size",
                advice="pass rows= as well",
            )
        if self.shard != "auto":
            check_shard(self.shard, ", or 'auto'")


def _check_numbers(settings: Settings) -> None:
    for name, least in (
        ("label_size", 0),
        ("group", 1),
        ("rows", 1),
        ("seed", 0),
        ("prefetch", 0),
    ):
        value = getattr(settings, name)
        optional = name in ("label_size", "rows")
        if not (_is_count(value, least) or (optional and value is None)):
            raise InputError(f"{name} is {value!r}, expected {least} or more")
    if not _is_count(settings.shuffle) or settings.shuffle == 1:
        raise InputError(
            f"shuffle is {settings.shuffle!r}, expected a window of 2 rows or more",
            advice="0 leaves the order as it is",
        )
    timeout_s: Any = settings.timeout_s
    if not (isinstance(timeout_s, (int, float)) and timeout_s > 0):
        raise InputError(
            f"timeout_s is {timeout_s!r}, expected more than 0",
            advice='float("inf") waits for ever',
        )


def _is_count(value: Any, least: int = 0) -> bool:
    return isinstance(value, Integral) and int(value) >= least


def check_shard(shard: Any, otherwise: str = "") -> None:
    """Refuse what is no (i, n); `otherwise`: what else would have been right."""
    if shard is None:
        return
    try:
        which, n_shards = shard
        fits = _is_count(which) and _is_count(n_shards, which + 1)
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise InputError(
            f"shard is {shard!r}, expected (i, n) with i from 0 to n - 1{otherwise}"
        )
