"""Which part a row goes to: by its number in the source and a seed, and nothing else.

A row's hash is a bijection of 64-bit numbers (the finisher of SplitMix64) applied to its
number and a key of the seed. So it does not matter how rows were divided into batches,
how many threads there are, or how many files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["Splitter", "row_hashes"]

_GOLDEN = 0x9E3779B97F4A7C15  # 2^64 divided by the golden ratio, odd


def row_hashes(rows: Array, seed: int, purpose: str) -> Array:
    """64 bits of each row, as good as random; others for each seed and purpose.

    Parameters
    ----------
    rows : ndarray of uint64
        Numbers of the rows in the source.
    seed : int
    purpose : str

    Examples
    --------
    >>> len(set(row_hashes(np.arange(1000, dtype="uint64"), 0, "split").tolist()))
    1000
    """
    key = hashlib.sha256(f"{purpose}:{seed}".encode()).digest()
    mixed = rows * np.uint64(_GOLDEN) + np.uint64(int.from_bytes(key[:8], "little"))
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


class Splitter:
    """Deals rows to parts in proportion to their shares.

    Parameters
    ----------
    split : mapping of str to float
        They add up to 1.
    seed : int
    """

    def __init__(self, split: Mapping[str, float], seed: int) -> None:
        self._seed = seed
        self._cuts = np.cumsum(list(split.values()))[:-1]

    def parts(self, rows: Array) -> Array:
        """The part of each row, from 0."""
        return self._dealt(row_hashes(rows, self._seed, "split"))

    def _dealt(self, hashes: Array) -> Array:
        fractions = (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return np.searchsorted(self._cuts, fractions, side="right")
