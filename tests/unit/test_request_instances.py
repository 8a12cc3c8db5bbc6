"""Requests of JSON objects, and of pairs of texts."""

import gzip
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp

import recordsmith as rs
from recordsmith.errors import InputError, LimitError, ParseError, UnsupportedTypeError

TOKENS = [{"in0": [6, 17], "in1": [16]}, {"in0": [22], "in1": [4, 774]}]
LINES = b'{"in0":[6,17],"in1":[16]}\n{"in0":[22],"in1":[4,774]}\n'
PAIRS = [("entity, 1", "192.168.1.2"), ('"é"', "10.10.1.255")]


def bodies(X, **options):
    return [one.body for one in rs.requests(X, **options)]


# -- objects ---------------------------------------------------------------------------


def test_objects():
    """The bodies of "Data Formats for Object2Vec Inference"."""
    assert bodies(TOKENS, algorithm="object2vec") == [LINES]
    (body,) = bodies(TOKENS, algorithm="object2vec", content_type="json")
    assert body == (
        b'{"instances":[{"in0":[6,17],"in1":[16]},{"in0":[22],"in1":[4,774]}]}'
    )
    (one,) = rs.requests(TOKENS, content_type="jsonlines")
    assert (one.content_type, one.begin, one.end) == ("application/jsonlines", 0, 2)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_files_of_objects(tmp_path, pack):
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(pack(LINES.replace(b'"in1":', b' "in1" : ') + b"\n"))
    assert bodies(path, algorithm="object2vec") == [LINES]
    path.write_bytes(pack(LINES.rstrip()))  # no end of the last line
    assert bodies([path, path], algorithm="object2vec") == [LINES * 2]
    tally = rs.Tally()
    found = bodies(str(path), algorithm="object2vec", rows=1, tally=tally)
    assert b"".join(found) == LINES
    assert tally.rows == 2


def test_blazingtext():
    """The bodies of "BlazingText algorithm"."""
    sentences = [{"source": "the movie was excellent"}, {"source": 'i "did" not'}]
    one = "blazingtext-text-classification"
    (body,) = bodies(
        sentences, algorithm=one, content_type="json", configuration={"k": 2}
    )
    assert json.loads(body) == {
        "instances": ["the movie was excellent", 'i "did" not'],
        "configuration": {"k": 2},
    }
    assert bodies([{"source": "a", "k": 2}], algorithm=one) == [b'{"source":"a","k":2}\n']
    with pytest.raises(InputError, match="row 0: .*'source', 'k', expected 'source' al"):
        bodies([{"source": "a", "k": 2}], algorithm=one, content_type="json")


def test_deepar():
    """The body of "DeepAR Inference Formats"."""
    series = [
        {"start": "2009-11-01 00:00:00", "target": [4.0, "NaN", None], "cat": [0, 1]},
        {"start": "2012-01-30", "target": [1.0], "cat": [2, 1]},
    ]
    settings = {"num_samples": 50, "quantiles": ["0.5"]}
    (body,) = bodies(
        series,
        algorithm="forecasting-deepar",
        content_type="application/json",
        configuration=settings,
    )
    assert json.loads(body) == {"instances": series, "configuration": settings}
    limit = len(body) - 1
    parts = bodies(
        series,
        algorithm="forecasting-deepar",
        content_type="json",
        configuration=settings,
        max_bytes=limit,
    )
    assert [json.loads(one)["configuration"] for one in parts] == [settings] * 2
    with pytest.raises(InputError, match="no place for a configuration of these"):
        bodies(series, algorithm="deepar", configuration=settings)


def test_many_objects_are_cut_as_rows_are():
    objects = [{"in0": list(range(i % 7)), "in1": [i]} for i in range(10_000)]
    found = list(rs.requests(objects, algorithm="object2vec", max_bytes=5000))
    assert max(map(len, found)) <= 5000
    lines = b"".join(one.body for one in found).splitlines()
    assert [json.loads(line) for line in lines] == objects
    for one, following in zip(found, found[1:]):
        assert len(one) + len(following.body.splitlines()[0]) + 1 > 5000
    with pytest.raises(LimitError) as caught:
        bodies([*objects, {"in0": [1] * 3000}], algorithm="object2vec", max_bytes=5000)
    assert caught.value.row == 10_000


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (b'{"in0":[1]}\n{"in0":\n', 2, "no JSON: "),
        (b"\n\n[1]\n", 3, "no JSON object"),
        (b'{"in0":[NaN]}\n', None, "the instance is no JSON: "),
        (b'{"in0":' + b"[" * 9999 + b"]" * 9999 + b"}", 1, "nested too deeply"),
        (b'{"instances":[{"in0":[1]}]}', 1, "a whole request and no instance; each"),
        (b'[{"in0":[1]}]', 1, "no JSON object: found .*; each line is one instance"),
    ],
)
def test_files_that_are_no_objects(tmp_path, text, line, message):
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(text)
    with pytest.raises((ParseError, InputError), match=message) as caught:
        bodies(path, algorithm="object2vec")
    if line is not None:
        assert (caught.value.row, caught.value.unit) == (line, "line")
        assert caught.value.path == str(path)


