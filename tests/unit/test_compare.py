"""`recordsmith.compare`: candidates, sizes, losses and commands, on real runs."""

import json
import math
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import recordsmith
import recordsmith as rs
from compared import BOTH, EXAMPLES, QUICK, SOURCES, by_name, compare
from recordsmith.cli import main
from recordsmith.cli.options import given
from recordsmith.cli.parser import build_parser
from recordsmith.comparison.advice import choose
from recordsmith.comparison.commands import command_line, destination
from recordsmith.comparison.results import Timing
from recordsmith.errors import InputError, UnsupportedTypeError


@pytest.fixture(autouse=True)
def short_passes(monkeypatch):
    """Times say nothing here, so that no pass has to be long enough for a good one."""
    monkeypatch.setattr("recordsmith.comparison.measuring._LONG_ENOUGH_S", 0.0)


@pytest.fixture
def folder(tmp_path):
    for name in SOURCES:
        shutil.copy(EXAMPLES / name, tmp_path)
    return tmp_path


def by_size(found):
    """What would be recommended if all were read equally fast: times are chance here."""
    same = Timing(1.0, 1.0, 1.0, 1)
    even = [
        replace(one, read=None if one.read is None else same, rows=100, bytes=size)
        for one in found.candidates
        for size in [one.bytes and one.bytes * 100 // one.rows]
    ]
    return choose(even).name


def sparse(n=400, width=1000, density=0.01, seed=0, dtype="float32"):
    rng = np.random.default_rng(seed)
    X = scipy.sparse.random(n, width, density, "csr", dtype=dtype, random_state=rng)
    return X, rng.integers(0, 2, n).astype("float32")


# -- bytes by hand ---------------------------------------------------------------------


def varint(n):
    return max(1, math.ceil(n.bit_length() / 7))


def message(*lengths):
    """A message of length-delimited fields with numbers below 16."""
    return sum(1 + varint(n) + n for n in lengths)


def record(values, keys=0, shape=0, label=True):
    """Bytes of a frame: header, payload, padding; `values` numbers of four bytes."""

    def entry(*tensor):
        return message(len("values"), message(message(*tensor)))

    tensor = [4 * values, *([keys] if keys else []), *([shape] if shape else [])]
    payload = message(entry(*tensor), *([entry(4)] if label else []))
    return 8 + payload + -payload % 4


@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("width", [1, 13, 127, 128, 1000])
def test_size_of_dense_records(width, label):
    X = np.ones((7, width), "float32")
    y = np.ones(7, "float32") if label else None
    found = rs.compare(X, "ntm" if not label else "linear-learner", y, **QUICK)
    dense = by_name(found)["RecordIO-protobuf, dense"]
    assert dense.bytes == 7 * record(width, label=label)
    assert dense.bytes_per_row == record(width, label=label)


def test_size_of_sparse_records():
    X = scipy.sparse.csr_matrix(([1, 2, 3], [5, 127, 300], [0, 3]), (1, 400))
    found = rs.compare(X.astype("float32"), "factorization-machines", [1.0], measure=True)
    sizes = by_name(found)
    # Keys 5 and 127 take one byte, 300 takes two; so does the shape, 400.
    assert sizes["RecordIO-protobuf, sparse"].bytes == record(3, keys=4, shape=2)
    assert sizes["RecordIO-protobuf, dense"].bytes == record(400)


def test_sizes_of_text():
    X = np.array([[1.5, 0.0], [-2.0, 0.25]])
    found = by_name(rs.compare(X, "xgboost", [1, 0], **QUICK))
    assert found["CSV"].bytes == len("1,1.5,0\n0,-2,0.25\n")
    assert found["libsvm"].bytes == len("1 0:1.5\n0 0:-2 1:0.25\n")


# -- which candidates there are --------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "names"),
    [
        ("linear-learner", {*BOTH, "CSV"}),
        ("kmeans", {*BOTH, "CSV"}),
        ("knn", {*BOTH, "CSV"}),
        ("pca", {*BOTH, "CSV"}),
        ("lda", {*BOTH, "CSV"}),
        ("ntm", {*BOTH, "CSV"}),
        ("randomcutforest", {*BOTH, "CSV"}),
        ("xgboost", {*BOTH, "CSV", "libsvm", "Parquet"}),
    ],
)
@pytest.mark.parametrize("source", SOURCES)
def test_all_that_the_algorithm_takes_is_measured(folder, source, algorithm, names):
    found = compare(folder, source, algorithm)
    assert set(by_name(found)) == names
    forbidden = algorithm == "randomcutforest" and source == "digits.libsvm"
    for one in found.candidates:
        if one.name == "CSV" and forbidden:  # labels of libsvm text cannot be left out
            assert "label" in one.problem
            continue
        assert one.problem is None
        assert one.loss.only_rounding
        assert one.write.passes == one.read.passes == 1
        assert one.write.seconds > 0
        assert one.read.seconds > 0
    assert found.recommended in found.candidates
    assert found.advice.startswith(f"Use {found.recommended.name}: ")


