"""Numbers and strange text as people read them."""

from __future__ import annotations

__all__ = ["human_bytes", "plural", "printable"]


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


def printable(text: str) -> str:
    r"""Text in which nothing can command a terminal, in one line.

    What a file holds may be anything. What cannot be printed is shown as Python would.

    Examples
    --------
    >>> print(printable("a\x1b[31m\tb\ud800 naïve ☃"))
    a\x1b[31m\tb\ud800 naïve ☃
    """
    if text.isprintable():
        return text
    return "".join(
        one
        if one.isprintable()
        else one.encode("unicode_escape", "surrogatepass").decode("ascii")
        for one in text
    )
