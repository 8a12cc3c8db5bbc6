"""Rules about records and files of RecordIO-protobuf.

What is wrong is found at its place, all of it, and what is right is left in peace.
"""

import gzip
import io
import struct

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

import recordsmith as rs
import wire
from validating import RECORDIO, only, payload, places, row, rules, sparse, validate

GOOD = row()
SIZE = len(GOOD)
LL = "linear-learner"
ACCEPT_DENSE = (LL, "xgboost", "kmeans", "knn", "pca", "ntm", "factorization-machines")


@pytest.mark.parametrize("algorithm", [None, *ACCEPT_DENSE])
def test_good_records_have_no_finding(algorithm):
    unlabelled = algorithm in ("kmeans", "pca", "ntm")
    data = (row(label=None) if unlabelled else GOOD) * 4
    report = validate(data, algorithm)
    assert report.clean and report.ok
    assert [one for one in report.findings if one.severity != "note"] == []
    assert (report.rows, report.bytes) == (4, len(data))
    assert len(report.checked) > 30


BAD_PAYLOADS = {
    "fewer values than the shape": (payload(shape=(4,)), "record/shape-mismatch"),
    "a key beyond the shape": (payload((1,), keys=(9,), shape=(3,)), "record/key-range"),
    "a key too few": (payload((1, 2), keys=(1,), shape=(3,)), "record/key-count"),
    "no protobuf": (b"\x0a\x7f\x00", "record/protobuf"),
    "a text that is none": (b"\x1a\x02\xff\xfe", "record/text"),
}


@pytest.mark.parametrize(("bad", "rule"), BAD_PAYLOADS.values(), ids=BAD_PAYLOADS)
def test_records_that_cannot_be_read_are_all_counted(bad, rule):
    """With number and offset; the pass goes on to the end."""
    good = sparse() if rule in ("record/key-range", "record/key-count") else GOOD
    frame = wire.frame(bad)
    data = good * 2 + frame + good + frame * 2 + good
    report = validate(data)
    (finding,) = rules(report)[rule]
    first, second = 2 * len(good), 3 * len(good) + len(frame)
    assert places(finding) == [
        (3, None, first),
        (5, None, second),
        (6, None, second + len(frame)),
    ]
    assert finding.count == 3
    assert report.rows == 4


def test_many_bad_keys_take_no_time_that_grows_with_the_file():
    data = sparse(keys=(7,)) * 20_000 + sparse()
    report = validate(data)
    finding = rules(report)["record/key-range"][0]
    assert (finding.count, report.rows) == (20_000, 1)
    assert len(finding.places) == 5


@pytest.mark.parametrize("n", [1, 3, 4, 7, 8, 20, SIZE - 1])
def test_a_truncated_file(n):
    data = (GOOD * 3)[: 2 * SIZE + n]
    report = validate(data, LL)
    (finding,) = [one for one in report.findings if one.severity == "error"]
    assert finding.rule == "file/truncated"
    assert places(finding) == [(3, None, 2 * SIZE)]
    assert report.rows == 2


def test_missing_padding_at_the_end():
    odd = wire.frame(payload() + b"\x1a\x01x")  # a uid: the payload ends off a boundary
    assert len(odd) % 4 == 0
    lacking = -len(payload() + b"\x1a\x01x") % 4
    assert lacking
    report = validate(GOOD + odd[:-lacking], "xgboost")
    finding = rules(report)["file/padding"][0]
    assert places(finding) == [(2, None, SIZE)]
    assert "file/padding" not in rules(validate(GOOD + odd, "xgboost"))


@pytest.mark.parametrize("junk", [b"x", b"1234567"])
def test_trailing_junk(junk):
    report = validate(GOOD * 2 + junk, "xgboost")
    finding = only(report, "file/trailing")
    assert places(finding) == [(3, None, 2 * SIZE)]
    assert report.rows == 2


def test_damage_in_the_middle():
    data = bytearray(GOOD * 5)
    data[2 * SIZE] ^= 1
    report = validate(bytes(data), LL)
    finding = only(report, "file/damaged")
    assert places(finding) == [(3, None, 2 * SIZE)]
    assert report.rows == 4


