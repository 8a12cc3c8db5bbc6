"""Pipe mode: reading a training job's channels, and serving them on one's own machine."""

from __future__ import annotations

from .feeds import Feed
from .fifos import fifo_path
from .results import Delivery, Sent, Served
from .sending import send
from .serving import Server, serve

__all__ = ["Delivery", "Feed", "Sent", "Served", "Server", "fifo_path", "send", "serve"]
