"""parse_response: what it refuses, with the place, and what it takes though it is odd."""

import io
import pickle

import numpy as np
import pyarrow as pa
import pytest

import recordsmith as rs
import wire
from recordsmith.errors import FormatError, InputError, ParseError, UnsupportedTypeError
from recordsmith.inference.from_json import iter_documents
from recordsmith.inference.predictions import Predictions, objects

JSON, LINES, CSV = "application/json", "application/jsonlines", "text/csv"
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


# -------------------------------------------------------------------------------- JSON

LL = "linear-learner"


@pytest.mark.parametrize(
    ("body", "algorithm", "message"),
    [
        # cut off: in a list, a number, a word, a text, between things
        (
            '{"predictions": [{"score": 0.1}, ',
            LL,
            "byte 33: the body ends inside its JSON",
        ),
        ('{"predictions": [{"score": 0.', LL, "ends inside its JSON: it was cut off"),
        ('{"predictions": [{"score": Na', LL, "ends inside its JSON: it was cut off"),
        ('{"predictions": [{"sco', LL, "ends inside its JSON: it was cut off"),
        ('{"predictions": [{"score": 1}]', LL, "ends inside its JSON: it was cut off"),
        ('{"predictions": []}{"pred', LL, "ends inside its JSON after whole documents"),
        # no JSON
        (
            "Unable to evaluate",
            LL,
            "byte 0: the body is no JSON: expecting value, found '",
        ),
        (
            '{"predictions": [{score: 1}]}',
            LL,
            "byte 18: the body is no JSON: expecting pr",
        ),
        (
            '{"predictions": []} and more',
            LL,
            "no JSON: expecting value, found 'and more'",
        ),
        ("[" * 100_000, None, "lists are nested too deeply"),
        ('{"predictions": []} 7', LL, "byte 20: found '7', expected an object or a list"),
        # another root, or none
        (
            '{"scores": [{"score": 0.1}]}',
            LL,
            "of linear-learner is an object with the keys 'scores', expected an object "
            "with the key 'predictions'",
        ),
        ("[1, 2]", LL, r"is '\[1, 2\]', expected an object with the key 'predictions'"),
        ('{"predictions": 5}', LL, "is '5', expected a list under 'predictions'"),
        ('{"predictions": [1]}', LL, "row 0: found 1, expected an object"),
        ('{"predictions": [{"score": 1}, []]}', LL, "row 1: found a list of 0, expected"),
        ('{"vector": [1]}', "blazingtext-word2vec", "expected a list of objects"),
        ('{"a": 1}', "image-classification", "'a', expected a list of numbers"),
        (
            '{"a": [1]}',
            "catboost",
            "'a', expected an object with 'probabilities' or 'pre",
        ),
        (
            "[1]",
            "object-detection",
            r"is '\[1\]', expected an object; is it the response",
        ),
        # fields
        (
            '{"predictions": [{"score": 1, "predicted_label": 0}, {"score": 1}]}',
            LL,
            "row 1: no field 'predicted_label', which the rows before have",
        ),
        (
            '{"predictions": [{"score": 1}, {"score": 1, "more": 0}]}',
            LL,
            "row 1: field 'more', which the rows before do not have",
        ),
        (
            '{"predictions": [{"predicted_label": 1}]}',
            LL,
            "no field 'score', which every prediction of linear-learner has; found pred",
        ),
        (
            '{"predictions": [{"score": 1}]}',
            "forecasting-deepar",
            "no field of forecasting-deepar: found score, expected some of mean, quant",
        ),
        # values
        (
            '{"predictions": [{"score": 1}, {"score": null}]}',
            LL,
            "row 1: field 'score' is null, expected a number or a list of numbers",
        ),
        (
            '{"predictions": [{"score": 1}, {"score": "high"}]}',
            LL,
            "row 1: field 'score' is 'high', expected a number or a list of numbers",
        ),
        (
            '{"predictions": [{"score": true}]}',
            LL,
            "row 0: field 'score' is True, expect",
        ),
        (
            '{"predictions": [{"score": {"a": 1}}]}',
            LL,
            "field 'score' is an object, expected a number or a list of numbers",
        ),
        (
            '{"predictions": [{"score": 1}, {"score": [1]}]}',
            LL,
            "row 1: field 'score' is a list of 1, in the first row it is 1",
        ),
        (
            '{"predictions": [{"score": [1, 2]}, {"score": [1, 2]}, {"score": [1]}]}',
            LL,
            "row 2: field 'score' has 1 number, in the first row 2 numbers",
        ),
        (
            '{"predictions": [{"score": 1, "predicted_label": 0.5}]}',
            LL,
            "row 0: field 'predicted_label' is 0.5, expected a whole number",
        ),
        (
            '{"predictions": [{"score": 1, "predicted_label": NaN}]}',
            LL,
            "field 'predicted_label' is nan, expected a whole number",
        ),
        (
            '{"predictions": [{"score": 1, "predicted_label": 9223372036854775808}]}',
            LL,
            "field 'predicted_label' is 9223372036854775808, expected a whole number",
        ),
        (
            '{"predictions": [{"score": 9007199254740993}]}',
            LL,
            "row 0: field 'score' is 9007199254740993, which float64 cannot hold exactly",
        ),
        (
            '{"predictions": [{"score": [1, 2]}, {"score": [1, 1' + "0" * 400 + "]}]}",
            LL,
            "row 1: field 'score' is 10+\\.\\.\\., expected a float64",
        ),
        (
            '{"predictions": [{"samples": [[1, 2], [3]]}]}',
            "forecasting-deepar",
            "row 0: field 'samples' has lists of 1 and of 2 numbers, expected lists of",
        ),
        (
            '{"predictions": [{"quantiles": {"0.9": [1]}}, {"quantiles": {"0.8": [1]}}]}',
            "forecasting-deepar",
            "row 1: no field 'quantiles.0.9', which the rows before have",
        ),
        (
            '{"predictions": [{"quantiles": {"1": [1]}}, {"quantiles": {"1": [1, 2]}}]}',
            "forecasting-deepar",
            "row 1: field 'quantiles.1' has 2 numbers, in the first row 1 number",
        ),
        (
            '{"probabilities": [[0.5, 0.5]], "prediction": [1, 2]}',
            "lightgbm",
            "the lists have different lengths: probabilities 1, prediction 2; exp",
        ),
        ('{"prediction": 1}', "lightgbm", "is '1', expected a list in 'prediction'"),
        (
            '{"prediction": [1]}{"probabilities": [[1]]}',
            "lightgbm",
            "a document has the fields probabilities, before they were prediction",
        ),
    ],
)
def test_json_that_is_refused(body, algorithm, message):
    with pytest.raises(ParseError, match=message):
        parse(body, JSON, algorithm)


