"""What the tests of `recordsmith.compare` share: real sources, and quick runs."""

from pathlib import Path

import recordsmith as rs

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SOURCES = {
    "wine.csv": {"label": 0, "header": False},
    "breast_cancer.csv": {"label": "diagnosis"},
    "digits.libsvm": {"index_base": 0, "n_features": 64},
}
QUICK = {"repeat": 1}
BOTH = ("RecordIO-protobuf, dense", "RecordIO-protobuf, sparse")


def compare(folder, name, algorithm, **options):
    return rs.compare(folder / name, algorithm, **{**SOURCES[name], **QUICK, **options})


def by_name(found):
    return {one.name: one for one in found.candidates}
