"""Convert, check and stream RecordIO-protobuf, SageMaker's native training format."""

from __future__ import annotations

from . import errors
from .batch import Batch, Field
from .chunks import Chunk
from .pipeline import (
    WriteResult,
    convert,
    decode,
    encode,
    iter_batches,
    iter_chunks,
    read,
    write,
)
from .tally import Tally

__version__ = "0.1.0"

__all__ = [
    "Batch",
    "Chunk",
    "Field",
    "Tally",
    "WriteResult",
    "convert",
    "decode",
    "encode",
    "errors",
    "iter_batches",
    "iter_chunks",
    "read",
    "write",
]
