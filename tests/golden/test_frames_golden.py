"""RecordIO without protobuf, as MXNet writes it: see README.md."""

import hashlib
import io
import json
from pathlib import Path

import pytest

import recordsmith as rs
import wire

FOLDER = Path(__file__).parent / "frames"
EXPECTED = json.loads(FOLDER.joinpath("expected.json").read_text("utf-8"))
PAYLOADS = [bytes.fromhex(one) for one in EXPECTED["magic"]]
FILES = ["boxes.rec", "jpeg.rec", "magic.rec", "png.rec"]


def data_of(name):
    return FOLDER.joinpath(name).read_bytes()


def test_all_files_are_there_and_unchanged():
    found = {name: hashlib.sha256(data_of(name)).hexdigest() for name in FILES}
    assert found == EXPECTED["sha256"]
    assert {path.name for path in FOLDER.iterdir()} == {*FILES, "expected.json"}


def test_payloads_full_of_magic_numbers():
    parts = [part for part, _ in wire.frames(data_of("magic.rec"))]
    assert (len(PAYLOADS), len(parts), parts.count(0)) == (60, 131, 20)
    assert list(rs.read_frames(FOLDER / "magic.rec")) == PAYLOADS


def test_payloads_of_images():
    for name, images in EXPECTED["images"].items():
        payloads = list(rs.read_frames(FOLDER / f"{name}.rec"))
        assert [len(one) for one in payloads] == [image["bytes"] for image in images]


@pytest.mark.parametrize("name", FILES)
def test_written_again(name):
    file = io.BytesIO()
    rs.write_frames(file, rs.read_frames(FOLDER / name))
    assert file.getvalue() == data_of(name)
