"""libsvm text in and out: by hand, against scikit-learn's reader, and float()."""

import gzip
import io
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recordsmith import convert, encode, iter_batches, read
from recordsmith import decode as decode_records
from recordsmith.batch import Batch, Field
from recordsmith.errors import InputError, ParseError
from recordsmith.sinks import open_sink
from recordsmith.sources.open_source import open_source
from recordsmith.tally import Tally

ROOT = Path(__file__).resolve().parents[2]


class Pipe(io.RawIOBase):
    """A stream that can only be read, and gives few bytes at once."""

    def __init__(self, data, step=7):
        self._data, self._step = io.BytesIO(data), step

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self._data.read(min(len(buffer), self._step))
        buffer[: len(data)] = data
        return len(data)


def batches(text, tally=None, **options):
    """Batches of a text that can be read only once."""
    options = {"index_base": 1, "n_features": 10, **options}
    source = open_source(
        Pipe(text), source_format="libsvm", tally=tally or Tally(), **options
    )
    return list(source.batches)


def rows_of(text, **options):
    """All rows as (labels, csr matrix)."""
    found = batches(text, **options)
    assert len(found) == 1
    return found[0].labels, found[0].features


def written(batch, **options):
    file = io.BytesIO()
    with open_sink(file, dest_format="libsvm", **options) as sink:
        sink.write(batch)
    return file.getvalue()


# -- reading ---------------------------------------------------------------------------


def test_the_grammar():
    labels, X = rows_of(
        b"# a comment\r\n\n1\t1:0.5  3:-2e1 # 9:9\r\n \t\r\n-1 2:nan\n+2.5#\ninf 10:.5"
    )
    assert labels.tolist() == [1, -1, 2.5, math.inf]
    assert X.shape == (4, 10) and X.dtype == np.float64
    assert X.indptr.tolist() == [0, 2, 3, 3, 4]
    assert X.indices.tolist() == [0, 2, 1, 9]
    assert X.data[[0, 1, 3]].tolist() == [0.5, -20, 0.5] and math.isnan(X.data[2])


def test_several_labels():
    labels, _ = rows_of(b"1,2 1:1\n3,4 2:1\n", label_dtype="int32")
    assert labels.dtype == np.int32 and labels.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ParseError, match=r"line 4: the number of labels changes.* 2"):
        batches(b"1,2 1:1\n3,4 2:1\n\n5 1:1\n")
    with pytest.raises(ParseError, match="line 3: the number of labels changes"):
        batches(b"1,2 1:1\n\n5 1:1\n", block_size=8)


def test_rows_without_label():
    found = batches(b"1:1 2:2\n3:4\n", labels=False)[0]
    assert found.labels is None and found.features.indices.tolist() == [0, 1, 2]
    with pytest.raises(ParseError, match="line 2: the row has a label"):
        batches(b"1:1 2:2\n0 3:4\n", labels=False)


def test_weights_and_qid_are_not_lost_in_silence():
    text = b"1:0.5 qid:3 1:1\n0 qid:4 2:2\n"
    with pytest.raises(ParseError, match=r'line 1: label:weight.*weights="drop"'):
        batches(text)
    with pytest.raises(ParseError, match=r'line 1: qid.*qid="drop"'):
        batches(text, weights="drop")
    tally = Tally()
    found = batches(text, tally, weights="drop", qid="drop")[0]
    assert tally.dropped == 3 and found.labels.tolist() == [1, 0]


def test_dtypes():
    tally = Tally()
    found = batches(b"1 1:0.1 2:0.5\n", tally, dtype="float32", label_dtype="float32")[0]
    assert found.features.dtype == found.labels.dtype == np.float32
    assert found.features.data.tolist() == [np.float32(0.1), 0.5]
    assert tally.values_rounded == 1 and 0 < tally.max_relative_error < 2**-24
    with pytest.raises(InputError, match=r"line 3, column 'index 2': .*float32"):
        batches(b"1 1:1\n\n2 1:1 2:1e39\n", dtype="float32")
    assert batches(b"1 1:-7\n", dtype="int32")[0].features.dtype == np.int32
    with pytest.raises(InputError, match=r"line 2, column 'index 3': .*whole"):
        batches(b"1 1:1\n1 3:1.5\n", dtype="int32")
    with pytest.raises(InputError, match=r"line 2, column 'label': .*whole"):
        batches(b"1 1:1\n1.5 3:1\n", label_dtype="int32")


