"""Row groups of many columns: read some columns at a time, they are what they were."""

import decimal
import errno
import os
import tempfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reading import batches_of
from recordsmith.errors import FormatError, InputError
from recordsmith.sources import from_parquet, open_source, parquet_columns
from recordsmith.tally import Tally

ROWS = 1000
GROUP_ROWS = 300


@pytest.fixture
def little_room(monkeypatch):
    """A few columns at a time, and many record batches."""
    monkeypatch.setattr(parquet_columns, "_DECODING_BYTES", 3000)
    monkeypatch.setattr(from_parquet, "_READ_BYTES", 7000)


@pytest.fixture
def opened(monkeypatch):
    """The temporary files, as they are made."""
    files = []

    def make(*args, **options):
        files.append(real(*args, **options))
        return files[-1]

    real = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", make)
    return files


def many_types():
    """Numbers of all kinds, with gaps; lists, texts, dictionaries; names with dots."""
    n = np.arange(ROWS)
    gaps = n % 7 == 3
    words = np.array(["x", "yy", "zzz"])[n % 3]
    return pa.table(
        {
            "y": n % 2,
            "id": pa.array([f"row {i}" for i in n]),
            "a.b": n + 0.5,
            "a": pa.array(n, pa.int32(), mask=gaps),
            "v.w": pa.array(np.stack([n, n + 1]).T.tolist(), pa.list_(pa.float32(), 2)),
            "dictionary": pa.array(n % 5).dictionary_encode(),
            "junk": words,
            "decimal": pa.array([decimal.Decimal(int(i)) / 4 for i in n]),
            "bool": gaps,
            "list": pa.array([[int(i), 2] for i in n]),
            **{f"f{i}": (n * i).astype("f4") for i in range(20)},
        }
    )


OPTIONS = {"label": "y", "uid": "id", "drop": "junk", "nulls": -1}


def same(found, known):
    assert len(known) > 0
    for one in ("features", "labels"):
        values = [
            np.concatenate([getattr(b, one) for b in each]) for each in (found, known)
        ]
        assert values[0].dtype == values[1].dtype
        assert np.array_equal(*values)
    uids = [[uid for batch in each for uid in batch.uids] for each in (found, known)]
    assert uids[0] == uids[1]


@pytest.mark.parametrize("threads", [1, None])
def test_the_rows_are_the_same(tmp_path, little_room, opened, threads):
    path = tmp_path / "x.parquet"
    pq.write_table(many_types(), path, row_group_size=GROUP_ROWS)
    found, tally = batches_of(path, threads=threads, **OPTIONS)
    assert len(opened) >= 4 * 3  # row groups, and column parts that had to wait
    assert all(file.closed for file in opened)
    known, known_tally = batches_of(many_types(), **OPTIONS)
    same(found, known)
    assert tally == known_tally
    assert tally.nulls == sum(i % 7 == 3 for i in range(ROWS))


def test_a_single_column_is_never_cut(tmp_path, monkeypatch, opened):
    monkeypatch.setattr(parquet_columns, "_DECODING_BYTES", 1)
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": np.arange(100), "b": np.arange(100)}), path)
    batches, _ = batches_of(path)
    assert batches[0].features.tolist() == [[i, i] for i in range(100)]
    assert len(opened) == 1


def test_few_columns_need_no_file(tmp_path, opened):
    path = tmp_path / "x.parquet"
    pq.write_table(many_types(), path)
    batches_of(path, **OPTIONS)
    assert not opened


def test_row_groups_without_rows(tmp_path, little_room):
    path = tmp_path / "x.parquet"
    content = many_types()
    with pq.ParquetWriter(path, content.schema) as writer:
        for part in (content.slice(0, 0), content, content.slice(0, 0)):
            writer.write_table(part)
    found, _ = batches_of(path, **OPTIONS)
    same(found, batches_of(content, **OPTIONS)[0])


def test_errors_name_the_row_of_the_file(tmp_path, little_room):
    path = tmp_path / "x.parquet"
    pq.write_table(many_types(), path, row_group_size=GROUP_ROWS)
    with pytest.raises(InputError, match="missing") as caught:
        batches_of(path, **{**OPTIONS, "nulls": "error"})
    assert (caught.value.row, caught.value.column) == (3, "a")
    large = [1.0] * ROWS
    large[700] = 1e39
    content = many_types().append_column("large", pa.array(large))
    pq.write_table(content, path, row_group_size=GROUP_ROWS)
    with pytest.raises(InputError, match="too large for float32") as caught:
        batches_of(path, **OPTIONS, dtype="float32")
    assert (caught.value.row, caught.value.column) == (700, "large")


def test_damage_is_a_format_error(tmp_path, little_room):
    path = tmp_path / "x.parquet"
    pq.write_table(many_types(), path, compression="none", use_dictionary=False)
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(2)
    raw = bytearray(path.read_bytes())
    raw[chunk.data_page_offset : chunk.data_page_offset + 40] = b"\xff" * 40
    path.write_bytes(raw)
    with pytest.raises(FormatError) as caught:
        batches_of(path, **OPTIONS)
    assert caught.value.path == str(path)


def test_a_full_disk_names_the_folder(tmp_path, little_room, monkeypatch):
    path = tmp_path / "x.parquet"
    pq.write_table(many_types(), path)

    def full():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(OSError, match="No space left") as caught:
        batches_of(path, **OPTIONS)
    assert caught.value.filename == tempfile.gettempdir()


def test_nothing_stays_open_when_reading_ends_early(tmp_path, little_room, opened):
    path = tmp_path / "x.parquet"
    pq.write_table(many_types(), path)
    batches = open_source(path, tally=Tally(), **OPTIONS).batches
    assert next(iter(batches)).n_rows > 0
    assert any(not file.closed for file in opened)
    batches.close()
    assert opened
    assert all(file.closed for file in opened)
