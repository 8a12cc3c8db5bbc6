"""Content types, their parameters and input modes: what each algorithm takes."""

import pytest

from channel_cases import channel, found, job, one
from recordsmith.channels import lint

PB = "application/x-recordio-protobuf"
CSV0 = "text/csv;label_size=0"

# -- content types: (algorithm, channel, content type, severity or None, fix) ----------

TYPES = [
    ("linear-learner", "train", PB, None, ""),
    ("linear-learner", "train", "text/csv", None, ""),
    ("linear-learner", "train", "csv", "error", "write text/csv"),
    ("linear-learner", "train", "text/cvs", "error", "write text/csv"),
    ("linear-learner", "train", "text/CSV", "error", "write text/csv"),
    ("linear-learner", "train", "recordio-protobuf", "warning", f"write {PB}"),
    ("linear-learner", "train", "application/x-parquet", "warning", "convert the data"),
    ("linear-learner", "train", None, "note", f"set it to {PB} or text/csv"),
    ("factorization-machines", "train", "text/csv", "warning", PB),
    ("xgboost", "train", "csv", None, ""),
    ("xgboost", "train", "libsvm", None, ""),
    ("xgboost", "train", "application/json", "error", "convert the data"),
    ("xgboost", "train", None, "warning", "set it to text/csv, "),
    ("xgboost", "code", "text/python", None, ""),
    ("forecasting-deepar", "train", None, None, ""),
    ("image-classification-tensorflow", "training", None, None, ""),
    ("ipinsights", "train", None, "warning", "set it to text/csv"),
    ("ntm", "auxiliary", "text/plain", None, ""),
    ("ntm", "auxiliary", "text/csv", "error", "set it to text/plain"),
    ("ntm", "auxiliary", None, "note", "set it to text/plain"),
    ("object2vec", "auxiliary", "text/plain", "warning", "set it to application/json"),
    ("seq2seq", "vocab", "any/thing", None, ""),
    ("text-classification-tensorflow", "training", None, None, ""),
    ("text-classification-tensorflow", "training", "text/plain", "warning", "text/csv"),
]


@pytest.mark.parametrize(("name", "of", "given", "severity", "fix"), TYPES)
def test_content_type(name, of, given, severity, fix):
    settings = {} if given is None else {"ContentType": given}
    value = channel(of, S3DataDistributionType="FullyReplicated", **settings)
    some = [
        f
        for f in lint(value, algorithm=name).findings
        if f.rule == "channel/content-type"
    ]
    assert [f.severity for f in some] == ([] if severity is None else [severity])
    if severity is not None:
        assert some[0].places[0].setting == "ContentType"
        assert fix in some[0].fix
        assert some[0].sources


def test_what_the_job_would_say_of_a_short_form():
    value = channel(ContentType="csv")
    assert one(value, "channel/content-type", algorithm="pca").message == (
        "No iterator has been registered for ContentType ('csv', '1.0')"
    )


# -- parameters and label_size: (algorithm, channel, content type, rule, severity) -----

PARAMETER, LABEL = "channel/content-type-parameter", "channel/label-size"
PARAMETERS = [
    ("kmeans", "train", "text/csv", LABEL, "warning"),
    ("kmeans", "train", CSV0, None, None),
    ("kmeans", "train", "text/csv; label_size=0", None, None),
    ("kmeans", "train", "text/csv;label_size=1", None, None),
    ("kmeans", "train", "text/csv;label_size=two", LABEL, "error"),
    ("linear-learner", "train", "text/csv;labelsize=1", PARAMETER, "warning"),
    ("pca", "test", "text/csv", LABEL, "warning"),
    ("randomcutforest", "train", "text/csv", LABEL, "error"),
    ("randomcutforest", "train", "text/csv;label_size=1", LABEL, "error"),
    ("randomcutforest", "train", CSV0, None, None),
    ("randomcutforest", "test", CSV0, LABEL, "error"),
    ("randomcutforest", "test", "text/csv;label_size=1", None, None),
    ("randomcutforest", "test", "text/csv", None, None),
    ("randomcutforest", "test", "text/csv;label_size=2", LABEL, "error"),
    ("linear-learner", "train", "text/csv;label_size=1", None, None),
    ("linear-learner", "train", CSV0, LABEL, "error"),
    ("knn", "train", "text/csv;label_size=3", None, None),
    ("xgboost", "train", "text/csv;label_size=1", PARAMETER, "error"),
    ("xgboost", "train", CSV0, PARAMETER, "error"),
    ("xgboost", "train", "text/csv;charset=utf-8", PARAMETER, "error"),
    ("catboost", "training", "text/csv;label_size=1", PARAMETER, "note"),
    (
        "image-classification",
        "train",
        "application/x-recordio;label-format=class-id",
        None,
        None,
    ),
    (
        "image-classification",
        "train",
        "application/x-recordio;label-format=one-hot",
        PARAMETER,
        "error",
    ),
]