def test_objects_that_are_refused():
    with pytest.raises(InputError, match="row 1: the instance is no JSON"):
        bodies([{}, {"a": float("nan")}], content_type="json")
    with pytest.raises(InputError, match="row 0: the instance is no JSON"):
        bodies([{"a": object()}], content_type="json")
    with pytest.raises(UnsupportedTypeError, match="row 1: an instance is list"):
        bodies([{}, []], content_type="json")
    with pytest.raises(InputError, match="JSON objects have no place in text/csv"):
        bodies(TOKENS, content_type="csv")
    with pytest.raises(InputError, match="drop cannot apply"):
        bodies(TOKENS, content_type="json", drop="in0")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("form", "dense"),
        ("drop_labels", True),
        ("extras", "drop"),
        ("duplicates", "sum"),
        ("empty_rows", "keep"),
        ("against", "train.json"),
        ("hyperparameters", {"a": 1}),
        ("container", "1"),
    ],
)
def test_options_of_rows_would_have_no_effect(name, value):
    with pytest.raises(InputError, match=f"{name} cannot apply to instances that are no"):
        bodies(TOKENS, algorithm="object2vec", **{name: value})
    with pytest.raises(InputError, match=f"{name} cannot apply to instances that are no"):
        bodies(PAIRS, algorithm="ipinsights", **{name: value})


def test_no_instances_make_no_request():
    assert bodies([], algorithm="object2vec") == []
    assert bodies([], algorithm="ipinsights") == []


@pytest.mark.parametrize("value", ["k=2", [1], 5])
def test_a_configuration_is_a_mapping(value):
    for rows in ([{"source": "a"}], [[1.5, 2.5]]):
        with pytest.raises(InputError, match="configuration is .*, expected a mapping"):
            bodies(rows, content_type="json", configuration=value)


def test_numbers_for_algorithms_that_take_objects():
    with pytest.raises(InputError, match="object2vec takes instances with fields of th"):
        bodies([[1, 2]], algorithm="object2vec")
    assert rs.decode(bodies([[1, 2], [3]], algorithm="seq2seq")[0]).n_rows == 2


# -- pairs -----------------------------------------------------------------------------


def test_pairs():
    """The bodies of "IP Insights Inference Data Formats"."""
    one = {"algorithm": "ipinsights"}
    assert bodies(PAIRS, **one, content_type="csv") == [
        '"entity, 1",192.168.1.2\n"""é""",10.10.1.255\n'.encode()
    ]
    lines = b'{"features":["entity, 1","192.168.1.2"]}\n'
    assert bodies(PAIRS, **one)[0].startswith(lines)
    (body,) = bodies(PAIRS, **one, content_type="json")
    assert json.loads(body) == {"instances": [{"features": list(pair)} for pair in PAIRS]}
    (first, second) = rs.requests(PAIRS, **one, content_type="csv", rows=1)
    assert first.content_type == "text/csv"
    assert (second.begin, second.end) == (1, 2)


def test_sources_of_pairs(tmp_path):
    want = bodies(PAIRS, algorithm="ipinsights", content_type="csv")
    path = tmp_path / "events.csv"
    path.write_bytes(want[0])
    options = {"algorithm": "ipinsights", "content_type": "csv"}
    assert bodies(path, **options) == want
    path.write_bytes(b"who,where\n" + want[0])
    assert bodies(path, **options, header=True) == want
    frame = pd.DataFrame(PAIRS, columns=["who", "where"])
    assert bodies(frame, **options) == want
    assert bodies(frame.to_numpy(), **options) == want
    path.write_bytes(b"")
    assert bodies(path, **options) == []


@pytest.mark.parametrize(
    "address", ["256.1.1.1", "1.1.1", "::1", " 1.1.1.1", "1.1.1.1\n", "01.1.1.1.1", ""]
)
def test_addresses_that_are_none(address):
    with pytest.raises(InputError, match="is no IPv4 address in dotted") as caught:
        bodies([*PAIRS, ("a", address)], algorithm="ipinsights")
    assert (caught.value.row, caught.value.column) == (2, 1)


def test_pairs_that_are_refused(tmp_path):
    with pytest.raises(InputError, match="row 1: the row is no pair"):
        bodies([("a", "1.1.1.1"), ("a", "b", "c")], algorithm="ipinsights")
    for rows in ([1, 2], np.ones(2), iter(["ab"])):
        with pytest.raises(InputError, match="row 0: the row is no pair"):
            bodies(rows, algorithm="ipinsights")
    for rows in (5, sp.eye(2)):
        with pytest.raises(
            UnsupportedTypeError, match="holds no pairs of texts; pass pa"
        ):
            bodies(rows, algorithm="ipinsights")
    with pytest.raises(InputError, match="row 0: a text is missing"):
        bodies([(None, "1.1.1.1")], algorithm="ipinsights")
    whole = pa.table({"a": ["x", "y"], "b": ["1.1.1.1", None]})
    table = pa.concat_tables([whole.slice(0, 1), whole])
    with pytest.raises(InputError, match="row 2: a text is missing"):
        bodies(table, algorithm="ipinsights")
    frame = pd.DataFrame({"a": ["x"], "b": ["1.1.1.1"], "c": [1]})
    with pytest.raises(InputError, match="there are 3 columns, IP Insights takes two"):
        bodies(frame, algorithm="ipinsights")
    with pytest.raises(InputError, match="label cannot apply"):
        bodies(frame, algorithm="ipinsights", label="a")
    path = tmp_path / "events.csv"
    path.write_text("a,1.1.1.1\nb\n")
    with pytest.raises(ParseError, match="no CSV of two columns"):
        bodies(path, algorithm="ipinsights")
