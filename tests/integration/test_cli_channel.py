"""recordsmith channel: lint and build as commands."""

import json

import pytest

import sarif_rules
import service_model
from channel_cases import channel, job
from commands import bad, good, names, run
from recordsmith.reporting.findings import Report

PB = "application/x-recordio-protobuf"


@pytest.fixture
def folder(tmp_path):
    def save(name, value):
        (tmp_path / name).write_text(json.dumps(value, indent=1), "utf-8")

    save("good.json", job(channel(ContentType=PB)))
    save("bad.json", job(channel(ContentType="csv")))
    save("note.json", job(channel()))
    save("channels.json", [channel(ContentType="text/csv")])
    listing = {"Contents": [{"Key": "train/a.csv", "Size": 5, "ETag": '"1"'}]}
    save("listing.json", listing)
    save("hidden.json", {"Contents": [{"Key": "train/.a", "Size": 5}]})
    save("odd.json", {"Contents": [{"Name": "a"}]})
    return tmp_path


@pytest.mark.parametrize("action", ["lint", "build"])
def test_help(action):
    text = good("channel", action, "--help")
    assert text.startswith(f"usage: recordsmith channel {action}")
    assert "examples:" in text
    assert max(map(len, text.splitlines())) < 130


def test_a_good_job_is_one_line(folder):
    lines = good("channel", "lint", "good.json", cwd=folder).splitlines()
    assert lines[0].startswith("good.json: 1 channel for linear-learner: ok, ")
    assert lines[2].startswith("not checked: channel/")
    assert "error" not in "".join(lines)


def test_notes_alone_are_no_failure(folder):
    assert "ok, 1 note" in good("channel", "lint", "note.json", cwd=folder)
    assert good("channel", "lint", "note.json", "--quiet", cwd=folder) == ""


def test_findings_are_exit_code_3(folder):
    done = run("channel", "lint", "bad.json", cwd=folder)
    assert (done.returncode, done.stderr) == (3, b"")
    text = done.stdout.decode()
    assert "error channel/content-type: ContentType must be one that" in text
    assert "bad.json, channel train: line 16, InputDataConfig[0].ContentType" in text
    assert "write text/csv" in text


def test_json_and_sarif(folder):
    done = run("channel", "lint", "bad.json", "--json", "--sarif", "a.sarif", cwd=folder)
    assert done.returncode == 3
    report = Report.from_json(done.stdout.decode())
    assert [f.rule for f in report.findings] == ["channel/content-type"]
    assert sarif_rules.check(json.loads((folder / "a.sarif").read_text())) == 1


def test_standard_input(folder):
    data = (folder / "bad.json").read_bytes()
    done = run("channel", "lint", "-", "--json", input=data)
    report = Report.from_json(done.stdout.decode())
    assert (done.returncode, report.findings[0].places[0].line) == (3, 16)


def test_options_tell_what_the_file_does_not(folder):
    def told(*options):
        done = run("channel", "lint", "channels.json", "--json", *options, cwd=folder)
        report = Report.from_json(done.stdout.decode())
        return done.returncode, {f.rule for f in report.findings}

    assert told() == (0, set())
    assert told("--algorithm", "rcf") == (
        3,
        {"channel/distribution", "channel/label-size"},
    )
    xgboost = ("--algorithm", "xgboost", "--container", "1.7-1")
    assert told(*xgboost, "--objects", "train=listing.json") == (0, set())
    assert told(*xgboost, "--objects", "train=hidden.json") == (
        3,
        {"channel/hidden-file", "channel/no-objects"},
    )
    assert told("--algorithm", "catboost", "--instances", "2")[0] == 3


@pytest.mark.parametrize(
    ("code", "args", "message"),
    [
        (1, ["lint", "none.json"], "none.json: No such file or directory"),
        (1, ["lint", "listing.json"], "listing.json: neither a training job nor a chann"),
        (1, ["lint", "good.json", "--algorithm", "xgbost"], "did you mean xgboost?"),
        (
            1,
            ["lint", "good.json", "--objects", "train=odd.json"],
            "odd.json: the listing ",
        ),
        (
            1,
            ["lint", "good.json", "--objects", "tran=listing.json"],
            "did you mean 'trai",
        ),
        (2, ["lint", "good.json", "--objects", "train"], "'train' is not CHANNEL=FILE"),
        (2, ["lint"], "required: JOB.json"),
        (2, ["lnt", "good.json"], "unknown command 'lnt'; did you mean lint?"),
        (2, [], "required: ACTION"),
        (2, ["lint", "good.json", "--algoritm", "x"], "did you mean --algorithm?"),
        (2, ["build", "train"], "required: URI"),
        (2, ["build", "train", "fs-0123456789abcdef0:/d"], "needs --file-system-type"),
        (
            2,
            ["build", "train", "s3://b/x", "--access-mode", "ro"],
            "--access-mode is not for S3",
        ),
        (
            2,
            ["build", "train", "fs-0123456789abcdef0:/d", "--input-mode", "File"],
            "--input-mode is not for a file system",
        ),
        (
            1,
            ["build", "train", "s3://b/x", "--input-mode", "pipe"],
            "input_mode is 'pipe', expected Pipe, File or FastFile; did you mean Pipe?",
        ),
        (
            1,
            ["build", "t", "s3://b/x", "--algorithm", "pca", "--content-type", "csv"],
            "pass --content-type 'text/csv;label_size=0'",
        ),
    ],
)
def test_wrong_usage_and_unreadable_files(folder, code, args, message):
    before = names(folder)
    assert message in bad(code, "channel", *args, cwd=folder)
    assert names(folder) == before


def test_build():
    text = good(
        *("channel", "build", "train", "s3://bucket/train/"),
        *("--algorithm", "rcf", "--content-type", "csv", "--instance-groups", "a,b"),
    )
    built = json.loads(text)
    assert service_model.errors([built]) == []
    assert built == channel(
        S3DataDistributionType="ShardedByS3Key",
        InstanceGroupNames=["a", "b"],
        ContentType="text/csv;label_size=0",
    )


def test_build_for_the_sdk():
    text = good("channel", "build", "train", "s3://b/x", "--shuffle-seed", "7", "--sdk")
    assert json.loads(text) == {
        "s3_data": "s3://b/x",
        "s3_data_type": "S3Prefix",
        "distribution": "FullyReplicated",
        "shuffle_config": {"seed": 7},
    }


def test_build_of_a_file_system():
    text = good(
        *("channel", "build", "train", "fs-0123456789abcdef0:/data"),
        *("--file-system-type", "EFS", "--access-mode", "rw"),
    )
    source = json.loads(text)["DataSource"]["FileSystemDataSource"]
    assert source["DirectoryPath"] == "/data"
    assert source["FileSystemAccessMode"] == "rw"


def test_a_channel_that_would_be_wrong_is_not_printed():
    done = run(
        *("channel", "build", "train", "s3://b/x"),
        *("--compression", "Gzip", "--input-mode", "File"),
    )
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"error channel/compression" in done.stderr
