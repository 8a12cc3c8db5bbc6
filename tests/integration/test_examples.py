"""The examples are what their README says, and the demo works."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
from sklearn import datasets

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_breast_cancer_is_unchanged():
    original = datasets.load_breast_cancer()
    with (EXAMPLES / "breast_cancer.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    table = np.array(rows, dtype=np.float64)
    assert header[0] == "diagnosis"
    assert np.array_equal(table[:, 1:], original.data)
    assert np.array_equal(table[:, 0], 1 - original.target)
    for name, theirs in zip(header[1:], original.feature_names):
        words = set(theirs.replace("error", "se").split()) - {"standard"}
        assert set(name.split("_")) == words


def test_wine_is_unchanged():
    original = datasets.load_wine()
    table = np.loadtxt(EXAMPLES / "wine.csv", delimiter=",")
    assert np.array_equal(table[:, 1:], original.data)
    assert np.array_equal(table[:, 0], original.target)


def test_digits_are_unchanged():
    original = datasets.load_digits()
    X, y = datasets.load_svmlight_file(
        str(EXAMPLES / "digits.libsvm"), n_features=64, zero_based=True
    )
    assert np.array_equal(X.toarray(), original.data[:600])
    assert np.array_equal(y, original.target[:600])
    assert (X.data != 0).all()


def test_demo():
    done = subprocess.run(
        [sys.executable, EXAMPLES / "demo.py"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "569 rows, 30 columns and their labels: equal" in done.stdout
