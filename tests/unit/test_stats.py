"""`recordsmith.stats`: figures against NumPy and pandas, for every kind of source."""

import io
import json
import math
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import recordsmith as rs
from recordsmith.errors import FormatError, InputError, ParseError
from recordsmith.summarising.moments import Moments

SCHEMA = json.loads(
    Path(rs.__file__).parent.joinpath("summarising/statistics.schema.json").read_text()
)

numbers = st.floats(-1e6, 1e6, allow_subnormal=False, width=32)
some = st.one_of(numbers, st.just(math.nan), st.just(0.0), st.just(math.inf))
matrices = hnp.arrays(
    "float64", hnp.array_shapes(min_dims=2, max_dims=2, max_side=30), elements=some
)


def people(n=1000):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "id": np.arange(n) + 7,
            "height": rng.normal(170, 9, n).round(3),
            "city": rng.choice(["Oslo", "Rome <b>", "Bern"], n, p=[0.6, 0.3, 0.1]),
            "seen": pd.date_range("2024-03-01", periods=n, freq="h"),
            "unit": np.ones(n),
            "member": rng.random(n) < 0.25,
            "y": rng.integers(0, 3, n),
        }
    )
    frame.loc[::10, "height"] = np.nan
    frame.loc[::4, "city"] = None
    return frame


def check(one, values, sparse=False):
    """A column against NumPy on the same values."""
    values = np.asarray(values, float)
    finite = values[np.isfinite(values)]
    assert one.count == len(finite)
    assert one.missing == np.isnan(values).sum()
    assert one.infinite == np.isinf(values).sum()
    assert one.nonzero == np.count_nonzero(finite)
    if not len(finite):
        assert one.mean is one.std is one.minimum is one.maximum is None
        return
    assert one.minimum == finite.min() and one.maximum == finite.max()
    scale = np.abs(finite).max() or 1.0
    assert one.mean == pytest.approx(finite.mean(), rel=1e-9, abs=1e-9 * scale)
    if len(finite) > 1:
        assert one.std == pytest.approx(finite.std(ddof=1), rel=1e-6, abs=1e-9 * scale)
    else:
        assert one.std is None
    assert one.integral == (finite == np.rint(finite)).all()
    assert one.constant == (len(set(values.tolist())) == 1 and len(finite) > 1)
    if not sparse:
        assert one.distinct == len(np.unique(finite))
        expected = np.quantile(finite, list(one.quantiles), method="inverted_cdf")
        assert list(one.quantiles.values()) == expected.tolist()


# -- numbers ---------------------------------------------------------------------------


@settings(max_examples=60)
@given(matrices)
def test_dense_matrices(X):
    found = rs.stats(X)
    assert found.rows == len(X) and len(found.columns) == X.shape[1]
    for at, one in enumerate(found.columns):
        assert one.name == f"f{at}"
        check(one, X[:, at])


@settings(max_examples=60)
@given(matrices, st.booleans())
def test_sparse_matrices(X, small):
    found = rs.stats(scipy.sparse.csr_matrix(X), detailed=200 if small else 0)
    width = X.shape[1]
    assert len(found.columns) == width
    for one in found.columns:
        check(one, X[:, int(one.name[1:])], sparse=not small)
    finite = np.isfinite(X)
    if finite.any():
        zeros = (X[finite] == 0).mean()
        assert found.sparsity == pytest.approx(zeros, abs=1e-12)
    if not small:
        (wide,) = found.wide
        assert wide.width == width and wide.sparse
        empty = ((X == 0) | ~finite).all(0) & finite.all(0)
        assert wide.empty_columns == empty.sum()


@settings(max_examples=60)
@given(matrices, st.integers(1, 7))
def test_moments_do_not_depend_on_the_cut(X, step):
    whole, parts, stored = Moments(X.shape[1]), Moments(X.shape[1]), Moments(0)
    whole.add(X)
    for begin in range(0, len(X), step):
        parts.add(X[begin : begin + step])
        rows = scipy.sparse.csr_matrix(X[begin : begin + step])
        stored.add_stored(rows.indices.astype(np.int64), rows.data)
    stored.widen(X.shape[1])
    stored.add_zeros(len(X) - stored.count - stored.nan - stored.infinite)
    for other in (parts, stored):
        for name in ("count", "nan", "infinite", "nonzero", "fractions", "min", "max"):
            assert getattr(other, name).tolist() == getattr(whole, name).tolist(), name
        assert np.allclose(other.mean, whole.mean, rtol=1e-9, atol=1e-6)
        assert np.allclose(other.std, whole.std, rtol=1e-6, atol=1e-3, equal_nan=True)