def test_sparse_records_of_sparse_data_are_small():
    X, y = sparse()
    found = by_name(rs.compare(X, "lda", y, **QUICK))
    dense, few, text = (found[name] for name in (*BOTH, "CSV"))
    assert few.bytes_per_row < dense.bytes_per_row / 20
    assert few.bytes_per_row < text.bytes_per_row / 10
    assert all(one.loss.nothing for one in found.values())


def test_dense_data_without_zeros_is_smaller_dense():
    X = np.random.default_rng(0).standard_normal((200, 50)).astype("float32")
    found = rs.compare(X, "lda", **QUICK)
    assert found.sample.density == 1.0
    dense, few = (by_name(found)[name] for name in BOTH)
    assert few.bytes == dense.bytes + 200 * (record(50, 50, 1) - record(50))
    assert by_size(found) == dense.name


def test_density_and_break_even():
    X, _ = sparse(density=0.03)
    found = rs.compare(X, "lda", **QUICK)
    assert found.sample.density == pytest.approx(X.nnz / (400 * 1000))
    # 128 keys of one byte, 872 of two: 4 / (4 + 1.872) of the values.
    assert found.sample.break_even == pytest.approx(4 / 5.872)


@pytest.mark.parametrize("side", [-1, 1])
def test_the_break_even_is_where_sizes_cross(side):
    rng = np.random.default_rng(0)
    width, n_rows = 600, 100
    X = rng.random((n_rows, width), "float32") + 1
    even = rs.compare(X, "lda", **QUICK).sample.break_even
    X[rng.random(X.shape) > even + side * 0.02] = 0
    dense, few = (by_name(rs.compare(X, "lda", **QUICK))[name] for name in BOTH)
    assert (few.bytes > dense.bytes) == (side > 0)


# -- one format, or none ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "kind", "command"),
    [
        (
            "factorization-machines",
            "RecordIO-protobuf",
            "recordsmith convert {0} {1}.pbr --label y --header --dtype float32 "
            "--label-dtype float32 --algorithm factorization-machines",
        ),
        (
            "lightgbm",
            "CSV",
            "recordsmith convert {0} {1}-lightgbm.csv --label y --header "
            "--algorithm lightgbm",
        ),
        ("catboost", "CSV", None),
        ("tabtransformer", "CSV", None),
        ("autogluon-tabular", "CSV", None),
    ],
)
def test_one_format_is_said_at_once(tmp_path, algorithm, kind, command):
    path = tmp_path / "a.csv"
    path.write_bytes(b"this is not read")
    found = rs.compare(path, algorithm, label="y", header=True)
    assert found.sample is None
    assert not found.measured
    assert found.advice.startswith(f"Use {kind} (")
    assert found.advice.endswith("takes nothing else.")
    if command is not None:
        expected = command.format(shlex.quote(str(path)), str(path)[: -len(".csv")])
        assert found.recommended.command == expected


def test_one_format_can_be_measured():
    X, y = sparse()
    found = rs.compare(X, "fm", y, measure=True, **QUICK)
    assert [one.name for one in found.measured] == list(BOTH)
    assert by_size(found) == "RecordIO-protobuf, sparse"
    assert found.advice.startswith("Use RecordIO-protobuf, ")


@pytest.mark.parametrize(
    ("algorithm", "reason"),
    [
        ("ipinsights", "two columns of text, an entity and an IPv4 address"),
        ("object2vec", "its keys are the algorithm's own"),
        ("forecasting-deepar", "its columns are the algorithm's own"),
        ("image-classification", "images"),
        ("blazingtext-word2vec", "plain text"),
    ],
)
def test_formats_that_are_not_written(tmp_path, algorithm, reason):
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    for measure in (False, True):
        found = rs.compare(path, algorithm, measure=measure)
        assert found.recommended is None
        assert "there is nothing to convert" in found.advice
        assert any(reason in one for one in found.reasons)
        assert all(one.problem and one.command is None for one in found.candidates)
    with pytest.raises(InputError, match=r"nothing to plot.*measure=True"):
        found.plot(tmp_path / "a.svg")


