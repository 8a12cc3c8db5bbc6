"""Sinks: the choice of a format, publishing, RecordIO and CSV."""

import csv
import gzip
import io

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
import scipy.sparse

import recordsmith as rs
from recordsmith.batch import Batch, Field
from recordsmith.errors import InputError, LimitError
from recordsmith.sinks import FORMATS, OPTIONS, format_of, open_sink, options_of
from recordsmith.tally import Tally
from written import (
    TEXT_FORMATS,
    batch_of,
    dense,
    lines,
    ragged,
    sparse,
    with_texts,
    written,
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
        ("recordio", "flat", "parquet would know it"),
        ("libsvm", "densify", "recordio, csv, tsv, parquet would know it"),
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