def test_deviations_are_stable():
    values = 1e9 + np.tile([4.0, 7.0, 13.0, 16.0], 250_000)
    found = rs.stats(values[:, None])["f0"]
    assert found.std == pytest.approx(math.sqrt(22.5 * 1e6 / (1e6 - 1)), rel=1e-9)
    assert found.mean == 1e9 + 10


def test_many_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300_000, 2))
    found = rs.stats(X)
    for at, one in enumerate(found.columns):
        ordered = np.sort(X[:, at])
        for share, value in one.quantiles.items():
            rank = np.searchsorted(ordered, value) / len(X)
            assert abs(rank - share) <= one.rank_error + 1e-5
        assert 0 < one.rank_error < 0.01
        assert abs(one.distinct / len(X) - 1) < 4 * one.distinct_error
        assert sum(count for _, _, count in one.histogram) == len(X)
    again = rs.stats(X)
    assert again.to_dict() == found.to_dict()


@pytest.mark.parametrize("dtype", ["float32", "int32", "int64", "uint8", "bool"])
def test_dtypes(dtype):
    values = np.array([[0], [1], [1], [0], [1]], dtype)
    one = rs.stats(values)["f0"]
    assert (one.count, one.nonzero, one.values) == (5, 3, [(1.0, 3), (0.0, 2)])


@pytest.mark.parametrize("n_values", [13, 80, 3000])
def test_histograms_count_each_number_once(n_values):
    values = np.random.default_rng(1).integers(5, 5 + n_values, 20_000).astype(float)
    one = rs.stats(values[:, None])["f0"]
    edges = [low for low, _, _ in one.histogram] + [one.histogram[-1][1]]
    assert len(edges) <= 25 and set(np.diff(edges)) == {edges[1] - edges[0]}
    assert all(edge == int(edge) for edge in edges)
    expected = np.histogram(values, [*edges[:-1], np.inf])[0]
    found = [count for _, _, count in one.histogram]
    assert np.abs(expected - found).max() <= 2 * one.rank_error * len(values)


def test_histograms_of_long_tails_keep_the_middle():
    values = np.random.default_rng(1).lognormal(0, 3, 50_000)
    one = rs.stats(values[:, None])["f0"]
    assert one.histogram[0][0] == one.quantiles[0.01]
    assert one.histogram[-1][1] == one.quantiles[0.99] < one.maximum / 3
    assert sum(count for _, _, count in one.histogram) == 50_000


def test_integers_beyond_float64_differ():
    ids = pa.table({"i": np.arange(2**60, 2**60 + 1000, dtype=np.int64)})
    assert rs.stats(ids)["i"].distinct == 1000


def test_infinite_numbers_are_no_missing_ones():
    one = rs.stats(np.array([[math.inf], [-math.inf], [1.0]]))["f0"]
    assert (one.count, one.infinite, one.missing, one.mean) == (1, 2, 0, 1.0)


# -- sources ---------------------------------------------------------------------------


def expected_of_people(found, frame, text_times):
    assert found.rows == len(frame)
    assert [one.name for one in found.columns] == list(frame.columns)
    for name in ("id", "height", "unit", "y"):
        check(found[name], frame[name])
    check(found["member"], frame["member"].astype(float))
    city = found["city"]
    assert city.kind == "text" and city.missing == frame["city"].isna().sum()
    assert dict(city.values) == frame["city"].value_counts().to_dict()
    assert (city.min_length, city.max_length, city.distinct) == (4, 8, 3)
    seen = found["seen"]
    assert (seen.count, seen.distinct) == (1000, 1000)
    assert seen.kind == ("text" if text_times else "time")
    if not text_times:
        assert str(seen.minimum).startswith("2024-03-01 00:00:00")
        assert str(seen.maximum).startswith("2024-04-11 15:00:00")
    label = found.labels[0]
    assert label.name == "y"
    assert dict(label.values) == frame["y"].value_counts().to_dict()
    assert found.constant == ["unit"]
    assert "id" in found.suspected_ids and "height" not in found.suspected_ids


