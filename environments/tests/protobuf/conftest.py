"""Which release of protobuf has to be here, and what is tested with it."""

import os
import sys
from pathlib import Path

# The tests' own helpers: the Record message, frames made by hand.
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))

RELEASE = os.environ["RECORDSMITH_ENVIRONMENT"].split("-")[1]
collect_ignore = ["test_runtime.py"] if RELEASE == "none" else []
