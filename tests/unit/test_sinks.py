"""Sinks: every format's bytes, round trips through other libraries, and refusals."""

import base64
import csv
import gzip
import io
import json
import math
import os
import subprocess
import sys
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
import scipy.sparse

import recordsmith as rs
from recordsmith.batch import Batch, Field
from recordsmith.errors import InputError, LimitError, UnsupportedTypeError
from recordsmith.sinks import FORMATS, OPTIONS, format_of, open_sink, options_of
from recordsmith.tally import Tally

TEXT_FORMATS = ("csv", "tsv", "jsonl")
FREE_FORMATS = ("recordio", "jsonl", "parquet", "arrow")  # hold every kind of field


def batch_of(X, y=None, **options):
    return rs.decode(rs.encode(X, y, **options))


def dense(n=4, width=3, dtype="float32", seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, width)).astype(dtype)
    return batch_of(X, np.arange(n, dtype="int32"))


def sparse(n=5, width=9, seed=0):
    matrix = scipy.sparse.random(
        n, width, 0.4, "csr", dtype="float32", random_state=np.random.default_rng(seed)
    )
    return batch_of(matrix, np.linspace(0, 1, n, dtype="float32"))


def ragged():
    return batch_of([[1, 2, 3], [], [4]], [1, 2, 3])


def written(dest_format, *batches, **options):
    file = io.BytesIO()
    with open_sink(file, dest_format=dest_format, **options) as sink:
        for batch in batches:
            sink.write(batch)
    assert sink.n_rows == sum(batch.n_rows for batch in batches)
    assert sink.n_bytes == len(file.getvalue())
    return file.getvalue()


def lines(dest_format, *batches, **options):
    return written(dest_format, *batches, **options).decode().splitlines()


def with_texts():
    uids = ["a", None, 'q"\\,\n\té', "d"]
    return batch_of(
        np.eye(4, 2, dtype="float32"),
        [1, 2, 3, 4],
        uid=uids,
        metadata=["m1", "m2", "m3", "m4"],
    )


# -- the choice of a format ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.pbr", "recordio"),
        ("a.recordio", "recordio"),
        ("a.REC", "recordio"),
        ("dir.csv/a.tsv", "tsv"),
        ("a.b.csv", "csv"),
        ("a.svm", "libsvm"),
        ("a.pq", "parquet"),
        ("a.feather", "arrow"),
        ("a.ndjson", "jsonl"),
        (".csv/x.npz", "npz"),
        (b"a.npy", "npy"),
    ],
)
def test_formats_go_by_suffix(name, expected):
    assert format_of(name) == expected


@pytest.mark.parametrize("name", ["a.txt", "a", ".csv", "csv", "a.csv.bak", "a.gz"])
def test_unknown_suffixes_are_refused_with_those_known(name):
    with pytest.raises(InputError) as caught:
        format_of(name, compression="gzip" if name == "a.gz" else None)
    assert ".parquet .pq" in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("dest", ["-", io.BytesIO()])
def test_a_stream_needs_a_format(dest):
    with pytest.raises(InputError, match="pass dest_format="):
        open_sink(dest)


def test_a_mistyped_format():
    with pytest.raises(InputError, match="did you mean parquet"):
        open_sink("a", dest_format="parqet")
    with pytest.raises(InputError, match="the formats are recordio, csv"):
        open_sink("a", dest_format="xyz")


def test_compressed_names_need_the_compression():
    assert format_of("a.csv.gz", compression="gzip") == "csv"
    assert format_of("a.csv", compression="gzip") == "csv"
    for compression in (None, "zstd"):
        with pytest.raises(InputError, match=r'ends in \.gz.*pass compression="gzip"'):
            format_of("a.csv.gz", compression=compression)


def test_every_option_belongs_to_a_format_and_is_listed():
    known = {name for one in FORMATS if one != "libsvm" for name in options_of(one)}
    assert known
    assert known <= set(OPTIONS)


@pytest.mark.parametrize(
    ("dest_format", "option", "hint"),
    [
        ("csv", "max_bytes", "recordio would know it"),
        ("recordio", "densify", "csv, tsv would know it"),
        ("npz", "compression", "recordio, csv"),
        ("csv", "densfy", r"did you mean densify\?"),
        ("jsonl", "write_header", "csv, tsv would know it"),
        ("npy", "zzz", "it knows extras, duplicates"),
    ],
)
def test_options_that_a_format_does_not_know(dest_format, option, hint):
    with pytest.raises(InputError, match=hint) as caught:
        open_sink(io.BytesIO(), dest_format=dest_format, **{option: 1})
    assert dest_format in str(caught.value)
    assert repr(option) in str(caught.value)


