"""The golden vectors: the bytes that others write, and what they hold."""

import hashlib
import io
import re

import numpy as np
import pytest
import scipy.sparse as sp

import records
import recordsmith as rs
from golden import vectorset
from recordsmith.errors import FormatError, InputError, UnsupportedTypeError
from recordsmith.frames import iter_payloads
from recordsmith.reader import iter_batches_from

QUIRKS = ("dense_labels_longer_than_rows", "sparse_labels_longer_than_rows")
WRITTEN = [case for case in vectorset.select("sdk") if case["name"] not in QUIRKS]
REFUSED = vectorset.select("sdk", refused=True)
RECORDS = vectorset.select("hand", "records")
MALFORMED = vectorset.select("hand", "malformed")
CHOICES = vectorset.select("hand", "choice")


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=vectorset.names(cases))


def test_all_files_are_there_and_unchanged():
    checked = 0
    for case in vectorset.CASES:
        if "sha256" not in case:
            assert "raises" in case
            continue
        data = vectorset.data(case)
        assert len(data) == case["bytes"], case["name"]
        assert hashlib.sha256(data).hexdigest() == case["sha256"], case["name"]
        vectorset.arrays(case)
        checked += 1
    assert checked == 118
    files = {path.name for path in vectorset.FOLDER.iterdir()}
    named = {f"{c['name']}.{end}" for c in vectorset.CASES for end in ("npz", "pbr")}
    assert files - named == {"manifest.json"}
    assert len(files) == 2 * checked + 1


def test_every_case_belongs_to_a_test():
    groups = [WRITTEN, REFUSED, RECORDS, MALFORMED, CHOICES]
    groups.append(vectorset.select("hand", "frames"))
    names = [case["name"] for group in groups for case in group]
    assert sorted([*names, *QUIRKS]) == sorted(vectorset.names(vectorset.CASES))
    assert [len(group) for group in groups] == [74, 23, 21, 13, 7, 1]


# --------------------------------------------------------------- written by the SDK


def sdk_input(case):
    """(X, y) that the SDK was given."""
    held = vectorset.arrays(case)
    X = held["x"] if case["kind"] == "dense" else vectorset.csr(held)
    return X, held.get("labels")


def on_the_wire(array):
    """The numbers as the format holds them: its only integers are int32."""
    return array.astype(np.int32) if array.dtype == np.int64 else array


def same_bits(found, expected):
    """Equal in type, shape and every bit."""
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


@each(WRITTEN)
def test_written_as_the_sdk_writes(case):
    X, y = sdk_input(case)
    data = vectorset.data(case)
    assert rs.encode(X, y, duplicates="keep") == data
    tally = rs.Tally()
    assert rs.encode(X, y, duplicates="keep", threads=1, tally=tally) == data
    assert tally.rows == case["shape"][0]
    assert not set(tally.changes()) - {"empty_rows"}


@each(WRITTEN)
def test_what_the_sdk_wrote_is_valid(case):
    """Nothing is found but what the case is about."""
    report = rs.validate(io.BytesIO(vectorset.data(case)))
    about = {
        "special": {"data/nan", "data/infinity"},
        "empty": {"record/empty-row"},
        "nnz": {"record/empty-row"},
        "zero": {"record/empty-row", "file/empty"},
        "one_column": {"record/empty-row"},
        "duplicate": {"record/duplicate-keys"},
        "unsorted": {"record/unsorted-keys"},
    }
    allowed = set().union(*(r for word, r in about.items() if word in case["name"]))
    assert {one.rule for one in report.findings} <= allowed
    assert report.rows == case["shape"][0]


@each(MALFORMED)
def test_what_is_malformed_is_found(case):
    report = rs.validate(io.BytesIO(vectorset.data(case)), source_format="recordio")
    found = [one for one in report.findings if one.rule.startswith(("file/", "record/"))]
    assert found
    assert all(place.offset is not None for one in found for place in one.places)


@each(WRITTEN)
def test_read_what_the_sdk_wrote(case):
    X, y = sdk_input(case)
    batch = rs.decode(vectorset.data(case))
    n_rows, n_cols = case["shape"]
    assert len(batch) == n_rows
    if n_rows == 0:
        assert batch.fields == ()
        return
    found = batch.features
    if case["kind"] == "dense":
        same_bits(found, on_the_wire(X))
    else:
        assert found.shape == (n_rows, n_cols)
        same_bits(found.data, on_the_wire(X.data))
        assert found.indices.tolist() == X.indices.tolist()
        assert found.indptr.tolist() == X.indptr.tolist()
    if y is None:
        assert batch.labels is None
    else:
        same_bits(batch.labels, on_the_wire(y))


