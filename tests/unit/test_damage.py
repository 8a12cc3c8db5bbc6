"""Walking over damage, verifying, salvaging, describing: resync and what rests on it."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recordsmith as rs
from doubles import Dribble
from recordsmith.errors import InputError
from recordsmith.frames import wrap
from recordsmith.resync import Lost, Whole, walk

ROW = np.arange(3, dtype="float32")
SIZE = len(rs.encode([ROW]))


def rows(n):
    return rs.encode(np.arange(3 * n, dtype="float32").reshape(n, 3))


def items(data):
    """[("whole" or "lost", begin, end)]; whole runs that touch are joined."""
    found = []
    for item in walk(io.BytesIO(data)):
        kind = "whole" if isinstance(item, Whole) else "lost"
        if found and found[-1][0] == kind == "whole":
            found[-1] = (kind, found[-1][1], item.end)
        else:
            found.append((kind, item.begin, item.end))
    return found


def kept(data):
    """The first value of each record that is salvaged, and the report."""
    out = io.BytesIO()
    report = rs.salvage(io.BytesIO(data), out)
    found = []
    for batch in rs.iter_batches(io.BytesIO(out.getvalue()), source_format="recordio"):
        found += batch.features[:, 0].tolist()
    assert len(found) == report.records
    return found, report


def test_a_whole_file_is_one_run():
    data = rows(100)
    assert items(data) == [("whole", 0, len(data))]
    assert items(b"") == []


@pytest.mark.parametrize("at", [0, 5, 99])
@pytest.mark.parametrize("byte", range(8))
def test_a_broken_header_costs_its_record(at, byte):
    data = bytearray(rows(100))
    data[at * SIZE + byte] ^= 0x55
    values, report = kept(data)
    assert values == [3.0 * i for i in range(100) if i != at]
    assert [(one.begin, one.end) for one in report.lost] == [(at * SIZE, (at + 1) * SIZE)]
    assert report.lost[0].record == at + 1
    assert report.lost[0].reason
    assert (report.bytes_read, report.bytes_lost) == (100 * SIZE, SIZE)


@pytest.mark.parametrize("n_bytes", range(1, 9))
def test_missing_and_extra_bytes(n_bytes):
    """Lost bytes need not come in fours."""
    data = rows(20)
    cut = data[: 5 * SIZE + 9] + data[5 * SIZE + 9 + n_bytes :]
    assert kept(cut)[0] == [3.0 * i for i in range(20) if i != 5]
    more = data[: 5 * SIZE] + b"\x0a" * n_bytes + data[5 * SIZE :]
    values, report = kept(more)
    assert values == [3.0 * i for i in range(20)]
    assert [(o.begin, o.end) for o in report.lost] == [(5 * SIZE, 5 * SIZE + n_bytes)]


@pytest.mark.parametrize("cut", [4, 8, 12, 20, 30])
def test_a_file_that_was_cut_off(cut):
    data = rows(10)[:-cut]
    values, report = kept(data)
    assert values == [3.0 * i for i in range(9)]
    assert report.bytes_lost == SIZE - cut
    assert items(data)[-1] == ("lost", 9 * SIZE, len(data))


@pytest.mark.parametrize("junk", [b"x", b"junk", b"\x0a\x23\xd7\xce", bytes(1000)])
def test_junk_before_and_after(junk):
    data = rows(3)
    for whole in (junk + data, data + junk):
        values, report = kept(whole)
        assert values == [0, 3, 6]
        assert report.bytes_lost == len(junk)


def test_a_damaged_payload_with_a_sound_frame():
    data = rows(3) + wrap(b"\x0a\x7f\x00") + rows(3)
    values, report = kept(data)
    assert values == [0, 3, 6, 0, 3, 6]
    assert len(report.lost) == 1
    assert (report.lost[0].begin, report.lost[0].end) == (3 * SIZE, 3 * SIZE + 12)


def test_a_length_that_swallows_what_follows():
    data = bytearray(rows(10))
    struct.pack_into("<I", data, 2 * SIZE + 4, 5 * SIZE - 8)
    values, report = kept(data)
    assert values == [3.0 * i for i in range(10) if i != 2] or values == [
        3.0 * i for i in range(10) if not 2 <= i < 7
    ]
    assert report.bytes_read - report.bytes_kept == report.bytes_lost > 0


def test_several_damages():
    data = bytearray(rows(1000))
    for at in (0, 17, 18, 400, 999):
        data[at * SIZE] ^= 1
    values, report = kept(data)
    assert values == [3.0 * i for i in range(1000) if i not in (0, 17, 18, 400, 999)]
    assert report.bytes_lost == 5 * SIZE
    assert [one.begin // SIZE for one in report.lost] == [0, 17, 400, 999]


def test_no_record_at_all():
    data = bytes(range(256)) * 100
    assert items(data) == [("lost", 0, len(data))]
    out = io.BytesIO()
    report = rs.salvage(io.BytesIO(data), out)
    assert (report.records, report.bytes_lost, out.getvalue()) == (0, len(data), b"")


def test_split_records_are_written_whole():
    payload = rows(1)[8:]
    payload = payload[: len(payload) // 4 * 4]
    first = struct.pack("<II", 0xCED7230A, (1 << 29) | 12) + payload[:12]
    last = struct.pack("<II", 0xCED7230A, (3 << 29) | (len(payload) - 12)) + payload[12:]
    data = rows(2) + first + last + rows(2)
    out = io.BytesIO()
    report = rs.salvage(io.BytesIO(data), out)
    assert (report.records, report.bytes_lost) == (5, 0)
    assert rs.decode(out.getvalue()).n_rows == 5
    # Without its last part it is lost, and the next record is found.
    report = rs.salvage(io.BytesIO(rows(2) + first + rows(2)), io.BytesIO())
    assert (report.records, report.bytes_lost) == (4, len(first))


def test_bytes_may_dribble_in():
    data = bytearray(rows(30))
    data[3 * SIZE] ^= 1
    expected = items(bytes(data))
    found = [(type(i), i.begin, i.end) for i in walk(Dribble(bytes(data), [1, 7, 100]))]
    assert [one for one in found if one[0] is Lost] == [(Lost, 3 * SIZE, 4 * SIZE)]
    assert found[-1][2] == expected[-1][2]


@given(st.data())
def test_whole_and_lost_are_all_of_it_without_overlap(data):
    """Whatever happens to a file, every byte of it is accounted for."""
    raw = bytearray(rows(data.draw(st.integers(0, 8))))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(raw)))
        kind = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if kind == "insert":
            raw[at:at] = data.draw(st.binary(max_size=20))
        elif kind == "cut":
            del raw[at : at + data.draw(st.integers(0, 40))]
        elif at < len(raw):
            raw[at] ^= data.draw(st.integers(1, 255))
    end = 0
    for item in walk(io.BytesIO(bytes(raw))):
        assert item.begin == end < item.end
        end = item.end
        assert isinstance(item, Lost) or item.batch.n_rows > 0
    assert end == len(raw)


# -- verify ----------------------------------------------------------------------------


def reasons(data, **options):
    report = rs.verify(io.BytesIO(data), **options)
    assert report.ok == (report.n_problems == 0)
    assert report.bytes == len(data)
    return [str(one) for one in report.problems]


def test_verify_fine():
    assert reasons(rows(10)) == []
    report = rs.verify(io.BytesIO(rows(10)))
    assert (report.records, report.n_problems) == (10, 0)
    assert report.schema == "<feature 'values': dense float32, 3 wide>"


def test_an_empty_file_has_no_problem_and_no_record():
    report = rs.verify(io.BytesIO(b""))
    assert (report.ok, report.records, report.schema) == (True, 0, "")


@pytest.mark.parametrize(
    ("later", "message"),
    [
        (rs.encode([[1.0, 2, 3]]), "has dtype float64, the first record has float32"),
        (rs.encode(np.zeros((1, 4), "float32")), "has 4 values, the first record has 3"),
        (
            rs.encode(np.zeros((1, 3, 1), "float32")),
            "has shape (3, 1), the first record has None",
        ),
        (rs.encode([ROW], [1]), "label 'values' is new, the first record lacks it"),
        (rs.encode({"b": [ROW]}), "feature 'values' is missing in 1 record"),
        (rs.encode([ROW], uid=["x"]), "uid '' is new, the first record lacks it"),
    ],
    ids=["dtype", "width", "shape", "label", "feature", "uid"],
)
def test_records_that_differ_from_the_first(later, message):
    found = reasons(rows(3) + later)
    assert any(one.startswith("record 4: ") and message in one for one in found), found


def test_a_missing_label():
    data = rs.encode([ROW, ROW], [1, 2]) + rs.encode([ROW])
    (found,) = reasons(data)
    assert found == "record 3: label 'values' is missing in 1 record from here on"


def test_keys_beyond_the_shape():
    import scipy.sparse

    data = rs.encode(scipy.sparse.csr_matrix(np.eye(4, 200, 50, dtype="float32")))
    at = data.rindex(b"\xc8\x01")  # the shape, 200, of the last record
    broken = data[:at] + b"\x05\x00" + data[at + 2 :]
    (found,) = reasons(broken) if not rs.verify(io.BytesIO(broken)).ok else ("",)
    assert found.startswith("record 4, byte ")


def test_texts_that_are_no_utf8():
    data = rs.encode([ROW, ROW], uid=["ab", "cd"])
    found = reasons(data.replace(b"cd", b"c\xff"))
    assert len(found) == 1
    assert found[0].startswith("record 2")
    assert "UTF-8" in found[0]


@pytest.mark.parametrize("lacking", [1, 2, 3])
def test_missing_padding(lacking):
    data = rs.encode([[1]], uid=["x" * (4 - lacking)])
    cut = data.rstrip(b"\0")
    n = len(data) - len(cut)
    expected = [f"record 1, byte {len(cut)}: the last frame lacks {n} bytes of padding"]
    assert reasons(cut) == (expected if n else [])


def test_problems_are_all_counted_and_some_are_kept():
    data = rows(1) + (rs.encode([[1]]) + rs.encode([[0.5]])) * 50
    report = rs.verify(io.BytesIO(data), max_problems=3)
    assert len(report.problems) == 3
    assert report.n_problems >= 100


def test_progress_is_reported(tmp_path):
    (tmp_path / "a.pbr").write_bytes(rows(10))
    calls = []

    def progress(*args):
        calls.append(args)

    rs.verify(tmp_path / "a.pbr", progress=progress)
    rs.salvage(tmp_path / "a.pbr", tmp_path / "b.pbr", progress=progress)
    rs.describe(tmp_path / "a.pbr", progress=progress)
    assert calls == [(10 * SIZE, 10 * SIZE, 10)] * 3


def test_salvage_publishes_at_the_end_only(tmp_path):
    (tmp_path / "a.pbr").write_bytes(rows(10))
    (tmp_path / "b.pbr").write_bytes(b"old")
    with pytest.raises(InputError, match="the file exists"):
        rs.salvage(tmp_path / "a.pbr", tmp_path / "b.pbr")

    def progress(*args):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rs.salvage(
            tmp_path / "a.pbr", tmp_path / "b.pbr", overwrite=True, progress=progress
        )
    assert (tmp_path / "b.pbr").read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pbr", "b.pbr"]


# -- describe --------------------------------------------------------------------------


def test_describe_dense():
    X = np.array([[1, np.nan], [np.inf, -2.5]], "float32")
    found = rs.describe(io.BytesIO(rs.encode(X, [3, 1], uid=["a", None])))
    assert (found.format, found.rows, found.schemas, found.problem) == (
        "recordio",
        2,
        1,
        None,
    )
    fields = {one.role: one for one in found.fields}
    feature, label, uid = (fields[role] for role in ("feature", "label", "uid"))
    assert (feature.kind, feature.dtype, feature.min_width) == ("dense", "float32", 2)
    assert (feature.nan, feature.infinite, feature.integral) == (1, 1, False)
    assert (feature.minimum, feature.maximum) == (-2.5, 1.0)
    assert (label.distinct, label.integral, label.rows) == ([1, 3], True, 2)
    assert (uid.kind, uid.rows) == ("text", 1)


def test_describe_sparse_and_lists():
    import scipy.sparse

    matrix = scipy.sparse.csr_matrix(np.array([[0, 1, 0, 2.0], [0, 0, 0, 0]]))
    (one,) = rs.describe(io.BytesIO(rs.encode(matrix))).fields
    assert (one.kind, one.columns, one.min_width, one.max_width) == ("csr", 4, 0, 2)
    assert one.empty_rows == 1
    (one,) = rs.describe(io.BytesIO(rs.encode([[1, 2, 3], [4]]))).fields
    assert (one.kind, one.min_width, one.max_width) == ("ragged", 1, 3)


def test_describe_many_label_values():
    found = rs.describe(io.BytesIO(rs.encode(np.zeros((21, 1)), np.arange(21))))
    (label,) = [one for one in found.fields if one.role == "label"]
    assert label.distinct is None
    found = rs.describe(io.BytesIO(rs.encode(np.zeros((3, 1)), [np.inf, np.nan, 2])))
    assert found.fields[1].distinct == [2]  # JSON has no infinity
    assert (label.minimum, label.maximum) == (0, 20)


def test_describe_says_the_first_problem(tmp_path):
    data = bytearray(rows(10))
    data[4 * SIZE] ^= 1
    (tmp_path / "a.pbr").write_bytes(data)
    found = rs.describe(tmp_path / "a.pbr")
    assert found.rows == 4
    assert found.problem.startswith(f"{tmp_path}/a.pbr: record 5, byte {4 * SIZE}: no R")
    assert found.path == str(tmp_path / "a.pbr")


def test_describe_counts_schemas():
    data = rows(2) + rs.encode([[1]]) + rows(2)
    assert rs.describe(io.BytesIO(data)).schemas == 3


def test_describe_of_other_formats(tmp_path):
    (tmp_path / "a.csv").write_text("y,a,b\n1,2,3\n0,4,5\n")
    found = rs.describe(str(tmp_path / "a.csv"), label="y")
    assert (found.format, found.rows, found.bytes) == ("csv", 2, 18)
    with pytest.raises(FileNotFoundError):
        rs.describe(tmp_path / "none.csv")
