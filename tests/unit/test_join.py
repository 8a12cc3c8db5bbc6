"""join: by name and position, all or nothing."""

import gzip
import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import recordsmith as rs
from joining import (
    PNG,
    join_one,
    joined,
    lines,
    make_job,
    range_table,
    refused,
    scores,
    write,
)
from recordsmith.errors import InputError, ParseError


@pytest.fixture
def job(tmp_path):
    return make_job(tmp_path)


# ------------------------------------------------------------------------- what is joined


def test_predictions_beside_ids(job):
    table = joined(job, ids=["a", "b", "c", "d", "e"], algorithm="rcf")
    assert table.to_pydict() == {
        "id": ["a", "b", "c", "d", "e"],
        "score": [0.1, 0.2, 0.3, 0.4, 0.5],
    }


def test_the_result_tells_what_was_done(job):
    out = job / "scored.jsonl"
    found = rs.join(job / "in", job / "out", out=out, ids=range_table(5))
    assert (found.path, found.format, found.rows) == (str(out), "jsonl", 5)
    assert found.columns == ("key", "score")
    assert found.bytes == out.stat().st_size
    assert [(one.name, one.rows, one.predictions) for one in found.files] == [
        ("a.csv", 3, 3),
        ("b.csv", 2, 2),
    ]
    assert json.loads(json.dumps(found.to_dict()))["files"][1]["rows"] == 2


@pytest.mark.parametrize("cut", [1, 2, 5, 100])
def test_ids_come_in_pieces_of_any_size(job, cut):
    table = range_table(5)
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(cut))
    assert joined(job, ids=reader)["key"].to_pylist() == [0, 1, 2, 3, 4]


def test_ids_of_a_data_frame_without_its_index(job):
    frame = pd.DataFrame({"user": list("vwxyz"), "age": [1, 2, 3, 4, 5]}, index=[9] * 5)
    table = joined(job, ids=pa.Table.from_pandas(frame, preserve_index=False))
    assert table.column_names == ["user", "age", "score"]
    table = joined(job, ids=frame, id_columns=["user"])
    assert table["user"].to_pylist() == list("vwxyz")
    assert joined(job, ids=frame).column_names == ["user", "age", "score"]
    frame.index.name = "number"
    assert joined(job, ids=frame).column_names == ["user", "age", "number", "score"]


def test_ids_of_files(job):
    table = pa.table({"n": [1, 2, 3, 4, 5], "when": pa.array([1] * 5, pa.date32())})
    pq.write_table(table, job / "ids.parquet", row_group_size=2)
    with pa.ipc.new_file(job / "ids.arrow", table.schema) as file:
        file.write_table(table, 2)
    for name in ("ids.parquet", "ids.arrow"):
        found = joined(job, ids=job / name)
        assert found.select(["n", "when"]).equals(table)
        assert joined(job, ids=job / name, id_columns="n").column_names == ["n", "score"]


def test_ids_of_csv_are_text(job):
    text = 'id,"full, name"\n007,a\n1e3,""\n,c\nNA,d\n0x1,e\n'
    for name, data in (
        ("ids.csv", text.encode()),
        ("g.csv.gz", gzip.compress(text.encode(), mtime=0)),
    ):
        write(job / name, data)
        table = joined(job, ids=job / name)
        assert table["id"].to_pylist() == ["007", "1e3", "", "NA", "0x1"]
        assert table["full, name"].to_pylist() == ["a", "", "c", "d", "e"]


def test_uids_of_records(tmp_path):
    (tmp_path / "in").mkdir()
    rs.write(tmp_path / "in/a.pbr", np.eye(3, dtype="f4"), uid=["x", "y", "z"])
    write(tmp_path / "out/a.pbr.out", scores(1, 2, 3))
    table = joined(tmp_path, ids="uid")
    assert table.to_pydict() == {"uid": ["x", "y", "z"], "score": [1, 2, 3]}
    table = joined(tmp_path, ids="uid", with_features=True)
    assert table.column_names == ["uid", "features", "score"]
    assert table["features"].to_pylist() == np.eye(3).tolist()
    table = joined(tmp_path, with_features=True)
    assert table.column_names == ["features", "score"]


