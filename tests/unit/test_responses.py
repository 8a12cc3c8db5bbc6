"""parse_response: bodies, CSV, RecordIO-protobuf; and the predictions that come of it."""

import io
import pickle

import numpy as np
import pytest

import recordsmith as rs
import wire
from recordsmith.errors import FormatError, InputError, ParseError, UnsupportedTypeError
from recordsmith.inference.predictions import Predictions, objects

JSON, LINES, CSV = "application/json", "application/jsonlines", "text/csv"
LL = "linear-learner"
RECORDIO, PNG = "application/x-recordio-protobuf", "image/png"


def parse(body, content_type=JSON, algorithm=None, **options):
    return rs.parse_response(body, content_type, algorithm=algorithm, **options)


def record(features=None, **labels):
    """A frame whose label map has these fields, of (dtype, values)."""
    payload = b"".join(
        wire.label(wire.value(dtype, values), name)
        for name, (dtype, values) in labels.items()
    )
    for name, (dtype, values) in (features or {}).items():
        payload += wire.feature(wire.value(dtype, values), name)
    return wire.frame(payload)


def floats(*values):
    return ("float32", np.array(values, "float32"))


# ------------------------------------------------------------------------------ bodies


@pytest.mark.parametrize(
    "body",
    [
        b'{"score": 0.5}',
        bytearray(b'{"score": 0.5}'),
        memoryview(b'{"score": 0.5}'),
        '{"score": 0.5}',
        io.BytesIO(b'{"score": 0.5}'),
        io.StringIO('{"score": 0.5}'),
        b'\xef\xbb\xbf{"score": 0.5}',
    ],
    ids=["bytes", "bytearray", "memoryview", "str", "stream", "text stream", "bom"],
)
def test_bodies(body):
    assert parse(body)["score"].tolist() == [0.5]


@pytest.mark.parametrize(
    "content_type",
    [
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;verbose",
        " application/json ",
    ],
)
def test_content_types(content_type):
    assert parse('{"score": 1}', content_type)["score"].tolist() == [1.0]


def test_spellings_of_content_types():
    assert len(parse('{"x": 1}\n{"x": 2}', "application/x-ndjson")) == 2
    assert len(parse("1\n2\n", "text/plain")) == 2


@pytest.mark.parametrize(
    ("body", "content_type", "kind", "message"),
    [
        (
            b"1",
            "text/html",
            InputError,
            "bodies of 'text/html' cannot be read; known: app",
        ),
        (b"1", None, UnsupportedTypeError, "content_type is None, expected a text"),
        ([1], JSON, UnsupportedTypeError, "a body is list, expected bytes, text, or a"),
        (b"", JSON, ParseError, "the body is empty, expected predictions in application"),
        (b" \n", CSV, ParseError, "the body is empty"),
        (b"\xff\xfe", JSON, ParseError, "byte 0: byte 0xff is no UTF-8"),
        (
            b"<html>\n<h1>502 Bad\x1b Gateway",
            JSON,
            ParseError,
            "is HTML or XML, expected predictions in application/json: "
            "'<html> <h1>502 Bad.x1b Gateway'",
        ),
        (
            b"not here",
            RECORDIO,
            ParseError,
            "the body is no application/x-recordio-protobuf: it begins with 'not here'",
        ),
        (b"GIF89a", PNG, ParseError, "the body is no image/png: it begins with 'GIF89a'"),
    ],
)
def test_bodies_that_are_none(body, content_type, kind, message):
    with pytest.raises(kind, match=message.replace("(", r"\(")):
        parse(body, content_type)


@pytest.mark.parametrize(
    "body",
    [
        '{"error": "the model is cold"}',
        '{"ErrorCode": "CLIENT", "Message": "the model is cold"}',
        '{"code": 413, "type": "x", "message": "the model is cold"}',
    ],
)
@pytest.mark.parametrize("algorithm", [None, "linear-learner", "object-detection"])
@pytest.mark.parametrize("content_type", [JSON, LINES])
def test_errors_in_place_of_predictions(body, algorithm, content_type):
    if algorithm == "object-detection":
        content_type = JSON
    with pytest.raises(ParseError, match="an error of the endpoint, no predictions: '"):
        parse(body, content_type, algorithm)


def test_a_field_that_only_sounds_like_an_error_is_none():
    found = parse('{"prediction": [[1, 2]], "message": "ok"}', JSON, "object-detection")
    assert found["message"].tolist() == ["ok"]


# --------------------------------------------------------------------------------- CSV


