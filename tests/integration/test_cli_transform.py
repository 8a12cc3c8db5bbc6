"""recordsmith transform: files in a folder, the job's settings, exit codes."""

import json

import numpy as np
import pytest
import scipy.sparse as sp

import recordsmith as rs
import service_model
from commands import bad, csv_bytes, good, names, run


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "new.csv"
    path.write_bytes(csv_bytes(5))
    return path


def test_files_and_settings(table, tmp_path):
    done = run(
        *("transform", table, "batch", "--drop", "y", "--algorithm", "kmeans"),
        *("--input-uri", "s3://bucket/in/", "--output-uri", "s3://bucket/out/"),
        *("--max-payload-mb", "10", "--max-concurrent", "10"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode().startswith("5 rows, 200 bytes written to 1 file in batch")
    settings = json.loads(done.stdout)
    assert settings["MaxConcurrentTransforms"] == 10
    job = {
        "TransformJobName": "scores",
        "ModelName": "model",
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **settings,
    }
    assert service_model.errors(job, "CreateTransformJobRequest") == []
    assert names(tmp_path) == ["batch", "batch.manifest.json", "new.csv"]
    got = rs.read(tmp_path / "batch" / "part-00000.pbr").features
    assert got.dtype == np.float32
    assert got.tolist() == [[i + 0.5] * 4 for i in range(5)]


def test_json(table, tmp_path):
    out = good(
        *("transform", table, "batch", "--label", "y", "--drop-labels", "--rows", "2"),
        *("--content-type", "json", "--json", "--quiet"),
        cwd=tmp_path,
    )
    found = json.loads(out)
    assert (found["rows"], found["files"], found["folder"]) == (5, 3, "batch")
    assert found["changes"] == {"dropped": 5}
    assert found["settings"]["TransformInput"] == {
        "ContentType": "application/json",
        "SplitType": "None",
    }
    body = json.loads((tmp_path / "batch" / "part-00002.json").read_text())
    assert body == {"instances": [{"features": [4.5] * 4}]}


def test_configuration_and_standard_input(tmp_path):
    good(
        *("transform", "-", "b", "--from", "csv", "--no-header", "--whole-files"),
        *("--content-type", "jsonlines", "--configuration", '{"k": 2}', "--quiet"),
        input=b"1.5,2\n",
        cwd=tmp_path,
    )
    assert json.loads((tmp_path / "b" / "part-00000.jsonl").read_text()) == {
        "configuration": {"k": 2},
        "data": {"features": {"values": [1.5, 2.0]}},
    }


def test_overwrite(table, tmp_path):
    args = ["transform", table, "batch", "--drop", "y", "--content-type", "csv"]
    good(*args, cwd=tmp_path)
    message = bad(1, *args, cwd=tmp_path)
    assert message.startswith("batch: the folder exists and is not empty; pass --overw")
    good(*args, "--overwrite", "--rows", "1", cwd=tmp_path)
    assert len(names(tmp_path / "batch")) == 5


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--content-type", "csv", "--label", "y"], "or pass --drop-labels"),
        (
            ["--algorithm", "xgboost", "--content-type", "json"],
            "takes no requests of",
        ),
        (["--algorithm", "kmean"], "did you mean kmeans"),
        ([], "pass --content-type, one of text/csv"),
        (["--content-type", "csv", "--max-payload-mb", "101"], "from 1 to 100"),
        (["--content-type", "csv", "--max-concurrent", "17"], "at most 16 at once"),
        (["--content-type", "csv", "--input-uri", "bucket/x"], "expected s3://BUCKET"),
        (["--algorithm", "kmeans", "--join-source"], "does not join requests of applic"),
        (["--content-type", "csv", "--join-source"], "does not join responses of none"),
    ],
)
def test_what_is_refused(table, tmp_path, args, message):
    assert message in bad(1, "transform", table, "batch", *args, cwd=tmp_path)
    assert names(tmp_path) == ["new.csv"]


def test_wrong_usage(table, tmp_path):
    assert "needs an input and a folder" in bad(2, "transform", "a.csv", cwd=tmp_path)
    args = ["transform", table, "batch", "--content-type", "csv", "--configuration"]
    assert "is no JSON: " in bad(2, *args, "{", cwd=tmp_path)
    assert "is no JSON object" in bad(2, *args, "[1]", cwd=tmp_path)


def test_rows_that_the_algorithm_refuses(tmp_path):
    (tmp_path / "new.csv").write_text("a,b\n1,2\n3,\n")
    args = ["transform", "new.csv", "batch", "--algorithm", "pca", "--nulls", "nan"]
    done = run(*args, cwd=tmp_path)
    assert done.returncode == 3
    assert b"error data/nan" in done.stderr
    assert b"nothing was written" in done.stderr
    done = run(*args, "--json", cwd=tmp_path)
    assert done.returncode == 3
    assert json.loads(done.stdout)["findings"][0]["rule"] == "data/nan"
    assert names(tmp_path) == ["new.csv"]


def test_large_when_dense(tmp_path):
    diagonal = sp.eye(3000, 200_000, format="csr", dtype="float32")
    sp.save_npz(tmp_path / "x.npz", diagonal)
    done = run(
        *("transform", "x.npz", "batch", "--algorithm", "factorization-machines"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert b"warning: the rows of one payload take 2.4 GB" in done.stderr


def scored(name, data):
    """What a model that adds up the features answers to one file, as JSON Lines."""
    if name.endswith(".pbr"):
        rows = rs.decode(data).features
    elif name.endswith(".csv"):
        rows = [line.split(b",") for line in data.splitlines()]
    elif name.endswith(".json"):
        rows = [one["features"] for one in json.loads(data)["instances"]]
    else:
        rows = [json.loads(line)["features"] for line in data.splitlines()]
    sums = np.array(rows, "float64").sum(axis=1)
    return "".join(f'{{"score":{x}}}\n' for x in sums.tolist())


@pytest.mark.parametrize("content_type", ["recordio", "csv", "json", "jsonlines"])
def test_there_and_back(tmp_path, content_type):
    """Rows go out as files, and their predictions come back beside their ids."""
    X = np.random.default_rng(1).integers(-9, 9, (50, 4)) / 4
    np.save(tmp_path / "new.npy", X)
    ids = "id\n" + "".join(f"user-{i}\n" for i in range(50))
    (tmp_path / "ids.csv").write_text(ids)
    good(
        *("transform", "new.npy", "batch", "--content-type", content_type),
        *("--rows", "7", "--quiet"),
        cwd=tmp_path,
    )
    (tmp_path / "scores").mkdir()
    for file in (tmp_path / "batch").iterdir():
        answer = scored(file.name, file.read_bytes())
        (tmp_path / "scores" / f"{file.name}.out").write_text(answer)
    join = ("join", "batch", "scores", "--ids", "ids.csv", "--out", "scored.csv")
    good(*join, cwd=tmp_path)
    lines = (tmp_path / "scored.csv").read_text().splitlines()
    assert lines[0].replace('"', "") == "id,score"
    found = [line.replace('"', "").split(",") for line in lines[1:]]
    assert [name for name, _ in found] == [f"user-{i}" for i in range(50)]
    assert [float(score) for _, score in found] == X.sum(axis=1).tolist()
    (tmp_path / "scores" / next(iter(names(tmp_path / "scores")))).unlink()
    assert run(*join, "--overwrite", cwd=tmp_path).returncode == 1
