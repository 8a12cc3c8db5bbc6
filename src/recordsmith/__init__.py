"""Convert, check and stream RecordIO-protobuf, SageMaker's native training format."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import errors

if TYPE_CHECKING:
    from . import channels, pipe, sagemaker
    from .algorithm_table.loading import algorithm, algorithms
    from .algorithm_table.types import Algorithm
    from .batch import Batch, Field
    from .chunks import Chunk
    from .comparison.comparing import compare
    from .comparison.results import Candidate, Comparison
    from .description import Description, describe
    from .inference.predictions import Predictions
    from .inference.requesting import Request, requests
    from .inference.responses import parse_response
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
    from .reporting.findings import Finding, Report
    from .salvaging import SalvageReport, salvage
    from .tally import Tally
    from .validation.running import validate
    from .verification import VerifyReport, verify

__version__ = "0.1.0"

__all__ = [
    "Algorithm",
    "Batch",
    "Candidate",
    "Chunk",
    "Comparison",
    "Description",
    "Field",
    "Finding",
    "Predictions",
    "Report",
    "Request",
    "SalvageReport",
    "Tally",
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
    "iter_batches",
    "iter_chunks",
    "parse_response",
    "pipe",
    "read",
    "requests",
    "sagemaker",
    "salvage",
    "validate",
    "verify",
    "write",
]

# NumPy alone takes longer to load than all of the command line: a name is loaded with its
# module when it is first used. No module may have the name of something public in it.
# These are public as modules, like `errors`.
_MODULES = ("channels", "pipe", "sagemaker")
_HOMES = {
    "algorithm_table.loading": ("algorithm", "algorithms"),
    "algorithm_table.types": ("Algorithm",),
    "batch": ("Batch", "Field"),
    "chunks": ("Chunk",),
    "comparison.comparing": ("compare",),
    "comparison.results": ("Candidate", "Comparison"),
    "description": ("Description", "describe"),
    "inference.requesting": ("Request", "requests"),
    "inference.predictions": ("Predictions",),
    "inference.responses": ("parse_response",),
    "pipeline": (
        "WriteResult",
        "convert",
        "decode",
        "encode",
        "iter_batches",
        "iter_chunks",
        "read",
        "write",
    ),
    "salvaging": ("SalvageReport", "salvage"),
    "tally": ("Tally",),
    "reporting.findings": ("Finding", "Report"),
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
