"""The recipe of docs/pipe.md for tf.data: a generator over a channel's epoch."""

import os
import re
import threading
from pathlib import Path

import numpy as np
import tensorflow as tf

import recordsmith as rs

rng = np.random.default_rng(1)
WEIGHTS = np.array([[1.0], [-2.0], [0.5]], "float32")
X = rng.normal(size=(640, 3)).astype("float32")
Y = (X @ WEIGHTS + 3)[:, 0]
DATA = rs.encode(X, Y)
PAGE = Path(__file__).resolve().parents[3] / "docs" / "pipe.md"
(RECIPE,) = re.findall(
    r"```python\n(import tensorflow.*?)```", PAGE.read_text("utf-8"), re.S
)
names = {}
exec(RECIPE[: RECIPE.index("\nchannel = ")], names)
dataset = names["dataset"]


def serve(folder, *epochs):
    def work():
        for number, data in enumerate(epochs):
            path = folder / f"train_{number}"
            os.mkfifo(path)
            path.write_bytes(data)
            path.unlink()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_the_rows_are_those_of_the_channel(tmp_path):
    server = serve(tmp_path, DATA)
    channel = rs.pipe.Channel("train", tmp_path, rows=100, timeout_s=20)
    found = [(a.numpy(), b.numpy()) for a, b in dataset(channel, 0, 3)]
    server.join(20)
    assert [len(a) for a, _ in found] == [100] * 6 + [40]
    assert np.array_equal(np.concatenate([a for a, _ in found]), X)
    assert np.array_equal(np.concatenate([b for _, b in found]), Y)


def test_a_model_learns_from_fifos(tmp_path):
    server = serve(tmp_path, *[DATA] * 8)
    channel = rs.pipe.Channel(
        "train", tmp_path, rows=32, shuffle=200, last="drop", timeout_s=20
    )
    weights, bias = tf.Variable(tf.zeros((3, 1))), tf.Variable(0.0)
    losses = []
    for epoch in range(8):
        for features, labels in dataset(channel, epoch, 3):
            with tf.GradientTape() as tape:
                errors = (features @ weights)[:, 0] + bias - labels
                loss = tf.reduce_mean(errors**2)
            for variable, slope in zip(
                (weights, bias), tape.gradient(loss, (weights, bias))
            ):
                variable.assign_sub(0.1 * slope)
        losses.append(float(loss))
    server.join(20)
    print(f"losses {losses[0]:.3f} ... {losses[-1]:.2e}")
    assert losses[-1] < 1e-6
    assert np.allclose(weights.numpy(), WEIGHTS, atol=1e-3)


def test_the_page_s_script(tmp_path, monkeypatch, capsys):
    features = X[:, :2]
    (tmp_path / "data").mkdir()
    data = rs.encode(features, features @ np.array([2, -1], "float32") + 3)
    server = serve(tmp_path / "data", *[data] * 30)
    monkeypatch.setenv("SM_INPUT_DIR", str(tmp_path))
    exec(RECIPE, {})
    server.join(20)
    word, loss = capsys.readouterr().out.split()
    assert word == "loss" and float(loss) < 1e-6
