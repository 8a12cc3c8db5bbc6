"""`recordsmith compare` as a process: text, JSON, the picture, errors, signals."""

import json
import os
import shlex
import shutil
import signal
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import recordsmith as rs
from commands import WAIT_S, bad, csv_bytes, eventually, good, names, run, start

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WINE = ["--no-header", "--label", "0"]


@pytest.fixture
def wine(tmp_path):
    return Path(shutil.copy(EXAMPLES / "wine.csv", tmp_path))


def test_the_advice_and_the_command_that_follows_it(wine, tmp_path):
    text = good(
        "compare", "wine.csv", "--algorithm", "linear-learner", *WINE, cwd=tmp_path
    )
    assert text.startswith("wine.csv for Linear Learner: 178 rows")
    (line,) = (one for one in text.splitlines() if one.startswith("Use "))
    assert line.startswith("Use RecordIO-protobuf, dense: ")
    (command,) = (one for one in text.splitlines() if "recordsmith convert" in one)
    good(*shlex.split(command)[1:], cwd=tmp_path)
    batch = rs.read(tmp_path / "wine.pbr")
    assert batch.features.shape == (178, 13)
    assert batch.features.dtype == batch.labels.dtype == "float32"


def test_json_and_the_picture(wine, tmp_path):
    done = run(
        *("compare", wine, "-a", "xgboost", *WINE, "--json", "--plot", "a.svg"),
        *("--repeat", "1", "--sample-rows", "50"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == b"plot written to a.svg\n"
    found = json.loads(done.stdout)
    assert found["algorithm"] == "xgboost"
    assert found["sample"]["rows"] <= 50
    assert found["sample"]["total_rows"] == 178
    picture = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    words = "".join(picture.itertext())
    candidates = [one["name"] for one in found["candidates"]]
    assert len(candidates) == 5
    for name in candidates:
        assert name in words
    assert "wine.csv for XGBoost" in words
    assert "bytes a row" in words


def test_the_picture_is_the_same_for_the_same_numbers(wine, tmp_path):
    found = rs.compare(wine, "pca", header=False, label=0, repeat=1)
    for name in ("a.svg", "b.svg"):
        found.plot(tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    found.plot(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_no_matplotlib(wine, tmp_path):
    """It is said before anything is measured, with what to do."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *a: (\n"
        "    None if name == 'matplotlib' else find(name, *a))\n"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    message = bad(
        *(1, "compare", wine, "-a", "pca", *WINE, "--plot", "a.svg"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert message == (
        "a plot needs matplotlib, which is not installed; pip install 'recordsmith[plot]'"
    )


def test_one_format_at_once(wine, tmp_path):
    text = good("compare", wine, "--algorithm", "ipinsights")
    assert "IP Insights takes CSV (text/csv)" in text
    text = good("compare", wine, "--algorithm", "fm", *WINE)
    assert "Factorization Machines takes nothing else" in text
    assert "bytes/row" not in text
    text = good("compare", wine, "--algorithm", "fm", *WINE, "--measure")
    assert "bytes/row" in text


def test_standard_input():
    data = csv_bytes(500)
    args = ["compare", "-", "--from", "csv", "--label", "y", "-a", "knn", "--json"]
    done = run(*args, input=data)
    found = json.loads(done.stdout)
    assert found["sample"]["how"] == "all 500 rows"
    assert " - train.pbr " in found["candidates"][0]["command"]


@pytest.mark.parametrize(
    ("code", "args", "message"),
    [
        (2, [], "the following arguments are required: SRC, -a/--algorithm"),
        (2, ["a.csv"], "the following arguments are required: -a/--algorithm"),
        (2, ["a.csv", "-a", "pca", "--plt", "x"], "did you mean --plot?"),
        (2, ["a.csv", "-a", "pca", "--input-mode", "pipe"], "did you mean Pipe?"),
        (1, ["none.csv", "-a", "pca"], "none.csv: No such file or directory"),
        (1, ["a.csv", "-a", "pcaa"], "pca"),
        (1, ["a.csv", "-a", "knn"], "the label's column, --label NAME"),
        (1, ["a.csv", "-a", "pca", "--sample-rows", "0"], "expected 1 or more"),
        (1, ["a.csv", "-a", "object2vec", "--plot", "a.svg"], "pass --measure"),
        (1, ["text.csv", "-a", "pca"], "columns that are no numbers: 'city'"),
        (1, ["empty.csv", "-a", "pca"], "the source holds no row"),
    ],
)
def test_errors(tmp_path, code, args, message):
    (tmp_path / "a.csv").write_bytes(csv_bytes(10))
    (tmp_path / "text.csv").write_text("city,a\nRome,1\n")
    (tmp_path / "empty.csv").write_text("a,b\n")
    assert message in bad(code, "compare", *args, cwd=tmp_path)


@pytest.mark.parametrize(
    ("number", "code", "says"),
    [
        (signal.SIGINT, 130, b"recordsmith: interrupted"),
        (signal.SIGTERM, 143, b"recordsmith: terminated by SIGTERM"),
    ],
)
def test_a_signal_leaves_nothing_behind(tmp_path, number, code, says):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    X = np.random.default_rng(0).standard_normal((20_000, 40)).astype("float32")
    (tmp_path / "a.pbr").write_bytes(rs.encode(X))
    process = start(
        *("compare", "a.pbr", "-a", "pca", "--repeat", 100_000),
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    eventually(lambda: list(scratch.glob("recordsmith-compare-*/sample*")))
    process.send_signal(number)
    _, message = process.communicate(timeout=WAIT_S)
    # A line before may be the interpreter's: it is told to warn of files that it closes
    # itself, as it must where the signal comes between an open() and its `with`.
    assert process.returncode == code, message
    assert message.splitlines()[-1] == says
    assert names(scratch) == []
