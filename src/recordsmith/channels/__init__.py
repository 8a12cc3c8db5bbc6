"""A training job's channels: build them, check them, hand them to the SageMaker SDK."""

from __future__ import annotations

from .building import ShuffleConfig, build, build_file_system, training_input
from .linting import lint

__all__ = ["ShuffleConfig", "build", "build_file_system", "lint", "training_input"]