def test_uids_that_are_not_there(tmp_path):
    (tmp_path / "in").mkdir()
    rs.write(tmp_path / "in/a.pbr", np.eye(3, dtype="f4"))
    write(tmp_path / "out/a.pbr.out", scores(1, 2, 3))
    refused(tmp_path, InputError, "a.pbr: record 1: the record has no uid", ids="uid")


def test_features_of_csv(job):
    table = joined(job, with_features=True)
    assert table["features"].to_pylist() == [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]
    table = joined(job, with_features=True, label=0, dtype="float32")
    assert table["label"].to_pylist() == [1, 3, 5, 7, 9]
    assert table["features"].type == pa.float32()


def test_vectors_are_lists_of_fixed_size(job):
    write(job / "out/a.csv.out", lines(*[{"projection": [1, 2]}] * 3))
    write(job / "out/b.csv.out", lines(*[{"projection": [3, 4]}] * 2))
    table = joined(job, algorithm="pca")
    assert table["projection"].type == pa.list_(pa.float64(), 2)


def test_rows_of_varying_length_are_lists(job):
    write(job / "out/a.csv.out", lines(*[{"label": ["a"], "prob": [0.5]}] * 3))
    write(job / "out/b.csv.out", lines(*[{"label": ["a", "b"], "prob": [0.5, 0.25]}] * 2))
    table = joined(job, algorithm="blazingtext-text-classification")
    assert table["prob"].to_pylist() == [[0.5]] * 3 + [[0.5, 0.25]] * 2
    assert table["label"].type == pa.list_(pa.string())


def test_a_prefix_for_predictions(job):
    ids = pa.table({"score": [1, 2, 3, 4, 5]})
    refused(job, InputError, "two columns are called 'score'; pass prefix=", ids=ids)
    table = joined(job, ids=ids, prefix="predicted_")
    assert table.column_names == ["score", "predicted_score"]


def test_fields_come_in_any_order(job):
    kmeans = [{"closest_cluster": 1, "distance_to_cluster": 2}]
    turned = [{"distance_to_cluster": 3, "closest_cluster": 4}]
    write(job / "out/a.csv.out", lines(*kmeans * 3))
    write(job / "out/b.csv.out", lines(*turned * 2))
    table = joined(job, algorithm="kmeans")
    assert table["closest_cluster"].to_pylist() == [1, 1, 1, 4, 4]


# ------------------------------------------------------------------------- kinds of files


RECORDS = rs.encode(np.empty((2, 0), "f4"), np.array([[0.5], [0.25]], "f4"))


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("a.csv", "1,2\r\n\r\n3,4\r\n"),
        ("a.csv", 'x,"y,z"\nw,v'),  # text that is no number is only counted
        ("a.csv.gz", gzip.compress(b"1\n2\n", mtime=0)),
        ("a.libsvm", "0:1 2:3\n1:1\n"),
        ("a.jsonl", '{"features": [1]}\n{"data": {"features": {"values": [1]}}}\n'),
        ("a.jsonl", '{"start": "2020", "target": [1, "NaN"]}\n{"x": 0}'),
        ("a.json", '{"instances": [{"features": [1]}, {"features": [2]}]}'),
        ("a.json", '{ "instances": [{}]}\n{"instances": [{}]}'),
        ("a.pbr", rs.encode(np.eye(2, dtype="f4"))),
    ],
)
def test_rows_of_inputs(tmp_path, name, rows):
    assert join_one(tmp_path, name, rows, scores(1, 2))["score"].to_pylist() == [1, 2]


def test_rows_of_parquet_and_of_memory(tmp_path):
    pq.write_table(pa.table({"x": [1.0, 2.0]}), tmp_path / "a.parquet")
    out, result = tmp_path / "s.csv", write(tmp_path / "a.parquet.out", scores(1, 2))
    for inputs in (tmp_path / "a.parquet", np.eye(2), pd.DataFrame({"x": [1, 2]})):
        assert rs.join(inputs, result, out=out, overwrite=True).rows == 2


