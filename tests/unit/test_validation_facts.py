"""Facts: counted by the core, placed by row and column, merged in any order."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

import recordsmith as rs
from recordsmith import _core
from recordsmith.batch import FEATURE, LABEL, Field
from recordsmith.validation.facts import Facts
from recordsmith.validation.field_facts import Bounds, Variant
from recordsmith.validation.offenders import Offenders, Origin, Spot


def facts_of(*batches, threads=1, **options):
    facts, first = Facts(**options), 1
    for batch in batches:
        facts.add(batch, Origin(0, first), threads)
        first += batch.n_rows
    return facts


def batch_of(X, y=None, **options):
    return rs.decode(rs.encode(X, y, **options))


def places(found):
    return [(spot.record, spot.column) for spot in found.spots]


def test_numbers_of_dense_rows():
    X = np.arange(12.0).reshape(4, 3)
    X[1, 2], X[3, 0], X[2, 1], X[3, 1] = np.nan, np.nan, -np.inf, 1e39
    (one,) = facts_of(batch_of(X)).features
    assert (one.nan.count, places(one.nan)) == (2, [(2, 2), (4, 0)])
    assert (one.infinite.count, places(one.infinite)) == (1, [(3, 1)])
    assert (one.large.count, places(one.large)) == (1, [(4, 1)])
    assert (one.minimum, one.maximum, one.n_values) == (0, 1e39, 12)
    assert list(one.variants) == [Variant("float64", "dense", None, 3)]


def test_numbers_of_sparse_rows_are_placed_by_key():
    X = scipy.sparse.csr_matrix(np.array([[0, np.nan, 0], [0, 0, 0], [np.inf, 0, 7.0]]))
    (one,) = facts_of(batch_of(X)).features
    assert places(one.nan) == [(1, 1)]
    assert places(one.infinite) == [(3, 0)]
    assert places(one.empty) == [(2, -1)]
    assert (one.max_key, one.max_values) == (2, 2)


def test_numbers_of_lists():
    rows = [[1.0, 2.0], [], [3.0, np.nan, np.nan]]
    (one,) = facts_of(batch_of(rows)).features
    assert places(one.nan) == [(3, 1), (3, 2)]
    assert {variant.width: found.count for variant, found in one.variants.items()} == {
        2: 1,
        0: 1,
        3: 1,
    }


def test_absent_rows_have_no_values():
    present = np.array([True, False, True])
    values = np.array([[5.0], [np.nan], [7.0]])
    field = Field(LABEL, "dense", values, present=present)
    one = facts_of(rs.Batch((field,), 3)).labels[0]
    assert (one.rows, one.n_values, one.nan.count) == (2, 2, 0)
    assert (one.minimum, one.maximum, one.counts) == (5, 7, {5: 1, 7: 1})
    assert places(one.missing) == [(2, -1)]


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ([1, 1, 0], {0: 1, 1: 2}),
        ([-1.0, 2.5, 2.0], {-1: 1, 2: 1}),
        ([0.0, float(2**21)], None),
        ([float("nan"), 3.0], {3: 1}),
        ([float("nan")], {}),
        ([1e300, 0.0], None),
    ],
)
def test_labels_are_counted(values, counts):
    one = facts_of(batch_of(np.ones((len(values), 1)), values)).labels[0]
    assert one.counts == counts


def test_values_outside_their_bounds():
    bounds = {FEATURE: Bounds(0, 9), LABEL: Bounds(0, 1)}
    X = np.array([[0, 9], [-1, 10], [3, np.nan]])
    facts = facts_of(batch_of(X, [0.0, 2.0, 1.0]), bounds=bounds)
    assert places(facts.features[0].outside) == [(2, 0), (2, 1)]
    assert places(facts.labels[0].outside) == [(2, -1)]


def test_fields_that_come_and_go():
    a = batch_of(np.ones((2, 1)), [1.0, 2.0])
    b = batch_of(np.ones((3, 1)))
    one = facts_of(b, a, b).labels[0]
    assert (one.missing.count, one.rows) == (6, 2)
    assert [spot.record for spot in one.missing.spots] == [1, 2, 3, 6, 7]


def test_keys_without_order():
    field = Field(
        FEATURE,
        "csr",
        np.ones(8, "float32"),
        shape=(9,),
        offsets=np.array([0, 3, 3, 5, 8]),
        keys=np.array([0, 4, 8, 5, 5, 7, 1, 7]),
    )
    (one,) = facts_of(rs.Batch((field,), 4)).features
    assert places(one.empty) == [(2, -1)]
    assert places(one.duplicates) == [(3, -1), (4, -1)]
    assert not one.unordered


# -- the core's part ---------------------------------------------------------------------


@given(
    st.lists(st.lists(st.integers(0, 30), max_size=6), max_size=20),
    st.sampled_from(["int32", "int64"]),
    st.sampled_from(["int32", "int64"]),
)
def test_key_facts_are_those_of_python(rows, key_type, offset_type):
    offsets = np.cumsum([0, *map(len, rows)]).astype(offset_type)
    keys = np.array([key for row in rows for key in row], key_type)
    field = Field(
        FEATURE, "csr", np.zeros(len(keys), "float32"), offsets=offsets, keys=keys
    )
    kinds = np.full(len(rows), 99, np.uint8)
    made = _core.Rows((field,), len(rows), False, False)
    facts = _core.key_facts(made, 0, 0, len(rows), kinds)
    expected = [1 if not row else 2 * (sorted(set(row)) != row) for row in rows]
    assert kinds.tolist() == expected
    assert (facts.n_rows, facts.n_empty) == (len(rows), expected.count(1))
    assert facts.n_unordered == expected.count(2)
    assert facts.max_values == max(map(len, rows), default=0)
    if len(keys):
        assert (facts.min_key, facts.max_key) == (keys.min(), keys.max())
    else:
        assert facts.min_key > facts.max_key


def test_key_facts_of_wrong_offsets_are_refused():
    keys, values = np.zeros(2, "int32"), np.zeros(2, "float32")
    for offsets in ([0, 2, 1], [0, 3, 3], [-1, 0, 2]):
        field = Field(
            FEATURE, "csr", values, offsets=np.array(offsets, "int64"), keys=keys
        )
        made = _core.Rows((field,), 2, False, False)
        with pytest.raises(rs.errors.InputError, match="offsets"):
            _core.key_facts(made, 0, 0, 2, np.zeros(2, np.uint8))


floats = st.floats(width=32) | st.sampled_from([0.0, -0.0, 3.4028234663852886e38])


@given(st.lists(floats, max_size=70), st.integers(0, 1100))
def test_bounds_are_those_of_all_facts(some, n_before):
    """Blocks of 512, lanes of 16: wherever the odd ones stand."""
    values = np.array([*([1.5] * n_before), *some], "float32")
    quick = _core.value_stats(values, False)
    slow = _core.value_stats(values)
    assert quick[:3] == slow[:3]
    assert quick[4:] == slow[4:]


# -- merged ----------------------------------------------------------------------------


def comparable(facts):
    return (
        facts.rows,
        facts.first,
        {key: vars(one) for key, one in facts.fields.items()},
    )


numbers = st.sampled_from([0.0, 1.0, -2.5, 3.0, float("nan"), float("inf"), 1e39])


@st.composite
def some_batches(draw):
    """Parts of what one file may hold: with and without labels, dense and sparse."""
    batches = []
    for _ in range(draw(st.integers(1, 4))):
        n, width = draw(st.integers(1, 5)), draw(st.integers(1, 3))
        X = np.array(
            draw(st.lists(numbers, min_size=n * width, max_size=n * width))
        ).reshape(n, width)
        if draw(st.booleans()):
            X = scipy.sparse.csr_matrix(X)
        y = np.arange(n, dtype=float) if draw(st.booleans()) else None
        batches.append(batch_of(X, y))
    return batches


def same(a, b):
    """Equal, NaN and the order of dictionaries aside."""
    assert a[:2] == b[:2]
    assert a[2].keys() == b[2].keys()
    for key in a[2]:
        assert a[2][key] == b[2][key]


@given(some_batches(), st.data())
def test_how_rows_are_cut_into_batches_does_not_matter(batches, data):
    whole = facts_of(*batches)
    cut = []
    for batch in batches:
        at = data.draw(st.integers(0, batch.n_rows))
        cut += [batch.rows(0, at), batch.rows(at, batch.n_rows)]
    again = facts_of(*(batch for batch in cut if batch.n_rows))
    same(comparable(whole), comparable(again))


@given(some_batches(), st.permutations(range(4)))
def test_parts_may_be_merged_in_any_order(batches, order):
    """As of shards that are looked at apart."""
    whole, parts = Facts(), []
    for number, batch in enumerate(batches):
        origin = Origin(number, 1)
        whole.add(batch, origin)
        part = Facts()
        part.add(batch, origin)
        parts.append(part)
    merged = Facts()
    for number in order:
        if number < len(parts):
            merged.merge(parts[number])
    same(comparable(whole), comparable(merged))


def test_threads_do_not_matter():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3000, 300)).astype("float32")
    X[17, 200] = X[2999, 0] = np.nan
    X[1500, 299] = np.inf
    for one in (X, scipy.sparse.csr_matrix(X)):
        batch = batch_of(one)
        same(comparable(facts_of(batch)), comparable(facts_of(batch, threads=7)))


def test_offenders_keep_the_first_places():
    found = Offenders(limit=2)
    found.add(0, lambda room: pytest.fail("nothing to find"))
    found.add(2, lambda room: [Spot(0, n) for n in range(4)][:room])
    found.add(5, lambda room: pytest.fail("no room"))
    assert (found.count, len(found.spots), bool(found)) == (7, 2, True)
