"""Rules about the files of a channel, other formats, options, and data for requests."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse

import recordsmith as rs
from recordsmith.errors import InputError
from recordsmith.reporting.findings import Report
from validating import JOBS, RECORDIO, only, row, rules, sparse, validate

LL, XGB = "linear-learner", "xgboost"
XGBOOST = {"content_type": RECORDIO}


@pytest.fixture
def prefix(tmp_path):
    """A folder with two good files."""
    folder = tmp_path / "train"
    folder.mkdir()
    for number in range(2):
        (folder / f"part-{number}.pbr").write_bytes(row(label=(number,)) * 3)
    return folder


def checked(prefix, algorithm=XGB, **options):
    return validate(str(prefix), algorithm, **{**XGBOOST, **options})


def test_a_good_prefix(prefix):
    report = checked(prefix)
    assert report.clean
    assert (report.rows, len(report.files)) == (6, 2)
    assert report.bytes == sum(path.stat().st_size for path in prefix.iterdir())


def test_hidden_files(prefix):
    (prefix / ".part-0.pbr.crc").write_bytes(b"crc")
    finding = only(checked(prefix), "file/hidden")
    assert finding.severity == "error"
    assert finding.places[0].path.endswith(".part-0.pbr.crc")
    assert "Hidden file found" in finding.message
    assert only(checked(prefix, LL), "file/hidden").severity == "warning"


def test_files_that_are_no_data(prefix):
    (prefix / "_SUCCESS").touch()
    (prefix / "_temporary").mkdir()
    (prefix / "_temporary" / "x.pbr").write_bytes(row())
    finding = only(checked(prefix), "file/stray")
    assert finding.count == 2


def test_files_that_nothing_is_known_of(prefix):
    (prefix / "notes").write_bytes(bytes(range(40)))
    finding = rules(checked(prefix))["file/unreadable"][0]
    assert finding.places[0].path.endswith("notes")


def test_folders_too_deep(prefix):
    deep = prefix / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (deep / "x.pbr").write_bytes(row(label=(7,)) * 2)
    assert checked(prefix).clean
    (deep / "d").mkdir()
    (deep / "d" / "y.pbr").write_bytes(row(label=(8,)) * 2)
    finding = only(checked(prefix), "file/depth")
    assert finding.places[0].path.endswith("y.pbr")
    assert checked(prefix, LL).clean


def test_an_empty_prefix(tmp_path):
    for src in (str(tmp_path), str(tmp_path / "*.pbr"), [str(tmp_path)]):
        report = validate(src, LL)
        assert only(report, "file/empty").severity == "error"
        assert report.rows == 0
    (tmp_path / "_SUCCESS").touch()
    assert set(rules(validate(str(tmp_path), LL))) == {"file/empty", "file/stray"}


def test_empty_files_among_others(prefix):
    (prefix / "part-9.pbr").touch()
    finding = only(checked(prefix), "file/empty")
    assert finding.severity == "warning"
    assert finding.places[0].path.endswith("part-9.pbr")


def test_a_path_that_is_not_there_is_no_finding(tmp_path):
    with pytest.raises(FileNotFoundError):
        validate(str(tmp_path / "nothing.pbr"), LL)


def test_identical_files(prefix):
    (prefix / "copy.pbr").write_bytes((prefix / "part-1.pbr").read_bytes())
    finding = only(checked(prefix), "file/identical")
    assert finding.places[0].path.endswith("part-1.pbr")
    assert "copy.pbr" in finding.found


def test_a_validation_file_that_was_trained_on(prefix, tmp_path):
    other = tmp_path / "validation.pbr"
    other.write_bytes((prefix / "part-0.pbr").read_bytes())
    options = {"channel": "validation", "against": str(prefix)}
    finding = only(checked(other, **options), "file/identical")
    assert "training data" in finding.expected
    other.write_bytes(row(label=(1,)) * 3 + row())
    assert checked(other, **options).clean


def test_files_of_one_record(tmp_path):
    path = tmp_path / "one.pbr"
    path.write_bytes(row())
    assert checked(path).clean
    finding = only(checked(path, container="1.2-1"), "file/one-record")
    assert finding.expected.startswith("not confirmed")


def test_kinds_that_are_mixed(prefix):
    (prefix / "rows.csv").write_text("1,2,3\n")
    found = rules(checked(prefix))
    assert {one.found.split(":")[0] for one in found["file/format"]} >= {
        "the files are of several kinds"
    }


# -- other formats ---------------------------------------------------------------------


def frame():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 4)).astype("float32")
    return pd.DataFrame(X, columns=list("yabc"))


def test_the_same_nan_is_found_in_every_format(tmp_path):
    """Where the algorithm's own conventions put the label."""
    table = frame()
    table.loc[7, "b"] = np.nan
    table.to_csv(tmp_path / "x.csv", header=False, index=False)
    table.to_parquet(tmp_path / "x.parquet", index=False)
    rs.convert(table, tmp_path / "x.pbr", label="y", dtype="float32", nulls="nan")
    np.save(tmp_path / "x.npy", table.to_numpy())
    for name, options, record, column in (
        ("x.csv", {"algorithm": XGB, "content_type": "text/csv"}, 8, 2),
        ("x.parquet", {"algorithm": XGB, "content_type": "application/x-parquet"}, 8, 1),
        ("x.pbr", {"algorithm": XGB, "content_type": RECORDIO}, 8, 1),
        ("x.csv", {"algorithm": LL, "content_type": "text/csv"}, 8, 2),
        ("x.csv", {"header": False, "label": 0}, 8, 2),
        ("x.npy", {}, 8, 2),
    ):
        report = validate(str(tmp_path / name), **options)
        finding = rules(report)["data/nan"][0]
        place = finding.places[0]
        number = place.line if name == "x.csv" else place.record
        assert (number, place.column, finding.count) == (record, column, 1), name
        assert report.rows == 50


