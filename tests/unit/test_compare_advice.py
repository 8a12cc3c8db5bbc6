"""The rule that recommends, on figures made up for it; and losses by hand."""

from dataclasses import replace

import numpy as np
import pytest

from recordsmith.batch import Batch, Field
from recordsmith.comparison.advice import choose, one_line, reasons
from recordsmith.comparison.loss import losses
from recordsmith.comparison.results import Candidate, Loss, Sample, Timing
from written import batch_of, sparse, with_texts

SAMPLE = Sample(1000, 8000, 1000, True, None, "all 1,000 rows")
ROUNDED = Loss(values_changed=5, max_relative_error=5e-8)
LOST = Loss(values_lost=1)


def one(name, size=100, read=1.0, **settings):
    timing = Timing(read, read, read, 3)
    given = {"rows": 1000, "bytes": size * 1000, "write": timing, "loss": Loss()}
    return Candidate(name, "csv", "text/csv", read=timing, **{**given, **settings})


def chosen(*candidates):
    best = choose(candidates)
    return best and best.name


# -- the rule --------------------------------------------------------------------------


def test_nothing_to_choose_from():
    assert chosen() is None
    assert chosen(Candidate("a", "csv", "text/csv", problem="no")) is None
    assert chosen(one("a", problem="it is not read in Pipe mode")) is None


def test_the_fastest_to_read():
    assert chosen(one("a", 10, 3.0), one("b", 100, 1.0), one("c", 50, 2.0)) == "b"


def test_about_as_fast_goes_by_size():
    assert chosen(one("a", 100, 1.0), one("b", 50, 1.25)) == "b"
    assert chosen(one("a", 100, 1.0), one("b", 50, 1.26)) == "a"


def test_what_is_within_the_spread_of_the_passes_does_not_decide():
    noisy = replace(one("b", 50), read=Timing(3.0, 1.2, 9.0, 3))
    assert chosen(one("a", 100, 1.0), noisy) == "b"
    assert chosen(one("a", 100, 1.0), replace(noisy, read=Timing(3.0, 1.3, 9, 3))) == "a"


def test_about_as_small_goes_by_the_table():
    assert chosen(one("a", 105, 1.2), one("b", 100, 1.0)) == "a"
    assert chosen(one("a", 106, 1.2), one("b", 100, 1.0)) == "b"


def test_rows_that_differ_in_number_are_compared_by_row():
    many = one("a", 100, 4.0)
    few = replace(one("b", 100, 0.5), rows=100)
    assert chosen(many, few) == "a"


@pytest.mark.parametrize(
    "doubt",
    [
        {"loss": LOST},
        {"loss": Loss(rows=1)},
        {"loss": Loss(labels_wrong=1)},
        {"loss": Loss(values_changed=1, max_relative_error=1e-3)},
        {"loss": Loss(labels_changed=1, label_error=1e-3)},
        {"meaning": "2 zeros would count as missing"},
        {"unconfirmed": ("sparse records (unconfirmed)",)},
    ],
)
def test_a_doubt_never_beats_what_has_none(doubt):
    assert chosen(one("slow", 9999, 99.0), one("fast", 1, 0.01, **doubt)) == "slow"
    assert chosen(one("only", **doubt)) == "only"


def test_doubts_in_their_order():
    lossy = one("lossy", 1, 0.1, loss=LOST)
    other = one("other", 1, 0.2, meaning="zeros would count as missing")
    unsure = one("unsure", 1, 9.0, unconfirmed=("x",))
    assert chosen(lossy, other, unsure) == "unsure"
    assert chosen(lossy, other) == "other"
    assert chosen(replace(other, unconfirmed=("x",)), other) == "other"


@pytest.mark.parametrize(
    "loss", [ROUNDED, Loss(extras_dropped=3), Loss(labels_changed=1, label_error=6e-8)]
)
def test_rounding_does_not_decide(loss):
    assert chosen(one("exact", 200, 9.0), one("rounded", 100, 1.0, loss=loss)) == (
        "rounded"
    )


# -- in words --------------------------------------------------------------------------


def test_one_line():
    text = one("CSV", 500, 14.2)
    text = replace(text, pipe=False)
    best = one("RecordIO-protobuf, sparse", 100, 1.0, pipe=True, pipe_sure=True)
    best = replace(best, kind="recordio-protobuf")
    assert one_line(best, [best, text], SAMPLE, "PCA") == (
        "Use RecordIO-protobuf, sparse: 5.0 times smaller than CSV and read 14 times as "
        "fast on 1,000 of your rows; streams in Pipe mode; loses nothing."
    )
    assert one_line(text, [best, text], SAMPLE, "PCA") == (
        "Use CSV: 5.0 times as large as RecordIO-protobuf, sparse and takes 14 times as "
        "long to read on 1,000 of your rows; loses nothing."
    )
    unsure = replace(best, pipe_sure=False, unconfirmed=("sparse records",), loss=ROUNDED)
    assert one_line(unsure, [unsure], SAMPLE, "PCA") == (
        "Use RecordIO-protobuf, sparse: nothing else that PCA takes can hold these rows "
        "and be used; streams in Pipe mode (inferred); rounds 5 numbers to float32; not "
        "confirmed: sparse records."
    )
    assert one_line(None, [], SAMPLE, "PCA") == (
        "No format that PCA takes can be used: see why below."
    )


