"""Each rule about channels: what breaks it, where that is said, and what does not."""

import pytest

from channel_cases import channel, file_system, found, job, one, rules
from recordsmith import algorithms
from recordsmith.channels import lint
from recordsmith.validation.catalogue import RULES

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


# -- objects ---------------------------------------------------------------------------

DATA = [("train/a.csv", 10, "d1"), ("train/b.csv", 10, "d2")]


def listing(*objects, **options):
    settings = {"ContentType": "text/csv", **options}
    return found(
        [channel(**settings)],
        objects={"train": [*DATA, *objects]},
        algorithm="xgboost",
        container="1.7-1",
    )


def test_good_objects():
    assert listing() == []
    assert listing(InputMode="Pipe") == []


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ([], "no objects"),
        (
            [("train/", 0), ("train/.hidden", 9)],
            "2 objects, but only hidden or empty ones",
        ),
    ],
)
def test_a_channel_has_objects(objects, told):
    value = channel("train", "s3://bucket/train/")
    finding = one(value, "channel/no-objects", objects={"train": objects})
    assert told in finding.found and "s3://bucket/train/" in finding.found
    assert finding.places[0].setting == "DataSource.S3DataSource.S3Uri"


@pytest.mark.parametrize(
    ("name", "severity"),
    [("xgboost", "error"), ("linear-learner", "warning"), ("forecasting-deepar", None)],
)
def test_hidden_files(name, severity):
    objects = {"train": [("train/a", 5), ("train/.a.crc", 5), ("train/.b.crc", 5)]}
    some = [
        f
        for f in lint(channel(), algorithm=name, objects=objects).findings
        if f.rule == "channel/hidden-file"
    ]
    assert [f.severity for f in some] == ([] if severity is None else [severity])
    if some:
        assert "2 hidden files, such as '.a.crc'" in some[0].found
        assert [p.path for p in some[0].places[1:]] == ["train/.a.crc", "train/.b.crc"]


def test_files_that_are_no_data():
    assert listing(("train/_SUCCESS", 0)) == [("channel/stray-file", "warning", SETTING)]
    assert listing(("train/README.md", 9)) == [("channel/stray-file", "warning", SETTING)]
    manifest = channel(S3DataType="ManifestFile", uri="s3://bucket/train.manifest")
    objects = {"train": [("train.manifest", 9)]}
    assert "channel/stray-file" not in rules(manifest, objects=objects)
    deepar = rules(
        channel(), algorithm="deepar", objects={"train": [*DATA, ("train/_SUCCESS", 0)]}
    )
    assert "channel/stray-file" not in deepar


SETTING = f"{S3}.S3Uri"
TYPE = "InputDataConfig[0].ContentType"


def test_files_are_what_the_content_type_says():
    assert listing(("train/c.pbr", 9)) == [("channel/object-type", "warning", TYPE)]
    assert listing(("train/c.parquet.gz", 9)) == [
        ("channel/object-type", "warning", TYPE)
    ]
    assert listing(("train/part-00000", 9)) == []


def test_packed_files_are_unpacked_by_something():
    setting = "InputDataConfig[0].CompressionType"
    packed = ("train/c.csv.gz", 9)
    expected = [("channel/compressed-file", "warning", setting)]
    assert listing(packed, InputMode="File") == expected
    assert listing(packed, InputMode="Pipe") == expected
    assert listing(packed, InputMode="Pipe", CompressionType="Gzip") == []


def test_a_prefix_is_compared_as_text():
    value = channel("train", "s3://bucket/data/train")
    objects = {"train": [("data/train/a", 5), ("data/train-old/b", 5)]}
    finding = one(value, "channel/open-prefix", objects=objects)
    assert "'data/train-old/b'" in finding.found
    assert finding.fix == "write s3://bucket/data/train/"
    assert rules(value, objects={"train": [("data/train/a", 5)]}) == set()
    one_file = channel("train", "s3://bucket/data/train")
    assert rules(one_file, objects={"train": [("data/train.csv", 5)]}) == set()


def test_the_same_file_in_two_channels():
    value = [channel("train"), channel("validation")]
    objects = {
        "train": [
            ("train/a", 5, "same"),
            ("train/b", 5, "other"),
            ("train/empty", 0, "e"),
        ],
        "validation": [("validation/c", 5, "same"), ("validation/empty", 0, "e")],
    }
    finding = one(value, "channel/identical-files", objects=objects)
    assert finding.severity == "warning"
    assert [place.path for place in finding.places] == [None, "train/a", "validation/c"]
    objects["validation"] = [("validation/c", 5, "new"), ("validation/d", 5)]
    assert found(value, objects=objects) == []


def test_the_same_file_twice_in_a_channel_is_a_note():
    objects = {"train": [("train/a", 5, "same"), ("train/b", 5, "same")]}
    assert found([channel()], objects=objects) == [
        ("channel/identical-files", "note", SETTING)
    ]


@pytest.mark.parametrize(
    ("n_objects", "instances", "expected"), [(2, 3, True), (3, 3, False), (4, 3, False)]
)
def test_an_object_for_each_instance(n_objects, instances, expected):
    value = [channel(S3DataDistributionType="ShardedByS3Key")]
    data = [(f"train/{n}", 5) for n in range(n_objects)]
    objects = {"train": [*data, ("train/.hidden", 5), ("train/empty", 0)]}
    some = found(value, objects=objects, instances=instances)
    setting = f"{S3}.S3DataDistributionType"
    assert some == ([("channel/shards", "error", setting)] if expected else [])


def test_instances_of_a_channels_groups_count():
    groups = [
        {"InstanceGroupName": "a", "InstanceCount": 1, "InstanceType": "ml.m5.large"},
        {"InstanceGroupName": "b", "InstanceCount": 3, "InstanceType": "ml.m5.large"},
    ]
    sharded = {"S3DataDistributionType": "ShardedByS3Key", "ContentType": PB}

    def told(*names):
        value = job(
            channel(InstanceGroupNames=list(names), **sharded),
            ResourceConfig={"InstanceGroups": groups},
        )
        return rules(value, objects={"train": [("train/1", 5), ("train/2", 5)]})

    assert "channel/shards" not in told("a")
    assert "channel/shards" in told("b")


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
        )
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
