"""Reports for tests: one that has everything, and any."""

from hypothesis import strategies as st

from recordsmith.reporting.findings import SEVERITIES, Finding, Place, Report

NAN = Finding(
    "test/nan",
    "error",
    found="3 NaN in column 4",
    expected="finite numbers",
    fix="leave such rows out, or replace the values",
    places=(
        Place(path="data/train.pbr", record=12, column=4, offset=960),
        Place(path="data/train.csv", line=7, record=6, column="age"),
    ),
    count=3,
    message="Unable to read data channel 'train'. Found missing (NaN) values",
    sources=("https://example.com/page.html#nan", "SageMaker developer guide"),
)
WIDTH = Finding("test/width", "warning", "7 columns", "8 columns", "add one")
SORTED = Finding(
    "test/sorted",
    "note",
    "rows are sorted by label",
    "any order",
    "shuffle them",
    (Place(setting="InputDataConfig[0].ShuffleConfig"),),
)
FULL = Report(
    "data for linear-learner, channel train",
    (NAN, WIDTH, SORTED),
    algorithm="linear-learner",
    channel="train",
    files=("data/train.pbr", "data/train.csv"),
    rows=1234,
    bytes=56789,
    schema="values dense float32 (8), label float32",
    checked=("test/nan", "test/width", "test/sorted", "test/empty"),
    skipped=(("test/classes", "num_classes was not given"),),
    profile={"rows": 1234, "files": [], "fields": []},
)
CLEAN = Report("a.pbr", files=("a.pbr",), rows=1, checked=("test/nan",))

# Whatever a file, an object's key or a column may be called: markup, escape sequences,
# undecodable bytes, addresses.
texts = st.text(max_size=20) | st.sampled_from(
    [
        "",
        "<script>alert(1)</script>",
        '"><img src=x onerror=a()>',
        "&amp;",
        "\x1b[31mred\x1b[0m",
        "line\nline\r\n\ttab\x00",
        "javascript:alert(1)",
        "\udcff\ud800",
        "naïve ☃ \U0001f600",
        "http://a/\"onload='x'",
    ]
)
paths = texts | st.sampled_from(
    ["-", "a b/c%20.csv", "../up.csv", "/abs/x.csv", "s3://b/k 1?.csv", "a:b.csv", "./x"]
)
counts = st.integers(0, 2**63 - 1)
places = st.builds(
    Place,
    path=st.none() | paths,
    channel=st.none() | texts,
    record=st.none() | counts,
    line=st.none() | st.integers(1, 2**31),
    column=st.none() | texts | counts,
    offset=st.none() | counts,
    setting=st.none() | texts,
)
findings = st.builds(
    Finding,
    rule=st.sampled_from(["test/nan", "test/width", "other/rule"]),
    severity=st.sampled_from(SEVERITIES),
    found=texts,
    expected=texts,
    fix=texts,
    places=st.lists(places, max_size=3).map(tuple),
    count=st.integers(1, 10**9),
    message=st.none() | texts,
    sources=st.lists(texts, max_size=2).map(tuple),
)
reports = st.builds(
    Report,
    subject=texts,
    findings=st.lists(findings, max_size=3).map(tuple),
    algorithm=st.none() | texts,
    channel=st.none() | texts,
    files=st.lists(paths, max_size=2).map(tuple),
    rows=counts,
    bytes=counts,
    schema=texts,
    checked=st.lists(st.sampled_from(["test/nan", "x/y"]), max_size=2).map(tuple),
    skipped=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
)