@pytest.mark.parametrize(
    ("output", "options", "expected"),
    [
        (scores(0.5, 0.25), {}, [0.5, 0.25]),
        (scores(0.5, 0.25).replace("\n", ""), {"algorithm": "rcf"}, [0.5, 0.25]),
        ('{"scores": [{"score": 0.5}, {"score": 0.25}]}', {}, [0.5, 0.25]),
        ('{"scores": [{"score": 1}]}\n{"scores": [{"score": 2}]}\n', {}, [1, 2]),
        ('{"scores": [{"score": 1}]}{"scores": [{"score": 2}]}', {}, [1, 2]),
        ('{"scores": [{"score": 1}, {"score": 2}]}', {"algorithm": "rcf"}, [1, 2]),
        ('[{"score": 1}, {"score": 2}]', {}, [1, 2]),
        ("0.5\n0.25\n", {"algorithm": "xgboost"}, [0.5, 0.25]),
        ("0.5,1\n0.25,2\n", {"fields": ["score", "more"]}, [0.5, 0.25]),
        ("[0.5, 1.0]\n[0.25, 2.0]\n", {"algorithm": "xgboost"}, [[0.5, 1], [0.25, 2]]),
        (RECORDS, {"prefix": "score_"}, None),
        (gzip.compress(scores(1, 2).encode(), mtime=0), {}, [1, 2]),
    ],
)
def test_outputs_tell_what_they_are(tmp_path, output, options, expected):
    table = join_one(tmp_path, "a.csv", "1\n2\n", output, **options)
    if expected is None:
        assert table["score_values"].to_pylist() == [0.5, 0.25]
    else:
        assert table["score"].to_pylist() == expected


def test_the_content_type_can_be_said(tmp_path):
    body = '{\n "prediction": [\n [1, 2]\n ]\n}'
    assert join_one(tmp_path, "a.csv", "1\n", body)["prediction"].to_pylist() == [
        [[1, 2]]
    ]
    with pytest.raises(
        ParseError, match="line 1: .*JSON; a document that goes over seve"
    ):
        join_one(tmp_path, "a.csv", "1\n", body, accept="application/jsonlines")
    table = join_one(tmp_path, "a.csv", "1\n", body, accept="application/json")
    assert table["prediction"].to_pylist() == [[[1, 2]]]
    with pytest.raises(
        InputError, match="the file is no application/x-recordio-protobuf"
    ):
        join_one(tmp_path, "a.csv", "1\n", body, accept="application/x-recordio-protobuf")


def test_an_image_is_one_row(tmp_path):
    for name, data in (("a.png", PNG + b"..."), ("b.jpg", b"\xff\xd8\xff\xe0...")):
        write(tmp_path / "in" / name, data)
        write(tmp_path / "out" / f"{name}.out", PNG + name.encode())
    table = joined(tmp_path, algorithm="semantic-segmentation")
    assert table["mask"].to_pylist() == [PNG + b"a.png", PNG + b"b.jpg"]
    write(tmp_path / "out/a.png.out", '{"prediction": [[1, 0.5, 0, 0, 1, 1]]}')
    write(tmp_path / "out/b.jpg.out", '{"prediction": []}')
    table = joined(tmp_path, algorithm="object-detection")
    assert table["prediction"].to_pylist() == [[[1, 0.5, 0, 0, 1, 1]], []]


def test_inputs_without_rows(tmp_path):
    for name, rows, output in (
        ("a", "", ""),
        ("b", "1\n2\n", scores(1, 2)),
        ("c", "", ""),
    ):
        write(tmp_path / f"in/{name}.csv", rows)
        write(tmp_path / f"out/{name}.csv.out", output)
    assert joined(tmp_path, ids=[7, 8]).to_pydict() == {"id": [7, 8], "score": [1, 2]}
    table = joined(tmp_path, with_features=True)
    assert table.to_pydict() == {"features": [1, 2], "score": [1, 2]}


def test_nothing_at_all(tmp_path):
    for name in ("s.parquet", "s.arrow", "s.csv", "s.jsonl"):
        source, result = write(tmp_path / "a.csv", ""), write(tmp_path / "a.csv.out", "")
        found = rs.join(source, result, out=tmp_path / name)
        assert (found.rows, found.columns) == (0, ())
    assert pq.read_table(tmp_path / "s.parquet").num_rows == 0