def test_sequences_name_their_columns(tmp_path):
    path = tmp_path / "a.parquet"
    lists = [[1, 2, 3], [4], [5, 6]]
    pd.DataFrame({"en": lists, "de": lists[::-1]}).to_parquet(path)
    found = rs.compare(path, "seq2seq")
    assert found.recommended.command is None  # the command has no option for two features
    call = found.recommended.python.replace("'SOURCE'", "'en'").replace(
        "'TARGET'", "'de'"
    )
    result = eval(call)
    records = rs.read(result.path, ragged=True)
    assert {one.name for one in records.fields} == {"source", "target"}
    features = {"source": "en", "target": "de"}
    found = rs.compare(path, "seq2seq", features=features, measure=True, **QUICK)
    assert found.recommended.loss.nothing
    assert found.recommended.bytes == Path(result.path).stat().st_size


def test_a_source_that_does_not_exist():
    for algorithm in ("fm", "linear-learner"):
        with pytest.raises(FileNotFoundError, match="nowhere"):
            rs.compare("nowhere.csv", algorithm)


# -- what is made is what was measured -------------------------------------------------


@pytest.mark.parametrize("algorithm", ["xgboost", "linear-learner", "kmeans", "fm"])
@pytest.mark.parametrize("source", SOURCES)
def test_the_commands_make_what_was_measured(folder, source, algorithm):
    found = compare(folder, source, algorithm, measure=True)
    checked = 0
    for one in found.measured:
        words = shlex.split(one.command)
        assert words[0] == "recordsmith"
        before = set(folder.iterdir())
        assert main([*words[1:], "--quiet"]) == 0
        (made,) = set(folder.iterdir()) - before
        assert made.stat().st_size == one.bytes, one.command
        assert one.total_bytes == one.bytes
        checked += 1
        data = made.read_bytes()
        made.unlink()
        eval(one.python)
        assert made.read_bytes() == data, one.python
        made.unlink()
    assert checked >= 2


def test_calls_for_what_is_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, y = sparse(50, 20, 0.3)
    found = rs.compare(X, "xgboost", y, **QUICK)
    for one in found.measured:
        assert one.command is None
        result = eval(one.python)
        assert result.bytes == one.bytes
        Path(result.path).unlink()
    assert len(found.measured) == 5
    assert recordsmith is rs


def test_batches_have_no_call():
    batch = rs.decode(rs.encode(np.eye(4), [0, 1, 0, 1]))
    for src in (batch, [batch], iter([batch])):
        found = rs.compare(src, "linear-learner", **QUICK)
        assert found.recommended.command is found.recommended.python is None
        assert found.recommended.settings["dtype"] == "float32"
        assert "ContentType" in str(found)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"label": 3, "header": True}, "--label 3 --header"),
        ({"drop": ["a", "1"], "uid": "x y"}, "--drop a,name:1 --uid 'x y'"),
        ({"labels": False, "index_base": 0}, "--no-labels --index-base 0"),
        ({"labels": True, "densify": True, "flat": False}, "--densify"),
        ({"source_format": "csv", "nulls": "nan"}, "--from csv --nulls nan"),
        ({"names": ["a", "b"], "compression": "gzip"}, "--names a,b --compress gzip"),
        ({"label": "a,b"}, "--label name:a,b"),
        ({"label": ["a,b", "c"]}, None),
        ({"label": -1}, None),
        ({"names": ["a,b"]}, None),
        ({"features": {"source": "a"}}, None),
        ({"schema_drift": "promote"}, None),
        ({"quote": False}, None),
    ],
)
def test_settings_as_options(settings, words):
    found = command_line("in.csv", "out.pbr", settings)
    expected = words and f"recordsmith convert in.csv out.pbr {words}"
    assert found == expected
    if expected is not None:  # the command knows every option, and means the same
        args = build_parser().parse_args(shlex.split(expected)[1:])
        known = given(args)
        for name, value in settings.items():
            assert known.get(name, value) == value or known[name] == [value]


@pytest.mark.parametrize(
    ("src", "expected"),
    [
        ("a.csv", "a.pbr"),
        ("x/a.b.csv.gz", "x/a.pbr"),
        ("a.pbr", "a-knn.pbr"),
        (["a.csv", "b.csv"], "train.pbr"),
        ("part-*.csv", "train.pbr"),
        ("-", "train.pbr"),
        (np.ones(3), "train.pbr"),
    ],
)
def test_names_of_the_file_to_make(src, expected):
    assert destination(src, ".pbr", "knn") == expected


