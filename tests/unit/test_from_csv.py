"""CSV: every trap of pyarrow's reader, and errors with the right line."""

import functools
import gzip
import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recordsmith.sources.from_csv as csv_module
from reading import Slow, batches_of, rows_of, text
from recordsmith.errors import InputError, LimitError, ParseError, UnsupportedTypeError
from recordsmith.sources import open_source
from recordsmith.tally import Tally


def csv(data, **options):
    return text(data, source_format="csv", **options)


def refused(data, error, match, **options):
    with pytest.raises(error, match=match) as caught:
        csv(data, **options)
    return caught.value


# -- the traps -------------------------------------------------------------------------


def test_an_integer_first_and_a_fraction_much_later():
    data = "a,b\n" + "1,2\n" * 200_000 + "1.5,2.5\n"
    features, _ = csv(data)
    assert features.dtype == "float64"
    assert features[-1].tolist() == [1.5, 2.5]


def test_nan_is_nan_and_an_empty_field_is_missing():
    features, _ = csv("a,b\n1,NaN\n2,nan\n")
    assert np.isnan(features[:, 1]).all()
    error = refused(
        "a,b\n1,2\n\n3,\n", InputError, "line 4, column 'b': the value is missing"
    )
    assert (error.row, error.unit, error.column) == (4, "line", "b")
    assert csv("a,b\n1,\n", nulls=7)[0].tolist() == [[1, 7]]
    assert csv('a,b\n1,""\n', nulls=7)[0].tolist() == [[1, 7]]


def test_other_spellings_of_missing_are_named():
    refused("a,b\n1,2\n1,NA\n", UnsupportedTypeError, "'NA'")
    refused("a\n" + "1\n" * 200_000 + "NA\n", ParseError, "line 200002.*null_values=")
    _, tally = batches_of(
        io.BytesIO(b"a,b\n1,NA\n,2\n"),
        source_format="csv",
        null_values=["", "NA"],
        nulls=0,
    )
    assert tally.nulls == 2


@pytest.mark.parametrize("dtype", [None, "float32"])
def test_a_number_too_large_is_an_error_and_infinity_is_not(dtype):
    error = refused("a,b\n1,2\n3,1e400\n", ParseError, "1e400 is too large", dtype=dtype)
    assert (error.row, error.column) == (3, "b")
    refused("y,b\n1e999,2\n", ParseError, "line 2, column 'y'", label="y", dtype=dtype)
    refused("a,b\n\n1,-1e400\ninf,inf\n", ParseError, "line 3, column 'b'", dtype=dtype)
    features, _ = csv("a,b\ninf,-Infinity\n1, INF\n", dtype=dtype)
    assert features.tolist() == [[np.inf, -np.inf], [1, np.inf]]
    assert csv("a\n\n", nulls=float("inf"))[0].tolist() == [[np.inf]]


def test_a_number_too_large_for_float32():
    error = refused(
        "a,b\n1,2\n3,1e39\n", InputError, "too large for float32", dtype="float32"
    )
    assert (error.row, error.unit, error.column) == (3, "line", "b")


def test_a_row_wider_than_the_block_makes_it_grow():
    wide = ",".join(["0.125"] * 5000)
    features, _ = csv(f"{wide}\n{wide}\n{wide}", header=False, block_size=100)
    assert features.shape == (3, 5000)
    assert (features == 0.125).all()


def test_text_without_line_ends_has_a_limit(monkeypatch):
    limited = functools.partial(csv_module.LineReader, max_line_bytes=1 << 12)
    monkeypatch.setattr(csv_module, "LineReader", limited)
    refused("a" * 200_000, LimitError, "line 1")


def test_a_blank_line_of_one_column_is_a_missing_value():
    refused("a\n1\n\n2\n", InputError, "line 3, column 'a': the value is missing")
    assert csv("a\n1\n\n2\n", nulls=-1)[0].ravel().tolist() == [1, -1, 2]


def test_blank_lines_of_more_columns_are_nothing():
    assert csv("\n\na,b\n1,2\n\n3,4\n\n")[0].tolist() == [[1, 2], [3, 4]]


def test_repeated_names_in_the_header():
    refused("a,b,a\n1,2,3\n", InputError, "several columns have the name 'a'")


