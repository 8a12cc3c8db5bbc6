"""Memory is flat: four times the input needs no more of it."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import recordsmith as rs

LIMIT_MIB = 400
GROWTH_MIB = 48

COMMON = """
import io, sys
import numpy as np
from recordsmith.sources import open_source
from recordsmith.tally import Tally

class Repeated(io.RawIOBase):
    "A head, then a piece again and again; nothing is stored."
    def __init__(self, head, piece, times):
        self.ready, self.piece, self.times = head, piece, times
    def readable(self):
        return True
    def readinto(self, buffer):
        if not self.ready and self.times:
            self.ready, self.times = self.piece, self.times - 1
        n = min(len(buffer), len(self.ready))
        buffer[:n] = self.ready[:n]
        self.ready = self.ready[n:]
        return n

def consume(src, rows, **options):
    found = sum(b.n_rows for b in open_source(src, tally=Tally(), **options).batches)
    assert found == rows, (found, rows)
    # Not ru_maxrss: a new program inherits that of the process that started it.
    with open("/proc/self/status") as status:
        print(int(status.read().split("VmHWM:")[1].split()[0]) // 1024)

times, folder = int(sys.argv[1]), sys.argv[2]
row = np.random.default_rng(0).normal(size=31).tolist()
"""

CASES = {
    "csv": """
        head = ",".join(f"c{i}" for i in range(31)).encode() + b"\\n"
        piece = (",".join(map(repr, row)).encode() + b"\\n") * 1000
        consume(Repeated(head, piece, 40 * times), 40_000 * times, source_format="csv",
                dtype="float32")
        """,
    "csv.gz": """
        import gzip
        head = ",".join(f"c{i}" for i in range(31)).encode() + b"\\n"
        piece = (",".join(map(repr, row)).encode() + b"\\n") * 1000
        stream = Repeated(gzip.compress(head), gzip.compress(piece), 40 * times)
        consume(stream, 40_000 * times, source_format="csv")
        """,
    "jsonl": """
        import json
        line = json.dumps({f"c{i}": v for i, v in enumerate(row)}).encode() + b"\\n"
        consume(Repeated(b"", line * 1000, 30 * times), 30_000 * times,
                source_format="jsonl")
        """,
    "npy": """
        stream = io.BytesIO()
        shape = (80_000 * times, 31)
        np.lib.format.write_array_header_1_0(
            stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
        piece = np.tile(np.array(row), (1000, 1)).tobytes()
        consume(Repeated(stream.getvalue(), piece, 80 * times), 80_000 * times)
        """,
    "parquet": """
        import pyarrow as pa, pyarrow.parquet as pq
        table = pa.table({f"c{i}": np.resize(row[i:], 50_000) for i in range(31)})
        path = folder + "/x.parquet"
        with pq.ParquetWriter(path, table.schema) as writer:
            for _ in range(5 * times):
                writer.write_table(table)
        consume(path, 250_000 * times)
        """,
    "recordio": """
        import recordsmith
        piece = recordsmith.encode(np.tile(np.array(row, "f4"), (10_000, 1)))
        consume(Repeated(b"", piece, 20 * times), 200_000 * times)
        """,
    "table": """
        import pyarrow as pa
        def produce():
            for _ in range(5 * times):
                columns = {f"c{i}": np.resize(row[i:], 50_000) for i in range(31)}
                yield pa.RecordBatch.from_pydict(columns)
        consume(produce(), 250_000 * times)
        """,
}


def peak_mib(case, times, folder):
    script = COMMON + textwrap.dedent(CASES[case])
    done = subprocess.run(
        [sys.executable, "-c", script, str(times), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_memory_is_flat(case, tmp_path):
    small, large = peak_mib(case, 1, tmp_path), peak_mib(case, 4, tmp_path)
    assert large < LIMIT_MIB
    assert large - small < GROWTH_MIB


WHOLE = """
import sys
import numpy as np
import recordsmith

def peak():
    with open("/proc/self/status") as status:
        return int(status.read().split("VmHWM:")[1].split()[0]) >> 10

path = sys.argv[1]
recordsmith.read(path, threads=1).rows(0, 1)  # what is imported on the way
before = peak()
batch = recordsmith.read(sys.argv[2])
print(peak() - before, sum(field.values.nbytes for field in batch.fields) >> 20)
"""


@pytest.mark.slow
def test_a_whole_file_needs_its_arrays_and_little_more(tmp_path):
    """Neither the file's bytes nor the batches are kept beside the result."""
    small, large = tmp_path / "small.pbr", tmp_path / "large.pbr"
    piece = rs.encode(np.ones((10_000, 100), "f4"), np.ones(10_000, "f4"))
    small.write_bytes(piece)
    large.write_bytes(piece * 40)
    done = subprocess.run(
        [sys.executable, "-c", WHOLE, str(small), str(large)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    grown, needed = map(int, done.stdout.split())
    assert needed > 100
    assert grown < needed + 32
