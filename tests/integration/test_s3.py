"""Objects in a real store (Ceph's gateway), read and written by verbs and commands."""

import gzip
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import recordsmith as rs
from commands import bad, csv_bytes, good
from recordsmith.errors import InputError, ObjectStoreError
from recordsmith.object_reader import ObjectReader
from recordsmith.storage import expand, open_input

PART = 8 << 20


def matrix(n_rows, width=10):
    return np.random.default_rng(1).normal(size=(n_rows, width)).astype("float32")


def put(store, bucket, **objects):
    for key, data in objects.items():
        store.put_object(Bucket=bucket, Key=key, Body=data)


def get(store, bucket, key):
    return store.get_object(Bucket=bucket, Key=key)["Body"].read()


def keys(store, bucket):
    pages = store.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [one["Key"] for page in pages for one in page.get("Contents", ())]


# -- round trips -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("pbr", {}),
        ("csv", {"header": False, "label": 0, "dtype": "float32"}),
        ("libsvm", {"index_base": 1, "n_features": 10, "dtype": "float32"}),
        ("parquet", {"label": "label"}),
        ("arrow", {"label": "label"}),
        ("npz", {"label": "y"}),
        ("jsonl", {"label": "label", "dtype": "float32"}),
    ],
)
def test_each_format_goes_out_and_comes_back(bucket, suffix, options):
    X, y = matrix(2000), np.arange(2000) % 3
    rs.write(f"s3://{bucket}/in.pbr", X, y)
    url = f"s3://{bucket}/out.{suffix}"
    if suffix != "pbr":
        rs.convert(f"s3://{bucket}/in.pbr", url)
    else:
        url = f"s3a://{bucket}/in.pbr"
    batch = rs.read(url, **options)
    got = batch.features
    got = got.toarray() if hasattr(got, "toarray") else got
    if suffix == "jsonl":  # it does not say that all rows are of one length
        got = np.concatenate(list(got)).reshape(2000, 10)
    assert np.array_equal(got, X)
    assert np.array_equal(batch.labels, y)