# -- opening, publishing, aborting -----------------------------------------------------


def test_a_sink_publishes_at_the_end(tmp_path):
    path = tmp_path / "a.csv"
    with open_sink(path) as sink:
        sink.write(dense())
        assert not path.exists()
    assert len(path.read_bytes()) == sink.n_bytes > 0
    assert (sink.name, sink.format, sink.n_rows) == (str(path), "csv", 4)
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("dest_format", [f for f in FORMATS if f != "libsvm"])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_sink_aborts_after_an_error(tmp_path, dest_format, error):
    batch = batch_of(np.eye(3)) if dest_format == "npy" else dense()

    def work():
        with open_sink(tmp_path / "a", dest_format=dest_format) as sink:
            sink.write(batch)
            raise error

    with pytest.raises(error):
        work()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dest_format", ["recordio", "csv", "jsonl", "parquet", "arrow"])
def test_a_stream_does_not_look_finished_after_an_error(dest_format):
    file = io.BytesIO()

    def work():
        with open_sink(file, dest_format=dest_format) as sink:
            sink.write(dense())
            raise ValueError

    with pytest.raises(ValueError):
        work()
    if dest_format in ("parquet", "arrow"):  # the footers are missing
        read = pa.feather.read_table if dest_format == "arrow" else pa.parquet.read_table
        with pytest.raises((pa.ArrowInvalid, OSError)):
            read(file)


def test_the_formats_own_error_leaves_nothing(tmp_path):
    def work():
        with open_sink(tmp_path / "a.csv") as sink:
            sink.write(dense())
            sink.write(sparse())

    with pytest.raises(InputError, match="sparse"):
        work()
    assert list(tmp_path.iterdir()) == []


def test_bad_options_leave_nothing(tmp_path):
    for name, options in (("a.parquet", {"compression": "gz"}), ("a.csv", {"extras": 3})):

        def work(name=name, options=options):
            with open_sink(tmp_path / name, **options) as sink:
                sink.write(with_texts())

        with pytest.raises(InputError):
            work()
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_refused_before_anything_is_read(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"old")
    with pytest.raises(InputError, match="the file exists"):
        open_sink(tmp_path / "a.csv")
    with open_sink(tmp_path / "a.csv", overwrite=True) as sink:
        sink.write(dense())
    assert (tmp_path / "a.csv").read_bytes() == written("csv", dense())


def test_a_sink_that_was_not_entered():
    with pytest.raises(InputError, match="with statement"):
        open_sink(io.BytesIO(), dest_format="csv").write(dense())


@pytest.mark.parametrize("dest_format", ["recordio", *TEXT_FORMATS, "parquet", "arrow"])
def test_no_rows(dest_format):
    data = written(dest_format)
    if dest_format in TEXT_FORMATS or dest_format == "recordio":
        assert data == b""
    elif dest_format == "parquet":
        assert pa.parquet.read_table(io.BytesIO(data)).num_rows == 0
    else:
        assert pa.ipc.open_file(data).read_all().num_rows == 0


@pytest.mark.parametrize(
    "dest_format", [f for f in FORMATS if f not in ("libsvm", "npy")]
)
def test_a_batch_of_no_rows(dest_format):
    data = written(dest_format, dense(), dense().rows(0, 0), dense())
    if dest_format in ("recordio", *TEXT_FORMATS):
        assert data == written(dest_format, dense()) * 2
    assert written(dest_format, dense().rows(0, 0)) is not None


# -- recordio --------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"max_bytes": 100}, {"chunk_bytes": 1}])
def test_recordio_is_what_encode_gives(options):
    expected = rs.encode(dense()) + rs.encode(sparse())
    assert written("recordio", dense(), sparse(), **options) == expected


@pytest.mark.parametrize("limit", ["max_bytes", "chunk_bytes"])
def test_recordio_writes_are_bounded(limit):
    sizes = []

    class Sizes(io.BytesIO):
        def write(self, data):
            sizes.append(len(data))
            return super().write(data)

    with open_sink(Sizes(), dest_format="recordio", **{limit: 150}) as sink:
        sink.write(dense(50))
    assert len(sizes) > 10
    assert max(sizes) <= 150


