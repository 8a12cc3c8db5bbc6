"""The SDK's names for writing and reading records: its bytes, without its traps."""

import gzip
import io
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import records
import schema
import wire
from golden import vectorset
from recordsmith import sagemaker
from recordsmith.errors import (
    FormatError,
    InputError,
    MissingPackageError,
    UnsupportedTypeError,
)

WRITTEN = vectorset.select("sdk")
LOST = [case for case in WRITTEN if case["name"].endswith("_labels_longer_than_rows")]
RIGHT = [case for case in WRITTEN if case not in LOST]
X = np.array([[1, 2], [3, 4], [5, 6]], "float32")
Y = np.array([7, 8, 9], "float32")
ROWS = b"".join(wire.dense(x, labels=[y]) for x, y in zip(X, Y))


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=vectorset.names(cases))


def dense(array, labels=None):
    file = io.BytesIO()
    assert sagemaker.write_numpy_to_dense_tensor(file, array, labels) is None
    return file.getvalue()


def sparse(array, labels=None):
    file = io.BytesIO()
    assert sagemaker.write_spmatrix_to_sparse_tensor(file, array, labels) is None
    return file.getvalue()


# ------------------------------------------------------------------------- writing


def of_case(case):
    held = vectorset.arrays(case)
    array = held["x"] if case["kind"] == "dense" else vectorset.csr(held)
    return array, held.get("labels")


@each(RIGHT)
def test_the_sdks_bytes(case):
    array, labels = of_case(case)
    write = dense if case["kind"] == "dense" else sparse
    expected = vectorset.data(case)
    assert write(array, labels) == expected
    assert sagemaker.array_to_recordio_protobuf(array, labels) == expected


def test_there_are_cases():
    assert (len(RIGHT), len(LOST)) == (74, 2)


@each(LOST)
def test_labels_that_the_sdk_drops_are_refused(case):
    array, labels = of_case(case)
    write = dense if case["kind"] == "dense" else sparse
    with pytest.raises(InputError, match=r"^5 labels for 3 rows of features; .*position"):
        write(array, labels)


class Sink:
    """A file that can be written to, and nothing else."""

    def __init__(self):
        self.data = b""

    def write(self, data):
        self.data += bytes(data)


def test_only_write_is_called_where_the_file_stands():
    sink = Sink()
    sink.write(b"before")
    sagemaker.write_numpy_to_dense_tensor(sink, X, Y)
    sagemaker.write_numpy_to_dense_tensor(file=sink, array=X, labels=None)
    unlabelled = b"".join(wire.dense(x) for x in X)
    assert sink.data == b"before" + ROWS + unlabelled


def test_the_file_stands_behind_the_last_record_and_is_open():
    file = io.BytesIO(b"0123456789" * 100)
    file.seek(4)
    sagemaker.write_numpy_to_dense_tensor(file, X, Y)
    assert file.tell() == 4 + len(ROWS)
    assert file.getvalue()[4 : 4 + len(ROWS)] == ROWS
    assert len(file.getvalue()) == 1000


def test_a_compressing_file_is_a_file():
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        sagemaker.write_numpy_to_dense_tensor(file, X, Y)
    assert gzip.decompress(packed.getvalue()) == ROWS


def test_many_rows_are_written_in_pieces():
    sink = Sink()
    sizes = []
    sink.write = lambda data: sizes.append(len(data))
    array = np.zeros((100_000, 10), "float32")
    sagemaker.write_numpy_to_dense_tensor(sink, array)
    assert sum(sizes) == len(wire.dense(array[0])) * len(array)
    assert max(sizes) <= 1 << 20
    assert len(sizes) > 1


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "bool", "uint32"])
def test_small_integers_are_taken(dtype):
    array = np.array([[1, 0]], dtype)
    assert dense(array) == wire.dense([1, 0], "int32")
    assert dense(X[:1], np.array([1], dtype)) == wire.frame(
        wire.feature(wire.value("float32", X[0])) + wire.label(wire.value("int32", [1]))
    )


def test_other_floats_are_taken():
    assert dense(np.array([[0.5]], "float16")) == wire.dense([0.5])
    assert dense(np.array([[0.5]], ">f8")) == wire.dense([0.5], "float64")


def test_what_is_no_array_yet():
    assert dense([[1.5, 2.5]], [1.0]) == wire.dense([1.5, 2.5], "float64", [1.0])
    assert dense(X, pd.Series(Y)) == ROWS


@pytest.mark.parametrize(
    "kind", ["csr_matrix", "csc_matrix", "coo_matrix", "lil_matrix", "csr_array"]
)
def test_all_kinds_of_sparse(kind):
    array = getattr(sp, kind)(np.array([[0, 2, 0], [0, 0, 0]], "float32"))
    expected = [
        wire.feature(wire.value("float32", [2], keys=[1], shape=[3])),
        wire.feature(wire.value("float32", [], shape=[3])),
    ]
    assert wire.payloads(sparse(array)) == expected


