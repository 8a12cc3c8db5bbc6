"""What the service asks of a channel: our shapes against botocore's copy of its model."""

import copy
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import service_model
from channel_cases import channel, file_system, found, job, one, rules
from recordsmith.channels import lint
from recordsmith.channels.service import (
    CHANNELS,
    HYPERPARAMETERS,
    RESOURCES,
    problems,
)
from recordsmith.errors import InputError
from recordsmith.reporting.findings import Report

NAMES = {"long": "integer"}
BOTH = [
    (CHANNELS, "InputDataConfig"),
    (HYPERPARAMETERS, "HyperParameters"),
    (RESOURCES, "ResourceConfig"),
]


def compare(ours, theirs, where):
    """Members, types and limits are the same; yields what was compared."""
    assert ours.kind == NAMES.get(theirs.type_name, theirs.type_name), where
    limits = theirs.metadata
    if ours.kind == "structure":
        members = ours.members if not ours.closed else theirs.members
        assert set(ours.members) >= set(members), where
        if ours.closed:
            assert set(ours.required) == set(theirs.required_members), where
        for name in members:
            yield from compare(
                ours.members[name], theirs.members[name], f"{where}.{name}"
            )
    elif ours.kind == "list":
        yield from compare(ours.member, theirs.member, f"{where}[]")
    elif ours.kind == "map":
        yield from compare(ours.key, theirs.key, f"{where} key")
        yield from compare(ours.member, theirs.value, f"{where} value")
    if ours.kind == "string" and limits.get("enum"):
        assert set(ours.choices) >= set(limits["enum"]), where
    elif ours.kind in ("string", "list", "map"):
        assert (ours.low, ours.high) == (limits["min"], limits["max"]), where
        assert ours.pattern == limits.get("pattern"), where
    yield where


@pytest.mark.parametrize(("ours", "name"), BOTH, ids=[name for _, name in BOTH])
def test_our_shapes_are_those_of_the_model(ours, name):
    # botocore may be older and lack what is new; what it has must be the same.
    assert len(list(compare(ours, service_model.shape(name), name))) > 2


# -- whatever botocore refuses, we find ------------------------------------------------

GOOD = [
    channel(),
    channel(ContentType="text/csv", CompressionType="Gzip", InputMode="Pipe"),
    channel(
        S3DataType="AugmentedManifestFile",
        AttributeNames=["source-ref", "label"],
        InputMode="Pipe",
        RecordWrapperType="RecordIO",
        ShuffleConfig={"Seed": 7},
    ),
    channel(S3DataDistributionType="ShardedByS3Key", InstanceGroupNames=["group"]),
    file_system(),
    channel(
        ModelAccessConfig={"AcceptEula": True}, HubAccessConfig={"HubContentArn": "a"}
    ),
]