def test_many_columns():
    found = batches(b"1 5000000000:1\n", n_features=2**40)[0]
    assert found.fields[0].keys.dtype == np.int64
    assert found.fields[0].keys.tolist() == [4999999999]


def test_unsorted_rows():
    text = b"1 3:1 1:2\n"
    with pytest.raises(ParseError, match=r'line 1, column 7: index 1 .*unsorted="keep"'):
        batches(text)
    with pytest.raises(ParseError, match="index 3 stands twice"):
        batches(b"1 3:1 3:2\n")
    found = batches(text, unsorted="keep")[0]
    assert found.fields[0].keys.tolist() == [2, 0]
    assert decode_records(encode(found)).features.indices.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (b"x", 1, "no number where the label should be"),
        (b"1 a:1", 3, "index:value"),
        (b"1 1.5:1", 3, "index:value"),
        (b"1 -1:1", 3, "index -1 is below the first column, 1"),
        (b"1 0:1", 3, "index 0 is below the first column, 1; pass index_base=0"),
        (b"1 11:1", 3, "index 11 is beyond the last column, 10"),
        (b"1 9223372036854775807:1", 3, "the index is above 9223372036854775806"),
        (b"1 3", 4, "expected index:value"),
        (b"1 3:", 5, "not a number"),
        (b"1 3:0x1", 5, "not a number"),
        (b"1 3:1:1", 6, "expected index:value"),
        (b"1 3:1 qid:1", 7, "qid"),
        (b"1 3:\xe4", 5, "byte 0xe4"),
        (b"1 3:1\r4:1", 6, "byte 0x0d"),
    ],
)
def test_errors_name_line_and_column(line, column, reason):
    text = b"# \n1 1:1\n" + line + b"\n1 1:1\n"
    for block_size in (4, 1 << 20):
        with pytest.raises(ParseError) as caught:
            batches(text, block_size=block_size)
        assert caught.value.row == 3 and caught.value.unit == "line"
        assert caught.value.column == column
        assert reason in str(caught.value)


# -- what the text does not say --------------------------------------------------------


def test_index_base_is_not_guessed(tmp_path):
    path = tmp_path / "a.svm"
    path.write_bytes(b"1 1:1 126:1\n0 5:2\n")
    with pytest.raises(InputError, match=r"smallest index 1, largest 126; pass index_b"):
        read(path)
    assert read(path, index_base=1).features.shape == (2, 126)
    assert read(path, index_base=0).features.shape == (2, 127)
    assert read(path, index_base=1, n_features=200).features.shape == (2, 200)
    path.write_bytes(b"1 1:1 126:1\n0 0:2\n")
    assert read(path).features.shape == (2, 127)  # an index 0 leaves no doubt
    assert read(path, n_features=130).features.shape == (2, 130)


def test_a_stream_must_be_described():
    text = b"1 1:1 7:1\n0 5:2\n"
    for given_options in ({}, {"index_base": 1}, {"n_features": 9}):
        options = {"index_base": None, "n_features": None, **given_options}
        with pytest.raises(InputError, match="must be stated") as caught:
            batches(text, **options)
        assert "smallest index is 1, the largest 7" in str(caught.value)


def test_first_pass_over_several_files_and_seekable_objects(tmp_path):
    one, two = tmp_path / "a.svm", tmp_path / "b.svm.gz"
    one.write_bytes(b"1 1:1\n")
    two.write_bytes(gzip.compress(b"2 9:1\n3 4:1"))
    found = list(iter_batches([one, two], index_base=1, source_format="libsvm"))
    assert [b.features.shape for b in found] == [(1, 9), (2, 9)]
    assert [b.first_row for b in found] == [0, 1]
    file = io.BytesIO(b"no part of it\n1 1:1\n2 6:1\n")
    file.readline()
    assert read(file, source_format="libsvm", index_base=1).features.shape == (2, 6)


def test_no_feature_at_all(tmp_path):
    path = tmp_path / "a.svm"
    path.write_bytes(b"1\n2\n")
    with pytest.raises(InputError, match="pass n_features="):
        read(path)
    assert read(path, n_features=3).features.shape == (2, 3)


# -- against others --------------------------------------------------------------------

