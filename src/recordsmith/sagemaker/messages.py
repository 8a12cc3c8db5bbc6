"""The Record message as a class of the protobuf runtime, made when it is first used.

There is no generated code, which would be tied to a release of the runtime: the class
comes from a description of the message, in a pool of its own. So a process may hold it
beside the classes that the SDK, or anything else, generated from the same schema.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ..errors import MissingPackageError

__all__ = ["record_class"]

_PACKAGE = "aialgs.data"
_OWNER = "recordsmith.sagemaker"  # where pickle looks for the class

# The schema as protoc describes a file: the text form of a FileDescriptorProto.
_TENSOR = """
message_type {{
  name: "{name}"
  field {{ name: "values" number: 1 type: {type} {list} }}
  field {{ name: "keys" number: 2 type: TYPE_UINT64 {list} }}
  field {{ name: "shape" number: 3 type: TYPE_UINT64 {list} }}
}}
"""
_NUMBERS = "label: LABEL_REPEATED options { packed: true }"
_TENSORS = {
    "Float32Tensor": "TYPE_FLOAT",
    "Float64Tensor": "TYPE_DOUBLE",
    "Int32Tensor": "TYPE_INT32",
}
_REST = """
message_type {
  name: "Bytes"
  field { name: "value" number: 1 type: TYPE_BYTES label: LABEL_REPEATED }
  field { name: "content_type" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
}
message_type {
  name: "Value"
  field { name: "float32_tensor" number: 2 type_name: "Float32Tensor" oneof_index: 0 }
  field { name: "float64_tensor" number: 3 type_name: "Float64Tensor" oneof_index: 0 }
  field { name: "int32_tensor" number: 7 type_name: "Int32Tensor" oneof_index: 0 }
  field { name: "bytes" number: 9 type_name: "Bytes" oneof_index: 0 }
  oneof_decl { name: "value" }
}
message_type {
  name: "Record"
  field { name: "features" number: 1 label: LABEL_REPEATED type_name: "FeaturesEntry" }
  field { name: "label" number: 2 label: LABEL_REPEATED type_name: "LabelEntry" }
  field { name: "uid" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "metadata" number: 4 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "configuration" number: 5 type: TYPE_STRING label: LABEL_OPTIONAL }
  nested_type {
    name: "FeaturesEntry"
    field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "value" number: 2 type_name: "Value" label: LABEL_OPTIONAL }
    options { map_entry: true }
  }
  nested_type {
    name: "LabelEntry"
    field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "value" number: 2 type_name: "Value" label: LABEL_OPTIONAL }
    options { map_entry: true }
  }
}
"""


@cache
def record_class() -> Any:
    """The class of Record messages.

    Raises
    ------
    MissingPackageError
        If there is no protobuf runtime.

    Source
    ------
    awslabs/ml-io: src/mlio/detail/protobuf/recordio_protobuf.proto.
    """
    try:
        from google.protobuf import descriptor_pool, message_factory
    except ImportError:
        raise MissingPackageError(
            "records are objects of the protobuf runtime, which is not installed",
            advice="pip install 'recordsmith[sagemaker]', or read arrays, which needs no "
            "protobuf: recordsmith.read(file)",
        ) from None
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(_description())
    descriptor = pool.FindMessageTypeByName(f"{_PACKAGE}.Record")
    if hasattr(message_factory, "GetMessageClass"):
        found = message_factory.GetMessageClass(descriptor)
    else:  # before protobuf 4.22
        found = message_factory.MessageFactory(pool).GetPrototype(descriptor)
    found.__module__ = _OWNER
    return found


def _description() -> bytes:
    from google.protobuf import descriptor_pb2, text_format

    tensors = [
        _TENSOR.format(name=name, type=kind, list=_NUMBERS)
        for name, kind in _TENSORS.items()
    ]
    head = f'name: "record.proto" package: "{_PACKAGE}" syntax: "proto2"'
    file = descriptor_pb2.FileDescriptorProto()
    text_format.Parse("\n".join([head, *tensors, _REST]), file)
    return bytes(file.SerializeToString())
