"""The same seeded data for all measurements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

SEED = 20260101
MIB = 1 << 20


@dataclass(frozen=True)
class Case:
    """Features and labels, float32; `X` is an array or a CSR matrix."""

    name: str
    X: Any
    y: np.ndarray

    @property
    def n_rows(self) -> int:
        return self.X.shape[0]

    @property
    def sparse(self) -> bool:
        return not isinstance(self.X, np.ndarray)

    def head(self, n_rows: int) -> Case:
        """The first rows, as a case of its own."""
        return Case(self.name, self.X[:n_rows], self.y[:n_rows])


def dense(n_cols: int, mib: int = 200) -> Case:
    """Normal values, as many rows as give about `mib` MiB of records."""
    rng = np.random.default_rng(SEED)
    n_rows = mib * MIB // (4 * n_cols + 40)
    X = rng.standard_normal((n_rows, n_cols), dtype=np.float32)
    return Case(f"dense {n_cols} columns", X, labels(n_rows))


def labels(n_rows: int) -> np.ndarray:
    """Classes 0 to 9."""
    return np.random.default_rng(SEED + 1).integers(0, 10, n_rows).astype(np.float32)


def zipf_36(mib: int = 200) -> Case:
    """About 36 values a row of 1,000,000 columns; ids by Zipf's law, small often."""
    n_rows = mib * MIB // 270
    some = min(n_rows, 100_000)
    rng = np.random.default_rng(SEED)
    ids = np.exp(rng.random((some, 42)) * np.log(1e6)).astype(np.int64)
    return _csr("CSR 36 of 1,000,000", ids, 1_000_000, n_rows)


def uniform_500(mib: int = 200) -> Case:
    """About 500 values a row of 100,000 columns, spread evenly."""
    n_rows = mib * MIB // 3_500
    some = min(n_rows, 10_000)
    rng = np.random.default_rng(SEED)
    ids = rng.integers(0, 100_000, (some, 501))
    return _csr("CSR 500 of 100,000", ids, 100_000, n_rows)


def _csr(name: str, ids: np.ndarray, n_cols: int, n_rows: int) -> Case:
    """Rows of the distinct ids of each line of `ids`, repeated to n_rows rows."""
    ids.sort(axis=1)
    first = np.ones(ids.shape, bool)
    first[:, 1:] = ids[:, 1:] != ids[:, :-1]
    times = -(-n_rows // len(ids))
    counts = np.tile(first.sum(axis=1), times)[:n_rows]
    indptr = np.zeros(n_rows + 1, np.int32)
    np.cumsum(counts, out=indptr[1:])
    keys = np.tile(ids[first].astype(np.int32), times)[: indptr[-1]]
    values = np.random.default_rng(SEED).standard_normal(len(keys), dtype=np.float32)
    return Case(
        name, csr_matrix((values, keys, indptr), (n_rows, n_cols)), labels(n_rows)
    )


def mib_of(options) -> int:
    """MiB of records to measure with; at least twice the largest usual cache."""
    return 64 if options.quick else 200


def all_cases(mib: int = 200):
    """The four shapes, made one at a time."""
    yield dense(784, mib)
    yield dense(30, mib)
    yield zipf_36(mib)
    yield uniform_500(mib)