def test_numbers_that_are_no_json():
    body = (
        '{"predictions": [{"score": NaN}, {"score": -Infinity}, {"score": "Infinity"}]}'
    )
    score = parse(body, JSON, LL)["score"]
    assert repr(score.tolist()) == "[nan, -inf, inf]"


def test_types_do_not_depend_on_the_numbers():
    whole = parse('{"predictions": [{"score": 1, "predicted_label": 1}]}', JSON, LL)
    other = parse('{"predictions": [{"score": 0.5, "predicted_label": 1.0}]}', JSON, LL)
    for found in (whole, other):
        assert found["score"].dtype == np.float64
        assert found["predicted_label"].dtype == np.int64


def test_whole_numbers_are_exact():
    body = '{"predictions": [{"score": 1, "predicted_label": 9007199254740993}]}'
    assert parse(body, JSON, LL)["predicted_label"].tolist() == [9007199254740993]


def test_no_predictions_are_none():
    found = parse('{"predictions": []}', JSON, LL)
    assert (len(found), list(found)) == (0, [])
    assert found.to_arrow().num_rows == 0
    with pytest.raises(KeyError, match="score: the response holds no fields, for it has"):
        found["score"]


def test_rows_of_varying_length_without_a_table():
    found = parse('[{"a": [1, 2], "b": [["x"]]}, {"a": [3], "b": true}]')
    assert [one.tolist() for one in found["a"]] == [[1, 2], [3]]
    assert found.kinds == {"a": "list", "b": "any"}
    assert found.to_arrow().schema.field("a").type == pa.list_(pa.float64())
    assert found.to_arrow()["b"].to_pylist() == ['[["x"]]', "true"]


