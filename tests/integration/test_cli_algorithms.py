"""recordsmith algorithms: the matrix, everything about one, JSON, Markdown."""

import json
import re
from pathlib import Path

import pytest

import recordsmith as rs
from commands import bad, good, run

ROOT = Path(__file__).resolve().parents[2]
KEYS = [entry.key for entry in rs.algorithms()]
FACT = {"value", "status", "sources", "date", "note"}


def test_matrix():
    text = good("algorithms")
    lines = text.splitlines()
    assert max(map(len, lines)) <= 120
    # A key may be broken at its hyphens.
    first = "".join(line[:17].strip() for line in lines[3:])
    for key in KEYS:
        assert key in first
    assert re.search(r"^linear-learner .* float32 +required +first ", text, re.M)
    assert re.search(r"^kmeans .* float32\? +ignored\? +none ", text, re.M)
    assert "? " in text.partition("\n\n")[2]  # the legend says what a question mark is
    assert text.rstrip().endswith("All about one: recordsmith algorithms NAME")


def test_quiet_leaves_out_the_legend():
    assert "not confirmed" not in good("algorithms", "--quiet")


@pytest.mark.parametrize("key", KEYS)
def test_everything_about_one(key):
    entry = rs.algorithm(key)
    text = good("algorithms", key)
    assert text.startswith(f"{entry.name} ({key})\n")
    for one in entry.formats:
        assert f"\nTraining on {one.content_type}\n" in text
    for address in entry.sources:
        assert f" {address} (read 2026-" in text
    assert len(re.findall(r"^  (?:error|warning|note) ", text, re.M)) == len(
        entry.constraints
    )


@pytest.mark.parametrize("key", KEYS)
def test_responses_of_one(key):
    inference = rs.algorithm(key).inference
    text = good("algorithms", key)
    predictions, _, responses = text.partition("\nResponses\n")
    fields = predictions.partition("\nPredictions\n")[2]
    for field in inference.fields:
        kinds = re.escape(" or ".join(field.kinds.value))
        pattern = rf"^  {re.escape(field.name)}\n? +{kinds}(, \w+)?"
        assert re.search(pattern, fields, re.M), field.name
    for form in inference.forms:
        assert f"\n  {form.content_type}" in f"\n{responses}"
        assert form.root.value is None or f"under {form.root.value!r}" in responses


def test_doubt_is_marked_and_explained():
    text = good("algorithms", "RCF")
    assert re.search(
        r"dtypes +float32 \[[\d, ]+\]\n +inferred: the page names no type", text
    )
    assert re.search(
        r"hidden files +not known \[\d+\]\n +unconfirmed: no page says", text
    )
    text = good("algorithms", "k-means")
    assert re.search(r"instances +many \[[\d, ]+\]\n +conflict: ", text)
    text = good("algorithms", "xgboost")
    assert "input modes, images 1 to 3.0-5" in text
    assert "input modes, newer images" in text


def walk(value):
    """All objects in a JSON value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from walk(one)


def as_json(value):
    """An entry as JSON, written anew: not by the code that the command uses."""
    if isinstance(value, tuple):
        return [as_json(one) for one in value]
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__"):
        return {name: as_json(one) for name, one in vars(value).items()}
    return value


def test_json_holds_everything():
    found = json.loads(good("algorithms", "--json"))
    assert list(found) == ["algorithms"]
    assert found["algorithms"] == [as_json(entry) for entry in rs.algorithms()]
    facts = [one for one in walk(found) if "status" in one]
    assert len(facts) > 900
    assert all(one.keys() == FACT for one in facts)


def test_json_of_one():
    found = json.loads(good("algorithms", "--json", "Linear Learner"))
    assert found == as_json(rs.algorithm("linear-learner"))
    assert found["formats"][0]["dtypes"] == {
        "value": ["float32"],
        "status": "confirmed",
        "sources": [
            "https://docs.aws.amazon.com/sagemaker/latest/dg/linear-learner.html"
        ],
        "date": "2026-11-24",
        "note": None,
    }


def test_markdown_of_one():
    text = good("algorithms", "--markdown", "pca")
    assert text.splitlines()[2] == (
        "| `pca` | recordio-protobuf, csv | dense, sparse? | float32? | ignored? | none "
        "| File, Pipe | train, (test) | many |"
    )


def test_the_readme_has_the_table():
    readme = (ROOT / "README.md").read_text("utf-8")
    begin = "<!-- recordsmith algorithms --markdown -->\n"
    assert readme.count(begin) == 1
    found = readme.partition(begin)[2].partition("<!-- end -->")[0]
    assert found == good("algorithms", "--markdown"), "run the command, paste its output"


def test_unknown_names():
    message = bad(1, "algorithms", "linear-lerner")
    assert (
        "no built-in algorithm is called 'linear-lerner'; did you mean linear-l"
        in message
    )
    done = run("algorithms", "--json", "blazingtext")
    assert json.loads(done.stdout)["type"] == "InputError"


def test_wrong_usage():
    message = bad(2, "algorithms", "--json", "--markdown")
    assert "--markdown and --json exclude each other" in message
    assert "unknown argument" in bad(2, "algorithms", "kmeans", "pca")
