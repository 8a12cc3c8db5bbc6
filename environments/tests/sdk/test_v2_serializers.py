"""Version 2's serializers beside ours, and ours in a Predictor of version 2."""

import inspect
import io
import json

import numpy as np
import page
import pandas as pd
import pytest
import sagemaker
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sagemaker import deserializers, serializers
from sagemaker.amazon import common
from sagemaker.predictor import Predictor

import wire
from recordsmith import sagemaker as ours

settings.register_profile("sdk", deadline=None, derandomize=True, max_examples=200)
settings.load_profile("sdk")

SERIALIZERS = [
    "CSVSerializer",
    "JSONLinesSerializer",
    "JSONSerializer",
    "LibSVMSerializer",
    "RecordSerializer",
    "SparseMatrixSerializer",
]


def outcome(serializer, data):
    """What a serializer gives for the data, its content if it is a file, or the error."""
    try:
        found = serializer.serialize(data)
    except Exception as error:
        return error
    return (type(found), found.read()) if hasattr(found, "read") else found


def both(name, data, again=None):
    """Outcomes of version 2 and ours, for data that is perhaps made twice."""
    again = data if again is None else again
    theirs = outcome(getattr(serializers, name)(), data)
    return theirs, outcome(getattr(ours, name)(), again)


def same(name, data):
    theirs, found = both(name, data)
    if isinstance(theirs, Exception):
        assert isinstance(found, (ValueError, TypeError))
    else:
        assert found == theirs
        assert type(found) is type(theirs)


# ------------------------------------------------------------------------ interfaces


def described(function):
    return [
        (one.name, one.kind, one.default)
        for one in inspect.signature(function).parameters.values()
    ]


@pytest.mark.parametrize(
    "name",
    [
        "read_recordio",
        "read_records",
        "write_numpy_to_dense_tensor",
        "write_spmatrix_to_sparse_tensor",
    ],
)
def test_functions_take_the_same(name):
    theirs, found = (described(getattr(module, name)) for module in (common, ours))
    if name == "read_recordio":
        assert (theirs[0][0], found[0][0]) == ("f", "file")
        theirs, found = ([one[1:] for one in each] for each in (theirs, found))
    assert found == theirs


@pytest.mark.parametrize("name", SERIALIZERS)
def test_serializers_take_the_same(name):
    theirs, found = getattr(serializers, name), getattr(ours, name)
    assert described(found) == described(theirs)
    assert described(found.serialize) == described(theirs.serialize)
    assert found().CONTENT_TYPE == theirs().CONTENT_TYPE
    for bad in (None, 5, b"text/csv"):
        for cls in (theirs, found):
            with pytest.raises(ValueError, match="content_type"):
                cls(bad)


def test_deserializers_take_the_same():
    theirs, found = deserializers.RecordDeserializer, ours.RecordDeserializer
    assert described(found) == described(theirs)
    names = [[one[0] for one in described(cls.deserialize)] for cls in (theirs, found)]
    assert names == [["self", "data", "content_type"]] * 2
    for accept in ("text/csv", ("text/csv", "application/json")):
        assert found(accept).ACCEPT == theirs(accept).ACCEPT
    assert found().ACCEPT == theirs().ACCEPT


@pytest.mark.parametrize("name", SERIALIZERS)
def test_ours_are_instances_of_their_bases(name):
    serializer = getattr(ours, name)()
    for base in ("BaseSerializer", "SimpleBaseSerializer"):
        assert isinstance(serializer, getattr(serializers, base))
    assert not isinstance(serializer, deserializers.BaseDeserializer)
    assert not isinstance(serializer, serializers.NumpySerializer)


def test_our_deserializer_is_an_instance_of_its_base():
    deserializer = ours.RecordDeserializer()
    for base in ("BaseDeserializer", "SimpleBaseDeserializer"):
        assert isinstance(deserializer, getattr(deserializers, base))
    assert not isinstance(deserializer, serializers.BaseSerializer)


