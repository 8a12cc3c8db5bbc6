"""Findings are counted and put in order, whoever adds them when."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordsmith.reporting.findings import Finding, Findings, Place, Report
from reports import NAN, SORTED, WIDTH

BARE = Finding("test/nan", "error", "NaN", "numbers", "leave them out")


def records(finding):
    return [place.record for place in finding.places]


def test_a_report_is_ok_without_errors_and_clean_without_warnings():
    verdicts = [
        (report.ok, report.clean)
        for report in (
            Report("x", (SORTED,)),
            Report("x", (WIDTH, SORTED)),
            Report("x", (NAN, WIDTH, SORTED)),
        )
    ]
    assert verdicts == [(True, True), (True, False), (False, False)]


def test_errors_come_first_then_warnings_then_notes():
    found = Findings()
    for finding in (SORTED, WIDTH, NAN):
        found.add(finding)
    assert [f.severity for f in found.sorted()] == ["error", "warning", "note"]


def test_equal_findings_are_one_with_the_first_places():
    found = Findings(max_places=2)
    for record in (9, 4, 7):
        found.add(BARE, [Place(record=record)])
    (one,) = found.sorted()
    assert (one.count, records(one)) == (3, [4, 7])


@pytest.mark.parametrize(
    ("finding", "places", "count", "expected"),
    [
        (BARE, [], None, 1),
        (BARE, [], 0, 1),
        (BARE, [], 7, 7),
        (BARE, [Place(record=1), Place(record=2)], None, 2),
        (BARE, [Place(record=1)], 1000, 1000),
        (replace(BARE, places=(Place(record=5),)), [Place(record=1)], None, 2),
        (replace(BARE, count=4), [Place(record=1)], None, 4),
    ],
)
def test_count(finding, places, count, expected):
    found = Findings()
    found.add(finding, places, count)
    assert found.sorted()[0].count == expected


def test_counts_add_up_beyond_the_places():
    found = Findings(max_places=3)
    for first in range(0, 100, 10):
        found.add(BARE, (Place(record=n) for n in range(first, first + 10)))
    (one,) = found.sorted()
    assert (one.count, records(one)) == (100, [0, 1, 2])


def test_no_places_are_kept_where_none_are_wanted():
    found = Findings(max_places=0)
    found.add(BARE, [Place(record=1), Place(record=2)])
    assert found.sorted() == (replace(BARE, count=2),)


def test_what_it_is_about_tells_findings_of_one_rule_apart():
    found = Findings()
    found.add(BARE, [Place(record=2, column=1)], about="column 1")
    found.add(BARE, [Place(record=1, column=2)], about="column 2")
    assert [records(one) for one in found.sorted()] == [[1], [2]]


def test_of_one_rule_the_gravest_and_first_text_is_told():
    found = Findings()
    found.add(replace(BARE, found="a warning", severity="warning"), [Place(record=1)])
    found.add(replace(BARE, found="second"), [Place(record=3)])
    found.add(replace(BARE, found="first"), [Place(record=2)])
    (one,) = found.sorted()
    assert (one.severity, one.found, records(one)) == ("error", "first", [1, 2, 3])


def test_places_in_the_order_of_files_then_records_and_numbers_as_numbers():
    places = [
        Place(path="b"),
        Place(path="a", record=2),
        Place(path="a", record=10),
        Place(path="part-9"),
        Place(path="part-10"),
        Place(path="z", setting="InputDataConfig[2].X"),
        Place(path="z", setting="InputDataConfig[10].X"),
    ]
    found = Findings(max_places=10, files=["b", "a"])
    for place in reversed(places):
        found.add(BARE, [place])
    assert list(found.sorted()[0].places) == places


def test_numbers_of_any_length_in_names_have_an_order():
    found = Findings()
    names = ["x" + "9" * 5000, "x" + "9" * 4999, "x007", "x7", "x8"]
    found.add(BARE, [Place(path=name) for name in names])
    ordered = [place.path for place in found.sorted()[0].places]
    assert ordered == ["x007", "x7", "x8", names[1], names[0]]


additions = st.lists(
    st.tuples(
        st.sampled_from(["test/nan", "test/width"]),
        st.sampled_from(["error", "warning", "note"]),
        st.sampled_from(["one text", "another"]),
        st.sampled_from(["", "column 1"]),
        st.lists(
            st.builds(
                Place,
                path=st.none() | st.sampled_from(["a", "b", "b1", "b01"]),
                record=st.none() | st.integers(0, 3),
                column=st.none() | st.sampled_from([1, "1", "name"]),
            ),
            max_size=3,
        ),
    ),
    max_size=12,
)


def add_all(found, some):
    for rule, severity, text, about, places in some:
        found.add(Finding(rule, severity, text, "", ""), places, about=about)


@given(additions, st.randoms(use_true_random=False), st.integers(0, 4))
def test_the_result_does_not_depend_on_the_order_of_adding(some, random, max_places):
    first = Findings(max_places, files=["b", "a"])
    add_all(first, some)
    shuffled = list(some)
    random.shuffle(shuffled)
    second = Findings(max_places, files=["b", "a"])
    add_all(second, shuffled)
    assert second.sorted() == first.sorted()


def test_threads_add_at_the_same_time():
    found = Findings(max_places=4)

    def add(first):
        for record in range(first, first + 500):
            found.add(BARE, [Place(record=record)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(0, 4000, 500)))
    (one,) = found.sorted()
    assert (one.count, records(one)) == (4000, [0, 1, 2, 3])