def test_keys_stay_in_stored_order_and_twice():
    array = sp.csr_matrix((np.ones(3), [2, 0, 2], [0, 3]), shape=(1, 3))
    (payload,) = wire.payloads(sparse(array))
    assert payload == wire.feature(
        wire.value("float64", [1, 1, 1], keys=[2, 0, 2], shape=[3])
    )


def test_one_row_as_a_vector():
    data = sagemaker.array_to_recordio_protobuf(np.array([1.5, 2.5]))
    assert data == wire.dense([1.5, 2.5], "float64")
    assert isinstance(data, bytes)


# ------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("array", "labels", "error", "words"),
    [
        (np.ones(4), None, InputError, r"shape \(4,\), expected a matrix"),
        (np.ones((2, 2, 2)), None, InputError, r"shape \(2, 2, 2\), expected a matrix"),
        (X, Y.reshape(3, 1), InputError, r"labels have shape \(3, 1\).*ravel"),
        (X, np.float32(1), InputError, r"labels have shape \(\)"),
        (X, Y[:2], InputError, "2 labels for 3 rows"),
        (X, sp.csr_matrix([Y]), InputError, r"labels have shape \(1, 3\)"),
        (X.astype("complex64"), None, InputError, "complex64, expected numbers"),
        (X.astype("object"), None, InputError, "Python objects, expected numbers"),
        (X, np.array(["a", "b", "c"]), InputError, "labels are <U1"),
        (np.array([[1, 2**31]]), None, InputError, "row 0, column 1.*2147483648"),
        (X, np.array([1, 2**31, 3]), InputError, "row 1: .*2147483648"),
        (np.ma.masked_equal(X, 4), None, InputError, "masked"),
        (sp.csr_matrix(X), Y, UnsupportedTypeError, "a csr_matrix, expected a dense"),
        (pd.DataFrame(X), Y, UnsupportedTypeError, "a DataFrame, a table"),
        ([[1.0], [2.0, 3.0]], None, InputError, "array is no array; .* of one length"),
        ([[1.0], 2.0], None, InputError, "array is no array"),
        (5, None, InputError, "array is no array"),
        (X, 5, InputError, "labels is no array"),
        ({"a": 1}, None, InputError, "expected a matrix"),
    ],
)
def test_nothing_is_written_of_what_is_refused(array, labels, error, words):
    sink = Sink()
    with pytest.raises(error, match=words) as caught:
        sagemaker.write_numpy_to_dense_tensor(sink, array, labels)
    # Except for what is sparse, or a table, the SDK has a ValueError too.
    assert isinstance(caught.value, ValueError) == (error is not UnsupportedTypeError)
    assert sink.data == b""


def test_dense_is_refused_as_sparse():
    with pytest.raises(TypeError, match="a ndarray, expected a SciPy sparse matrix"):
        sparse(X)


def test_sparse_matrices_have_labels_for_their_rows():
    array = sp.csr_matrix(X)
    assert len(wire.payloads(sparse(array, Y))) == 3
    with pytest.raises(InputError, match="2 labels for 3 rows"):
        sparse(array, Y[:2])
    with pytest.raises(InputError, match="complex"):
        sparse(array.astype("complex64"))


@pytest.mark.parametrize("index", [[2, 1, 0], [10, 11, 12], ["a", "b", "c"]])
def test_labels_with_an_index_of_their_own(index):
    labels = pd.Series(Y, index=index)
    with pytest.raises(InputError, match=r"index is not 0 to 2.*labels\.to_numpy\(\)"):
        dense(X, labels)
    assert dense(X, labels.to_numpy()) == ROWS


@pytest.mark.parametrize("file", ["a.pbr", None])
def test_a_path_is_no_file(file):
    with pytest.raises(UnsupportedTypeError, match="expected a binary file object"):
        sagemaker.write_numpy_to_dense_tensor(file, X)


def test_a_text_file_stays_a_type_error():
    with pytest.raises(TypeError, match="str"):
        sagemaker.write_numpy_to_dense_tensor(io.StringIO(), X)


# ------------------------------------------------------------------------- reading


def test_payloads_are_read():
    assert list(sagemaker.read_recordio(io.BytesIO(ROWS))) == wire.payloads(ROWS)
    assert list(sagemaker.read_recordio(io.BytesIO(b""))) == []


def test_reading_goes_no_further_than_the_record():
    """So that one may read on with anything else."""
    file = io.BytesIO(ROWS + b"and more")
    found = sagemaker.read_recordio(file)
    assert [next(found), next(found), next(found)] == wire.payloads(ROWS)
    assert file.tell() == len(ROWS)
    assert file.read() == b"and more"


