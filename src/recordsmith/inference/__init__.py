"""A trained model's input and output: request bodies, files for batch transform, and what
comes back.

`recordsmith.requests` gives bodies for an endpoint, `recordsmith.transform_files` writes
the files of a batch transform job, `recordsmith.parse_response` reads an endpoint's
answer, `recordsmith.join` puts a job's answers beside the rows that they are for.
"""

from __future__ import annotations

__all__ = ()