# -------------------------------------------------------------------------- the text

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4)
ARRAYS = st.sampled_from(
    ["float16", "float32", "float64", "int8", "int32", "int64", "uint64", "bool", "U3"]
).flatmap(lambda dtype: hnp.arrays(dtype, SHAPES))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ROWS = st.lists(SCALARS, max_size=4) | st.tuples(SCALARS, SCALARS)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(ARRAYS | ROWS | st.lists(ROWS | ARRAYS, max_size=3) | st.text(max_size=9))
def test_csv(data):
    same("CSVSerializer", data)


@given(PLAIN | ARRAYS | st.dictionaries(st.text(max_size=3), ARRAYS, max_size=3))
def test_json(data):
    same("JSONSerializer", data)


@given(
    st.lists(PLAIN, max_size=3) | st.text(max_size=9) | st.tuples(PLAIN, PLAIN) | SCALARS
)
def test_json_lines(data):
    same("JSONLinesSerializer", data)


@given(st.text(max_size=9) | SCALARS | ARRAYS)
def test_libsvm(data):
    same("LibSVMSerializer", data)


@given(
    st.sampled_from(["csr", "csc", "coo", "bsr", "dia", "lil", "dok"]),
    hnp.arrays("float32", st.tuples(st.integers(1, 4), st.integers(1, 4))),
)
def test_sparse_matrices(kind, values):
    theirs, found = both("SparseMatrixSerializer", sp.csr_matrix(values).asformat(kind))
    if kind in ("lil", "dok"):
        assert isinstance(theirs, NotImplementedError)
        assert isinstance(found, TypeError)
    else:
        assert found == theirs


@given(
    st.sampled_from(["float32", "float64", "int64"]).flatmap(
        lambda dtype: hnp.arrays(dtype, SHAPES, elements=st.integers(-9, 9))
    )
)
def test_records(data):
    same("RecordSerializer", data)


FRAMES = [
    pd.DataFrame({"a": [1, 2], "b": [0.1, np.nan], "c": ["x", 'y"']}),
    pd.DataFrame({"a": [1, 2]}, index=[5, 6]),
    pd.DataFrame(),
]


@pytest.mark.parametrize("frame", FRAMES)
def test_data_frames(frame):
    same("CSVSerializer", frame)


@pytest.mark.parametrize("name", SERIALIZERS[:4])
@pytest.mark.parametrize("file", [io.StringIO, lambda text: io.BytesIO(text.encode())])
def test_files(name, file):
    theirs, found = both(name, file("1,2"), again=file("1,2"))
    assert found == theirs


def test_iterators():
    items = [{"a": 1}, {"a": 2}]
    theirs, found = both("JSONLinesSerializer", iter(items), again=iter(items))
    assert found == theirs == '{"a": 1}\n{"a": 2}'


# ------------------------------------------------------------ where version 2 is wrong


@pytest.mark.parametrize("data", [b"1,2", bytearray(b"1,2")])
def test_bytes_are_no_numbers(data):
    theirs, found = both("CSVSerializer", data)
    assert theirs == "49,44,50"
    assert isinstance(found, ValueError)


def test_a_matrix_has_columns():
    theirs, found = both("CSVSerializer", np.asmatrix([[1, 2], [3, 4]]))
    assert theirs == "[[1 2]]\n[[3 4]]"
    assert found == "1,2\n3,4"


def test_arrays_within_json():
    data = [{"features": np.array([1, 2])}]
    for name in ("JSONSerializer", "JSONLinesSerializer"):
        theirs, found = both(name, data)
        assert isinstance(theirs, TypeError)
        assert json.loads(found) == (
            [{"features": [1, 2]}] if name == "JSONSerializer" else {"features": [1, 2]}
        )


def test_sparse_records():
    theirs, found = both("RecordSerializer", sp.csr_matrix([[0.0, 2.0]]))
    assert isinstance(theirs, TypeError)
    kind, data = found
    assert kind is io.BytesIO
    expected = wire.feature(wire.value("float64", [2], keys=[1], shape=[2]))
    assert wire.payloads(data) == [expected]


