"""What `recordsmith pipe` serves, a channel reads: both ends, as they will be used."""

import gzip
import json
import subprocess
import sys

import numpy as np
import pytest

import recordsmith as rs
from feeding import WAIT_S

X = np.arange(60, dtype="float32").reshape(20, 3)
Y = np.arange(20, dtype="float32")

ROWS = """
import recordsmith as rs
for epoch in rs.pipe.Channel("train", rows=8, dtype="float32", timeout_s=60).epochs(2):
    batches = list(epoch)
    print([batch.n_rows for batch in batches])
    print([row for batch in batches for row in batch.features.tolist()])
    print([int(label) for batch in batches for label in batch.labels])
"""
EXAMPLES = """
import recordsmith as rs
print(list(rs.pipe.Channel("train", group=2, timeout_s=60).epoch(0)))
"""
TWO = """
import recordsmith as rs
a, b = (rs.pipe.Channel(name, rows=5, timeout_s=60) for name in ("train", "validation"))
for one, other in zip(a.epochs(3), b.epochs(3)):
    print([(len(x), len(y)) for x, y in zip(one, other)])
"""


@pytest.fixture
def data(tmp_path):
    """Two files of records, the same as text, and an augmented manifest."""
    for name in ("records", "text", "images"):
        (tmp_path / name).mkdir()
    for number, part in enumerate((slice(0, 12), slice(12, 20))):
        rs.write(tmp_path / "records" / f"{number}.pbr", X[part], Y[part])
        lines = "".join(
            ",".join(map(str, [y, *x])) + "\n" for x, y in zip(X[part], Y[part])
        )
        packed = gzip.compress(lines.encode())
        (tmp_path / "text" / f"{number}.csv.gz").write_bytes(packed)
    lines = []
    for number in range(3):
        (tmp_path / "images" / f"{number}.png").write_bytes(b"png" * number)
        image = f"s3://bucket/{number}.png"
        lines.append(json.dumps({"image-ref": image, "class": number, "other": 0}))
    (tmp_path / "manifest.jsonl").write_text("\n".join(lines))
    return tmp_path


def serve(folder, script, *args):
    command = [sys.executable, "-m", "recordsmith", "pipe", *args]
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=6 * WAIT_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


CSV = ("--content-type", "text/csv;label_size=1")


@pytest.mark.parametrize(
    "args",
    [
        ("records/",),
        ("text/", "--gzip", *CSV),
        ("text/", *CSV),  # compressed bytes, as they would arrive without CompressionType
    ],
    ids=["recordio-protobuf", "csv, decompressed on the way", "csv, compressed"],
)
def test_rows(data, args):
    expected = ["[8, 8, 4]", str(X.tolist()), str([int(y) for y in Y])]
    assert serve(data, ROWS, *args)[:6] == expected * 2


def test_an_augmented_manifest(data):
    args = ("manifest.jsonl", "--attributes", "image-ref,class", "--wrap", "recordio")
    printed = serve(data, EXAMPLES, *args, "--refs", "s3://bucket/=images/")
    expected = [(b"png" * number, b"%d" % number) for number in range(3)]
    assert printed[0] == str(expected)


def test_wrapped_objects(data):
    script = EXAMPLES.replace("group=2, ", "")
    printed = serve(data, script, "images/", "--wrap", "recordio")
    assert printed[0] == str([(b"png" * number,) for number in range(3)])


def test_two_channels_in_step(data):
    args = ("--channel", "train", "records/", "--channel", "validation", "records/")
    assert serve(data, TWO, *args)[:3] == [str([(5, 5)] * 4)] * 3