@pytest.mark.parametrize("kind", ["csv", "parquet", "arrow", "jsonl", "frame", "table"])
def test_tables(kind, tmp_path):
    frame = people()
    path = tmp_path / f"people.{kind}"
    source = str(path)
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "parquet":
        frame.to_parquet(path)
    elif kind == "arrow":
        table = pa.Table.from_pandas(frame)
        with pa.ipc.new_file(path, table.schema) as file:
            file.write_table(table, max_chunksize=300)
    elif kind == "jsonl":
        frame.to_json(path, orient="records", lines=True, date_format="iso")
    else:
        source = frame if kind == "frame" else pa.Table.from_pandas(frame)
    found = rs.stats(source, label="y")
    expected_of_people(found, frame, text_times=kind in ("csv", "jsonl"))
    assert found.format == (kind if kind not in ("frame", "table") else "table")


def test_records(tmp_path):
    X = np.array([[1.0, 0.0], [3.0, 0.0], [np.nan, 5.0]])
    path = tmp_path / "a.pbr"
    rs.write(path, X, [1, 0, 1], uid=["a", "b", "a"])
    found = rs.stats(path)
    assert [one.name for one in found.columns] == ["label", "f0", "f1", "uid"]
    check(found["f0"], X[:, 0])
    check(found["f1"], X[:, 1])
    assert found["label"].values == [(1.0, 2), (0.0, 1)]
    assert found["uid"].values == [("a", 2), ("b", 1)]
    assert found.bytes == path.stat().st_size


def test_libsvm(tmp_path):
    path = tmp_path / "a.libsvm"
    path.write_text("1 1:2 3:4\n0 3:6\n")
    found = rs.stats(path, index_base=1)
    assert found.format == "libsvm" and found.rows == 2
    assert found["label"].mean == 0.5
    by_name = {one.name: one for one in found.columns}
    assert by_name["f2"].mean == 5.0 and by_name["f0"].mean == 1.0
    assert found.sparsity == pytest.approx(3 / 6)


def test_named_features_and_token_lists():
    data = rs.encode({"tokens": [[1, 2, 3], [4], [5, 6]], "size": [[1.0], [2.0], [3.0]]})
    found = rs.stats(io.BytesIO(data))
    tokens = found["tokens"]
    assert (tokens.kind, tokens.min_length, tokens.max_length) == ("list", 1, 3)
    assert (tokens.count, tokens.mean) == (6, 3.5)
    assert found["size"].mean == 2.0


def test_lists_vectors_and_sparse_rows_in_tables():
    rows = {
        "words": pa.array([[1, 2], [3]]),
        "pixels": pa.array([[1.0, 2.0], [3.0, 6.0]], pa.list_(pa.float32(), 2)),
        "vector": pa.array(
            [{"keys": [5], "values": [2.0]}, {"keys": [0], "values": [1.0]}],
            pa.struct(
                [("keys", pa.list_(pa.int32())), ("values", pa.list_(pa.float32()))]
            ),
        ),
        "raw": pa.array([b"ab", None], pa.binary()),
    }
    with pytest.raises(InputError, match="do not say how many columns"):
        rs.stats(pa.table(rows))
    found = rs.stats(pa.table(rows), n_features=6)
    by_name = {one.name: one for one in found.columns}
    assert by_name["words"].mean == 2.0 and by_name["words"].max_length == 2
    assert by_name["pixels[1]"].mean == 4.0
    assert by_name["vector[5]"].mean == 1.0 and by_name["vector[0]"].nonzero == 1
    assert (by_name["raw"].kind, by_name["raw"].missing) == ("other", 1)


