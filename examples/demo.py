"""Convert a real data set, look at the result, read it back and compare every value.

    python examples/demo.py

The comparison reads the CSV with Python's own ``csv`` module, not with recordsmith.
"""

import csv
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np

import recordsmith

ROOT = Path(__file__).resolve().parent.parent
SOURCE = Path("examples", "breast_cancer.csv")
RESULT = Path("build", "demo", "breast_cancer.pbr")
LABEL = "diagnosis"


def run(*args: object) -> None:
    """Run a recordsmith command as a user would, and show it."""
    words = [str(arg) for arg in args]
    print(f"\n$ recordsmith {shlex.join(words)}", flush=True)
    subprocess.run([sys.executable, "-m", "recordsmith", *words], check=True, cwd=ROOT)


def expected() -> tuple[np.ndarray, np.ndarray]:
    """The CSV's features and labels as float32."""
    with (ROOT / SOURCE).open(newline="") as file:
        header, *rows = csv.reader(file)
    table = np.array(rows, dtype=np.float64).astype(np.float32)
    label = header.index(LABEL)
    return np.delete(table, label, axis=1), table[:, label]


def main() -> None:
    (ROOT / RESULT).parent.mkdir(parents=True, exist_ok=True)
    (ROOT / RESULT).unlink(missing_ok=True)
    run(
        "convert",
        SOURCE,
        RESULT,
        "--label",
        LABEL,
        "--dtype",
        "float32",
        "--label-dtype",
        "float32",
    )
    run("inspect", RESULT)
    run("head", "-n", 3, RESULT)

    print(f"\n>>> batch = recordsmith.read({str(RESULT)!r})")
    batch = recordsmith.read(ROOT / RESULT)
    features, labels = expected()
    if not np.array_equal(batch.features, features):
        sys.exit(f"{RESULT}: the features differ from {SOURCE}")
    if not np.array_equal(np.ravel(batch.labels), labels):
        sys.exit(f"{RESULT}: the labels differ from {SOURCE}")
    rows, columns = features.shape
    print(f"{rows} rows, {columns} columns and their labels: equal to {SOURCE}")


if __name__ == "__main__":
    main()
