"""Whatever protobuf is installed, or none: all works, and none of it is imported."""

import os
import re
import subprocess
import sys
from importlib import metadata, util

RELEASE = os.environ["RECORDSMITH_ENVIRONMENT"].split("-")[1]

WORK = """
import sys
from pathlib import Path
import numpy as np
import scipy.sparse as sp
import recordsmith
from recordsmith.cli import main

X, y = np.arange(12, dtype="f4").reshape(4, 3), np.array([0, 1, 0, 1], "f4")
data = recordsmith.encode(X, y)
batch = recordsmith.decode(data)
assert (batch.features == X).all() and (batch.labels == y).all()

sparse = sp.csr_matrix(X)
recordsmith.write("sparse.pbr", sparse, y)
assert (recordsmith.read("sparse.pbr").features != sparse).nnz == 0

table = np.column_stack([y, X])
np.savetxt("rows.csv", table, delimiter=",", header="y,a,b,c", comments="")
recordsmith.convert(
    "rows.csv", "rows.pbr", label="y", dtype="float32", label_dtype="float32"
)
assert Path("rows.pbr").read_bytes() == data
assert recordsmith.validate("rows.pbr", "linear-learner").ok
assert main(["convert", "rows.pbr", "rows.jsonl", "--quiet"]) == 0
assert main(["inspect", "rows.pbr"]) == 0

# Not "google" itself: release 3.20 has it made at the start of Python, as a namespace.
print("loaded:", *(name for name in sys.modules if name.startswith("google.")))
"""


def test_the_release_is_the_one_asked_for():
    if RELEASE == "none":
        assert util.find_spec("google") is None
    else:
        assert f"{metadata.version('protobuf')}.".startswith(f"{RELEASE}.")


def test_all_works_and_nothing_is_imported(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WORK],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["loaded:"]


def test_command_line(tmp_path):
    command = [sys.executable, "-m", "recordsmith"]
    text = "y,a\n1,2.5\n0,3.5\n"
    convert = [*command, "convert", "-", "-", "--from", "csv", "--to", "recordio"]
    made = subprocess.run(
        [*convert, "--label", "y"], input=text.encode(), capture_output=True, cwd=tmp_path
    )
    assert made.returncode == 0, made.stderr
    shown = subprocess.run(
        [*command, "inspect", "-"], input=made.stdout, capture_output=True, cwd=tmp_path
    )
    assert shown.returncode == 0, shown.stderr
    assert re.search(rb"\b2\b.*(record|row)", shown.stdout)


def test_the_package_asks_for_no_protobuf():
    needed = [r for r in metadata.requires("recordsmith") if "extra ==" not in r]
    assert needed
    assert not [r for r in needed if "protobuf" in r]
