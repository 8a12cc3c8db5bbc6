"""Folders of shards: every row once, evenly, the same bytes however it is done."""

import hashlib
import json
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import recordsmith as rs
from recordsmith.errors import FormatError, InputError, LimitError, ValidationError
from sharded import SPLIT, N, X, Y, batches, contents, left, random_sparse, rows_of


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# -- shards ----------------------------------------------------------------------------


def test_every_row_once_in_order_and_evenly():
    done = rs.write("out/", X, Y, shards=4)
    files = contents("out")
    assert sorted(files) == [f"part-0000{i}-of-00004.pbr" for i in range(4)]
    numbers = [rows_of(data) for data in files.values()]
    assert all(one == sorted(one) for one in numbers)
    assert sorted(chain.from_iterable(numbers)) == list(range(N))
    sizes = [len(data) for data in files.values()]
    assert max(sizes) - min(sizes) <= max(sizes) / 50
    for name, data in files.items():
        batch = rs.decode(data)
        np.testing.assert_array_equal(batch.labels, batch.features[:, 0] % 3, name)
    assert (done.rows, done.bytes) == (N, sum(sizes))
    assert left() == ["out", "out.manifest.json"]


def test_the_result_and_the_manifest_tell_the_files():
    done = rs.write("out/", X, Y, shards=3)
    manifest = json.loads(Path("out.manifest.json").read_text())
    files = contents("out")
    assert [one.name for one in done.shards] == sorted(files)
    assert manifest["files"] == [
        {
            "name": name,
            "part": "",
            "rows": len(rows_of(data)),
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        for name, data in sorted(files.items())
    ]
    assert (manifest["rows"], manifest["bytes"]) == (N, sum(map(len, files.values())))
    assert manifest["layout"] == {"shards": 3}
    assert manifest["fields"] == [
        {
            "role": role,
            "name": "values",
            "kind": "dense",
            "dtype": "float32",
            "width": width,
        }
        for role, width in (("feature", 2), ("label", 1))
    ]
    labels = {"n": N, "not_finite": 0, "min": 0.0, "max": 2.0}
    classes = {"0": 1000, "1": 1000, "2": 1000}
    assert manifest["parts"] == {
        "": {"rows": N, "labels": {**labels, "classes": classes}}
    }
    assert manifest["source"] == "ndarray"
    assert done.manifest == "out.manifest.json"
    assert done.parts == {"": N}


def test_the_manifest_of_a_file_tells_its_options():
    Path("a.csv").write_text("y,a,b\n" + "1,2,3\n0,4,5\n" * 20)
    done = rs.convert("a.csv", "out", label="y", dtype="float32", shards=2, nulls="nan")
    manifest = json.loads(Path(done.manifest).read_text())
    assert manifest["source"] == "a.csv"
    assert manifest["options"] == {"label": "y", "dtype": "float32", "nulls": "nan"}
    assert manifest["parts"][""]["labels"]["classes"] == {"0": 20, "1": 20}


def test_labels_that_are_many_are_not_counted_one_by_one():
    y = np.arange(N, dtype="float64")
    y[[5, 7]] = np.nan
    rs.write("out/", X, y, shards=1)
    manifest = json.loads(Path("out.manifest.json").read_text())
    assert manifest["parts"][""]["labels"] == {
        "n": N,
        "not_finite": 2,
        "min": 0.0,
        "max": N - 1,
        "classes": None,
    }


@pytest.mark.parametrize("options", [{"shards": 4}, {"max_shard_bytes": 9000}])
@pytest.mark.parametrize("split", [None, SPLIT])
@pytest.mark.parametrize("kind", ["dense", "sparse", "int32"])
def test_the_bytes_depend_on_rows_and_options_alone(options, split, kind):
    data = {
        "dense": X,
        "sparse": random_sparse(N),
        "int32": X.astype("int32"),
    }[kind]
    options = {**options, "split": split}
    rs.write("a", data, Y, threads=1, **options)
    rs.write("b", data, Y, threads=3, **options)
    rs.write("c", batches(data, Y, 617), threads=2, **options)
    rs.write("d", batches(data, Y, 59), threads=2, **options)
    expected = contents("a")
    assert [contents(one) == expected for one in "bcd"] == [True] * 3
    rs.write("one.pbr", data, Y)
    joined = b"".join(expected.values())
    assert len(joined) == Path("one.pbr").stat().st_size


def test_one_file_has_the_bytes_of_a_plain_write():
    rs.write("out/", X, Y)
    assert contents("out") == {"part-00000-of-00001.pbr": rs.encode(X, Y)}


def test_files_one_after_the_other_are_the_plain_file_when_joined():
    done = rs.write("out/", X, Y, max_shard_bytes=10_000)
    files = contents("out")
    assert len(files) > 10
    assert [one.name for one in done.shards] == [
        f"part-{i:05}.pbr" for i in range(len(files))
    ]
    assert b"".join(files[name] for name in sorted(files)) == rs.encode(X, Y)
    sizes = [len(files[name]) for name in sorted(files)]
    assert max(sizes) <= 10_000
    assert min(sizes[:-1]) > 9_500


@pytest.mark.parametrize("instances", [2, 5])
def test_the_number_of_files_is_a_multiple_of_instances(instances):
    done = rs.write("a/", X, Y, instances=instances)
    assert len(done.shards) == instances
    done = rs.write("b/", X, Y, instances=instances, max_shard_bytes=9_000)
    assert len(done.shards) % instances == 0
    assert len(done.shards) > instances
    assert all(0 < one.bytes <= 9_000 for one in done.shards)


def test_auto_goes_by_the_source():
    wide = np.zeros((600, 1 << 16), "float32")  # 150 MiB
    done = rs.write("out/", wide, shards="auto", instances=3)
    assert len(done.shards) == 3
    done = rs.write("more/", wide)
    assert [one.rows for one in done.shards] == [300, 300]


@pytest.mark.parametrize("n_rows", [3, 4, 7, 50])
def test_few_rows_leave_no_file_empty(n_rows):
    done = rs.write("out/", X[:n_rows], shards=3)
    rows = [one.rows for one in done.shards]
    assert len(rows) == 3
    assert sum(rows) == n_rows
    assert max(rows) - min(rows) <= 1


@pytest.mark.parametrize("n_rows", [0, 2])
def test_too_few_rows_write_nothing(n_rows):
    with pytest.raises(InputError, match=r"there are (no|2) rows"):
        rs.write("out/", X[:n_rows], shards=3)
    assert left() == []


def test_rows_of_different_lengths():
    ragged = [list(range(1 + i * i % 91)) for i in range(900)]
    ragged[7] = list(range(5000))
    done = rs.write("out/", ragged, np.arange(900.0), shards=3)
    labels = [rs.decode(data).labels for data in contents("out").values()]
    assert sorted(np.concatenate(labels)) == list(range(900))
    assert max(one.bytes for one in done.shards) < 1.1 * done.bytes / 3
    rs.write("small/", ragged, max_shard_bytes=41_000, threads=1)
    sizes = [len(data) for data in contents("small").values()]
    assert max(sizes) <= 41_000
    with pytest.raises(LimitError, match=r"a record takes .* max_shard_bytes is 9,000"):
        rs.write("none/", ragged, max_shard_bytes=9_000)
    assert left() == ["out", "out.manifest.json", "small", "small.manifest.json"]


def test_a_split_record_of_a_magic_number_stays_whole():
    """A payload that holds the magic number of frames is no place to cut."""
    magic = np.frombuffer(bytes.fromhex("0a23d7ce"), "<f4")[0]
    rs.write("out/", np.full((500, 3), magic, "float32"), shards=2)
    assert sum(rs.decode(d).n_rows for d in contents("out").values()) == 500


def test_options_of_the_format_hold():
    zeros = csr_matrix((40, 3), dtype="float32")
    done = rs.write("out/", zeros, shards=2, empty_rows="explicit-zero")
    assert done.tally.zeros_added == 40
    done = rs.write("dense/", random_sparse(200), shards=2, densify=True)
    for data in contents("dense").values():
        assert isinstance(rs.decode(data).features, np.ndarray)
    fields = json.loads(Path("dense.manifest.json").read_text())["fields"]
    assert (fields[0]["kind"], fields[0]["width"]) == ("dense", 50)


def test_an_error_names_the_row_in_the_source():
    dense = random_sparse(900).toarray()
    dense[777] = 0
    for split in (None, SPLIT):
        with pytest.raises(InputError, match="no stored value") as caught:
            rs.write("out/", csr_matrix(dense), shards=2, empty_rows="error", split=split)
        assert caught.value.row == 777
        assert left() == []


def test_an_algorithm_refuses_and_nothing_is_written():
    bad = X.copy()
    bad[2990] = np.nan
    with pytest.raises(ValidationError):
        rs.write("out/", bad, Y, shards=2, algorithm="linear-learner")
    assert left() == []
    done = rs.write("out/", X, Y, shards=2, algorithm="linear-learner")
    assert done.report.ok
    channel = done.channel("train", "s3://bucket/out/")
    assert channel["ContentType"] == "application/x-recordio-protobuf"


@pytest.mark.parametrize("options", [{"shards": 2}, {"max_shard_bytes": 999}])
def test_a_source_that_fails_leaves_nothing(options):
    def failing():
        yield from batches(X, Y, 500)
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        rs.write("out/", failing(), split=SPLIT, **options)
    assert left() == []


def test_replacing():
    rs.write("out/", X, Y, shards=2, split=SPLIT)
    before = contents("out"), Path("out.manifest.json").read_bytes()
    with pytest.raises(InputError, match="exists and is not empty"):
        rs.write("out/", X, Y, shards=2)
    with pytest.raises(InputError, match="no rows"):
        rs.write("out/", X[:0], shards=2, overwrite=True)
    assert (contents("out"), Path("out.manifest.json").read_bytes()) == before
    rs.write("out/", X, Y, shards=1, overwrite=True)
    assert list(contents("out")) == ["part-00000-of-00001.pbr"]
    Path("out/notes.txt").touch()
    with pytest.raises(InputError, match=r"not written by this, such as 'notes\.txt'"):
        rs.write("out/", X, Y, shards=1, overwrite=True)
    assert left() == ["out", "out.manifest.json"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shards": 0}, "shards is 0, expected a whole number from 1 on"),
        ({"shards": 2.0}, r"shards is 2\.0"),
        ({"shards": True}, "shards is True"),
        ({"shards": "many"}, "shards is 'many', expected a number or 'auto'"),
        ({"shards": 501}, "501 files would be open at a time, 500 is the most"),
        ({"shards": 3, "instances": 2}, "expected a multiple of instances, 2"),
        ({"shards": 3, "max_shard_bytes": 9}, "both given, and one decides the other"),
        ({"instances": 0}, "instances is 0"),
        ({"instances": 501}, "at most 500"),
        ({"max_shard_bytes": 0}, "max_shard_bytes is 0"),
        ({"split": {"a": 0.5, "b": 0.4}}, r"add up to 0\.9, expected 1"),
        ({"split": {"a": 1.5, "b": -0.5}}, r"a is 1\.5, expected more than 0"),
        ({"split": {"a": 1, "b": 0}}, "b is 0, expected more than 0"),
        ({"split": {"a": float("nan"), "b": 1}}, "a is nan"),
        ({"split": {"a": "half", "b": 0.5}}, "a is 'half', expected a share"),
        ({"split": {"../up": 1}}, r"'\.\./up' is no name of a channel"),
        ({"split": {"..": 1}}, r"'\.\.' is no name of a channel"),
        ({"split": [0.5, 0.5]}, "split is a list, expected shares by name"),
        ({"split": {f"p{i}": 1 / 25 for i in range(25)}}, "25 parts, at most 20"),
        ({"k_fold": 1}, "k_fold is 1, expected a whole number from 2 on"),
        ({"k_fold": 50}, "k_fold is 50, at most 20"),
        ({"k_fold": 3, "split": SPLIT}, "split and k_fold are both given"),
        ({"seed": -1, "split": SPLIT}, "seed is -1"),
        ({"seed": 1}, "seed= is given, and nothing is split or shuffled"),
        ({"stratify": True}, "stratify= is given, and nothing is split"),
        ({"group_by": "a"}, "group_by= is given, and nothing is split"),
        (
            {"group_by": "a", "stratify": True, "split": SPLIT},
            "each decides where a row goes",
        ),
        ({"sagemaker_manifest": "bucket/x"}, "expected where the folder is copied to"),
        ({"shards": 2, "dest_format": "csv"}, "holds recordio, and csv is asked for"),
        ({"shards": 2, "compression": "gzip"}, "does not know the option 'compression'"),
        ({"shards": 2, "flat": True}, "does not know the option 'flat'"),
        ({"shards": 2, "empty_rows": "drop"}, "empty_rows is 'drop', not one of"),
        ({"shards": 2, "threads": 0}, "threads is 0"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(InputError, match=message):
        rs.write("out", X, Y, **options)
    assert left() == []


def test_outputs_that_are_no_folder():
    import io

    with pytest.raises(InputError, match="shards= is about a folder of files"):
        rs.write(io.BytesIO(), X, shards=2)
    with pytest.raises(InputError, match="about a folder of files"):
        rs.write("-", X, split=SPLIT)
    with pytest.raises(InputError, match="the folder .* does not exist"):
        rs.write("no/out/", X)
    with pytest.raises(InputError, match="this is an address"):
        rs.write("s3://bucket/out/", X, shards=2)
    Path("file").touch()
    with pytest.raises(InputError, match="this is a file, expected the name of a folder"):
        rs.write("file", X, shards=2)


# -- verify ----------------------------------------------------------------------------


def test_verify_a_folder():
    rs.write("out/", X, Y, split=SPLIT, shards=2)
    report = rs.verify("out/")
    assert (report.ok, report.records) == (True, N)
    assert report.bytes == sum(map(len, contents("out").values()))
    assert report.schema.startswith("feature 'values': dense float32, 2 wide")


def test_verify_a_folder_for_batch_transform():
    rs.transform_files(X, "batch", content_type="csv", rows=1000)
    report = rs.verify("batch")
    assert (report.ok, report.records) == (True, N)
    path = Path("batch/part-00001.csv")
    path.write_bytes(path.read_bytes().replace(b"7", b"8", 1))
    assert [str(one) for one in rs.verify("batch").problems] == [
        "part-00001.csv: its SHA-256 is another than the manifest says"
    ]


def test_verify_names_what_is_wrong():
    rs.write("out/", X, Y, shards=5)
    path = [f"out/part-0000{i}-of-00005.pbr" for i in range(5)]
    data = bytearray(Path(path[1]).read_bytes())
    data[0] ^= 1  # the magic number of the first frame
    Path(path[1]).write_bytes(data)
    Path(path[2]).unlink()
    with Path(path[3]).open("ab") as file:
        file.write(bytes(3))
    data = bytearray(Path(path[4]).read_bytes())
    at = rs.encode(X[:1]).index(X[0].tobytes())  # a value: a record all the same
    data[at] ^= 1
    Path(path[4]).write_bytes(data)
    Path("out/_SUCCESS").touch()
    report = rs.verify("out", max_problems=100)
    text = "\n".join(map(str, report.problems))
    assert report.n_problems == len(report.problems) == 7
    assert "_SUCCESS: the manifest does not know this file" in text
    assert "part-00001-of-00005.pbr: its SHA-256 is another" in text
    assert "part-00001-of-00005.pbr: record 1, byte 0: " in text
    assert "part-00002-of-00005.pbr: the file is missing" in text
    assert "part-00003-of-00005.pbr: " in text
    assert text.count("part-00004-of-00005.pbr: its SHA-256 is another") == 1
    assert "part-00000" not in text
    assert len(rs.verify("out", max_problems=2).problems) == 2


def test_verify_without_a_manifest():
    Path("bare").mkdir()
    with pytest.raises(InputError, match="there is no manifest beside the folder"):
        rs.verify("bare")
    Path("bare.manifest.json").write_text(
        '{"version": 1, "kind": "shards", "files": [{"name": "a", "rows": 1}]}'
    )
    with pytest.raises(FormatError, match="does not tell name, rows, bytes and sha256"):
        rs.verify("bare")


def test_a_folder_of_shards_is_no_batch_transform():
    rs.write("out/", X, Y, shards=2)
    Path("scores").mkdir()
    for name in contents("out"):
        Path(f"scores/{name}.out").write_text("1\n")
    with pytest.raises(FormatError, match="for shards, expected transform"):
        rs.join("out/", "scores", out="joined.csv")


def test_shards_are_read_as_one_source():
    rs.write("out/", X, Y, shards=4)
    batch = rs.read("out/")
    assert sorted(batch.features[:, 0]) == list(range(N))
