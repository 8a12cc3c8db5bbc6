"""algorithm= in encode, write and convert: right types, and nothing refused gets out."""

import io

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import recordsmith as rs
from recordsmith.errors import InputError, ValidationError
from validating import JOBS, RECORDIO, rules, validate

LL, FM, XGB = "linear-learner", "factorization-machines", "xgboost"
BINARY = {"predictor_type": "binary_classifier"}
TAKE_RECORDIO = [
    entry.key for entry in rs.algorithms() if entry.format("recordio-protobuf")
]


def test_types_are_those_that_the_algorithm_wants():
    data = rs.encode(np.eye(3), [0, 1, 1], algorithm=LL, hyperparameters=BINARY)
    batch = rs.decode(data)
    assert (batch.features.dtype, batch.labels.dtype) == ("float32", "float32")
    assert data == rs.encode(np.eye(3), [0, 1, 1], dtype="float32", label_dtype="float32")


def test_types_that_are_asked_for_count():
    data = rs.encode(np.eye(3), [0, 1, 1], algorithm=XGB, dtype="float64")
    assert rs.decode(data).features.dtype == "float64"
    with pytest.raises(ValidationError) as caught:
        rs.encode(np.eye(3), [0, 1, 1], algorithm=LL, dtype="float64")
    assert "record/dtype" in rules(caught.value.report)


def test_chunks_are_what_the_algorithm_takes():
    X, y = np.eye(30), np.arange(30) % 2
    told = {"algorithm": LL, "hyperparameters": BINARY}
    chunks = list(rs.iter_chunks(X, y, max_bytes=1000, **told))
    assert len(chunks) > 1
    assert b"".join(map(bytes, chunks)) == rs.encode(X, y, **told)
    sparse = scipy.sparse.csr_matrix(np.array([[0, 1.0], [0, 0]]))
    (chunk,) = rs.iter_chunks(sparse, [0, 1], algorithm=XGB)
    assert chunk.data == rs.encode(sparse, [0, 1], algorithm=XGB)


def test_no_chunk_of_a_refused_batch_is_given():
    bad = np.ones((3, 2))
    bad[1, 1] = np.nan
    chunks = rs.iter_chunks(bad, algorithm="pca")
    with pytest.raises(ValidationError, match="before the first bad batch") as caught:
        next(chunks)
    assert "data/nan" in rules(caught.value.report)
    assert caught.value.report.rows == 3


def test_empty_rows_are_written_so_that_they_can_be_read():
    X = scipy.sparse.csr_matrix(np.array([[0, 1.0], [0, 0]]))
    assert rs.decode(rs.encode(X, [0, 1], algorithm=XGB)).features.nnz == 2
    assert rs.decode(rs.encode(X, [0, 1], algorithm=FM)).features.nnz == 1
    with pytest.raises(ValidationError) as caught:
        rs.encode(X, [0, 1], algorithm=XGB, empty_rows="keep")
    assert "record/empty-row" in rules(caught.value.report)


def test_rounding_is_counted():
    tally = rs.Tally()
    rs.encode(np.full((2, 2), 0.1), [0, 1], algorithm=LL, tally=tally)
    assert tally.values_rounded == 4


def test_all_that_is_wrong_is_in_the_report():
    X = np.ones((100, 3))
    X[7, 1] = np.nan
    X[80, 2] = 1e39
    with pytest.raises(ValidationError) as caught:
        rs.encode(X, [2] + [1] * 99, algorithm=LL, hyperparameters=BINARY)
    report = caught.value.report
    found = {
        rule: (all_of[0].places[0].record, all_of[0].places[0].column)
        for rule, all_of in rules(report).items()
        if all_of[0].severity == "error"
    }
    assert found == {
        "data/nan": (7, 1),
        "data/infinity": (80, 2),
        "label/values": (0, None),
    }
    assert report.rows == 100
    message = str(caught.value)
    assert "row" in message and "nothing was written" in message


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.standard_normal((5000, 3)), columns=list("abc"))
    table["y"] = rng.integers(0, 2, 5000)
    return table


def test_nothing_is_published(tmp_path, frame):
    source, target = tmp_path / "in.csv", tmp_path / "out.pbr"
    frame.loc[4321, "y"] = 3
    frame.to_csv(source, index=False)
    target.write_bytes(b"old")
    with pytest.raises(ValidationError) as caught:
        rs.convert(
            source, target, label="y", algorithm=LL, hyperparameters=BINARY,
            overwrite=True,
        )  # fmt: skip
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv", "out.pbr"]
    (finding,) = rules(caught.value.report)["label/values"]
    place = finding.places[0]
    assert (place.path, place.record) == (str(source), 4322)  # of a file, from 1
    assert caught.value.report.rows == 5000


