"""The SDK's serializers: the text that it sends, and what is refused with a reason."""

import abc
import copy
import inspect
import io
import json
import pickle
import sys
from types import ModuleType

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

import wire
from recordsmith import sagemaker
from recordsmith.errors import FormatError, InputError, UnsupportedTypeError

CONTENT_TYPES = {
    "CSVSerializer": "text/csv",
    "JSONLinesSerializer": "application/jsonlines",
    "JSONSerializer": "application/json",
    "LibSVMSerializer": "text/libsvm",
    "RecordSerializer": "application/x-recordio-protobuf",
    "SparseMatrixSerializer": "application/x-npz",
}


def test_every_serializer_is_here():
    names = {name for name in sagemaker.__all__ if name.endswith("Serializer")}
    assert names == set(CONTENT_TYPES)


@pytest.mark.parametrize("name", sorted(CONTENT_TYPES))
def test_content_types(name):
    cls = getattr(sagemaker, name)
    parameter = inspect.signature(cls).parameters["content_type"]
    assert parameter.default == CONTENT_TYPES[name]
    serializer = cls()
    assert serializer.CONTENT_TYPE == serializer.content_type == CONTENT_TYPES[name]
    serializer.content_type = "text/x"
    assert serializer.CONTENT_TYPE == "text/x"
    assert cls("text/y").CONTENT_TYPE == cls(content_type="text/y").CONTENT_TYPE
    with pytest.raises(InputError, match="content_type is None, expected a MIME type"):
        cls(None)


@pytest.mark.parametrize("name", sorted(CONTENT_TYPES))
def test_serializers_are_plain_objects(name):
    serializer = getattr(sagemaker, name)("text/x")
    for again in (
        copy.copy(serializer),
        copy.deepcopy(serializer),
        pickle.loads(pickle.dumps(serializer)),
    ):
        assert type(again) is type(serializer)
        assert again.content_type == "text/x"
    assert isinstance(serializer, getattr(sagemaker, name))
    assert not isinstance(serializer, sagemaker.RecordDeserializer)


TEXT_OF_FILES = [
    ("CSVSerializer", "1,2"),
    ("JSONSerializer", "[1]"),
    ("JSONLinesSerializer", "1\n2"),
    ("LibSVMSerializer", "1 0:2"),
]


@pytest.mark.parametrize(("name", "text"), TEXT_OF_FILES)
def test_files_are_passed_on(name, text):
    serializer = getattr(sagemaker, name)()
    assert serializer.serialize(io.StringIO(text)) == text
    assert serializer.serialize(io.BytesIO(text.encode())) == text.encode()


# ----------------------------------------------------------------------------- csv


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([1, 2.5, "a"], "1,2.5,a"),
        ([[1, 2], [3]], "1,2\n3"),
        ([(1, 2), (3, 4)], "1,2\n3,4"),
        ((1, 2), "1,2"),
        ("1,2", "1,2"),
        (["1,2", "3,4"], "1,2\n3,4"),
        ([1, 'a"b', None], '1,"a""b",'),
        (np.array([0.1, 1e16, np.nan]), "0.1,1e+16,nan"),
        (np.array([0.1, 3], "float32"), "0.1,3.0"),
        (np.array([[1, 2], [3, 4]]), "1,2\n3,4"),
        (np.arange(8).reshape(2, 2, 2), "0,1,2,3\n4,5,6,7"),
        (np.array([True, False]), "True,False"),
        (pd.Series([1.5, 2]), "1.5,2.0"),
        (pd.Series([1.5, 2], index=[7, 8]), "1.5,2.0"),
        (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), "1,x\n2,\n"),
    ],
)
def test_csv(data, text):
    assert sagemaker.CSVSerializer().serialize(data) == text


@pytest.mark.parametrize(
    "data",
    [
        5,
        None,
        np.float64(5),
        np.array(5),
        {"a": [1]},
        {1, 2},
        b"1,2",
        bytearray(b"1,2"),
        iter([1, 2]),
        sp.csr_matrix(np.eye(2)),
        pl.DataFrame({"a": [1, 2]}),  # the SDK sends its columns as rows
        ["a", 1],  # text first means that each item is a line
    ],
    ids=lambda data: type(data).__name__,
)
def test_what_is_no_csv(data):
    with pytest.raises(InputError, match="cannot become (a row of )?CSV; it takes"):
        sagemaker.CSVSerializer().serialize(data)