@pytest.mark.parametrize(
    "rows",
    [
        frame(),
        pa.Table.from_pandas(frame()),
        frame().to_numpy(),
        scipy.sparse.csr_matrix(frame().to_numpy()),
        rs.decode(rs.encode(frame().to_numpy())),
    ],
    ids=["pandas", "pyarrow", "ndarray", "csr", "Batch"],
)
def test_rows_in_memory(rows):
    report = validate(rows)
    assert report.clean and report.rows == 50
    assert not report.files
    assert not any(one.startswith("file/") for one in report.checked)
    assert "channel/content-type" not in report.checked


def test_arrays_count_rows_from_zero():
    X = np.zeros((6, 3), "float32")
    X[4, 2] = np.inf
    finding = only(validate(X, LL, y=np.arange(6.0)), "data/infinity")
    assert (finding.places[0].record, finding.places[0].column) == (4, 2)


def test_iterables_of_batches_count_on():
    parts = [rs.decode(rs.encode([[1.0, value]])) for value in (1.0, np.nan, np.nan)]
    finding = only(validate(iter(parts)), "data/nan")
    assert [place.record for place in finding.places] == [1, 2]


def test_libsvm(tmp_path):
    path = tmp_path / "x.libsvm"
    path.write_text("1 0:1 7:2\n0 1:nan\n1 3:inf\n")
    report = validate(str(path), XGB, content_type="text/libsvm")
    found = rules(report)
    assert [one.severity for one in found["data/nan"]] == ["note"]
    assert (found["data/infinity"][0].places[0].line, report.rows) == (3, 3)


def test_libsvm_does_not_say_how_wide_it_is(tmp_path):
    train, other = tmp_path / "a.libsvm", tmp_path / "b.libsvm"
    train.write_text("1 0:1 7:2\n0 1:3\n")
    other.write_text("1 0:1\n0 9:3\n")
    options = {"content_type": "text/libsvm", "hyperparameters": JOBS[XGB]}
    report = validate([str(train), str(other)], XGB, **options)
    assert report.clean and "at least 10 wide" in report.schema
    training = validate(str(train), XGB, **options)
    found = validate(str(other), XGB, channel="validation", against=training, **options)
    assert "9" in only(found, "libsvm/width").found
    assert validate(
        str(train), XGB, channel="validation", against=str(other), **options
    ).clean


