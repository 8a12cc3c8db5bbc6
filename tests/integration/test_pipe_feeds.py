"""What a channel is fed with: objects, manifests, rows that are encoded."""

import gzip
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest

import recordsmith as rs
from fifos import OBJECTS, Taking, fifos_in, take
from recordsmith.errors import InputError, LimitError, ParseError
from recordsmith.pipe import Feed, Server, serve


def record(payload):
    """By the format's description: magic, length, payload, padding."""
    padding = b"\0" * (-len(payload) % 4)
    return struct.pack("<II", 0xCED7230A, len(payload)) + payload + padding


def one_epoch(*args, **options):
    """The bytes of a single epoch."""
    with Server({"train": Feed(*args, **options)}, epochs=1) as server:
        got = take(f"{server.directory}/train_0")
        server.wait()
    assert [one.ended for one in server.result().deliveries] == ["whole"]
    return got


def epochs_of(n, *args, **options):
    with Server({"train": Feed(*args, **options)}, epochs=n) as server:
        got = [take(f"{server.directory}/train_{i}") for i in range(n)]
        server.wait()
    return got


# -- what the objects are --------------------------------------------------------------


def test_empty_objects_are_an_epoch(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    assert one_epoch(tmp_path / "a") == b""


def test_a_list_keeps_its_order(objects):
    assert one_epoch([objects / "c", objects / "a"]) == b"last\nfirst\n"


def test_shuffled_by_seed_and_epoch(tmp_path):
    for i in range(20):
        (tmp_path / f"{i:02}").write_bytes(b"%02d" % i)
    first = epochs_of(3, tmp_path, seed=7)
    assert epochs_of(3, tmp_path, seed=7) == first
    assert len({*first, *epochs_of(3, tmp_path, seed=8)}) == 6
    in_order = b"".join(b"%02d" % i for i in range(20))
    for one in first:
        assert one != in_order
        assert sorted(one[i : i + 2] for i in range(0, 40, 2)) == sorted(
            in_order[i : i + 2] for i in range(0, 40, 2)
        )


def test_the_orders_of_a_seed_do_not_change(tmp_path):
    """By hand: sha256 of "1 0 0", "1 0 1", ... in ascending order."""
    for i in range(4):
        (tmp_path / str(i)).write_bytes(b"%d" % i)
    assert epochs_of(2, tmp_path, seed=1) == SEED_1


SEED_1 = [b"2301", b"3021"]


def test_shards_are_disjoint_and_complete(tmp_path):
    for i in range(7):
        (tmp_path / str(i)).write_bytes(b"%d" % i)
    parts = [one_epoch(tmp_path, shard=(i, 3)) for i in range(3)]
    assert parts == [b"036", b"14", b"25"]
    shuffled = [one_epoch(tmp_path, shard=(i, 3), seed=5) for i in range(3)]
    assert shuffled != parts
    assert sorted(b"".join(shuffled)) == sorted(b"0123456")


def test_a_shard_without_an_object_is_empty(objects):
    assert one_epoch(objects, shard=(3, 4)) == b""


def test_wrapped_objects_are_records(objects):
    pieces = [b"first\n", bytes(range(256)) * 10_000, b"last\n"]
    assert one_epoch(objects, wrap="recordio") == b"".join(map(record, pieces))


def test_gzip_is_decompressed(tmp_path):
    data = os.urandom(100_000) + bytes(3_000_000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(data))
    # Members one after another are one file.
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"b") + gzip.compress(b"c"))
    (tmp_path / "c.gz").write_bytes(gzip.compress(b""))
    assert one_epoch(tmp_path, gzip=True) == data + b"bc"
    expected = record(data) + record(b"bc") + record(b"")
    assert one_epoch(tmp_path, gzip=True, wrap="recordio") == expected


def test_without_gzip_compressed_objects_are_streamed_as_they_are(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"abc"))
    assert one_epoch(tmp_path / "a.gz") == (tmp_path / "a.gz").read_bytes()


def failing(error, *args, **options):
    """The error of a delivery that a reader waits for."""
    server = Server({"train": Feed(*args, **options)}, epochs=1)

    def attempt():
        with server:
            Taking(f"{server.directory}/train_0")
            server.wait()

    with pytest.raises(error) as caught:
        attempt()
    assert not Path(server.directory).exists()
    return str(caught.value)


def test_plain_and_damaged_objects_in_a_gzip_channel(tmp_path):
    (tmp_path / "plain").write_bytes(b"plain")
    message = failing(InputError, tmp_path / "plain", gzip=True)
    assert "plain: the file is not compressed with gzip" in message
    (tmp_path / "cut").write_bytes(gzip.compress(os.urandom(1000))[:-100])
    message = failing(rs.errors.FormatError, tmp_path / "cut", gzip=True)
    assert "cut: the gzip data ends in the middle" in message


