"""Requests of text/libsvm, as XGBoost's server reads them."""

import numpy as np
import pytest
import scipy.sparse as sp

import recordsmith as rs


def bodies(X, **options):
    return [one.body for one in rs.requests(X, content_type="libsvm", **options)]


def served(body):
    """What the container makes of a body: (rows, columns, values) that are stored.

    Columns count from 1 where none is 0; blank lines at the ends are lost, and rows at
    the end without a pair, too; NaN is absent.
    """
    lines = body.decode().strip().split("\n")
    pairs = [
        (row, *pair.split(":"))
        for row, line in enumerate(lines)
        for pair in line.split(" ")
        if ":" in pair
    ]
    shift = 1 if pairs and min(int(column) for _, column, _ in pairs) >= 1 else 0
    n_rows = max((row for row, *_ in pairs), default=-1) + 1
    found = {
        (row, int(column) - shift): float(value)
        for row, column, value in pairs
        if value != "nan"
    }
    return n_rows, found


@pytest.mark.parametrize(
    "dense",
    [
        [[0, 1.5], [0, 2]],  # no row has column 0: columns would be taken for 1, 2
        [[1, 0], [0, 0]],  # the last row stores nothing: it would be lost
        [[0, 0], [0, 0], [0, 0]],  # none stores anything
        [[0, 0], [3, 4]],  # a row at the beginning that stores nothing
        [[1, 2], [0, 0], [3, 4]],
        [[0, 0, 5], [0, 0, 0], [0, 0, 0]],
    ],
)
def test_no_row_and_no_column_is_lost(dense):
    dense = np.array(dense, float)
    for rows in (dense, sp.csr_matrix(dense)):
        for size in (30, 20, 1000):
            begin = 0
            for body in bodies(rows, max_bytes=size):
                n_rows, found = served(body)
                part = dense[begin : begin + n_rows]
                want = {(i, j): part[i, j] for i, j in zip(*np.nonzero(part))}
                assert found == want
                begin += n_rows
            assert begin == len(dense)


def test_anchors_stand_only_where_they_are_needed():
    assert bodies([[1.0, 0], [0, 2]]) == [b"0 0:1\n0 1:2\n"]
    assert bodies([[0, 1.0], [0, 2]]) == [b"0 1:1\n0 0:nan 1:2\n"]
    assert bodies([[1.0, 0], [0, 0]]) == [b"0 0:1\n0 0:nan\n"]
    assert bodies([[0.0, 0]], form="dense") == [b"0 0:0 1:0\n"]
