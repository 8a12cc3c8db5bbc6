"""Channels that are built: what botocore takes, what an algorithm makes certain, what
the SDK's classes are called with."""

import copy
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import service_model
from channel_cases import channel, file_system
from recordsmith import algorithm, algorithms, channels
from recordsmith.channels import build, build_file_system, lint, training_input
from recordsmith.errors import InputError, ValidationError

PB = "application/x-recordio-protobuf"
ID = "fs-0123456789abcdef0"


def test_the_plainest_channel():
    assert build("train", "s3://bucket/train/") == channel(
        S3DataDistributionType="FullyReplicated"
    )


def test_every_option_has_its_place():
    built = build(
        "train",
        "s3://bucket/train.manifest",
        content_type="image/png",
        input_mode="Pipe",
        distribution="ShardedByS3Key",
        compression="Gzip",
        record_wrapper="RecordIO",
        shuffle_seed=7,
        attribute_names=("source-ref", "label"),
        instance_groups=["workers"],
        s3_data_type="AugmentedManifestFile",
    )
    assert built == {
        "ChannelName": "train",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "AugmentedManifestFile",
                "S3Uri": "s3://bucket/train.manifest",
                "S3DataDistributionType": "ShardedByS3Key",
                "AttributeNames": ["source-ref", "label"],
                "InstanceGroupNames": ["workers"],
            }
        },
        "ContentType": "image/png",
        "CompressionType": "Gzip",
        "RecordWrapperType": "RecordIO",
        "InputMode": "Pipe",
        "ShuffleConfig": {"Seed": 7},
    }
    assert service_model.errors([built]) == []


def test_file_systems():
    built = build_file_system("train", ID, "/data", file_system_type="EFS")
    assert built == file_system(InputMode="File")
    lustre = build_file_system(
        "train",
        ID,
        "/mount/train",
        file_system_type="FSxLustre",
        access_mode="rw",
        algorithm="linear-learner",
        content_type="csv",
    )
    assert lustre["ContentType"] == "text/csv"
    assert lustre["DataSource"]["FileSystemDataSource"] == {
        "FileSystemId": ID,
        "FileSystemAccessMode": "rw",
        "FileSystemType": "FSxLustre",
        "DirectoryPath": "/mount/train",
    }
    assert service_model.errors([built, {**lustre, "ChannelName": "test"}]) == []


# -- what the algorithm makes certain --------------------------------------------------


@pytest.mark.parametrize(
    ("name", "of", "given", "expected"),
    [
        ("randomcutforest", "train", "csv", "text/csv;label_size=0"),
        ("randomcutforest", "test", "csv", "text/csv;label_size=1"),
        ("linear-learner", "train", "csv", "text/csv"),
        ("linear-learner", "train", "recordio-protobuf", PB),
        ("kmeans", "train", "text/csv;label_size=0", "text/csv;label_size=0"),
        ("kmeans", "train", "text/csv", "text/csv"),  # a warning of lint's, and possible
        ("xgboost", "train", "csv", "text/csv"),
        ("xgboost", "train", "parquet", "application/x-parquet"),
        ("factorization-machines", "train", None, PB),
        ("seq2seq", "train", None, PB),
        ("ipinsights", "train", None, "text/csv"),
        ("image-classification-tensorflow", "training", None, None),
        ("linear-learner", "test", "csv", "text/csv"),
        ("ntm", "auxiliary", "text/plain", "text/plain"),
        ("xgboost", "code", None, None),
        (None, "train", "anything/else", "anything/else"),
    ],
)
def test_content_types(name, of, given, expected):
    built = build(of, "s3://bucket/x/", algorithm=name, content_type=given)
    assert built.get("ContentType") == expected


@pytest.mark.parametrize(
    ("name", "of", "expected"),
    [
        ("randomcutforest", "train", "ShardedByS3Key"),
        ("randomcutforest", "test", "FullyReplicated"),
        ("kmeans", "train", "ShardedByS3Key"),
        ("linear-learner", "validation", "FullyReplicated"),
        ("linear-learner", "train", "FullyReplicated"),  # the service's default
        (None, "train", "FullyReplicated"),
    ],
)
def test_distributions(name, of, expected):
    built = build(of, "s3://bucket/x/", algorithm=name, content_type=PB)
    assert built["DataSource"]["S3DataSource"]["S3DataDistributionType"] == expected


def test_what_needs_pipe_mode_has_it():
    assert build("train", "s3://b/x", compression="Gzip")["InputMode"] == "Pipe"
    assert build("train", "s3://b/x", attribute_names=["a"])["InputMode"] == "Pipe"
    assert "InputMode" not in build("train", "s3://b/x")


