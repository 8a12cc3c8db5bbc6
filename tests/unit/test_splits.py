"""Splits, folds and the seeded shuffle of folders of shards."""

import hashlib
import json
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import recordsmith as rs
from recordsmith.errors import InputError
from sharded import SPLIT, N, X, Y, batches, contents, left, random_sparse, rows_of


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# -- splits ----------------------------------------------------------------------------


def test_a_split_has_every_row_once_and_its_shares():
    done = rs.write("out/", X, Y, split=SPLIT, shards=2)
    files = contents("out")
    assert sorted(files) == [
        f"{part}/part-0000{i}-of-00002.pbr" for part in sorted(SPLIT) for i in range(2)
    ]
    assert sorted(chain.from_iterable(map(rows_of, files.values()))) == list(range(N))
    for part, share in SPLIT.items():
        n_rows = sum(len(rows_of(d)) for name, d in files.items() if part in name)
        assert done.parts[part] == n_rows
        spread = (N * share * (1 - share)) ** 0.5
        assert abs(n_rows - N * share) < 4 * spread
    assert sum(done.parts.values()) == N


def members(folder):
    """{part: rows' numbers}"""
    found = {}
    for name, data in contents(folder).items():
        found.setdefault(name.split("/")[0], []).extend(rows_of(data))
    return {part: sorted(rows) for part, rows in found.items()}


def test_a_row_goes_by_its_number_and_the_seed_alone():
    rs.write("a/", X, Y, split=SPLIT, shards=1)
    rs.write("b/", X, Y, split=SPLIT, shards=5, threads=1)
    rs.write("c/", batches(X, Y, 100), split=SPLIT, max_shard_bytes=5000)
    rs.write("d/", X[:2000], split=SPLIT)
    rs.write("e/", X, Y, split=SPLIT, shards=1, seed=1)
    first = members("a")
    assert members("b") == members("c") == first
    assert members("d") == {p: [i for i in r if i < 2000] for p, r in first.items()}
    assert members("e") != first
    # The same rows are in the test part when there is no validation part.
    rs.write("f/", X, Y, split={"train": 0.9, "test": 0.1})
    assert members("f")["test"] == first["test"]


def test_a_split_is_independent_of_the_rows_before():
    """Neighbours are not dealt alike: pairs of rows in the same part are as many as
    chance makes them."""
    rs.write("out/", X, Y, split={"a": 0.5, "b": 0.5})
    part = np.zeros(N, bool)
    part[members("out")["a"]] = True
    alike = int((part[1:] == part[:-1]).sum())
    assert abs(alike - (N - 1) / 2) < 4 * (N / 4) ** 0.5


def test_folds():
    done = rs.write("out/", X, Y, k_fold=5, sagemaker_manifest="s3://bucket/out")
    assert list(done.parts) == [f"fold-{i}" for i in range(5)]
    assert sum(done.parts.values()) == N
    assert all(abs(n - 600) < 4 * (600 * 0.8) ** 0.5 for n in done.parts.values())
    train = json.loads(Path("out.fold-3.train.manifest").read_text())
    assert train[0] == {"prefix": "s3://bucket/out/"}
    assert train[1:] == [f"fold-{i}/part-00000-of-00001.pbr" for i in (0, 1, 2, 4)]
    own = json.loads(Path("out.fold-3.validation.manifest").read_text())
    assert own[1:] == ["fold-3/part-00000-of-00001.pbr"]
    assert len(left()) == 2 + 10
    channel = done.channel(
        "train", "s3://bucket/out.fold-3.train.manifest", s3_data_type="ManifestFile"
    )
    source = channel["DataSource"]["S3DataSource"]
    assert source["S3Uri"] == "s3://bucket/out.fold-3.train.manifest"
    assert source["S3DataType"] == "ManifestFile"


def test_a_part_that_gets_no_rows():
    with pytest.raises(InputError, match="part 'rare' has 0 rows for 1 files"):
        rs.write("out/", X[:20], split={"train": 0.99999, "rare": 0.00001})
    assert left() == []