@pytest.mark.parametrize(
    ("body", "options", "expected"),
    [
        ("0.5\n0.25\n", {}, [0.5, 0.25]),
        ("0.5", {}, [0.5]),
        ("0.5\r\n\r\n1e-3\r\n", {}, [0.5, 0.001]),
        ("1,2\n3,4\n", {}, [[1, 2], [3, 4]]),
        (" 1 , 2 \n3,4", {}, [[1, 2], [3, 4]]),
        ("0.5,0.25,0.125", {"rows": 3}, [0.5, 0.25, 0.125]),
        ("0.5,0.25,0.125", {"rows": 1}, [[0.5, 0.25, 0.125]]),
        ("[0.5, 0.5]\n[1.0, 0.0]\n", {}, [[0.5, 0.5], [1, 0]]),
        ('"[0.5, 0.5]"\n"[1.0, 0.0]"\n', {}, [[0.5, 0.5], [1, 0]]),
    ],
)
def test_csv_of_xgboost(body, options, expected):
    assert parse(body, CSV, "xgboost", **options)["score"].tolist() == expected


def test_csv_with_fields():
    body = "1,\"[0.25, nan]\",2\n0,'x'"
    with pytest.raises(ParseError, match="line 2: found \"'x'\", expected a number"):
        parse(body, CSV, "xgboost", fields=["predicted_label", "probabilities", "labels"])
    body = '1,"[0.25, nan]",[2]\n0,"[1, 0]","[3]"'
    found = parse(
        body, CSV, "xgboost", fields=["predicted_label", "probabilities", "labels"]
    )
    assert repr(found["probabilities"].tolist()) == "[[0.25, nan], [1.0, 0.0]]"
    assert found["labels"].tolist() == [[2], [3]]


@pytest.mark.parametrize(
    ("body", "algorithm", "options", "kind", "message"),
    [
        (
            "0.5,0.5",
            "xgboost",
            {},
            InputError,
            "is one line of 2 numbers: 2 predictions,",
        ),
        ("0.5,0.5", "xgboost", {}, InputError, "pass rows=2 or rows=1"),
        (
            "1,2\n3\n",
            "xgboost",
            {},
            ParseError,
            "line 2: field 'score' is 3.0, in the fi",
        ),
        (
            "1,2\n3,4,5\n",
            "xgboost",
            {},
            ParseError,
            "line 2: field 'score' has 3 numbers",
        ),
        ("1\nno\n", "xgboost", {}, ParseError, "line 2: found 'no', expected a number"),
        ("1_0\n", "xgboost", {}, ParseError, "line 1: found '1_0', expected a number"),
        ("\u0661\n", "xgboost", {}, ParseError, "line 1: found '\u0661', expected a num"),
        ("[1,2\n", "xgboost", {}, ParseError, "line 1: found '.1', a list that does not"),
        (
            '1,"[1]\n',
            "xgboost",
            {"fields": "ab"},
            ParseError,
            "line 1: the line is no CSV",
        ),
        (
            "1\n2\n",
            "kmeans",
            {},
            ParseError,
            "line 1: the line has 1 value, expected 2: c",
        ),
        ("1,2,3", "kmeans", {}, ParseError, "line 1: the line has 3 values, expected 2"),
        (
            "1.5,2\n",
            "kmeans",
            {},
            ParseError,
            "line 1: field 'closest_cluster' is 1.5, e",
        ),
        (
            "1,2\nnan,2\n",
            "kmeans",
            {},
            ParseError,
            "line 2: field 'closest_cluster' is n",
        ),
        (
            "1,[2]\n",
            "kmeans",
            {},
            ParseError,
            "line 1: field 'distance_to_cluster' is a l",
        ),
        (
            "1\n",
            "kmeans",
            {"fields": ["a", "a"]},
            InputError,
            "expected some that differ",
        ),
        ("1\n", "kmeans", {"fields": []}, InputError, "fields are \\[\\], expected some"),
        (
            "1\n",
            "rcf",
            {},
            InputError,
            "randomcutforest is not known to answer in text/cs",
        ),
        (
            "1\n2\n",
            None,
            {"rows": 3},
            InputError,
            "has 2 predictions, expected 3; predic",
        ),
    ],
)
def test_csv_that_is_refused(body, algorithm, options, kind, message):
    with pytest.raises(kind, match=message):
        parse(body, CSV, algorithm, **options)


def test_csv_without_a_table_is_a_line_a_row():
    assert parse("1,2,3", CSV)["values"].tolist() == [[1, 2, 3]]
    assert parse("1,2", CSV, fields=["a", "b"])["b"].tolist() == [2]


def test_fields_are_for_csv_only():
    with pytest.raises(InputError, match="fields= are for text/csv, a body of applicat"):
        parse("{}", JSON, fields=["a"])


# ---------------------------------------------------------------------------- RecordIO


def test_records_keep_the_type_of_floats():
    found = parse(record(score=floats(0.1)), RECORDIO)
    assert found["score"].dtype == np.float32
    assert found["score"][0] == np.float32(0.1)


