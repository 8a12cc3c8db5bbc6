"""Files for batch transform: their rows, names and limits, and the job's settings."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

import recordsmith as rs
import service_model
from recordsmith.errors import FormatError, InputError, LimitError, ValidationError
from recordsmith.folders import manifest_path, read_manifest

MB = 1 << 20
X = np.arange(12.0).reshape(6, 2)


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def contents(folder):
    return {one.name: one.read_bytes() for one in sorted(Path(folder).iterdir())}


def left():
    """What stands in the working folder, hidden files too."""
    return sorted(os.listdir())


# -- files -----------------------------------------------------------------------------


def test_files_and_manifest():
    done = rs.transform_files(X, "batch", content_type="csv", rows=4)
    assert contents("batch") == {
        "part-00000.csv": b"0,1\n2,3\n4,5\n6,7\n",
        "part-00001.csv": b"8,9\n10,11\n",
    }
    assert (done.folder, done.rows, done.bytes) == ("batch", 6, 26)
    assert done.manifest == "batch.manifest.json"
    assert json.loads(Path(done.manifest).read_text()) == {
        "version": 1,
        "content_type": "text/csv",
        "split_type": "Line",
        "accept": None,
        "algorithm": None,
        "rows": 6,
        "files": [
            {
                "name": name,
                "begin": begin,
                "end": end,
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            for (name, data), (begin, end) in zip(
                contents("batch").items(), [(0, 4), (4, 6)]
            )
        ],
    }
    assert read_manifest("batch")["rows"] == 6
    assert left() == ["batch", "batch.manifest.json"]
    assert repr(done) == (
        "<TransformFiles of 6 rows in 2 files, 26 bytes, text/csv, SplitType Line>"
    )


@pytest.mark.parametrize(
    ("content_type", "suffix", "split"),
    [
        ("csv", "csv", "Line"),
        ("jsonlines", "jsonl", "Line"),
        ("recordio", "pbr", "RecordIO"),
        ("json", "json", "None"),
        ("libsvm", "libsvm", "None"),
    ],
)
def test_a_file_is_what_a_request_is(content_type, suffix, split):
    done = rs.transform_files(X, "batch", content_type=content_type, rows=2)
    found = list(contents("batch").items())
    assert [name for name, _ in found] == [f"part-0000{i}.{suffix}" for i in range(3)]
    want = [one.body for one in rs.requests(X, content_type=content_type, rows=2)]
    assert [data for _, data in found] == want
    assert done.split_type == split
    whole = rs.transform_files(X, "whole", content_type=content_type, whole_files=True)
    assert (whole.split_type, len(whole.files)) == ("None", 1)


def test_limits():
    rows = np.full((400_000, 5), 0.123456789)  # 60 bytes a row of CSV
    done = rs.transform_files(rows, "lines", content_type="csv", max_payload_mb=1)
    assert [one.bytes for one in done.files] == [24_000_000]  # more than a payload
    done = rs.transform_files(
        rows, "whole", content_type="csv", max_payload_mb=1, whole_files=True
    )
    assert len(done.files) == 23
    assert {one.bytes for one in done.files[:-1]} == {MB // 60 * 60}
    done = rs.transform_files(rows, "small", content_type="csv", file_bytes=10_000_000)
    assert [one.bytes for one in done.files] == [9_999_960, 9_999_960, 4_000_080]
    done = rs.transform_files(rows, "json", content_type="json", max_payload_mb=2)
    assert all(one.bytes <= 2 * MB for one in done.files)
    assert all(one.bytes > 2 * MB - 80 for one in done.files[:-1])


@pytest.mark.parametrize("content_type", ["csv", "jsonlines", "recordio", "json"])
def test_a_row_longer_than_a_payload(content_type):
    # Before it stand rows that fit, in the same block and in the same file.
    rows = [[0.5]] * 3 + [[1.0] * (MB // 4)] + [[0.5]]
    if content_type == "csv":
        rows = np.full((2, MB // 4 + 1), 0.25)
    ragged = content_type == "recordio"
    wide = np.full((1, MB // 8 + 1), 0.5)
    rows = wide if ragged else rows
    with pytest.raises(LimitError) as caught:
        rs.transform_files(rows, "batch", content_type=content_type, max_payload_mb=1)
    assert caught.value.row == (0 if content_type in ("csv", "recordio") else 3)
    limit = "the limit of a file" if content_type == "json" else "the longest payload"
    assert f"bytes as a request, {limit} is 1,048,576" in str(caught.value)
    assert left() == []
    with pytest.raises(LimitError, match="file_bytes is 10"):
        rs.transform_files(X + 1e6, "batch", content_type="csv", file_bytes=10)


def test_too_many_files(monkeypatch):
    from recordsmith.inference import transforming

    monkeypatch.setattr(transforming, "_MOST_FILES", 3)
    with pytest.raises(LimitError, match="more than 3 files"):
        rs.transform_files(X, "batch", content_type="csv", rows=1)
    assert left() == []


def test_progress():
    calls = []
    rs.transform_files(
        X, "batch", content_type="csv", rows=4, progress=lambda *a: calls.append(a)
    )
    assert calls == [(0, None, 4), (0, None, 6)]


def test_sparse_rows_are_told_how_large_they_are_when_dense():
    rows = sp.random(1000, 50_000, 0.001, "csr", "float32", random_state=1)
    done = rs.transform_files(rows, "batch", algorithm="factorization-machines")
    assert done.densified_bytes == 1000 * 50_000 * 4  # all fit one payload
    big = sp.vstack([rows] * 40)
    done = rs.transform_files(
        big, "more", algorithm="factorization-machines", max_payload_mb=1
    )
    payload = done.rows * MB // done.bytes  # rows of a payload
    assert done.densified_bytes == payload * 50_000 * 4
    assert rs.transform_files(X, "dense", content_type="csv").densified_bytes is None


@pytest.mark.parametrize(
    ("rows", "content_type", "form", "sparse"),
    [
        (sp.eye(3, format="csr"), "json", "auto", True),
        (sp.eye(3, format="csr"), "json", "dense", False),
        (np.eye(3), "recordio", "auto", False),
        (np.eye(3), "recordio", "sparse", True),
        (np.eye(3), "libsvm", "auto", True),
        (np.eye(3), "libsvm", "dense", False),
    ],
)
def test_rows_are_sparse_as_they_are_written(rows, content_type, form, sparse):
    done = rs.transform_files(rows, "batch", content_type=content_type, form=form)
    assert done.densified_bytes == (3 * 3 * 4 if sparse else None)


# -- what is refused -------------------------------------------------------------------


def test_no_rows():
    with pytest.raises(InputError, match="there are no rows, and a job needs a file"):
        rs.transform_files(np.zeros((0, 2)), "batch", content_type="csv")
    assert left() == []


def test_failures_leave_nothing():
    def batches():
        yield rs.decode(rs.encode(X))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        rs.transform_files(batches(), "batch", content_type="csv", rows=1)
    bad = X.copy()
    bad[5, 1] = np.nan
    with pytest.raises(ValidationError, match="row 5, column 1: data/nan"):
        rs.transform_files(bad, "batch", algorithm="kmeans", rows=1)
    with pytest.raises(InputError, match="JSON has no number"):
        rs.transform_files(bad, "batch", content_type="json")
    assert left() == []


@pytest.mark.parametrize("size", [0, 101, 1.5, "6"])
def test_payloads_that_are_none(size):
    with pytest.raises(LimitError, match="a whole number from 1 to 100"):
        rs.transform_files(X, "batch", content_type="csv", max_payload_mb=size)


def test_options_that_are_wrong():
    for options, message in [
        ({"file_bytes": 0}, "file_bytes is 0, expected 1 or more"),
        ({"file_bytes": 1.5}, "file_bytes is 1.5, expected 1 or more, a whole number"),
        ({"rows": 0}, "rows is 0, expected 1 or more"),
        ({"form": "x"}, "form is 'x'"),
        ({"content_type": "text/cvs"}, "did you mean text/csv"),
    ]:
        with pytest.raises(InputError, match=message):
            rs.transform_files(X, "batch", **{"content_type": "csv", **options})
    assert left() == []


# -- the folder ------------------------------------------------------------------------


def test_an_existing_folder():
    Path("empty").mkdir()
    rs.transform_files(X, "empty", content_type="csv")
    before = contents("empty")
    with pytest.raises(InputError, match="exists and is not empty; pass overwrite=True"):
        rs.transform_files(X[:1], "empty", content_type="csv")
    assert contents("empty") == before
    rs.transform_files(X[:1], "empty/", content_type="json", overwrite=True)
    assert list(contents("empty")) == ["part-00000.json"]
    assert read_manifest("empty")["rows"] == 1
    assert left() == ["empty", "empty.manifest.json"]


def test_overwriting_fails():
    rs.transform_files(X, "batch", content_type="csv")
    before = contents("batch"), read_manifest("batch")
    with pytest.raises(InputError, match="JSON has no number"):
        rs.transform_files(X * np.nan, "batch", content_type="json", overwrite=True)
    assert (contents("batch"), read_manifest("batch")) == before


def test_folders_of_others_are_not_removed():
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="were not written by this, such as 'thesis"):
        rs.transform_files(X, "mine", content_type="csv", overwrite=True)
    rs.transform_files(X, "batch", content_type="csv")
    Path("batch/more.csv").write_text("1,2\n")
    with pytest.raises(InputError, match="such as 'more.csv'"):
        rs.transform_files(X, "batch", content_type="csv", overwrite=True)
    Path("batch/more.csv").unlink()
    Path("batch.manifest.json").unlink()
    with pytest.raises(InputError, match="such as 'part-00000.csv'"):
        rs.transform_files(X, "batch", content_type="csv", overwrite=True)


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("s3://bucket/batch/", "this is an address.*aws s3 cp --recursive"),
        ("nowhere/batch", "the folder .* does not exist; make it first"),
        ("file", "this is a file, expected the name of a folder"),
        ("link", "this is a link, expected the name of a folder to make"),
    ],
)
def test_folders_that_cannot_be_made(folder, message):
    Path("file").touch()
    Path("link").symlink_to("elsewhere")
    with pytest.raises(InputError, match=message):
        rs.transform_files(X, folder, content_type="csv")
    assert left() == ["file", "link"]


def test_manifests_that_are_none():
    path = manifest_path("batch")
    for text, message in [
        ("{", "no manifest of JSON"),
        ("[]", "no manifest of files"),
        ('{"version": 2, "files": []}', "has version 2, expected 1"),
        ('{"version": 1, "files": [{"name": "a.csv"}]}', "file 0 lacks begin, end"),
        ('{"version": 1, "files": ["a.csv"]}', "file 0 lacks name, begin, end"),
    ]:
        Path(path).write_text(text)
        with pytest.raises(FormatError, match=message):
            read_manifest("batch")


# -- settings --------------------------------------------------------------------------


def job(settings):
    """A whole job, as boto3 would be called."""
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1}
    return {
        "TransformJobName": "scores",
        "ModelName": "model",
        "TransformResources": resources,
        **settings,
    }


KNOWN = (
    "text/csv",
    "application/json",
    "application/jsonlines",
    "application/x-recordio-protobuf",
    "text/libsvm",
)
CASES = [
    (one.key, kind)
    for one in rs.algorithms()
    for kind in one.inference.requests.value
    if kind in KNOWN and (one.key[:4], kind) != ("blaz", "application/json")
]


@pytest.mark.parametrize(("algorithm", "content_type"), CASES)
def test_the_service_takes_the_settings(algorithm, content_type):
    objects = ("object2vec", "forecasting-deepar", "blaz", "seq2seq")
    rows = X.astype("int32")
    if algorithm == "ipinsights":
        rows = [("user", "10.0.0.1")]
    elif algorithm.startswith(objects) and "json" in content_type:
        rows = [{"source": "a text"}]
    done = rs.transform_files(
        rows, "batch", algorithm=algorithm, content_type=content_type
    )
    settings = done.settings("s3://b/in/", "s3://b/out/", max_concurrent=16)
    assert service_model.errors(job(settings), "CreateTransformJobRequest") == []
    assert settings["TransformInput"]["ContentType"] == done.content_type
    accept = settings["TransformOutput"]["Accept"]
    assert accept in rs.algorithm(algorithm).inference.responses.value
    assembly = settings["TransformOutput"]["AssembleWith"]
    if accept in ("application/jsonlines", "text/csv"):
        assert assembly == "Line"
    elif accept == "application/json":
        one_response = settings["TransformInput"]["SplitType"] == "None"
        assert assembly == ("None" if one_response else "Line")
    else:
        assert assembly == "None"


@pytest.mark.parametrize(
    ("algorithm", "content_type", "split", "strategy", "accept", "assembly"),
    [
        ("kmeans", None, "RecordIO", "MultiRecord", "application/jsonlines", "Line"),
        ("linear-learner", "csv", "Line", "MultiRecord", "application/jsonlines", "Line"),
        ("pca", "json", "None", None, "application/jsonlines", "Line"),
        ("lda", "csv", "Line", "MultiRecord", "application/json", "Line"),
        ("xgboost", "csv", "Line", "MultiRecord", "text/csv", "Line"),
        ("xgboost", "libsvm", "None", None, "text/csv", "Line"),
        ("lightgbm", None, "Line", "MultiRecord", "application/json", "Line"),
        ("seq2seq", None, "RecordIO", "MultiRecord", KNOWN[3], "None"),
    ],
)
def test_settings(algorithm, content_type, split, strategy, accept, assembly):
    rows = X.astype("int32") if algorithm == "seq2seq" else X
    done = rs.transform_files(
        rows, "batch", algorithm=algorithm, content_type=content_type
    )
    found = done.settings()
    assert found["MaxPayloadInMB"] == 6
    assert found.get("BatchStrategy") == strategy
    assert found["TransformInput"]["SplitType"] == split
    assert found["TransformOutput"] == {"Accept": accept, "AssembleWith": assembly}
    assert not {"DataSource", "MaxConcurrentTransforms", "DataProcessing"} & {
        *found,
        *found["TransformInput"],
    }


def test_blazingtext_takes_lines():
    """Its page: in batch transform both types have to be JSON Lines."""
    words = [{"source": "word"}]
    one = "blazingtext-word2vec"
    done = rs.transform_files(words, "batch", algorithm=one)
    output = done.settings()["TransformOutput"]
    assert output == {"Accept": "application/jsonlines", "AssembleWith": "Line"}
    with pytest.raises(InputError, match="takes no application/json in batch transform"):
        rs.transform_files(words, "other", algorithm=one, content_type="json")


def test_deepar_goes_one_by_one():
    series = [{"start": "2026-01-01 00:00:00", "target": [1.5, None, "NaN"]}]
    done = rs.transform_files(series, "batch", algorithm="forecasting-deepar")
    assert done.settings() == {
        "MaxPayloadInMB": 6,
        "BatchStrategy": "SingleRecord",
        "TransformInput": {"ContentType": "application/jsonlines", "SplitType": "Line"},
        "TransformOutput": {"Accept": "application/jsonlines", "AssembleWith": "Line"},
    }


def test_settings_that_are_asked_for():
    done = rs.transform_files(
        X,
        "batch",
        algorithm="kmeans",
        content_type="csv",
        accept="text/csv",
        max_payload_mb=20,
    )
    found = done.settings("s3://b/x", "s3://b/y", max_concurrent=5, join_source=True)
    assert found == {
        "MaxPayloadInMB": 20,
        "BatchStrategy": "MultiRecord",
        "MaxConcurrentTransforms": 5,
        "TransformInput": {
            "ContentType": "text/csv; label_size=0",
            "SplitType": "Line",
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/x"}
            },
        },
        "TransformOutput": {
            "Accept": "text/csv",
            "AssembleWith": "Line",
            "S3OutputPath": "s3://b/y",
        },
        "DataProcessing": {"JoinSource": "Input"},
    }
    assert service_model.errors(job(found), "CreateTransformJobRequest") == []
    with pytest.raises(LimitError, match="more than 100 MB.*at most 5 at once"):
        done.settings(max_concurrent=6)
    with pytest.raises(LimitError, match="at most 5 at once"):
        done.settings(max_concurrent=0)
    with pytest.raises(InputError, match="input_uri is 'x', expected s3://"):
        done.settings("x")


def test_joins_that_sagemaker_does_not_do():
    done = rs.transform_files(X, "batch", algorithm="kmeans")
    with pytest.raises(InputError, match="does not join requests of application/x-rec"):
        done.settings(join_source=True)
    done = rs.transform_files(X, "other", content_type="csv")
    with pytest.raises(InputError, match="does not join responses of none"):
        done.settings(join_source=True)


def test_accept():
    done = rs.transform_files(X, "a", algorithm="knn", accept="application/json; verbose")
    assert done.accept == "application/json; verbose"
    done = rs.transform_files(X, "b", content_type="csv", accept="text/plain")
    assert done.settings()["TransformOutput"] == {
        "Accept": "text/plain",
        "AssembleWith": "None",
    }
    with pytest.raises(InputError, match="gives no responses of text/csv, it"):
        rs.transform_files(X, "c", algorithm="pca", accept="text/csv")
