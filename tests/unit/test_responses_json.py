"""parse_response: JSON and JSON Lines, what is refused and what is taken though odd."""

import io

import numpy as np
import pyarrow as pa
import pytest

import recordsmith as rs
from recordsmith.errors import InputError, ParseError
from recordsmith.inference.from_json import iter_documents

JSON, LINES = "application/json", "application/jsonlines"


def parse(body, content_type=JSON, algorithm=None):
    return rs.parse_response(body, content_type, algorithm=algorithm)


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


# ------------------------------------------- output that a job has joined to its input


def test_output_that_is_joined_to_its_input():
    body = '{"id": 7, "SageMakerOutput": {"score": 0.5}}\n{"id": 8, "SageMakerOutput": {'
    found = parse(f'{body}"score": 1}}}}', LINES, "rcf")
    assert (list(found), found["score"].tolist()) == (["score"], [0.5, 1])
    body = '{"instances": [1], "SageMakerOutput": {"scores": [{"score": 2}]}}'
    assert parse(body, JSON, "rcf")["score"].tolist() == [2]
    assert parse(body, JSON)["score"].tolist() == [2]


def test_output_that_is_joined_in_some_lines_only():
    body = '{"SageMakerOutput": {"score": 0.5}}\n{"score": 1}'
    with pytest.raises(
        ParseError, match="line 2: no 'SageMakerOutput', which the one be"
    ):
        parse(body, LINES, "rcf")
    with pytest.raises(
        ParseError, match="row 1: no 'SageMakerOutput', which the one bef"
    ):
        parse(body, JSON)


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


@pytest.mark.parametrize("algorithm", ["catboost", "lightgbm"])
def test_lists_of_no_predictions(algorithm):
    found = parse('{"probabilities": [], "prediction": []}', algorithm=algorithm)
    assert len(found) == 0
    with pytest.raises(InputError, match="has 0 predictions, expected 2"):
        rs.parse_response('{"probabilities": []}', JSON, algorithm=algorithm, rows=2)


@pytest.mark.parametrize("content_type", [JSON, LINES])
def test_integers_of_thousands_of_digits(content_type):
    with pytest.raises(ParseError):
        parse('{"score": ' + "1" * 5000 + "}", content_type)