def test_an_object_too_large_for_a_record(tmp_path):
    with open(tmp_path / "large", "wb") as file:
        file.truncate(1 << 29)
    message = failing(LimitError, tmp_path / "large", wrap="recordio")
    assert "536870912 bytes are too many for a RecordIO record" in message


def test_an_object_that_disappears(objects):
    def attempt():
        with Server({"train": objects}, epochs=1) as server:
            (objects / "c").unlink()
            Taking(f"{server.directory}/train_0")
            server.wait()

    with pytest.raises(FileNotFoundError):
        attempt()


def test_an_object_that_gets_shorter(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(8 << 20))

    def attempt():
        with Server({"train": path}, epochs=1, directory=tmp_path) as server:
            with open(tmp_path / "train_0", "rb", buffering=0) as file:
                file.read(1000)
                os.truncate(path, 4 << 20)
                while file.read(1 << 20):
                    pass
            server.wait()

    with pytest.raises(InputError, match="ended after .* bytes, it had 8388608"):
        attempt()


# -- augmented manifests ---------------------------------------------------------------


@pytest.fixture
def manifest(tmp_path):
    (tmp_path / "images").mkdir()
    lines = []
    for i in range(4):
        (tmp_path / "images" / f"{i}.jpg").write_bytes(b"image %d" % i)
        ref = f"s3://bucket/train/{i}.jpg"
        lines.append({"image-ref": ref, "label": i, "name": f"n{i}", "box": {"x": [i]}})
    text = "\n".join(map(json.dumps, lines)) + "\n\n"
    (tmp_path / "train.manifest").write_text(text)
    return tmp_path / "train.manifest"


def test_attributes_of_a_manifest_in_the_order_that_was_asked(manifest):
    refs = {"s3://bucket/train/": str(manifest.parent / "images") + "/"}
    got = one_epoch(
        manifest, attributes=["image-ref", "label", "name"], refs=refs, wrap="recordio"
    )
    assert got == b"".join(
        record(b"image %d" % i) + record(b"%d" % i) + record(b"n%d" % i) for i in range(4)
    )
    assert one_epoch(manifest, attributes=["box", "label"]) == b"".join(
        b'{"x": [%d]}%d' % (i, i) for i in range(4)
    )


def test_a_manifest_s_lines_are_shuffled_and_sharded(manifest):
    first, second = epochs_of(2, manifest, attributes=["label"], seed=3)
    assert sorted(first) == sorted(second) == sorted(b"0123")
    assert one_epoch(manifest, attributes=["label"], shard=(1, 2)) == b"13"


def test_refs_are_relative_to_the_manifest(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"there")
    (tmp_path / "m").write_text('{"source-ref": "a.txt"}\n')
    assert one_epoch(tmp_path / "m", attributes=["source-ref"]) == b"there"


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ('{"b": 1}', InputError, "line 2: the line has no attribute 'a', it has 'b'"),
        ("[1]", ParseError, "line 2: the line is JSON, but no object"),
        ("{", ParseError, "line 2: the line is no JSON"),
    ],
)
def test_bad_lines_of_a_manifest(line, error, message, tmp_path):
    (tmp_path / "m").write_text('{"a": 1}\n' + line + "\n")
    assert message in failing(error, tmp_path / "m", attributes=["a"])


def test_refs_that_are_not_here(tmp_path):
    (tmp_path / "m").write_text('{"a-ref": "s3://bucket/x"}\n{"a-ref": "gone"}\n')
    message = failing(InputError, tmp_path / "m", attributes=["a-ref"])
    assert "line 1: 'a-ref' names s3://bucket/x, which is not on this machine" in message
    (tmp_path / "m").write_text('{"a-ref": "gone"}\n')
    message = failing(InputError, tmp_path / "m", attributes=["a-ref"])
    assert "which is no file" in message


@pytest.mark.parametrize("prefix", ["s3://bucket/images", "s3://bucket/images/"])
def test_refs_with_and_without_a_slash_at_the_end(prefix, tmp_path):
    line = {"a-ref": "s3://bucket/images/x.png"}
    (tmp_path / "m").write_text(json.dumps(line))
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "x.png").write_bytes(b"image")
    refs = {"s3://bucket/": "elsewhere", prefix: str(tmp_path / "here")}
    assert one_epoch(tmp_path / "m", attributes=["a-ref"], refs=refs) == b"image"


# -- rows that are encoded on the way --------------------------------------------------


