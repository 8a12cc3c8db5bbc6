"""Request bodies: what stands in them, where they are cut, and what is refused."""

import inspect
import io
import json

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import recordsmith as rs
import wire
from recordsmith.errors import (
    InputError,
    LimitError,
    UnsupportedTypeError,
    ValidationError,
)
from recordsmith.inference.cutting import Limits
from recordsmith.inference.media import LIMITS, choose_media
from recordsmith.inference.requesting import Rows

X = np.array([[1.5, 0, -0.0], [0, 16, 0.1]])
CSR = sp.csr_matrix(np.array([[0, 0, 7], [0, 0, 0], [5, 0, -1]], "float32"))
TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonlines": "application/jsonlines",
    "libsvm": "text/libsvm",
    "recordio-protobuf": "application/x-recordio-protobuf",
}


def bodies(X, content_type=None, **options):
    return [
        bytes(one.body) for one in rs.requests(X, content_type=content_type, **options)
    ]


# -- what stands in them ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "content_type", "form", "body"),
    [
        (X, "csv", "auto", b"1.5,0,-0.0\n0,16,0.1\n"),
        (
            X,
            "json",
            "auto",
            b'{"instances":[{"features":[1.5,0.0,-0.0]},{"features":[0.0,16.0,0.1]}]}',
        ),
        (
            X,
            "json",
            "sparse",
            b'{"instances":[{"data":{"features":{"keys":[0,2],"shape":[3],'
            b'"values":[1.5,-0.0]}}},{"data":{"features":{"keys":[1,2],"shape":[3],'
            b'"values":[16.0,0.1]}}}]}',
        ),
        (
            X,
            "jsonlines",
            "auto",
            b'{"features":[1.5,0.0,-0.0]}\n{"features":[0.0,16.0,0.1]}\n',
        ),
        (X, "libsvm", "auto", b"0 0:1.5 2:-0\n0 1:16 2:0.1\n"),
        (X, "libsvm", "dense", b"0 0:1.5 1:0 2:-0\n0 0:0 1:16 2:0.1\n"),
        (CSR, "csv", "dense", b"0,0,7\n0,0,0\n5,0,-1\n"),
        (
            CSR,
            "jsonlines",
            "auto",
            b'{"data":{"features":{"keys":[2],"shape":[3],"values":[7.0]}}}\n'
            b'{"data":{"features":{"keys":[],"shape":[3],"values":[]}}}\n'
            b'{"data":{"features":{"keys":[0,2],"shape":[3],"values":[5.0,-1.0]}}}\n',
        ),
        (
            CSR,
            "jsonlines",
            "dense",
            b'{"features":[0.0,0.0,7.0]}\n{"features":[0.0,0.0,0.0]}\n'
            b'{"features":[5.0,0.0,-1.0]}\n',
        ),
        (CSR, "libsvm", "auto", b"0 2:7\n0\n0 0:5 2:-1\n"),
    ],
)
def test_bodies(rows, content_type, form, body):
    (one,) = rs.requests(rows, content_type=content_type, form=form)
    assert one.body == body
    assert type(one.body) is bytes
    assert one.content_type == TYPES[content_type]
    assert (one.begin, one.end, one.n_rows) == (0, rows.shape[0], rows.shape[0])
    assert len(one) == len(body)


def test_records_have_no_labels():
    (one,) = rs.requests(CSR, content_type="recordio")
    assert one.body == rs.encode(CSR)
    payload = wire.payloads(one.body)[0]
    assert [number for number, *_ in wire.walk(payload)] == [1]  # no label


def test_integers_are_integers():
    tokens = np.array([[3, 2**31 - 1], [-(2**31), 0]])
    assert bodies(tokens, "json") == [
        b'{"instances":[{"features":[3,2147483647]},{"features":[-2147483648,0]}]}'
    ]
    assert bodies(tokens, "csv") == [b"3,2147483647\n-2147483648,0\n"]


HARD = [5e-324, -0.0, 2.0**53 + 2, 0.1, 1e23, 1.7976931348623157e308, 123456789.0, 1e16]