def test_split_records():
    whole = payload()
    parts = wire.frame(whole[:12], 1) + wire.frame(whole[12:], 3)
    finding = only(validate(GOOD + parts + GOOD, "xgboost"), "file/split")
    assert places(finding) == [(2, None, SIZE)]
    assert finding.severity == "error"
    assert "XGBoost" in finding.expected
    assert only(validate(GOOD + parts, LL), "file/split").severity == "warning"


def test_text_under_a_recordio_name(tmp_path):
    path = tmp_path / "train.pbr"
    path.write_text("1,2,3\n4,5,6\n")
    for options in (
        {},
        {"algorithm": LL},
        {"algorithm": LL, "content_type": RECORDIO},
        {"source_format": "recordio"},
    ):
        finding = rules(validate(str(path), **options))["file/not-recordio"][0]
        assert "'1,2,3'" in finding.found
        assert places(finding) == [(1, None, 0)]
        assert "--from csv" in finding.fix
    said = validate(str(path), LL, content_type="text/csv")
    assert said.ok and said.rows == 2


def test_raw_recordio():
    image = b"\xff\xd8\xff\xe0" + bytes(60)
    report = validate(wire.frame(image) * 3, LL)
    finding = rules(report)["file/raw-recordio"][0]
    assert "JPEG" in finding.found
    assert "3 frames" in finding.found


def test_one_frame_that_is_no_record_may_be_damaged():
    assert "record/protobuf" in rules(validate(wire.frame(b"\x0a\x7f\x00"), LL))
    assert "file/raw-recordio" in rules(validate(wire.frame(b"\x0a\x7f\x00") * 2, LL))


def test_double_wrapped_recordio():
    report = validate(wire.frame(GOOD * 2) * 2, LL)
    finding = rules(report)["file/double-wrapped"][0]
    assert places(finding) == [(1, None, 0)]
    assert "RecordWrapperType" in finding.fix


def test_compressed_files(tmp_path):
    path = tmp_path / "train.pbr.gz"
    path.write_bytes(gzip.compress(GOOD * 3))
    finding = only(validate(str(path), LL, content_type=RECORDIO), "file/compressed")
    assert finding.places[0].path == str(path)
    piped = validate(
        str(path), LL, content_type=RECORDIO, input_mode="Pipe", compression="Gzip"
    )
    assert piped.clean and piped.rows == 3


def test_a_cut_off_compressed_file(tmp_path):
    path = tmp_path / "train.pbr.gz"
    path.write_bytes(gzip.compress(GOOD * 3)[:-20])
    assert "file/unreadable" in rules(validate(str(path)))


# -- one schema ------------------------------------------------------------------------


def test_ragged_rows():
    data = GOOD * 2 + row((1, 2)) + GOOD + row((1, 2, 3, 4)) * 2
    finding = only(validate(data, LL), "record/width")
    assert finding.count == 3
    assert places(finding)[0] == (3, None, 2 * SIZE)
    assert [place.record for place in finding.places] == [3, 5, 6]
    assert "2 values" in finding.found and "3" in finding.expected


def test_sparse_rows_of_other_widths():
    data = sparse() + sparse(shape=(4,)) + sparse()
    finding = only(validate(data, "factorization-machines"), "record/width")
    assert places(finding) == [(2, None, len(sparse()))]


def test_mixed_densities():
    data = GOOD + sparse() + GOOD
    finding = only(validate(data, "xgboost"), "record/density")
    assert places(finding) == [(2, None, SIZE)]
    assert "dense" in finding.expected


def test_densities_that_are_not_taken():
    data = wire.frame(
        wire.feature(wire.value("int32", (4,), (0,), (9,)), "source")
        + wire.feature(wire.value("int32", (4,)), "target")
    )
    report = validate(data * 2, "seq2seq")
    finding = rules(report)["record/density"][0]
    assert finding.count == 2
    assert "dense" in finding.expected


def test_mixed_dtypes():
    data = GOOD * 2 + row(dtype="float64")
    finding = only(validate(data, "xgboost"), "record/dtype")
    assert places(finding) == [(3, None, 2 * SIZE)]
    assert "float64" in finding.found