# -------------------------------------------------------------------------- a predictor


@pytest.fixture
def predictor(endpoint):
    import boto3

    session = sagemaker.Session(boto3.Session(region_name="us-east-1"))
    return Predictor("models", session)


def test_records_there_and_back(predictor, endpoint):
    predictor.serializer = ours.RecordSerializer()
    predictor.deserializer = ours.RecordDeserializer()
    endpoint.answer = (
        wire.dense([0.5]) + wire.dense([0.25]),
        "application/x-recordio-protobuf",
    )
    X = np.array([[1, 2], [3, 4]], "float32")
    found = predictor.predict(X)
    sent = endpoint.last
    assert sent.path == "/endpoints/models/invocations"
    assert sent.content_type == sent.accept == "application/x-recordio-protobuf"
    assert sent.body == b"".join(map(wire.dense, X))
    values = [list(one.features["values"].float32_tensor.values) for one in found]
    assert values == [[0.5], [0.25]]


X = np.array([[1.5, 2], [3, 4]])
BODIES = {
    "CSVSerializer": (X, b"1.5,2.0\n3.0,4.0"),
    "JSONSerializer": ({"instances": X}, b'{"instances": [[1.5, 2.0], [3.0, 4.0]]}'),
    "JSONLinesSerializer": ([{"a": 1}, {"a": 2}], b'{"a": 1}\n{"a": 2}'),
    "LibSVMSerializer": ("1 0:2\n", b"1 0:2\n"),
    "RecordSerializer": (X, b"".join(wire.dense(x, "float64") for x in X)),
    "SparseMatrixSerializer": (sp.csr_matrix(X), None),
}


@pytest.mark.parametrize("name", SERIALIZERS)
def test_each_as_the_serializer_of_a_predictor(name, predictor, endpoint):
    predictor.serializer = getattr(ours, name)()
    predictor.deserializer = deserializers.JSONDeserializer()
    endpoint.answer = (b'{"predictions": [1, 2]}', "application/json")
    data, body = BODIES[name]
    assert predictor.predict(data) == {"predictions": [1, 2]}
    sent = endpoint.last
    assert sent.content_type == predictor.serializer.CONTENT_TYPE
    if body is None:
        assert (sp.load_npz(io.BytesIO(sent.body)) != data).nnz == 0
    else:
        assert sent.body == body


def test_as_arguments_of_a_predictor(endpoint):
    import boto3

    session = sagemaker.Session(boto3.Session(region_name="us-east-1"))
    predictor = Predictor(
        "models",
        sagemaker_session=session,
        serializer=ours.CSVSerializer("text/csv; charset=utf-8"),
        deserializer=ours.RecordDeserializer(),
    )
    assert predictor.content_type == "text/csv; charset=utf-8"
    assert predictor.accept == ("application/x-recordio-protobuf",)
    assert predictor.predict([1, 2]) == []
    assert endpoint.last.content_type == "text/csv; charset=utf-8"


def test_a_damaged_answer_is_an_error(predictor, endpoint):
    predictor.serializer = ours.RecordSerializer()
    predictor.deserializer = ours.RecordDeserializer()
    endpoint.answer = (wire.dense([0.5])[:-2], "application/x-recordio-protobuf")
    with pytest.raises(ValueError, match="record 1, byte 0: the data end inside a frame"):
        predictor.predict(X)


def test_the_page_on_migration(endpoint):
    answers = [wire.label(wire.value("float32", [n]), "score") for n in (0.5, 0.25)]
    body = b"".join(map(wire.frame, answers))
    endpoint.answer = (body, "application/x-recordio-protobuf")
    assert page.run(2)["scores"] == [0.5, 0.25]
    assert endpoint.last.body == 2 * wire.dense(np.zeros(784))
    assert endpoint.last.content_type == "application/x-recordio-protobuf"
