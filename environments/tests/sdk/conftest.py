"""Which SDK has to be here, and what is tested with it."""

import os
import sys
from pathlib import Path

import pytest
from endpoint import running

# The tests' own helpers: frames made by hand. Last, as an SDK needs another `schema`.
sys.path.append(str(Path(__file__).resolve().parents[3] / "tests"))

SDK = os.environ["RECORDSMITH_ENVIRONMENT"].split("-")[1]
FILES = [path.name for path in Path(__file__).parent.glob("test_*.py")]
collect_ignore = [name for name in FILES if not name.startswith(f"test_{SDK}_")]


@pytest.fixture(scope="session")
def server():
    """A server for all tests, to which all calls to endpoints go: version 3 keeps the
    client that it made first."""
    with running() as found, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "none")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "none")
        patch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", found.url)
        yield found


@pytest.fixture
def endpoint(server):
    """An endpoint that was asked nothing yet."""
    server.requests.clear()
    server.answer = (b"", "application/octet-stream")
    return server