def test_recordio_record_above_the_limit():
    with pytest.raises(LimitError, match="max_bytes is 20"):
        written("recordio", dense(), max_bytes=20)


def test_recordio_policies_are_counted():
    empty = batch_of(scipy.sparse.csr_matrix((2, 3), dtype="float32"))
    tally = Tally()
    written("recordio", empty, empty_rows="explicit-zero", tally=tally)
    assert tally.changes() == {"empty_rows": 2, "zeros_added": 2}
    with pytest.raises(InputError, match="no stored value"):
        written("recordio", empty, empty_rows="error")


def test_gzip_outside(tmp_path):
    with open_sink(tmp_path / "a.pbr", compression="gzip") as sink:
        sink.write(dense())
    packed = (tmp_path / "a.pbr").read_bytes()
    assert gzip.decompress(packed) == rs.encode(dense())
    assert sink.n_bytes == len(packed)


# -- csv -------------------------------------------------------------------------------


def test_csv_is_label_then_features():
    batch = batch_of([[0.5, -1.0], [1e300, 3.0]], [7, -8])
    assert written("csv", batch) == b"7,0.5,-1\n-8,1e+300,3\n"
    assert written("tsv", batch) == b"7\t0.5\t-1\n-8\t1e+300\t3\n"
    assert written("csv", batch, batch) == written("csv", batch) * 2


def test_csv_without_labels():
    assert written("csv", batch_of([[1, 2], [3, 4]])) == b"1,2\n3,4\n"


def test_csv_header():
    expected = ["label,f0,f1", "1,1,0", "2,0,1"]
    batch = batch_of(np.eye(2, dtype="int32"), [1, 2])
    assert lines("csv", batch, write_header=True) == expected
    twice = lines("csv", batch, batch, write_header=True)
    assert twice == [*expected, *expected[1:]]
    assert lines("csv", dense().rows(0, 0), write_header=True) == ["label,f0,f1,f2"]


def test_csv_names_of_several_fields():
    batch = batch_of({"img": [[1, 2]], 'a,"b': [[3]]}, {"x": [5], "y": [6]})
    head, row = csv.reader(lines("csv", batch, write_header=True))
    assert dict(zip(head, row)) == {
        "label.x": "5",
        "label.y": "6",
        "f.img0": "1",
        "f.img1": "2",
        'f.a,"b0': "3",
    }


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_csv_numbers_read_back_exactly(dtype):
    bits = {"float32": "uint32", "float64": "uint64"}[dtype]
    rng = np.random.default_rng(1)
    values = rng.integers(0, 2 ** (8 * np.dtype(bits).itemsize), 30_000, bits, False)
    info = np.finfo(dtype)
    special = [0.0, -0.0, info.max, info.min, info.tiny, info.smallest_subnormal, 0.1]
    values = np.concatenate([np.array(special, dtype), values.view(dtype)])
    X = values[np.isfinite(values)][:29_700].reshape(-1, 30)
    text = written("csv", batch_of(X))
    back = np.array([row.split(b",") for row in text.splitlines()], dtype)
    assert back.tobytes() == X.tobytes()


def test_csv_nan_and_infinities():
    X = np.array([[np.nan, np.inf, -np.inf]], "float32")
    assert written("csv", batch_of(X)) == b"nan,inf,-inf\n"


def test_csv_several_blocks():
    X = np.arange(3_000_000, dtype="int32").reshape(-1, 3)
    text = written("csv", batch_of(X))
    back = pa.csv.read_csv(
        io.BytesIO(text),
        read_options=pa.csv.ReadOptions(autogenerate_column_names=True),
    )
    assert (np.stack([c.to_numpy() for c in back.columns], 1) == X).all()


def test_csv_refuses_sparse_rows_with_their_size():
    with pytest.raises(InputError, match=r"9 values, at least 18 bytes.*densify=True"):
        written("csv", sparse())
    wide = batch_of(scipy.sparse.csr_matrix((1, 10**7), dtype="float32"))
    with pytest.raises(InputError, match=r"10000000 values, at least 20,000\.0 kB"):
        written("csv", wide)


def test_csv_densify():
    batch = sparse()
    rows = lines("csv", batch, densify=True)
    found = np.array([row.split(",")[1:] for row in rows], "float32")
    assert (found == batch.features.toarray()).all()


