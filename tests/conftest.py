"""Settings for all tests."""

import os

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
settings.register_profile("long", deadline=None, max_examples=5000)

# HYPOTHESIS_PROFILE=long pytest tests/property
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE")
    or ("ci" if os.environ.get("CI") == "true" else "default")
)
