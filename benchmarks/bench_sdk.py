"""Version 2 of the SageMaker Python SDK: run with an interpreter that has it.

It gets a small slice of the same rows; rates are compared, in bytes a second.
"""

from __future__ import annotations

import io
import logging
from itertools import chain

import numpy as np
from scipy.sparse import csr_matrix

import recordsmith as rs

from . import cases
from .measure import Report, compare, main

SLICE = 128  # the SDK gets this part of the rows


def measure(report: Report, options) -> None:
    """All four shapes, both directions."""
    logging.disable(logging.WARNING)
    from sagemaker.amazon.common import (
        read_records,
        write_numpy_to_dense_tensor,
        write_spmatrix_to_sparse_tensor,
    )

    for case in cases.all_cases(32 if options.quick else 64):
        few = case.head(case.n_rows // SLICE)
        write = (
            write_spmatrix_to_sparse_tensor
            if case.sparse
            else write_numpy_to_dense_tensor
        )
        data, slice_ = rs.encode(case.X, case.y), rs.encode(few.X, few.y)

        def theirs(write=write, few=few):
            file = io.BytesIO()
            write(file, few.X, few.y)
            return file.getvalue()

        assert theirs() == slice_
        assert np.array_equal(rs.decode(data).labels, case.y)
        pairs = (
            ("encode", lambda case=case: rs.encode(case.X, case.y), theirs),
            (
                "decode",
                lambda data=data: rs.decode(data),
                lambda slice_=slice_, few=few: to_arrays(
                    read_records(io.BytesIO(slice_)), few
                ),
            ),
        )
        for name, ours, baseline in pairs:
            times = compare(ours, baseline, options.runs, len(data) / len(slice_))
            size = {"n_bytes": len(slice_), "n_rows": few.n_rows}
            report.add(
                f"{name} {case.name}, all cores", "SageMaker SDK 2", times.faster(),
                at_least=150, seconds=times.ours, **size,
            )  # fmt: skip
            rate = len(slice_) / min(times.baseline) / 1e6
            report.results[-1].note = f"the SDK: {rate:.1f} MB/s"


def to_arrays(records, case: cases.Case):
    """The arrays of the SDK's records, which is what decoding is for."""
    y = np.array([one.label["values"].float32_tensor.values[0] for one in records])
    tensors = [one.features["values"].float32_tensor for one in records]
    if not case.sparse:
        return np.array([one.values for one in tensors], np.float32), y
    indptr = np.cumsum([0] + [len(one.keys) for one in tensors])
    values = np.fromiter(chain.from_iterable(one.values for one in tensors), np.float32)
    keys = np.fromiter(chain.from_iterable(one.keys for one in tensors), np.int32)
    return csr_matrix((values, keys, indptr), case.X.shape), y


if __name__ == "__main__":
    main("SDK 2", measure)
