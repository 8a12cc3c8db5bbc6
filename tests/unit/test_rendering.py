"""A report as text: what is told, how wide it is, and when it is coloured."""

import io
import os
import pty
import re
from dataclasses import replace

import pytest
from hypothesis import given

import reports
from recordsmith.reporting import catalogue
from recordsmith.reporting.findings import Finding, Place, Report
from recordsmith.reporting.rendering import (
    place_text,
    print_report,
    report_text,
    wants_colour,
)
from reports import CLEAN, FULL, NAN

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def titles(monkeypatch):
    monkeypatch.setitem(catalogue.RULES, "test/nan", "Values must be finite numbers")


def test_the_whole_text():
    assert str(FULL) == (
        """\
data for linear-learner, channel train: 1 error, 1 warning, 1 note
  1,234 rows in 2 files, 56.8 kB, each row with values dense float32 (8), label float32, 4
  rules checked

error test/nan: Values must be finite numbers
  found     3 NaN in column 4
  expected  finite numbers
  where     data/train.pbr: record 12, column 4, byte 960
            data/train.csv: line 7, record 6, column 'age'
            ... and 1 more
  job says  Unable to read data channel 'train'. Found missing (NaN) values
  fix       leave such rows out, or replace the values
  source    https://example.com/page.html#nan
            SageMaker developer guide

warning test/width
  found     7 columns
  expected  8 columns
  fix       add one

note test/sorted
  found     rows are sorted by label
  expected  any order
  where     InputDataConfig[0].ShuffleConfig
  fix       shuffle them

not checked: test/classes: num_classes was not given"""
    )


@pytest.mark.parametrize(
    ("report", "text"),
    [
        (CLEAN, "a.pbr: ok, 1 row in 1 file, 1 rule checked"),
        (Report("X"), "X: ok"),
        (Report("X", rows=5), "X: ok, 5 rows"),
        (Report("X", files=("a", "b")), "X: ok, no rows in 2 files"),
        (
            replace(CLEAN, rows=2000, bytes=4096, schema="values dense int32 (3)"),
            "a.pbr: ok, 2,000 rows in 1 file, 4.1 kB, each row with values dense int32 "
            "(3), 1 rule checked",
        ),
    ],
)
def test_a_clean_report_is_one_line(report, text):
    assert str(report) == text


def test_many_places_without_one_to_show_are_counted():
    text = str(Report("X", (Finding("a/b", "error", "f", "e", "x", count=1200),)))
    assert "  where     1,200 places\n" in text


def test_lines_are_wrapped_but_names_are_not_cut():
    long = replace(NAN, found="word " * 60, sources=("https://x.example/" + "a" * 200,))
    lines = report_text(Report("X", (long,)), width=60).splitlines()
    assert long.sources[0] in "\n".join(lines)
    wrapped = [line for line in lines if "word" in line]
    assert len(wrapped) > 4
    assert all(len(line) <= 60 for line in wrapped)
    assert all(line.startswith(" " * 12 + "word") for line in wrapped[1:])


def test_reasons_for_what_was_skipped_are_told_once():
    text = str(Report("X", skipped=(("a/b", "no labels"), ("a/c", "no labels"))))
    assert text.splitlines()[-1] == "not checked: a/b, a/c: no labels"


@given(reports.reports)
def test_nothing_in_a_report_can_reach_the_terminal_as_a_command(report):
    for text in (str(report), report_text(report, 50)):
        assert text.replace("\n", "").isprintable()
    coloured = report_text(report, 50, colour=True)
    assert ESCAPES.sub("", coloured) == report_text(report, 50)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place(), ""),
        (Place(path="a"), "a"),
        (Place(channel="train"), "channel train"),
        (Place(record=0), "row 0"),
        (Place(path="a", record=1), "a: record 1"),
        (
            Place(path="a", channel="t", line=2, column=0),
            "a, channel t: line 2, column 0",
        ),
        (Place(path="a\x1b", offset=0), r"a\x1b: byte 0"),
        (Place(path="j", line=3, setting="A[0].B"), "j: line 3, A[0].B"),
    ],
)
def test_place(place, text):
    assert place_text(place) == text
    assert str(place) == text


# -- colours ---------------------------------------------------------------------------


@pytest.fixture
def terminal(monkeypatch):
    """A file that is a terminal, and its other end."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "70")
    leader, follower = pty.openpty()
    with open(leader, "rb", buffering=0) as other, open(follower, "w") as file:
        yield file, other


def test_a_terminal_gets_colours_and_its_width(terminal):
    file, other = terminal
    print_report(FULL, file)
    file.flush()
    shown = ""
    while not shown.endswith("not given\n"):  # it comes in pieces
        shown += os.read(other.fileno(), 1 << 16).decode().replace("\r\n", "\n")
    assert "\x1b[31merror\x1b[0m" in shown
    assert ESCAPES.sub("", shown) == report_text(FULL, 70) + "\n"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("NO_COLOR", "1", False),
        ("NO_COLOR", "", True),  # as no-color.org has it: not empty
        ("TERM", "dumb", False),
        ("TERM", "vt100", True),
    ],
)
def test_colours_can_be_refused(terminal, monkeypatch, name, value, expected):
    monkeypatch.setenv(name, value)
    assert wants_colour(terminal[0]) is expected


def test_a_file_gets_plain_text(tmp_path):
    with open(tmp_path / "log", "w+") as file:
        print_report(FULL, file)
        file.seek(0)
        assert file.read() == str(FULL) + "\n"
    assert not wants_colour(file)  # closed
    assert not wants_colour(io.StringIO())
    assert not wants_colour(object())