def test_labels_are_left_out_where_they_are_of_no_use(folder):
    found = compare(folder, "wine.csv", "kmeans")
    assert found.notes[0] == "Labels are left out: K-Means learns from features alone."
    text = by_name(found)["CSV"]
    assert text.content_type == "text/csv;label_size=0"
    assert "--drop 0" in text.command
    assert "--label" not in text.command
    dense = by_name(found)["RecordIO-protobuf, dense"]
    assert dense.bytes_per_row == record(13, label=False)


def test_labels_that_cannot_be_left_out_are_said(folder):
    found = by_name(compare(folder, "digits.libsvm", "kmeans"))
    assert found["CSV"].content_type == "text/csv"  # label_size=1 is what it assumes
    found = by_name(compare(folder, "digits.libsvm", "randomcutforest"))
    assert found["CSV"].problem == (
        "rows carry labels, which it must not have in the train channel"
    )


def test_content_types_and_restrictions(folder):
    found = by_name(compare(folder, "wine.csv", "xgboost"))
    assert {name: one.content_type for name, one in found.items()} == {
        "CSV": "text/csv",
        "libsvm": "text/libsvm",
        "Parquet": "application/x-parquet",
        BOTH[0]: "application/x-recordio-protobuf",
        BOTH[1]: "application/x-recordio-protobuf",
    }
    assert found["CSV"].restrictions == ("no header line", "the label first")
    assert found["libsvm"].restrictions == ("indices from 0",)
    assert found["Parquet"].restrictions == (
        "a column for each number",
        "the label first",
    )
    assert found[BOTH[1]].restrictions == ("rows without values get one explicit zero",)
    assert found["libsvm"].settings["write_index_base"] == 0
    assert found[BOTH[1]].settings["empty_rows"] == "explicit-zero"


def test_the_users_dtype_is_written(folder):
    found = by_name(compare(folder, "wine.csv", "xgboost", dtype="float64"))
    assert found[BOTH[0]].dtype == "float64"
    assert found[BOTH[0]].loss.nothing
    assert "--dtype float64" in found[BOTH[0]].command
    found = by_name(compare(folder, "wine.csv", "linear-learner", dtype="float64"))
    assert found[BOTH[0]].problem == "float64 was asked for, it takes float32"
    assert found["CSV"].problem is None


# -- modes -----------------------------------------------------------------------------


def test_pipe_mode_by_container(folder):
    old = compare(
        folder, "digits.libsvm", "xgboost", container="1.7-1", input_mode="pipe"
    )
    assert old.input_mode == "Pipe"
    assert old.recommended.name == BOTH[1]
    assert by_name(old)["libsvm"].problem == "it is not read in Pipe mode"
    assert by_name(old)["libsvm"].bytes > 0
    assert "streams in Pipe mode" in old.advice
    new = compare(folder, "digits.libsvm", "xgboost", input_mode="Pipe")
    assert new.recommended is None
    assert new.advice.startswith("No format that XGBoost takes can be used")
    assert by_name(new)["CSV"].problem == "it is not read in Pipe mode (inferred)"


def test_fast_file_is_not_confirmed(folder):
    found = compare(folder, "wine.csv", "pca", input_mode="FastFile")
    assert all("FastFile mode" in one.unconfirmed for one in found.candidates)
    assert "not confirmed: FastFile mode" in found.advice


def test_a_tag_that_the_table_does_not_know(folder):
    found = compare(folder, "wine.csv", "xgboost", container="9.9-9")
    assert found.notes[0].startswith("The table knows no tag '9.9-9' of this image")


# -- bad input -------------------------------------------------------------------------


def test_an_unknown_algorithm(folder):
    with pytest.raises(InputError, match="xgboost"):
        compare(folder, "wine.csv", "xgbost")


