"""Version 2's functions beside ours: the same bytes, or a difference that is meant."""

import io

import numpy as np
import pandas as pd
import pytest
import sagemaker.amazon.common as v2
import scipy.sparse as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sagemaker.amazon.record_pb2 import Record

import wire
from recordsmith import sagemaker as ours
from recordsmith.errors import FormatError, InputError, UnsupportedTypeError

settings.register_profile("sdk", deadline=None, derandomize=True, max_examples=200)
settings.load_profile("sdk")

TAKEN = ("float32", "float64", "int64")
# The pure bits of other NaNs do not survive the SDK's way through Python's floats.
ELEMENTS = {
    "float32": st.floats(width=32, allow_nan=False) | st.just(np.nan),
    "float64": st.floats(allow_nan=False) | st.just(np.nan),
    "int64": st.integers(-(2**31), 2**31 - 1) | st.integers(-3, 3),
}
TOO_LARGE = st.sampled_from([0, 1, 2**31, -(2**31) - 1, 2**63 - 1])


def outcome(write, array, labels):
    """The bytes that a function writes, or the exception; and what it wrote before."""
    file = io.BytesIO()
    try:
        assert write(file, array, labels) is None
    except Exception as error:
        return error, file.getvalue()
    assert file.tell() == len(file.getvalue())
    return file.getvalue(), b""


@st.composite
def numbers(draw, dtype, shape):
    too_large = dtype == "int64" and draw(st.integers(0, 9)) == 0
    elements = TOO_LARGE if too_large else ELEMENTS[dtype]
    return draw(hnp.arrays(dtype, shape, elements=elements))


dtypes = st.sampled_from(TAKEN)
sizes = st.integers(0, 5)


@st.composite
def labels_for(draw, shape):
    """Labels that fit, and such as fit badly or not at all."""
    if draw(st.booleans()):
        return None
    length = draw(st.sampled_from([shape[0]] * 4 + [shape[1], draw(sizes)]))
    found = draw(numbers(draw(dtypes), length))
    return found.reshape(-1, 1) if draw(st.integers(0, 9)) == 0 else found


@st.composite
def dense_inputs(draw):
    shape = (draw(sizes), draw(sizes))
    array = draw(numbers(draw(dtypes), shape))
    form = draw(st.sampled_from(["as it is", "fortran", "reversed", "3d", "1d"]))
    if form == "fortran":
        array = np.asfortranarray(array)
    elif form == "reversed":
        array = array[::-1, ::-1]
    elif form == "3d" and draw(st.booleans()):
        array = array[..., None]
    elif form == "1d" and draw(st.booleans()):
        array = array.ravel()
    return array, draw(labels_for(shape))


@st.composite
def sparse_inputs(draw):
    n_rows, n_cols = draw(sizes), draw(sizes)
    kind = draw(st.sampled_from(["csr", "csc", "coo", "lil", "dok", "bsr", "dia"]))
    dtype = draw(dtypes)
    if kind != "csr":  # the others are made of a dense one; COO with doublets, below
        values = draw(numbers(dtype, (n_rows, n_cols)))
        if kind == "bsr" and 0 in values.shape:
            kind = "coo"
        array = getattr(sp, f"{kind}_matrix")(values)
    else:  # keys in any order, more than once, with zeros that are stored
        counts = draw(
            st.lists(st.integers(0, 4 if n_cols else 0), min_size=n_rows, max_size=n_rows)
        )
        keys = [draw(st.integers(0, n_cols - 1)) for _ in range(sum(counts))]
        values = draw(numbers(dtype, sum(counts)))
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype("int32")
        array = sp.csr_matrix((values, np.array(keys, "int32"), indptr), (n_rows, n_cols))
    return array, draw(labels_for((n_rows, n_cols)))


def loses_labels(array, labels):
    return labels is not None and len(labels) != array.shape[0]


