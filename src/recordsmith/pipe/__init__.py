"""Pipe mode: reading a training job's channels, and serving them on one's own machine."""

from __future__ import annotations

from .channel import Channel, open_pipe
from .epoch import Epoch
from .fifos import fifo_path
from .reading import Skipped
from .torch_data import torch_dataset

__all__ = ["Channel", "Epoch", "Skipped", "fifo_path", "open_pipe", "torch_dataset"]
