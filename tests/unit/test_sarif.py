"""Reports as SARIF: the standard's rules hold, and places are where readers look."""

import json
import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reports
import sarif_rules
from recordsmith.reporting.findings import Finding, Place, Report
from recordsmith.reporting.sarif import to_log, to_sarif
from reports import CLEAN, FULL, NAN

BARE = Finding("test/nan", "error", "NaN", "numbers", "leave them out")


def results(*some, **options):
    log = json.loads(to_sarif(some, **options))
    assert sarif_rules.check(log) == sum(len(one.findings) for one in some)
    return log["runs"][0]["results"]


def location(place, **options):
    (result,) = results(Report("X", (replace(BARE, places=(place,)),)), **options)
    (one,) = result["locations"]
    return one


def uri(path, **options):
    return location(Place(path=path), **options)["physicalLocation"]["artifactLocation"]


def test_the_whole_log():
    log = json.loads(FULL.to_sarif())
    assert sarif_rules.check(log) == 3
    driver = log["runs"][0]["tool"]["driver"]
    assert driver["name"] == "recordsmith"
    assert [rule["id"] for rule in driver["rules"]] == sorted(FULL.checked)
    nan = driver["rules"][1]
    assert nan["defaultConfiguration"] == {"level": "error"}
    assert nan["helpUri"] == "https://example.com/page.html#nan"
    assert "SageMaker developer guide" in nan["help"]["text"]
    assert "defaultConfiguration" not in driver["rules"][0]  # it found nothing
    first, second, third = log["runs"][0]["results"]
    assert [one["level"] for one in (first, second, third)] == [
        "error",
        "warning",
        "note",
    ]
    assert first["message"]["text"] == (
        "3 NaN in column 4. Expected: finite numbers. Fix: leave such rows out, or "
        "replace the values. The job would have said: Unable to read data channel "
        "'train'. Found missing (NaN) values"
    )
    assert first["occurrenceCount"] == 3
    (skipped,) = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert skipped["message"]["text"] == (
        "test/classes was not checked: num_classes was not given"
    )


def test_places():
    first, second, third = results(FULL)
    binary, text = first["locations"]
    assert binary == {
        "physicalLocation": {
            "artifactLocation": {"uri": "data/train.pbr", "uriBaseId": "%SRCROOT%"},
            "region": {"byteOffset": 960},
        },
        "logicalLocations": [
            {
                "name": "column 4",
                "fullyQualifiedName": "record 12/column 4",
                "kind": "member",
            }
        ],
        "message": {"text": "data/train.pbr: record 12, column 4, byte 960"},
    }
    assert text["physicalLocation"]["region"] == {"startLine": 7}
    # The finding has no place of its own: the first file stands for it.
    assert second["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "data/train.pbr", "uriBaseId": "%SRCROOT%"}
    }
    assert third["locations"][0]["logicalLocations"][0] == {
        "name": "InputDataConfig[0].ShuffleConfig",
        "fullyQualifiedName": "InputDataConfig[0].ShuffleConfig",
        "kind": "property",
    }


def test_a_result_without_any_file_is_about_the_subject():
    (result,) = results(Report("an array", (BARE,)))
    assert result["locations"] == [
        {"logicalLocations": [{"name": "an array", "kind": "object"}]}
    ]
    assert "physicalLocation" not in location(Place(path="-"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.csv", "a.csv"),
        ("./a.csv", "a.csv"),
        ("x/../a.csv", "a.csv"),
        ("a b%#?é.csv", "a%20b%25%23%3F%C3%A9.csv"),
        ("a:b.csv", "./a:b.csv"),
        ("x/a:b.csv", "x/a:b.csv"),
        (os.fsdecode(b"\xff.csv"), "%FF.csv"),
    ],
)
def test_files_of_the_folder_are_relative(path, expected):
    assert uri(path) == {"uri": expected, "uriBaseId": "%SRCROOT%"}
    if Path(path).name != path:
        return
    absolute = str(Path.cwd() / path)
    assert uri(absolute) == {"uri": expected, "uriBaseId": "%SRCROOT%"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/elsewhere/a b.csv", "file:///elsewhere/a%20b.csv"),
        ("s3://bucket/a b/c.csv", "s3://bucket/a%20b/c.csv"),
        ("S3://bucket/c?.csv", "s3://bucket/c%3F.csv"),
    ],
)
def test_other_files_have_a_whole_address(path, expected):
    assert uri(path) == {"uri": expected}


def test_the_folder_can_be_given(tmp_path):
    path = tmp_path / "data" / "a.csv"
    assert uri(str(path), folder=tmp_path)["uri"] == "data/a.csv"
    assert uri("../b.csv", folder=tmp_path / "data")["uri"] == f"file://{tmp_path}/b.csv"


def test_several_reports_share_one_run():
    second = replace(FULL, findings=(replace(NAN, severity="warning"),))
    log = to_log([FULL, CLEAN, second])
    assert sarif_rules.check(log) == 4
    (run,) = log["runs"]
    assert len(run["tool"]["driver"]["rules"]) == 4
    assert sarif_rules.check(to_log([])) == 0


def test_the_fingerprint_outlives_a_moved_record_but_not_another_column():
    def fingerprint(**place):
        (result,) = results(Report("X", (replace(BARE, places=(Place(**place),)),)))
        return result["partialFingerprints"]

    first = fingerprint(path="a", record=1, column=4)
    assert fingerprint(path="a", record=9, column=4) == first
    assert fingerprint(path="a", record=1, column=5) != first
    assert fingerprint(path="b", record=1, column=4) != first


@given(st.lists(reports.reports, max_size=2))
def test_any_reports_make_a_log(some):
    log = json.loads(to_sarif(some))
    assert sarif_rules.check(log) == sum(len(one.findings) for one in some)
    expected = [f.rule for one in some for f in one.findings]
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == expected


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_relative_uri_names_the_file(name):
    path = "folder/" + name.replace("/", "_")
    if os.path.normpath(path) == path:
        assert unquote(uri(path)["uri"]) == path


@pytest.mark.parametrize(
    "spoil",
    [
        lambda log: log.update(version="2.0.0"),
        lambda log: log["runs"][0]["results"][0].update(ruleIndex=0),
        lambda log: log["runs"][0]["results"][0].update(locations=[]),
        lambda log: log["runs"][0]["results"][0].update(level="fatal"),
        lambda log: log["runs"][0]["results"][0].pop("message"),
        lambda log: log["runs"][0]["tool"]["driver"]["rules"].reverse(),
        lambda log: log["runs"][0]["results"][0]["locations"][0]["physicalLocation"][
            "artifactLocation"
        ].update(uri="a b"),
    ],
)
def test_the_rules_of_sarif_can_be_broken(spoil):
    log = json.loads(FULL.to_sarif())
    spoil(log)
    with pytest.raises((AssertionError, KeyError)):
        sarif_rules.check(log)
