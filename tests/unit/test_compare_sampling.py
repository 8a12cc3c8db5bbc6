"""Which rows a comparison looks at: from all over, bounded, the same every time."""

import gzip
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import scipy.sparse

import recordsmith as rs
from recordsmith.comparison.sampling import memory_bytes, take_sample
from recordsmith.errors import InputError, RecordsmithError
from written import batch_of

N = 40_000
SMALL = {"rows": 2000, "max_bytes": 1 << 16, "seed": 0}  # 256 KiB are read at most


def sample(src, y=None, *, options=None, **settings):
    return take_sample(src, y, options=options or {}, **{**SMALL, **settings})


def numbers(batch):
    """The first feature of each row, which is its number in these sources."""
    features = batch.features
    dense = features if isinstance(features, np.ndarray) else features.toarray()
    return dense[:, 0].astype(int)


def text(n=N, header=True, sep=","):
    lines = [sep.join((str(i), str(i % 2), f"{i}.5")) for i in range(n)]
    return "\n".join([*([sep.join("ayb")] if header else []), *lines, ""]).encode()


def matrix(n=N):
    return np.column_stack([np.arange(n), np.arange(n) % 2, np.arange(n) + 0.5])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The same rows in each kind of file that can be entered anywhere."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "a.csv").write_bytes(text())
    (folder / "bare.csv").write_bytes(text(header=False))
    (folder / "a.tsv").write_bytes(text(sep="\t"))
    (folder / "skip.csv").write_bytes(b"a comment\nanother\n" + text())
    (folder / "a.csv.gz").write_bytes(gzip.compress(text(), 1))
    rs.write(folder / "a.pbr", matrix())
    rs.write(folder / "a.jsonl", matrix())
    svm = "".join(f"{i % 2} 1:{i + 1} 3:{i}.5\n" for i in range(N))
    (folder / "a.libsvm").write_text(svm)
    columns = dict(zip("ayb", matrix().T))
    pa.parquet.write_table(
        pa.table(columns), folder / "a.parquet", row_group_size=500, compression="none"
    )
    for part in range(3):
        begin, end = part * N // 3, (part + 1) * N // 3
        rs.write(folder / f"part-{part}.pbr", matrix()[begin:end])
    return folder


SPREAD = [
    ("a.csv", {}),
    ("bare.csv", {"header": False}),
    ("a.tsv", {"label": "y"}),
    ("skip.csv", {"skip_rows": 2}),
    ("a.libsvm", {"index_base": 1, "n_features": 3}),
    ("a.jsonl", {}),
    ("a.pbr", {}),
    ("a.parquet", {"label": "y"}),
    ("part-*.pbr", {}),
]


@pytest.mark.parametrize(("name", "options"), SPREAD)
def test_blocks_come_from_all_over(files, name, options):
    src = sorted(files.glob(name))
    src = src[0] if len(src) == 1 else src
    batch, about = sample(src, options=options)
    rows = numbers(batch)
    if name == "a.libsvm":
        rows = rows - 1
    sixteenths = np.unique(rows * 16 // N)
    assert len(sixteenths) >= 8, about.how
    assert np.all(np.diff(rows) > 0)  # in order, none twice
    assert 0 < batch.n_rows == about.rows <= SMALL["rows"]
    assert about.bytes == memory_bytes(batch) <= SMALL["max_bytes"]
    assert "spread over" in about.how
    assert int(about.how.removeprefix("the first rows of ").split()[0]) <= 16
    assert "seed 0" in about.how
    assert about.total_bytes == sum(one.stat().st_size for one in files.glob(name))
    if name == "a.parquet":
        assert about.exact
        assert about.total_rows == N
    else:
        assert not about.exact
        assert about.total_rows == pytest.approx(N, rel=0.1)
    # Whole rows, as they are in the file.
    if name not in ("a.libsvm",):
        last = batch.features[:, -1]
        assert np.array_equal(last, rows + 0.5)


@pytest.mark.parametrize(("name", "options"), SPREAD[:2] + SPREAD[6:8])
def test_a_seed_gives_the_same_rows(files, name, options):
    first, again = (numbers(sample(files / name, options=options)[0]) for _ in range(2))
    assert np.array_equal(first, again)
    other = numbers(sample(files / name, options=options, seed=1)[0])
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.csv.gz", {"label": "y"}),
        ("a.csv", {"newlines_in_values": True}),
        ("a.pbr", {"ragged": True}),
        ("a.libsvm", {"index_base": 1}),
    ],
)
def test_others_are_read_from_the_beginning(files, name, options):
    batch, about = sample(files / name, options=options)
    assert "the first" in about.how or "all" in about.how
    assert "spread" not in about.how
    assert batch.n_rows <= SMALL["rows"]