def agree(theirs, mine, array, labels):
    """Both write the same, or both refuse, or version 2 loses labels."""
    (their, _), (found, written) = theirs, mine
    assert written == b""  # we refuse before the first byte
    if isinstance(found, bytes):
        assert their == found
        return
    assert isinstance(found, InputError)
    if isinstance(their, bytes):
        assert loses_labels(array, labels)
    else:
        assert isinstance(their, (ValueError, IndexError))
        assert isinstance(their, ValueError) or loses_labels(array, labels)


@given(dense_inputs())
@example((np.zeros((3, 5), "float32"), np.zeros(5)))
@example((np.zeros((5, 3), "float32"), np.zeros(3)))
@example((np.zeros((0, 3), "float32"), None))
@example((np.zeros((3, 0), "int64"), np.zeros(3)))
@example((np.array([[2**31]]), None))
@example((np.array([[-0.0, np.inf, -np.inf, np.nan, 5e-324]]), np.array([-(2**31)])))
def test_dense(given_input):
    array, labels = given_input
    theirs = outcome(v2.write_numpy_to_dense_tensor, array, labels)
    mine = outcome(ours.write_numpy_to_dense_tensor, array, labels)
    agree(theirs, mine, array, labels)


@given(sparse_inputs())
@example((sp.csr_matrix((3, 4)), np.zeros(3)))
@example((sp.csr_matrix((3, 4)), np.zeros(4)))
@example((sp.coo_matrix((np.ones(2), ([0, 0], [1, 1])), (1, 3)), None))
def test_sparse(given_input):
    array, labels = given_input
    theirs = outcome(v2.write_spmatrix_to_sparse_tensor, array, labels)
    mine = outcome(ours.write_spmatrix_to_sparse_tensor, array, labels)
    agree(theirs, mine, array, labels)


# ------------------------------------------------------------------------- reading


@st.composite
def files(draw):
    array, labels = draw(dense_inputs().filter(lambda given: given[0].ndim == 2))
    if labels is not None and labels.shape != array.shape[:1]:
        labels = None
    found, _ = outcome(v2.write_numpy_to_dense_tensor, array, labels)
    return found if isinstance(found, bytes) else b""


@given(files())
def test_reading(data):
    payloads = list(v2.read_recordio(io.BytesIO(data)))
    assert list(ours.read_recordio(io.BytesIO(data))) == payloads
    theirs = v2.read_records(io.BytesIO(data))
    found = ours.read_records(io.BytesIO(data))
    assert [str(one) for one in found] == [str(one) for one in theirs]
    assert [one.SerializeToString(deterministic=True) for one in found] == [
        one.SerializeToString(deterministic=True) for one in theirs
    ]


def test_both_schemas_in_one_process():
    from google.protobuf import descriptor_pb2

    theirs, found = (descriptor_pb2.FileDescriptorProto() for _ in range(2))
    Record.DESCRIPTOR.file.CopyToProto(theirs)
    ours.Record.DESCRIPTOR.file.CopyToProto(found)
    theirs.ClearField("options")  # names for Java
    assert theirs.name == found.name
    assert [m.name for m in theirs.message_type] == [m.name for m in found.message_type]
    for their, own in zip(theirs.message_type, found.message_type):
        assert their == own
    assert ours.Record is not Record
    record = Record()
    record.features["values"].int32_tensor.values.append(7)
    again = ours.Record.FromString(record.SerializeToString())
    assert again.features["values"].int32_tensor.values == [7]


def test_reading_leaves_the_file_where_version_2_does():
    data = wire.dense([1.5]) + wire.dense([2.5])
    places = []
    for read in (v2.read_recordio, ours.read_recordio):
        file = io.BytesIO(data)
        next(read(file))
        places.append(file.tell())
    assert places == [len(wire.dense([1.5]))] * 2


# -------------------------------------------- where version 2 is wrong, and we are not

X = np.array([[1, 2], [3, 4], [5, 6], [7, 8]], "float32")
Y = np.array([10, 20, 30, 40], "float32")