@pytest.mark.parametrize("data", [[], [[1], []], np.empty(0), np.empty((2, 0))])
def test_an_empty_row_is_no_csv(data):
    with pytest.raises(InputError, match="an empty row"):
        sagemaker.CSVSerializer().serialize(data)


# ---------------------------------------------------------------------------- json


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
        (np.array([0.1], "float32"), "[0.10000000149011612]"),
        ({"a": np.array([1.5]), "b": [1], "c": "x"}, '{"a": [1.5], "b": [1], "c": "x"}'),
        ("text", '"text"'),
        ([1, None, True], "[1, null, true]"),
        # What the SDK does not take.
        (
            {"instances": [{"features": np.array([1])}]},
            '{"instances": [{"features": [1]}]}',
        ),
        ([np.float32(0.5), np.int64(2), np.bool_(True)], "[0.5, 2, true]"),
    ],
)
def test_json(data, text):
    assert sagemaker.JSONSerializer().serialize(data) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([[1, 2], [3, 4]], "[1, 2]\n[3, 4]"),
        (({"a": n} for n in range(2)), '{"a": 0}\n{"a": 1}'),
        ('{"a": 1}', '{"a": 1}'),
        ([], ""),
        (np.array([[1.5], [2.5]]), "[1.5]\n[2.5]"),  # not in the SDK
    ],
)
def test_json_lines(data, text):
    assert sagemaker.JSONLinesSerializer().serialize(data) == text


@pytest.mark.parametrize("name", ["JSONSerializer", "JSONLinesSerializer"])
@pytest.mark.parametrize("thing", [object(), {1}, b"x", sp.csr_matrix(np.eye(2))])
def test_what_is_no_json(name, thing):
    with pytest.raises(UnsupportedTypeError, match=f"{type(thing).__name__} has no form"):
        getattr(sagemaker, name)().serialize([thing])


def test_what_has_no_lines():
    for thing in (5, None, sp.csr_matrix(np.eye(2))):
        with pytest.raises(InputError, match="cannot become JSON Lines; it takes"):
            sagemaker.JSONLinesSerializer().serialize(thing)


def test_numbers_come_back():
    values = np.array([[0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0]])
    text = sagemaker.CSVSerializer().serialize(values)
    assert np.array(text.split(","), float).tobytes() == values[0].tobytes()
    text = sagemaker.JSONSerializer().serialize(values)
    assert np.array(json.loads(text)).tobytes() == values.tobytes()


# -------------------------------------------------------------------- libsvm and .npz


def test_libsvm_text_is_passed_on():
    assert sagemaker.LibSVMSerializer().serialize("1 0:2\n") == "1 0:2\n"


@pytest.mark.parametrize("data", [np.eye(2), [1], b"1 0:2", sp.csr_matrix(np.eye(2))])
def test_libsvm_is_not_made_here(data):
    with pytest.raises(InputError, match="cannot become libsvm.*requests"):
        sagemaker.LibSVMSerializer().serialize(data)


@pytest.mark.parametrize("form", ["csc", "csr", "bsr", "dia", "coo"])
def test_sparse_matrices_are_npz_files(form):
    matrix = sp.random(5, 7, 0.3, format=form, random_state=1)
    data = sagemaker.SparseMatrixSerializer().serialize(matrix)
    assert isinstance(data, bytes)
    again = sp.load_npz(io.BytesIO(data))
    assert again.format == form
    assert (again != matrix).nnz == 0


def test_what_is_no_npz_file():
    serialize = sagemaker.SparseMatrixSerializer().serialize
    with pytest.raises(
        UnsupportedTypeError, match=r"data is a ndarray, expected.*sparse"
    ):
        serialize(np.eye(2))
    with pytest.raises(UnsupportedTypeError, match=r"the format lil, .*tocsr\(\)"):
        serialize(sp.lil_matrix((2, 2)))


# ------------------------------------------------------------------------- records