def test_what_is_read_is_bounded(files):
    class Counted(io.BytesIO):
        pass

    file = Counted(text())
    batch, about = sample(file, options={"source_format": "csv", "block_size": 1 << 14})
    assert file.tell() < 3 << 19  # a reader takes its input by the MiB
    assert "the first" in about.how
    assert not about.exact
    assert about.total_rows == pytest.approx(N, rel=0.7)
    assert memory_bytes(batch) <= SMALL["max_bytes"]


def test_sources_that_do_not_end_are_left_early():
    made = []

    def endless():
        while True:
            made.append(1)
            yield batch_of(np.ones((1000, 10), "float32"))

    batch, about = sample(endless())
    assert batch.n_rows <= 2000
    assert about.total_rows is None
    assert len(made) < 20


def test_small_sources_are_taken_whole(files):
    for src, y in ((matrix(500), None), (matrix(500), np.ones(500))):
        batch, about = sample(src, y)
        assert np.array_equal(numbers(batch), np.arange(500))
        assert about.how == "all 500 rows"
        assert (about.total_rows, about.exact) == (500, True)


def test_blocks_are_drawn_from_what_is_in_memory():
    batch, about = sample(matrix())
    rows = numbers(batch)
    assert np.all(np.diff(rows) > 0)
    assert len(np.unique(rows * 4 // N)) == 4
    assert about.how.startswith("58 blocks of at most 31 rows") or "blocks" in about.how
    assert about.total_rows == N
    assert about.exact


def test_each_block_has_the_same_chance():
    counts = np.zeros(10)
    for seed in range(40):
        rows = numbers(sample(matrix(10_000), seed=seed)[0])
        counts += np.bincount(rows // 1000, minlength=10)
    assert counts.min() > 0.5 * counts.mean()
    assert counts.max() < 1.5 * counts.mean()


def test_labels_stay_with_their_rows():
    y = np.arange(N)
    for src in (matrix(), scipy.sparse.csr_matrix(matrix())):
        batch, _ = sample(src, y)
        assert np.array_equal(batch.labels, numbers(batch))


def test_one_row_that_is_larger_than_the_memory():
    batch, about = sample(np.ones((3, 50_000)))
    assert batch.n_rows == 1
    assert about.total_rows == 3 or not about.exact


def test_fewer_rows_than_blocks():
    batch, _ = sample(matrix(), rows=3)
    assert batch.n_rows == 3


@pytest.mark.parametrize("name", ["a.csv", "a.pbr"])
def test_damage_is_named_with_its_file(files, tmp_path, name):
    data = (files / name).read_bytes()
    path = tmp_path / name
    if name == "a.csv":
        path.write_bytes(data.replace(b"0,0,", b"0,x,"))
        with pytest.raises(
            RecordsmithError, match=r"a\.csv \(lines after byte [\d,]+\):.*'x'"
        ):
            sample(path)
    else:  # a sample of records passes over damage, which `verify` would find
        damaged = bytearray(data)
        damaged[len(data) // 2] ^= 0xFF
        path.write_bytes(damaged)
        assert sample(path)[0].n_rows > 100


def test_changes_by_reading_are_counted(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,\n,2\n")
    _, about = sample(path, options={"nulls": "nan"})
    assert about.changes == {"nulls": 2}


def test_nothing_to_sample(tmp_path):
    (tmp_path / "a.pbr").touch()
    with pytest.raises(InputError, match="the source holds no row"):
        sample(tmp_path / "a.pbr")