@pytest.mark.parametrize(("line", "n"), [("1,2,3", 3), ("1", 1)])
def test_a_ragged_row_has_its_line(line, n):
    error = refused(f"a,b\n\n1,2\n{line}\n1,2\n", ParseError, f"{n} fields, expected 2")
    assert (error.row, error.unit) == (4, "line")
    late = "a,b\n" + "1,2\n" * 300_000 + f"{line}\n"
    assert refused(late, ParseError, "fields").row == 300_002
    assert refused(late, ParseError, "fields", block_size=1000, threads=2).row == 300_002


def test_bad_rows_are_skipped_on_request_and_counted():
    data = b"a,b\n1,2\n3\n4,5,6\n7,8\n9,x\n"
    batches, tally = batches_of(
        io.BytesIO(data[:-4]), source_format="csv", on_bad_row="skip"
    )
    assert batches[0].features.tolist() == [[1, 2], [7, 8]]
    assert tally.bad_rows == 2
    # Lines are right beside skipped rows, too; a wrong number is no bad row.
    many = b"a,b\n" + b"1,2\n" * 100_000 + data[4:]
    refused(many, ParseError, "line 100006, column 'b'", on_bad_row="skip")
    missing = b"a,b\n1,2\n3\n\n4,\n"
    refused(missing, InputError, "line 5, column 'b'", on_bad_row="skip")


def test_header_only_and_empty():
    batches, _ = batches_of(io.BytesIO(b"y,a,b\n"), source_format="csv", label="y")
    assert [batch.n_rows for batch in batches] == [0]
    assert (batches[0].features.shape, batches[0].labels.shape) == ((0, 2), (0,))
    for data in ("", "\n", "\r\n\n"):
        refused(data, ParseError, "empty")


def test_one_row_and_no_line_end():
    assert csv("a,b\n1,2")[0].tolist() == [[1, 2]]
    assert csv("1,2", header=False)[0].tolist() == [[1, 2]]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark(newline, mark):
    data = mark + newline.join(["y,a", "1,2", "3,4", ""])
    features, labels = csv(data, label="y")
    assert (features.tolist(), labels.tolist()) == ([[2], [4]], [1, 3])


def test_only_plain_numbers_are_numbers():
    assert csv("a,b\n+2, 3 \n")[0].tolist() == [[2, 3]]
    for value in ("0x10", "1_0", "1,5"):
        with pytest.raises((ParseError, UnsupportedTypeError)):
            csv(f'a,b\n"{value}",1\n')


@pytest.mark.parametrize("block_size", range(18, 32))
def test_a_quoted_line_end_at_every_place_of_a_block(block_size):
    """Refused wherever it stands; read wherever it stands if that is asked for."""
    rows = ['1,"x\ny",2', '3,"a ""b"" c",4', '5,"\n\n,",6'] * 4
    data = "a,t,b\n" + "".join(row + "\n" for row in rows)
    features, _ = csv(
        data, drop="t", newlines_in_values=True, block_size=block_size, threads=2
    )
    assert features.tolist() == [[1, 2], [3, 4], [5, 6]] * 4
    with pytest.raises(ParseError):
        csv(data, drop="t", block_size=block_size)


def test_a_quoted_line_end_is_refused_even_within_one_block():
    refused('a,t\n1,"x\ny"\n', ParseError, "newlines_in_values=True", drop="t")


def test_errors_after_quoted_line_ends_have_their_line():
    data = 'a,t\n1,"x\ny"\n2,"z"\n3,"u\nv\nw"\n\nbad,"t"\n'
    options = {"drop": "t", "newlines_in_values": True}
    many = data.replace("bad", "4") * 1 + "1,t\n" * 100_000 + "bad,t\n"
    refused(many, ParseError, "line 100010, column 'a'", **options)


# -- header ----------------------------------------------------------------------------


def test_sagemakers_convention():
    features, labels = csv("1,0.5,2\n0,1.5,3\n", header=False, label=0)
    assert (features.tolist(), labels.tolist()) == ([[0.5, 2], [1.5, 3]], [1, 0])


def test_a_line_of_numbers_is_no_header_unless_that_is_said():
    refused("1,0.5\n0,1.5\n", InputError, "header=False if it is data, header=True if")
    assert csv("0,1\n5,6\n", header=True, label="0")[1].tolist() == [5]


