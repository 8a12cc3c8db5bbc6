"""What lies below a channel's prefix: files missing, hidden, strange, the same."""

import json

import pytest

from channel_cases import channel, found, job, one, rules
from recordsmith.channels import lint

PB = "application/x-recordio-protobuf"
S3 = "InputDataConfig[0].DataSource.S3DataSource"

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
        assert [p.path for p in some[0].places[1:]] == [
            "s3://bucket/train/.a.crc",
            "s3://bucket/train/.b.crc",
        ]


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
    assert [place.path for place in finding.places] == [
        None,
        "s3://bucket/train/a",
        "s3://bucket/validation/c",
    ]
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


def test_places_of_many_objects_begin_with_the_setting(tmp_path):
    path = tmp_path / "zz.json"  # whose name sorts after any address
    path.write_text(json.dumps([channel()]))
    objects = {"train": [(f"train/.{n}", 5) for n in range(100)]}
    finding = one(path, "channel/hidden-file", algorithm="xgboost", objects=objects)
    assert finding.count == 100
    assert [place.path for place in finding.places[:3]] == [
        str(path),
        "s3://bucket/train/.0",
        "s3://bucket/train/.1",
    ]
    assert len(finding.places) == 20


def test_a_bucket_that_is_not_told():
    value = channel("train", "https://s3.eu-west-1.amazonaws.com/bucket/train/")
    finding = one(
        value,
        "channel/hidden-file",
        algorithm="xgboost",
        objects={"train": [("train/.a", 5), ("train/b", 5)]},
    )
    assert finding.places[1].path == "train/.a"