@pytest.mark.parametrize(("name", "of", "given", "rule", "severity"), PARAMETERS)
def test_parameters_of_content_types(name, of, given, rule, severity):
    sharded = name == "randomcutforest" and of == "train"
    value = channel(
        of,
        ContentType=given,
        S3DataDistributionType="ShardedByS3Key" if sharded else "FullyReplicated",
    )
    expected = [] if rule is None else [(rule, severity, "ContentType")]
    assert found(value, algorithm=name) == expected


def test_what_xgboost_would_say_of_label_size_0():
    finding = one(channel(ContentType=CSV0), PARAMETER, algorithm="xgboost")
    assert finding.message == (
        "text/csv;label_size=0 is not an accepted csv ContentType. Optional parameter "
        "label_size must be equal to 1"
    )
    assert finding.fix == "leave label_size out"


def test_the_types_of_a_jobs_channels_are_the_same():
    value = [channel("train", ContentType=PB), channel("test", ContentType="text/csv")]
    assert found(value) == [
        ("channel/content-types-differ", "warning", "InputDataConfig[1].ContentType")
    ]
    spellings = [
        channel("train", ContentType="csv"),
        channel("validation", ContentType="text/csv"),
    ]
    assert found(spellings, algorithm="xgboost") == []
    forest = [
        channel("train", ContentType=CSV0, S3DataDistributionType="ShardedByS3Key"),
        channel("test", ContentType="text/csv;label_size=1"),
    ]
    assert found(forest, algorithm="rcf") == []


# -- input modes: (algorithm, container, content type, mode, severity) -----------------

MODES = [
    ("xgboost", "1.7-1", "text/csv", "Pipe", None),
    ("xgboost", "3.2-0", "text/csv", "Pipe", "warning"),  # inferred to be the first
    ("xgboost", None, "text/csv", "Pipe", "warning"),
    ("xgboost", "1.7-1", "text/libsvm", "Pipe", "error"),
    ("xgboost", "1.7-1", None, "Pipe", "error"),  # which is libsvm by default
    ("xgboost", "1.7-1", "text/csv", "FastFile", "warning"),
    ("linear-learner", None, PB, "FastFile", "note"),
    ("linear-learner", None, PB, "Pipe", None),
    ("lda", None, CSV0, "Pipe", "error"),
    ("lda", None, PB, "Pipe", None),
    ("seq2seq", None, PB, "Pipe", "error"),
]


@pytest.mark.parametrize(("name", "container", "given", "mode", "severity"), MODES)
def test_input_mode(name, container, given, mode, severity):
    settings = {} if given is None else {"ContentType": given}
    value = channel(InputMode=mode, **settings)
    some = [
        (s, setting)
        for rule, s, setting in found(value, algorithm=name, container=container)
        if rule == "channel/input-mode"
    ]
    assert some == ([] if severity is None else [(severity, "InputMode")])


def test_what_xgboost_says_of_pipe_mode():
    value = job(
        channel(ContentType=PB), image="sagemaker-xgboost:3.2-0-cpu-py3", mode="Pipe"
    )
    finding = one(value, "channel/input-mode")
    assert finding.message == (
        "Pipe mode for RecordIO-Protobuf is no longer supported. Please use Fast File "
        "mode"
    )
    assert "inferred" in finding.expected
    old = job(
        channel(ContentType=PB), image="sagemaker-xgboost:1.7-1-cpu-py3", mode="Pipe"
    )
    assert found(old) == []
