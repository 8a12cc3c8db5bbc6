"""What payloads are, by evidence, and what is said of files that hold no records."""

import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest

import recordsmith as rs
import wire
from commands import bad, good
from recordsmith.errors import FormatError, InputError
from recordsmith.payloads import image_header, is_record, kind_of, raw_payloads

IMAGES = Path(__file__).parents[1] / "golden" / "frames"
EXPECTED = json.loads(IMAGES.joinpath("expected.json").read_text("utf-8"))["images"]
JPEG = b"\xff\xd8\xff\xe0" + bytes(60)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
RECORD = wire.feature(wire.value("float32", [1, 2]))


def header(label, *, id=0, id2=0):
    """MXNet's image header, as its documentation has it."""
    if isinstance(label, list):
        head = struct.pack("<IfQQ", len(label), 0, id, id2)
        return head + np.array(label, "<f4").tobytes()
    return struct.pack("<IfQQ", 0, label, id, id2)


def framed(*payloads):
    return b"".join(map(wire.frame, payloads))


# ------------------------------------------------------------------------- one payload


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"", "empty"),
        (RECORD, "record"),
        (wire.label(wire.value("int32", [1])), "record"),
        (wire.chunk(3, b"uid"), "record"),
        (RECORD + wire.entry(1, "x", wire.value("float32", [1, 2], keys=[0])), "record"),
        (wire.frame(RECORD), "recordio"),
        (wire.MAGIC, "bytes"),
        (wire.MAGIC + b"\xff" * 8, "bytes"),
        (JPEG, "jpeg"),
        (PNG, "png"),
        (b"GIF89a" + bytes(9), "gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "bytes"),
        (b"II*\0" + bytes(9), "tiff"),
        (b"\x93NUMPY\1\0", "npy"),
        (header(1.0) + JPEG, "jpeg"),
        (header([1.0, 2.0, 3.0]) + PNG, "png"),
        (header(1.0) + b"no image", "bytes"),
        (header(1.0), "bytes"),
        (b"3", "text"),
        ("käse\n".encode(), "text"),
        (b"[1, 2]", "json"),
        (b' {"a": 1}\n', "json"),
        (b"{not json}", "text"),
        (b"[" * 100_000, "text"),
        (b"k\xe4se", "bytes"),
        (b"a\0b", "bytes"),
        (wire.varint(9 << 3) + b"\x05", "bytes"),  # only an unknown field
    ],
)
def test_kinds(payload, kind):
    assert kind_of(payload) == kind


def test_text_that_is_cut_in_a_character():
    assert kind_of(b"x" + "é".encode() * 5000) == "text"
    assert kind_of("é".encode()[:1]) == "bytes"


def test_records():
    assert is_record(RECORD)
    assert not is_record(b"")
    assert not is_record(JPEG)


def test_image_headers():
    for name, images in EXPECTED.items():
        payloads = list(rs.read_frames(IMAGES / f"{name}.rec"))
        assert len(payloads) == len(images)
        for payload, image in zip(payloads, images):
            found = image_header(payload)
            assert found.labels.tolist() == image["label"]
            assert (found.id, found.id2) == (image["id"], image["id2"])
            assert len(payload) - found.n_bytes == image["image_bytes"]


@pytest.mark.parametrize(
    "payload",
    [b"", header(1.0)[:-1] + JPEG, JPEG, header(1.0), b"\xff" * 64 + JPEG, RECORD],
)
def test_what_is_no_image_header(payload):
    assert image_header(payload) is None


# --------------------------------------------------------------------------- one file


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"1,2,3\n",
        framed(RECORD, RECORD),
        framed(b"", b""),
        framed(JPEG, RECORD),  # what is a record proves a file of records
        framed(b"\xff\xff\xff"),  # one alone may be a damaged record
        framed(bytes(200_000))[:1000],
        wire.frame(RECORD[:12], 1) + wire.frame(RECORD[12:], 3),  # ml-io joins it so
    ],
)
def test_no_evidence_of_raw_frames(head):
    assert raw_payloads(head) is None


@pytest.mark.parametrize(
    ("head", "kinds", "what"),
    [
        (framed(JPEG), ["jpeg"], "JPEG images"),
        (framed(JPEG + bytes(9999))[:500], ["jpeg"], "JPEG images"),
        (framed(header(2.0) + JPEG)[:60], ["jpeg"], "JPEG images behind MXNet's"),
        (framed(JPEG, b"1") * 2, ["jpeg", "text"] * 2, "JPEG images and text"),
        (framed(b"\xff\xff", b"\xfe\xff"), ["bytes"] * 2, "other bytes"),
        (framed(b"a") * 20, ["text"] * 8, "text"),
        (framed(framed(RECORD)) * 2, ["recordio"] * 2, "RecordIO again"),
        (framed(b"", b"{}"), ["empty", "json"], "nothing (empty payloads) and JSON"),
        (framed(b"1"), ["text"], "text"),
    ],
)
def test_evidence_of_raw_frames(head, kinds, what):
    found = raw_payloads(head)
    assert list(found.kinds) == kinds
    assert found.what.startswith(what)


def test_describe_images():
    found = rs.describe(IMAGES / "jpeg.rec")
    assert (found.format, found.rows, found.problem) == ("raw-recordio", 4, None)
    sizes = [image["bytes"] for image in EXPECTED["jpeg"]]
    summary = found.payloads
    assert summary.kinds == {"jpeg": 4}
    assert (summary.min_bytes, summary.max_bytes) == (min(sizes), max(sizes))
    assert (summary.total_bytes, summary.image_headers, summary.split) == (
        sum(sizes),
        4,
        0,
    )
    (label,) = found.fields
    assert (label.role, label.rows, label.distinct) == ("label", 4, [0, 1, 2])
    assert (label.min_width, label.max_width, label.integral) == (1, 1, True)


