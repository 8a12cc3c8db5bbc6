"""What `lint` takes: jobs, lists, channels, files; and the lines of what it finds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel_cases import channel, found, job, one, rules
from recordsmith.channels import json_text, lint
from recordsmith.errors import InputError, ParseError

PB = "application/x-recordio-protobuf"
BAD = channel(ContentType="csv")


# -- files -----------------------------------------------------------------------------


def test_a_files_findings_have_lines(tmp_path):
    path = tmp_path / "job.json"
    text = json.dumps(job(BAD), indent=2)
    path.write_text(text, "utf-8")
    finding = one(path, "channel/content-type")
    (place,) = finding.places
    assert place.path == str(path)
    assert '"ContentType": "csv"' in text.splitlines()[place.line - 1]
    assert place.setting == "InputDataConfig[0].ContentType"
    assert place.channel == "train"
    assert found(str(path)) == found(job(BAD))


def test_what_is_missing_is_on_the_line_of_what_is_around(tmp_path):
    path = tmp_path / "channels.json"
    path.write_text('[\n {\n  "DataSource": {\n   "S3DataSource": {}\n  }\n }\n]')
    places = {
        f.places[0].setting: f.places[0].line for f in lint(path).findings if f.places
    }
    assert places == {
        "InputDataConfig[0].ChannelName": 2,
        "InputDataConfig[0].DataSource.S3DataSource.S3DataType": 4,
        "InputDataConfig[0].DataSource.S3DataSource.S3Uri": 4,
    }


def test_the_log_for_github_has_the_lines(tmp_path):
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job(BAD), indent=2), "utf-8")
    (result,) = json.loads(lint(path).to_sarif())["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (
        path.read_text().splitlines()[region["startLine"] - 1].count("ContentType") == 1
    )


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"", ParseError, "line 1: no JSON: Expecting value"),
        (b'{\n "InputDataConfig": [,]}', ParseError, "line 2: no JSON: Expecting value"),
        (b"\xff\xfe{}", ParseError, "no JSON: byte 0 is not UTF-8"),
        (b"[" * 100_000, ParseError, "nested too deeply"),
        # Newer Pythons read no such number, older ones find that it is no job.
        (b"1" * 10_000, (ParseError, InputError), "job.json: n"),
        (
            b"{}",
            InputError,
            "neither a training job nor a channel: found an empty object",
        ),
        (b'"train"', InputError, "neither a training job nor channels: found str"),
        (
            b'{"Inputdataconfig": []}',
            InputError,
            "found 'Inputdataconfig'; did you mean InputDataConfig?",
        ),
    ],
)
def test_files_that_cannot_be_read(tmp_path, data, error, message):
    path = tmp_path / "job.json"
    path.write_bytes(data)
    with pytest.raises(error) as caught:
        lint(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        lint(tmp_path / "none.json")


def test_a_byte_order_mark_is_no_error(tmp_path):
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job(channel(ContentType=PB))), "utf-8-sig")
    assert found(path) == []


def test_keys_that_stand_twice(tmp_path):
    path = tmp_path / "channel.json"
    text = json.dumps(channel(ContentType=PB), indent=1)
    path.write_text(text.replace("{\n", '{\n "ContentType": "csv",\n', 1))
    assert found(path, algorithm="linear-learner") == [
        ("channel/repeated-key", "warning", "ContentType")
    ]


# -- JSON with lines -------------------------------------------------------------------

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(values, st.sampled_from([None, 0, 3]), st.booleans())
def test_any_json_is_walked_to_its_end(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    parsed = json_text.parse(text)
    assert parsed.value == value
    assert parsed.repeated == []
    assert all(1 <= line <= text.count("\n") + 1 for line in parsed.lines.values())


@given(st.dictionaries(st.text('abc[]{}":,\\ é', min_size=1), values, min_size=1))
def test_the_lines_of_keys(value):
    text = json.dumps(value, indent=1)
    lines = text.splitlines()
    parsed = json_text.parse(text)
    for key in value:
        line = lines[parsed.lines[key] - 1]
        assert line.startswith(" ") and json.dumps(key) in line


# -- what the job tells ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "hyperparameters", "expected"),
    [
        ("linear-learner:1", {}, "linear-learner"),
        ("sagemaker-xgboost:1.7-1", {}, "xgboost"),
        ("xgboost:1", {}, "xgboost"),
        ("sagemaker-xgboost:1.7-1", {"sagemaker_program": "train.py"}, None),
        ("blazingtext:1", {"mode": "supervised"}, "blazingtext-text-classification"),
        ("blazingtext:1", {"mode": "cbow"}, "blazingtext-word2vec"),
        ("kmeans@sha256:0123abcd", {}, "kmeans"),
        ("team/k-means:1", {}, None),
        ("pytorch-training:2.0", {}, None),
    ],
)
def test_the_image_tells_the_algorithm(image, hyperparameters, expected):
    report = lint(job(channel(), image=image, HyperParameters=hyperparameters))
    assert report.algorithm == expected


def test_what_is_given_comes_before_what_the_job_tells():
    value = job(channel(ContentType=PB), image="pca:1", HyperParameters={})
    assert lint(value, algorithm="fm").algorithm == "factorization-machines"
    assert "channel/hyperparameter-missing" in rules(value)
    good = {"feature_dim": "3", "num_components": "2", "mini_batch_size": "10"}
    assert found(value, hyperparameters=good) == []
    lda = job(channel(ContentType=PB), image="lda:1")
    assert rules(lda, instances=2) == {"channel/instances"}


def test_one_channel():
    report = lint(channel(ContentType=PB), algorithm="seq2seq")
    assert report.channel == "train"
    assert report.clean
    reason = "only one channel was given"
    assert ("channel/missing-channel", reason) in report.skipped


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        (channel(), "channels: channel train"),
        ([channel(), channel("test")], "channels: 2 channels"),
        (job(channel()), "a-job: 1 channel for linear-learner"),
    ],
)
def test_subject(value, subject):
    assert lint(value).subject == subject


def test_why_rules_could_not_be_applied():
    skipped = dict(lint([channel(CompressionType="Gzip")]).skipped)
    assert skipped["channel/content-type"].startswith("no algorithm was named")
    assert skipped["channel/shards"] == "the number of instances is not known"
    assert skipped["channel/instance-group"].startswith("only channels were given")
    assert skipped["channel/hidden-file"] == "no objects were given"
    assert skipped["channel/compression"] == "the input mode is not known"


def test_objects_of_a_channel_that_is_not_there():
    with pytest.raises(
        InputError, match="a channel 'trian', but .* did you mean 'train'"
    ):
        lint([channel()], objects={"trian": []})


def test_no_such_algorithm():
    with pytest.raises(InputError, match="no built-in algorithm is called 'lineer-learn"):
        lint([channel()], algorithm="lineer-learner")


def test_what_a_describe_call_gives_is_a_job_too():
    value = {
        **job(channel(ContentType=PB)),
        "TrainingJobArn": "arn:aws:sagemaker:eu-west-1:111111111111:training-job/a-job",
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
    }
    assert found(value) == []


@pytest.mark.parametrize("key", ["a[", "[", "a.b", ".", "[0]", "a[0].b]", "", "a]"])
def test_keys_that_look_like_ways(key, tmp_path):
    value = {**channel(), key: 1}
    assert [setting for _, _, setting in found(value)] == [key or None]
    path = tmp_path / "channel.json"
    path.write_text(json.dumps(value, indent=1))
    assert one(path, "channel/unknown-key").places[0].line == 9
