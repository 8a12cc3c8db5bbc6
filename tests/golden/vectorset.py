"""The golden vectors as the tests take them. A file that is missing is a failure."""

import json
from pathlib import Path

import numpy as np
import scipy.sparse as sp

FOLDER = Path(__file__).parent / "vectors"
CASES = json.loads((FOLDER / "manifest.json").read_text("utf-8"))["cases"]


def select(set_name, kind=None, refused=False):
    """Cases of a set (and kind); those that the SDK refused only if asked for."""
    return [
        case
        for case in CASES
        if case["set"] == set_name
        and kind in (None, case["kind"])
        and ("raises" in case) == refused
    ]


def names(cases):
    return [case["name"] for case in cases]


def data(case):
    return (FOLDER / f"{case['name']}.pbr").read_bytes()


def arrays(case):
    with np.load(FOLDER / f"{case['name']}.npz") as held:
        return {name: held[name] for name in held.files}


def csr(held):
    """The CSR matrix of an npz, its arrays as they are (keys unsorted or doubled)."""
    shape = tuple(int(n) for n in held["shape"])
    matrix = sp.csr_matrix(shape, dtype=held["data"].dtype)
    matrix.data, matrix.indices, matrix.indptr = (
        held["data"],
        held["indices"],
        held["indptr"],
    )
    return matrix
