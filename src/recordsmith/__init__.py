"""Convert, check and stream RecordIO-protobuf, SageMaker's native training format."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import errors

if TYPE_CHECKING:
    from . import channels, frames, pipe, sagemaker
    from .algorithm_table.loading import algorithm, algorithms
    from .algorithm_table.types import Algorithm
    from .batch import Batch, Field
    from .chunks import Chunk
    from .comparison.comparing import compare
    from .comparison.results import Candidate, Comparison
    from .description import Description, describe
    from .frames import FramesResult, read_frames, write_frames
    from .inference.joining import JoinResult, join
    from .inference.predictions import Predictions
    from .inference.requesting import Request, requests
    from .inference.responses import parse_response
    from .inference.transforming import TransformFile, TransformFiles, transform_files
    from .object_store import s3_settings
    from .pipe.channel import open_pipe
    from .pipeline import (
        convert,
        decode,
        encode,
        iter_batches,
        iter_chunks,
        read,
        write,
    )
    from .reporting.findings import Finding, Report
    from .results import WriteResult
    from .salvaging import SalvageReport, salvage
    from .sharding.dealing import Shard
    from .summarising.results import ColumnStats, Statistics
    from .summarising.summing import stats
    from .tally import Tally
    from .validation.running import validate
    from .verification import VerifyReport, verify

__version__ = "0.1.0"

__all__ = [
    "Algorithm",
    "Batch",
    "Candidate",
    "Chunk",
    "ColumnStats",
    "Comparison",
    "Description",
    "Field",
    "Finding",
    "FramesResult",
    "JoinResult",
    "Predictions",
    "Report",
    "Request",
    "SalvageReport",
    "Shard",
    "Statistics",
    "Tally",
    "TransformFile",
    "TransformFiles",
    "VerifyReport",
    "WriteResult",
    "algorithm",
    "algorithms",
    "channels",
    "compare",
    "convert",
    "decode",
    "describe",
    "encode",
    "errors",
    "frames",
    "iter_batches",
    "iter_chunks",
    "join",
    "open_pipe",
    "parse_response",
    "pipe",
    "read",
    "read_frames",
    "requests",
    "s3_settings",
    "sagemaker",
    "salvage",
    "stats",
    "transform_files",
    "validate",
    "verify",
    "write",
    "write_frames",
]

# NumPy alone takes longer to load than all of the command line: a name is loaded with its
# module when it is first used. No module may have the name of something public in it.
# These are public as modules, like `errors`.
_MODULES = ("channels", "frames", "pipe", "sagemaker")
_HOMES = {
    "algorithm_table.loading": ("algorithm", "algorithms"),
    "algorithm_table.types": ("Algorithm",),
    "batch": ("Batch", "Field"),
    "chunks": ("Chunk",),
    "comparison.comparing": ("compare",),
    "comparison.results": ("Candidate", "Comparison"),
    "description": ("Description", "describe"),
    "frames": ("FramesResult", "read_frames", "write_frames"),
    "inference.joining": ("JoinResult", "join"),
    "inference.predictions": ("Predictions",),
    "inference.requesting": ("Request", "requests"),
    "inference.responses": ("parse_response",),
    "inference.transforming": ("TransformFile", "TransformFiles", "transform_files"),
    "object_store": ("s3_settings",),
    "pipe.channel": ("open_pipe",),
    "pipeline": (
        "convert",
        "decode",
        "encode",
        "iter_batches",
        "iter_chunks",
        "read",
        "write",
    ),
    "reporting.findings": ("Finding", "Report"),
    "results": ("WriteResult",),
    "salvaging": ("SalvageReport", "salvage"),
    "sharding.dealing": ("Shard",),
    "summarising.results": ("ColumnStats", "Statistics"),
    "summarising.summing": ("stats",),
    "tally": ("Tally",),
    "validation.running": ("validate",),
    "verification": ("VerifyReport", "verify"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
