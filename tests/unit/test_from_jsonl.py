"""JSON Lines: types from the first lines, errors with the right line."""

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading import batches_of, rows_of, text
from recordsmith.errors import InputError, ParseError, UnsupportedTypeError


def jsonl(data, **options):
    return text(data, source_format="jsonl", **options)


def one(data, **options):
    batches, _ = batches_of(io.BytesIO(data.encode()), source_format="jsonl", **options)
    assert len(batches) == 1
    return batches[0]


def refused(data, error, match, **options):
    with pytest.raises(error, match=match) as caught:
        jsonl(data, **options)
    return caught.value


def test_integers_first_and_fractions_later():
    data = '{"y":1,"a":1}\n\n' + '{"y":0,"a":2}\n' * 50_000 + '{"y":0,"a":2.5}'
    features, labels = jsonl(data, label="y")
    assert (features.dtype, labels.dtype) == ("float64", "float64")
    assert (features[0, 0], features[-1, 0], len(labels)) == (1, 2.5, 50_002)


def test_lists_and_sparse_rows():
    assert one('{"t":[1,2]}\n{"t":[]}\n{"t":[3.5]}').fields[0].kind == "ragged"
    assert jsonl('{"a":1,"v":[2,3]}\n{"a":4,"v":[5,6]}')[0].tolist() == [
        [1, 2, 3],
        [4, 5, 6],
    ]
    refused('{"a":1,"v":[2,3]}\n\n{"a":4,"v":[5]}', InputError, "line 3, column 'v'")
    rows = '{"v":{"keys":[0,3],"values":[1,2],"size":5}}\n'
    rows += '{"v":{"keys":[],"values":[],"size":5}}'
    assert one(rows).features.toarray().tolist() == [[1, 0, 0, 2, 0], [0] * 5]
    unsized = '{"v":{"indices":[1],"values":[7.5]}}'
    assert one(unsized, n_features=3).features.toarray().tolist() == [[0, 7.5, 0]]


def test_missing_members_are_null():
    refused(
        '{"a":1,"b":2}\n\n{"a":1}\n', InputError, "line 3, column 'b': the value is mis"
    )
    assert jsonl('{"a":1,"b":2}\n{"a":null}\n', nulls=-1)[0].tolist() == [
        [1, 2],
        [-1, -1],
    ]
    assert jsonl('{"a":null,"b":2}\n{"a":1,"b":2}\n', nulls=0)[0].tolist() == [
        [0, 2],
        [1, 2],
    ]


def test_new_members():
    data = '{"a":1}\n' * 100_000 + '\n{"a":1,"z":2}\n'
    error = refused(data, ParseError, "'z' is not in the first lines.*features=")
    assert (error.row, error.unit) == (100_002, "line")
    assert jsonl(data, features="a")[0].shape == (100_001, 1)


def test_a_member_that_changes_its_type():
    data = '{"a":1}\n' * 100_000 + '\n{"a":"x"}\n'
    assert refused(data, ParseError, "number to string").row == 100_002


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ('{"a":1}\nxx\n', 2),
        ('{"a":1}\n{"a":tru\n', 2),
        ('{"a":1}\n\n{"a":1', 3),
        ("[1,2]\n", 1),
        ('[{"a":1}]', 1),
        ('{"a":1e400}\n', 1),
        ('{"a":1,"a":2}\n', 1),
        ('{\n"a":1}\n', 1),
        ('{"a":1} {"a":2}\n', 1),
    ],
)
def test_what_is_no_json_line(data, line):
    error = refused(data, ParseError, None)
    assert (error.row, error.unit, error.path) == (line, "line", "<BytesIO>")


def test_text_members():
    data = '{"a":1,"id":"2026-01-01","n":3,"s":"x"}\n{"a":2,"id":"b","n":4,"s":"y"}\n'
    batch = one(data, uid="id", metadata="n", drop="s")
    assert batch.uids == ["2026-01-01", "b"]
    assert batch.metadata == ["3", "4"]
    refused(data, UnsupportedTypeError, "'id' .*'s' ", drop="n")


def test_no_line():
    refused("", ParseError, "no line")
    refused("\n \n", ParseError, "no line")


def test_overflow_and_dtypes():
    error = refused('{"a":1}\n{"a":1e39}', InputError, "too large", dtype="float32")
    assert (error.row, error.unit, error.column) == (2, "line", "a")
    assert jsonl('{"a":3}', dtype="int32")[0].dtype == "int32"
    assert np.isnan(jsonl('{"a":NaN}')[0]).all()
    assert jsonl(b"\xef\xbb\xbf" + b'{"a":3}')[0].tolist() == [[3]]


def test_files(tmp_path):
    (tmp_path / "1.jsonl").write_text('{"a":1,"b":2}\n')
    (tmp_path / "2.jsonl").write_text('{"b":4,"a":3.5}\n')
    assert rows_of(tmp_path)[0].tolist() == [[1, 2], [3.5, 4]]
    (tmp_path / "3.jsonl").write_text('{"b":4,"a":3.5}\n{"a":1}')
    with pytest.raises(InputError, match=r"3\.jsonl: line 2, column 'b'"):
        rows_of(tmp_path)


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=20), st.integers(1, 99))
def test_a_matrix_comes_back(rows, block_size):
    data = "\n".join(json.dumps({"a": a, "b": b}) for a, b in rows)
    features, _ = jsonl(data, block_size=block_size, threads=2)
    assert np.array_equal(features, np.array(rows))
