"""Each rule about channels: what breaks it, where that is said, and what does not."""

import pytest

from channel_cases import channel, file_system, found, job, rules
from recordsmith import algorithms
from recordsmith.channels import lint
from recordsmith.reporting.catalogue import RULES

PB = "application/x-recordio-protobuf"
CSV0 = "text/csv;label_size=0"
S3 = "InputDataConfig[0].DataSource.S3DataSource"
AUGMENTED = {"S3DataType": "AugmentedManifestFile", "AttributeNames": ["source-ref", "y"]}
IMAGES = {**AUGMENTED, "ContentType": "application/x-recordio"}


def pipe(name="train", **settings):
    return channel(name, InputMode="Pipe", ContentType=PB, **settings)


def images(**settings):
    """A job of image classification with its two required channels."""
    good = {**IMAGES, "InputMode": "Pipe", "RecordWrapperType": "RecordIO", **settings}
    good = {key: value for key, value in good.items() if value is not None}
    second = channel(
        "validation",
        "s3://b/v",
        **{**IMAGES, "InputMode": "Pipe", "RecordWrapperType": "RecordIO"},
    )
    return job(channel(**good), second, image="image-classification:1")


def with_vpc(value):
    return {**value, "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}


# (rule, severity, setting, what breaks it, what does not)
CASES = [
    # -- where the data are
    (
        "channel/data-source",
        "error",
        "InputDataConfig[0].DataSource",
        [{"ChannelName": "train", "DataSource": {}}],
        [channel()],
    ),
    (
        "channel/data-source",
        "warning",
        "InputDataConfig[0].DataSource",
        [
            {
                "ChannelName": "train",
                "DataSource": {
                    **channel()["DataSource"],
                    **file_system()["DataSource"],
                },
            }
        ],
        [file_system()],
    ),
    (
        "channel/file-system",
        "error",
        "InputDataConfig[0].InputMode",
        with_vpc(job(file_system(ContentType=PB, InputMode="Pipe"))),
        with_vpc(job(file_system(ContentType=PB, InputMode="File"))),
    ),
    (
        "channel/file-system",
        "error",
        "InputDataConfig[0].InputMode",
        with_vpc(job(file_system(ContentType=PB), mode="FastFile", image="own:1")),
        with_vpc(job(file_system(ContentType=PB), mode="File")),
    ),
    (
        "channel/file-system",
        "warning",
        "InputDataConfig[0].DataSource.FileSystemDataSource.DirectoryPath",
        [file_system(path="data")],
        [file_system(path="/data")],
    ),
    (
        "channel/file-system",
        "warning",
        "InputDataConfig[0].DataSource.FileSystemDataSource",
        job(file_system(ContentType=PB)),
        with_vpc(job(file_system(ContentType=PB))),
    ),
    (
        "channel/fast-file",
        "error",
        f"{S3}.S3DataType",
        [channel(InputMode="FastFile", S3DataType="ManifestFile", uri="s3://b/m")],
        [channel(InputMode="FastFile")],
    ),
    (
        "channel/manifest",
        "error",
        f"{S3}.S3Uri",
        [channel(S3DataType="ManifestFile", uri="s3://bucket/train/")],
        [channel(S3DataType="ManifestFile", uri="s3://bucket/train.manifest")],
    ),
    (
        "channel/attribute-names",
        "error",
        f"{S3}.AttributeNames",
        [channel(S3DataType="AugmentedManifestFile", uri="s3://b/m", InputMode="Pipe")],
        [channel(uri="s3://b/m", InputMode="Pipe", **AUGMENTED)],
    ),
    (
        "channel/attribute-names",
        "warning",
        f"{S3}.AttributeNames",
        [channel(AttributeNames=["source-ref"])],
        [channel(AttributeNames=[])],
    ),
    (
        "channel/augmented-manifest",
        "warning",  # one page lists File mode
        "InputDataConfig[0].InputMode",
        [channel(uri="s3://b/m", InputMode="File", **AUGMENTED)],
        [channel(uri="s3://b/m", InputMode="Pipe", **AUGMENTED)],
    ),
    (
        "channel/record-wrapper",
        "warning",
        "InputDataConfig[0].RecordWrapperType",
        images(uri="s3://b/m", RecordWrapperType=None),
        images(uri="s3://b/m"),
    ),
    (
        "channel/record-wrapper",
        "error",
        "InputDataConfig[0].RecordWrapperType",
        [channel(InputMode="File", RecordWrapperType="RecordIO")],
        [channel(InputMode="File", RecordWrapperType="None")],
    ),
    (
        "channel/record-wrapper",
        "error",
        "InputDataConfig[0].RecordWrapperType",
        [pipe(RecordWrapperType="RecordIO")],
        [channel(InputMode="Pipe", ContentType="x", RecordWrapperType="RecordIO")],
    ),
    (
        "channel/compression",
        "error",
        "InputDataConfig[0].CompressionType",
        job(channel(ContentType=PB, CompressionType="Gzip")),
        job(channel(ContentType=PB, CompressionType="Gzip", InputMode="Pipe")),
    ),
    (
        "channel/compression",
        "error",
        "InputDataConfig[0].CompressionType",
        [channel(InputMode="FastFile", CompressionType="Gzip")],
        [channel(InputMode="FastFile", CompressionType="None")],
    ),
    (
        "channel/shuffle",
        "note",
        "InputDataConfig[0].ShuffleConfig",
        [channel(ShuffleConfig={"Seed": 1}, S3DataDistributionType="ShardedByS3Key")],
        [channel(ShuffleConfig={"Seed": 1})],
    ),
    (
        "channel/same-source",
        "warning",
        "InputDataConfig[1].DataSource",
        [channel("train", "s3://b/x/"), channel("validation", "s3://b/x/")],
        [channel("train", "s3://b/x/"), channel("validation", "s3://b/y/")],
    ),
    (
        "channel/same-source",
        "warning",
        "InputDataConfig[1].DataSource",
        [file_system("train"), file_system("validation")],
        [file_system("train"), file_system("validation", "/other")],
    ),
    (
        "channel/overlap",
        "warning",
        f"{S3}.S3Uri",
        [channel("train", "s3://b/data"), channel("validation", "s3://b/data-val/")],
        [channel("train", "s3://b/data/"), channel("validation", "s3://b/data-val/")],
    ),
    # -- which channels there are
    (
        "channel/missing-channel",
        "error",
        "InputDataConfig",
        job(channel("validation", ContentType=PB)),
        job(channel("train", ContentType=PB)),
    ),
    (
        "channel/unknown-channel",
        "error",
        "InputDataConfig[1].ChannelName",
        job(
            channel("train", ContentType="text/csv"),
            channel("test", ContentType="text/csv"),
            image="sagemaker-xgboost:1.7-1",
        ),
        job(
            channel("train", ContentType="text/csv"),
            channel("validation", ContentType="text/csv"),
            image="sagemaker-xgboost:1.7-1",
        ),
    ),
    (
        "channel/unknown-channel",
        "warning",  # no page says that others are refused
        "InputDataConfig[1].ChannelName",
        job(channel("train", ContentType=PB), channel("extra", ContentType=PB)),
        job(channel("train", ContentType=PB), channel("test", ContentType=PB)),
    ),
    (
        "channel/missing-channel",
        "error",
        "InputDataConfig",
        job(channel("training", ContentType=PB)),
        # LightGBM, which has two names for it, is in JumpStart's images.
        job(channel("train", ContentType=PB), channel("test", ContentType=PB)),
    ),
    # -- instances
    (
        "channel/distribution",
        "error",
        f"{S3}.S3DataDistributionType",
        job(channel(ContentType=PB), image="randomcutforest:1"),
        job(
            channel(ContentType=PB, S3DataDistributionType="ShardedByS3Key"),
            image="randomcutforest:1",
        ),
    ),
    (
        "channel/distribution",
        "note",
        f"{S3}.S3DataDistributionType",
        job(
            channel(ContentType=PB, S3DataDistributionType="FullyReplicated"),
            image="kmeans:1",
            instances=2,
        ),
        job(
            channel(ContentType=PB, S3DataDistributionType="ShardedByS3Key"),
            image="kmeans:1",
            instances=2,
        ),
    ),
    (
        "channel/instances",
        "error",
        "ResourceConfig.InstanceCount",
        job(channel(ContentType=PB), image="lda:1", instances=2),
        job(channel(ContentType=PB), image="lda:1", instances=1),
    ),
    (
        "channel/instances",
        "warning",
        "ResourceConfig.InstanceCount",
        job(channel(ContentType="text/plain"), image="blazingtext:1", instances=2),
        job(channel(ContentType="text/plain"), image="blazingtext:1", instances=1),
    ),
    (
        "channel/instance-group",
        "error",
        f"{S3}.InstanceGroupNames[1]",
        job(
            channel(ContentType=PB, InstanceGroupNames=["workers", "worker"]),
            ResourceConfig={
                "InstanceGroups": [{"InstanceGroupName": "workers", "InstanceCount": 1}]
            },
        ),
        job(
            channel(ContentType=PB, InstanceGroupNames=["workers"]),
            ResourceConfig={
                "InstanceGroups": [{"InstanceGroupName": "workers", "InstanceCount": 1}]
            },
        ),
    ),
    # -- hyperparameters
    (
        "channel/hyperparameter-missing",
        "error",
        "HyperParameters.feature_dim",
        job(channel(ContentType=PB), image="pca:1", HyperParameters={"featuredim": "9"}),
        job(
            channel(ContentType=PB),
            image="pca:1",
            HyperParameters={
                "feature_dim": "9",
                "num_components": "2",
                "mini_batch_size": "5",
            },
        ),
    ),
    (
        "channel/hyperparameter-value",
        "error",
        "HyperParameters.predictor_type",
        job(channel(ContentType=PB), HyperParameters={"predictor_type": "classifier"}),
        job(channel(ContentType=PB), HyperParameters={"predictor_type": "regressor"}),
    ),
]


@pytest.mark.parametrize(
    ("rule", "severity", "setting", "bad", "good"),
    CASES,
    ids=[f"{case[0][len('channel/') :]}-{at}" for at, case in enumerate(CASES)],
)
def test_rule(rule, severity, setting, bad, good):
    assert (rule, severity, setting) in found(bad)
    assert found(good) == []


# -- the whole -------------------------------------------------------------------------


@pytest.mark.parametrize("entry", algorithms(), ids=lambda entry: entry.key)
def test_augmented_manifests(entry):
    value = channel(uri="s3://b/m", InputMode="Pipe", **AUGMENTED)
    some = [
        severity
        for rule, severity, _ in found(value, algorithm=entry)
        if rule == "channel/augmented-manifest"
    ]
    expected = {True: [], False: ["error"], None: ["warning"]}
    assert some == expected[entry.augmented_manifest.value]


def test_a_channel_with_two_names():
    for name in ("train", "training"):
        assert found([channel(name, ContentType="text/csv")], algorithm="lightgbm") == []
    assert "channel/missing-channel" in rules(
        [channel("validation")], algorithm="lightgbm"
    )


def test_hyperparameters_of_a_tuning_job():
    definition = job(channel(ContentType="csv"), image="pca:1")
    definition["StaticHyperParameters"] = {"feature_dim": "0.5x", "num_components": "2"}
    value = {"TrainingJobDefinition": definition, "HyperParameterTuningJobName": "t"}
    report = lint(value)
    places = {(f.rule, f.places[0].setting) for f in report.findings}
    assert places == {
        (
            "channel/content-type",
            "TrainingJobDefinition.InputDataConfig[0].ContentType",
        ),
        (
            "channel/hyperparameter-value",
            "TrainingJobDefinition.StaticHyperParameters.feature_dim",
        ),
    }
    assert any(rule == "channel/hyperparameter-missing" for rule, _ in report.skipped)


@pytest.mark.parametrize(
    ("limits", "value", "bad"),
    [
        ("feature_dim", "0", True),
        ("feature_dim", "10001", True),
        ("feature_dim", "1e4", False),
        ("feature_dim", "many", True),
        ("feature_dim", "nan", True),
    ],
)
def test_limits_of_hyperparameters(limits, value, bad):
    settings = {limits: value}
    some = rules(
        [channel(ContentType=PB, S3DataDistributionType="ShardedByS3Key")],
        algorithm="rcf",
        hyperparameters=settings,
    )
    assert some == ({"channel/hyperparameter-value"} if bad else set())


def test_auto_is_a_value_where_the_table_says_so():
    value = [channel(ContentType=PB)]
    settings = {"predictor_type": "regressor", "feature_dim": "auto"}
    assert found(value, algorithm="linear-learner", hyperparameters=settings) == []


def test_what_is_not_confirmed_is_no_error():
    unsure = ("(unconfirmed", "(inferred", "(conflict")
    seen = 0
    for entry in algorithms():
        for mode in ("File", "Pipe", "FastFile"):
            for given in ("text/csv", PB, "application/json", None):
                settings = {} if given is None else {"ContentType": given}
                some = lint(
                    [channel("elsewhere", InputMode=mode, **settings)], algorithm=entry
                ).findings
                for finding in some:
                    if any(word in finding.expected for word in unsure):
                        seen += 1
                        assert finding.severity != "error", finding
    assert seen > 100


def test_every_rule_about_channels_is_applied():
    value = job(channel(ContentType=PB), HyperParameters={"predictor_type": "regressor"})
    report = lint(value, objects={"train": [("train/a", 5)]})
    listed = {rule for rule in RULES if rule.startswith("channel/")}
    assert set(report.checked) == listed
    assert report.findings == ()
