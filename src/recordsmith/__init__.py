"""Convert, check and stream RecordIO-protobuf, Amazon SageMaker's native training format."""

from __future__ import annotations

__version__ = "0.1.0"
