"""A channel as a PyTorch data set: in Pipe and File mode, with and without workers."""

import os
import re
import threading
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from torch.utils.data import DataLoader

import recordsmith as rs
from recordsmith.errors import InputError
from recordsmith.frames import wrap

rng = np.random.default_rng(1)
WEIGHTS = np.array([[1.0], [-2.0], [0.5]], "float32")
X = rng.normal(size=(640, 3)).astype("float32")
Y = (X @ WEIGHTS + 3)[:, 0]
DATA = rs.encode(X, Y)
PAGE = Path(__file__).resolve().parents[3] / "docs" / "pipe.md"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.pbr").write_bytes(DATA)
    return tmp_path


def serve(folder, *epochs):
    """The FIFOs train_0, train_1, ... one after another, in a thread."""

    def work():
        for number, data in enumerate(epochs):
            path = folder / f"train_{number}"
            os.mkfifo(path)
            path.write_bytes(data)
            path.unlink()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def channel(folder, **options):
    return rs.pipe.Channel("train", folder, timeout_s=20, **{"rows": 32, **options})


def numpy_rows(batches):
    return np.concatenate([features.numpy() for features, _ in batches])


def test_a_model_learns_from_fifos(tmp_path):
    server = serve(tmp_path, *[DATA] * 8)
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    source = channel(tmp_path, shuffle=200, seed=4)
    losses = []
    for epoch in range(8):
        for features, labels in DataLoader(
            rs.pipe.torch_dataset(source, epoch), batch_size=None
        ):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(features)[:, 0], labels)
            loss.backward()
            optimizer.step()
        losses.append(float(loss))
    server.join(20)
    print(f"losses {losses[0]:.3f} ... {losses[-1]:.2e}")
    assert losses[-1] < 1e-6
    assert np.allclose(model.weight.detach().numpy(), WEIGHTS.T, atol=1e-3)
    assert abs(float(model.bias) - 3) < 1e-3


def test_each_iteration_is_the_next_epoch(tmp_path):
    server = serve(tmp_path, DATA, DATA[: len(DATA) // 2])
    loader = DataLoader(rs.pipe.torch_dataset(channel(tmp_path)), batch_size=None)
    assert np.array_equal(numpy_rows(loader), X)
    assert np.array_equal(numpy_rows(loader), X[:320])
    server.join(20)


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_workers_divide_the_rows_of_files(folder, how):
    dataset = rs.pipe.torch_dataset(channel(folder, shuffle=64), 1)
    options = {"batch_size": None, "num_workers": 2, "multiprocessing_context": how}
    batches = list(DataLoader(dataset, **options))
    rows = numpy_rows(batches)
    assert len(rows) == 640
    assert np.array_equal(rows[np.lexsort(rows.T)], X[np.lexsort(X.T)])


def test_workers_divide_a_shard_further(folder):
    dataset = rs.pipe.torch_dataset(channel(folder, shard=(1, 2)), 0)
    rows = numpy_rows(DataLoader(dataset, batch_size=None, num_workers=2))
    mine = X[1::2]
    assert np.array_equal(rows[np.lexsort(rows.T)], mine[np.lexsort(mine.T)])


def test_one_worker_may_read_a_fifo_and_two_may_not(tmp_path):
    server = serve(tmp_path, DATA)
    dataset = rs.pipe.torch_dataset(channel(tmp_path), 0)
    assert np.array_equal(
        numpy_rows(DataLoader(dataset, batch_size=None, num_workers=1)), X
    )
    server.join(20)
    os.mkfifo(tmp_path / "train_0")
    with pytest.raises(InputError, match="2 worker processes cannot share a FIFO"):
        list(DataLoader(dataset, batch_size=None, num_workers=2))


def test_workers_need_to_be_told_the_epoch(folder):
    dataset = rs.pipe.torch_dataset(channel(folder))
    with pytest.raises(InputError, match="each worker process would begin with epoch 0"):
        list(DataLoader(dataset, batch_size=None, num_workers=2))


def test_sparse_features(tmp_path):
    S = sp.random(20, 50, 0.1, "csr", dtype="float32", random_state=1)
    rs.write(tmp_path / "train", S, np.arange(20), dest_format="recordio")
    (one,) = rs.pipe.torch_dataset(channel(tmp_path), 0)
    assert one[0].layout == torch.sparse_csr
    assert np.array_equal(one[0].to_dense().numpy(), S.toarray())
    assert one[1].tolist() == list(range(20))


def test_features_without_labels_and_a_transform(tmp_path):
    rs.write(tmp_path / "train", X[:40], dest_format="recordio")
    alone = list(rs.pipe.torch_dataset(channel(tmp_path), 0))
    assert [tuple(one.shape) for one in alone] == [(32, 3), (8, 3)]
    sizes = rs.pipe.torch_dataset(channel(tmp_path), 0, transform=len)
    assert list(sizes) == [32, 8]


def test_raw_frames_are_given_as_they_are(tmp_path):
    (tmp_path / "train").write_bytes(b"".join(map(wrap, [b"a", b"1", b"b", b"2"])))
    told = {"frames": True, "group": 2, "rows": None}
    examples = rs.pipe.torch_dataset(channel(tmp_path, **told), 0)
    loader = DataLoader(examples, batch_size=None, collate_fn=lambda one: one)
    assert list(loader) == [(b"a", b"1"), (b"b", b"2")]


def test_the_page_s_script(tmp_path, monkeypatch, capsys):
    (script,) = re.findall(
        r"```python\n(import torch\n.*?)```", PAGE.read_text("utf-8"), re.S
    )
    (tmp_path / "data").mkdir()
    features = X[:, :2]
    data = rs.encode(features, features @ np.array([2, -1], "float32") + 3)
    server = serve(tmp_path / "data", *[data] * 30)
    monkeypatch.setenv("SM_INPUT_DIR", str(tmp_path))
    exec(script, {})
    server.join(20)
    word, loss = capsys.readouterr().out.split()
    assert word == "loss" and float(loss) < 1e-6
