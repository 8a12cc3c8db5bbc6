"""A report as JSON: the published schema holds, and what is read is what was written."""

import json
from dataclasses import fields
from importlib import resources

import jsonschema
import pytest
from hypothesis import given

import reports
from recordsmith.errors import ParseError
from recordsmith.reporting.findings import Report
from reports import CLEAN, FULL

SCHEMA = json.loads(
    resources.files("recordsmith.reporting")
    .joinpath("report.schema.json")
    .read_text("utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
# The schema lets later versions add properties; this version adds none.
STRICT = json.loads(
    json.dumps(SCHEMA).replace(
        '"type": "object"', '"type": "object", "additionalProperties": false'
    )
)


def test_the_schema_is_one():
    VALIDATOR.check_schema(SCHEMA)
    assert STRICT != SCHEMA


def test_what_is_written():
    value = json.loads(FULL.to_json())
    jsonschema.Draft202012Validator(STRICT).validate(value)
    assert (value["version"], value["ok"], value["clean"]) == (1, False, False)
    assert value["subject"] == "data for linear-learner, channel train"
    first = value["findings"][0]
    assert first["rule"] == "test/nan"
    assert first["places"] == [
        {"path": "data/train.pbr", "record": 12, "column": 4, "offset": 960},
        {"path": "data/train.csv", "record": 6, "line": 7, "column": "age"},
    ]
    assert (first["count"], first["severity"]) == (3, "error")
    assert value["skipped"] == [
        {"rule": "test/classes", "reason": "num_classes was not given"}
    ]
    assert FULL.to_dict() == value
    assert json.loads(CLEAN.to_json(indent=2))["clean"] is True


@given(reports.reports)
def test_any_report_comes_back_and_fits_the_schema(report):
    text = report.to_json()
    assert text.isascii()
    assert Report.from_json(text) == report
    jsonschema.Draft202012Validator(STRICT).validate(json.loads(text))


def test_what_a_later_program_adds_is_left_out():
    value = FULL.to_dict()
    value["later"] = value["findings"][0]["later"] = 1
    value["findings"][0]["places"][0]["later"] = {}
    VALIDATOR.validate(value)
    assert Report.from_json(json.dumps(value)) == FULL


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the report is not JSON"),
        ("{", "the report is not JSON"),
        ("[]", "found version None, expected 1"),
        ('{"version": 2}', "found version 2, expected 1"),
        ('{"version": "1"}', "found version '1'"),
        ('{"version": 1}', "'subject' is missing"),
        ('{"version": 1, "subject": 3}', "'subject' is 3, expected str"),
    ],
)
def test_what_is_no_report_is_refused(text, message):
    with pytest.raises(ParseError) as caught:
        Report.from_json(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (["rows"], "12"),
        (["rows"], True),
        (["rows"], 1.5),
        (["files"], "train"),
        (["files"], [1]),
        (["checked"], None),
        (["algorithm"], 1),
        (["skipped"], [["a", "b"]]),
        (["profile"], []),
        (["skipped"], [{"rule": "a"}]),
        (["findings"], {}),
        (["findings", 0], "x"),
        (["findings", 0, "severity"], "fatal"),
        (["findings", 0, "message"], 0),
        (["findings", 0, "count"], "3"),
        (["findings", 0, "sources"], [None]),
        (["findings", 0, "places"], [[]]),
        (["findings", 0, "places", 0, "column"], None),
        (["findings", 0, "places", 0, "column"], 1.5),
        (["findings", 0, "places", 0, "line"], "1"),
        (["findings", 0, "places", 0, "path"], 1),
    ],
)
def test_reader_and_schema_refuse_the_same(way, value):
    whole = json.loads(FULL.to_json())
    one = whole
    for step in way[:-1]:
        one = one[step]
    one[way[-1]] = value
    assert not VALIDATOR.is_valid(whole)
    with pytest.raises(ParseError, match="does not fit its schema"):
        Report.from_json(json.dumps(whole))


def test_every_property_is_needed_by_both():
    needed = set(SCHEMA["required"]) - {"version", "ok", "clean"}
    assert needed == {field.name for field in fields(Report)}
    for name in needed:
        value = FULL.to_dict()
        del value[name]
        assert not VALIDATOR.is_valid(value)
        with pytest.raises(ParseError, match=f"'{name}' is missing"):
            Report.from_json(json.dumps(value))