@pytest.mark.parametrize("content_type", ["csv", "jsonlines"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_text_is_the_shortest_that_reads_back(content_type, dtype):
    values = np.array([min(x, 3.4e38) for x in HARD], dtype)
    (body,) = bodies(values.reshape(1, -1), content_type)
    text = body.decode().strip()
    texts = text.split(",") if content_type == "csv" else text[13:-2].split(",")
    back = np.array([np.dtype(dtype).type(one) for one in texts])
    assert back.tobytes() == values.tobytes()
    for one, value in zip(texts, values):  # NumPy's digits are the fewest there are
        fewest = np.format_float_scientific(value, unique=True).split("e")[0]
        if not value.is_integer():  # whole numbers have all of theirs
            digits = one.split("e")[0].replace(".", "").strip("-0")
            assert len(digits) == len(fewest.replace(".", "").strip("-0"))


def test_no_integer_text_hides_a_float():
    """Readers that make an array of a list guess its type by the first numbers."""
    (body,) = bodies(np.array([[1e16, 1e22, -0.0, 3.0]]), "json")
    (instance,) = json.loads(body)["instances"]
    assert all(type(x) is float for x in instance["features"])
    assert np.signbit(instance["features"][2])


def test_matrices_keep_their_shape():
    one = rs.Field("feature", "dense", np.ones((1, 4), "int32"), shape=(2, 2))
    assert bodies(rs.Batch((one,), 1), "jsonlines") == [
        b'{"data":{"features":{"values":[1,1,1,1],"shape":[2,2]}}}\n'
    ]


def test_token_lists():
    assert bodies([[1, 2, 3], [4]], "jsonlines") == [
        b'{"features":[1,2,3]}\n{"features":[4]}\n'
    ]
    with pytest.raises(InputError, match="found 1 values, before there were 3"):
        bodies([[1, 2, 3], [4]], "csv")


def test_configuration_stands_in_each_instance():
    settings = {"num_samples": 3, "name": "é"}
    (body,) = bodies(X, "json", configuration=settings)
    assert json.loads(body) == {
        "instances": [
            {
                "configuration": settings,
                "data": {"features": {"values": [1.5, 0.0, -0.0]}},
            },
            {
                "configuration": settings,
                "data": {"features": {"values": [0.0, 16.0, 0.1]}},
            },
        ]
    }
    (body,) = bodies(CSR, "jsonlines", configuration=settings)
    line = json.loads(body.splitlines()[2])
    assert line["configuration"] == settings
    assert line["data"]["features"]["keys"] == [0, 2]
    (body,) = bodies(X, "recordio", configuration=settings)
    assert list(map(json.loads, rs.decode(body).configuration)) == [settings] * 2


@pytest.mark.parametrize("content_type", ["csv", "libsvm"])
def test_configuration_without_a_place(content_type):
    with pytest.raises(InputError, match="has no place for a configuration"):
        bodies(X, content_type, configuration={})


def test_configuration_that_is_no_json():
    with pytest.raises(InputError, match="configuration is no JSON"):
        bodies(X, "json", configuration={"a": float("nan")})
    with pytest.raises(InputError, match="configuration is no JSON"):
        bodies(X, "recordio", configuration={"a": object()})


def test_empty_rows():
    one = {"keys": [0], "shape": [3], "values": [0.0]}
    (body,) = bodies(CSR, "json", empty_rows="explicit-zero")
    assert json.loads(body)["instances"][1] == {"data": {"features": one}}
    tally = rs.Tally()
    (body,) = bodies(CSR, "json", empty_rows="keep", tally=tally)
    assert json.loads(body)["instances"][1]["data"]["features"]["keys"] == []
    assert (tally.empty_rows, tally.rows) == (1, 3)
    with pytest.raises(InputError, match="row 1: 1 sparse rows have no stored value"):
        bodies(CSR, "json", empty_rows="error")


def test_empty_rows_of_libsvm():
    assert bodies(CSR, "libsvm", form="sparse")[0].splitlines()[1] == b"0"
    (body,) = bodies(CSR, "libsvm", empty_rows="explicit-zero")
    assert body.splitlines()[1] == b"0 0:0"
    with pytest.raises(InputError, match="row 1: 1 sparse rows have no stored value"):
        bodies(CSR, "libsvm", empty_rows="error")


@pytest.mark.parametrize("content_type", ["json", "jsonlines", "csv", "libsvm"])
def test_options_that_are_none(content_type):
    """Wherever the rows would not have needed them."""
    with pytest.raises(InputError, match="duplicates is 'keep', expected error or sum"):
        bodies(X, content_type, duplicates="keep")
    with pytest.raises(InputError, match="empty_rows is 'zero', expected keep or expl"):
        bodies(X, content_type, empty_rows="zero")


def test_duplicates_that_are_kept_are_checked():
    matrix = sp.csr_matrix(
        (np.ones(2, "float32"), np.array([1, 1]), np.array([0, 2])), (1, 3)
    )
    assert len(bodies(matrix, algorithm="linear-learner", duplicates="sum")) == 1
    source = rs.encode(matrix, duplicates="keep")
    kept = rs.validate(io.BytesIO(source), "linear-learner", purpose="inference")
    guarded = Rows(
        matrix, choose_media(None, "linear-learner"), "inference", duplicates="keep"
    )
    list(guarded.bodies(Limits(1000)))
    rules = [one.rule for one in kept.findings]
    assert "record/duplicate-keys" in rules
    assert [one.rule for one in guarded.report.findings] == rules


def test_keys_are_sorted_and_single():
    matrix = sp.csr_matrix(
        (np.array([1.0, 2.0, 3.0]), np.array([2, 0, 1]), np.array([0, 2, 3])), (2, 3)
    )
    (body,) = bodies(matrix, "json")
    first = json.loads(body)["instances"][0]["data"]["features"]
    assert (first["keys"], first["values"]) == ([0, 2], [2.0, 1.0])
    matrix.indices = np.array([2, 2, 1])
    with pytest.raises(InputError, match="key 2 is stored twice"):
        bodies(matrix, "json")
    (body,) = bodies(matrix, "json", duplicates="sum")
    assert json.loads(body)["instances"][0]["data"]["features"]["values"] == [3.0]


# -- what they are made of -------------------------------------------------------------


def test_sources(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1.5,2\n3,4.25\n")
    frame = pd.DataFrame({"a": [1.5, 3], "b": [2.0, 4.25]})
    want = [b"1.5,2\n3,4.25\n"]
    assert bodies(path, "csv") == want
    assert bodies(frame, "csv") == want
    libsvm = tmp_path / "rows.libsvm"
    libsvm.write_text("0:1.5 1:2\n0:3 1:4.25\n")
    facts = {"index_base": 0, "n_features": 2, "labels": False}
    assert bodies(libsvm, "csv", form="dense", **facts) == want
    assert bodies(frame.to_numpy(), "csv") == want
    assert bodies(rs.decode(rs.encode(frame)), "csv") == want
    assert bodies(rs.iter_batches(path, rows=1), "csv") == want
    with open(path, "rb") as file:
        assert bodies(file, "csv", threads=1) == want
    assert bodies(path, "csv", threads=1, drop="a", dtype="float32") == [b"2\n4.25\n"]


@pytest.mark.parametrize("content_type", TYPES)
def test_no_rows_make_no_request(content_type):
    assert bodies(np.zeros((0, 3)), content_type) == []
    assert bodies(iter([rs.decode(b"")]), content_type) == []


def test_bodies_span_batches():
    parts = rs.iter_batches(np.arange(12.0).reshape(6, 2), rows=1)
    assert bodies(parts, "csv", max_bytes=12) == [
        b"0,1\n2,3\n4,5\n",
        b"6,7\n8,9\n",
        b"10,11\n",
    ]


def test_it_is_lazy():
    made = []

    def batches():
        for i in range(1000):
            made.append(i)
            yield rs.decode(rs.encode(np.full((200, 10), float(i))))

    found = rs.requests(batches(), content_type="csv", max_bytes=100_000, threads=1)
    assert inspect.isgenerator(found)
    assert next(found).begin == 0
    assert len(made) < 100
    found.close()


# -- where they are cut ----------------------------------------------------------------


def test_never_longer_and_never_shorter_than_it_could_be():
    rows = np.random.default_rng(1).normal(size=(500, 7)).astype("float32")
    for content_type in TYPES:
        found = list(rs.requests(rows, content_type=content_type, max_bytes=2000))
        assert [one.begin for one in found[1:]] == [one.end for one in found[:-1]]
        assert (found[0].begin, found[-1].end) == (0, 500)
        assert max(map(len, found)) <= 2000
        for one in found[:-1]:
            (more,) = rs.requests(
                rows[one.begin : one.end + 1], content_type=content_type
            )
            assert len(more) > 2000


@pytest.mark.parametrize("content_type", TYPES)
def test_the_limit_is_exact(content_type):
    (one,) = rs.requests(X, content_type=content_type, form="auto")
    assert bodies(X, content_type, max_bytes=len(one)) == [one.body]
    assert len(bodies(X, content_type, max_bytes=len(one) - 1)) == 2


def test_rows_in_a_body():
    found = list(rs.requests(np.eye(5), content_type="csv", rows=2))
    assert [(one.begin, one.end) for one in found] == [(0, 2), (2, 4), (4, 5)]
    assert len(bodies(np.eye(5), "json", rows=1, max_bytes=70)) == 5
    for rows in (1.5, "2", -1):
        with pytest.raises(InputError, match="rows is .*, expected 1 or more, a whole"):
            bodies(X, "recordio", rows=rows)
    with pytest.raises(InputError, match="rows is 0, expected 1 or more"):
        bodies(X, "csv", rows=0)


@pytest.mark.parametrize(
    ("content_type", "around", "row"),
    [
        ("csv", 0, b"0.5,0.5,0.5\n"),
        ("json", len('{"instances":[]}'), b'{"features":[0.5,0.5,0.5]}'),
        ("jsonlines", 0, b'{"features":[0.5,0.5,0.5]}\n'),
        ("libsvm", 0, b"0 0:0.5 1:0.5 2:0.5\n"),
        ("recordio-protobuf", 0, bytes(48)),
    ],
)
def test_a_row_that_is_too_long(content_type, around, row):
    rows = np.full((9, 3), 0.5)
    size = around + len(row)
    found = rs.requests(rows, content_type=content_type, max_bytes=size)
    assert [len(one) for one in found] == [size] * 9
    longer = np.vstack([rows, np.full((1, 3), 0.12345678)])
    if content_type == "recordio-protobuf":
        longer, size = rows, size - 1
    found = rs.requests(longer, content_type=content_type, max_bytes=size)
    with pytest.raises(LimitError) as caught:
        list(found)
    assert caught.value.row == (0 if content_type == "recordio-protobuf" else 9)
    extra = 0 if content_type == "recordio-protobuf" else 3 * len("345678") + 3
    want = around + len(row) + extra
    assert f"takes {want} bytes as a request, max_bytes is {size}" in str(caught.value)
    assert "form='sparse'" in caught.value.advice


def test_a_long_row_of_libsvm_counts_its_anchor():
    row = sp.csr_matrix(np.array([[0, 1.0]]))
    assert bodies(row, "libsvm", max_bytes=len("0 0:nan 1:1\n")) == [b"0 0:nan 1:1\n"]
    with pytest.raises(LimitError, match="takes 12 bytes as a request, max_bytes is 11"):
        bodies(row, "libsvm", max_bytes=11)


@pytest.mark.parametrize("content_type", ["csv", "json", "recordio"])
def test_dense_rows_for_which_there_is_no_memory(content_type):
    wide = sp.csr_matrix(([1.0], ([0], [7])), (1, 2**31 - 1))
    with pytest.raises(LimitError, match="2,147,483,647 columns takes at least .* a req"):
        bodies(wide, content_type, form="dense")
    just = sp.csr_matrix((2, 10))  # "0,0,0,0,0,0,0,0,0,0" and the line's end
    assert bodies(just, "csv", form="dense", max_bytes=20) == [b"0," * 9 + b"0\n"] * 2
    with pytest.raises(LimitError, match="row 0: "):
        bodies(just, "csv", form="dense", max_bytes=19)
    with pytest.raises(LimitError, match="row 0: .* at least 19 bytes"):
        bodies(just, "csv", form="dense", max_bytes=18)


def test_limits_by_name():
    rows = np.full((120_000, 10), 0.12345678, "float32")
    for name, limit in LIMITS.items():
        first = next(rs.requests(rows, content_type="csv", max_bytes=name))
        assert len(first) <= limit
        assert len(first) > min(limit, 13_200_000) - 110
    assert len(next(rs.requests(rows, content_type="csv"))) > 6_291_456 - 110
    with pytest.raises(InputError, match="expected a number or one of endpoint, serv"):
        bodies(X, "csv", max_bytes="endpont")
    for limit in (0, -1, 1.5, []):
        with pytest.raises(LimitError, match="max_bytes is .*, expected 1 or more, a"):
            bodies(X, "csv", max_bytes=limit)
    assert len(bodies(X, "csv", max_bytes=np.int64(100))) == 1


# -- algorithms ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "content_type", "header"),
    [
        ("kmeans", None, "application/x-recordio-protobuf"),
        ("kmeans", "csv", "text/csv; label_size=0"),
        ("knn", "csv", "text/csv; label_size=0"),
        ("linear-learner", "text/csv", "text/csv; label_size=0"),
        ("linear-learner", "text/csv;label_size=0", "text/csv; label_size=0"),
        ("linear-learner", "jsonlines", "application/jsonlines"),  # a common format
        ("xgboost", "csv", "text/csv"),
        ("xgboost", "text/csv; charset=utf8", "text/csv; charset=utf8"),
        ("xgboost", "text/x-libsvm", "text/x-libsvm"),
        ("factorization-machines", "json", "application/json"),
        ("lightgbm", None, "text/csv"),
        (None, "TEXT/CSV;header=absent", "text/csv; header=absent"),
    ],
)
def test_headers(algorithm, content_type, header):
    (one,) = rs.requests(X, algorithm=algorithm, content_type=content_type)
    assert one.content_type == header


def test_algorithms_decide_the_dtype_of_records():
    (body,) = bodies(X, algorithm="kmeans")
    assert rs.decode(body).features.dtype == np.float32
    (body,) = bodies(X, algorithm="xgboost", content_type="recordio", dtype="float64")
    assert rs.decode(body).features.dtype == np.float64
    (body,) = bodies(CSR, algorithm="xgboost", content_type="recordio")
    assert rs.decode(body).get("feature").keys.tolist() == [2, 0, 0, 2]


@pytest.mark.parametrize(
    ("algorithm", "content_type", "message"),
    [
        ("factorization-machines", "csv", "takes no requests of text/csv, it takes app"),
        ("xgboost", "json", "takes no requests of application/json, it takes text/csv"),
        ("kmeans", "libsvm", "K-Means takes no requests of text/libsvm"),
        (
            "xgboost",
            "text/csv;label_size=0",
            "refuses label_size=0 in requests; pass",
        ),
        ("linear-learner", "text/csv;label_size=1", "pass content_type='text/csv; label"),
        ("image-classification", None, "a request of application/x-image is one file"),
        (None, None, "neither a content type nor an algorithm"),
        (None, "text/csw", "did you mean text/csv?"),
        (None, "application/x-npy", "is no content type that requests are written in"),
    ],
)
def test_content_types_that_are_refused(algorithm, content_type, message):
    with pytest.raises(InputError) as caught:
        rs.requests(X, algorithm=algorithm, content_type=content_type)
    assert message in str(caught.value)


def test_a_content_type_is_text():
    with pytest.raises(UnsupportedTypeError, match="content_type is 3"):
        rs.requests(X, content_type=3)


def test_rows_are_checked():
    bad = np.array([[1, 2], [3, np.nan]])
    with pytest.raises(ValidationError, match="row 1, column 1: data/nan") as caught:
        bodies(bad, algorithm="kmeans")
    assert not caught.value.report.ok
    trained = rs.validate(np.ones((4, 3)), "kmeans")
    with pytest.raises(ValidationError, match="have 2 columns, the training data 3"):
        bodies(bad[:1], algorithm="kmeans", against=trained)
    assert len(bodies(X, algorithm="kmeans", against=trained)) == 1
    with pytest.raises(InputError, match="against is no report"):
        rs.requests(X, algorithm="kmeans", against="nowhere.pbr")


def test_checks_need_an_algorithm():
    with pytest.raises(InputError, match="container is about an algorithm"):
        rs.requests(X, content_type="csv", container="1.7-1")


# -- what is refused -------------------------------------------------------------------


@pytest.mark.parametrize("content_type", TYPES)
def test_labels(content_type):
    rows = rs.decode(rs.encode(X, [0, 1]))
    with pytest.raises(InputError, match="the rows have labels .* drop_labels=True"):
        bodies(rows, content_type)
    tally = rs.Tally()
    found = bodies(rows, content_type, drop_labels=True, tally=tally)
    assert found == bodies(X, content_type)
    assert tally.dropped == 2
    assert bodies(rows, algorithm="kmeans", drop_labels=True) == bodies(
        X, algorithm="kmeans"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_json_has_no_nan(value, dtype):
    rows = np.ones((70_000, 5), dtype)  # several blocks
    rows[65_000, 3] = value
    for content_type in ("json", "jsonlines"):
        for form in ("dense", "sparse"):
            with pytest.raises(InputError) as caught:
                bodies(rows, content_type, form=form)
            assert (caught.value.row, caught.value.column) == (65_000, 3)
            assert "JSON has no number; fill it in" in str(caught.value)


def test_csv_has_nan():
    assert bodies([[np.nan, np.inf, -np.inf]], "csv") == [b"nan,inf,-inf\n"]


def test_text_columns():
    frame = pd.DataFrame({"a": [1.0], "city": ["Rome"]})
    with pytest.raises((InputError, UnsupportedTypeError), match="'city'"):
        bodies(frame, "csv")


def test_sparse_rows_have_no_csv():
    with pytest.raises(InputError, match="each would be 3 values; pass form='dense'"):
        bodies(CSR, "csv")
    with pytest.raises(InputError, match="CSV has no sparse form"):
        bodies(X, "csv", form="sparse")
    with pytest.raises(InputError, match="form is 'wide', expected auto or dense or"):
        bodies(X, "csv", form="wide")


def test_sparse_json_needs_a_shape():
    open_rows = rs.Field(
        "feature",
        "csr",
        np.ones(1),
        offsets=np.array([0, 1]),
        keys=np.array([4]),
    )
    with pytest.raises(InputError, match="name no shape.*pass n_features="):
        bodies(rs.Batch((open_rows,), 1), "json")


def test_several_features():
    data = {"a": np.eye(2), "b": np.eye(2)}
    with pytest.raises(InputError, match="'values', found 'a', 'b'"):
        bodies(data, "json")
    assert len(rs.decode(bodies(data, "recordio")[0]).fields) == 2


def test_extras():
    batch = rs.decode(rs.encode(X, uid=["a", "b"]))
    with pytest.raises(InputError, match="uid"):
        bodies(batch, "csv")
    assert bodies(batch, "csv", extras="drop") == bodies(X, "csv")
    assert rs.decode(bodies(batch, "recordio")[0]).uids == ["a", "b"]


def test_bytes_and_gaps():
    blobs = rs.Field(
        "feature",
        "blobs",
        np.zeros(3, np.uint8),
        offsets=np.array([0, 1]),
        item_offsets=np.array([0, 3]),
    )
    with pytest.raises(InputError, match="json has no column for features"):
        bodies(rs.Batch((blobs,), 1), "json")
    gap = rs.Field("feature", "dense", np.eye(2), present=np.array([True, False]))
    with pytest.raises(InputError, match="no features in 1 of 2 records"):
        bodies(rs.Batch((gap,), 2), "json")
    with pytest.raises(InputError, match="rows without values have no place in CSV"):
        bodies(np.zeros((2, 0)), "csv")


def test_keys_beyond_the_shape():
    wrong = rs.Field(
        "feature",
        "csr",
        np.ones(2),
        shape=(3,),
        offsets=np.array([0, 1, 2]),
        keys=np.array([2, 3]),
    )
    for content_type in ("json", "libsvm", "recordio"):
        with pytest.raises(InputError, match="row 1.*key 3 is outside the row"):
            bodies(rs.Batch((wrong,), 2), content_type)


def test_repr():
    (one,) = rs.requests(X, content_type="csv")
    assert repr(one) == "<Request of rows 0 to 2, 20 bytes, text/csv>"
