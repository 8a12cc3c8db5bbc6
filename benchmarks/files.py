"""Files of any size for the end-to-end measurements, written in flat memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import recordsmith as rs

from . import cases

N_COLS = 30
WIDE = 300
ROW_GROUP = 1 << 20  # rows, as pyarrow's writer has it by default


def write_libsvm(path: Path, case: cases.Case) -> None:
    """Rows of CSR as text, values with six digits, indices from 0."""
    X = case.X
    pairs = [f"{k}:{v:.6g}" for k, v in zip(X.indices.tolist(), X.data.tolist())]
    bounds = X.indptr.tolist()
    with path.open("w") as file:
        for label, begin, end in zip(case.y.tolist(), bounds, bounds[1:]):
            file.write(f"{label:g} {' '.join(pairs[begin:end])}\n")


def csv_block(case: cases.Case) -> bytes:
    """Lines of label and values with six digits."""
    rows = np.column_stack([case.y, case.X])
    line = ",".join(["%g"] + ["%.6g"] * case.X.shape[1]) + "\n"
    return "".join([line % tuple(row) for row in rows.tolist()]).encode()


def csv_header() -> bytes:
    """The names of its columns."""
    return ",".join(["label"] + [f"f{i}" for i in range(N_COLS)]).encode() + b"\n"


def write_repeated(path: Path, head: bytes, block: bytes, n_bytes: int) -> None:
    """A head, and a block over and over, to n_bytes or a little more."""
    with path.open("wb") as file:
        size = file.write(head)
        while size < n_bytes:
            size += file.write(block)


def write_parquet(path: Path, case: cases.Case, n_bytes: int) -> None:
    """Row groups of float32 columns that do not compress, to n_bytes of values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = csv_header().decode().strip().split(",")
    columns = [case.y, *np.ascontiguousarray(case.X.T)]
    table = pa.table(dict(zip(names, map(pa.array, columns))))
    with pq.ParquetWriter(path, table.schema, compression="snappy") as writer:
        for _ in range(max(1, round(n_bytes / table.nbytes))):
            writer.write_table(table)


def write_wide_parquet(path: Path, n_bytes: int, dtype="float32") -> None:
    """300 columns of random numbers and a label, to n_bytes of values, in the row groups
    that pyarrow's writer makes by default."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(cases.SEED)
    n_rows = n_bytes // (np.dtype(dtype).itemsize * (WIDE + 1))
    some = min(n_rows, ROW_GROUP)
    names = ["label", *(f"f{i}" for i in range(WIDE))]
    values = (rng.standard_normal(some, dtype="float32").astype(dtype) for _ in names)
    table = pa.table(dict(zip(names, map(pa.array, values))))
    with pq.ParquetWriter(path, table.schema, compression="snappy") as writer:
        for begin in range(0, n_rows, some):
            writer.write_table(table.slice(0, n_rows - begin), row_group_size=ROW_GROUP)


def write_any(path: Path, n_bytes: int) -> None:
    """The file kind that its suffix says, of about n_bytes."""
    kind = path.suffix
    if path.name.endswith(".wide.parquet"):
        write_wide_parquet(path, n_bytes)
    elif kind == ".parquet":
        write_parquet(path, cases.dense(N_COLS, 16), n_bytes)
    elif kind == ".csv":
        write_repeated(path, csv_header(), csv_block(cases.dense(N_COLS, 16)), n_bytes)
    elif kind == ".libsvm":
        some = path.with_suffix(".some")
        write_libsvm(some, cases.zipf_36(16))
        write_repeated(path, b"", some.read_bytes(), n_bytes)
        some.unlink()
    elif kind == ".pbr":
        case = cases.dense(N_COLS, 16)
        write_repeated(path, b"", bytes(rs.encode(case.X, case.y)), n_bytes)
    elif kind == ".npy":
        _write_npy(path, n_bytes)
    else:
        raise ValueError(f"no way to write {kind}")


def _write_npy(path: Path, n_bytes: int) -> None:
    case = cases.dense(N_COLS, 16)
    times = max(1, round(n_bytes / case.X.nbytes))
    shape = (times * case.n_rows, N_COLS)
    with path.open("wb") as file:
        head = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, head)
        for _ in range(times):
            case.X.tofile(file)
