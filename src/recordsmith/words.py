"""Numbers as people read them."""

from __future__ import annotations

__all__ = ["human_bytes", "plural"]


def human_bytes(n: float) -> str:
    """A number of bytes.

    Examples
    --------
    >>> human_bytes(999), human_bytes(123456), human_bytes(2.5e9)
    ('999 bytes', '123.5 kB', '2.5 GB')
    """
    if n < 1000:
        return f"{n:.0f} byte{'' if n == 1 else 's'}"
    for unit in ("kB", "MB", "GB"):
        n /= 1000
        if n < 999.95:
            return f"{n:.1f} {unit}"
    return f"{n / 1000:.1f} TB"


def plural(n: int, word: str) -> str:
    """
    >>> plural(1, "row"), plural(1234, "row")
    ('1 row', '1,234 rows')
    """
    return f"{n:,} {word}{'' if n == 1 else 's'}"