def test_text_that_is_not_numbers_is_a_finding_not_an_exception(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("1,2\n3,four\n")
    finding = rules(validate(str(path), LL, content_type="text/csv"))["csv/cell"][0]
    assert "four" in finding.found
    assert finding.places[0].path == str(path)


@pytest.mark.parametrize(
    ("algorithm", "suffix", "text"),
    [
        ("ipinsights", ".csv", "user1,10.0.0.1\n"),
        ("object2vec", ".jsonl", '{"label": 1, "in0": [1], "in1": [2]}\n'),
    ],
)
def test_what_is_not_looked_at_is_said(tmp_path, algorithm, suffix, text):
    path = tmp_path / f"x{suffix}"
    path.write_text(text)
    report = validate(str(path), algorithm)
    assert not [one for one in report.findings if one.severity == "error"]
    assert "data/nan" in dict(report.skipped)
    assert "data/nan" not in report.checked


def test_an_algorithm_that_takes_no_recordio_names_what_it_takes(tmp_path):
    for algorithm, wanted in (("object2vec", "jsonlines"), ("ipinsights", "text/csv")):
        path = tmp_path / "x.pbr"
        path.write_bytes(row() * 2)
        finding = rules(validate(str(path), algorithm))["file/format"][0]
        assert wanted in finding.expected


# -- options ---------------------------------------------------------------------------


def test_wrong_options_are_errors():
    for options in (
        {"purpose": "testing"},
        {"instances": 0},
        {"max_places": 0},
        {"header": True},
        {"n_features": 3},
        {"algorithm": "no such algorithm"},
    ):
        with pytest.raises(InputError):
            rs.validate(io.BytesIO(row()), **options)


def test_max_places():
    data = row((1, float("nan"), 3)) * 30
    report = validate(data, LL, max_places=7)
    finding = only(report, "data/nan")
    assert [place.record for place in finding.places] == [1, 2, 3, 4, 5, 6, 7]
    assert finding.count == 30


def test_progress(prefix):
    seen = []
    checked(prefix, progress=lambda *args: seen.append(args))
    total = sum(path.stat().st_size for path in prefix.iterdir())
    assert [one[1] for one in seen] == [total] * len(seen)
    assert seen[-1][2] == 6


# -- held against the training data ----------------------------------------------------


def test_against_is_a_report_its_json_a_file_of_it_or_a_source(prefix, tmp_path):
    report = checked(prefix)
    saved = tmp_path / "report.json"
    saved.write_text(report.to_json())
    wide = row((1, 2, 3, 4), label=None) * 2
    for against in (
        report,
        report.to_json(),
        json.loads(report.to_json()),
        str(saved),
        saved,
        str(prefix),
        Report.from_json(report.to_json()),
    ):
        found = validate(wide, XGB, purpose="inference", against=against)
        finding = rules(found)["request/width"][0]
        assert "4" in finding.found and "3" in finding.expected
        assert "label" in finding.fix  # one column more
        assert finding.count == 2


def test_a_report_without_a_profile_is_refused():
    with pytest.raises(InputError, match="no profile"):
        validate(row(), XGB, against=Report("by hand"))


def test_other_features_than_in_training():
    training = validate(row() * 2, XGB)
    report = validate(
        row(name="other", label=None), XGB, purpose="inference", against=training
    )
    assert "request/fields" in rules(report)
    report = validate(sparse(label=None), XGB, purpose="inference", against=training)
    assert "request/density" in rules(report)
    again = validate(row(label=None), XGB, purpose="inference", against=training)
    assert again.clean


def test_labels_that_training_did_not_have():
    job = {"num_round": 1, "objective": "multi:softmax", "num_class": 4}
    training = validate(row(label=(0,)) + row(label=(1,)), XGB, hyperparameters=job)
    new = row(label=(3,)) + row(label=(1,))
    options = {"channel": "validation", "against": training, "hyperparameters": job}
    finding = rules(validate(new, XGB, **options))["request/label-values"][0]
    assert "3" in finding.found
    same = validate(row(label=(1,)), XGB, **options)
    assert "request/label-values" not in rules(same)


def test_without_training_data_the_comparison_is_skipped_aloud():
    report = validate(row(label=None), XGB, purpose="inference")
    assert "against" in dict(report.skipped)["request/width"]
    assert "request/width" not in report.checked
    assert "request/width" not in dict(validate(row(), XGB).skipped)
    assert JOBS[XGB]
