"""A source that fails midway leaves nothing behind that looks finished."""

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import recordsmith as rs

LINES = b"y,a\n" + b"1,2.5\n" * 400_000


def bad_csv(folder):
    (folder / "in.csv").write_bytes(LINES + b"1,2,3\n" + b"1,2.5\n" * 100_000)
    return folder / "in.csv"


def cut_gzip(folder):
    (folder / "in.csv.gz").write_bytes(gzip.compress(LINES)[:-4])
    return folder / "in.csv.gz"


def bad_second_file(folder):
    (folder / "in").mkdir()
    (folder / "in" / "1.csv").write_bytes(LINES)
    (folder / "in" / "2.csv").write_bytes(b"y,b\n1,2\n")
    return folder / "in"


def damaged_parquet(folder):
    table = pa.table({"y": np.arange(100_000), "a": np.arange(100_000.0)})
    path = folder / "in.parquet"
    pq.write_table(
        table, path, row_group_size=10_000, compression="none", use_dictionary=False
    )
    raw = bytearray(path.read_bytes())
    chunk = pq.ParquetFile(path).metadata.row_group(8).column(0)
    begin = chunk.data_page_offset
    raw[begin : begin + 30] = b"\xff" * 30
    path.write_bytes(raw)
    return path


def raising_iterator(folder):
    def produce():
        for _ in range(20):
            yield pa.RecordBatch.from_pydict({"y": [1], "a": [2.5]})
        raise RuntimeError("division by zero at row 900,000")

    return produce()


CASES = {
    bad_csv: (rs.errors.ParseError, "line 400002: 3 fields, expected 2"),
    cut_gzip: (rs.errors.FormatError, "middle of a compressed stream"),
    bad_second_file: (rs.errors.InputError, "'b' stands where 'a'"),
    damaged_parquet: (rs.errors.FormatError, "no sound Parquet"),
    raising_iterator: (RuntimeError, "row 900,000"),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_nothing_is_left(case, tmp_path):
    src = case(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    error, message = CASES[case]
    with pytest.raises(error, match=message):
        rs.convert(src, tmp_path / "out.rec", label="y")
    assert sorted(tmp_path.rglob("*")) == before
