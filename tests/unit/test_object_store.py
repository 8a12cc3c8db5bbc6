"""Names, patterns and settings of objects: what needs no store."""

import pickle
import subprocess
import sys

import pytest

from recordsmith import object_store, s3_settings
from recordsmith.errors import InputError, ObjectStoreError
from recordsmith.object_listing import Listed, compiled
from recordsmith.object_store import Location, current_settings, is_object
from recordsmith.object_writer import part_bytes
from recordsmith.publish import check_output

# -- names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "bucket", "key"),
    [
        ("s3://b/k", "b", "k"),
        ("S3A://b/a/b/", "b", "a/b/"),
        ("s3n://b", "b", ""),
        ("s3://b/", "b", ""),
        ("s3://b//k", "b", "/k"),
        ("s3://b/a b+%20=#?é", "b", "a b+%20=#?é"),
        (b"s3://b/k", "b", "k"),
    ],
)
def test_urls(url, bucket, key):
    place = Location.parse(url)
    assert (place.bucket, place.key) == (bucket, key)
    assert is_object(url)


@pytest.mark.parametrize(
    "path", ["s3:/b/k", "/s3://b", "gs://b/k", "s3", 3, None, ["s3://b"]]
)
def test_what_is_no_object(path):
    assert not is_object(path)


@pytest.mark.parametrize("url", ["s3://", "s3:///k"])
def test_a_url_without_a_bucket(url):
    with pytest.raises(InputError, match="names no bucket"):
        Location.parse(url)


@pytest.mark.parametrize("url", ["s3://b", "s3://b/", "s3://b/train/"])
def test_a_prefix_is_no_output(url):
    with pytest.raises(InputError, match="this is a prefix"):
        check_output(url)


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("a/*.csv", ["a/b.csv", "a/.csv", "a/x.csv/part"], ["a/b/c.csv", "a/b.csv2"]),
        ("a?c", ["abc", "abc/d"], ["a/c", "ac", "abcd"]),
        ("p[0-2]", ["p0", "p2/x"], ["p3", "p", "p[0-2]"]),
        ("p[!0-2]", ["p3", "px"], ["p0", "p/"]),
        ("p[]x]", ["p]", "px"], ["p[", "py"]),
        ("p[^]", ["p^"], ["p", "pa"]),
        ("a[", ["a["], ["a"]),
        ("a.b+(c)", ["a.b+(c)"], ["aXb+(c)", "a.bb(c)"]),
        ("**", ["a", "a/b"], []),
        ("x/**/*.csv", ["x/a.csv", "x/1/2/a.csv"], ["a.csv", "x/a.txt"]),
        ("x/**", ["x/a", "x/a/b"], ["x", "xy/a"]),
        ("day=*/h=*", ["day=1/h=2", "day=1/h=2/part-0"], ["day=1/part-0"]),
    ],
)
def test_patterns(pattern, matching, other):
    one = compiled(pattern)
    assert [key for key in matching if not one.match(key)] == []
    assert [key for key in other if one.match(key)] == []


def test_a_listed_object_travels():
    one = pickle.loads(pickle.dumps(Listed("s3://b/k", 7)))
    assert (one, one.n_bytes) == ("s3://b/k", 7)


# -- settings --------------------------------------------------------------------------


def test_blocks_of_settings_are_nested(monkeypatch):
    monkeypatch.setenv("RECORDSMITH_S3_BUCKET_OWNER", "111122223333")
    with s3_settings(encryption="aws:kms", kms_key_id="k"):
        with s3_settings(region="eu-west-1", bucket_owner="444455556666"):
            inner = current_settings()
        outer = current_settings()
    assert (inner.encryption, inner.kms_key_id, inner.region) == (
        "aws:kms",
        "k",
        "eu-west-1",
    )
    assert inner.bucket_owner == "444455556666"
    assert outer.bucket_owner == "111122223333" and outer.region is None
    assert current_settings().encryption is None


def test_settings_of_the_environment(monkeypatch):
    monkeypatch.setenv("RECORDSMITH_S3_ENCRYPTION", "aws:kms")
    monkeypatch.setenv("RECORDSMITH_S3_KMS_KEY_ID", "alias/a")
    found = current_settings()
    assert (found.encryption, found.kms_key_id) == ("aws:kms", "alias/a")
    with s3_settings(encryption="AES256"):
        assert current_settings().encryption == "AES256"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encryption": "rot13"}, "expected one of AES256, aws:kms"),
        ({"kms_key_id": "k"}, "pass encryption="),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(InputError, match=message), s3_settings(**settings):
        pytest.fail("the block was entered")
    assert object_store._chosen == [object_store.Settings()]


def test_a_wrong_variable(monkeypatch):
    monkeypatch.setenv("RECORDSMITH_S3_ENCRYPTION", "rot13")
    with pytest.raises(InputError, match="expected one of AES256"):
        current_settings()


def test_without_boto3():
    code = """if True:
        import sys
        sys.modules["boto3"] = None
        import recordsmith
        try:
            recordsmith.read("s3://bucket/key")
        except recordsmith.errors.MissingPackageError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    expected = "boto3, which is not installed; pip install 'recordsmith[s3]'\n"
    assert done.stdout == "objects in S3 need " + expected, done.stderr


# -- parts -----------------------------------------------------------------------------


def test_parts_are_within_the_limits_of_the_service():
    sizes = [part_bytes(number) for number in range(1, 10_001)]
    assert min(sizes) >= 5 << 20 and max(sizes) <= 5 << 30
    assert sum(sizes) >= 5 << 40
    assert sizes == sorted(sizes)


def test_an_error_of_a_store_is_no_error_of_the_data():
    error = ObjectStoreError("no", path="s3://b/k", advice="go home")
    assert error.errno is not None
    assert str(error) == "s3://b/k: no; go home"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