def test_csv_densify_a_part_of_a_batch():
    batch = sparse(20)
    assert (
        lines("csv", batch.rows(7, 11), densify=True)
        == (lines("csv", batch, densify=True)[7:11])
    )


def test_duplicate_keys_are_refused_or_summed():
    field = Field(
        "feature",
        "csr",
        np.array([1, 2, 4, 8], "float32"),
        shape=(5,),
        offsets=np.array([0, 1, 4]),
        keys=np.array([0, 3, 1, 3]),
    )
    batch = Batch((field,), 2, first_row=100)
    with pytest.raises(InputError, match="row 101: key 3 is stored twice"):
        written("csv", batch, densify=True)
    tally = Tally()
    text = written("csv", batch, densify=True, duplicates="sum", tally=tally)
    assert text == b"1,0,0,0,0\n0,4,0,10,0\n"
    assert tally.changes() == {"keys_sorted": 1, "duplicates_summed": 1}
    with pytest.raises(InputError, match='expected "error" or "sum"'):
        written("csv", batch, densify=True, duplicates="keep")


def test_descending_keys_across_rows_are_no_duplicates():
    matrix = scipy.sparse.csr_matrix(([1, 2, 3, 4], ([0, 1, 1, 3], [4, 0, 4, 4])), (4, 5))
    text = written("csv", batch_of(matrix.astype("int32")), densify=True)
    assert text == b"0,0,0,0,1\n2,0,0,0,3\n0,0,0,0,0\n0,0,0,0,4\n"


def test_csv_refuses_rows_of_varying_length():
    with pytest.raises(InputError, match=r"record 2: features: found 0 values.*were 3"):
        written("csv", ragged())


def test_csv_lists_of_one_length_are_columns():
    batch = rs.decode(rs.encode([[1, 2], [3, 4]]), ragged=True)
    assert batch.fields[0].kind == "ragged"
    assert written("csv", batch) == b"1,2\n3,4\n"


def test_csv_refuses_a_missing_label():
    data = rs.encode([[1], [2]], [5, 6]) + rs.encode([[3]])
    batch = rs.decode(data)
    assert batch.get("label").present is not None
    with pytest.raises(InputError, match="record 3: no label in 1 of 3 records"):
        written("csv", batch)


def test_csv_refuses_other_columns_later():
    with pytest.raises(InputError, match=r"record 1: the columns are label, f0, f1.*be"):
        written("csv", dense(width=3), dense(width=2))


def test_csv_refuses_rows_without_values():
    with pytest.raises(InputError, match="without values"):
        written("csv", batch_of(np.zeros((2, 0), "float32")))


def test_csv_texts():
    with pytest.raises(InputError, match=r'no column for uid; pass extras="drop" or "k'):
        written("csv", with_texts())
    tally = Tally()
    assert lines("csv", with_texts(), extras="drop", tally=tally)[0] == "1,1,0"
    assert tally.changes() == {"dropped": 7}
    text = written("csv", with_texts(), extras="keep", write_header=True)
    rows = list(csv.reader(io.StringIO(text.decode(), newline="")))
    assert rows[0] == ["label", "f0", "f1", "uid", "metadata"]
    assert [row[3] for row in rows[1:]] == ["a", "", 'q"\\,\n\té', "d"]
    with pytest.raises(InputError, match="extras is 'x'"):
        written("csv", with_texts(), extras="x")


# -- json lines ------------------------------------------------------------------------


def test_jsonl_of_every_kind():
    assert written("jsonl", batch_of([[0.5, 2.0]], [1])) == (
        b'{"label": 1, "features": [0.5, 2.0]}\n'
    )
    assert lines("jsonl", ragged()) == [
        '{"label": 1, "features": [1, 2, 3]}',
        '{"label": 2, "features": []}',
        '{"label": 3, "features": [4]}',
    ]
    matrix = scipy.sparse.csr_matrix(np.array([[0, 0.5, 0], [0, 0, 0]]))
    assert lines("jsonl", batch_of(matrix)) == [
        '{"features": {"keys": [1], "values": [0.5], "shape": [3]}}',
        '{"features": {"keys": [], "values": [], "shape": [3]}}',
    ]
    image = batch_of(np.arange(4, dtype="int32").reshape(1, 2, 2))
    assert lines("jsonl", image) == [
        '{"features": {"values": [0, 1, 2, 3], "shape": [2, 2]}}'
    ]
    vector = batch_of([[1]], [[5, 6]])
    assert lines("jsonl", vector) == ['{"label": [5, 6], "features": [1]}']