_blank = st.sampled_from([" ", "  ", "\t", " \t "])
_tail = st.sampled_from(["", " ", "\t", " # x 1:2", "#", " \t#:::"])
_end = st.sampled_from(["\n", "\r\n", "\n\n", "\n# c\n", "\n \t\n"])
_float_text = st.one_of(
    st.floats(width=64).map(repr),
    st.floats(width=32).map(lambda v: f"{v:.9g}"),
    st.integers(-(10**20), 10**20).map(str),
    st.from_regex(r"[+-]?[0-9]{1,25}\.[0-9]{0,25}([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.sampled_from(["nan", "-inf", "+Infinity", ".5", "5.", "1_0", "1e400", "-0"]),
)


@st.composite
def texts(draw):
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        keys = sorted(draw(st.sets(st.integers(1, 2**31 - 1), max_size=12)))
        words = [draw(_float_text)]
        if draw(st.booleans()):
            words.append(f"qid:{draw(st.integers(-(2**63), 2**63 - 1))}")
        words += [f"{key}:{draw(_float_text)}" for key in keys]
        line = "".join(word + draw(_blank) for word in words).rstrip()
        lines.append(line + draw(_tail) + draw(_end))
    text = "".join(lines)
    return (text.rstrip() if draw(st.booleans()) else text).encode()


@given(text=texts(), step=st.integers(1, 300), block_size=st.integers(1, 300))
def test_reads_what_scikit_learn_reads(text, step, block_size):
    from sklearn.datasets import load_svmlight_file

    X, y = load_svmlight_file(io.BytesIO(text), zero_based=False, n_features=2**31 - 1)
    source = open_source(
        Pipe(text, step),
        source_format="libsvm",
        tally=Tally(),
        index_base=1,
        n_features=2**31 - 1,
        qid="drop",
        block_size=block_size,
        threads=1,
    )
    found = list(source.batches)
    assert sum(b.n_rows for b in found) == X.shape[0]
    fields = [b.fields[0] for b in found]
    assert np.concatenate([f.keys for f in fields]).tolist() == X.indices.tolist()
    counts = np.concatenate([np.diff(f.offsets) for f in fields])
    assert counts.tolist() == np.diff(X.indptr).tolist()
    np.testing.assert_array_equal(np.concatenate([f.values for f in fields]), X.data)
    np.testing.assert_array_equal(np.concatenate([b.labels for b in found]), y)


_number_like = st.one_of(
    _float_text,
    st.text("0123456789_.eE+-", max_size=12),
    st.text("infatyINFATY+-", max_size=9),
)


@given(_number_like)
@example("1_0")
@example("1__0")
@example("1_.5")
@example("infinit")
@example("9007199254740993.0000000000000000000000000000001")
def test_numbers_are_those_of_float(text):
    try:
        want = float(text)
    except ValueError:
        want = None
    for after in (b"", b"\n" + b"1 1:1\n" * 20):
        line = f"1 1:{text}".encode() + after
        if want is None:
            with pytest.raises(ParseError):
                batches(line)
            continue
        got = batches(line)[0].features.data[0]
        assert math.copysign(1, got) == math.copysign(1, want)
        assert got == want or (math.isnan(got) and math.isnan(want))


# -- writing ---------------------------------------------------------------------------


def csr_batch(rows, dtype, labels=None):
    """A batch of rows given as lists of (key, value)."""
    flat = [pair for row in rows for pair in row]
    features = Field(
        "feature",
        "csr",
        np.array([v for _, v in flat], dtype),
        shape=(2**31 - 1,),
        offsets=np.cumsum([0, *map(len, rows)]).astype(np.int64),
        keys=np.array([k for k, _ in flat], np.int64),
    )
    fields = [features]
    if labels is not None:
        wide = np.asarray(labels, np.float64).reshape(len(rows), -1)
        fields.append(Field("label", "dense", wide))
    return Batch(tuple(fields), len(rows))


def test_writes_the_fewest_digits():
    values = [0.1, 1.0, 1e16, 1e-5, 1 / 3, -0.0, math.inf, math.nan]
    batch = csr_batch([list(enumerate(values))], np.float64, [2.5])
    assert written(batch) == (
        b"2.5 1:0.1 2:1 3:1e16 4:1e-5 5:0.3333333333333333 6:-0 7:inf 8:nan\n"
    )
    narrow = csr_batch([list(enumerate([0.1, 1 / 3]))], np.float32, [1])
    assert written(narrow, write_index_base=0) == b"1 0:0.1 1:0.33333334\n"


def test_writes_dense_rows_without_zeros():
    batch = decode_records(encode(np.array([[0.0, 1.5], [0.0, 0.0]]), [1, 0]))
    assert written(batch) == b"1 2:1.5\n0\n"


def test_writes_several_labels_or_none():
    rows = [[(0, 1.0)], [(3, 2.0)]]
    assert written(csr_batch(rows, "f4", [[1, 2], [3, 4]])) == b"1,2 1:1\n3,4 4:2\n"
    with pytest.raises(InputError, match='no_label="omit"'):
        written(csr_batch(rows, "f4"))
    assert written(csr_batch(rows, "f4"), no_label="omit") == b"1:1\n4:2\n"
    assert written(csr_batch(rows, "f4"), no_label=-1) == b"-1 1:1\n-1 4:2\n"
    with pytest.raises(InputError, match="record 2: the row has neither"):
        written(csr_batch([[(0, 1.0)], []], "f4"), no_label="omit")


def test_duplicates_are_refused_or_summed():
    batch = csr_batch([[(1, 1.0), (0, 2.0), (1, 3.0)]], "f4", [1])
    with pytest.raises(InputError, match="stored twice"):
        written(batch)
    assert written(batch, duplicates="sum") == b"1 1:2 2:4\n"


def test_a_row_longer_than_the_buffer():
    n = 200_000
    batch = csr_batch([[(i, 1.0) for i in range(n)], [(0, 1.0)]], "f4", [1, 2])
    lines = written(batch).split(b"\n")
    assert len(lines) == 3 and lines[0].count(b":") == n and lines[1] == b"2 1:1"


@given(
    rows=st.lists(
        st.dictionaries(st.integers(0, 2**31 - 2), st.floats(width=32), max_size=8),
        min_size=1,
        max_size=8,
    ),
    dtype=st.sampled_from([np.float32, np.float64]),
    base=st.sampled_from([0, 1]),
    data=st.data(),
)
@settings(max_examples=50)
def test_round_trip(rows, dtype, base, data):
    labels = data.draw(
        st.lists(st.floats(allow_nan=False), min_size=len(rows), max_size=len(rows))
    )
    batch = csr_batch([sorted(row.items()) for row in rows], dtype, labels)
    text = written(batch, write_index_base=base)
    again = batches(
        text, index_base=base, n_features=2**31 - 1, dtype=np.dtype(dtype).name
    )
    (again,) = again
    np.testing.assert_array_equal(again.fields[0].values, batch.fields[0].values)
    np.testing.assert_array_equal(again.fields[0].keys, batch.fields[0].keys)
    np.testing.assert_array_equal(again.fields[0].offsets, batch.fields[0].offsets)
    assert again.labels.tolist() == labels
    for got, want in zip(again.fields[0].values, batch.fields[0].values):
        assert math.isnan(want) or math.copysign(1, got) == math.copysign(1, want)


def test_written_text_is_read_by_scikit_learn():
    from sklearn.datasets import load_svmlight_file

    rng = np.random.default_rng(5)
    X = rng.standard_normal((3000, 40)) * (rng.random((3000, 40)) < 0.3)
    y = rng.integers(0, 3, 3000)
    text = written(decode_records(encode(X, y)), threads=2)
    got, labels = load_svmlight_file(io.BytesIO(text), n_features=40, zero_based=False)
    assert (got.toarray() == X).all() and (labels == y).all()
    assert text == written(decode_records(encode(X, y)), threads=1)


def test_convert_there_and_back(tmp_path):
    text = b"1 1:0.5 3:2\n0\n1 2:-0.25\n"
    source = tmp_path / "a.libsvm"
    source.write_bytes(text)
    convert(source, tmp_path / "a.pbr", index_base=1, label_dtype="int32")
    result = convert(tmp_path / "a.pbr", tmp_path / "b.libsvm")
    assert (tmp_path / "b.libsvm").read_bytes() == text
    assert (result.format, result.rows, result.bytes) == ("libsvm", 3, len(text))


# -- the table of powers ---------------------------------------------------------------


def test_power_table_is_what_its_script_makes():
    made = subprocess.run(
        [sys.executable, str(ROOT / "csrc" / "tools" / "make_power_table.py")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout == (ROOT / "csrc" / "src" / "power_table.c").read_text()
