"""Validation in tests: bytes or files in, findings by rule out."""

import io

import recordsmith as rs
import wire

# What a job needs to say so that nothing is left open.
JOBS = {
    "linear-learner": {"predictor_type": "regressor", "mini_batch_size": 1},
    "factorization-machines": {
        "predictor_type": "regressor",
        "feature_dim": 3,
        "num_factors": 2,
    },
    "xgboost": {"num_round": 1, "objective": "reg:squarederror"},
    "kmeans": {"k": 2, "feature_dim": 3},
    "knn": {
        "k": 2,
        "feature_dim": 3,
        "predictor_type": "regressor",
        "sample_size": 2,
    },
    "pca": {"feature_dim": 3, "num_components": 1, "mini_batch_size": 1},
    "ntm": {"feature_dim": 3, "num_topics": 2},
    "randomcutforest": {"feature_dim": 3},
}
RECORDIO = "application/x-recordio-protobuf"


def validate(data, algorithm=None, **options):
    """The report of RecordIO-protobuf bytes, or of any other source."""
    src = io.BytesIO(data) if isinstance(data, bytes) else data
    if algorithm is not None and options.get("purpose", "train") == "train":
        options.setdefault("hyperparameters", JOBS.get(algorithm, {}))
        if isinstance(data, bytes):
            options.setdefault("content_type", RECORDIO)
    return rs.validate(src, algorithm, **options)


def rules(report):
    """{rule: [finding, ...]} of all errors and warnings, and notes."""
    found = {}
    for one in report.findings:
        found.setdefault(one.rule, []).append(one)
    return found


def only(report, rule):
    """The finding of a rule, which has to be the only error or warning."""
    grave = [one for one in report.findings if one.severity != "note"]
    assert [one.rule for one in grave] == [rule], [
        (one.rule, one.found, one.expected) for one in grave
    ]
    return grave[0]


def places(finding):
    """(record, column, offset) of each place."""
    return [(place.record, place.column, place.offset) for place in finding.places]


def row(values=(1, 2, 3), dtype="float32", label=(0.5,), label_dtype="float32", **more):
    """A frame with one feature and a label."""
    return wire.frame(payload(values, dtype, label, label_dtype, **more))


def payload(
    values=(1, 2, 3),
    dtype="float32",
    label=(0.5,),
    label_dtype="float32",
    keys=(),
    shape=(),
    name="values",
    label_name="values",
):
    """A record with one feature and a label."""
    data = wire.feature(wire.value(dtype, values, keys, shape), name)
    if label is not None:
        data += wire.label(wire.value(label_dtype, label), label_name)
    return data


def sparse(values=(1.5,), keys=(1,), shape=(3,), **more):
    return row(values, keys=keys, shape=shape, **more)