def test_messages_are_read():
    found = sagemaker.read_records(io.BytesIO(ROWS))
    assert isinstance(found, list)
    assert [records.of_message(one) for one in found] == [
        {
            "features": {"values": records.numbers(x)},
            "label": {"values": records.numbers(np.array([y]))},
        }
        for x, y in zip(X, Y)
    ]


@each(vectorset.select("hand", "records"))
def test_messages_hold_what_records_hold(case):
    data = vectorset.data(case)
    found = [records.of_message(one) for one in sagemaker.read_records(io.BytesIO(data))]
    assert found == records.of_stream(io.BytesIO(data))


def test_the_schema_is_the_schema():
    """As the tests describe it, independently."""
    from google.protobuf import descriptor_pb2

    found, expected = (descriptor_pb2.FileDescriptorProto() for _ in range(2))
    sagemaker.Record.DESCRIPTOR.file.CopyToProto(found)
    schema.Record.DESCRIPTOR.file.CopyToProto(expected)
    assert found == expected


def test_messages_can_be_written_and_pickled():
    record = sagemaker.Record()
    record.features["values"].float32_tensor.values.extend([1.5])
    record.uid = "a"
    (again,) = sagemaker.read_records(io.BytesIO(wire.frame(record.SerializeToString())))
    assert again == record
    copied = pickle.loads(pickle.dumps(record))
    assert (type(copied), copied) == (sagemaker.Record, record)


@pytest.mark.parametrize("cut", range(1, len(ROWS)))
def test_a_cut_file_is_an_error(cut):
    """The SDK gives the last record without its label, or none, and says nothing."""
    whole, rest = divmod(cut, len(ROWS) // 3)
    for read in (
        sagemaker.read_records,
        lambda file: list(sagemaker.read_recordio(file)),
    ):
        file = io.BytesIO(ROWS[:cut])
        if rest == 0:
            assert len(read(file)) == whole
            continue
        with pytest.raises(FormatError, match=f"^record {whole + 1}, byte") as caught:
            read(file)
        assert (caught.value.row, caught.value.offset) == (whole + 1, cut - rest)


def test_what_is_no_recordio():
    with pytest.raises(FormatError, match="no RecordIO frame begins here"):
        sagemaker.read_records(io.BytesIO(b"1,2,3\n4,5,6\n"))


def test_what_is_no_message():
    data = ROWS + wire.frame(b"\xff\xff\xff\xff")
    assert len(list(sagemaker.read_recordio(io.BytesIO(data)))) == 4
    with pytest.raises(FormatError, match="^record 4: .* no Record message"):
        sagemaker.read_records(io.BytesIO(data))


@pytest.mark.parametrize("file", ["a.pbr", ROWS, None])
def test_reading_takes_file_objects_only(file):
    for read in (sagemaker.read_records, sagemaker.read_recordio):
        with pytest.raises(UnsupportedTypeError, match=r"recordsmith\.read\(path\)"):
            read(file)


class Dribble:
    """A file that gives a byte at a time."""

    def __init__(self, data):
        self._file = io.BytesIO(data)

    def read(self, n):
        return self._file.read(min(n, 1))


def test_short_reads():
    data = ROWS + wire.frame(b"") + wire.frame(b"abcde")[:-3]  # without its padding
    expected = [*wire.payloads(ROWS), b"", b"abcde"]
    assert list(sagemaker.read_recordio(io.BytesIO(data))) == expected
    assert list(sagemaker.read_recordio(Dribble(data))) == expected


def test_split_records_are_joined():
    whole = wire.feature(wire.value("float32", np.frombuffer(wire.MAGIC * 2, "f4")))
    first, second, third = whole.split(wire.MAGIC)
    assert len(first) % 4 == 0
    data = wire.frame(first, 1) + wire.frame(second, 2) + wire.frame(third, 3) + ROWS
    expected = [whole, *wire.payloads(ROWS)]
    assert list(sagemaker.read_recordio(io.BytesIO(data))) == expected
    assert [
        schema.to_bytes(m) for m in sagemaker.read_records(io.BytesIO(data))
    ] == expected


def test_without_a_protobuf_runtime():
    code = """
import io, sys
sys.modules["google.protobuf"] = None
from recordsmith import sagemaker
data = sagemaker.array_to_recordio_protobuf([[1.5]])
assert len(list(sagemaker.read_recordio(io.BytesIO(data)))) == 1
try:
    sagemaker.read_records(io.BytesIO(data))
except ImportError as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{MissingPackageError.__name__} records are objects")
    assert "pip install 'recordsmith[sagemaker]'" in done.stdout


def test_only_known_names():
    with pytest.raises(AttributeError, match="no attribute 'Recoord'"):
        sagemaker.Recoord  # noqa: B018
