"""Which part a row goes to: by its number in the source, a seed, perhaps its label.

A row's hash is a bijection of 64-bit numbers (the finisher of SplitMix64) applied to its
number and a key of the seed. So it does not matter how rows were divided into batches,
how many threads there are, or how many files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..batch import LABEL, Batch
from ..errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["Splitter", "row_hashes"]

_MOST_CLASSES = 1000
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
    mixed = rows * np.uint64(_GOLDEN) + _key(seed, purpose)
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
    stratify : bool, default False
        Deal the rows of each label apart.
    role : {"uid", "metadata"}, optional
        The texts by which rows go.
    """

    def __init__(
        self,
        split: Mapping[str, float],
        seed: int,
        stratify: bool = False,
        role: str | None = None,
    ) -> None:
        self._role = role
        self._seed = seed
        self._cuts = np.cumsum(list(split.values()))[:-1]
        self._stratify = stratify
        self._seen: dict[float, int] = {}  # rows of each label so far

    def parts(self, rows: Array, batch: Batch) -> Array:
        """The part of each row of a batch, from 0."""
        if self._role is not None:
            return self._dealt(_text_hashes(batch, self._role, self._seed, int(rows[0])))
        if self._stratify:
            return self._stratified(_classes(batch, int(rows[0])))
        return self._dealt(row_hashes(rows, self._seed, "split"))

    def _stratified(self, labels: Array) -> Array:
        """By how many rows of the same label there were before.

        Multiples of the golden ratio, modulo 1, are spread over any interval as evenly as
        can be, so that each part has its share of a label but for a few rows at any time.
        Where a label begins depends on the seed.
        """
        hashes = np.empty(len(labels), np.uint64)
        found, which = np.unique(labels, return_inverse=True)
        for number, label in enumerate(found.tolist()):
            here = which == number
            seen = self._seen.get(label, 0)
            count = int(np.count_nonzero(here))
            self._seen[label] = seen + count
            if len(self._seen) > _MOST_CLASSES:
                raise InputError(
                    f"there are more than {_MOST_CLASSES:,} different labels, and "
                    "stratify=True deals the rows of each apart",
                    advice="leave it out: a label that is a quantity has no classes",
                )
            turns = np.arange(seen, seen + count, dtype=np.uint64)
            start = _key(self._seed, f"label {label + 0.0!r}")
            hashes[here] = turns * np.uint64(_GOLDEN) + start
        return self._dealt(hashes)

    def _dealt(self, hashes: Array) -> Array:
        fractions = (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return np.searchsorted(self._cuts, fractions, side="right")


def _key(seed: int, purpose: str) -> np.uint64:
    digest = hashlib.sha256(f"{purpose}:{seed}".encode()).digest()
    return np.uint64(int.from_bytes(digest[:8], "little"))


def _text_hashes(batch: Batch, role: str, seed: int, first_row: int) -> Array:
    """64 bits of each row's text, as good as random."""
    field = batch.get(role)
    texts = [None] * batch.n_rows if field is None else field.texts()
    if None in texts:
        raise InputError(
            "the row has no value in the column of group_by=",
            row=first_row + texts.index(None),
            advice="leave such rows out, or give each a group",
        )
    key = int(_key(seed, "group")).to_bytes(8, "little")
    hashes = {}
    for text in set(texts):
        raw = str(text).encode("utf-8", "surrogateescape")
        digest = hashlib.blake2b(raw, digest_size=8, key=key).digest()
        hashes[text] = int.from_bytes(digest, "little")
    return np.fromiter((hashes[one] for one in texts), np.uint64, len(texts))


def _classes(batch: Batch, first_row: int) -> Array:
    """The label of each row, of which each has one."""
    found = list(batch.all(LABEL))
    if len(found) != 1 or found[0].width != 1 or found[0].kind != "dense":
        what = ", ".join(map(repr, found)) or "none"
        raise InputError(
            f"stratify=True needs one label of one number a row, found {what}",
            advice="name the label's column: label=NAME",
        )
    labels = found[0].values[:, 0].astype(np.float64)
    lacking = np.isnan(labels)
    if found[0].present is not None:
        lacking |= ~found[0].present
    if lacking.any():
        raise InputError(
            "the row has no label, and stratify=True goes by it",
            row=first_row + int(np.argmax(lacking)),
            advice="leave such rows out, or stratify=",
        )
    return labels