# -------------------------------------------------------------------------------- formats


def typed(job, name):
    ids = pa.table(
        {
            "id": pa.array([2**62, 1, None, 4, 5], pa.int64()),
            "text": ["a,b", 'c"d', "e\nf", None, "g"],
            "when": pa.array([0, 1, 2, 3, 4], pa.timestamp("ms", "UTC")),
        }
    )
    write(job / "out/a.csv.out", lines(*({"v": [x, 1.0]} for x in (0.1, 1e300, 5e-324))))
    write(job / "out/b.csv.out", '{"v": [NaN, -0.0]}\n{"v": [Infinity, -Infinity]}\n')
    rs.join(job / "in", job / "out", ids=ids, out=job / name)
    return ids, job / name


EXPECTED = "[[0.1, 1.0], [1e+300, 1.0], [5e-324, 1.0], [nan, -0.0], [inf, -inf]]"


def test_parquet_and_arrow_keep_everything(job):
    for name, read in (("s.parquet", pq.read_table), ("s.arrow", read_arrow)):
        ids, path = typed(job, name)
        table = read(path)
        assert table.select(ids.column_names).equals(ids)
        assert repr(table["v"].to_pylist()) == EXPECTED


def read_arrow(path):
    with pa.ipc.open_file(path) as file:
        return file.read_all()


def test_csv_has_a_column_for_each_number(job):
    _, path = typed(job, "s.csv")
    assert path.read_text().splitlines()[0] == "id,text,when,v.0,v.1"
    options = pa.csv.ConvertOptions(strings_can_be_null=False, null_values=[""])
    parsing = pa.csv.ParseOptions(newlines_in_values=True)
    table = pa.csv.read_csv(path, convert_options=options, parse_options=parsing)
    assert table["id"].to_pylist() == [2**62, 1, None, 4, 5]
    assert table["text"].to_pylist() == ["a,b", 'c"d', "e\nf", "", "g"]
    both = zip(table["v.0"].to_pylist(), table["v.1"].to_pylist())
    assert repr([list(pair) for pair in both]) == EXPECTED


def test_json_lines_have_words_for_what_is_no_number(job):
    _, path = typed(job, "s.jsonl")
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert found[0] == {
        "id": 2**62,
        "text": "a,b",
        "when": "1970-01-01T00:00:00+00:00",
        "v": [0.1, 1.0],
    }
    assert found[2]["id"] is None
    assert [one["v"] for one in found[3:]] == [["NaN", 0.0], ["Infinity", "-Infinity"]]


def test_json_lines_hold_bytes_and_nested_lists(tmp_path):
    for name in ("a.png", "b.png"):
        write(tmp_path / "in" / name, PNG)
        write(tmp_path / "out" / f"{name}.out", PNG)
    out = tmp_path / "s.jsonl"
    rs.join(tmp_path / "in", tmp_path / "out", out=out, algorithm="semantic-segmentation")
    assert json.loads(out.read_text().splitlines()[0]) == {"mask": "iVBORw0KGgo="}


def test_what_has_no_place_in_csv(job):
    write(job / "out/a.csv.out", lines(*[{"label": ["a"], "prob": [0.5]}] * 3))
    write(job / "out/b.csv.out", lines(*[{"label": ["a"], "prob": [0.5]}] * 2))
    with pytest.raises(
        InputError, match="column 'label' is list<item: string>, for whic"
    ):
        rs.join(
            job / "in",
            job / "out",
            out=job / "s.csv",
            algorithm="blazingtext-text-classification",
        )
    assert not (job / "s.csv").exists()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            pa.array([[1, 2], None], pa.list_(pa.int32(), 2)),
            r"fixed_size_list.*\[2\] with missing rows, for which CSV has no place",
        ),
        (pa.array([b"a", b"\xff"], pa.large_binary()), "is large_binary, for which CSV"),
        (pa.array([b"a", b"\xff"], pa.binary(1)), r"binary\[1\], for which CSV"),
    ],
)
def test_ids_that_have_no_place_in_csv(tmp_path, array, message):
    source = write(tmp_path / "a.csv", "1\n2\n")
    result = write(tmp_path / "a.csv.out", scores(1, 2))
    with pytest.raises(InputError, match=message):
        rs.join(source, result, out=tmp_path / "s.csv", ids=pa.table({"id": array}))
    assert not (tmp_path / "s.csv").exists()