def test_records_are_a_file_in_memory():
    array = np.array([[1, 2], [3, 4]], "float32")
    body = sagemaker.RecordSerializer().serialize(array)
    assert isinstance(body, io.BytesIO)
    assert body.tell() == 0
    assert body.read() == b"".join(map(wire.dense, array))
    one = sagemaker.RecordSerializer().serialize(array[0])
    assert one.read() == wire.dense(array[0])


def test_records_are_bytes_for_version_3(monkeypatch):
    """Its endpoints make an empty body of a file: test_v3_endpoint.py shows it."""
    monkeypatch.setitem(sys.modules, "sagemaker.core", ModuleType("sagemaker.core"))
    body = sagemaker.RecordSerializer().serialize(np.zeros(2, "float32"))
    assert body == wire.dense([0, 0])
    assert type(body) is bytes


def test_sparse_records():
    body = sagemaker.RecordSerializer().serialize(sp.csr_matrix([[0.0, 2.0]]))
    expected = wire.feature(wire.value("float64", [2], keys=[1], shape=[2]))
    assert wire.payloads(body.read()) == [expected]


@pytest.mark.parametrize("shape", [(2, 2, 2), ()])
def test_records_have_one_or_two_dimensions(shape):
    with pytest.raises(InputError, match="expected a matrix"):
        sagemaker.RecordSerializer().serialize(np.zeros(shape))


def test_records_come_back_and_the_body_is_closed():
    body = io.BytesIO(wire.dense([1.5, 2.5]) + wire.dense([3.5, 4.5]))
    deserializer = sagemaker.RecordDeserializer()
    records = deserializer.deserialize(body, "application/x-recordio-protobuf")
    values = [list(one.features["values"].float32_tensor.values) for one in records]
    assert values == [[1.5, 2.5], [3.5, 4.5]]
    assert body.closed
    damaged = io.BytesIO(wire.dense([1.5])[:-1])
    with pytest.raises(FormatError, match="end inside a frame"):
        deserializer.deserialize(damaged)
    assert damaged.closed


def test_what_is_accepted():
    deserializer = sagemaker.RecordDeserializer()
    assert deserializer.ACCEPT == ("application/x-recordio-protobuf",)
    assert deserializer.accept == "application/x-recordio-protobuf"
    assert sagemaker.RecordDeserializer(("a/b", "c/d")).ACCEPT == ("a/b", "c/d")
    deserializer.accept = "x/y"
    assert deserializer.ACCEPT == ("x/y",)


def test_the_names_of_version_1():
    with pytest.warns(DeprecationWarning, match="renamed to RecordSerializer") as caught:
        serializer = sagemaker.numpy_to_record_serializer()
    assert caught[0].filename == __file__
    assert serializer.serialize(np.zeros(1, "float32")).read() == wire.dense([0])
    with pytest.warns(DeprecationWarning, match="renamed to RecordDeserializer"):
        deserializer = sagemaker.record_deserializer()
    assert len(deserializer.deserialize(io.BytesIO(wire.dense([0])))) == 1


# ------------------------------------------------------------------- base interfaces


@pytest.mark.parametrize("module", ["sagemaker", "sagemaker.core"])
def test_an_sdk_that_is_loaded_later_knows_its_own(module, monkeypatch):
    """Classes as abstract as the SDK's; the real ones are tested where the SDK is."""
    serializer, deserializer = sagemaker.CSVSerializer(), sagemaker.RecordDeserializer()
    end = "" if module == "sagemaker" else ".base"
    bases = []
    for member in ("Serializer", "Deserializer"):
        base = abc.ABCMeta(f"Base{member}", (), {})
        simple = abc.ABCMeta(f"SimpleBase{member}", (base,), {})
        held = ModuleType(f"{module}.{member.lower()}s{end}")
        assert not isinstance(serializer, base)
        monkeypatch.setitem(sys.modules, held.__name__, held)
        assert not isinstance(serializer, base)  # loaded in part
        setattr(held, simple.__name__, simple)
        bases.append(base)
    assert [isinstance(serializer, base) for base in bases] == [True, False]
    assert [isinstance(deserializer, base) for base in bases] == [False, True]