def test_channels_of_a_split():
    done = rs.write("out/", X, Y, split=SPLIT, instances=2)
    channel = done.channel("validation", "s3://bucket/data")
    source = channel["DataSource"]["S3DataSource"]
    assert channel["ChannelName"] == "validation"
    assert source["S3Uri"] == "s3://bucket/data/validation/"
    assert source["S3DataDistributionType"] == "ShardedByS3Key"
    with pytest.raises(InputError, match="no part is called 'eval', there are train, v"):
        done.channel("eval", "s3://bucket/data")
    plain = rs.write("a.csv", X, Y)
    with pytest.raises(InputError, match="csv was written"):
        plain.channel("train", "s3://bucket/data")
    file = rs.write("a.pbr", X, Y).channel("train", "s3://bucket/a.pbr")
    assert file["DataSource"]["S3DataSource"]["S3DataDistributionType"] == (
        "FullyReplicated"
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_a_stratified_split_has_its_share_of_each_label(seed):
    y = np.zeros(N)
    y[::7] = 1
    y[np.random.default_rng(0).choice(N, 40, replace=False)] = -2.5
    rs.write("out/", X, y, split=SPLIT, stratify=True, seed=seed)
    found = members("out")
    for label in (0, 1, -2.5):
        n_rows = int((y == label).sum())
        for part, share in SPLIT.items():
            here = int((y[found[part]] == label).sum())
            assert abs(here - share * n_rows) <= 2, (label, part)
    rs.write("b/", batches(X, y, 77), split=SPLIT, stratify=True, seed=seed, shards=3)
    assert members("b") == found
    rs.write("c/", X, y, split=SPLIT, stratify=True, seed=seed, shuffle=True)
    assert members("c") == found
    rs.write("d/", X, y, split=SPLIT, stratify=True, seed=seed + 1)
    assert members("d") != found


def test_stratified_folds():
    done = rs.write("out/", X, Y, k_fold=4, stratify=True)
    parts = json.loads(Path(done.manifest).read_text())["parts"]
    counts = [n for one in parts.values() for n in one["labels"]["classes"].values()]
    assert len(counts) == 12
    assert max(counts) - min(counts) <= 3


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "needs one label of one number a row, found none"),
        (np.zeros((N, 2)), "needs one label of one number a row, found <label"),
        (np.arange(N), "more than 1,000 different labels"),
        (np.where(np.arange(N) == 2100, np.nan, 1.0), "row 2100: the row has no label"),
    ],
)
def test_labels_that_are_no_classes(y, message):
    with pytest.raises(InputError, match=message):
        rs.write("out/", X, y, split=SPLIT, stratify=True)
    assert left() == []


def grouped_table():
    import pandas as pd

    who = [f"user {i * i % 211}" for i in range(N)]
    return pd.DataFrame({"who": who, "row": X[:, 0], "y": Y}), who


def test_groups_stay_together():
    table, who = grouped_table()
    options = {"label": "y", "split": SPLIT, "group_by": "who"}
    done = rs.write("out/", table, **options)
    found = members("out")
    assert sorted(chain.from_iterable(found.values())) == list(range(N))
    groups = [{who[row] for row in rows} for rows in found.values()]
    assert sum(map(len, groups)) == len(set(who))
    assert all(len(one) > 2 for one in groups)
    assert "uid" not in done.schema
    assert all(rs.decode(data).uids is None for data in contents("out").values())
    table.to_csv("a.csv", index=False)
    rs.convert("a.csv", "b/", dtype="float32", shards=2, shuffle=True, **options)
    assert members("b") == found
    rs.write("c/", table, seed=1, **options)
    assert members("c") != found
    # The same users are on the same side in other data.
    rs.write("d/", table[1500:], **options)
    assert set(members("d")["test"]) == {row for row in found["test"] if row >= 1500}