def test_a_stream_gets_nothing_of_the_batch_that_is_refused():
    X = np.ones((10, 2))
    X[5, 0] = np.inf
    file = io.BytesIO()
    with pytest.raises(ValidationError):
        rs.write(file, X, np.ones(10), algorithm=LL, dest_format="recordio")
    assert file.getvalue() == b""


def test_warnings_land_in_the_result(tmp_path, frame):
    frame["y"] = 1
    result = rs.write(
        tmp_path / "out.pbr", frame, label="y", algorithm=LL, hyperparameters=BINARY
    )
    assert [one.rule for one in result.report.findings] == ["label/classes"]
    assert result.report.ok and result.rows == 5000
    assert rs.write(tmp_path / "other.pbr", frame, label="y").report is None


def test_the_report_of_what_was_written_serves_as_training_data(tmp_path, frame):
    result = rs.write(tmp_path / "out.pbr", frame, label="y", algorithm=LL)
    wide = rs.encode(np.ones((2, 4)), algorithm=LL, purpose="inference")
    report = validate(wide, LL, purpose="inference", against=result.report)
    assert "request/width" in rules(report)
    same = rs.encode(np.ones((2, 3)), algorithm=LL, purpose="inference")
    assert validate(same, LL, purpose="inference", against=result.report).clean


def test_other_destinations(tmp_path, frame):
    rs.write(tmp_path / "out.csv", frame, label="y", algorithm=XGB)
    assert validate(str(tmp_path / "out.csv"), XGB, content_type="text/csv").clean
    with pytest.raises(InputError, match="does not train on csv"):
        rs.write(tmp_path / "no.csv", frame, label="y", algorithm=FM)
    with pytest.raises(InputError, match="does not train on jsonl"):
        rs.write(tmp_path / "no.jsonl", frame, label="y", algorithm=LL)
    assert not (tmp_path / "no.csv").exists()


def test_options_that_mean_nothing_without_an_algorithm(tmp_path):
    for options in ({"channel": "test"}, {"hyperparameters": BINARY}):
        with pytest.raises(InputError, match="algorithm"):
            rs.encode(np.eye(2), **options)
        with pytest.raises(InputError, match="algorithm"):
            rs.write(tmp_path / "x.pbr", np.eye(2), **options)


def test_records_of_several_dtypes_become_one(tmp_path):
    mixed = tmp_path / "mixed.pbr"
    mixed.write_bytes(
        rs.encode(np.ones((2, 3)), [1.0, 2.0])
        + rs.encode(np.ones((2, 3), "float32"), [1, 2])
    )
    target = tmp_path / "out.pbr"
    rs.convert(mixed, target, algorithm=LL)
    report = validate(str(target), LL, content_type=RECORDIO)
    assert report.clean and report.rows == 4


# -- whatever is written is clean ------------------------------------------------------


@st.composite
def rows_for(draw, algorithm):
    """Features and labels as they come from NumPy and SciPy, fit for the algorithm."""
    n = draw(st.integers(2, 12))
    values = st.floats(0, 1e6, width=32) | st.sampled_from([0.0, 1.0])
    if algorithm == "seq2seq":
        tokens = st.lists(st.integers(0, 9), min_size=1, max_size=5)
        return {
            "source": draw(st.lists(tokens, min_size=n, max_size=n)),
            "target": draw(st.lists(tokens, min_size=n, max_size=n)),
        }, None
    cells = draw(st.lists(values, min_size=3 * n, max_size=3 * n))
    X = np.array(cells, draw(st.sampled_from(["float64", "float32"]))).reshape(n, 3)
    if draw(st.booleans()):
        X = scipy.sparse.csr_matrix(X)
    return X, draw(st.lists(st.integers(-5, 5), min_size=n, max_size=n))


@pytest.mark.parametrize("algorithm", TAKE_RECORDIO)
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_written_for_an_algorithm_validates_clean(algorithm, data):
    X, y = data.draw(rows_for(algorithm))
    labelled = rs.algorithm(algorithm).format("recordio-protobuf").label_rule("train")
    if labelled.value != "required":
        y = None
    job = JOBS.get(algorithm, {})
    n = len(y) if y is not None else 2
    if algorithm == "lda":
        n = X["source"] if isinstance(X, dict) else X.shape[0]
        job = {"feature_dim": 3, "num_topics": 2, "mini_batch_size": n}
    written = rs.encode(X, y, algorithm=algorithm, hyperparameters=job)
    report = validate(written, algorithm, hyperparameters=job)
    assert report.clean, str(report)


def test_every_algorithm_that_takes_recordio_was_tried():
    assert set(TAKE_RECORDIO) >= {
        LL, FM, XGB, "kmeans", "knn", "pca", "lda", "ntm", "randomcutforest", "seq2seq",
    }  # fmt: skip
