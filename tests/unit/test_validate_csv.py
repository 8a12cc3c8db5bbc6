"""CSV: each thing that its text can do wrong, with the line, the column and the byte."""

import gzip
import shlex

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recordsmith as rs
from recordsmith.cli import main
from recordsmith.validation import csv_files
from recordsmith.validation.csv_blocks import CsvParser
from validating import JOBS, rules

LL, XGB, KMEANS = "linear-learner", "xgboost", "kmeans"
CLASSES = {"predictor_type": "binary_classifier"}
GOOD = "1,0.5,2\n0,1.5,3\n1,2.5,4\n"


def checked(path, algorithm=LL, content_type="text/csv", **options):
    """The report; algorithm=None: without a job."""
    if algorithm is not None:
        options.setdefault("hyperparameters", JOBS.get(algorithm, {}))
        if options.get("purpose", "train") == "train":
            options["content_type"] = content_type
    return rs.validate(str(path), algorithm, **options)


@pytest.fixture
def report_of(tmp_path):
    """The report of text, which is written to a file."""

    def report(text, *args, name="x.csv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return checked(path, *args, **options)

    return report


def grave(report):
    return [(f.rule, f.found) for f in report.findings if f.severity != "note"]


def places(finding):
    return [(place.line, place.column, place.offset) for place in finding.places]


def test_good(report_of):
    for algorithm in (None, LL, XGB):
        report = report_of(GOOD, algorithm)
        assert not report.findings
        assert report.rows == 3
    assert {"csv/header", "csv/cell", "csv/ragged", "csv/delimiter"} <= {*report.checked}


# (what, text, rule, places, what is found, algorithm)
BAD = [
    ("a header", "y,a,b\n" + GOOD, "csv/header", [(1, None, 0)], "'y', 'a', 'b'", LL),
    ("a header over one row", "y,a,b\n1,2,3\n", "csv/header", [(1, None, 0)], "'y'", XGB),
    ("a header after a blank line", "\ny,a,b\n" + GOOD, "csv/header", [(2, None, 1)],
     "'y', 'a'", LL),
    ("a header of a frame with an index", ",0,1\n0,0.5,7\n1,0.25,8\n", "csv/header",
     [(1, None, 0)], "'', '0', '1'", LL),
    ("a header of numbers", "0,1,2,3\n1,4,8,6\n0,2,5,7\n", "csv/header", [(1, None, 0)],
     "counts the columns", LL),
    ("the header again", "y,a\n1,2\n0,3\ny,a\n1,5\ny,a\n", "csv/header",
     [(4, None, 12), (6, None, 20)], ": 2; it is 'y,a'", LL),
    ("a text", "1,2,3\n0,red,3\n", "csv/cell", [(2, 1, 8)], "'red'; in column 1", LL),
    ("a text under a name", "y,a\n1,2\n0,red\n", "csv/cell", [(3, "a", 10)],
     "'red'; in column 'a'", LL),
    ("a column of text", "1,red\n0,blue\n1,red\n", "csv/cell",
     [(1, 1, 2), (2, 1, 8), (3, 1, 15)], "text: 3; first 'red'; all of column 1", LL),
    ("a text in the last column", "1,2,3\n0,4,x\n0,4,5\n", "csv/cell", [(2, 2, 10)],
     "'x'", LL),
    ("a label of text", "yes,2\nno,3\n0,3\n", "csv/cell", [(1, 0, 0), (2, 0, 6)],
     "truth values as words: 2", LL),
    ("a spelling of missing", "1,2\n0,N/A\n1,3\n", "csv/cell", [(2, 1, 6)], "missing",
     LL),
    ("a date", "1,2\n0,2026-11-24\n1,3\n", "csv/cell", [(2, 1, 6)], "dates", LL),
    ("a decimal comma", '1,2\n0,"1,5"\n1,3\n', "csv/cell", [(2, 1, 6)],
     "decimal comma: 1; first '1,5'", LL),
    ("a unit", "1,2\n0,5%\n1,3\n", "csv/cell", [(2, 1, 6)], "with a unit", LL),
    ("thousands", '1,2\n0,"1,234,567"\n1,3\n', "csv/cell", [(2, 1, 6)], "thousands", LL),
    ("hexadecimal", "1,2\n0,0x1F\n1,3\n", "csv/cell", [(2, 1, 6)], "'0x1F'", LL),
    ("too few fields", "1,2,3\n4,5\n6,7,8\n", "csv/ragged", [(2, None, 6)],
     "2 fields: '4,5'", LL),
    ("too many fields", "1,2\n3,4\n5,6,7\n8,9\n", "csv/ragged", [(3, None, 8)],
     "3 fields: '5,6,7'", LL),
    ("a title over the data", "Results\n1,2\n3,4\n", "csv/ragged", [(1, None, 0)],
     "1 field: 'Results'", LL),
    ("a quote that is not closed", '1,2\n3,"4\n5,6\n', "csv/quotes", [(2, None, 4)],
     "not closed: 1", LL),
    ("quotes that swallow a line end", '1,a"b,"c\n1,2,3\n1,2,3\n', "csv/quotes",
     [(1, None, 0)], "not closed: 1", LL),
    ("numbers in quotes", '1,2\n3,"4"\n', "csv/quotes", [(2, None, 6)],
     "in quotes: 1", XGB),
    ("semicolons", "1;2.5;3\n0;4.5;6\n", "csv/delimiter", [(1, None, 0)], "';'", LL),
    ("semicolons and decimal commas", "1;2,5;3,5\n0;4,5;6,5\n", "csv/delimiter",
     [(1, None, 0)], "';'", LL),
    ("tabs", "1\t2\t3\n0\t4\t6\n", "csv/delimiter", [(1, None, 0)], r"'\t'", LL),
    ("spaces", "1 2 3\n0 4 6\n", "csv/delimiter", [(1, None, 0)], "' '", LL),
    ("one field where a label is needed", "1\n2\n", "csv/delimiter", [(1, None, 0)],
     "every line has one field", LL),
    ("a sparse vector of Spark", "1,(9,[1,4],[1.0,2.0])\n0,(9,[],[])\n",
     "csv/spark-vector", [(1, None, 2), (2, None, 24)], ": 2; first '(9,[1,4]", LL),
    ("a dense vector of Spark", '1,"[1.0,2.0]"\n0,"[3.0,2.5]"\n', "csv/spark-vector",
     [(1, None, 3), (2, None, 17)], "'[1.0,2.0]'", LL),
    ("zero bytes", "1,2\n3,\0" "4\n5,6\n", "csv/encoding", [(2, None, 6)],
     "zero bytes: 1", LL),
    ("bytes that are no UTF-8", b"1,2\n3,\xe9\n5,6\n", "csv/encoding", [(2, None, 6)],
     "not UTF-8: 1", LL),
    ("a carriage return in a line", "1,2\n3\r,4\n5,6\n", "csv/encoding", [(2, None, 4)],
     "carriage return", LL),
    ("UTF-16", GOOD.encode("utf-16"), "csv/encoding", [(1, None, 0)], "utf-16: 1", LL),
    ("UTF-16 without a mark", GOOD.encode("utf-16-le"), "csv/encoding", [(1, None, 0)],
     "utf-16-le: 1", LL),
    ("a byte order mark", b"\xef\xbb\xbf" + GOOD.encode(), "csv/bom", [(1, None, 0)],
     ": 1", LL),
    ("the label last, by its name", "a,b,label\n1.5,2,0\n", "csv/label-position",
     [(1, "label", 0)], "column 2 is called 'label'", LL),
    ("an index", "".join(f"{n},{n % 2},0.5\n" for n in range(6)), "csv/index-column",
     [(1, 0, 0)], "taken for the label", LL),
    ("an index with a header", ",a\n5,1\n3,2\n", "csv/index-column", [(1, 0, 0)],
     "no name", LL),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rule", "where", "found", "algorithm"),
    [row[1:] for row in BAD],
    ids=[row[0] for row in BAD],
)
def test_bad(report_of, text, rule, where, found, algorithm):
    of_rule = [f for f in report_of(text, algorithm).findings if f.rule == rule]
    finding = next((f for f in of_rule if found in f.found), None)
    assert finding is not None, [f.found for f in of_rule]
    assert places(finding) == where
    assert finding.count == len(where)
    assert finding.severity in ("error", "warning")
    assert finding.fix and finding.expected


FINE = {
    "CRLF": GOOD.replace("\n", "\r\n"),
    "no line end at the end": GOOD.strip(),
    "line ends of an old Mac": GOOD.replace("\n", "\r"),
    "spaces beside commas": GOOD.replace(",", ", "),
    "signs, exponents, points": "1,-2.5e-3,.5\n0,2E5,1.\n",
    "a first row that holds NaN": "1,NaN,2\n0,3,4\n",
    "rows of 0, 1, 2, 3": "0,1,2,3\n" * 4,
    "a row of 0, 1, 2 over others": "0,1,2\n1,5,4\n",
    "few rows that count": "0,2\n1,3\n",
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_what_is_no_alarm(report_of, text):
    report = report_of(text, XGB)
    assert not grave(report)
    assert report.rows > 1


def test_a_header_is_fine_where_nobody_says_otherwise(report_of):
    report = report_of("a,b\n1,2\n3,4\n", None)
    assert report.clean and report.rows == 2
    assert report_of("a,b\n1,x\n", None).findings[0].severity == "warning"


def test_everything_is_counted_to_the_end_of_the_file(report_of):
    lines = ["1,2,3"] * 90_000  # several blocks
    for at in range(0, 90_000, 1000):
        lines[at + 7] = "1,red,3"
        lines[at + 8] = "1,2"
    report = report_of("\n".join(lines) + "\n", block_size=1 << 14)
    found = rules(report)
    assert found["csv/cell"][0].count == found["csv/ragged"][0].count == 90
    assert [line for line, *_ in places(found["csv/ragged"][0])] == [
        1000 * n + 9 for n in range(5)
    ]
    assert report.rows == 90_000 - 90


def test_a_bad_cell_does_not_hide_the_rest_of_its_row(report_of):
    finding = rules(report_of("1,red,\n0,1,2\n"))["data/nan"][0]
    assert places(finding) == [(1, 2, 0)]
    assert "empty cells" in finding.found


def test_lines_of_rows_behind_bad_and_blank_lines(report_of):
    report = report_of("y,a,b\n1,2,3\n\n1,2\n1,,3\n1,inf,3\n")
    found = rules(report)
    assert places(found["data/nan"][0]) == [(5, "a", 17)]
    assert places(found["data/infinity"][0]) == [(6, "a", 22)]
    assert places(found["csv/blank"][0]) == [(3, None, 12)]
    assert found["csv/blank"][0].severity == "note"


def test_label_values_have_their_lines(report_of):
    report = report_of("1,2\n0,3\n\n2,5\n", hyperparameters=CLASSES)
    assert [line for line, *_ in places(rules(report)["label/values"][0])] == [4]


def test_shards_have_one_width_and_one_delimiter(tmp_path):
    (tmp_path / "a.csv").write_text("1,2,3\n0,4,6\n")
    (tmp_path / "b.csv").write_text("1,2\n0,4\n")
    found = rules(checked(tmp_path))
    assert [(p.path[-5:], p.line) for p in found["record/width"][0].places] == [
        ("b.csv", 1),
        ("b.csv", 2),
    ]
    (tmp_path / "b.csv").write_text("1;2;3\n0;4;6\n")
    for algorithm in (LL, XGB):
        (finding,) = rules(checked(tmp_path, algorithm))["csv/delimiter"]
        assert [p.path[-5:] for p in finding.places] == ["b.csv"]
    (tmp_path / "a.csv").write_text("1;2;3\n0;5;6\n")
    assert "csv/delimiter" not in rules(checked(tmp_path, XGB))  # it finds out which
    assert len(rules(checked(tmp_path, LL))["csv/delimiter"][0].places) == 2


def test_the_label_where_values_show_it(report_of):
    text = "".join(f"{n / 7},{n},{n % 2}\n" for n in range(1, 9))
    (finding,) = rules(report_of(text, hyperparameters=CLASSES))["csv/label-position"]
    assert (finding.severity, places(finding)) == ("warning", [(1, 2, 0)])
    (finding,) = rules(report_of(text))["csv/label-position"]  # of a regressor
    assert finding.severity == "note"
    assert "csv/label-position" not in rules(report_of(text, None))
    (finding,) = rules(report_of("1,2\n0,3\n", label=1))["csv/label-position"]
    assert "as stated" in finding.found


def test_columns_are_known_by_their_place_in_the_file(report_of):
    text = "1,2,,4\n0,2,3,4\n"
    assert places(rules(report_of(text))["data/nan"][0]) == [(1, 2, 0)]
    report = report_of(text, drop=[2])
    assert "data/nan" not in rules(report)
    report = report_of(text, KMEANS, "text/csv;label_size=0")
    assert places(rules(report)["data/nan"][0]) == [(1, 2, 0)]


def test_a_request_has_no_label_and_no_label_size(tmp_path, report_of):
    train = tmp_path / "train.csv"
    train.write_text(GOOD)
    trained = checked(train, XGB)
    report = report_of(GOOD, XGB, purpose="inference", against=trained)
    (finding,) = rules(report)["request/width"]
    assert "label" in finding.fix and places(finding)[0][0] == 1
    assert not grave(report_of("0.5,2\n", XGB, purpose="inference", against=trained))
    sized = {"purpose": "inference", "against": trained}
    report = rs.validate(str(train), XGB, content_type="text/csv;label_size=0", **sized)
    assert "not an accepted csv ContentType" in rules(report)["csv/label-size"][0].message


def test_text_that_options_describe_is_left_to_the_source(report_of):
    text = "1,2\n3,caf\xe9\n".encode("latin-1")
    finding = rules(report_of(text, encoding="latin-1"))["data/parse"][0]
    assert "caf\xe9" in finding.found


# -- what is said is true --------------------------------------------------------------

MENDED = {
    "csv/header": "y,a,b\n" + GOOD,
    "csv/quotes": GOOD.replace("0.5", '"0.5"'),
    "csv/delimiter": GOOD.replace(",", ";"),
    "csv/blank": GOOD + "\n" + GOOD,
    "csv/bom": "\ufeff" + GOOD,
    "csv/encoding": GOOD.encode("utf-16"),
    "csv/ragged": GOOD + "5,6\n",
    "csv/index-column": "".join(f"{n},{n % 2},0.5\n" for n in range(6)),
    "csv/label-position": "a,b,label\n" + GOOD,
}


@pytest.mark.parametrize("rule", MENDED)
def test_the_command_in_the_advice_mends_it(report_of, tmp_path, monkeypatch, rule):
    monkeypatch.chdir(tmp_path)
    algorithm = LL if rule == "csv/delimiter" else XGB
    finding = rules(report_of(MENDED[rule], algorithm))[rule][0]
    words = shlex.split(finding.fix[finding.fix.index("recordsmith") :].split("; ")[0])
    known = ("x.csv", "OUT.csv", "convert")
    end = next(
        (at for at, word in enumerate(words) if word in ("writes", "leaves")), len(words)
    )
    assert any(word.endswith(known) for word in words)
    assert main(words[1:end]) == 0
    assert rule not in rules(checked(tmp_path / "OUT.csv", algorithm))


# -- both ways, blocks, threads --------------------------------------------------------


def numbers():
    """Rows of text that are numbers."""
    number = st.one_of(
        st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
        st.integers(-(10**6), 10**6).map(str),
    )
    width = st.shared(st.integers(2, 5), key="width")
    row = width.flatmap(lambda n: st.lists(number, min_size=n, max_size=n))
    return st.lists(row, min_size=2, max_size=12)


def key(report):
    return [(f.rule, f.severity, f.found, f.count, f.places) for f in report.findings]


def text_of(rows):
    return "".join(",".join(row) + "\n" for row in rows)


@given(rows=numbers(), data=st.data())
def test_one_bad_line_is_found_and_no_other(tmp_path_factory, rows, data):
    at = data.draw(st.integers(1, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    word = data.draw(st.sampled_from(["x", "1.2.3", "--", "1e", "12:30", "a b"]))
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text(text_of(rows))
    clean = checked(path)
    assert not [f for f in clean.findings if f.rule in ("csv/cell", "csv/ragged")]
    offset = len(text_of(rows[:at])) + sum(len(cell) + 1 for cell in rows[at][:column])
    rows[at][column] = word
    path.write_text(text_of(rows))
    (finding,) = rules(checked(path))["csv/cell"]
    assert places(finding) == [(at + 1, column, offset)]
    rows[at] = [*rows[at][:column], *rows[at][column + 1 :]]
    path.write_text(text_of(rows))
    found = rules(checked(path))
    if len(rows) > 3:  # of fewer lines nobody knows which is the ragged one
        (finding,) = found["csv/ragged"]
        assert places(finding) == [(at + 1, None, len(text_of(rows[:at])))]


@given(rows=numbers())
def test_both_ways_agree_on_what_is_clean(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text(text_of(rows))
    fast = checked(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CsvParser, "_quickly", lambda self, block: None)
        slow = checked(path)
    assert key(fast) == key(slow)
    assert (fast.rows, fast.schema, fast.profile) == (
        slow.rows,
        slow.schema,
        slow.profile,
    )
    assert fast.rows == len(rows)


def test_blocks_and_threads_do_not_show(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    lines = [",".join(map(str, row)) for row in rng.integers(0, 99, (3000, 4)).tolist()]
    for at in rng.integers(1, 3000, 60).tolist():
        lines[at] = rng.choice(['1,"2",3,4', "a,1,2,3", "1,2", "", "1,nan,2,3", '"1,2,3'])
    path = tmp_path / "x.csv"
    path.write_text("\n".join(lines))
    whole = checked(path, threads=1)
    assert len({f.rule for f in whole.findings}) >= 5
    for block_size, threads in ((100, 1), (1000, 2), (1 << 20, 3)):
        monkeypatch.setattr(csv_files, "_SAMPLE_BYTES", block_size * 20)
        assert key(checked(path, threads=threads, block_size=block_size)) == key(whole)


def test_gzip_and_zstd_are_read_through(tmp_path):
    import pyarrow as pa

    text = b"1,2\n0,red\n1,2\n3\n"
    plain = tmp_path / "x.csv"
    plain.write_bytes(text)
    wanted = {f.rule: places(f) for f in checked(plain).findings}
    zipped = tmp_path / "x.csv.gz"
    zipped.write_bytes(gzip.compress(text))
    packed = tmp_path / "x.csv.zst"
    packed.write_bytes(pa.compress(text, "zstd", asbytes=True))
    for path in (zipped, packed):
        found = {f.rule: places(f) for f in checked(path).findings}
        assert found.pop("file/compressed")
        assert found == wanted


# -- IP Insights -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ("u,10.0.0.1\nv,10.0.0.256\n", (2, None, 13), "'10.0.0.256'"),
        ("u,10.0.0.1\nv,::1\n", (2, None, 13), "IPv6"),
        ("u,10.0.0.1\nv\n", (2, None, 11), "not two fields"),
        ("u,10.0.0.1,7\n", (1, None, 0), "not two fields"),
        ("u,10.0.0.1\n,10.0.0.2\n", (2, None, 11), "without an entity"),
        ("entity,ip\nu,10.0.0.1\n", (1, None, 7), "names"),
        ("10.0.0.1,u\n", (1, None, 9), "'u'"),
    ],
)
def test_pairs(report_of, text, where, found):
    (finding,) = [f for f in report_of(text, "ipinsights").findings if found in f.found]
    assert finding.severity == "error"
    assert places(finding) == [where]
    assert finding.rule == ("csv/header" if "names" in finding.found else "csv/pair")


def test_good_pairs(report_of):
    report = report_of('u,10.0.0.1\r\n"a, b",192.0.2.255\n', "ipinsights")
    assert not report.findings
    assert report.rows == 2
    assert "data/nan" in dict(report.skipped)
