"""join: which files belong together, and files that cannot be joined."""

import numpy as np
import pyarrow as pa
import pytest

import recordsmith as rs
from joining import join_one, joined, lines, make_job, range_table, refused, scores, write
from recordsmith.errors import FormatError, InputError, ParseError, UnsupportedTypeError


@pytest.fixture
def job(tmp_path):
    return make_job(tmp_path)


# ------------------------------------------------------------------------------- partners


def test_outputs_that_are_missing(job):
    (job / "out/b.csv.out").unlink()
    refused(job, InputError, "no output for 1 of 2 inputs: b.csv; expected b.csv.out")


def test_outputs_without_an_input(job):
    for letter in "cdefg":
        write(job / f"out/{letter}.csv.out", scores(1))
    refused(job, InputError, "no input for 5 of 7 outputs: c.csv.out, d.csv.out, e.csv.")


def test_outputs_of_another_name(job):
    (job / "out/b.csv.out").rename(job / "out/b.csv")
    refused(job, InputError, "no output for 1 of 2 inputs: b.csv; expected b.csv.out")


def test_folders_below(tmp_path):
    for day in ("d=1", "d=2"):
        write(tmp_path / f"in/{day}/part.csv", "1\n")
        write(tmp_path / f"out/{day}/part.csv.out", scores(int(day[-1])))
    assert joined(tmp_path)["score"].to_pylist() == [1, 2]
    sources = [tmp_path / f"in/d={n}/part.csv" for n in (1, 2)]
    with pytest.raises(
        InputError, match="two files are called part.csv: .*; pass the fo"
    ):
        rs.join(sources, tmp_path / "out", out=tmp_path / "s.csv")


def test_all_in_one_folder(job):
    for name in ("a.csv", "b.csv"):
        (job / "out" / f"{name}.out").rename(job / "in" / f"{name}.out")
    found = rs.join(job / "in", job / "in", out=job / "s.csv")
    assert found.rows == 5


def test_globs_and_lists(job):
    out = job / "s.csv"
    assert rs.join(str(job / "in/*.csv"), str(job / "out/*"), out=out).rows == 5
    files = [job / "in/b.csv", job / "in/a.csv"]
    rs.join(files, job / "out", out=out, overwrite=True)
    assert out.read_text() == "score\n0.4\n0.5\n0.1\n0.2\n0.3\n"


def test_one_and_one_need_no_name(job):
    out = job / "s.csv"
    renamed = (job / "out/a.csv.out").rename(job / "predictions")
    assert rs.join(job / "in/a.csv", renamed, out=out).rows == 3
    with pytest.raises(InputError, match="no output for 1 of 1 inputs: a.csv"):
        rs.join(str(job / "in/a*"), renamed, out=out, overwrite=True)


def test_rows_in_memory_have_one_output(job):
    with pytest.raises(InputError, match="2 outputs for rows in memory, expected one"):
        rs.join(np.eye(5), job / "out", out=job / "s.csv")
    with pytest.raises(InputError, match="outputs are dict, expected files, a folder or"):
        rs.join(job / "in", {}, out=job / "s.csv")


# ------------------------------------------------------------------------------ manifests


@pytest.fixture
def batch(tmp_path):
    """What transform_files() wrote, and what a job may have answered."""
    X = np.arange(10, dtype="f4").reshape(5, 2)
    rs.transform_files(X, tmp_path / "in", algorithm="kmeans", rows=2)
    for name, count in (("0", 2), ("1", 2), ("2", 1)):
        rows = [{"closest_cluster": 1.0, "distance_to_cluster": 0.5}] * count
        write(tmp_path / f"out/part-0000{name}.pbr.out", lines(*rows))
    return tmp_path


def test_a_folder_of_transform_files(batch):
    table = joined(batch, ids=range_table(5))
    assert table["key"].to_pylist() == [0, 1, 2, 3, 4]
    # Whole numbers: the manifest says which algorithm it is.
    assert table["closest_cluster"].type == pa.int64()


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl", "libsvm", "recordio"])
def test_all_kinds_of_transform_files_are_counted(tmp_path, kind):
    X = np.array([[0, 0], [1.5, 0], [0, 2], [0, 0], [0, 0]], "f4")
    done = rs.transform_files(X, tmp_path / "in", content_type=kind, rows=3)
    assert [one.end - one.begin for one in done.files] == [3, 2]
    for one in done.files:
        answer = scores(*range(one.begin, one.end))
        write(tmp_path / "out" / f"{one.name}.out", answer)
    assert joined(tmp_path)["score"].to_pylist() == [0, 1, 2, 3, 4]


def test_a_file_that_is_not_what_its_manifest_says(batch):
    rs.write(batch / "in/part-00001.pbr", np.ones((3, 2), "f4"), overwrite=True)
    refused(batch, InputError, "part-00001.pbr: found 3 rows, the manifest of the folder")
    (batch / "in/part-00001.pbr").unlink()
    (batch / "out/part-00001.pbr.out").unlink()
    refused(batch, InputError, "in.manifest.json: part-00001.pbr is in the manifest but ")