def test_a_group_that_is_the_uid_is_written():
    table, who = grouped_table()
    rs.write("out/", table, label="y", split=SPLIT, group_by="who", uid="who")
    for data in contents("out").values():
        batch = rs.decode(data)
        assert batch.uids == [who[int(row)] for row in batch.features[:, 0]]
    expected = members("out")
    table["id"] = np.arange(N) + 7
    rs.write("b/", table, label="y", split=SPLIT, group_by="who", uid="id")
    assert members("b") == expected
    batch = rs.decode(next(iter(contents("b").values())))
    assert (batch.uids[0], batch.metadata) == (str(int(batch.features[0, 0]) + 7), None)


def test_groups_of_arrays_are_texts():
    _, who = grouped_table()
    rs.write("out/", X, Y, split=SPLIT, group_by=np.array(who))
    groups = [{who[row] for row in rows} for rows in members("out").values()]
    assert sum(map(len, groups)) == len(set(who))


def test_groups_that_cannot_be():
    table, _ = grouped_table()
    table.loc[2345, "who"] = None
    with pytest.raises(InputError, match="row 2345: the row has no value in the column"):
        rs.write("out/", table, label="y", split=SPLIT, group_by="who")
    with pytest.raises(InputError, match="both are taken by other columns"):
        rs.write("out/", X, split=SPLIT, group_by=["a"], uid=["b"], metadata=["c"])
    with pytest.raises(InputError, match="no such column"):
        rs.write("out/", table, label="y", split=SPLIT, group_by="whom")
    assert left() == []


# -- shuffling -------------------------------------------------------------------------


def splitmix(row, key):
    """SplitMix64's output for a state, by Python's integers."""
    mask = 2**64 - 1
    z = (key + row * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


def order(seed, n_rows=N):
    key = int.from_bytes(hashlib.sha256(f"order:{seed}".encode()).digest()[:8], "little")
    return sorted(range(n_rows), key=lambda row: splitmix(row, key))


@pytest.mark.parametrize("kind", ["dense", "int32", "sparse"])
def test_rows_come_in_the_order_of_their_hashes(kind):
    data = {"dense": X, "int32": X.astype("int32"), "sparse": random_sparse(N)}[kind]
    rs.write("out/", data, Y, shuffle=True, max_shard_bytes=20_000)
    files = contents("out")
    joined = b"".join(files[name] for name in sorted(files))
    assert joined == rs.encode(data[order(0)], Y[order(0)])
    rs.write("one/", batches(data, Y, 111), shuffle=True, shards=1, threads=1)
    assert list(contents("one").values()) == [joined]


def test_shuffled_shards_and_parts():
    done = rs.write("a/", X, Y, shuffle=True, seed=5, split=SPLIT, shards=2)
    rs.write("b/", batches(X, Y, 70), shuffle=True, seed=5, split=SPLIT, shards=2)
    assert contents("a") == contents("b")
    rs.write("plain/", X, Y, seed=5, split=SPLIT, shards=2)
    assert members("a") == members("plain")
    place = {row: at for at, row in enumerate(order(5))}
    for name, data in contents("a").items():
        batch = rs.decode(data)
        rows = batch.features[:, 0].astype(int).tolist()
        assert rows == sorted(rows, key=place.get), name
        np.testing.assert_array_equal(batch.labels, batch.features[:, 0] % 3)
    sizes = [one.bytes for one in done.shards]
    assert abs(sizes[0] - sizes[1]) <= max(sizes[:2]) / 50
    assert left() == sorted(f"{n}{end}" for n in ("a", "b", "plain") for end in ENDS)
    assert json.loads(Path("a.manifest.json").read_text())["layout"]["shuffle"] is True


ENDS = ("", ".manifest.json")


def test_an_error_while_shuffling_names_the_row_and_leaves_nothing():
    dense = random_sparse(900).toarray()
    dense[777] = 0
    with pytest.raises(InputError, match="no stored value") as caught:
        rs.write("out/", csr_matrix(dense), shuffle=True, empty_rows="error")
    assert caught.value.row == 777
    with pytest.raises(InputError, match="there are 2 rows for 3 files"):
        rs.write("out/", X[:2], shuffle=True, shards=3)
    assert left() == []