def test_an_augmented_manifest_for_images_is_wrapped():
    built = build(
        "train",
        "s3://b/m",
        algorithm="object-detection",
        content_type="application/x-recordio",
        attribute_names=["source-ref", "boxes"],
    )
    assert built["RecordWrapperType"] == "RecordIO"
    assert built["DataSource"]["S3DataSource"]["S3DataType"] == "AugmentedManifestFile"
    assert lint(built, algorithm="object-detection").clean


# -- what is refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"input_mode": "pipe"},
            "input_mode is 'pipe', expected Pipe, File or FastFile; did",
        ),
        (
            {"distribution": "Sharded"},
            "distribution is 'Sharded', expected FullyReplicated",
        ),
        ({"compression": "zstd"}, "compression is 'zstd', expected None or Gzip"),
        ({"record_wrapper": True}, "record_wrapper is True, expected None or RecordIO"),
        ({"s3_data_type": "S3prefix"}, "did you mean S3Prefix?"),
        ({"attribute_names": "a"}, "attribute_names is the text 'a', expected a list"),
        ({"instance_groups": "a"}, 'pass instance_groups=["a"]'.replace('"', "'")),
        (
            {"algorithm": "xgbost"},
            "no built-in algorithm is called 'xgbost'; did you mean",
        ),
        ({"algorithm": "xgboost"}, "several formats and content_type is not given; pass"),
        (
            {"algorithm": "kmeans", "content_type": "csv"},
            'unless label_size=0 says that there is none; pass content_type="text/csv;',
        ),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(InputError) as caught:
        build("train", "s3://bucket/train/", **options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "options", "rule", "setting"),
    [
        (("a b", "s3://b/x"), {}, "channel/pattern", "ChannelName"),
        ((7, "s3://b/x"), {}, "channel/type", "ChannelName"),
        (("train", "b/x"), {}, "channel/pattern", "DataSource.S3DataSource.S3Uri"),
        (
            ("train", "s3://b/x"),
            {"compression": "Gzip", "input_mode": "File"},
            "channel/compression",
            "CompressionType",
        ),
        (
            ("train", "s3://b/x"),
            {"algorithm": "linear-learner", "content_type": "text/svm"},
            "channel/content-type",
            "ContentType",
        ),
        (
            ("train", "s3://b/x"),
            {
                "algorithm": "rcf",
                "content_type": PB,
                "distribution": "FullyReplicated",
            },
            "channel/distribution",
            "DataSource.S3DataSource.S3DataDistributionType",
        ),
        (
            ("train", "s3://b/x"),
            {"shuffle_seed": 1.5},
            "channel/type",
            "ShuffleConfig.Seed",
        ),
        (
            ("train", "s3://b/x"),
            {"algorithm": "xgboost", "content_type": "libsvm", "input_mode": "Pipe"},
            "channel/input-mode",
            "InputMode",
        ),
    ],
)
def test_a_channel_that_would_be_wrong_is_not_built(arguments, options, rule, setting):
    with pytest.raises(ValidationError) as caught:
        build(*arguments, **options)
    places = {(f.rule, f.places[0].setting) for f in caught.value.report.findings}
    assert (rule, setting) in places
    assert str(caught.value).startswith(f"{setting}: found ")


def test_file_systems_that_are_none():
    with pytest.raises(
        InputError, match="file_system_type is 'NFS', expected EFS or FSx"
    ):
        build_file_system("train", ID, "/data", file_system_type="NFS")
    with pytest.raises(InputError, match="access_mode is 'r', expected rw or ro"):
        build_file_system("train", ID, "/d", file_system_type="EFS", access_mode="r")
    with pytest.raises(ValidationError, match="FileSystemId: found 4 characters"):
        build_file_system("train", "fs-1", "/data", file_system_type="EFS")


# -- any options -----------------------------------------------------------------------

options = st.fixed_dictionaries(
    {},
    optional={
        "algorithm": st.sampled_from([entry.key for entry in algorithms()]),
        "content_type": st.sampled_from(["text/csv", "csv", PB, "libsvm", "image/png"]),
        "input_mode": st.sampled_from(["Pipe", "File", "FastFile"]),
        "distribution": st.sampled_from(["FullyReplicated", "ShardedByS3Key"]),
        "compression": st.sampled_from(["None", "Gzip"]),
        "record_wrapper": st.sampled_from(["None", "RecordIO"]),
        "shuffle_seed": st.integers(-(2**63), 2**63 - 1),
        "attribute_names": st.lists(st.text(max_size=3), max_size=17),
        "instance_groups": st.lists(st.text(max_size=3), max_size=6),
        "s3_data_type": st.sampled_from(
            ["S3Prefix", "ManifestFile", "AugmentedManifestFile"]
        ),
        "container": st.sampled_from(["1.7-1", "3.2-0"]),
    },
)


