"""What breaks SageMaker jobs, row by row: each with a rule, a bad input and a good twin.

The rows are what users of the existing tools reported, what the containers' sources say,
and what damages data without a word. `NOT_COVERED` names those that data and settings
cannot show, and why.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import recordsmith as rs
import wire
from recordsmith.errors import InputError
from recordsmith.reporting.catalogue import RULES
from validating import JOBS, RECORDIO, payload, row, rules, sparse, validate

NAN, INF = float("nan"), float("inf")
LL, FM, XGB = "linear-learner", "factorization-machines", "xgboost"
BINARY = {"predictor_type": "binary_classifier", "mini_batch_size": 1}
MULTI = {"predictor_type": "multiclass_classifier", "num_classes": 3}
SOFTMAX = {"num_round": 1, "objective": "multi:softmax", "num_class": 3}


@dataclass(frozen=True)
class Row:
    """One thing that goes wrong.

    `place` is (record or line, column) of the first place; bad and good are bytes of
    RecordIO-protobuf, or text of a file with `suffix`. `settings` are those of the bad
    one, and `better` replaces some of them for the good one.
    """

    what: str
    rule: str
    algorithm: str
    bad: Any
    good: Any
    place: Any = None
    severity: str = "error"
    suffix: str = ""
    settings: dict = field(default_factory=dict)
    better: dict = field(default_factory=dict)


def unlabelled(values=(1, 2, 3), **more):
    return row(values, label=None, **more)


def labels(*values):
    return b"".join(row(label=(value,)) for value in values)


def tokens(source, target=(1, 2), dtype="int32"):
    return wire.frame(
        wire.feature(wire.value(dtype, source), "source")
        + wire.feature(wire.value(dtype, target), "target")
    )


TEXT_CSV = {"content_type": "text/csv"}
NO_LABEL_CSV = {"content_type": "text/csv;label_size=0"}

ROWS = [
    # -- settings that do not fit the data -------------------------------------------
    Row("a short content type where the full one is needed", "channel/content-type", LL,
        "0.5,1,2\n" * 3, "0.5,1,2\n" * 3, suffix=".csv",
        settings={"content_type": "csv"}, better=TEXT_CSV),
    Row("a parameter that XGBoost's channel check refuses",
        "channel/content-type-parameter", XGB, "1,1,2\n", "1,1,2\n", suffix=".csv",
        settings={"content_type": "text/csv;label_size=1"}, better=TEXT_CSV),
    Row("unlabelled CSV without label_size=0", "channel/label-size", "kmeans",
        "0,1,2\n3,4,5\n", "0,1,2\n3,4,5\n", suffix=".csv", severity="warning",
        settings=TEXT_CSV, better=NO_LABEL_CSV),
    Row("CSV under a RecordIO content type", "file/format", LL,
        "1,2\n3,4\n", row() * 2, suffix=".csv", settings={"content_type": RECORDIO}),
    Row("CSV for an algorithm that takes RecordIO only", "file/format", FM,
        "1,2\n3,4\n", sparse() * 2, suffix=".csv"),
    Row("a printed Spark vector in a CSV cell", "csv/spark-vector", LL,
        "0.5,1\n0.5,(262144,[1],[2.0])\n", "0.5,1\n0.5,2\n", (2, None), suffix=".csv",
        settings=TEXT_CSV),
    Row("a text in a CSV cell", "csv/cell", LL,
        "0.5,1\n0.5,red\n", "0.5,1\n0.5,2\n", (2, 1), suffix=".csv",
        settings=TEXT_CSV),
    Row("gzip in File mode", "channel/compression", LL, row() * 2, row() * 2,
        settings={"compression": "Gzip", "input_mode": "File"},
        better={"compression": None}),
    Row("Pipe mode for libsvm", "channel/input-mode", XGB, "1 0:1 1:2\n0 0:1 1:1\n",
        "1 0:1 1:2\n0 0:1 1:1\n", suffix=".libsvm",
        settings={"content_type": "text/libsvm", "input_mode": "Pipe"},
        better={"input_mode": "File"}),
    Row("Pipe mode, which new XGBoost images dropped", "channel/input-mode", XGB,
        row() * 2, row() * 2, severity="warning", settings={"input_mode": "Pipe"},
        better={"container": "1.7-1"}),
    Row("a distribution that the channel must not have", "channel/distribution",
        "randomcutforest", unlabelled() * 2, unlabelled() * 2,
        settings={"distribution": "FullyReplicated"},
        better={"distribution": "ShardedByS3Key"}),
    # -- numbers ---------------------------------------------------------------------
    Row("NaN in features", "data/nan", LL, row() + row((1, NAN, NAN)), row() * 2, (2, 1)),
    Row("NaN in a label", "data/nan", XGB, row() + row(label=(NAN,)), row() * 2,
        (2, None)),
    Row("infinity in features", "data/infinity", LL, row() * 2 + row((-INF, 2, 3)),
        row() * 3, (3, 0)),
    Row("float64 beyond float32", "data/infinity", XGB,
        row(dtype="float64") + row((1, 2, 1e39), dtype="float64"),
        row(dtype="float64") * 2, (2, 2)),
    Row("an empty cell in CSV", "data/nan", LL, "0.5,1,2\n0.5,,2\n", "0.5,1,2\n0.5,1,2\n",
        (2, 1), suffix=".csv", settings=TEXT_CSV),
    Row("negative counts of words", "data/negative", "ntm",
        unlabelled() + unlabelled((1, -2, 0)), unlabelled() * 2, (2, 1), "warning"),
    Row("negative tokens", "data/tokens", "seq2seq", tokens((5, 6)) + tokens((3, -1, 4)),
        tokens((5, 6)) + tokens((3, 1, 4)), (2, 1)),
    Row("tokens as floats", "record/dtype", "seq2seq", tokens((1, 2), dtype="float32"),
        tokens((1, 2))),
    # -- labels ----------------------------------------------------------------------
    Row("no record has a label", "label/missing", XGB, unlabelled() * 2, row() * 2,
        (1, None)),
    Row("some records have no label", "label/missing", XGB, row() * 2 + unlabelled() * 2,
        row() * 4, (3, None)),
    Row("labels where the channel takes none", "label/forbidden", "randomcutforest",
        "0,1,2\n1,4,5\n", "0,1,2\n1,4,5\n", (1, None), suffix=".csv",
        settings={"content_type": "text/csv;label_size=1"}, better=NO_LABEL_CSV),
    Row("a vector where a label is one number", "label/width", XGB,
        row() + row(label=(1, 2)), row() * 2, (2, None)),
    Row("labels -1 and 1 for a binary classifier", "label/values", LL, labels(1, -1),
        labels(1, 0), (2, None), settings={"hyperparameters": BINARY}),
    Row("a label with a fraction for classes", "label/values", LL, labels(0, 1, 2, 1.5),
        labels(0, 1, 2, 1), (4, None), settings={"hyperparameters": MULTI}),
    Row("classes counted from 1", "label/values", LL, labels(1, 2, 3), labels(0, 1, 2),
        (3, None), settings={"hyperparameters": MULTI}),
    Row("labels beyond XGBoost's num_class", "label/values", XGB, labels(0, 1, 2, 3),
        labels(0, 1, 2, 0), (4, None), "warning",
        settings={"hyperparameters": SOFTMAX}),
    Row("a class that never occurs", "label/classes", LL, labels(0, 2), labels(0, 1, 2),
        severity="warning", settings={"hyperparameters": MULTI}),
    Row("an anomaly label that is neither 0 nor 1", "label/values", "randomcutforest",
        labels(0, 1, 2), labels(0, 1, 1), (3, None), settings={"channel": "test"}),
    Row("labels as int32, NumPy's default, where float32 is wanted", "label/dtype", LL,
        row(label=(1,), label_dtype="int32"), row(), (1, None)),
    # -- the job ---------------------------------------------------------------------
    Row("feature_dim is not the width", "job/feature-dim", FM, sparse(), sparse(),
        settings={"hyperparameters": {**JOBS[FM], "feature_dim": 4}},
        better={"hyperparameters": JOBS[FM]}),
    Row("more columns than the algorithm takes", "job/feature-dim", "randomcutforest",
        unlabelled(range(10_001)), unlabelled(range(10_000)),
        settings={"hyperparameters": {"num_trees": 50, "feature_dim": 10_001}},
        better={"hyperparameters": {"num_trees": 50, "feature_dim": 10_000}}),
    Row("fewer rows than a mini-batch", "job/mini-batch-size", LL, row() * 2, row() * 3,
        severity="warning",
        settings={"hyperparameters": {**JOBS[LL], "mini_batch_size": 3}}),
    Row("LDA's mini_batch_size is not the number of rows", "job/mini-batch-size", "lda",
        unlabelled() * 3, unlabelled() * 2,
        settings={"hyperparameters": {"num_topics": 2, "feature_dim": 3,
                                      "mini_batch_size": 2}}),
    Row("several instances for an algorithm of one", "channel/instances", "lda",
        unlabelled() * 2, unlabelled() * 2, settings={"instances": 2},
        better={"instances": 1}),
    Row("fewer rows than instances", "job/instances", LL, row() * 2, row() * 3,
        settings={"instances": 3}),
    Row("fewer files than instances", "channel/shards", LL, row() * 4, row() * 4,
        settings={"instances": 2, "distribution": "ShardedByS3Key"},
        better={"instances": 1}),
    Row("a hyperparameter that the data need is missing",
        "channel/hyperparameter-missing", FM,
        sparse() * 2, sparse() * 2,
        settings={"hyperparameters": {"num_factors": 2, "predictor_type": "regressor"}},
        better={"hyperparameters": JOBS[FM]}),
    # -- requests --------------------------------------------------------------------
    Row("the label is still in a request", "request/labels", LL, row() * 2,
        unlabelled() * 2, (1, None), settings={"purpose": "inference"}),
    Row("a request is wider than the training data", "request/width", LL,
        unlabelled() + unlabelled((1, 2, 3, 4)), unlabelled() * 2, (2, None),
        settings={"purpose": "inference", "against": "training"}),
    Row("a request of another dtype", "request/dtype", LL, unlabelled(dtype="float64"),
        unlabelled(), (1, None), "warning",
        settings={"purpose": "inference", "against": "training"}),
    Row("a record longer than a request may be", "request/payload", LL,
        unlabelled(np.zeros(1_600_000)), unlabelled(np.zeros(1_500_000)), (1, None),
        settings={"purpose": "inference"}),
    Row("sparse rows that fill the memory once they are dense", "request/densified", FM,
        sparse(shape=(4_000_000,), label=None) * 200,
        sparse(shape=(40_000,), label=None) * 200, severity="warning",
        settings={"purpose": "transform"}),
]  # fmt: skip

# What the other test files of validation build: damage, schemas, keys, prefixes.
ELSEWHERE = {
    "text that options describe, with a cell that is no number": "data/parse",
    "a file cut off; trailing bytes; padding; damage": "file/truncated",
    "split records, which XGBoost cannot read": "file/split",
    "raw RecordIO: images or other payloads": "file/raw-recordio",
    "RecordIO wrapped twice by RecordWrapperType": "file/double-wrapped",
    "compressed files in File mode": "file/compressed",
    "an empty prefix": "file/empty",
    "hidden files under the prefix": "file/hidden",
    "_SUCCESS and other files that are no data": "file/stray",
    "folders too deep for XGBoost": "file/depth",
    "one file in two channels, or twice in one": "file/identical",
    "files of one record for old XGBoost images": "file/one-record",
    "ragged dense rows, shards of other widths": "record/width",
    "dense and sparse records mixed": "record/density",
    "sparse records without a shape": "record/shape",
    "matrix features": "record/rank",
    "keys and values differ in number": "record/key-count",
    "keys beyond the shape": "record/key-range",
    "keys stored twice": "record/duplicate-keys",
    "an empty sparse row": "record/empty-row",
    "features under another name": "record/feature-name",
    "features as bytes": "record/bytes",
    "labels that the training data do not have": "request/label-values",
}

NOT_COVERED = {
    "a pandas Series as labels is taken by its index": "not in a file: encode() and "
    "write() go by position and refuse indexes that differ",
    "too many or too few labels": "not in a file: encode() and write() refuse them",
    "a record of 2^29 bytes": "cannot be written: encode() refuses it, and in a file "
    "its length would be that of a shorter, damaged one",
    "a pipe that times out": "depends on how fast the algorithm reads",
    "gzip channel of k-NN reads only some rows": "how many rows the container took is "
    "not in the data",
    "Accept and AssembleWith do not fit": "settings of a transform, not of its input",
    "5 GB in one PUT": "a matter of uploading",
    "protobuf descriptors, MatchError, csr_matrix to the dense encoder": "errors of "
    "other tools, which this one does not have",
    "an augmented manifest's attributes in the wrong order": "in the manifest, not in "
    "the data: recordsmith.channels",
}


def source_of(data, suffix, folder, name):
    if isinstance(data, bytes) and not suffix:
        return data
    path = folder / f"{name}{suffix}"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def settings_of(case, better):
    settings = {**case.settings, **(case.better if better else {})}
    if settings.get("against") == "training":
        settings["against"] = validate(row() * 3, case.algorithm)
    return settings


@pytest.mark.parametrize("case", ROWS, ids=[case.what for case in ROWS])
def test_bad(case, tmp_path):
    src = source_of(case.bad, case.suffix, tmp_path, "bad")
    report = validate(src, case.algorithm, **settings_of(case, False))
    found = rules(report)
    assert case.rule in found, sorted(found)
    finding = found[case.rule][0]
    assert finding.severity == case.severity
    assert finding.found and finding.expected and finding.fix
    if case.severity == "warning" and finding.expected.startswith("not confirmed"):
        assert finding.sources
    if case.place is not None:
        place = finding.places[0]
        number = place.record if place.line is None else place.line
        assert (number, place.column) == case.place
        if isinstance(src, str):
            assert place.path == src


@pytest.mark.parametrize("case", ROWS, ids=[case.what for case in ROWS])
def test_good(case, tmp_path):
    src = source_of(case.good, case.suffix, tmp_path, "good")
    report = validate(src, case.algorithm, **settings_of(case, True))
    found = {rule for rule, all_of in rules(report).items()
             if any(one.severity != "note" for one in all_of)}  # fmt: skip
    assert case.rule not in found
    assert report.ok, [(f.rule, f.found, f.expected) for f in report.findings]
    assert report.rows > 0


def test_every_rule_has_a_row():
    named = {case.rule for case in ROWS} | set(ELSEWHERE.values())
    assert named <= set(RULES)
    assert all(NOT_COVERED.values())
    details = {  # parts of rows above, tested in test_validation_records.py
        "file/not-recordio", "file/damaged", "file/trailing", "file/padding",
        "file/unreadable", "record/protobuf", "record/text", "record/fields",
        "record/shape-mismatch", "record/unsorted-keys", "request/fields",
        "request/density",
    }  # fmt: skip
    ours = {"file", "record", "data", "label", "job", "request"}
    lacking = {one for one in RULES if one.split("/")[0] in ours} - named - details
    assert not lacking


def test_what_encoding_refuses_needs_no_rule():
    """Three of NOT_COVERED."""
    import pandas as pd

    X = pd.DataFrame(np.eye(3))
    shuffled = pd.Series([1.0, 2.0, 3.0], index=[2, 1, 0])
    for y in (shuffled, [1.0, 2.0], [1.0] * 4):
        with pytest.raises(InputError):
            rs.encode(X, y)
    with pytest.raises(InputError):
        rs.encode(np.ones((2, 3)), [1, 2, 3])  # as many labels as columns


def test_zero_rows_are_found_whatever_holds_them():
    empty = rs.encode(scipy.sparse.csr_matrix((0, 3)))
    assert empty == b""
    assert "file/empty" in rules(validate(b"", LL))
    assert wire.frame(payload()) == row()
