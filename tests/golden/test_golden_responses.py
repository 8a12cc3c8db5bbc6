"""Golden bodies: what each algorithm answers by its documentation, and what it means.

`responses/manifest.json` says of each body where its form is from, and what it holds,
written down by hand.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import recordsmith as rs

FOLDER = Path(__file__).parent / "responses"
CASES = json.loads((FOLDER / "manifest.json").read_text("utf-8"))

# Answers for which neither a page nor a notebook nor a source shows a body.
WITHOUT_FORM = {}

each = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])


def body(case):
    return (FOLDER / case["file"]).read_bytes()


def parse(case, **options):
    options = {**case.get("options", {}), **options}
    return rs.parse_response(
        body(case), case["content_type"], algorithm=case["algorithm"], **options
    )


def plain(value):
    """Arrays as lists, in whatever they stand."""
    if isinstance(value, np.ndarray):
        return [plain(one) for one in value.tolist()]
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def expected(case, name, field):
    if field["kind"] == "image":
        return [body(case)]
    return field["values"]


@each
def test_a_body_holds_what_its_page_says(case):
    found = parse(case)
    assert len(found) == case["rows"]
    assert list(found) == list(case["fields"])
    for name, field in case["fields"].items():
        column = found[name]
        assert (str(column.dtype), found.kinds[name]) == (field["dtype"], field["kind"])
        # NaN is not equal to itself: their texts are.
        assert repr(plain(column)) == repr(expected(case, name, field)), name


@each
def test_a_body_becomes_a_table(case):
    found = parse(case)
    table = found.to_arrow()
    assert table.num_rows == case["rows"]
    assert table.column_names == list(case["fields"])
    for name, field in case["fields"].items():
        values = table[name].to_pylist()
        if field["kind"] == "any":
            values = [json.loads(value) for value in values]
        assert repr(values) == repr(expected(case, name, field)), name


@each
def test_the_number_of_rows_can_be_demanded(case):
    assert len(parse(case, rows=case["rows"])) == case["rows"]
    with pytest.raises(rs.errors.InputError, match="expected 99"):
        parse(case, rows=99)


@each
def test_the_fields_are_those_of_the_table(case):
    inference = rs.algorithm(case["algorithm"]).inference
    for name, field in case["fields"].items():
        known = inference.field(name.partition(".")[0])
        if name in ("uid", "metadata"):
            assert known is None
            continue
        kinds = set(known.kinds.value)
        assert kinds & {field["kind"], "vectors" if "." in name else field["kind"]}
    for known in inference.fields:
        if known.always.value:
            assert known.name in case["fields"]


@each
def test_a_source_and_its_standing_are_named(case):
    form = rs.algorithm(case["algorithm"]).inference.form(case["content_type"])
    assert case["basis"] == form.layout.status
    assert case["source"]
    assert all(address.startswith("https://") for address in case["source"])
    assert case["date"] == "2026-11-24"


def test_every_answer_of_every_algorithm_has_a_body():
    there = {(case["algorithm"], case["content_type"]) for case in CASES}
    documented = [
        (entry.key, content_type)
        for entry in rs.algorithms()
        for content_type in (
            *entry.inference.responses.value,
            *(form.content_type for form in entry.inference.forms),
        )
    ]
    assert len(documented) > 50
    missing = set(documented) - there - WITHOUT_FORM.keys()
    assert not missing
    assert there <= set(documented)


def test_every_field_of_every_algorithm_is_in_a_body():
    there = {
        (case["algorithm"], name.partition(".")[0])
        for case in CASES
        for name in case["fields"]
    }
    # A tensor's shape is used, not given; two say only what others say, too.
    used = {
        ("semantic-segmentation", "shape"),
        ("xgboost", "probability"),
        ("xgboost", "raw_score"),
        ("xgboost", "raw_scores"),
    }
    known = {
        (entry.key, field.name)
        for entry in rs.algorithms()
        for field in entry.inference.fields
    }
    assert known - there == used


def test_all_files_are_in_the_manifest():
    files = {path.name for path in FOLDER.iterdir()} - {"manifest.json"}
    assert files == {case["file"] for case in CASES}
    assert len(files) == len(CASES) > 60


def test_every_body_is_refused_as_another_algorithm():
    """Where no field has the same name."""
    refused = 0
    for case in CASES:
        own = set(case["fields"])
        for entry in rs.algorithms():
            form = entry.inference.form(case["content_type"])
            names = {field.name for field in entry.inference.fields}
            named = form is not None and not form.columns.value
            if named and not own & names:
                with pytest.raises(rs.errors.RecordsmithError):
                    rs.parse_response(
                        body(case), case["content_type"], algorithm=entry.key
                    )
                refused += 1
    assert refused > 200
