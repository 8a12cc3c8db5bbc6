"""Quantiles hold their bound, counts of different values theirs; nothing is chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordsmith.summarising.sketches import (
    Distinct,
    Quantiles,
    hash_numbers,
    hash_texts,
)

SHARES = np.array([0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0])


def sketch(values, sizes):
    found = Quantiles()
    at = 0
    while at < len(values):
        size = next(sizes)
        found.add_sorted(np.sort(values[at : at + size]))
        at += size
    return found


def rank_errors(found, values):
    """How far the true ranks of what was answered are from those that were asked for."""
    ordered = np.sort(values)
    answers = found.at(SHARES)
    low = np.searchsorted(ordered, answers, "left") / len(values)
    high = np.searchsorted(ordered, answers, "right") / len(values)
    return np.maximum(0, np.maximum(low - SHARES, SHARES - high))


def cycle(*sizes):
    while True:
        yield from sizes


@pytest.mark.parametrize(
    "sizes", [(1,), (7, 1000), (65_536,), (50_000, 3, 1024, 2047, 2048)], ids=str
)
@pytest.mark.parametrize("kind", ["normal", "rising", "falling", "few", "lognormal"])
def test_ranks_are_within_the_bound(kind, sizes):
    n = 3_000 if sizes == (1,) else 200_000
    rng = np.random.default_rng(1)
    values = {
        "normal": rng.normal(size=n),
        "rising": np.arange(n, dtype=float),
        "falling": -np.arange(n, dtype=float),
        "few": rng.integers(0, 3, n).astype(float),
        "lognormal": rng.lognormal(0, 3, n),
    }[kind]
    found = sketch(values, cycle(*sizes))
    assert found.n == n
    assert rank_errors(found, values).max() <= found.rank_error + 1 / n
    assert found.rank_error < 0.01


def test_the_bound_is_small_for_many_numbers():
    values = np.random.default_rng(0).random(2_000_000)
    found = sketch(values, cycle(10_000))
    assert found.rank_error < 0.01
    assert rank_errors(found, values).max() <= found.rank_error
    held = sum(len(part) for held in found._levels for part in held)
    assert held < 2048 * 13


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300), st.integers(1, 300))
def test_few_numbers_are_exact(numbers, size):
    values = np.array(numbers)
    found = sketch(values, cycle(size))
    expected = np.quantile(values, SHARES, method="inverted_cdf")
    assert found.at(SHARES).tolist() == expected.tolist()
    assert found.rank_error == 0.0


def test_ranks_of_numbers():
    found = sketch(np.array([1.0, 2, 2, 3]), cycle(2))
    assert found.up_to([0, 1, 2, 3, 9]).tolist() == [0, 1, 3, 4, 4]
    assert found.up_to([0, 1, 2, 3, 9], inclusive=False).tolist() == [0, 0, 1, 3, 4]


def test_no_number_has_no_quantile():
    assert np.isnan(Quantiles().at([0.5])).all()


# -- different values ------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 100, 2047])
def test_few_values_are_counted(n):
    found = Distinct()
    for _ in range(2):
        found.add(hash_numbers(np.arange(n, dtype=float)))
    assert found.exact and found.count == n and found.error == 0.0


@pytest.mark.parametrize("n", [2048, 5_000, 100_000, 1_000_000])
@pytest.mark.parametrize("kind", ["float64", "int64", "text"])
def test_many_values_are_estimated(n, kind):
    n = min(n, 100_000) if kind == "text" else n
    found = Distinct()
    for part in np.array_split(np.arange(n), 7):
        values = part * 3 + 1
        hashes = (
            hash_texts([f"row {i}" for i in values.tolist()])
            if kind == "text"
            else hash_numbers(values.astype(kind))
        )
        found.add(hashes)
        found.add(hashes[::2])
    assert not found.exact
    assert found.error == pytest.approx(0.0221, abs=1e-4)
    assert abs(found.count / n - 1) < 4 * found.error


def test_zeros_are_one_value():
    both = hash_numbers(np.array([0.0, -0.0]))
    assert both[0] == both[1]


def test_hashes_are_the_same_in_each_process():
    # splitmix64 of the seed 0, as its author's code gives it; and `b2sum -l 64`.
    assert hash_numbers(np.array([0])).tolist() == [0xE220A8397B1DCDAF]
    assert hash_texts(["a"]).tolist() == [0x2F42665B399EF840]
