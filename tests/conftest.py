"""Settings for all tests."""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# Times say nothing on a shared machine, so nothing has a deadline.
settings.register_profile("default", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    max_examples=200,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# Wheels for the other Pythons: the sources have been through all examples by then.
settings.register_profile("wheel", settings.get_profile("ci"), max_examples=30)
settings.register_profile("long", deadline=None, max_examples=5000)

# HYPOTHESIS_PROFILE=long pytest tests/property
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE")
    or ("ci" if os.environ.get("CI") == "true" else "default")
)


@pytest.fixture(scope="session")
def sanitized_core(tmp_path_factory):
    """Object files of the C core, built with sanitizers."""
    # Here and not above: only some tests need a compiler, or its module.
    from native import build_core

    return build_core(tmp_path_factory.mktemp("core"))


def pytest_configure() -> None:
    """Let the processes that tests start take signals.

    In the background, or under nohup, interrupts are ignored, and children inherit that;
    a signal that has a handler is back to its default in them.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)