def test_records_of_float64_and_int32():
    data = record(a=("float64", np.array([0.1])), b=("int32", np.array([7, 8], "int32")))
    found = parse(data, RECORDIO)
    assert (found["a"].dtype, found["b"].dtype) == (np.float64, np.int32)
    assert found["b"].tolist() == [[7, 8]]


def test_a_vector_of_one_number_stays_a_vector_where_the_table_says_so():
    data = record(projection=floats(0.5)) + record(projection=floats(1.5))
    assert parse(data, RECORDIO, "pca")["projection"].tolist() == [[0.5], [1.5]]
    assert parse(data, RECORDIO)["projection"].tolist() == [0.5, 1.5]


def test_features_and_labels_of_one_name():
    data = record({"score": floats(2)}, score=floats(1))
    found = parse(data, RECORDIO)
    assert (found["score"].tolist(), found["features.score"].tolist()) == ([1], [2])


@pytest.mark.parametrize(
    ("data", "algorithm", "kind", "message"),
    [
        (
            record(score=floats(1), predicted_label=floats(0.5)),
            LL,
            ParseError,
            "record 1: field 'predicted_label' is 0.5, expected a whole number",
        ),
        (
            record(closest_cluster=floats(1, 2), distance_to_cluster=floats(1)),
            "kmeans",
            ParseError,
            "record 1: .* has [12] values, .* has [12]; expected one of each",
        ),
        (
            record(projection=floats(1, 2)) + record(projection=floats(1)),
            "pca",
            ParseError,
            "record 2: field 'projection' has 1 number, in the first row 2 numbers",
        ),
        (
            record(score=floats(1)),
            "kmeans",
            ParseError,
            "no field 'closest_cluster', whi",
        ),
        (
            record(score=floats(1))[:-4],
            "rcf",
            FormatError,
            "record 1, byte 0: the data en",
        ),
        (
            record({"target": floats(1, 2), "shape": ("int32", [3])}),
            "semantic-segmentation",
            ParseError,
            r"record 1: 'target' has 2 values, its shape is \(3,\)",
        ),
        (
            wire.frame(wire.label(wire.value("float32", [1], [0], [9]), "score")),
            "rcf",
            UnsupportedTypeError,
            "label 'score' of the response holds csr, expected dense numbers",
        ),
        (
            record(score=floats(1)) + record(),
            "rcf",
            InputError,
            "record 2: label 'score' is missing in 1 of 2 records",
        ),
    ],
)
def test_records_that_are_refused(data, algorithm, kind, message):
    with pytest.raises(kind, match=message):
        parse(data, RECORDIO, algorithm)


def test_tensors_of_different_shapes():
    shapes = {"shape": ("int32", [1, 2])}
    data = record({"target": floats(1, 2), **shapes}) + record(
        {"target": floats(1, 2, 3, 4), "shape": ("int32", [2, 2])}
    )
    found = parse(data, "application/x-protobuf", "semantic-segmentation")
    assert [one.tolist() for one in found["target"]] == [[[1, 2]], [[1, 2], [3, 4]]]
    assert found.to_arrow()["target"].to_pylist() == [[[1, 2]], [[1, 2], [3, 4]]]


# ------------------------------------------------------------------------- Predictions


def test_predictions_are_taken_apart_as_a_frame():
    found = parse('[{"a": 1, "b": [1, 2]}, {"a": 2, "b": [3, 4]}]')
    assert (len(found), list(found), "a" in found, "c" in found) == (
        2,
        ["a", "b"],
        True,
        False,
    )
    assert repr(found) == "<Predictions: 2 rows: a: float64; b: float64 vector 2>"
    with pytest.raises(KeyError, match="c: the response holds a, b"):
        found["c"]
    with pytest.raises(TypeError):
        found.fields["a"] = np.zeros(2)
    copy = pickle.loads(pickle.dumps(found))
    assert copy["b"].tolist() == [[1, 2], [3, 4]]
    frame = found.to_pandas()
    assert frame["a"].tolist() == [1, 2]
    assert frame["b"][1].tolist() == [3, 4]


def test_predictions_have_one_length():
    with pytest.raises(InputError, match="field 'a' has 2 rows, not 3"):
        Predictions({"a": np.zeros(2)}, {"a": "scalar"}, 3)


def test_empty_vectors_become_lists_of_no_length():
    found = parse('[{"a": []}, {"a": []}]')
    assert found["a"].shape == (2, 0)
    assert found.to_arrow()["a"].to_pylist() == [[], []]


def test_empty_lists_among_lists_of_lists():
    one = np.ones((2, 2))
    found = Predictions({"a": objects([np.zeros((0, 0)), one])}, {"a": "lists"}, 2)
    assert found.to_arrow()["a"].to_pylist() == [[], [[1, 1], [1, 1]]]
