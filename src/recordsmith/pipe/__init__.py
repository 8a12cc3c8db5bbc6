"""Pipe mode: reading a training job's channels, and serving them on one's own machine."""

from __future__ import annotations

from .channel import Channel, open_pipe
from .epoch import Epoch
from .feeds import Feed
from .fifos import fifo_path
from .jobs import feeds_of_job
from .reading import Skipped
from .results import Delivery, Sent, Served
from .sending import send
from .serving import Server, serve
from .torch_data import torch_dataset

__all__ = [
    "Channel",
    "Delivery",
    "Epoch",
    "Feed",
    "Sent",
    "Served",
    "Server",
    "Skipped",
    "feeds_of_job",
    "fifo_path",
    "open_pipe",
    "send",
    "serve",
    "torch_dataset",
]
