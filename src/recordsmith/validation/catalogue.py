"""All rules: the id of each, and a sentence that says what must or should be.

A rule's id never changes its meaning. An id that the code uses and that is not here, or
the other way round, makes a test fail.
"""

from __future__ import annotations

__all__ = ["RULES", "title"]

RULES: dict[str, str] = {}


def title(rule: str) -> str:
    """The sentence of a rule; of one that is not known here, its id.

    A report may have been written by a later version.

    Examples
    --------
    >>> title("data/of-a-later-version")
    'data/of-a-later-version'
    """
    return RULES.get(rule, rule)
