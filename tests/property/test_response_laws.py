"""Predictions written by others' writers read back as they were, in every type."""

import csv
import io
import json
import struct
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recordsmith as rs
import schema
from recordsmith.errors import RecordsmithError

JSON, LINES, CSV = "application/json", "application/jsonlines", "text/csv"
RECORDIO = "application/x-recordio-protobuf"

doubles = st.floats(allow_nan=True, allow_infinity=True)
singles = st.floats(width=32, allow_nan=False)
whole = st.integers(-(2**53), 2**53)


@st.composite
def predictions(draw, numbers=doubles):
    """Rows of Linear Learner: (score or scores, predicted_label)."""
    width = draw(st.integers(0, 4))
    score = st.lists(numbers, min_size=width, max_size=width) if width else numbers
    return draw(st.lists(st.tuples(score, whole), min_size=1, max_size=6))


def objects(rows):
    return [{"score": score, "predicted_label": label} for score, label in rows]


def same(found, expected):
    """Bit for bit but for the payloads of NaN, which text does not hold."""
    assert repr(found.tolist()) == repr(np.array(expected, found.dtype).tolist())


def check(found, rows):
    same(found["score"], [score for score, _ in rows])
    assert found["predicted_label"].dtype == np.int64
    assert found["predicted_label"].tolist() == [label for _, label in rows]


@given(predictions(), st.sampled_from([None, 2]))
def test_json(rows, indent):
    body = json.dumps({"predictions": objects(rows)}, indent=indent)
    check(rs.parse_response(body, JSON, algorithm="linear-learner"), rows)


@given(predictions(), st.sampled_from(["\n", "\r\n", ",\n", "", "\n\n"]))
def test_json_lines(rows, between):
    body = between.join(map(json.dumps, objects(rows)))
    check(rs.parse_response(body, LINES, algorithm="linear-learner"), rows)


@given(st.lists(st.tuples(whole, doubles), min_size=1, max_size=6))
def test_csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows([[float(label), distance] for label, distance in rows])
    found = rs.parse_response(text.getvalue(), CSV, algorithm="kmeans")
    assert found["closest_cluster"].tolist() == [label for label, _ in rows]
    same(found["distance_to_cluster"], [distance for _, distance in rows])


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.tuples(doubles, st.lists(doubles, min_size=width, max_size=width)),
            min_size=1,
            max_size=5,
        )
    )
)
def test_csv_with_lists_as_the_container_writes_them(rows):
    body = "\n".join(f'{label},"{scores}"' for label, scores in rows)
    fields = ["predicted_label", "probabilities"]
    found = rs.parse_response(body, CSV, algorithm="xgboost", fields=fields)
    same(found["predicted_label"], [label for label, _ in rows])
    same(found["probabilities"], [scores for _, scores in rows])


def frame(payload):
    head = struct.pack("<II", 0xCED7230A, len(payload))
    return head + payload + bytes(-len(payload) % 4)


@given(predictions(singles))
def test_records_of_the_runtime(rows):
    data = b""
    for score, label in rows:
        message = schema.Record()
        scores = score if isinstance(score, list) else [score]
        message.label["score"].float32_tensor.values.extend(scores)
        message.label["predicted_label"].float64_tensor.values.append(label)
        data += frame(message.SerializeToString())
    found = rs.parse_response(data, RECORDIO, algorithm="linear-learner")
    scores = [s[0] if isinstance(s, list) and len(s) == 1 else s for s, _ in rows]
    assert found["score"].dtype == np.float32
    same(found["score"], scores)
    assert found["predicted_label"].tolist() == [label for _, label in rows]


@given(predictions())
def test_without_a_table_the_numbers_are_the_same(rows):
    body = json.dumps({"predictions": objects(rows)})
    found = rs.parse_response(body, JSON)
    same(found["score"], [score for score, _ in rows])
    same(found["predicted_label"], [float(label) for _, label in rows])


@given(predictions(), st.data())
def test_a_body_that_is_cut_off_is_never_fewer_predictions(rows, data):
    """A prefix is refused, or ends where a whole line does."""
    body = json.dumps({"predictions": objects(rows)})
    end = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(RecordsmithError):
        rs.parse_response(body[:end], JSON, algorithm="linear-learner")
    lines = [json.dumps(one) for one in objects(rows)]
    body = "\n".join(lines)
    end = data.draw(st.integers(0, len(body) - 1))
    whole_lines = [len("\n".join(lines[: n + 1])) for n in range(len(lines))]
    if end in whole_lines or end - 1 in whole_lines:
        found = rs.parse_response(body[:end], LINES, algorithm="linear-learner")
        assert len(found) == sum(stop <= end for stop in whole_lines)
    else:
        with pytest.raises(RecordsmithError):
            rs.parse_response(body[:end], LINES, algorithm="linear-learner")


@given(
    st.one_of(
        st.binary(max_size=40),
        st.text(max_size=40).map(str.encode),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), doubles, st.text()),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(st.sampled_from(["predictions", "score", "a"]), inner),
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    st.sampled_from([JSON, LINES, CSV, RECORDIO, "image/png"]),
    st.sampled_from([None, "linear-learner", "xgboost", "object2vec", "lightgbm"]),
)
def test_any_body_is_predictions_or_an_error_of_ours(body, content_type, algorithm):
    try:
        found = rs.parse_response(body, content_type, algorithm=algorithm)
    except RecordsmithError:
        return
    assert found.to_arrow().num_rows in (len(found), 0)


@given(predictions(), st.lists(st.integers(0, 6), min_size=0, max_size=4))
def test_joining_keeps_every_number(tmp_path_factory, rows, cuts):
    """However the rows lie in files."""
    folder = tmp_path_factory.mktemp("job")
    (folder / "in").mkdir()
    (folder / "out").mkdir()
    edges = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    for number, (begin, end) in enumerate(zip(edges, edges[1:])):
        part = objects(rows[begin:end])
        name = f"part-{number}.csv"
        (folder / "in" / name).write_text("1,2\n" * len(part))
        out = folder / "out" / f"{name}.out"
        out.write_text("".join(f"{json.dumps(one)}\n" for one in part))
    scored = Path(folder, "scored.parquet")
    result = rs.join(
        folder / "in",
        folder / "out",
        ids=list(range(len(rows))),
        out=scored,
        algorithm="linear-learner",
    )
    table = pq.read_table(scored)
    assert result.rows == table.num_rows == len(rows)
    assert table["id"].to_pylist() == list(range(len(rows)))
    assert repr(table["score"].to_pylist()) == repr(
        [s if isinstance(s, list) else float(s) for s, _ in rows]
    )
    assert table["predicted_label"].to_pylist() == [label for _, label in rows]
