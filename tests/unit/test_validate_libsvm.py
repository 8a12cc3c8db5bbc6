"""libsvm and JSON Lines: what their text can do wrong, with line and byte."""

import gzip
import shlex

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recordsmith as rs
from recordsmith.cli import main
from validating import JOBS, rules

XGB = "xgboost"
GOOD = "1 0:0.5 3:2\n0 1:1e-3 7:-4\n1 0:1\n"


def checked(path, algorithm=XGB, **options):
    """The report."""
    if algorithm is not None and options.get("purpose", "train") == "train":
        options.setdefault("hyperparameters", JOBS.get(algorithm, {}))
        options.setdefault("content_type", "text/libsvm")
    return rs.validate(str(path), algorithm, **options)


@pytest.fixture
def report_of(tmp_path):
    """The report of text, which is written to a file."""

    def report(text, *args, name="x.libsvm", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return checked(path, *args, **options)

    return report


def grave(report):
    return [(f.rule, f.found) for f in report.findings if f.severity != "note"]


def places(finding):
    return [(place.line, place.offset) for place in finding.places]


def key(report):
    return [(f.rule, f.severity, f.found, f.count, f.places) for f in report.findings]


# (what, text, rule, places, what is found)
BAD = [
    ("a label of text", "1 0:1\nyes 0:2\n", "libsvm/label", [(2, 6)], "'yes'"),
    ("two labels", "1 0:1\n1,0 0:2\n", "libsvm/label", [(2, 6)], "'1,0'"),
    ("a weight of text", "1:2 0:1\n1:x 0:2\n", "libsvm/label", [(2, 8)], "'1:x'"),
    ("no colon", "1 0:1 5\n1 0:2\n", "libsvm/pair", [(1, 6)], "'5'"),
    ("a space after a colon", "1 0:1\n1 0: 2\n", "libsvm/value", [(2, 8)], "'0:'"),
    ("a negative index", "1 0:1\n0 1:2\n1 -1:2 3:1\n", "libsvm/index", [(3, 14)],
     "negative index: 1; first '-1:2'"),
    ("a name as index", "1 0:1\n1 age:40\n", "libsvm/index", [(2, 8)], "'age:40'"),
    ("an index with a fraction", "1 0:1\n1 1.0:4\n", "libsvm/index", [(2, 8)], "'1.0:4'"),
    ("an index above 2^31", "1 0:1\n1 4294967296:1\n", "libsvm/index", [(2, 8)],
     "too large"),
    ("a value of text", "1 0:1 3:red\n", "libsvm/value", [(1, 6)], "'3:red'"),
    ("a qid of text", "1 qid:a 0:1\n", "libsvm/pair", [(1, 2)], "'qid:a'"),
    ("indices that do not ascend", "1 0:1\n1 5:1 2:1\n", "record/unsorted-keys",
     [(2, 6)], "out of order"),
    ("an index twice", "1 0:1\n1 5:1 5:2\n", "record/duplicate-keys", [(2, 6)], "twice"),
    ("CSV", "1,2,3\n0,2,3\n", "libsvm/not-libsvm", [(1, 0)], "'1,2,3'"),
    ("a log", "Success: 3 rows\nwritten at noon\n", "libsvm/not-libsvm", [(1, 0)],
     "'Success: 3 rows'"),
    ("no labels", "0:1 3:2\n1:5 2:1\n0:2 3:1\n", "libsvm/label", [(1, 0)],
     "begins with index:value"),
    ("weights in some lines", "1:0.5 0:1\n1 0:2\n", "libsvm/weights", [(1, 0)], "1 of 2"),
    ("infinity", "1 0:1\n1 2:inf\n", "data/infinity", [(2, 6)], "1 infinite"),
    ("UTF-16", GOOD.encode("utf-16"), "csv/encoding", [(1, 0)], "utf-16"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rule", "where", "found"),
    [row[1:] for row in BAD],
    ids=[row[0] for row in BAD],
)
def test_bad(report_of, text, rule, where, found):
    of_rule = [f for f in report_of(text).findings if f.rule == rule]
    finding = next((f for f in of_rule if found in f.found), None)
    assert finding is not None, [f.found for f in of_rule]
    assert places(finding) == where
    assert finding.count == len(where)
    assert finding.severity in ("error", "warning")
    assert finding.fix and finding.expected


FINE = {
    "plain": GOOD,
    "CRLF": GOOD.replace("\n", "\r\n"),
    "no line end at the end": GOOD.strip(),
    "blank lines and comments": "# made by hand\n\n" + GOOD + "1 0:2 # why not\n",
    "qid": "1 qid:1 0:1\n0 qid:1 1:1\n",
    "weights in all lines": "1:0.5 0:1\n0:2 0:3\n",
    "a label alone": "1\n0 0:1\n",
    "NaN, which XGBoost takes for missing": "1 0:nan\n0 1:1\n",
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_what_is_no_alarm(report_of, text):
    report = report_of(text)
    assert not grave(report)
    assert report.rows >= 2
    if "nan" not in text:
        assert not grave(report_of(text, None))


def test_every_line_is_looked_at(report_of):
    lines = ["1 0:1 3:2"] * 60_000
    for at in range(0, 60_000, 1000):
        lines[at + 7] = "1 0:1 -3:2"
        lines[at + 8] = "1 0:x"
    report = report_of("\n".join(lines), block_size=1 << 14)
    found = rules(report)
    assert found["libsvm/index"][0].count == found["libsvm/value"][0].count == 60
    assert places(found["libsvm/index"][0])[0] == (8, 7 * 10 + 6)
    assert [line for line, _ in places(found["libsvm/value"][0])] == [
        1000 * n + 9 for n in range(5)
    ]
    assert report.rows == 60_000 - 120


def test_lines_behind_blank_lines_and_comments(report_of):
    report = report_of("# c\n\n1 0:1\n1 0:x\n0 4:inf\n")
    found = rules(report)
    assert places(found["data/infinity"][0]) == [(5, 17)]
    assert places(found["libsvm/comment"][0]) == [(1, 0), (2, 4)]
    assert found["libsvm/comment"][0].severity == "note"


def test_index_base(report_of, tmp_path):
    from_one = "1 1:1 4:2\n0 2:1\n"
    (finding,) = rules(report_of(from_one))["libsvm/index-base"]
    assert finding.severity == "note"  # nobody can know
    assert "smallest index is 1, the largest 4" in finding.found
    assert "libsvm/index-base" not in rules(report_of(from_one, None))
    assert "libsvm/index-base" not in rules(report_of(GOOD))
    # The training data have columns 0 to 3: 4 is one more, as of indices from 1.
    train = tmp_path / "train.libsvm"
    train.write_text("1 0:1 3:2\n0 1:1\n")
    found = rules(report_of(from_one, against=str(train)))
    assert found["libsvm/index-base"][0].severity == "warning"
    assert found["libsvm/width"][0].severity == "error"


def test_requests_without_index_0_are_shifted(report_of):
    (finding,) = rules(report_of("1 1:1\n", purpose="inference"))["libsvm/index-base"]
    assert finding.severity == "warning"
    assert "0:0" in finding.fix
    assert not grave(
        report_of("1 0:1\n0:2 1:3\n".replace("1 0", "0"), purpose="inference")
    )


def test_a_stated_index_base(report_of):
    report = report_of("1 1:1\n1 0:2\n", None, index_base=1)
    (finding,) = rules(report)["libsvm/index"]
    assert "below the index base" in finding.found
    assert places(finding) == [(2, 8)]


def test_width_against_training(report_of, tmp_path):
    train = tmp_path / "train.libsvm"
    train.write_text("1 0:1 63:2\n")
    trained = checked(train)
    assert not grave(report_of("1 0:1 9:2\n", against=trained))
    (finding,) = rules(report_of("1 0:1 64:2\n", against=trained))["libsvm/width"]
    assert "is larger than feature size of trained model 64" in finding.message
    sparse = tmp_path / "train.pbr"
    rs.write(sparse, np.ones((2, 5), "float32"), [0.0, 1.0])
    assert "libsvm/width" in rules(report_of("1 0:1 5:2\n", None, against=str(sparse)))


def test_the_command_in_the_advice_mends_it(report_of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for rule, text in (
        ("libsvm/index-base", "1 1:1 4:2\n0 2:1\n"),
        ("libsvm/comment", "# c\n1 0:1\n"),
    ):
        fix = rules(report_of(text))[rule][0].fix
        words = shlex.split(fix[fix.index("recordsmith") :])
        end = words.index("leaves") if "leaves" in words else len(words)
        assert main([*words[1:end], "--overwrite"]) == 0
        assert rule not in rules(checked(tmp_path / "OUT.libsvm"))


# -- blocks, threads, compression ------------------------------------------------------


def rows():
    value = st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr)
    pairs = st.dictionaries(st.integers(0, 99), value, min_size=1, max_size=5)
    return st.lists(st.tuples(st.integers(0, 1), pairs), min_size=2, max_size=10)


@given(rows=rows(), data=st.data())
def test_one_bad_line_is_found_and_no_other(tmp_path_factory, rows, data):
    lines = [
        f"{label} " + " ".join(f"{at}:{pairs[at]}" for at in sorted(pairs))
        for label, pairs in rows
    ]
    path = tmp_path_factory.mktemp("libsvm") / "x.libsvm"
    path.write_text("\n".join(lines) + "\n")
    assert not [f for f in checked(path).findings if f.severity == "error"]
    at = data.draw(st.integers(0, len(lines) - 1))
    word, rule = data.draw(
        st.sampled_from(
            [("x:1", "index"), ("-2:1", "index"), ("101:1e", "value"), ("101", "pair")]
        )
    )
    offset = sum(len(line) + 1 for line in lines[:at]) + len(lines[at]) + 1
    lines[at] += f" {word} 102:1"
    path.write_text("\n".join(lines) + "\n")
    report = checked(path)
    (finding,) = [f for f in report.findings if f.severity == "error"]
    assert finding.rule == f"libsvm/{rule}"
    assert places(finding) == [(at + 1, offset)]
    assert report.rows == len(lines) - 1


def test_blocks_and_threads_do_not_show(tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"{n % 2} 0:{n} {n % 7 + 1}:1" for n in range(3000)]
    for at in rng.integers(1, 3000, 60).tolist():
        lines[at] = rng.choice(
            [
                "x 0:1",
                "1 0:x",
                "1 0",
                "# c",
                "",
                "1 -4:1",
                "1 5:1 2:1",
                "1,2 0:1",
                "1 0:inf",
            ]
        )
    path = tmp_path / "x.libsvm"
    path.write_text("\n".join(lines))
    whole = checked(path, threads=1)
    assert len({f.rule for f in whole.findings}) >= 6
    for block_size, threads in ((30, 1), (1000, 2), (1 << 20, 3)):
        assert key(checked(path, threads=threads, block_size=block_size)) == key(whole)
    zipped = tmp_path / "y.libsvm.gz"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    found = {f.rule: (f.count, places(f)) for f in checked(zipped).findings}
    assert found.pop("file/compressed")
    for finding in whole.findings:
        assert finding.rule in found
    assert found["libsvm/value"] == next(
        (f.count, places(f)) for f in whole.findings if f.rule == "libsvm/value"
    )


# -- JSON Lines ------------------------------------------------------------------------

DEEPAR, OBJECTS = "forecasting-deepar", "object2vec"
SERIES = '{"start": "2026-01-01 00:00:00", "target": [1, null, "NaN"]}\n'


@pytest.mark.parametrize(
    ("algorithm", "text", "rule", "where", "found"),
    [
        (DEEPAR, SERIES + "{\n", "jsonl/object", (2, 61), "no JSON"),
        (DEEPAR, SERIES + "[1]\n", "jsonl/object", (2, 61), "no object"),
        (DEEPAR, '{"start": "2026-01-01"}\n', "jsonl/keys", (1, 0), "without target"),
        (DEEPAR, '{"start": 7, "target": [1]}\n', "jsonl/keys", (1, 0), "start: '7'"),
        (DEEPAR, '{"start": "2026-01-01", "target": 7}\n', "jsonl/keys", (1, 0), "7"),
        (OBJECTS, '{"label": 1, "in0": [1]}\n', "jsonl/keys", (1, 0), "without in1"),
        (OBJECTS, '{"label": 1, "in0": [1.5], "in1": [2]}\n', "jsonl/keys", (1, 0),
         "in0"),
        (OBJECTS, '{"label": 1, "in0": [1], "in1": []}\n', "jsonl/keys", (1, 0), "in1"),
        ("blazingtext-text-classification", '{"source": "a"}\n', "jsonl/keys", (1, 0),
         "without label"),
    ],
)  # fmt: skip
def test_objects(report_of, algorithm, text, rule, where, found):
    settings = {"content_type": None, "name": "x.jsonl"}
    (finding,) = rules(report_of(text, algorithm, **settings))[rule]
    assert finding.severity == "error"
    assert places(finding) == [where]
    assert found in finding.found


@pytest.mark.parametrize(
    ("algorithm", "purpose", "text"),
    [
        (DEEPAR, "train", SERIES),
        (OBJECTS, "train", '{"label": 1, "in0": [1, 2], "in1": [3]}\n'),
        (OBJECTS, "inference", '{"in0": [1, 2]}\n'),
    ],
)
def test_good_objects(report_of, algorithm, purpose, text):
    settings = {"content_type": None, "name": "x.jsonl", "purpose": purpose}
    report = report_of(text * 2, algorithm, **settings)
    assert not grave(report)
    assert report.rows == 2
    assert "data/nan" in dict(report.skipped)


# -- real data -------------------------------------------------------------------------


def test_real_data_are_clean(examples):
    digits = {"objective": "multi:softmax", "num_class": 10, "num_round": 1}
    report = checked(examples / "digits.libsvm", hyperparameters=digits)
    assert report.clean and report.rows == 600
    assert [f.rule for f in report.findings] == ["libsvm/index-base"]
    classes = {"predictor_type": "multiclass_classifier", "num_classes": 3}
    for algorithm, job in (
        ("linear-learner", classes),
        (XGB, {"objective": "multi:softmax", "num_class": 3, "num_round": 1}),
    ):
        report = checked(
            examples / "wine.csv",
            algorithm,
            content_type="text/csv",
            hyperparameters=job,
        )
        assert not grave(report), str(report)
        assert report.rows == 178
    for name in ("wine.csv", "breast_cancer.csv", "digits.libsvm"):
        assert not checked(examples / name, None).findings


@pytest.fixture
def examples(pytestconfig):
    folder = pytestconfig.rootpath / "examples"
    assert folder.is_dir()
    return folder