def test_jsonl_texts_and_names():
    rows = [json.loads(line) for line in lines("jsonl", with_texts())]
    assert [row.get("uid") for row in rows] == ["a", None, 'q"\\,\n\té', "d"]
    assert "uid" not in rows[1]
    assert [row["metadata"] for row in rows] == ["m1", "m2", "m3", "m4"]
    (row,) = lines("jsonl", batch_of({'a"b': [[1]], "c": [[2, 3]]}, {"x": [0.5]}))
    assert json.loads(row) == {
        "label.x": 0.5,
        'features.a"b': [1],
        "features.c": [2, 3],
    }


def test_jsonl_blobs_are_base64():
    raw = np.frombuffer(b"\x00\xffabc", np.uint8)
    field = Field(
        "feature",
        "blobs",
        raw,
        offsets=np.array([0, 2, 2]),
        item_offsets=np.array([0, 2, 5]),
        content_type="image/png",
    )
    first, second = (json.loads(line) for line in lines("jsonl", Batch((field,), 2)))
    assert first["features"]["content_type"] == "image/png"
    found = [base64.b64decode(one) for one in first["features"]["values"]]
    assert found == [b"\x00\xff", b"abc"]
    assert second["features"]["values"] == []


def test_jsonl_what_is_missing_is_left_out():
    batch = rs.decode(rs.encode([[1], [2]], [5, 6]) + rs.encode([[3]]))
    assert lines("jsonl", batch)[2] == '{"features": [3]}'


def test_jsonl_numbers_are_json_and_floats_stay_floats():
    values = [
        0.1,
        1.0,
        -0.0,
        1e16,
        1e22,
        123456789.0,
        1e-7,
        5e-324,
        1.7976931348623157e308,
    ]
    (line,) = lines("jsonl", batch_of(np.array([values])))
    found = json.loads(line)["features"]
    assert all(isinstance(one, float) for one in found)
    assert np.array(found).tobytes() == np.array(values).tobytes()
    (line,) = lines("jsonl", batch_of(np.array([[0.1, 16777216]], "float32")))
    assert line == '{"features": [0.1, 16777216.0]}'


def test_jsonl_numbers_read_back_exactly():
    rng = np.random.default_rng(2)
    X = rng.integers(0, 2**32, 20_000, "uint32").view("float32")
    X = X[np.isfinite(X)][:15_000].reshape(-1, 15)
    back = [json.loads(line)["features"] for line in lines("jsonl", batch_of(X))]
    assert np.array(back, "float32").tobytes() == X.tobytes()


def test_jsonl_nan_and_infinities_are_strings():
    X = np.array([[np.nan, np.inf, -np.inf, 1]], "float32")
    (line,) = lines("jsonl", batch_of(X))
    assert json.loads(line)["features"] == ["NaN", "Infinity", "-Infinity", 1.0]
    assert [float(one) for one in json.loads(line)["features"]][1:] == [
        math.inf,
        -math.inf,
        1,
    ]


def test_jsonl_of_a_part_and_of_several_blocks():
    batch = batch_of(np.arange(2_500_000, dtype="int32").reshape(-1, 5))
    found = lines("jsonl", batch)
    assert len(found) == 500_000
    assert json.loads(found[-1])["features"] == list(range(2_499_995, 2_500_000))
    assert lines("jsonl", batch.rows(10, 12)) == found[10:12]
    assert lines("jsonl", sparse(9).rows(3, 5)) == lines("jsonl", sparse(9))[3:5]


def test_jsonl_without_fields():
    assert written("jsonl", Batch((), 2)) == b"{}\n{}\n"


def test_jsonl_texts_that_are_no_utf8():
    field = Field(
        "uid", "text", np.frombuffer(b"\xff", np.uint8), "", offsets=np.array([0, 1])
    )
    (line,) = lines("jsonl", Batch((field,), 1))
    assert json.loads(line)["uid"].encode("utf-8", "surrogateescape") == b"\xff"


# -- parquet and arrow -----------------------------------------------------------------


def table_of(dest_format, *batches, **options):
    data = written(dest_format, *batches, **options)
    if dest_format == "parquet":
        return pa.parquet.read_table(io.BytesIO(data))
    return pa.feather.read_table(io.BytesIO(data))


