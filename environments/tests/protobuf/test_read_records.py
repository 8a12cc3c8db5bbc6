"""Records as messages of whatever release there is, or a reason why not."""

import io
import os
import pickle

import pytest

import wire
from recordsmith import sagemaker

DATA = wire.dense([1.5, 2.5], labels=[7]) + wire.dense([-3], "int32", [4])


if os.environ["RECORDSMITH_ENVIRONMENT"] == "protobuf-none":

    def test_the_runtime_is_asked_for():
        with pytest.raises(ImportError, match=r"pip install 'recordsmith\[sagemaker\]'"):
            sagemaker.read_records(io.BytesIO(DATA))
        assert list(sagemaker.read_recordio(io.BytesIO(DATA))) == wire.payloads(DATA)

else:
    import schema

    def test_messages():
        one, two = sagemaker.read_records(io.BytesIO(DATA))
        assert one.features["values"].WhichOneof("value") == "float32_tensor"
        assert list(one.features["values"].float32_tensor.values) == [1.5, 2.5]
        assert list(one.label["values"].float32_tensor.values) == [7]
        assert list(two.features["values"].int32_tensor.values) == [-3]
        assert list(two.label["values"].int32_tensor.values) == [4]
        found = b"".join(wire.frame(schema.to_bytes(each)) for each in (one, two))
        assert found == DATA

    def test_two_classes_of_one_schema():
        """As with the SDK's generated one in the same process."""
        assert sagemaker.Record is not schema.Record
        (message, _) = sagemaker.read_records(io.BytesIO(DATA))
        assert schema.parse(message.SerializeToString()).features.keys() == {"values"}

    def test_messages_can_be_pickled():
        (message, _) = sagemaker.read_records(io.BytesIO(DATA))
        again = pickle.loads(pickle.dumps(message))
        assert (type(again), again) == (sagemaker.Record, message)

    def test_what_is_no_message():
        with pytest.raises(
            ValueError, match="record 1: the payload is no Record message"
        ):
            sagemaker.read_records(io.BytesIO(wire.frame(b"\xff\xff\xff\xff")))
