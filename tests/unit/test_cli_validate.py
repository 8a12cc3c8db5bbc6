"""recordsmith validate, and convert --algorithm, called as a function."""

import json

import pytest

import recordsmith as rs
from recordsmith.cli import main
from recordsmith.reporting.findings import Report
from validating import RECORDIO, row

JOB = ["--algorithm", "linear-learner", "--hyperparameters", "predictor_type=regressor"]
TYPE = ["--content-type", RECORDIO]


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.pbr"
    path.write_bytes(row() * 3)
    return str(path)


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.pbr"
    path.write_bytes(row() + row((1, float("nan"), 3)) + row((1, 2)))
    return str(path)


def test_a_good_file(good, capsys):
    assert main(["validate", good, *JOB, *TYPE]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{good} for linear-learner, channel train: ok, 3 rows")
    assert main(["validate", good, "-q"]) == 0
    assert capsys.readouterr().out == ""


def test_findings_are_exit_code_3(bad, capsys):
    assert main(["validate", bad, *JOB]) == 3
    out = capsys.readouterr().out
    for part in ("data/nan", "record 2, column 1", "record/width", "record 3"):
        assert part in out


def test_without_an_algorithm(good, bad):
    assert main(["validate", good]) == 0
    assert main(["validate", bad, "-q"]) == 3


def test_notes_alone_are_fine(good, capsys):
    assert main(["validate", good, "--algorithm", "xgboost"]) == 0
    assert "note channel/content-type" in capsys.readouterr().out


def test_json(bad, capsys):
    assert main(["validate", bad, "--json", *JOB, "--max-places", "1"]) == 3
    report = Report.from_json(capsys.readouterr().out)
    assert {one.rule for one in report.findings} >= {"data/nan", "record/width"}
    assert report.rows == 3 and report.files == (bad,)
    assert all(len(one.places) <= 1 for one in report.findings)


def test_reports_as_files(bad, tmp_path):
    sarif, page = tmp_path / "x.sarif", tmp_path / "x.html"
    args = ["--sarif", str(sarif), "--html", str(page), "-q"]
    assert main(["validate", bad, *args, *JOB]) == 3
    results = json.loads(sarif.read_text())["runs"][0]["results"]
    assert {one["ruleId"] for one in results} >= {"data/nan", "record/width"}
    assert "data/nan" in page.read_text()


def test_hyperparameters(good, tmp_path, capsys):
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"HyperParameters": {"feature_dim": "4"}}))
    args = ["--hyperparameters", str(job), "--hyperparameters", "mini_batch_size=9"]
    assert main(["validate", good, "--algorithm", "linear-learner", *args]) == 3
    out = capsys.readouterr().out
    assert "job/feature-dim" in out and "job/mini-batch-size" in out
    job.write_text("[]")
    with pytest.raises(SystemExit) as caught:
        main(["validate", good, *args])
    assert caught.value.code == 2


def test_against(good, tmp_path, capsys):
    main(["validate", good, "--json"])
    saved = tmp_path / "train.json"
    saved.write_text(capsys.readouterr().out)
    wide = tmp_path / "wide.pbr"
    wide.write_bytes(row((1, 2, 3, 4), label=None))
    args = ["--purpose", "inference", "--against", str(saved)]
    assert main(["validate", str(wide), "--algorithm", "knn", *args]) == 3
    assert "request/width" in capsys.readouterr().out


def test_what_cannot_be_read_is_exit_code_1(tmp_path, capsys):
    assert main(["validate", str(tmp_path / "nothing.pbr")]) == 1
    assert "nothing.pbr" in capsys.readouterr().err
    assert main(["validate", str(tmp_path), "--algorithm", "nothing"]) == 1
    with pytest.raises(SystemExit) as caught:
        main(["validate", str(tmp_path), "--purpose", "fun"])
    assert caught.value.code == 2


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b,y\n1,2,0\n3,4,1\n5,6,2\n")
    return str(path)


BINARY = ["--hyperparameters", "predictor_type=binary_classifier"]


def test_convert_for_an_algorithm(table, tmp_path, capsys):
    target = tmp_path / "out.pbr"
    args = [
        "convert",
        table,
        str(target),
        "--label",
        "y",
        "--algorithm",
        "linear-learner",
    ]
    assert main([*args, *BINARY]) == 3
    err = capsys.readouterr().err
    assert "label/values" in err and "record 3" in err and "nothing was written" in err
    assert not target.exists()
    assert main(args) == 0
    assert rs.read(target).features.dtype == "float32"


def test_convert_gives_its_report_as_json(table, tmp_path, capsys):
    args = ["convert", table, str(tmp_path / "out.pbr"), "--label", "y", "--json"]
    args += ["--algorithm", "linear-learner"]
    assert main([*args, *BINARY]) == 3
    assert not Report.from_json(capsys.readouterr().out).ok
    assert main(args) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["report"]["ok"] is True
