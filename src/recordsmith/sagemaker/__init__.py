"""The record names of the SageMaker Python SDK's version 2, without the SDK.

Version 3 of the SDK has no working code for RecordIO-protobuf; version 2 has, and loses
labels with it. Here are the same names with the same arguments, for users of both: a
notebook changes one import. Where version 2 wrote what it was given, the bytes are the
same; where it lost labels or stopped half-way, there is an error before the first byte.

=====================================  ===============================================
in version 2                           names
=====================================  ===============================================
``sagemaker.amazon.common``            `write_numpy_to_dense_tensor`,
                                       `write_spmatrix_to_sparse_tensor`,
                                       `read_records`, `read_recordio`
``sagemaker.serializers``              `RecordSerializer`, `CSVSerializer`,
                                       `JSONSerializer`, `JSONLinesSerializer`,
                                       `LibSVMSerializer`, `SparseMatrixSerializer`,
                                       `numpy_to_record_serializer`
``sagemaker.deserializers``            `RecordDeserializer`, `record_deserializer`
``sagemaker.amazon.record_pb2``        `Record`
``sagemaker_training.encoders``        `array_to_recordio_protobuf`
=====================================  ===============================================

Only `read_records`, `RecordDeserializer` and `Record` need the protobuf runtime, of any
release from 3.20 on: ``pip install 'recordsmith[sagemaker]'``.
"""

from __future__ import annotations

from typing import Any

from .reading import read_recordio, read_records
from .serializers import (
    CSVSerializer,
    JSONLinesSerializer,
    JSONSerializer,
    LibSVMSerializer,
    RecordDeserializer,
    RecordSerializer,
    SparseMatrixSerializer,
    numpy_to_record_serializer,
    record_deserializer,
)
from .writing import (
    array_to_recordio_protobuf,
    write_numpy_to_dense_tensor,
    write_spmatrix_to_sparse_tensor,
)

__all__ = [
    "CSVSerializer",
    "JSONLinesSerializer",
    "JSONSerializer",
    "LibSVMSerializer",
    "RecordDeserializer",
    "RecordSerializer",
    "SparseMatrixSerializer",
    "array_to_recordio_protobuf",
    "numpy_to_record_serializer",
    "read_recordio",
    "read_records",
    "record_deserializer",
    "write_numpy_to_dense_tensor",
    "write_spmatrix_to_sparse_tensor",
]


def __getattr__(name: str) -> Any:
    if name == "Record":  # only made when it is used: it needs the protobuf runtime
        from .messages import record_class

        return record_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
