"""Whatever fails on the way to a real object store: nothing partial, nothing left over.

The faults are made by a proxy in front of it: see tests/faulty_store.py.
"""

import signal
import subprocess

import numpy as np
import pytest

import recordsmith as rs
from commands import csv_bytes, eventually, good, run, start
from faulty_store import FaultyStore
from recordsmith import object_store
from recordsmith.errors import InputError, ObjectStoreError
from recordsmith.object_reader import ObjectReader
from recordsmith.publish import open_output

PART = 8 << 20
DATA = np.random.default_rng(2).bytes(3 * PART + 1000)


def uploads(store, bucket):
    found = store.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return [one["UploadId"] for one in found]


def is_clean(store, bucket):
    """Neither objects nor parts of them."""
    listed = store.list_objects_v2(Bucket=bucket).get("Contents", [])
    return not listed and not uploads(store, bucket)


def write(bucket, overwrite=False):
    with open_output(f"s3://{bucket}/o", overwrite=overwrite) as out:
        for at in range(0, len(DATA), 1 << 20):
            out.write(DATA[at : at + (1 << 20)])


@pytest.fixture
def faulty(ceph, store, monkeypatch):
    """Makes a faulty store that is the one to be used from then on."""
    made = []

    def make(fault):
        proxy = FaultyStore(ceph.endpoint, fault)
        proxy.__enter__()
        made.append(proxy)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
        return proxy

    yield make
    for one in made:
        one.stop()


# -- the source fails ------------------------------------------------------------------


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_source_that_raises(store, bucket, error):
    batch = rs.decode(rs.encode(np.zeros((100_000, 40), "float32")))

    def batches():
        yield batch
        yield batch
        raise error("at 80 %")

    with pytest.raises(error, match="at 80 %"):
        rs.write(f"s3://{bucket}/a.pbr", batches())
    assert is_clean(store, bucket)


def test_a_bad_row_at_80_percent(store, bucket):
    rows = b"1,2.5,3.5\n" * 1_000_000
    store.put_object(
        Bucket=bucket, Key="a.csv", Body=rows + b"1,x,3.5\n" + rows[:2_500_000]
    )
    done = run(
        *("convert", f"s3://{bucket}/a.csv", f"s3://{bucket}/a.pbr", "--no-header"),
        *("--label", "0", "--dtype", "float32"),
    )
    assert done.returncode == 1
    assert b"a.csv" in done.stderr and done.stderr.count(b"\n") == 1
    assert not uploads(store, bucket)
    listed = store.list_objects_v2(Bucket=bucket)["Contents"]
    assert [one["Key"] for one in listed] == ["a.csv"]


# -- the process ends ------------------------------------------------------------------


def begun(store, bucket):
    """A command in the middle of an upload, whose input has not ended."""
    url = f"s3://{bucket}/a.pbr"
    options = ("--from", "csv", "--label", "y", "--dtype", "float32")
    process = start("convert", "-", url, *options, stdin=subprocess.PIPE)
    process.stdin.write(csv_bytes(300_000, width=8))
    process.stdin.flush()
    eventually(lambda: uploads(store, bucket))
    return process


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_signals_abort_the_upload(store, bucket, number, code):
    with begun(store, bucket) as process:
        process.send_signal(number)
        assert process.wait(60) == code
        assert process.stderr.read().count(b"\n") == 1
    assert is_clean(store, bucket)


def test_what_a_killed_process_left_is_cleared_away(store, bucket):
    other = store.create_multipart_upload(Bucket=bucket, Key="a.pbr.of.someone")[
        "UploadId"
    ]
    with begun(store, bucket) as process:
        process.kill()
    assert "Contents" not in store.list_objects_v2(Bucket=bucket)
    eventually(lambda: len(uploads(store, bucket)) == 2)
    X = np.zeros((300_000, 10), "float32")
    rs.write(f"s3://{bucket}/a.pbr", X)
    assert uploads(store, bucket) == [other]
    assert good("verify", f"s3://{bucket}/a.pbr")


# -- the store fails -------------------------------------------------------------------


def every_second_part(kind, number):
    return (503, "SlowDown") if kind == "part" and number % 2 else None


def one_reset_each(kind, number):
    return "reset" if number == 1 else None


def one_500_at_the_end(kind, number):
    return (500, "InternalError") if kind == "complete" and number == 1 else None


def an_error_in_a_200(kind, number):
    return (200, "InternalError") if kind == "complete" and number == 1 else None


def a_lost_answer_at_the_end(kind, number):
    return "lose" if kind == "complete" and number == 1 else None


