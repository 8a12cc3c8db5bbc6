"""Pipe mode: reading a training job's channels, and serving them on one's own machine."""

from __future__ import annotations

from .fifos import fifo_path

__all__ = ["fifo_path"]