@pytest.mark.parametrize("n_bytes", [0, 1, PART, PART + 1, 3 * PART + 5])
def test_sizes_at_the_limits_of_parts(store, bucket, n_bytes):
    data = np.random.default_rng(n_bytes).bytes(n_bytes)
    from recordsmith.publish import open_output

    with open_output(f"s3://{bucket}/a b+%=ä/o") as out:
        for at in range(0, n_bytes, 1_000_003):
            out.write(data[at : at + 1_000_003])
        assert keys(store, bucket) == []
    assert out.n_bytes == n_bytes
    assert keys(store, bucket) == ["a b+%=ä/o"]
    answer = store.get_object(Bucket=bucket, Key="a b+%=ä/o")
    assert answer["Body"].read() == data
    parts = answer["ETag"].strip('"').partition("-")[2]
    assert parts == ("" if n_bytes <= PART else str(-(-n_bytes // PART)))
    with open_input(f"s3://{bucket}/a b+%=ä/o") as opened:
        assert opened.size == n_bytes
        assert opened.file.read() == data


def test_the_same_input_gives_the_same_bytes(store, bucket):
    put(store, bucket, **{"in.csv": csv_bytes(300_000)})
    for name in "ab":
        source = f"s3://{bucket}/in.csv"
        rs.convert(source, f"s3://{bucket}/{name}.pbr", label="y", dtype="float32")
    assert get(store, bucket, "a.pbr") == get(store, bucket, "b.pbr")


def test_an_input_may_be_replaced_by_what_is_made_of_it(store, bucket):
    url = f"s3://{bucket}/a.pbr"
    rs.write(url, matrix(300_000), np.arange(300_000))
    before = get(store, bucket, "a.pbr")
    assert len(before) > 2 * PART
    rs.convert(url, url, overwrite=True)
    assert get(store, bucket, "a.pbr") == before


# -- reading ---------------------------------------------------------------------------


def test_prefixes_and_patterns_are_listed_as_folders_are(store, bucket):
    names = ["t/b.csv", "t/a.csv", "t/d=1/c.csv", "t/d=1/sub/e.csv", "u/a.csv"]
    hidden = ["t/_SUCCESS", "t/.a.csv.crc", "t/_temporary/0/x.csv", "t/d=1/_meta/m.csv"]
    markers = ["t/", "t/d=1/", "t/d=2_$folder$"]
    put(
        store,
        bucket,
        **dict.fromkeys(names + hidden, b"1"),
        **dict.fromkeys(markers, b""),
    )
    top = f"s3://{bucket}"
    under = [f"{top}/t/{n}" for n in ("a.csv", "b.csv", "d=1/c.csv", "d=1/sub/e.csv")]
    assert expand(f"{top}/t/") == expand(f"{top}/t") == under
    assert expand(top) == [*under, f"{top}/u/a.csv"]
    assert expand(f"{top}/t/*.csv") == under[:2]
    assert expand(f"{top}/t/**/*.csv") == under
    assert expand(f"{top}/*/[ab].csv") == [*under[:2], f"{top}/u/a.csv"]
    assert expand(f"{top}/t/d=*") == under[2:]
    assert expand(f"{top}/t/_temporary/*/x.csv") == [f"{top}/t/_temporary/0/x.csv"]
    assert expand([f"{top}/u/a.csv", f"{top}/t/b.csv"]) == [f"{top}/u/a.csv", under[1]]
    assert expand(f"s3n://{bucket}/u/") == [f"s3n://{bucket}/u/a.csv"]


def test_a_name_that_looks_like_a_pattern(store, bucket):
    put(store, bucket, **{"a[1].csv": b"1", "a1.csv": b"1"})
    assert expand(f"s3://{bucket}/a[1].csv") == [f"s3://{bucket}/a[1].csv"]


def test_more_keys_than_a_page_holds(store, bucket):
    from concurrent.futures import ThreadPoolExecutor

    def one(i):
        store.put_object(Bucket=bucket, Key=f"p/{i:05}.csv", Body=b"1,%d\n" % i)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, reversed(range(1050))))
    found = expand(f"s3://{bucket}/p/")
    assert found == [f"s3://{bucket}/p/{i:05}.csv" for i in range(1050)]
    assert expand(f"s3://{bucket}/p/*49.csv") == [one for one in found if "49.csv" in one]
    options = {"dest_format": "recordio", "header": False, "label": 0}
    assert rs.convert(found[1000:], io.BytesIO(), **options).rows == 50


def test_compressed_text(store, bucket):
    put(store, bucket, **{"a.csv.gz": gzip.compress(csv_bytes(1000)), "cut.gz": b""})
    assert rs.read(f"s3://{bucket}/a.csv.gz", label="y").n_rows == 1000
    put(store, bucket, **{"cut.csv.gz": gzip.compress(csv_bytes(1000))[:-4]})
    with pytest.raises(rs.errors.FormatError, match="cut.csv.gz"):
        rs.read(f"s3://{bucket}/cut.csv.gz", label="y")


def test_parquet_by_row_groups_and_columns(store, bucket):
    table = pa.table({f"x{i}": np.arange(30_000) * 0.5 + i for i in range(20)})
    for name in ("t/y=1/a", "t/y=2/b"):  # keys without a suffix, as Redshift has them
        file = io.BytesIO()
        pq.write_table(table, file, row_group_size=7000)
        put(store, bucket, **{name: file.getvalue()})
    some = ["x3", "x19"]
    options = {"source_format": "parquet", "partition_columns": True, "label": "y"}
    batch = rs.read(f"s3://{bucket}/t/", features=some, **options)
    expected = np.column_stack([table[name].to_numpy() for name in some])
    assert np.array_equal(batch.features, np.concatenate([expected, expected]))
    assert np.array_equal(batch.labels, np.repeat([1, 2], 30_000))


def test_any_place_of_an_object_can_be_read(store, bucket):
    data = np.random.default_rng(5).bytes(5 << 20)
    put(store, bucket, o=data)
    places = np.random.default_rng(6).integers(0, len(data), (60, 2))
    with ObjectReader(f"s3://{bucket}/o") as file:
        assert file.read(10) == data[:10]
        file.hold([(1 << 20, (1 << 20) + 5000), (4 << 20, (4 << 20) + 70_000)])
        for at, n_bytes in [*places.tolist(), [1 << 20, 6000], [(4 << 20) - 9, 80_000]]:
            file.seek(at)
            got = b""
            while len(got) < min(n_bytes, len(data) - at):
                got += file.read(n_bytes - len(got))
            assert got == data[at : at + n_bytes]
        assert file.seek(-3, io.SEEK_END) == len(data) - 3
        assert file.read(9) == data[-3:]
        assert file.read(9) == b""


def test_an_object_that_is_replaced_while_it_is_read(store, bucket):
    put(store, bucket, o=b"1" * 100_000)
    with ObjectReader(f"s3://{bucket}/o") as file:
        put(store, bucket, o=b"2" * 100_000)
        file.seek(50_000)
        with pytest.raises(ObjectStoreError, match="replaced while it was being read"):
            file.read(10)


# -- commands --------------------------------------------------------------------------


def test_commands(store, bucket, tmp_path):
    put(store, bucket, **{"in/a.csv": csv_bytes(500), "in/b.csv": csv_bytes(70)})
    out = f"s3://{bucket}/out/train.pbr"
    good("convert", f"s3://{bucket}/in/", out, "--label", "y", "--dtype", "float32")
    assert rs.describe(out).rows == 570
    assert rs.verify(out).ok
    assert ": ok" in good("validate", f"s3://{bucket}/out/", "--algorithm", "kmeans")
    rs.salvage(out, f"s3://{bucket}/salvaged.pbr")
    assert get(store, bucket, "salvaged.pbr") == get(store, bucket, "out/train.pbr")
    served = tmp_path / "served"
    script = f'cat "$SM_CHANNEL_TRAIN"_0 > {served}'
    good("pipe", out, "--epochs", "1", "--", "/bin/sh", "-c", script)
    assert served.read_bytes() == get(store, bucket, "out/train.pbr")


def test_validate_finds_what_a_channel_should_not_hold(store, bucket):
    rs.write(f"s3://{bucket}/t/a.pbr", matrix(10), np.arange(10))
    put(store, bucket, **{"t/_SUCCESS": b"", "t/.crc": b"", "t/a/b/c/d/e.pbr": b""})
    report = rs.validate(f"s3://{bucket}/t/", "xgboost")
    found = {one.rule: one.places[0].path for one in report.findings}
    assert found["file/stray"] == f"s3://{bucket}/t/_SUCCESS"
    assert found["file/hidden"] == f"s3://{bucket}/t/.crc"
    assert found["file/depth"] == f"s3://{bucket}/t/a/b/c/d/e.pbr"


def test_an_empty_channel_is_a_finding(store, bucket):
    put(store, bucket, **{"t/_SUCCESS": b""})
    report = rs.validate(f"s3://{bucket}/t/", "linear-learner")
    assert not report.ok


# -- refusals --------------------------------------------------------------------------


def test_what_is_not_there(store, bucket):
    with pytest.raises(FileNotFoundError, match="no such object or prefix"):
        rs.read(f"s3://{bucket}/nope.pbr")
    with pytest.raises(InputError, match="no object matches"):
        rs.read(f"s3://{bucket}/*.pbr")
    with pytest.raises(InputError, match="holds no object"):
        rs.read(f"s3://{bucket}/nope/")
    with pytest.raises(InputError, match="names no bucket"):
        rs.read("s3:///key")
    with pytest.raises(ObjectStoreError, match="NoSuchBucket"):
        rs.read("s3://there-is-none/a.pbr")
    with pytest.raises(ObjectStoreError, match="NoSuchBucket"):
        rs.write("s3://there-is-none/a.pbr", matrix(3))


def test_an_object_is_replaced_only_on_request(store, bucket):
    url = f"s3://{bucket}/a.pbr"
    put(store, bucket, **{"a.pbr": b"old"})
    with pytest.raises(InputError, match="the object exists"):
        rs.write(url, matrix(3))
    assert get(store, bucket, "a.pbr") == b"old"
    rs.write(url, matrix(3), overwrite=True)
    assert rs.read(url).n_rows == 3
    with pytest.raises(InputError, match="this is a prefix"):
        rs.write(f"s3://{bucket}/train/", matrix(3), dest_format="pbr")


def test_an_object_that_appears_meanwhile_is_not_replaced(store, bucket):
    url = f"s3://{bucket}/a.pbr"

    def batches():
        yield rs.decode(rs.encode(matrix(3)))
        put(store, bucket, **{"a.pbr": b"theirs"})

    with pytest.raises(InputError, match="the object exists"):
        rs.write(url, batches())
    assert get(store, bucket, "a.pbr") == b"theirs"


@pytest.mark.parametrize(
    ("variable", "code"),
    [
        ("AWS_ACCESS_KEY_ID", "InvalidAccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "SignatureDoesNotMatch"),
    ],
)
def test_wrong_credentials_are_one_line(bucket, table, monkeypatch, variable, code):
    monkeypatch.setenv(variable, "wrong")
    assert code in bad(1, "cat", f"s3://{bucket}/a.pbr")
    out = f"s3://{bucket}/a.pbr"
    assert code in bad(1, "convert", table, out, "--label", "y")


def test_no_credentials(bucket, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    message = bad(1, "cat", f"s3://{bucket}/a.pbr")
    assert "no AWS credentials were found" in message and "AWS_PROFILE" in message


def test_a_profile_with_its_own_endpoint(bucket, ceph, tmp_path, monkeypatch):
    rs.write(f"s3://{bucket}/a.pbr", matrix(3))
    (tmp_path / "no-config").write_text(
        "[profile lab]\nregion = us-east-1\nservices = lab\naws_access_key_id = AKTEST\n"
        "aws_secret_access_key = sktest\n"
        f"[services lab]\ns3 =\n  endpoint_url = {ceph.endpoint}\n"
    )
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with rs.s3_settings(profile="lab"):
        assert rs.read(f"s3://{bucket}/a.pbr").n_rows == 3
    with rs.s3_settings(profile="none"), pytest.raises(ObjectStoreError, match="none"):
        rs.read(f"s3://{bucket}/a.pbr")