@pytest.mark.parametrize(
    "fault",
    [
        every_second_part,
        one_reset_each,
        one_500_at_the_end,
        an_error_in_a_200,
        a_lost_answer_at_the_end,
    ],
)
def test_faults_that_pass(store, bucket, faulty, fault):
    proxy = faulty(fault)
    write(bucket)
    assert proxy.count("complete") >= 1
    assert store.get_object(Bucket=bucket, Key="o")["Body"].read() == DATA
    assert not uploads(store, bucket)


@pytest.mark.parametrize(
    ("kind", "answer", "message"),
    [
        ("part", (503, "SlowDown"), "503 SlowDown"),
        ("part", (403, "ExpiredToken"), "get new credentials"),
        ("part", "reset", "does not answer"),
        ("complete", (200, "InternalError"), "InternalError"),
        ("complete", (403, "AccessDenied"), "403 AccessDenied"),
    ],
)
def test_faults_that_stay(store, bucket, faulty, kind, answer, message):
    proxy = faulty(lambda found, _: answer if found == kind else None)
    with pytest.raises(ObjectStoreError, match=message):
        write(bucket)
    assert proxy.count("delete") == 1
    assert is_clean(store, bucket)


@pytest.mark.parametrize("n_bytes", [1000, len(DATA)])
def test_a_store_that_knows_conditions_decides(store, bucket, faulty, n_bytes):
    refusal = (412, "PreconditionFailed")
    faulty(lambda kind, _: refusal if kind in ("put", "complete") else None)
    url = f"s3://{bucket}/o"
    with pytest.raises(InputError, match="the object exists"), open_output(url) as out:
        out.write(DATA[:n_bytes])
    assert is_clean(store, bucket)


@pytest.mark.parametrize("n_bytes", [1000, len(DATA)])
def test_a_store_without_conditions(store, bucket, faulty, n_bytes):
    unknown = (501, "NotImplemented")
    faulty(lambda kind, n: unknown if kind in ("put", "complete") and n == 1 else None)
    with open_output(f"s3://{bucket}/o") as out:
        out.write(DATA[:n_bytes])
    assert store.get_object(Bucket=bucket, Key="o")["Body"].read() == DATA[:n_bytes]


def test_a_role_that_may_write_and_not_look(store, bucket, faulty):
    faulty(lambda kind, _: (403, "AccessDenied") if kind in ("head", "get") else None)
    write(bucket)
    assert store.get_object(Bucket=bucket, Key="o")["Body"].read() == DATA


@pytest.mark.parametrize("fault", ["cut", "reset"])
def test_an_answer_that_breaks_off_is_taken_up(store, bucket, faulty, fault):
    store.put_object(Bucket=bucket, Key="o", Body=DATA)
    proxy = faulty(lambda kind, n: fault if kind == "get" and n in (1, 3) else None)
    with ObjectReader(f"s3://{bucket}/o") as file:
        assert b"".join(iter(lambda: file.read(1 << 20), b"")) == DATA
    assert proxy.count("get") >= 2


def test_answers_that_always_break_off(store, bucket, faulty):
    store.put_object(Bucket=bucket, Key="o", Body=b"12345")
    faulty(lambda kind, n: "cut" if kind == "get" else None)
    with ObjectReader(f"s3://{bucket}/o") as file, pytest.raises(ObjectStoreError):
        b"".join(iter(lambda: file.read(100), b""))


def test_a_store_that_dies(bucket, faulty):
    proxy = faulty(lambda kind, _: None)

    def write_on():
        with open_output(f"s3://{bucket}/o") as out:
            out.write(DATA[: 2 * PART + 1])
            eventually(lambda: proxy.count("part") == 2)
            proxy.stop()
            out.write(DATA)

    with pytest.raises(ObjectStoreError, match="does not answer") as caught:
        write_on()
    assert caught.value.path == f"s3://{bucket}/o"


def test_a_store_that_hangs(store, bucket, ceph, monkeypatch):
    """With less patience, and fewer attempts, than there are by default."""
    monkeypatch.setattr("recordsmith.object_store._READ_S", 2)
    monkeypatch.setitem(object_store._BRIEF, "read_timeout", 1)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    store.put_object(Bucket=bucket, Key="in", Body=DATA)

    def write_on():
        with open_output(f"s3://{bucket}/o") as out:
            out.write(DATA[: 2 * PART + 1])
            with ceph.hanging():
                out.write(DATA)
                out.write(DATA)

    with ObjectReader(f"s3://{bucket}/in") as file:
        file.seek(PART)
        with ceph.hanging(), pytest.raises(ObjectStoreError, match="does not answer"):
            file.read(PART)
    with pytest.raises(ObjectStoreError, match="does not answer"):
        write_on()
    listed = store.list_objects_v2(Bucket=bucket)["Contents"]
    assert [one["Key"] for one in listed] == ["in"]