@pytest.mark.parametrize("name", QUIRKS)
def test_labels_of_the_wrong_length_are_refused(name):
    """The SDK takes one label a column for one a row, and drops the rest."""
    case = next(case for case in vectorset.CASES if case["name"] == name)
    X, y = sdk_input(case)
    assert len(y) == X.shape[1] == 5
    with pytest.raises(InputError, match=r"^5 labels for 3 rows"):
        rs.encode(X, y)
    # What the SDK wrote is legal, and holds one label a row.
    same_bits(rs.decode(vectorset.data(case)).labels, y[:3])


# ------------------------------------------------------------- refused by the SDK

TWO_BY_TWO = [[1, 0], [0, 2]]
# name -> (X, y, dtype of the features that are written, or the error)
OUTCOMES = {
    "dense_labels_shorter_than_rows": (
        np.ones((5, 3), "f4"),
        np.ones(3, "f4"),
        InputError,
    ),
    "refuse_labels_length": (np.ones((3, 5), "f4"), np.ones(4, "f4"), InputError),
    "refuse_labels_2d": (np.ones((3, 5), "f4"), np.ones((3, 2), "f4"), "float32"),
    "refuse_1d": (np.ones(4, "f4"), None, InputError),
    "refuse_3d": (np.arange(8, dtype="f4").reshape(2, 2, 2), None, "float32"),
    "refuse_dtype_int8": (np.array(TWO_BY_TWO, "i1"), None, "int32"),
    "refuse_dtype_uint8": (np.array(TWO_BY_TWO, "u1"), None, "int32"),
    "refuse_dtype_int16": (np.array(TWO_BY_TWO, "i2"), None, "int32"),
    "refuse_dtype_int32": (np.array(TWO_BY_TWO, "i4"), None, "int32"),
    "refuse_dtype_uint32": (np.array(TWO_BY_TWO, "u4"), None, "int32"),
    "refuse_dtype_uint64": (np.array(TWO_BY_TWO, "u8"), None, "int32"),
    "refuse_dtype_bool": (np.array(TWO_BY_TWO, "?"), None, "int32"),
    "refuse_dtype_float16": (np.array(TWO_BY_TWO, "f2"), None, "float32"),
    "refuse_dtype_big_endian_f4": (np.array(TWO_BY_TWO, ">f4"), None, "float32"),
    "refuse_dtype_big_endian_f8": (np.array(TWO_BY_TWO, ">f8"), None, "float64"),
    "refuse_dtype_complex64": (np.array(TWO_BY_TWO, "c8"), None, UnsupportedTypeError),
    "refuse_dtype_object": (np.array(TWO_BY_TWO, "O"), None, UnsupportedTypeError),
    "refuse_int64_over_int32": (np.array([[2**31]], "i8"), None, InputError),
    "refuse_label_int32": (np.ones((3, 5), "f4"), np.array([7, 8, 9], "i4"), "float32"),
    "sparse_int32_nolabel": (sp.csr_matrix(np.array(TWO_BY_TWO, "i4")), None, "int32"),
    "refuse_sparse_int8": (sp.csr_matrix(np.array(TWO_BY_TWO, "i1")), None, "int32"),
    "refuse_sparse_given_ndarray": (np.array(TWO_BY_TWO, "f4"), None, "float32"),
    "sparse_csr_array": (sp.csr_array(np.array(TWO_BY_TWO, "f4")), None, "float32"),
}


def test_every_refused_case_has_an_outcome():
    assert sorted(OUTCOMES) == sorted(vectorset.names(REFUSED))


@each(REFUSED)
def test_what_the_sdk_refuses(case):
    """Written with a cast that loses nothing, or refused with the right class."""
    X, y, outcome = OUTCOMES[case["name"]]
    if isinstance(outcome, type):
        with pytest.raises(outcome):
            rs.encode(X, y)
        return
    batch = rs.decode(rs.encode(X, y))
    found = batch.features
    assert found.dtype == outcome
    assert found.shape == X.shape
    if sp.issparse(X):
        assert sp.issparse(found)
        found, X = found.toarray(), X.toarray()
    assert found.tolist() == X.tolist()
    assert (batch.labels is None) == (y is None)
    if y is not None:
        same_bits(batch.labels, y)


# ------------------------------------------------------------------ made by hand


def expected_value(value, held):
    if value["kind"] == "bytes":
        strings = tuple(bytes.fromhex(text) for text in value["value_hex"])
        return ("bytes", strings, value.get("content_type"))
    dtype = records.MEMBERS[value["kind"]]
    values = held[value["values"]] if "values" in value else np.zeros(0, dtype)
    assert values.dtype == dtype
    parts = [held[value[part]] if part in value else () for part in ("keys", "shape")]
    return records.numbers(values, *parts)