def ways(value, way=()):
    """All ways to what is inside a value."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, below in items:
        yield (*way, key)
        yield from ways(below, (*way, key))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
spoilers = anything | st.sampled_from(
    [
        *("", " ", "a\nb", "x" * 70, "x" * 300, "file", "S3prefix", "None", "Gzip"),
        *("s3://bucket/" + "k" * 1100, "s3:/bucket", "https://h"),
        *("fs-01234567", "fs-1", "fs-0123456789abcdef01234"),
        *(["a"] * 17, ["g"] * 6, [""], {"Seed": "1"}, {"Seed": 1, "More": 2}),
    ]
)


def spoil(value, way, what):
    """A copy with something else there."""
    value = copy.deepcopy(value)
    inner = value
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = what
    return value


@st.composite
def spoiled(draw):
    value = [copy.deepcopy(draw(st.sampled_from(GOOD)))]
    for _ in range(draw(st.integers(1, 2))):
        if not (all_ways := list(ways(value))):
            break
        way = draw(st.sampled_from(all_ways))
        how = draw(st.sampled_from(["replace", "remove", "rename", "add"]))
        inner = value
        for key in way[:-1]:
            inner = inner[key]
        if how == "replace":
            inner[way[-1]] = copy.deepcopy(draw(spoilers))
        elif isinstance(inner, dict) and how == "rename":
            inner[draw(st.text(max_size=3)) + way[-1].lower()] = inner.pop(way[-1])
        elif isinstance(inner, dict) and how == "add":
            inner[draw(st.text(max_size=8))] = copy.deepcopy(draw(spoilers))
        elif how == "remove":
            del inner[way[-1]]
    return value


@given(spoiled())
def test_what_the_model_refuses_is_found(value):
    ours = list(problems(CHANNELS, value))
    if service_model.errors(value):
        assert ours
        assert not lint(value).ok


@given(spoiled())
def test_what_we_refuse_the_model_refuses(value):
    # Python counts True among the integers, and so does botocore.
    assume("true" not in json.dumps(value, default=str))
    if list(problems(CHANNELS, value)):
        assert service_model.errors(value)


@given(st.lists(st.sampled_from(GOOD), max_size=22))
def test_the_number_of_channels(channels):
    value = [
        {**one, "ChannelName": f"channel{number}"} for number, one in enumerate(channels)
    ]
    ours = [problem.kind for problem in problems(CHANNELS, value)]
    assert bool(ours) == bool(service_model.errors(value))
    assert ours == ([] if 1 <= len(value) <= 20 else ["length"])


@given(st.dictionaries(st.text(max_size=4), spoilers, max_size=3))
def test_hyperparameters(value):
    ours = list(problems(HYPERPARAMETERS, value))
    assert bool(ours) == bool(service_model.errors(value, "HyperParameters"))


def attempt(value):
    try:
        return lint(value), None
    except (InputError, OSError, ValueError) as error:
        return None, error


@given(anything)
def test_no_value_breaks_the_linter(value):
    for whole in (value, {"InputDataConfig": value}, [value], {"ChannelName": value}):
        report, error = attempt(whole)
        if error is None:
            assert Report.from_json(report.to_json()) == report
            assert str(report)
        elif not isinstance(whole, str):  # which is a path
            assert "neither a training job nor" in str(error)


@given(st.sampled_from(GOOD), st.data())
def test_no_spoiled_job_breaks_the_linter(good, data):
    value = job({**good, "ChannelName": "train"}, HyperParameters={"mode": "x"})
    way = data.draw(st.sampled_from(list(ways(value))))
    value = spoil(value, way, data.draw(anything))
    for name in (None, "xgboost", "randomcutforest", "image-classification"):
        lint(value, algorithm=name)


# -- each kind of problem, with its place and what to do -------------------------------


@pytest.mark.parametrize("good", GOOD, ids=range(len(GOOD)))
def test_good_channels(good):
    assert service_model.errors([good]) == []
    assert list(problems(CHANNELS, [good])) == []


S3 = "InputDataConfig[0].DataSource.S3DataSource"


@pytest.mark.parametrize(
    ("value", "rule", "setting", "told", "fix"),
    [
        (
            {"DataSource": channel()["DataSource"]},
            "channel/missing-key",
            "InputDataConfig[0].ChannelName",
            "no ChannelName",
            "add ChannelName",
        ),
        (
            channel("a b"),
            "channel/pattern",
            "InputDataConfig[0].ChannelName",
            "'a b'",
            "correct ChannelName",
        ),
        (
            channel("n" * 65),
            "channel/length",
            "InputDataConfig[0].ChannelName",
            "65 characters",
            "make ChannelName shorter",
        ),
        (
            channel(uri="bucket/train"),
            "channel/pattern",
            f"{S3}.S3Uri",
            "'bucket/train'",
            "correct S3Uri",
        ),
        (
            channel(S3DataType="s3prefix"),
            "channel/choice",
            f"{S3}.S3DataType",
            "'s3prefix'",
            "write S3Prefix",
        ),
        (
            channel(InputMode="pipe"),
            "channel/choice",
            "InputDataConfig[0].InputMode",
            "'pipe'",
            "write Pipe",
        ),
        (
            channel(ContentType=None),
            "channel/type",
            "InputDataConfig[0].ContentType",
            "None, nothing",
            "leave ContentType out, or give it a value",
        ),
        (
            channel(ShuffleConfig={"Seed": "7"}),
            "channel/type",
            "InputDataConfig[0].ShuffleConfig.Seed",
            "'7', text",
            "write it as a whole number",
        ),
        (
            channel(AttributeNames=["a"] * 17),
            "channel/length",
            f"{S3}.AttributeNames",
            "17 items",
            "make AttributeNames shorter",
        ),
        (
            channel(AttributeNames=["a", ""]),
            "channel/length",
            f"{S3}.AttributeNames[1]",
            "0 characters",
            "fill AttributeNames[1]",
        ),
        (
            {**channel(), "ContentTyp": "text/csv"},
            "channel/unknown-key",
            "InputDataConfig[0].ContentTyp",
            "the key 'ContentTyp'",
            "write ContentType",
        ),
        (
            {**channel(), "S3DataDistributionType": "ShardedByS3Key"},
            "channel/unknown-key",
            "InputDataConfig[0].S3DataDistributionType",
            "the key 'S3DataDistributionType'",
            "move it: it belongs into DataSource.S3DataSource",
        ),
        (
            channel(ContentType="text/csv", InputFilter="$"),
            "channel/unknown-key",
            f"{S3}.InputFilter",
            "the key 'InputFilter'",
            "remove it: boto3 refuses the call",
        ),
    ],
)
def test_problems_of_a_channel(value, rule, setting, told, fix):
    assert service_model.errors([value])
    finding = one([value], rule)
    assert finding.severity == "error"
    assert finding.places[0].setting == setting
    assert (finding.found, finding.fix) == (told, fix)


@pytest.mark.parametrize(
    ("value", "rule", "setting"),
    [
        (job(channel(), mode="Stream"), "channel/choice", "TrainingInputMode"),
        (
            {**job(channel()), "AlgorithmSpecification": {}},
            "channel/missing-key",
            "TrainingInputMode",
        ),
        (
            job(channel(), HyperParameters={"feature_dim": 10}),
            "channel/type",
            "HyperParameters.feature_dim",
        ),
        (
            job(channel(), HyperParameters={"a": "x" * 2501}),
            "channel/length",
            "HyperParameters.a",
        ),
        (
            job(channel(), HyperParameters={f"h{n}": "1" for n in range(101)}),
            "channel/length",
            "HyperParameters",
        ),
        (job(channel(), instances=-1), "channel/number", "ResourceConfig.InstanceCount"),
        (
            job(channel(), Hyperparameters={"feature_dim": "10"}),
            "channel/unknown-key",
            "Hyperparameters",
        ),
        (job(), "channel/length", "InputDataConfig"),
        ({**job(), "InputDataConfig": {}}, "channel/type", "InputDataConfig"),
    ],
)
def test_problems_of_a_job(value, rule, setting):
    finding = one(value, rule)
    assert finding.severity == "error"
    assert finding.places[0].setting.endswith(setting)


def test_a_number_among_hyperparameters_is_to_be_quoted():
    value = job(channel(), HyperParameters={"feature_dim": 10})
    assert one(value, "channel/type").fix == 'write it in quotes: "10"'


def test_a_job_without_channels_is_a_warning():
    value = job(image="my-own:latest")
    del value["InputDataConfig"]
    assert found(value) == [("channel/missing-key", "warning", "InputDataConfig")]


def test_a_name_stands_once():
    value = [channel("train"), channel("train", "s3://bucket/other/"), channel("test")]
    assert found(value) == [
        ("channel/duplicate-name", "error", "InputDataConfig[0].ChannelName"),
        ("channel/duplicate-name", "error", "InputDataConfig[1].ChannelName"),
    ]
    assert rules([channel("train"), channel("test")]) == set()
