"""Our serializers in endpoints of version 3, whose own cannot write records."""

import io

import numpy as np
import page
import pytest
import scipy.sparse as sp
from sagemaker.core import deserializers, serializers
from sagemaker.core.resources import Endpoint
from sagemaker.core.serializers import utils as theirs

import wire
from recordsmith import sagemaker as ours

RECORDIO = "application/x-recordio-protobuf"
X = np.array([[1.5, 2], [3, 4]], "float32")
SERIALIZERS = [
    "CSVSerializer",
    "JSONLinesSerializer",
    "JSONSerializer",
    "LibSVMSerializer",
    "RecordSerializer",
    "SparseMatrixSerializer",
]


def test_version_3_cannot_do_it_itself():
    with pytest.raises(NotImplementedError):
        theirs.write_numpy_to_dense_tensor(io.BytesIO(), X)
    with pytest.raises(NotImplementedError):
        theirs.write_spmatrix_to_sparse_tensor(io.BytesIO(), sp.csr_matrix(X))
    with pytest.raises(NotImplementedError):
        theirs.read_records(io.BytesIO())
    with pytest.raises(NotImplementedError):
        serializers.RecordSerializer().serialize(X)


def test_the_functions_work_beside_it():
    file = io.BytesIO()
    ours.write_numpy_to_dense_tensor(file, X, X[:, 0])
    assert file.getvalue() == b"".join(wire.dense(x, labels=x[:1]) for x in X)
    file.seek(0)
    records = ours.read_records(file)
    assert [list(one.label["values"].float32_tensor.values) for one in records] == [
        [1.5],
        [3],
    ]


@pytest.mark.parametrize("name", SERIALIZERS)
def test_ours_are_instances_of_their_bases(name):
    serializer = getattr(ours, name)()
    for base in ("BaseSerializer", "SimpleBaseSerializer"):
        assert isinstance(serializer, getattr(serializers, base))
    assert not isinstance(serializer, deserializers.BaseDeserializer)
    assert not isinstance(serializer, serializers.NumpySerializer)
    deserializer = ours.RecordDeserializer()
    for base in ("BaseDeserializer", "SimpleBaseDeserializer"):
        assert isinstance(deserializer, getattr(deserializers, base))


BODIES = {
    "CSVSerializer": (X, b"1.5,2.0\n3.0,4.0"),
    "JSONSerializer": ({"instances": X}, b'{"instances": [[1.5, 2.0], [3.0, 4.0]]}'),
    "JSONLinesSerializer": ([{"a": 1}, {"a": 2}], b'{"a": 1}\n{"a": 2}'),
    "LibSVMSerializer": ("1 0:2\n", b"1 0:2\n"),
    "RecordSerializer": (X, b"".join(map(wire.dense, X))),
    "SparseMatrixSerializer": (sp.csr_matrix(X), None),
}


@pytest.mark.parametrize("name", SERIALIZERS)
def test_each_as_the_serializer_of_an_endpoint(name, endpoint):
    serializer = getattr(ours, name)()
    models = Endpoint(
        endpoint_name="models",
        serializer=serializer,
        deserializer=deserializers.JSONDeserializer(),
    )
    endpoint.answer = (b'{"predictions": [1, 2]}', "application/json")
    data, body = BODIES[name]
    found = models.invoke(body=data, content_type=serializer.CONTENT_TYPE)
    assert found.body == {"predictions": [1, 2]}
    sent = endpoint.last
    assert sent.path == "/endpoints/models/invocations"
    assert sent.content_type == serializer.CONTENT_TYPE
    if body is None:
        assert (sp.load_npz(io.BytesIO(sent.body)) != data).nnz == 0
    else:
        assert sent.body == body


def test_records_there_and_back(endpoint):
    models = Endpoint(endpoint_name="models")
    models.serializer = ours.RecordSerializer()  # assignments are checked too
    models.deserializer = ours.RecordDeserializer()
    endpoint.answer = (wire.dense([0.5]) + wire.dense([0.25]), RECORDIO)
    found = models.invoke(sp.csr_matrix([[0, 2]]), content_type=RECORDIO, accept=RECORDIO)
    sent = endpoint.last
    assert sent.content_type == sent.accept == RECORDIO
    assert wire.payloads(sent.body) == [
        wire.feature(wire.value("int32", [2], keys=[1], shape=[2]))
    ]
    values = [list(one.features["values"].float32_tensor.values) for one in found.body]
    assert values == [[0.5], [0.25]]


def test_an_endpoint_refuses_what_is_no_serializer():
    """Which shows that ours are asked for their base, and have it."""
    with pytest.raises(ValueError, match="instance of BaseSerializer"):
        Endpoint(endpoint_name="models", serializer=ours.RecordDeserializer())


def test_an_endpoint_cannot_send_a_file(endpoint):
    """Why records are bytes here, where version 2 has them in a file in memory."""

    class InFile(ours.RecordSerializer):
        def serialize(self, data):
            return io.BytesIO(super().serialize(data))

    models = Endpoint(
        endpoint_name="models",
        serializer=InFile(),
        deserializer=deserializers.JSONDeserializer(),
    )
    with pytest.raises(Exception, match="Body"):
        models.invoke(body=X, content_type=RECORDIO)
    assert endpoint.requests == []


def test_the_page_on_migration(endpoint):
    answers = [wire.label(wire.value("float32", [n]), "score") for n in (0.5, 0.25)]
    body = b"".join(map(wire.frame, answers))
    endpoint.answer = (body, "application/x-recordio-protobuf")
    assert page.run(3)["scores"] == [0.5, 0.25]
    assert endpoint.last.body == 2 * wire.dense(np.zeros(784))
    assert endpoint.last.content_type == "application/x-recordio-protobuf"