def expected_records(case):
    held = vectorset.arrays(case)
    found = []
    for record in case["records"]:
        one = {k: v for k, v in record.items() if k in records.TEXTS}
        for name in ("features", "label"):
            one[name] = {k: expected_value(v, held) for k, v in record[name].items()}
        found.append(one)
    return found


@each(RECORDS)
def test_records_made_by_hand(case):
    data, expected = vectorset.data(case), expected_records(case)
    assert records.of_stream(io.BytesIO(data)) == expected
    assert records.of_stream(io.BytesIO(data), rows=1) == expected


def test_hand_records_are_many():
    assert sum(len(case["records"]) for case in RECORDS) == 37


@each(vectorset.select("hand", "frames"))
def test_bare_frames(case):
    data, held = vectorset.data(case), vectorset.arrays(case)
    expected = [held[f"p{i}"].tobytes() for i in range(case["frames"])]
    assert list(iter_payloads(data)) == expected
    assert list(iter_payloads(io.BytesIO(data))) == expected


# Of each damaged file: whole records before the damage, byte offset, the message.
DAMAGE = {
    "bad_magic": (1, 32, "found 0xced7230b, expected 0xced7230a"),
    "bad_truncated_header": (1, 32, "the data end inside a frame: it needs 8 bytes, 6"),
    "bad_truncated_payload": (
        1,
        32,
        "the data end inside a frame: it needs 32 bytes, 24",
    ),
    "bad_cflag_end_first": (0, 0, "part 3 of a split record"),
    "bad_cflag_unfinished": (0, 0, "the data end inside a split record"),
    "bad_length_past_end": (0, 8, "runs past the end of its message"),
    "bad_wire_type": (0, 8, "wire type 6"),
    "bad_field_zero": (0, 8, "0 is no protobuf field number"),
    "bad_packed_float_length": (0, 24, "packed floats take 7 bytes"),
    "bad_cflag_start_twice": (0, 16, "part 1 of a split record"),
    "bad_trailing_bytes": (1, 32, "found 0x00000000, expected 0xced7230a"),
    "bad_varint_11": (0, 9, "varint is longer"),
    "bad_end_group": (0, 32, "end-group"),
}


def of_values(*values):
    return {"features": {"values": records.numbers(np.array(values, "f4"))}, "label": {}}


ONE_TWO, EIGHT_NINE = of_values(1, 2), of_values(8, 9)


@each(MALFORMED)
def test_damage_is_named(case):
    n_good, offset, words = DAMAGE[case["name"]]
    data = vectorset.data(case)
    found = []
    with pytest.raises(FormatError, match=re.escape(words)) as caught:
        records.take(iter_batches_from(io.BytesIO(data)), found)
    assert found == [EIGHT_NINE] * n_good
    assert (caught.value.row, caught.value.offset) == (n_good + 1, offset)
    assert str(caught.value).startswith(f"record {n_good + 1}, byte {offset}: ")
    with pytest.raises(FormatError, match=re.escape(words)) as caught:
        rs.decode(data)
    assert (caught.value.row, caught.value.offset) == (n_good + 1, offset)


def test_every_damaged_file_has_an_expectation():
    assert sorted(DAMAGE) == sorted(vectorset.names(MALFORMED))


# The decisions of csrc/FORMAT.md: the records, or the byte offset and words of the error.
CHOSEN = {
    "choice_keys_and_values_differ": (10, "the record holds 3 keys for 2 values"),
    "choice_key_past_shape": (
        35,
        "key 12 .* below 9",
    ),
    "choice_no_final_padding": [EIGHT_NINE, {"uid": "z", **records.empty()}],
    "choice_unknown_field_in_map_entry": [ONE_TWO],
    "choice_overlong_tags": [ONE_TWO],
    "choice_overlong_length": (9, "a varint is longer than the format allows"),
    "choice_padding_not_zero": [{"uid": "abc", **records.empty()}, EIGHT_NINE],
}


@each(CHOICES)
def test_choices(case):
    data, chosen = vectorset.data(case), CHOSEN[case["name"]]
    if isinstance(chosen, list):
        assert records.of_stream(io.BytesIO(data)) == chosen
        assert records.of_batch(rs.decode(data)) == chosen
        return
    offset, words = chosen
    for read in (rs.decode, lambda d: records.of_stream(io.BytesIO(d))):
        with pytest.raises(FormatError, match=words) as caught:
            read(data)
        assert (caught.value.row, caught.value.offset) == (1, offset)


def test_every_choice_has_an_expectation():
    assert sorted(CHOSEN) == sorted(vectorset.names(CHOICES))