def test_text_columns(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("y,city\n1,Rome\n0,Oslo\n")
    with pytest.raises(UnsupportedTypeError, match=r"'city'.*drop=\['city'\]"):
        rs.compare(path, "linear-learner", label="y")


@pytest.mark.parametrize("text", ["y,a\n", "y,a\n\n"])
def test_a_source_without_rows(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(InputError, match="no row"):
        rs.compare(path, "linear-learner", label="y")


def test_arrays_without_rows():
    with pytest.raises(InputError, match="no row"):
        rs.compare(np.zeros((0, 3)), "lda")


def test_a_label_that_is_needed(folder):
    with pytest.raises(InputError, match=r"needs a label.*label=NAME"):
        rs.compare(folder / "breast_cancer.csv", "linear-learner")
    with pytest.raises(InputError, match=r"needs a label.*pass the labels as y="):
        rs.compare(np.ones((2, 2)), "knn")


def test_two_labels(tmp_path):
    found = rs.compare(np.ones((2, 2)), "linear-learner", np.ones((2, 2)), **QUICK)
    assert by_name(found)[BOTH[0]].problem == "a label has 2 values, it takes 1"


def test_rows_of_varying_length():
    found = rs.compare([[1, 2], [3], [4, 5, 6]], "kmeans", **QUICK)
    assert by_name(found)["CSV"].problem == (
        "rows differ in length, it has the same columns in each"
    )


@pytest.mark.parametrize("name", ["sample_rows", "sample_bytes", "repeat"])
def test_numbers_below_1(name):
    with pytest.raises(InputError, match=f"{name} is 0, expected 1 or more"):
        rs.compare(np.ones((2, 2)), "lda", **{name: 0})


def test_an_unknown_mode():
    with pytest.raises(InputError, match="input_mode is 'Fast', not one of File, Pipe"):
        rs.compare(np.ones((2, 2)), "lda", input_mode="Fast")


def test_an_option_that_the_source_does_not_know(folder):
    with pytest.raises(InputError, match="csv has no option index_base="):
        compare(folder, "wine.csv", "lda", index_base=1)


def test_nothing_is_left_behind(folder, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    seen = []

    def progress(done, total, rows):
        seen.append(len(list(scratch.rglob("sample*"))))
        if len(seen) == 9:
            raise KeyboardInterrupt

    compare(folder, "wine.csv", "xgboost")
    assert not list(scratch.iterdir())
    with pytest.raises(KeyboardInterrupt):
        compare(folder, "wine.csv", "xgboost", progress=progress)
    assert not list(scratch.iterdir())
    assert max(seen) <= 1


# -- how it prints ---------------------------------------------------------------------


def test_json_has_stable_keys(folder):
    found = compare(folder, "wine.csv", "xgboost")
    plain = json.loads(found.to_json())
    assert set(plain) == {
        "version",
        "algorithm",
        "algorithm_name",
        "container",
        "input_mode",
        "source",
        "sample",
        "candidates",
        "recommended",
        "advice",
        "reasons",
        "notes",
    }
    assert plain["version"] == 1
    assert plain["recommended"] == found.recommended.name
    assert set(plain["sample"]) == {
        *("rows", "bytes", "total_rows", "exact", "total_bytes", "how", "schema"),
        *("width", "density", "break_even", "changes"),
    }
    keys = {
        *("name", "kind", "content_type", "density", "dtype", "problem", "unconfirmed"),
        *("meaning", "pipe", "pipe_sure", "fast_file", "fast_file_sure", "shards"),
        *("restrictions", "rows", "bytes", "total_bytes", "write", "read", "loss"),
        *("settings", "command", "python"),
        *("bytes_per_row", "write_s_per_row", "read_s_per_row"),
    }
    assert len(plain["candidates"]) == 5
    assert all(set(one) == keys for one in plain["candidates"])
    assert set(plain["candidates"][0]["loss"]) == {
        *("rows", "values_changed", "whole_changed", "max_relative_error"),
        *("values_lost", "labels_changed", "label_error", "labels_wrong"),
        *("extras_dropped", "explicit_zeros"),
    }
    assert set(plain["candidates"][0]["read"]) == {
        *("seconds", "fastest", "slowest", "passes"),
    }


def test_text(folder):
    found = compare(folder, "wine.csv", "linear-learner")
    text = str(found)
    lines = text.splitlines()
    assert all(len(line) <= 100 or line.startswith("  recordsmith ") for line in lines)
    assert "178 rows" in " ".join(lines[:2])
    (row,) = (line for line in lines if line.startswith("* "))
    assert found.recommended.name in row
    assert any(line.startswith("  RecordIO-protobuf, sparse?") for line in lines)
    assert found.recommended.command in text
    assert "ContentType: application/x-recordio-protobuf" in text
    assert "no source settles that Linear Learner takes it" in text.replace("\n  ", " ")


def test_html_is_escaped(tmp_path):
    path = tmp_path / "<b>&.csv"
    path.write_text("1,2\n0,3\n")
    found = rs.compare(path, "xgboost", header=False, label=0, **QUICK)
    html = found._repr_html_()
    assert "&lt;b&gt;&amp;.csv" in html
    assert "<b>&" not in html
    assert html.count("<tr") == 1 + len(found.measured)
    assert html.count("font-weight: bold") == 1
    other = rs.compare(path, "object2vec")
    assert "<table" not in other._repr_html_()
    assert "nothing to convert" in other._repr_html_()