def attempt(name, uri, some):
    try:
        return build(name, uri, **some), None
    except (InputError, ValidationError) as error:
        return None, error


@given(
    st.sampled_from(["train", "test", "training", "validation", "a b", ""]),
    st.sampled_from(["s3://b/x/", "s3://b/x", "https://s3.amazonaws.com/b/x", "x"]),
    options,
)
def test_what_is_built_is_right_for_boto3_and_for_the_linter(name, uri, some):
    before = copy.deepcopy(some)
    built, error = attempt(name, uri, some)
    assert some == before
    if isinstance(error, ValidationError):
        assert not error.report.ok
        return
    if error is not None:
        assert "content_type" in str(error) or "label_size" in str(error)
        return
    assert service_model.errors([built]) == []
    how = {key: some[key] for key in ("algorithm", "container") if key in some}
    assert lint(built, **how).ok
    source = built["DataSource"]["S3DataSource"]
    assert (built["ChannelName"], source["S3Uri"]) == (name, uri)
    arguments = training_input(built)
    assert (arguments["s3_data"], arguments["s3_data_type"]) == (
        uri,
        source["S3DataType"],
    )


# -- the SDK ---------------------------------------------------------------------------

# Parameters of sagemaker.inputs.TrainingInput and FileSystemInput, version 2.
TRAINING_INPUT = [
    "s3_data",
    "distribution",
    "compression",
    "content_type",
    "record_wrapping",
    "s3_data_type",
    "instance_groups",
    "input_mode",
    "attribute_names",
    "target_attribute_name",
    "shuffle_config",
]
FILE_SYSTEM_INPUT = [
    "file_system_id",
    "file_system_type",
    "directory_path",
    "file_system_access_mode",
    "content_type",
]


def test_arguments_of_training_input():
    built = build(
        "train",
        "s3://b/m",
        content_type="image/png",
        input_mode="Pipe",
        distribution="ShardedByS3Key",
        compression="Gzip",
        record_wrapper="RecordIO",
        shuffle_seed=7,
        attribute_names=["source-ref"],
        instance_groups=["workers"],
    )
    arguments = training_input(built)
    assert set(arguments) == set(TRAINING_INPUT) - {"target_attribute_name"}
    assert arguments.pop("shuffle_config").seed == 7
    assert arguments == {
        "s3_data": "s3://b/m",
        "distribution": "ShardedByS3Key",
        "compression": "Gzip",
        "content_type": "image/png",
        "record_wrapping": "RecordIO",
        "s3_data_type": "AugmentedManifestFile",
        "instance_groups": ["workers"],
        "input_mode": "Pipe",
        "attribute_names": ["source-ref"],
    }


def test_arguments_of_file_system_input():
    built = build_file_system(
        "train", ID, "/data", file_system_type="EFS", content_type="text/csv"
    )
    arguments = training_input(built)
    assert set(arguments) == set(FILE_SYSTEM_INPUT)
    assert arguments == {
        "file_system_id": ID,
        "file_system_type": "EFS",
        "directory_path": "/data",
        "file_system_access_mode": "ro",
        "content_type": "text/csv",
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            channel(ModelAccessConfig={"AcceptEula": True}),
            "ModelAccessConfig has no place in the SDK's TrainingInput",
        ),
        (
            file_system(ShuffleConfig={"Seed": 1}),
            "ShuffleConfig has no place in the SDK's FileSystemInput",
        ),
        ({"ChannelName": "train"}, "the channel's sources are nothing, expected S3Data"),
        (
            {"DataSource": {"DatasetSource": {"DatasetArn": "a"}}},
            "the channel's sources are DatasetSource, expected",
        ),
    ],
)
def test_channels_that_the_sdk_has_no_class_for(value, message):
    with pytest.raises(InputError) as caught:
        training_input(value)
    assert message in str(caught.value)


def test_the_module_is_at_hand_and_loads_nothing_heavy():
    code = (
        "import sys, recordsmith\n"
        "print(recordsmith.channels.build('train', 's3://b/x')['ChannelName'])\n"
        "print(sorted({'numpy', 'pyarrow', 'botocore'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["train", "[]"], done.stderr
    assert channels.__all__ == [
        "ShuffleConfig",
        "build",
        "build_file_system",
        "lint",
        "training_input",
    ]
    assert build("train", "s3://b/x", algorithm=algorithm("fm"))["ContentType"] == PB