@pytest.mark.parametrize("dest_format", ["parquet", "arrow"])
@pytest.mark.parametrize("make", [dense, sparse, ragged, with_texts])
def test_tables_hold_what_to_arrow_gives(dest_format, make):
    batch = make()
    expected = batch.to_arrow()
    assert table_of(dest_format, batch).to_pylist() == expected.to_pylist()
    twice = pa.concat_tables([expected, expected]).to_pylist()
    assert table_of(dest_format, batch, batch).to_pylist() == twice


@pytest.mark.parametrize("codec", ["snappy", "gzip", "zstd", "lz4", "brotli", "none"])
def test_parquet_compression(codec):
    data = written("parquet", dense(1000), compression=codec)
    column = pa.parquet.ParquetFile(io.BytesIO(data)).metadata.row_group(0).column(0)
    assert column.compression == {"none": "UNCOMPRESSED"}.get(codec, codec.upper())


@pytest.mark.parametrize("codec", ["lz4", "zstd", "none"])
def test_arrow_compression(codec):
    batch = batch_of(np.zeros((1000, 100), "float32"))
    data = written("arrow", batch, compression=codec)
    assert (len(data) < 50_000) == (codec != "none")
    assert pa.feather.read_table(io.BytesIO(data)).num_rows == 1000


@pytest.mark.parametrize("dest_format", ["parquet", "arrow"])
def test_unknown_codecs(dest_format):
    with pytest.raises(InputError, match="compression is 'snapy', not one of"):
        written(dest_format, dense(), compression="snapy")


def test_parquet_row_groups_are_joined_from_small_batches():
    data = written("parquet", *[dense(10)] * 50)
    assert pa.parquet.ParquetFile(io.BytesIO(data)).metadata.num_row_groups == 1
    big = batch_of(np.zeros((200_000, 50), "float32"))
    data = written("parquet", big, big)
    assert pa.parquet.ParquetFile(io.BytesIO(data)).metadata.num_row_groups == 2


@pytest.mark.parametrize("dest_format", ["parquet", "arrow", "npz"])
def test_one_schema_for_a_file(dest_format):
    later = dense(width=2)
    later = Batch(later.fields, later.n_rows, first_row=40)
    with pytest.raises(InputError, match=r"record 41: .*2 wide.*before.*3 wide"):
        written(dest_format, dense(width=3), later)
    with pytest.raises(InputError, match=r"float64.*before.*float32"):
        written(dest_format, dense(), dense(dtype="float64"))
    with pytest.raises(InputError, match="found no label, before there was label"):
        written(dest_format, dense(), batch_of(np.zeros((2, 3), "float32")))
    with pytest.raises(InputError, match="before there was no label"):
        written(dest_format, batch_of(np.zeros((2, 3), "float32")), dense())


@pytest.mark.parametrize("dest_format", ["parquet", "arrow"])
def test_lists_after_dense_rows_are_explained(dest_format):
    with pytest.raises(InputError, match="pass ragged=True"):
        written(dest_format, batch_of([[1, 2], [3, 4]], [1, 2]), ragged())


# -- numpy -----------------------------------------------------------------------------


def arrays_of(*batches, **options):
    return dict(np.load(io.BytesIO(written("npz", *batches, **options))))


def test_npz_dense():
    batch = dense(5)
    found = arrays_of(batch, batch)
    assert sorted(found) == ["X", "y"]
    assert found["X"].tobytes() == np.concatenate([batch.features] * 2).tobytes()
    assert found["y"].tolist() == [0, 1, 2, 3, 4] * 2
    assert found["X"].dtype == "float32" and found["y"].dtype == "int32"


def test_npz_shapes_and_names():
    image = np.arange(24, dtype="float64").reshape(2, 3, 4)
    found = arrays_of(batch_of(image, [[1, 2], [3, 4]]))
    assert (found["X"] == image).all()
    assert found["y"].tolist() == [[1, 2], [3, 4]]
    found = arrays_of(batch_of({"a": [[1]], "b": [[2, 3]]}, {"t": [9]}))
    assert {k: v.tolist() for k, v in found.items()} == {
        "X.a": [[1]],
        "X.b": [[2, 3]],
        "y.t": [9],
    }