def test_sparse_rows_of_a_million_columns():
    rng = np.random.default_rng(0)
    X = scipy.sparse.random(300, 1_000_000, 1e-5, "csr", random_state=rng)
    found = rs.stats(X)
    (wide,) = found.wide
    assert wide.width == 1_000_000 and wide.shown == 100 == len(found.columns)
    assert np.allclose(wide.arrays["mean"], np.asarray(X.mean(0))[0])
    assert wide.arrays["nonzero"].sum() == X.nnz
    assert wide.empty_columns == 1_000_000 - len(np.unique(X.indices))
    assert "1,000,000 columns" in str(found).splitlines()[0]
    assert len(found.to_html()) < 300_000


def test_wide_tables_have_details_of_the_first():
    table = pa.table({f"c{i}": np.arange(4.0) for i in range(9)})
    found = rs.stats(table, detailed=2)
    assert [one.quantiles is not None for one in found.columns] == [True] * 2 + [
        False
    ] * 7
    assert {one.mean for one in found.columns} == {1.5}


def test_batches():
    whole = rs.decode(rs.encode(np.arange(12.0).reshape(6, 2)))
    for source in (whole, iter([whole.rows(0, 4), whole.rows(4, 6)])):
        assert rs.stats(source)["f1"].mean == 6.0


def test_no_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    found = rs.stats(path)
    assert found.rows == 0 and [one.count for one in found.columns] == [0, 0]
    assert found.sparsity is None
    jsonschema.validate(found.to_dict(), SCHEMA)
    assert "<svg" not in found.to_html() and "0 rows" in str(found)


# -- what is wrong with data -----------------------------------------------------------


def test_cells_that_are_no_numbers_are_counted(tmp_path):
    lines = [f"{i},{i % 5}" for i in range(60_000)]
    lines[50_000] = "oops,"
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "\n".join(lines) + "\n")
    found = rs.stats(path)
    a, b = found["a"], found["b"]
    assert (a.count, a.not_numbers, a.missing) == (59_999, 1, 0)
    assert (b.count, b.not_numbers, b.missing) == (59_999, 0, 1)
    assert a.mean == pytest.approx((60_000 * 59_999 / 2 - 50_000) / 59_999)
    assert "a: 1 cell holds no number" in str(found)


def test_missing_values_of_csv(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,x\n,\nnan,y\n")
    found = rs.stats(path)
    assert (found["a"].missing, found["b"].missing) == (2, 1)


def test_ids():
    n = 500
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "rising": np.arange(n) * 3,
            "mixed": rng.permutation(n),
            "text": [f"u{i}" for i in range(n)],
            "price": rng.integers(0, 10**9, n),
            "float": rng.random(n),
            "class": np.arange(n) % 7,
        }
    )
    assert rs.stats(frame).suspected_ids == ["rising", "mixed", "text"]
    assert rs.stats(frame.head(10)).suspected_ids == []


@pytest.mark.parametrize("option", ["dtype", "label_dtype", "nulls"])
def test_options_of_conversions_are_refused(option):
    with pytest.raises(InputError, match=f"{option}= is for conversions"):
        rs.stats(people(), **{option: "float32"})


@pytest.mark.parametrize(
    ("kind", "option", "says"),
    [
        ("csv", {"index_base": 1}, "csv has no option index_base="),
        ("csv", {"labl": "y"}, "did you mean 'label'"),
        ("csv", {"label": "z"}, "no such column"),
        ("frame", {"header": True}, "table has no option header="),
        ("frame", {"detailed": -1}, "detailed is -1, expected 0 or more"),
    ],
    ids=str,
)
def test_bad_options(kind, option, says, tmp_path):
    source = people(5)
    if kind == "csv":
        source.to_csv(tmp_path / "a.csv", index=False)
        source = tmp_path / "a.csv"
    with pytest.raises(InputError, match=says):
        rs.stats(source, **option)