def test_names_instead_of_a_header():
    assert csv("1,2\n", names=["y", "a"], label="y")[1].tolist() == [1]
    assert csv("p,q\n1,2\n", names=["y", "a"], header=True, label="y")[1].tolist() == [1]
    refused("1,2\n", InputError, "3 names for 2 columns", names=["a", "b", "c"])
    refused("p,q\n1,2\n", UnsupportedTypeError, "header=True", names=["y", "a"])


def test_a_column_without_a_name_is_a_data_frames_index():
    data = ",a,b\n0,1,2\n1,3,4\n"
    refused(data, InputError, "column 0 has no name.*drop=0")
    assert csv(data, drop=0)[0].tolist() == [[1, 2], [3, 4]]
    assert csv(data, features=["b", 0])[0].tolist() == [[2, 0], [4, 1]]
    batches, _ = batches_of(io.BytesIO(data.encode()), source_format="csv", uid=0)
    assert batches[0].uids == ["0", "1"]


def test_skipped_lines_count():
    data = "# made by x\n# 2026\na,b\n1,2\n3,\n"
    assert csv(data, skip_rows=2, nulls=0)[0].tolist() == [[1, 2], [3, 0]]
    refused(data, InputError, "line 5, column 'b'", skip_rows=2)


# -- columns ---------------------------------------------------------------------------


def test_text_columns_are_named_with_an_example():
    error = refused(
        "city,a,when\nOslo,1,2026-01-01\n", UnsupportedTypeError, "'city' .*'when' "
    )
    assert "drop=['city', 'when']" in error.advice
    assert "'Oslo'" in error.reason
    assert csv("city,a,when\nOslo,1,2026-01-01\n", features="a")[0].tolist() == [[1]]


def test_a_wrong_delimiter_is_thought_of():
    refused("a;b\n1;2\n", UnsupportedTypeError, "check delimiter=")


def test_text_that_comes_late_has_its_line():
    data = "a,b\n" + "1,2\n" * 200_000 + "\n1,oops\n"
    error = refused(data, ParseError, "no number.*'oops'.*drop='b'")
    assert (error.row, error.unit, error.column) == (200_003, "line", "b")
    data = "a,t,b\n" + "1,x,2\n" * 200_000 + "1,x,oops\n"
    assert refused(data, ParseError, "no number", features=["b"]).column == "b"
    assert refused(data, ParseError, "no number", features=["b", "a"]).column == "b"


def test_text_that_comes_late_in_a_column_that_is_dropped_is_nothing():
    data = "a,b\n" + "1,2\n" * 200_000 + "1,oops\n"
    assert csv(data, drop="b")[0].shape == (200_001, 1)


def test_uids_are_kept_letter_by_letter():
    data = b"id,a,note\n007,1,\n1e5,2,x\n"
    batches, _ = batches_of(
        io.BytesIO(data), source_format="csv", uid="id", metadata="note"
    )
    assert batches[0].uids == ["007", "1e5"]
    assert batches[0].metadata == ["", "x"]


def test_booleans_are_numbers():
    features, _ = csv("a,b\ntrue,1\nFalse,2\n")
    assert (features.dtype, features.tolist()) == ("float64", [[1, 1], [0, 2]])


def test_dtypes():
    features, labels = csv("y,a\n1,2.5\n", label="y")
    assert (features.dtype, labels.dtype) == ("float64", "float64")
    features, labels = csv(
        "y,a\n1,2.5\n", label="y", dtype="float32", label_dtype="int32"
    )
    assert (features.dtype, labels.dtype) == ("float32", "int32")
    refused(
        "y,a\n1,2\n0.5,2\n",
        InputError,
        "line 3, column 'y'",
        label="y",
        label_dtype="int32",
    )


# -- options ---------------------------------------------------------------------------


def test_how_the_text_is_written():
    data = "a;b;t\n1,5;'2';'it''s'\n"
    assert csv(data, delimiter=";", decimal=",", quote="'", drop="t")[0].tolist() == [
        [1.5, 2]
    ]
    assert csv('a,t\n1,5" pipe\n', quote=False, drop="t")[0].tolist() == [[1]]
    assert csv("a,t\n1,x\\,y\n", escape="\\", drop="t")[0].tolist() == [[1]]
    latin = "é,b\n1,2\n".encode("latin-1")
    assert csv(latin, encoding="latin-1", label="é")[1].tolist() == [1]
    assert csv("a,b\n1,2\n".encode("utf-16"), encoding="utf-16")[0].tolist() == [[1, 2]]
    refused(latin, ParseError, "line 1.*encoding=")