def test_without_a_table_fields_are_as_they_are_named():
    body = '{"anything": [{"a": 1, "b": "x", "c": [1, 2], "d": ["y"], "e": {"f": true}}]}'
    found = parse(body)
    assert list(found) == ["a", "b", "c", "d", "e.f"]
    assert found.kinds["e.f"] == "any"
    assert found["c"].shape == (1, 2)
    assert found["d"].tolist() == [["y"]]


def test_an_object_is_one_prediction_without_a_table():
    assert parse('{"a": [1, 2], "b": [3]}')["a"].tolist() == [[1, 2]]
    assert len(parse('{"a": [{"x": 1}], "b": [{"y": 1}]}')) == 1


def test_a_bare_list_of_numbers_is_not_certain():
    with pytest.raises(ParseError, match=r"'\[0.5, 0.5\]': without names it is not cert"):
        parse("[0.5, 0.5]")


def test_nulls_are_refused_without_a_table():
    with pytest.raises(ParseError, match="row 1: field 'a' is null, expected numbers or"):
        parse('[{"a": 1}, {"a": null}]')


# -------------------------------------------------------------------------- JSON Lines


def test_lines_of_all_kinds():
    body = '{"score": 1}\r\n\n{"score": 2},\n{"score": 3}{"score": 4} , {"score": 5}'
    assert parse(body, LINES, "rcf")["score"].tolist() == [1, 2, 3, 4, 5]


def test_a_line_separator_within_a_text_is_no_line_end():
    body = '{"target": "a\u2028b\x85c"}\n'
    assert parse(body, LINES, "seq2seq")["target"].tolist() == ["a\u2028b\x85c"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            '{"score": 1}\n\n{"score": ',
            "line 3: the line ends inside its JSON: the body w",
        ),
        (
            '{"score": 1}\n{"sco\n{"score": 1}',
            "line 2: the line ends inside its JSON; a d",
        ),
        (
            '{"score": 1}\n{"score": }\n',
            "line 2: the line is no JSON: expecting value, fo",
        ),
        (
            '{"score": 1}\nsorry\n',
            "line 2: the line is no JSON: expecting value, found 's",
        ),
        ('{"score": 1}\n[1]\n', "line 2: found '.1.', expected an object"),
        ("7\n", "line 1: found '7', expected an object"),
        ('{"score": 1}\n\n{"other": 1}', "line 3: no field 'score', which the rows befo"),
        (
            '{"score": 1}\n{"score": "a"}',
            "line 2: field 'score' is 'a', expected a number",
        ),
        (
            '{"scores": [{"score": 1}]}',
            "line 1: no field 'score', which every prediction",
        ),
    ],
)
def test_lines_that_are_refused(body, message):
    with pytest.raises(ParseError, match=message):
        parse(body, LINES, "rcf")


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


# --------------------------------------------------------------------------- documents


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20])
def test_documents_come_whole_however_the_file_is_cut(size, monkeypatch):
    monkeypatch.setattr("recordsmith.inference.from_json._BLOCK_BYTES", size)
    text = ' {"a": "\u00e9\u2603"}, [1, {}]\n{"b": 12.5e1}{"c": "x"},[]'
    file = io.BytesIO(text.encode())
    found = [one for some in iter_documents(file) for one in some]
    assert found == [{"a": "\u00e9\u2603"}, [1, {}], {"b": 125.0}, {"c": "x"}, []]


def test_the_end_of_documents_is_checked():
    file = io.BytesIO(b'{"a": 1}{"a": ')
    with pytest.raises(ParseError, match="a.out: byte 14: the body ends inside its JSON"):
        list(iter_documents(file, "a.out"))
    with pytest.raises(ParseError, match="the body is no UTF-8"):
        list(iter_documents(io.BytesIO(b'{"a": "\xc3')))