def labels_in(data):
    return [
        one.label["values"].float32_tensor.values[0]
        for one in v2.read_records(io.BytesIO(data))
    ]


def test_labels_by_the_index_of_a_series():
    series = pd.Series(Y, index=[3, 2, 1, 0])
    data, _ = outcome(v2.write_numpy_to_dense_tensor, X, series)
    assert labels_in(data) == [40, 30, 20, 10]  # and not 10, 20, 30, 40
    error, written = outcome(ours.write_numpy_to_dense_tensor, X, series)
    assert isinstance(error, InputError) and written == b""
    assert "labels.to_numpy()" in str(error)


def test_a_series_after_a_split_of_rows():
    series = pd.Series(Y, index=[4, 7, 1, 2])
    error, _ = outcome(v2.write_numpy_to_dense_tensor, X, series)
    assert isinstance(error, KeyError)
    error, written = outcome(ours.write_numpy_to_dense_tensor, X, series)
    assert isinstance(error, InputError) and written == b""


def test_a_series_in_order_is_the_same():
    series = pd.Series(Y)
    theirs = outcome(v2.write_numpy_to_dense_tensor, X, series)
    assert outcome(ours.write_numpy_to_dense_tensor, X, series) == theirs
    assert labels_in(theirs[0]) == Y.tolist()


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_labels_for_the_columns(kind):
    array, labels = np.ones((3, 5), "float32"), np.arange(5, dtype="float32")
    names = "write_numpy_to_dense_tensor", "write_spmatrix_to_sparse_tensor"
    name = names[kind == "sparse"]
    array = sp.csr_matrix(array) if kind == "sparse" else array
    data, _ = outcome(getattr(v2, name), array, labels)
    assert labels_in(data) == [0, 1, 2]  # two are gone, without a word
    error, written = outcome(getattr(ours, name), array, labels)
    assert isinstance(error, InputError) and written == b""
    assert str(error).startswith("5 labels for 3 rows of features")
    # And too few of them stop version 2 in the middle of the file.
    error, before = outcome(getattr(v2, name), array.T.copy(), labels[:3])
    assert isinstance(error, IndexError) and len(before) > 0
    error, written = outcome(getattr(ours, name), array.T.copy(), labels[:3])
    assert isinstance(error, InputError) and written == b""


def test_a_number_that_does_not_fit():
    array = np.array([[1], [2**31]])
    error, before = outcome(v2.write_numpy_to_dense_tensor, array, None)
    assert isinstance(error, ValueError) and len(before) > 0
    error, written = outcome(ours.write_numpy_to_dense_tensor, array, None)
    assert isinstance(error, InputError) and written == b""


@pytest.mark.parametrize(
    "dtype",
    [
        "int8",
        "uint8",
        "int16",
        "uint16",
        "int32",
        "uint32",
        "uint64",
        "bool",
        "float16",
        ">f4",
        ">f8",
        ">i8",
    ],
)
def test_dtypes_that_version_2_refuses(dtype):
    array = np.array([[1, 0], [0, 1]], dtype)
    error, _ = outcome(v2.write_numpy_to_dense_tensor, array, None)
    assert isinstance(error, ValueError)
    wanted = {"f": "float32", "i": "int64"}[
        np.dtype(dtype).kind.translate(str.maketrans("ub", "ii"))
    ]
    wanted = "float64" if dtype == ">f8" else wanted
    expected = outcome(v2.write_numpy_to_dense_tensor, array.astype(wanted), None)
    assert outcome(ours.write_numpy_to_dense_tensor, array, None) == expected


@pytest.mark.parametrize("dtype", ["complex64", "object", "U1", "datetime64[s]"])
def test_dtypes_that_both_refuse(dtype):
    array = np.ones((1, 1)).astype(dtype)
    for module in (v2, ours):
        error, written = outcome(module.write_numpy_to_dense_tensor, array, None)
        assert isinstance(error, ValueError) and written == b""


