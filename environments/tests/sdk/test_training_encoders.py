"""What sagemaker-training encodes for containers beside ours."""

import inspect

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sagemaker_training import encoders as theirs

from recordsmith import sagemaker as ours
from recordsmith.errors import InputError

settings.register_profile("sdk", deadline=None, derandomize=True, max_examples=200)
settings.load_profile("sdk")

DTYPES = st.sampled_from(["float32", "float64", "int64"])


def arrays(shape):
    elements = st.integers(-9, 9)
    return DTYPES.flatmap(lambda dtype: hnp.arrays(dtype, shape, elements=elements))


@st.composite
def inputs(draw):
    array = draw(arrays(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4)))
    n_rows = 1 if array.ndim == 1 else len(array)
    labels = draw(st.none() | arrays((n_rows,)))
    sparse = array.ndim == 2 and draw(st.booleans())
    return sp.csr_matrix(array) if sparse else array, labels


@given(inputs())
def test_the_same_bytes(given_input):
    array, labels = given_input
    if array.ndim == 3:
        with pytest.raises(AssertionError):
            theirs.array_to_recordio_protobuf(array, labels)
        with pytest.raises(InputError, match="expected a matrix"):
            ours.array_to_recordio_protobuf(array, labels)
        return
    expected = theirs.array_to_recordio_protobuf(array, labels)
    found = ours.array_to_recordio_protobuf(array, labels)
    assert found == expected
    assert type(found) is type(expected)


def test_arguments():
    names, found = (
        [
            (one.name, one.default)
            for one in inspect.signature(function).parameters.values()
        ]
        for function in (
            theirs.array_to_recordio_protobuf,
            ours.array_to_recordio_protobuf,
        )
    )
    assert found == names


def test_labels_for_the_columns():
    array, labels = np.ones((3, 5)), np.arange(5)
    three = theirs.array_to_recordio_protobuf(array, labels[:3])
    assert theirs.array_to_recordio_protobuf(array, labels) == three  # two are gone
    with pytest.raises(InputError, match="5 labels for 3 rows"):
        ours.array_to_recordio_protobuf(array, labels)