@pytest.mark.parametrize("out", ["-", "scored", "scored.txt", "scored.csv.gz"])
def test_formats_that_cannot_be_told(job, out):
    advice = "pass dest_format=, one of parquet, arrow, csv, jsonl$"
    with pytest.raises(InputError, match=advice):
        rs.join(job / "in", job / "out", out=out)


def test_a_stream(job):
    out = io.BytesIO()
    found = rs.join(
        job / "in", job / "out", out=out, dest_format="csv", ids=[1, 2, 3, 4, 5]
    )
    assert out.getvalue() == b"id,score\n1,0.1\n2,0.2\n3,0.3\n4,0.4\n5,0.5\n"
    assert found.bytes == len(out.getvalue())


@pytest.mark.parametrize("name", ["s.pbr", "s.npz", "s.libsvm", "s.tsv"])
def test_formats_without_a_place_for_ids(job, name):
    with pytest.raises(
        InputError, match="no place for ids and predictions; write one of"
    ):
        rs.join(job / "in", job / "out", out=job / name)


# ----------------------------------------------------------------------------- mismatches


def test_too_few_predictions(job):
    write(job / "out/a.csv.out", scores(0.1, 0.2))
    refused(
        job,
        InputError,
        "by position: 5 rows in 2 files, 4 predictions, 5 ids; they part in a.csv: 3 "
        "rows, 2 predictions; nothing was written",
        ids=[1, 2, 3, 4, 5],
    )


def test_too_many_predictions_in_a_later_file(job):
    write(job / "out/b.csv.out", scores(*[0.5] * 2000))
    refused(
        job,
        InputError,
        "5 rows in 2 files, 2,003 predictions, 5 ids; they part in b.csv: 2 rows, 2,000",
        ids=[1, 2, 3, 4, 5],
    )


def test_files_that_part_though_the_sums_are_equal(job):
    write(job / "out/a.csv.out", scores(0.1, 0.2))
    write(job / "out/b.csv.out", scores(0.3, 0.4, 0.5))
    refused(job, InputError, "5 rows in 2 files, 5 predictions; they part in a.csv: 3 ro")


@pytest.mark.parametrize("n_ids", [0, 1, 3, 4, 6, 5000])
def test_another_number_of_ids(job, n_ids):
    word = "id" if n_ids == 1 else "ids"
    refused(
        job,
        InputError,
        f"5 rows in 2 files, 5 predictions, {n_ids:,} {word}; nothing was written",
        ids=range_table(n_ids),
    )


def test_features_are_counted_too(job):
    write(job / "out/a.csv.out", scores(*[1] * 7))
    refused(job, InputError, "they part in a.csv: 3 rows, 7 pred", with_features=True)
    write(job / "out/a.csv.out", scores(1))
    refused(job, InputError, "they part in a.csv: 3 rows, 1 pred", with_features=True)


def test_an_empty_output(job):
    write(job / "out/b.csv.out", "")
    refused(job, InputError, "they part in b.csv: 2 rows, 0 predictions")


def test_one_file(tmp_path):
    with pytest.raises(
        InputError, match="a.csv: predictions cannot be joined by positio"
    ):
        join_one(tmp_path, "a.csv", "1\n2\n", scores(1))
    with pytest.raises(InputError, match="the output is not whole; were files added"):
        rs.join(
            tmp_path / "a.csv",
            tmp_path / "a.csv.out",
            out=io.BytesIO(),
            dest_format="jsonl",
        )


def test_an_existing_file_stays(job):
    out = write(job / "scored.parquet", b"old")
    with pytest.raises(InputError, match="exists"):
        rs.join(job / "in", job / "out", out=out)
    write(job / "out/b.csv.out", "")
    with pytest.raises(InputError, match="they part in b.csv"):
        rs.join(job / "in", job / "out", out=out, overwrite=True)
    assert out.read_bytes() == b"old"