def test_sparse_arrays():
    array = sp.csr_array(X)
    error, _ = outcome(v2.write_spmatrix_to_sparse_tensor, array, None)
    assert isinstance(error, AttributeError)
    expected = outcome(v2.write_spmatrix_to_sparse_tensor, sp.csr_matrix(X), None)
    assert outcome(ours.write_spmatrix_to_sparse_tensor, array, None) == expected


def test_dense_arrays_are_not_sparse():
    for module in (v2, ours):
        error, _ = outcome(module.write_spmatrix_to_sparse_tensor, X, None)
        assert isinstance(error, TypeError)


def test_sparse_is_not_dense():
    error, _ = outcome(v2.write_numpy_to_dense_tensor, sp.csr_matrix(X), None)
    assert isinstance(error, TypeError)
    error, _ = outcome(ours.write_numpy_to_dense_tensor, sp.csr_matrix(X), None)
    assert isinstance(error, UnsupportedTypeError)


@pytest.mark.parametrize("cut", [1, 3, 5, 20])
def test_a_cut_file(cut):
    """Version 2 gives fewer records, or a shorter one, without a word, or breaks."""
    whole, _ = outcome(v2.write_numpy_to_dense_tensor, X, Y)
    data = whole[:-cut]
    payloads = list(v2.read_recordio(io.BytesIO(data)))
    assert len(payloads) == 4 and len(payloads[-1]) == len(payloads[0]) - cut
    with pytest.raises(FormatError, match="^record 4, byte"):
        ours.read_records(io.BytesIO(data))


def test_a_file_that_is_cut_in_a_header():
    data = wire.dense([1.5]) + wire.MAGIC[:3]
    assert len(v2.read_records(io.BytesIO(data))) == 1
    with pytest.raises(FormatError, match="^record 2, byte"):
        ours.read_records(io.BytesIO(data))


def test_what_is_no_recordio():
    with pytest.raises(AssertionError):
        v2.read_records(io.BytesIO(b"1,2,3\n4,5,6\n"))
    with pytest.raises(FormatError, match="no RecordIO frame"):
        ours.read_records(io.BytesIO(b"1,2,3\n4,5,6\n"))


def test_a_split_record():
    """As dmlc-core writes one that holds the magic number."""
    (whole,) = wire.payloads(wire.dense(np.frombuffer(wire.MAGIC, "float32")))
    first, last = whole.split(wire.MAGIC)
    data = wire.frame(first, 1) + wire.frame(last, 3)
    # The part's number is taken for a part of the length.
    assert list(v2.read_recordio(io.BytesIO(data))) == [data[8:]]
    assert list(ours.read_recordio(io.BytesIO(data))) == [whole]


def test_a_masked_array():
    array = np.ma.masked_equal(np.array([[1.0, 2.0]]), 2)
    with pytest.warns(UserWarning, match="masked element to nan"):
        data, _ = outcome(v2.write_numpy_to_dense_tensor, array, None)
    assert data == wire.dense([1, np.nan], "float64")
    error, written = outcome(ours.write_numpy_to_dense_tensor, array, None)
    assert isinstance(error, InputError) and written == b""


def test_the_bits_of_a_nan():
    array = np.array([[0x7F800001]], "uint32").view("float32")
    data, _ = outcome(v2.write_numpy_to_dense_tensor, array, None)
    assert b"\x01\x00\xc0\x7f" in data
    data, _ = outcome(ours.write_numpy_to_dense_tensor, array, None)
    assert data == wire.dense(array[0])


@pytest.mark.parametrize("array", [X.tolist(), pd.DataFrame(X)])
def test_what_is_no_array(array):
    error, _ = outcome(v2.write_numpy_to_dense_tensor, array, None)
    assert isinstance(error, AttributeError)
    found, written = outcome(ours.write_numpy_to_dense_tensor, array, None)
    if isinstance(array, list):
        assert found == b"".join(wire.dense(x, "float64") for x in X)
    else:
        assert isinstance(found, UnsupportedTypeError) and written == b""
