"""`recordsmith.compare`: what each format loses, counted."""

import shutil

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import recordsmith as rs
from compared import BOTH, EXAMPLES, QUICK, SOURCES, by_name, compare


@pytest.fixture(autouse=True)
def short_passes(monkeypatch):
    """Times say nothing here, so that no pass has to be long enough for a good one."""
    monkeypatch.setattr("recordsmith.comparison.measuring._LONG_ENOUGH_S", 0.0)


@pytest.fixture
def folder(tmp_path):
    for name in SOURCES:
        shutil.copy(EXAMPLES / name, tmp_path)
    return tmp_path


def test_rounding_is_counted(folder):
    X = pd.read_csv(folder / "wine.csv", header=None).iloc[:, 1:].to_numpy()
    narrow = X.astype("float32").astype("float64")
    changed = narrow != X
    error = np.max(np.abs(narrow - X) / X)
    found = by_name(compare(folder, "wine.csv", "linear-learner"))
    for name in BOTH:
        loss = found[name].loss
        assert loss.values_changed == changed.sum() > 0
        assert loss.whole_changed == 0
        assert loss.max_relative_error == pytest.approx(error)
        assert loss.only_rounding
        assert not loss.nothing
    assert found["CSV"].loss.nothing


def test_float32_text_comes_back():
    X = np.random.default_rng(0).random((100, 5), "float32")
    found = by_name(rs.compare(X, "xgboost", np.ones(100), **QUICK))
    assert all(one.loss.nothing for one in found.values())


def test_whole_labels_that_change_are_a_loss():
    y = np.array([16777217.0, 1.0, 2.0])
    found = rs.compare(np.ones((3, 2)), "linear-learner", y, **QUICK)
    assert by_name(found)[BOTH[0]].loss.labels_wrong == 1
    assert found.recommended.name == "CSV"
    assert "1 labels wrong" in " ".join(found.reasons)


def test_numbers_that_vanish_are_a_loss():
    X = np.array([[1e-60, 1.0], [2.0, 3.0]])
    found = rs.compare(X, "linear-learner", [0, 1], **QUICK)
    assert by_name(found)[BOTH[0]].loss.values_lost == 1
    assert found.recommended.name == "CSV"


def test_numbers_that_do_not_fit_are_a_reason():
    X = np.array([[1e60, 1.0], [2.0, 3.0]])
    found = rs.compare(X, "linear-learner", [0, 1], **QUICK)
    problem = by_name(found)[BOTH[0]].problem
    assert "1e+60 is too large for float32" in problem
    assert found.recommended.name == "CSV"
    assert any("too large for float32" in one for one in found.reasons)


def test_nan_comes_back_everywhere():
    X = np.array([[np.nan, 1.0], [2.0, np.nan]], "float32")
    found = rs.compare(X, "xgboost", [0, 1], **QUICK)
    assert len(found.measured) == 5
    assert all(one.loss.nothing for one in found.measured)


def test_ids_have_no_place_in_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,y,a\nx1,0,5\nx2,1,6\n")
    found = by_name(rs.compare(path, "xgboost", label="y", uid="id", **QUICK))
    assert found[BOTH[0]].loss.nothing
    assert found["CSV"].loss.extras_dropped == 2
    assert "--extras drop" in found["CSV"].command
    assert "--uid id" in found[BOTH[0]].command


def test_zeros_that_mean_missing():
    X = np.array([[0.0, 1.0], [2.0, 0.0]], "float32")
    found = rs.compare(X, "xgboost", [0, 1], **QUICK)
    for name in ("libsvm", BOTH[1]):
        assert by_name(found)[name].meaning == (
            "2 zeros of the sample would count as missing"
        )
    for name in ("CSV", "Parquet", BOTH[0]):
        assert by_name(found)[name].meaning is None
    assert found.recommended.density == "dense"
    found = rs.compare(scipy.sparse.csr_matrix(X), "xgboost", [0, 1], **QUICK)
    for name in ("CSV", "Parquet", BOTH[0]):
        assert by_name(found)[name].meaning == (
            "2 values that are missing in the sample would count as 0"
        )
    assert found.recommended.density == "sparse"
    # To the other algorithms a zero is a zero.
    assert not any(one.meaning for one in rs.compare(X, "lda", **QUICK).candidates)


def test_stored_zeros():
    X = scipy.sparse.csr_matrix(([0.0, 1.0, 2.0], [0, 1, 1], [0, 2, 3]), (2, 3))
    found = by_name(rs.compare(X, "xgboost", [0, 1], **QUICK))
    assert found["libsvm"].loss.nothing
    assert found[BOTH[1]].loss.nothing