def test_dtypes_that_are_not_taken():
    finding = only(validate(row(dtype="float64") * 2, LL), "record/dtype")
    assert (finding.count, finding.severity) == (2, "error")
    assert 'dtype="float32"' in finding.fix
    assert validate(row(dtype="float64") * 2, "xgboost").clean
    # That K-Means wants float32 is not documented: a warning that says so.
    guess = only(validate(row(dtype="float64", label=None) * 2, "kmeans"), "record/dtype")
    assert guess.severity == "warning"
    assert guess.expected.startswith("not confirmed: ")


def test_sparse_rows_without_a_shape():
    data = sparse() + sparse(shape=())
    finding = rules(validate(data, "xgboost"))["record/shape"][0]
    assert places(finding) == [(2, None, len(sparse()))]


def test_matrices():
    data = row(range(6), shape=(2, 3)) * 2
    assert only(validate(data, "xgboost"), "record/rank").severity == "error"
    other = only(validate(data, LL), "record/rank")
    assert other.severity == "warning" and other.expected.startswith("not confirmed")


def test_keys_out_of_order_and_stored_twice():
    data = (
        sparse((1, 2), (0, 2))
        + sparse((1, 2), (2, 0))
        + sparse((1, 2), (1, 1))
        + sparse((1, 2, 3), (2, 0, 2))
    )
    found = rules(validate(data, "xgboost"))
    assert [p.record for p in found["record/duplicate-keys"][0].places] == [3, 4]
    assert [p.record for p in found["record/unsorted-keys"][0].places] == [2]
    assert validate(sparse((1, 2), (0, 2)) * 2, "xgboost").clean


def test_empty_sparse_rows():
    data = sparse() + sparse((), ()) + sparse()
    finding = only(validate(data, "xgboost"), "record/empty-row")
    assert places(finding) == [(2, None, len(sparse()))]
    assert validate(sparse() + sparse((0.0,), (0,)) + sparse(), "xgboost").clean
    # No algorithm, no error: only some readers fail.
    (note,) = validate(data).findings
    assert (note.rule, note.severity) == ("record/empty-row", "note")


@pytest.mark.parametrize("name", ["features", "Values", ""])
def test_feature_names(name):
    finding = only(validate(row(name=name) * 2, LL), "record/feature-name")
    assert repr(name) in finding.found
    assert (finding.count, places(finding)[0]) == (2, (1, None, 0))


def test_more_features_than_are_read():
    data = wire.frame(payload() + wire.feature(wire.value("float32", (1,)), "extra"))
    assert only(validate(data, LL), "record/feature-name").severity == "warning"


def test_features_as_bytes():
    data = wire.frame(
        wire.feature(wire.blobs([b"abc"])) + wire.label(wire.value("float32", (1,)))
    )
    finding = only(validate(GOOD[:0] + data * 2, "xgboost"), "record/bytes")
    assert finding.count == 2


def test_missing_features():
    data = GOOD + wire.frame(wire.label(wire.value("float32", (1,)))) + GOOD
    finding = only(validate(data, LL), "record/fields")
    assert places(finding) == [(2, None, SIZE)]


def test_features_that_come_later():
    first = wire.frame(wire.label(wire.value("float32", (1,))))
    finding = only(validate(first + GOOD * 2, LL), "record/fields")
    assert "lacks" in finding.found


def test_texts_that_are_not_utf8():
    data = GOOD + wire.frame(payload() + b"\x1a\x02\xff\xfe")
    finding = only(validate(data, LL), "record/text")
    assert places(finding)[0][0] == 2


# -- many files ------------------------------------------------------------------------


def test_every_shard_is_held_against_the_first_record_of_the_first(tmp_path):
    for name, data in (("a", GOOD * 2), ("b", row((1, 2)) * 2), ("c", GOOD)):
        (tmp_path / f"{name}.pbr").write_bytes(data)
    report = validate(str(tmp_path), LL, content_type=RECORDIO)
    finding = only(report, "record/width")
    assert [(p.path[-5:], p.record, p.offset) for p in finding.places] == [
        ("b.pbr", 1, 0),
        ("b.pbr", 2, len(row((1, 2)))),
    ]
    assert (report.rows, len(report.files)) == (5, 3)