def test_npz_sparse_is_scipys():
    batches = [sparse(5, seed=1), sparse().rows(0, 0), sparse(7, seed=2)]
    data = written("npz", *batches)
    matrix = scipy.sparse.load_npz(io.BytesIO(data))
    expected = scipy.sparse.vstack([batch.features for batch in batches])
    assert matrix.shape == (12, 9) and matrix.dtype == "float32"
    assert (matrix != expected).nnz == 0
    assert matrix.nnz == expected.nnz  # explicit zeros are kept
    assert matrix.indices.dtype == matrix.indptr.dtype == "int32"
    labels = np.concatenate([batch.labels for batch in batches])
    assert (np.load(io.BytesIO(data))["y"] == labels).all()


def test_npz_sparse_duplicates():
    matrix = scipy.sparse.csr_matrix(
        (np.array([1, 2], "float32"), np.array([1, 1]), np.array([0, 2])), (1, 3)
    )
    batch = batch_of(matrix, duplicates="keep")
    with pytest.raises(InputError, match="stored twice"):
        written("npz", batch)
    found = arrays_of(batch, duplicates="sum")
    assert (found["data"].tolist(), found["indices"].tolist()) == ([3], [1])
    assert arrays_of(batch, duplicates="keep")["data"].tolist() == [1, 2]


def test_npz_is_reproducible_and_streamed(tmp_path):
    batch = dense()
    assert written("npz", batch) == written("npz", batch)
    with zipfile.ZipFile(io.BytesIO(written("npz", batch))) as archive:
        assert archive.testzip() is None
    with open_sink(tmp_path / "a.npz") as sink:
        sink.write(batch)
        # The columns' temporary files have no names.
        assert all(one.name.startswith(".a.npz.") for one in tmp_path.iterdir())
    assert [one.name for one in tmp_path.iterdir()] == ["a.npz"]


def test_npz_refusals():
    with pytest.raises(InputError, match="no column for uid"):
        written("npz", with_texts())
    with pytest.raises(InputError, match="found 0 values, before there were 3"):
        written("npz", ragged())
    two = Batch((*sparse().fields[:1], *batch_of({"b": np.eye(5)}).fields), 5)
    with pytest.raises(InputError, match=r"SciPy's \.npz holds one matrix"):
        written("npz", two)
    data = rs.encode([[1], [2]], [5, 6]) + rs.encode([[3]])
    with pytest.raises(InputError, match="record 3: no label"):
        written("npz", rs.decode(data))


def test_npy():
    X = np.arange(6, dtype="float32").reshape(3, 2)
    data = written("npy", batch_of(X), batch_of(X))
    assert (np.load(io.BytesIO(data)) == np.concatenate([X, X])).all()
    with pytest.raises(InputError, match="the labels would be lost"):
        written("npy", dense())
    tally = Tally()
    data = written("npy", dense(), extras="drop", tally=tally)
    assert (np.load(io.BytesIO(data)) == dense().features).all()
    assert tally.changes() == {"dropped": 4}
    for batch in (batch_of({"a": [[1]], "b": [[2]]}), batch_of(sparse().features)):
        with pytest.raises(InputError, match=r"an \.npy file holds one array, found"):
            written("npy", batch)
    with pytest.raises(InputError, match="no rows"):
        written("npy")


def test_blobs_have_no_place_in_tables_of_numbers():
    field = Field(
        "feature",
        "blobs",
        np.frombuffer(b"abc", np.uint8),
        offsets=np.array([0, 1]),
        item_offsets=np.array([0, 3]),
    )
    batch = Batch((field,), 1)
    for dest_format in ("csv", "npz", "npy"):
        with pytest.raises((InputError, UnsupportedTypeError)):
            written(dest_format, batch)
    for dest_format in FREE_FORMATS:
        assert written(dest_format, batch)


# -- memory ----------------------------------------------------------------------------


@pytest.mark.parametrize("dest_format", ["csv", "jsonl", "parquet", "npz", "recordio"])
def test_memory_is_flat(tmp_path, dest_format):
    """What grows between writing 60 and 240 MB of values must not be the data."""
    code = """
import resource, sys, numpy as np, recordsmith as rs
from recordsmith.sinks import open_sink
rng = np.random.default_rng(0)
batch = rs.decode(rs.encode(rng.standard_normal((15_000, 100)).astype("float32")))
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
with open_sink("/dev/null", dest_format=sys.argv[1]) as sink:
    for i in range(40):
        sink.write(batch)
        if i == 10:
            before = peak()
    print(peak() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, dest_format],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 60
