"""The worked examples of csrc/FORMAT.md are what the encoder writes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import recordsmith as rs

FORMAT = Path(__file__).parents[2] / "csrc" / "FORMAT.md"


def examples() -> list[bytes]:
    """The indented hex dumps, in order; comments stand after two spaces or more."""
    blocks = re.findall(r"(?:^    .+\n)+", FORMAT.read_text(), flags=re.MULTILINE)
    # The comment of a line begins in column 51.
    return [
        bytes.fromhex("".join(line[:51] for line in block.splitlines()))
        for block in blocks
    ]


@pytest.mark.parametrize(
    ("number", "features", "labels"),
    [
        (0, np.array([[1.5, -2.0]], np.float32), np.array([7.0], np.float32)),
        (1, csr_matrix(np.array([[0, 0, 1.5], [0, 0, 0]], np.float32)), None),
    ],
)
def test_example(number, features, labels):
    assert len(examples()) == 2
    assert rs.encode(features, labels) == examples()[number]