def test_reasons():
    best = one("A", 100, 1.0)
    others = [
        one("B", 102, 1.0),
        one("C", 50, 0.5, unconfirmed=("sparse records (unconfirmed)",)),
        one("D", 50, 4.0, loss=LOST),
        one("E", 100, 0.5, meaning="2 zeros would count as missing"),
        one("F", 100, 0.5, problem="it is not read in Pipe mode"),
        Candidate("G", "csv", "text/csv", problem="it holds text"),
    ]
    assert reasons(best, [best, *others], SAMPLE, "PCA") == (
        "B is as large as A and is read as fast.",
        "C is 2.0 times smaller than A and is read 2.0 times as fast, but no source "
        "settles that PCA takes it: sparse records (unconfirmed). Try it with a small "
        "job if that is worth it.",
        "D is 2.0 times smaller than A and takes 4.0 times as long to read, but what it "
        "holds is not the same: 1 values.",
        "E is as large as A and is read 2.0 times as fast, but 2 zeros would count as "
        "missing: PCA tells the two apart.",
        "F is as large as A and is read 2.0 times as fast, but it is not read in Pipe "
        "mode.",
        "G: it holds text.",
    )


# -- losses ----------------------------------------------------------------------------


def changed(batch, role, edit):
    fields = []
    for field in batch.fields:
        values = np.array(field.values)
        if field.role == role:
            edit(values)
        fields.append(replace(field, values=values))
    return replace(batch, fields=tuple(fields))


def test_the_same_rows_lose_nothing():
    for batch in (sparse(), with_texts(), batch_of([[1, 2], [3]], [1, 2])):
        assert losses(batch, batch) == Loss()
        assert str(losses(batch, batch)) == "nothing"


def test_dense_and_sparse_rows_are_the_same():
    few = sparse(20, 9)
    dense = batch_of(few.features.toarray(), few.labels)
    assert losses(few, dense) == losses(dense, few) == Loss()


def test_what_changed_is_counted():
    batch = batch_of(np.array([[0.0, 2.5], [4.0, np.nan]]), np.array([1.0, 0.5]))

    def edit(values):
        values[0, 1] = 2.75
        values[1, 0] = 5.0

    assert losses(batch, changed(batch, "feature", edit)) == Loss(
        values_changed=2, whole_changed=1, max_relative_error=0.25
    )

    def edit_labels(values):
        values[:, 0] = [2.0, 1.0]

    assert losses(batch, changed(batch, "label", edit_labels)) == Loss(
        labels_changed=2, label_error=1.0, labels_wrong=1
    )


@pytest.mark.parametrize(
    ("value", "lost"), [(np.nan, 1), (np.inf, 1), (0.0, 1), (7.0, 0)]
)
def test_a_number_that_becomes_none_is_lost(value, lost):
    batch = batch_of(np.array([[8.0]]))
    found = losses(batch, changed(batch, "feature", lambda v: v.fill(value)))
    assert found.values_lost == lost
    assert found.values_changed == 1 - lost


def test_a_number_from_nowhere():
    before, after = batch_of(np.array([[0.0, 1.0]])), batch_of(np.array([[3.0, 1.0]]))
    assert losses(before, after).values_lost == 1
    assert losses(batch_of(np.array([[np.nan]])), batch_of([[1.0]])).values_lost == 1


def test_rows_labels_and_features_that_are_missing():
    batch = batch_of(np.ones((3, 2)), [1, 2, 3])
    assert losses(batch, batch.rows(0, 2)).rows == 1
    bare = replace(batch, fields=batch.fields[:1])
    assert losses(batch, bare).labels_wrong == 3
    label = replace(batch, fields=batch.fields[1:])
    assert losses(batch, label).values_lost == 6


def test_lists_that_got_shorter():
    before, after = batch_of([[1, 0], [2]]), batch_of([[1], [2, 0]])
    assert losses(before, after).values_lost == 2


def test_zeros_that_are_stored():
    def csr(values):
        return Batch(
            (
                Field(
                    "feature",
                    "csr",
                    np.array(values, "float32"),
                    shape=(5,),
                    offsets=np.array([0, len(values)]),
                    keys=np.arange(len(values)),
                ),
            ),
            1,
        )

    assert losses(csr([0, 1]), csr([0, 1])).nothing
    before = csr([1, 0, 0])
    assert losses(before, csr([1])).explicit_zeros == 2
    assert str(losses(before, csr([1]))) == "2 stored zeros"


def test_keys_in_any_order_and_twice():
    def csr(keys, values):
        field = Field(
            "feature",
            "csr",
            np.array(values, "float32"),
            shape=(9,),
            offsets=np.array([0, len(keys)]),
            keys=np.array(keys),
        )
        return Batch((field,), 1)

    assert losses(csr([5, 2], [1, 2]), csr([2, 5], [2, 1])).nothing
    assert losses(csr([2, 2], [9, 1]), csr([2], [1])).nothing  # the last one counts


def test_text_of_float32_is_no_change():
    value = np.float32(0.1)
    before = batch_of(np.array([[value]]))
    assert losses(before, batch_of(np.array([[float(str(value))]]))).nothing
    assert losses(before, batch_of(np.array([[0.11]]))).values_changed == 1


def test_losses_in_words():
    loss = Loss(1, 5, 2, 1e-3, 3, 4, 0.1, 6, 7, 8)
    assert str(loss) == (
        "1 rows, 3 values, 5 values changed, 2 of them whole (by at most 1.0e-03 of the "
        "value), 4 labels changed, 6 labels wrong, 7 ids or metadata, 8 stored zeros"
    )