def test_a_list_and_a_glob_are_the_same_files(tmp_path):
    paths = []
    for number in range(3):
        path = tmp_path / f"part-{number}.pbr"
        path.write_bytes(row(label=(number,)) * 2)
        paths.append(str(path))
    reports = [
        validate(src, LL, content_type=RECORDIO)
        for src in (paths, str(tmp_path), str(tmp_path / "part-*.pbr"))
    ]
    assert [one.files for one in reports] == [tuple(paths)] * 3
    assert all(one.clean and one.rows == 6 for one in reports)


# -- the result depends on nothing else ------------------------------------------------


def facts_of(report):
    return [
        (one.rule, one.severity, one.found, one.count, one.places)
        for one in report.findings
    ]


@pytest.fixture(scope="module")
def long_bad_file():
    """20 MB, with something wrong at the beginning, in the middle and at the end."""
    X = np.ones((50_000, 100), "float32")
    X[7, 3] = X[25_000, 99] = X[49_999, 0] = np.nan
    X[30_000, 5] = np.inf
    good = rs.encode(X, np.zeros(50_000, "float32"))
    size = len(good) // 50_000
    wide = row(range(101))
    return good[: 20_001 * size] + wide + good[20_001 * size :] + wide + good[:-3]


def test_threads_do_not_matter(long_bad_file):
    one, two, five = (facts_of(validate(long_bad_file, LL, threads=n)) for n in (1, 2, 5))
    assert one == two == five
    assert {name for name, *_ in one} >= {
        "data/nan",
        "data/infinity",
        "record/width",
        "file/truncated",
    }
    counts = {name: count for name, _, _, count, _ in one}
    assert (counts["data/nan"], counts["record/width"]) == (5, 2)  # one was cut off


class Dribbling(io.RawIOBase):
    """Gives a few bytes at a time."""

    def __init__(self, data, step):
        self._data, self._step, self._at = data, step, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        n = min(len(buffer), self._step, len(self._data) - self._at)
        buffer[:n] = self._data[self._at : self._at + n]
        self._at += n
        return n


@pytest.mark.parametrize("step", [7, 1000, 100_001])
def test_how_the_bytes_arrive_does_not_matter(step):
    data = GOOD * 20 + sparse((), ()) + row((1, float("nan"))) * 3 + b"junk"
    whole = facts_of(rs.validate(io.BytesIO(data)))
    parts = facts_of(rs.validate(Dribbling(data, step)))
    assert [one[:4] for one in whole] == [one[:4] for one in parts]


def test_matrices_written_by_another_hand_are_clean():
    """Records by hand, as the SDK writes them."""
    X = scipy.sparse.random(40, 30, 0.5, "csr", dtype="float32", random_state=1)
    X = X[np.diff(X.indptr) > 0]
    frames = [
        sparse(one.data, one.indices, (30,), label=(1.0,))
        for one in (X[i] for i in range(X.shape[0]))
    ]
    job = {"predictor_type": "binary_classifier", "feature_dim": 30, "num_factors": 4}
    report = validate(b"".join(frames), "factorization-machines", hyperparameters=job)
    assert [one.rule for one in report.findings] == ["label/classes"]
    assert struct.unpack("<I", frames[0][:4])[0] == 0xCED7230A


# -- hostile bytes ---------------------------------------------------------------------


@st.composite
def damaged(draw):
    """Good records of several kinds with bytes changed, lost or put in."""
    kinds = st.sampled_from([GOOD, sparse(), sparse((), ()), row((1, float("nan")))])
    data = bytearray(b"".join(draw(st.lists(kinds, min_size=1, max_size=5))))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        how = draw(st.integers(0, 2))
        if how == 0:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif how == 1:
            del data[at : at + draw(st.integers(1, 9))]
        else:
            data[at:at] = draw(st.binary(min_size=1, max_size=9))
        if not data:
            break
    return bytes(data)


@given(damaged() | st.binary(max_size=60))
def test_whatever_the_bytes_are_there_is_a_report(data):
    """And where nothing is found, `verify` finds nothing either."""
    report = rs.validate(io.BytesIO(data), source_format="recordio")
    assert report.bytes == len(data)
    again = rs.validate(io.BytesIO(data), LL, source_format="recordio", threads=1)
    assert again.rows == report.rows
    if not report.findings:
        assert rs.verify(io.BytesIO(data)).ok
    for finding in report.findings:
        for place in finding.places:
            assert place.offset is None or 0 <= place.offset <= len(data)
            assert place.record is None or place.record >= 1
