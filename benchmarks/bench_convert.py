"""Files to RecordIO-protobuf, end to end, against reading the same file alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import recordsmith as rs

from . import cases
from .files import N_COLS, WIDE, write_any, write_parquet, write_wide_parquet
from .measure import Report, compare, main

MIB = 1 << 20
SAME_BATCHES = "reading the same batches"


class Null:
    """A file object that drops what is written."""

    def write(self, data) -> int:
        return len(data)

    def flush(self) -> None:
        pass


def measure(report: Report, options) -> None:
    """CSV and Parquet of 30 columns and a label, and Parquet of 300, to a file and to
    nothing."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "rows.csv")
        write_any(source, (64 if options.quick else 256) * MIB)
        _one(
            report, options.runs, source, read_csv, "pyarrow's streaming CSV reader", 1.3
        )
        source.unlink()
        source = Path(folder, "rows.parquet")
        write_parquet(
            source, cases.dense(N_COLS, 32), (64 if options.quick else 384) * MIB
        )
        _one(report, options.runs, source, read_parquet, SAME_BATCHES, 1.5)
        for dtype in ("float32", "float64"):
            write_wide_parquet(source, (64 if options.quick else 384) * MIB, dtype)
            what = f"{WIDE} columns of {dtype}"
            _one(report, options.runs, source, read_parquet, SAME_BATCHES, 1.5, what)


def _one(
    report: Report,
    runs: int,
    source: Path,
    alone,
    against: str,
    limit: float,
    what: str = f"{N_COLS} columns",
) -> None:
    target = source.with_suffix(".pbr")
    options = {"label": "label", "dtype": "float32", "label_dtype": "float32"}
    name = f"{source.suffix[1:]} of {what}"

    def ours(dest=target):
        return rs.convert(source, dest, overwrite=True, dest_format="recordio", **options)

    n_rows = alone(source)
    assert ours().rows == n_rows
    size = {"n_bytes": source.stat().st_size, "n_rows": n_rows}
    for call, to in ((ours, "a file"), (lambda: ours(Null()), "nothing")):
        times = compare(call, lambda: alone(source), runs)
        report.add(
            f"{name} to {to}, {os.cpu_count()} cores", against, times.slower(),
            at_most=limit, seconds=times.ours, **size,
        )  # fmt: skip
    target.unlink()


def read_csv(path: Path) -> int:
    """All batches; as float32, which is what the conversion makes of them."""
    import pyarrow as pa
    from pyarrow import csv

    names = ["label", *(f"f{i}" for i in range(N_COLS))]
    types = dict.fromkeys(names, pa.float32())
    with csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=2 * MIB),
        convert_options=csv.ConvertOptions(column_types=types, null_values=[""]),
    ) as reader:
        return sum(batch.num_rows for batch in reader)


def read_parquet(path: Path) -> int:
    """All batches of the file, as the conversion reads them: for many columns that is
    faster than pyarrow's defaults, and takes a quarter of their memory."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 16) as file:
        n_bytes = sum(type_.bit_width // 8 for type_ in file.schema_arrow.types)
        rows = min(1 << 16, 16 * MIB // n_bytes)
        return sum(batch.num_rows for batch in file.iter_batches(rows))


if __name__ == "__main__":
    main("convert", measure)
