"""Arrow IPC files and streams, whole and damaged."""

import io

import pyarrow as pa
import pytest

from reading import Slow, batches_of, rows_of
from recordsmith.errors import FormatError, InputError
from recordsmith.sources import open_source
from recordsmith.tally import Tally

TABLE = pa.table({"y": [0, 1, 0], "a": [1.5, 2.5, 3.5]})


def ipc(kind, table=TABLE, **options):
    sink = io.BytesIO()
    make = {"file": pa.ipc.new_file, "stream": pa.ipc.new_stream}[kind]
    with make(sink, table.schema, **options) as writer:
        writer.write_table(table, max_chunksize=2)
    return sink.getvalue()


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_files_and_streams_from_everywhere(kind, tmp_path):
    data = ipc(kind)
    path = tmp_path / "x.arrow"
    path.write_bytes(data)
    for src in (path, io.BytesIO(data), Slow(data, step=9)):
        features, labels = rows_of(src, label="y")
        assert (features.tolist(), labels.tolist()) == ([[1.5], [2.5], [3.5]], [0, 1, 0])


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_feather_with_compressed_buffers(codec, tmp_path):
    from pyarrow import feather

    path = tmp_path / "x.feather"
    feather.write_feather(TABLE, str(path), compression=codec)
    assert rows_of(path, label="y")[0].tolist() == [[1.5], [2.5], [3.5]]


def test_no_rows():
    batches, _ = batches_of(io.BytesIO(ipc("file", TABLE.slice(0, 0))))
    assert [batch.features.shape for batch in batches] == [(0, 2)]


@pytest.mark.parametrize("kind", ["file", "stream"])
@pytest.mark.parametrize("how", ["path", "stream"])
@pytest.mark.parametrize("cut", [20, 150, 300])
def test_cut_off(kind, how, cut, tmp_path):
    data = ipc(kind)[:-cut]
    path = tmp_path / "x.arrow"
    path.write_bytes(data)
    with pytest.raises(FormatError) as caught:
        rows_of(path if how == "path" else Slow(data, step=50))
    assert caught.value.path in (str(path), "<Slow>")


def test_a_file_without_its_footer_is_cut_off_even_between_batches():
    data = ipc("file")
    end_of_batches = data.rindex(b"\xff\xff\xff\xff\0\0\0\0") + 8
    with pytest.raises(FormatError, match="footer"):
        rows_of(io.BytesIO(data[:end_of_batches]))


def test_other_schema_in_a_second_file(tmp_path):
    (tmp_path / "1.arrow").write_bytes(ipc("file"))
    (tmp_path / "2.arrow").write_bytes(ipc("file", TABLE.select(["y"])))
    with pytest.raises(InputError, match="differs") as caught:
        rows_of(tmp_path)
    assert caught.value.path == str(tmp_path / "2.arrow")


def test_progress(tmp_path):
    path = tmp_path / "x.arrow"
    path.write_bytes(ipc("file"))
    source = open_source(path, tally=Tally())
    assert sum(batch.n_rows for batch in source.batches) == 3
    assert source.position() == source.size == path.stat().st_size