def test_ragged_lines_are_an_error(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n3\n")
    with pytest.raises(ParseError, match="line 3.*1 fields, expected 2"):
        rs.stats(path)
    assert rs.stats(path, on_bad_row="skip").rows == 1


def test_text_that_is_not_utf_8(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\n1,Köln\n".encode("latin-1"))
    with pytest.raises(ParseError, match="line 2.*'b'.*the text is not UTF-8"):
        rs.stats(path)
    assert rs.stats(path, encoding="latin-1")["b"].values == [("Köln", 1)]


def test_sums_beyond_float64_have_no_mean():
    found = rs.stats(np.array([[1e308, 1.0], [1e308, 2.0], [1e308, 3.0]]))
    assert (found["f0"].mean, found["f0"].std, found["f0"].constant) == (None, None, True)
    assert found["f1"].mean == 2.0
    jsonschema.validate(json.loads(json.dumps(found.to_dict(), allow_nan=False)), SCHEMA)


def test_damaged_records_are_an_error():
    data = rs.encode(np.zeros((3, 2)))
    with pytest.raises(FormatError):
        rs.stats(io.BytesIO(data[:-4]))


def test_drifting_parquet(tmp_path):
    pd.DataFrame({"a": [1.0], "t": ["x"]}).to_parquet(tmp_path / "1.parquet")
    pd.DataFrame({"a": [2.0]}).to_parquet(tmp_path / "2.parquet")
    with pytest.raises(InputError, match="column 't' of the first file is missing"):
        rs.stats(tmp_path)
    found = rs.stats(tmp_path, schema_drift="promote")
    assert found["a"].mean == 1.5 and found["t"].missing == 1


# -- what is shown ---------------------------------------------------------------------


def test_text():
    frame = people()
    lines = str(rs.stats(frame, label="y")).splitlines()
    assert lines[0].startswith("DataFrame: table, 1,000 rows of 7 columns")
    heads = "column type missing distinct min median max mean std"
    assert " ".join(lines[2].split()) == heads
    (height,) = [line for line in lines if line.startswith("height")]
    assert height.split()[2:4] == ["10.0%", str(frame["height"].nunique())]
    assert "constant: unit" in lines
    assert any(line.startswith("label y: ") for line in lines)
    assert "id may be an id: whole numbers that rise from row to row" in lines


@pytest.mark.parametrize("source", ["frame", "sparse", "lists", "nothing"])
def test_json_follows_its_schema(source):
    found = {
        "frame": lambda: rs.stats(people(), label="y"),
        "sparse": lambda: rs.stats(scipy.sparse.eye(300, format="csr")),
        "lists": lambda: rs.stats(pa.table({"a": [[1, 2], [3]]})),
        "nothing": lambda: rs.stats(pa.table({"a": pa.nulls(3), "b": [math.inf] * 3})),
    }[source]()
    plain = found.to_dict()
    text = json.dumps(plain, allow_nan=False)
    jsonschema.validate(json.loads(text), SCHEMA)


class Page(HTMLParser):
    """Every element is closed in its turn; attributes and text are kept."""

    VOID = ("meta", "rect", "line", "br")

    def __init__(self, page):
        super().__init__()
        self.open, self.seen, self.text = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


def test_page_is_well_formed_and_stands_alone():
    frame = people().rename(columns={"height": 'h"<script>alert(1)</script>&\x1b'})
    page = rs.stats(frame, label="y").to_html()
    found = Page(page)
    assert found.open == []
    tags = [tag for tag, _ in found.seen]
    assert "script" not in tags and "b" not in tags and "link" not in tags
    assert "\x1b" not in page
    text = "".join(found.text)
    assert 'h"<script>alert(1)</script>&\\x1b' in text and "Rome <b>" in text
    for _, attributes in found.seen:
        assert not {"src", "href", "onclick", "onload", "srcset"} & set(attributes)
    assert "url(" not in page and "@import" not in page and "http" not in page


def test_page_can_be_read_aloud():
    found = Page(rs.stats(people(), label="y").to_html())
    pictures = [attrs for tag, attrs in found.seen if tag == "svg"]
    assert len(pictures) == 2  # id, height
    assert all(one["role"] == "img" for one in pictures)
    assert pictures[1]["aria-label"].startswith("Histogram of height: ")
    assert ("html", {"lang": "en"}) in found.seen
    heads = [attrs["scope"] for tag, attrs in found.seen if tag == "th"]
    assert heads.count("col") == 9 and heads.count("row") > 7
    levels = [tag for tag, _ in found.seen if tag in ("h1", "h2", "h3")]
    assert levels[0] == "h1" and levels.count("h3") == 7
