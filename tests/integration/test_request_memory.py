"""Memory of requests is flat: four times the rows need no more of it."""

import subprocess
import sys
import textwrap

import pytest

GROWTH_MIB = 48

PROGRAM = """
import sys
import numpy as np
import recordsmith as rs

times, content_type = int(sys.argv[1]), sys.argv[2]
X = np.random.default_rng(0).normal(size=(20_000, 30)).astype("float32")

def batches():
    for _ in range(10 * times):
        yield from rs.iter_batches(X)

rows = 0
for one in rs.requests(batches(), content_type=content_type):
    assert len(one) <= 6_291_456
    rows = one.end
assert rows == 200_000 * times
# Not ru_maxrss: a new program inherits that of the process that started it.
with open("/proc/self/status") as status:
    print(int(status.read().split("VmHWM:")[1].split()[0]) // 1024)
"""


def peak_mib(times, content_type):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(times), content_type],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("content_type", ["json", "recordio-protobuf"])
def test_memory_does_not_grow(content_type):
    assert peak_mib(4, content_type) < peak_mib(1, content_type) + GROWTH_MIB