@pytest.mark.parametrize(
    "options",
    [
        {"delimiter": ",,"},
        {"delimiter": "é"},
        {"quote": "''"},
        {"decimal": ""},
        {"on_bad_row": "ignore"},
        {"encoding": "nope"},
        {"nulls": "zero"},
    ],
)
def test_wrong_options_are_refused(options):
    refused("a,b\n1,2\n", InputError, None, **options)


# -- files -----------------------------------------------------------------------------


def test_several_files_are_one_table(tmp_path):
    (tmp_path / "1.csv").write_text("y,a\n1,2\n")
    (tmp_path / "2.csv").write_bytes(gzip.compress(b"y,a\n3,4.5\n"))
    (tmp_path / "_SUCCESS").write_text("")
    features, labels = rows_of(tmp_path, label="y")
    assert (features.tolist(), labels.tolist()) == ([[2], [4.5]], [1, 3])


def test_files_with_other_columns_are_refused(tmp_path):
    (tmp_path / "1.csv").write_text("y,a\n1,2\n")
    (tmp_path / "2.csv").write_text("a,y\n3,4\n")
    with pytest.raises(InputError, match="'a' stands where 'y'") as caught:
        rows_of(tmp_path, label="y")
    assert caught.value.path == str(tmp_path / "2.csv")


def test_lines_count_in_each_file_and_the_file_is_named(tmp_path):
    (tmp_path / "1.csv").write_text("y,a\n1,2\n")
    (tmp_path / "2.csv").write_text("y,a\n3,4\n3,\n")
    with pytest.raises(InputError, match=r"2\.csv: line 3, column 'a'"):
        rows_of(tmp_path)


def test_tabs_go_by_the_suffix(tmp_path):
    (tmp_path / "a.tsv").write_text("a\tb\n1\t2\n")
    assert rows_of(tmp_path / "a.tsv")[0].tolist() == [[1, 2]]


def test_a_stream_that_cannot_seek():
    stream = Slow(b"a,b\n" + b"1,2\n" * 50, step=7)
    assert rows_of(stream, source_format="csv")[0].shape == (50, 2)


def test_progress_counts_stored_bytes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 1000)
    source = open_source(path, tally=Tally())
    assert source.size == path.stat().st_size
    assert len(list(source.batches)) == 1
    assert source.position() == source.size


def test_stopping_early_closes_the_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 100_000)
    batches = open_source(path, tally=Tally(), block_size=1000).batches
    next(batches)
    batches.close()


# -- properties ------------------------------------------------------------------------

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.data())
def test_a_matrix_comes_back_bit_by_bit(data):
    n_rows, n_cols = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4))
    row = st.lists(st.floats(width=64), min_size=n_cols, max_size=n_cols)
    X = np.array(data.draw(st.lists(row, min_size=n_rows, max_size=n_rows)))
    names = ",".join(f"c{i}" for i in range(n_cols))
    lines = [",".join(map(repr, one)) for one in X.tolist()]
    content = "\n".join([names, *lines]).encode()
    options = {
        "block_size": data.draw(st.integers(1, 60)),
        "threads": data.draw(st.sampled_from([1, 3])),
    }
    features, _ = csv(content, **options)
    assert np.array_equal(features, X, equal_nan=True)
    assert (np.signbit(features) == np.signbit(X))[~np.isnan(X)].all()


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=20))
def test_equal_to_pyarrow_where_that_is_right(rows):
    content = ("a,b\n" + "".join(f"{a!r},{b!r}\n" for a, b in rows)).encode()
    from pyarrow import csv as pc

    types = {"a": pa.float64(), "b": pa.float64()}
    table = pc.read_csv(
        io.BytesIO(content), convert_options=pc.ConvertOptions(column_types=types)
    )
    expected = np.column_stack([column.to_numpy() for column in table.columns])
    assert np.array_equal(csv(content, block_size=16)[0], expected)