def test_rows_in_memory_are_encoded_in_each_epoch():
    X = np.arange(3_000_000, dtype="float32").reshape(-1, 3)
    y = np.arange(len(X), dtype="float32")
    whole = rs.encode(X, y)
    assert epochs_of(2, X, y=y) == [whole, whole]


def test_files_are_converted_on_the_way(tmp_path):
    (tmp_path / "a.csv").write_text("y,x\n1,0.5\n2,1.5\n")
    (tmp_path / "b.csv").write_text("y,x\n3,2.5\n")
    got = one_epoch(tmp_path, convert={"label": "y", "dtype": "float32"})
    batch = rs.decode(got)
    assert batch.features.dtype == "float32"
    assert batch.features.tolist() == [[0.5], [1.5], [2.5]]
    assert batch.labels.tolist() == [1, 2, 3]
    orders = [one_epoch(tmp_path, convert={"label": "y"}, seed=seed) for seed in range(8)]
    assert {tuple(rs.decode(one).labels) for one in orders} == {(1, 2, 3), (3, 1, 2)}


def test_a_bad_row_ends_the_serving(tmp_path):
    (tmp_path / "a.csv").write_text("y,x\n1,0.5\n2,\n")
    assert "a.csv" in failing(InputError, tmp_path / "a.csv", convert={"label": "y"})


# -- refused at once -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wrap": "tfrecord"}, "wrap is 'tfrecord'"),
        ({"shard": (2, 2)}, r"shard is \(2, 2\), expected \(i, n\) with i from 0"),
        ({"shard": 3}, "shard is 3, expected"),
        ({"y": [1]}, "y= gives labels of rows in memory, and these are files; name"),
        ({"refs": {"s3://b/": "b"}}, "refs= is for manifests"),
        (
            {"convert": {}, "content_type": "text/csv"},
            "content_type is 'text/csv', and what is encoded on the way is application",
        ),
        ({"convert": {}, "wrap": "recordio"}, "wrap and encoding on the way"),
        ({"convert": {}, "gzip": True}, "gzip and encoding on the way"),
        ({"attributes": []}, "attributes is \\[\\]"),
        ({"attributes": "label"}, "attributes is 'label'"),
        ({"attributes": ["a"], "gzip": True}, "gzip and attributes"),
    ],
)
def test_options_that_do_not_go_together(options, message, objects, tmp_path):
    with pytest.raises(InputError, match=message):
        Server({"train": Feed(objects / "a", **options)}, directory=tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_a_manifest_is_no_stream():
    with pytest.raises(InputError, match="read more than once, and standard input is"):
        Server({"train": Feed("-", attributes=["a"])}, epochs=1)


@pytest.mark.parametrize("options", [{"seed": 1}, {"shard": (0, 2)}])
def test_rows_in_memory_have_no_files_to_choose(options):
    with pytest.raises(InputError, match="rows in memory"):
        serve(np.zeros((2, 2)), **options)


def test_sources_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone"):
        serve(tmp_path / "gone", directory=tmp_path / "d")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no file"):
        serve(tmp_path / "empty", directory=tmp_path / "d")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(InputError, match="this is a FIFO"):
        serve(tmp_path / "fifo", directory=tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_names_epochs_and_times_that_cannot_be(objects):
    for feeds, options, message in [
        ({}, {}, "no channel"),
        ({"a b": objects}, {}, "'a b' cannot be the name of a channel"),
        ({"train": objects}, {"epochs": 0}, "epochs is 0"),
        ({"train": objects}, {"timeout_s": 0}, "timeout_s is 0"),
        ({"train": iter([])}, {"epochs": 2}, "can be read only once"),
        ({"train": "-"}, {}, "can be read only once"),
    ]:
        with pytest.raises(InputError, match=message):
            Server(feeds, **options)


def test_a_fifo_that_is_there_already(objects, tmp_path):
    os.mkfifo(tmp_path / "train_4")
    os.mkfifo(tmp_path / "train_x_0")
    with pytest.raises(InputError, match="train_4: there is a train_4 already"):
        serve(objects, directory=tmp_path)
    with Server({"train_x": objects, "other": objects}, directory=tmp_path / "new"):
        assert fifos_in(tmp_path / "new") == ["other_0", "train_x_0"]
    assert fifos_in(tmp_path) == ["train_4", "train_x_0"]
    with pytest.raises(InputError, match="this is no folder"):
        serve(objects, directory=objects / "a")


def test_without_sendfile_the_bytes_are_the_same(objects, monkeypatch):
    """As on systems that cannot move bytes from a file to a pipe."""

    def refused(*args):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "sendfile", refused)
    assert one_epoch(objects) == OBJECTS
    assert one_epoch(objects, wrap="recordio").endswith(record(b"last\n"))
