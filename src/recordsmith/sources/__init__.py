"""Where batches come from: one function for each kind of source, and the choice of it."""

from __future__ import annotations

from .open_source import Source, open_source

__all__ = ["Source", "open_source"]