def test_a_file_that_is_not_in_the_manifest(batch):
    rs.write(batch / "in/part-9.pbr", np.ones((3, 2), "f4"))
    write(batch / "out/part-9.pbr.out", scores(1, 2, 3))
    refused(batch, InputError, "part-9.pbr is in the folder but not in the manifest; use")


# ---------------------------------------------------------------------------- bad content


def test_an_output_that_is_cut_off(job):
    write(job / "out/b.csv.out", '{"score": 0.4}\n{"sco')
    refused(job, ParseError, "b.csv.out: line 2: the line ends inside its JSON: the body")
    write(job / "out/a.csv.out", '{"scores": [{"score": 1}, ')
    refused(job, ParseError, "a.csv.out: byte 26: the body ends inside its JSON")
    data = rs.encode(np.eye(3, dtype="f4"), [1.0, 2.0, 3.0])
    write(job / "out/a.csv.out", data[:-3])
    refused(job, FormatError, "a.csv.out: record 3, byte")


def test_an_output_of_another_algorithm(job):
    refused(
        job,
        ParseError,
        "a.csv.out: line 1: no field 'closest_cluster', which every prediction of kmeans",
        algorithm="kmeans",
    )


def test_an_output_that_is_an_error(job):
    write(job / "out/a.csv.out", '{"error": "no model"}')
    refused(job, ParseError, "a.csv.out: the body is an error of the endpoint, no predic")


def test_outputs_that_differ_from_each_other(job):
    write(job / "out/b.csv.out", lines({"other": 1}, {"other": 2}))
    refused(job, InputError, "b.csv.out: the columns are other; before they were score")
    write(job / "out/b.csv.out", lines({"score": [1]}, {"score": [2]}))
    refused(job, InputError, "b.csv.out: column 'score' is fixed_size_list.*before it wa")


def _twice():
    (column,) = range_table(5).columns
    return pa.Table.from_arrays([column, column], ["key", "key"])


def test_bad_ids(job):
    refused(
        job,
        InputError,
        "ids have no column 'x'; there are key",
        ids=range_table(5),
        id_columns=["x"],
    )
    refused(
        job, InputError, "ids have 2 dimensions, expected one id a row", ids=np.eye(5)
    )
    refused(job, UnsupportedTypeError, "ids are of no single type", ids=[1, "a", 2, 3, 4])
    refused(
        job, UnsupportedTypeError, "ids are set, expected a file, a table or a l", ids={1}
    )
    refused(
        job,
        InputError,
        "id_columns= are columns of ids=, which is no file",
        id_columns=["a"],
    )
    refused(job, FileNotFoundError, "No such file", ids=job / "nothing.csv")
    write(job / "ids.libsvm", "1 1:1\n")
    refused(
        job,
        InputError,
        "ids.libsvm: ids are libsvm, expected Parquet, Arrow IPC",
        ids=job / "ids.libsvm",
    )
    refused(
        job, InputError, "ids have several columns 'key'", ids=_twice(), id_columns="key"
    )
    write(job / "ids.csv", b"\xff\xfea\n1\n")
    refused(
        job,
        ParseError,
        "ids.csv: byte 0: byte 0xff is no UTF-8",
        ids=job / "ids.csv",
    )
    write(job / "ids.csv", "a,b\n1,2\n3\n")
    refused(
        job,
        ParseError,
        "ids.csv: CSV parse error: Expected 2 columns, got 1",
        ids=job / "ids.csv",
    )
    write(job / "ids.parquet", b"PAR1 and no more")
    refused(job, FormatError, "ids.parquet: ", ids=job / "ids.parquet")


def test_inputs_that_cannot_be_counted(tmp_path):
    with pytest.raises(InputError, match="neither the first bytes nor the name tell"):
        join_one(tmp_path, "a.txt", "1\n", scores(1))
    assert (
        join_one(tmp_path, "a.txt", "1\n", scores(1), source_format="csv").num_rows == 1
    )
    with pytest.raises(ParseError, match="a JSON document has no list of instances"):
        join_one(tmp_path, "a.json", '{"instances": 1}', scores(1))


def test_a_header_is_no_row(tmp_path):
    table = join_one(tmp_path, "a.csv", "x\n1\n", scores(1), header=True)
    assert table.num_rows == 1
    table = join_one(
        tmp_path, "a.csv", "x\n1\n", scores(1), header=True, with_features=True
    )
    assert table["features"].to_pylist() == [1.0]


def test_progress(job):
    seen = []
    rs.join(
        job / "in", job / "out", out=job / "s.csv", progress=lambda *a: seen.append(a)
    )
    total = sum(path.stat().st_size for path in (job / "out").iterdir())
    assert seen[-1] == (total, total, 5)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_options_that_nobody_knows(tmp_path, name):
    """Where lines are only counted, too."""
    for features in (False, True):
        with pytest.raises(InputError, match="has no option haeder="):
            join_one(
                tmp_path, name, "[1]\n", scores(1), haeder=True, with_features=features
            )


def test_both_from_standard_input(job):
    with pytest.raises(InputError, match="inputs and outputs are both standard input"):
        rs.join("-", "-", out=job / "s.csv")