def test_describe_boxes():
    (label,) = rs.describe(IMAGES / "boxes.rec").fields
    assert (label.min_width, label.max_width) == (7, 12)


def test_describe_split_payloads():
    found = rs.describe(IMAGES / "magic.rec")
    assert (found.format, found.rows, found.payloads.split) == ("raw-recordio", 60, 40)
    assert found.fields == []


def test_describe_pairs_and_damage(tmp_path):
    path = tmp_path / "pairs.rec"
    path.write_bytes(framed(JPEG, b'{"class": 1}', JPEG, b"") + b"junk")
    found = rs.describe(path)
    assert found.payloads.kinds == {"jpeg": 2, "json": 1, "empty": 1}
    assert found.payloads.first == ["jpeg", "json", "jpeg", "empty"]
    assert found.rows == 4
    assert found.problem.startswith(f"{path}: record 5, byte ")


def test_describe_several_files(tmp_path):
    for name in "ab":
        tmp_path.joinpath(f"{name}.rec").write_bytes(framed(JPEG, JPEG))
    found = rs.describe(tmp_path)
    assert (found.rows, found.bytes) == (4, 4 * (len(JPEG) + 8))


def test_describe_records_as_before():
    found = rs.describe(io.BytesIO(framed(RECORD)))
    assert (found.format, found.rows, found.payloads) == ("recordio", 1, None)


def test_raw_frames_have_no_fields_to_choose():
    with pytest.raises(InputError, match="raw RecordIO has no option n_features="):
        rs.describe(io.BytesIO(framed(JPEG)), n_features=3)


# ----------------------------------------------------------------- where records are read


@pytest.mark.parametrize("read", [rs.read, lambda src: list(rs.iter_batches(src))])
def test_reading_images_as_records(read):
    path = IMAGES / "jpeg.rec"
    with pytest.raises(FormatError) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path}: record 1, byte 0: the RecordIO frames hold JPEG images behind MXNet's "
        "image header, not records of SageMaker's schema; recordsmith inspect describes "
        "it, recordsmith.read_frames() gives the payloads"
    )


def test_reading_frames_of_frames(tmp_path):
    tmp_path.joinpath("a.pbr").write_bytes(framed(framed(RECORD), framed(RECORD)))
    with pytest.raises(
        FormatError, match="framed twice: write the payloads of the outer"
    ):
        rs.read(tmp_path / "a.pbr")


def test_reading_other_bytes():
    with pytest.raises(FormatError, match=r"hold other bytes, .*schema \(.*runs past"):
        rs.read(io.BytesIO(framed(b"\xff\xff", b"\xff\xfe")))


def test_damaged_records_are_no_raw_frames():
    damaged = framed(RECORD[:-1], RECORD)
    with pytest.raises(FormatError, match="runs past the end of its message") as caught:
        rs.read(io.BytesIO(damaged))
    assert caught.value.row == 1
    with pytest.raises(FormatError, match="wire type 7 cannot stand") as caught:
        rs.read(io.BytesIO(framed(RECORD) + framed(JPEG) * 9))
    assert caught.value.row == 2


def test_verifying_images(tmp_path):
    report = rs.verify(IMAGES / "jpeg.rec")
    (problem,) = report.problems
    assert (problem.record, problem.offset, report.n_problems) == (1, 0, 1)
    assert "the frames hold JPEG images behind MXNet's image header" in problem.reason
    assert (report.records, report.bytes) == (0, (IMAGES / "jpeg.rec").stat().st_size)
    path = tmp_path / "cut.rec"
    path.write_bytes(IMAGES.joinpath("jpeg.rec").read_bytes()[:-9])
    _, cut = rs.verify(path).problems
    assert (cut.record, cut.reason.split(":")[0]) == (4, "the data end inside a frame")


def test_validating_images():
    report = rs.validate(IMAGES / "png.rec", "linear-learner")
    (finding,) = [one for one in report.findings if one.rule == "file/raw-recordio"]
    assert "PNG images behind MXNet's image header" in finding.found
    assert "(3 frames)" in finding.found


# --------------------------------------------------------------------- the command line


def test_inspect():
    text = good("inspect", IMAGES / "jpeg.rec")
    assert "raw-recordio, 4 payloads, 2.8 kB\n" in text
    assert "  not protobuf records: JPEG images behind MXNet's image header\n" in text
    assert "  payloads of 688 to 689 bytes, 688 on average\n" in text
    assert "label  dense float32, 1 value, 0 to 2, whole numbers, values 0, 1, 2" in text


def test_inspect_pairs():
    data = framed(header(1.0) + JPEG, b"text", JPEG, b"text")
    text = good("inspect", "-", input=data)
    assert "JPEG images (2), text (2), 1 of them behind MXNet's image header" in text
    assert "the first ones in order: jpeg, text, jpeg, text" in text


def test_inspect_json():
    found = json.loads(good("inspect", "--json", IMAGES / "png.rec"))
    assert (found["format"], found["rows"]) == ("raw-recordio", 3)
    assert found["payloads"]["kinds"] == {"png": 3}
    assert found["fields"][0]["max_width"] == 2


def test_convert_says_what_it_is(tmp_path):
    message = bad(1, "convert", IMAGES / "jpeg.rec", tmp_path / "out.csv")
    assert "hold JPEG images behind MXNet's image header" in message
    assert list(tmp_path.iterdir()) == []
