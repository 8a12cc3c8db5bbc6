"""Serving channels in pipe mode: real FIFOs, real readers."""

import gzip
import json
import os
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import recordsmith as rs
from fifos import OBJECTS, Taking, appears, fifos_in, script, take
from recordsmith.errors import InputError, PipeTimeoutError
from recordsmith.pipe import Feed, Server, serve

# -- epochs ----------------------------------------------------------------------------


def test_three_epochs_of_objects_in_order(objects, tmp_path):
    folder = tmp_path / "data"
    with Server({"train": objects}, epochs=3, directory=folder) as server:
        for epoch in range(3):
            assert take(folder / f"train_{epoch}") == OBJECTS
        server.wait()
    served = server.result()
    assert [(one.epoch, one.bytes, one.ended) for one in served.deliveries] == [
        (epoch, len(OBJECTS), "whole") for epoch in range(3)
    ]
    assert served.unopened == ()
    assert not folder.exists()


def test_one_fifo_at_a_time(objects, tmp_path):
    """The next one appears when the one before was read, and is gone."""
    with Server({"train": objects}, directory=tmp_path) as server:
        assert fifos_in(tmp_path) == ["train_0"]
        with open(tmp_path / "train_0", "rb") as file:
            assert file.read(6) == b"first\n"
            time.sleep(0.1)
            assert fifos_in(tmp_path) == ["train_0"]
            file.read()
        appears(tmp_path / "train_1")
        assert fifos_in(tmp_path) == ["train_1"]
    assert fifos_in(tmp_path) == []
    assert [one.ended for one in server.result().deliveries] == ["whole"]


def test_closing_early_is_allowed_and_counted(objects, tmp_path):
    with Server({"train": objects}, epochs=2, directory=tmp_path) as server:
        assert take(tmp_path / "train_0", 1000) == OBJECTS[:1000]
        assert take(tmp_path / "train_1") == OBJECTS
        server.wait()
    first, second = server.result().deliveries
    assert (first.bytes, first.ended) == (1000, "closed")
    assert (second.bytes, second.ended) == (len(OBJECTS), "whole")


def test_opening_and_closing_at_once_is_an_epoch(objects, tmp_path):
    (tmp_path / "nothing").write_bytes(b"")
    feeds = {"train": objects, "test": tmp_path / "nothing"}
    with Server(feeds, epochs=30, directory=tmp_path, timeout_s=20) as server:
        for number in range(30):
            rs.open_pipe(tmp_path, "train", epoch=number, timeout_s=5).close()
            rs.open_pipe(tmp_path, "test", epoch=number, timeout_s=5).close()
        server.wait()
    served = [(one.channel, one.ended) for one in server.result().deliveries]
    assert served == 30 * [("train", "closed")] + 30 * [("test", "whole")]


def test_all_bytes_without_the_end_are_an_epoch(tmp_path):
    """A reader that knows how much there is need not look for more."""
    (tmp_path / "a").write_bytes(b"12345678")
    with Server({"train": tmp_path / "a"}, epochs=1, directory=tmp_path) as server:
        assert take(tmp_path / "train_0", 8) == b"12345678"
        server.wait()
    assert [(one.bytes, one.ended) for one in server.result().deliveries] == [
        (8, "whole")
    ]


def test_small_data_are_not_delivered_before_they_are_read(tmp_path):
    """What is in the pipe counts for nothing."""
    (tmp_path / "a").write_bytes(b"12345678")
    with Server({"train": tmp_path / "a"}, epochs=2, directory=tmp_path) as server:
        with open(tmp_path / "train_0", "rb", buffering=0) as file:
            assert file.read(3) == b"123"
        appears(tmp_path / "train_1")
    result = server.result()
    assert [(one.bytes, one.ended) for one in result.deliveries] == [(3, "closed")]
    assert result.unopened == (("train", 1),)


def test_two_channels_at_once(objects, tmp_path):
    validation = tmp_path / "validation"
    validation.write_bytes(b"1,2\n" * 500_000)
    with Server({"train": objects, "validation": validation}, epochs=2) as server:
        for epoch in range(2):
            # Both FIFOs are open, and neither is read to its end first.
            readers = [
                Taking(f"{server.directory}/{name}_{epoch}")
                for name in ("validation", "train")
            ]
            assert readers[0].got == b"1,2\n" * 500_000
            assert readers[1].got == OBJECTS
        server.wait()
    names = [(one.channel, one.epoch) for one in server.result().deliveries]
    assert names == [("train", 0), ("train", 1), ("validation", 0), ("validation", 1)]


def test_channels_do_not_wait_for_each_other(objects, tmp_path):
    with Server({"train": objects, "test": objects}, directory=tmp_path) as server:
        for epoch in range(3):
            assert take(tmp_path / f"train_{epoch}") == OBJECTS
        assert take(tmp_path / "test_0") == OBJECTS
    epochs = [(one.channel, one.epoch) for one in server.result().deliveries]
    assert epochs == [("train", 0), ("train", 1), ("train", 2), ("test", 0)]


def test_a_late_and_slow_reader_gets_everything(objects, tmp_path):
    with Server({"train": objects}, epochs=1, directory=tmp_path) as server:
        time.sleep(0.3)
        got = b""
        with open(tmp_path / "train_0", "rb", buffering=0) as file:
            while piece := file.read(100_000):
                got += piece
                time.sleep(0.01)
        server.wait()
    assert got == OBJECTS
    (delivery,) = server.result().deliveries
    assert 0 < delivery.waited_s <= delivery.seconds


# -- readers that do not read ----------------------------------------------------------


def test_nobody_comes(objects, tmp_path):
    with pytest.raises(PipeTimeoutError) as caught:
        serve(objects, directory=tmp_path, timeout_s=0.2)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/train_0: nobody opened epoch 0 of channel")
    assert fifos_in(tmp_path) == []


def test_nobody_comes_for_a_later_epoch(objects, tmp_path):
    options = {"directory": tmp_path, "timeout_s": 0.3}

    def attempt():
        with Server({"train": objects}, epochs=3, **options) as server:
            take(tmp_path / "train_0")
            server.wait()

    with pytest.raises(
        PipeTimeoutError, match="nobody opened epoch 1 of channel 'train'"
    ):
        attempt()
    # Without a number of epochs, nobody has to come for the next.
    with Server({"train": objects}, **options):
        take(tmp_path / "train_0")
        time.sleep(0.6)
        assert take(tmp_path / "train_1") == OBJECTS


@pytest.mark.parametrize("n_bytes", [0, 100_000, len(OBJECTS) - 10])
def test_a_reader_that_stalls(n_bytes, objects, tmp_path):
    """Also if what is left is in the pipe, and nothing is left to be written."""
    server = Server({"train": objects}, epochs=1, directory=tmp_path, timeout_s=0.3)

    def attempt():
        with server, open(tmp_path / "train_0", "rb", buffering=0) as file:
            taken = 0
            while taken < n_bytes:
                taken += len(file.read(n_bytes - taken))
            server.wait()

    with pytest.raises(PipeTimeoutError, match="train_0: the reader took nothing for 0."):
        attempt()
    assert fifos_in(tmp_path) == []
    (delivery,) = server.result().deliveries
    assert (delivery.bytes, delivery.ended) == (n_bytes, "cut")


def test_a_reader_that_takes_bytes_one_by_one_does_not_stall(tmp_path):
    """A pipe gives room only by whole pages."""
    (tmp_path / "a").write_bytes(bytes(2 << 20))
    with Server(
        {"train": tmp_path / "a"}, epochs=1, directory=tmp_path, timeout_s=0.5
    ) as server:
        with open(tmp_path / "train_0", "rb", buffering=0) as file:
            for _ in range(12):
                assert file.read(1) == b"\0"
                time.sleep(0.1)
        server.wait()
    assert [one.bytes for one in server.result().deliveries] == [12]


def test_what_one_channel_takes_counts_for_all(objects, tmp_path):
    feeds = {"train": objects, "validation": objects}
    with Server(feeds, epochs=1, directory=tmp_path, timeout_s=0.6) as server:
        with open(tmp_path / "train_0", "rb", buffering=0) as file:
            for _ in range(10):
                file.read(1000)
                time.sleep(0.1)
            assert take(tmp_path / "validation_0") == OBJECTS
        server.wait()
    assert [one.ended for one in server.result().deliveries] == ["closed", "whole"]


# -- both ends -------------------------------------------------------------------------


def test_open_pipe_reads_what_is_served():
    """Three epochs of two channels, taken by turns."""
    X = np.arange(60_000, dtype="float32").reshape(-1, 4)
    feeds = {"train": Feed(X, y=np.arange(len(X))), "test": Feed(X[:10])}
    with Server(feeds, epochs=3, timeout_s=60) as server:
        for epoch in range(3):
            options = {"epoch": epoch, "timeout_s": 60}
            train = rs.open_pipe(server.directory, "train", rows=1000, **options)
            with train, rs.open_pipe(server.directory, "test", **options) as test:
                first = next(train)
                assert np.array_equal(next(test).features, X[:10])
                rest = list(train)
                assert next(test, None) is None
            batches = [first, *rest]
            assert [batch.n_rows for batch in batches] == [1000] * 15
            assert np.array_equal(np.vstack([batch.features for batch in batches]), X)
        server.wait()
    assert {one.ended for one in server.result().deliveries} == {"whole"}


def test_open_pipe_closes_early():
    X = np.zeros((500_000, 4), "float32")
    with Server({"train": X}, epochs=2, timeout_s=60) as server:
        with rs.open_pipe(server.directory, "train", rows=10) as batches:
            next(batches)
        with rs.open_pipe(server.directory, "train", epoch=1) as batches:
            assert sum(batch.n_rows for batch in batches) == len(X)
        server.wait()
    assert [one.ended for one in server.result().deliveries] == ["closed", "whole"]


# -- how far it runs ahead -------------------------------------------------------------


@pytest.mark.parametrize("mib", [4, 16])
def test_the_server_runs_ahead_by_a_pipe_at_most(mib, tmp_path):
    path = tmp_path / "a"
    with open(path, "wb") as file:
        file.truncate(mib << 20)
    reads = []
    real = os.sendfile

    def counted(*args):
        reads.append(real(*args))
        return reads[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "sendfile", counted)
        server = Server({"train": path}, epochs=1, directory=tmp_path)
        with server, open(tmp_path / "train_0", "rb", buffering=0) as file:
            taken = 0
            for _ in range(20):
                taken += len(file.read(10_000))
                time.sleep(0.02)
            assert taken < sum(reads) <= taken + (1 << 20)
    assert server.result().deliveries[0].bytes == taken


# -- commands --------------------------------------------------------------------------


def test_a_command_reads_and_ends(objects):
    body = """
for epoch in range(2):
    assert take(epoch).endswith(b"last\\n")
"""
    served = serve(objects, command=script(body), epochs=2)
    assert served.exit_code == 0
    assert [one.ended for one in served.deliveries] == ["whole", "whole"]


def test_a_command_reads_as_many_epochs_as_it_likes(objects):
    served = serve(objects, command=script("for epoch in range(5): take(epoch)"))
    assert [one.epoch for one in served.deliveries] == [0, 1, 2, 3, 4]
    assert served.unopened == ()


def test_a_command_that_fails_mid_epoch(objects):
    body = "file = open(fifo(0), 'rb', buffering=0)\nfile.read(3)\nsys.exit(3)"
    served = serve(objects, command=script(body), epochs=3)
    assert served.exit_code == 3
    assert served.deliveries[0].bytes == 3
    assert served.deliveries[0].ended in ("closed", "cut")
    assert served.unopened == (("train", 1), ("train", 2))


def test_a_command_that_dies_of_a_signal(objects):
    body = "file = open(fifo(0), 'rb')\nfile.read(7)\nos.kill(os.getpid(), 9)"
    assert serve(objects, command=script(body)).exit_code == -9


def test_a_command_that_opens_nothing(objects):
    served = serve(objects, command=script(""))
    assert (served.exit_code, served.deliveries) == (0, ())
    assert served.unopened == (("train", 0),)


def test_a_command_that_stalls_is_terminated(objects, tmp_path):
    body = f"""
open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
file = open(fifo(0), "rb", buffering=0)
file.read(7)
time.sleep(1000)
"""
    with pytest.raises(PipeTimeoutError, match="took nothing for"):
        serve(objects, command=script(body), timeout_s=2)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize("failing", ["train", "validation"])
def test_a_command_never_takes_a_part_for_the_whole(failing, objects, tmp_path):
    """Where serving fails, a command is ended before it can find the end of its FIFO."""
    (objects / "z").write_text("not compressed")
    (tmp_path / "long").write_bytes(bytes(64 << 20))
    feeds = {"train": tmp_path / "long", "validation": tmp_path / "long"}
    (tmp_path / "a.gz").write_bytes(gzip.compress(bytes(3 << 20)))
    bad = Feed([tmp_path / "a.gz", objects / "z"], gzip=True)
    body = f"""
import threading
def read(name):
    take(0, name)
    open({str(tmp_path / "ended")!r} + name, "w").close()
for name in ("train", "validation"):
    threading.Thread(target=read, args=[name]).start()
"""
    with pytest.raises(InputError, match="not compressed with gzip"):
        serve({**feeds, failing: bad}, command=script(body))
    assert not (tmp_path / f"ended{failing}").exists()


def test_a_command_that_does_not_exist(objects, tmp_path):
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        serve(objects, command=["no-such-program"], directory=tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_what_a_command_is_told(objects, tmp_path):
    out = tmp_path / "told.json"
    body = f"""
import json
config = os.environ["SM_INPUT_CONFIG_DIR"]
told = {{name: json.load(open(f"{{config}}/{{name}}")) for name in os.listdir(config)}}
told["environment"] = {{k: v for k, v in os.environ.items() if k.startswith("SM_")}}
json.dump(told, open({str(out)!r}, "w"))
"""
    served = serve(
        {
            "train": Feed(objects, content_type="text/csv", wrap="recordio"),
            "my-test": Feed(objects, shard=(0, 2)),
            "rows": np.zeros((2, 2), "float32"),
        },
        command=script(body),
        hyperparameters={"epochs": 3, "mode": "fast"},
    )
    assert served.exit_code == 0
    told = json.loads(out.read_text())
    assert told["inputdataconfig.json"] == {
        "train": {
            "ContentType": "text/csv",
            "TrainingInputMode": "Pipe",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "RecordIO",
        },
        "my-test": {
            "TrainingInputMode": "Pipe",
            "S3DistributionType": "ShardedByS3Key",
            "RecordWrapperType": "None",
        },
        "rows": {
            "ContentType": "application/x-recordio-protobuf",
            "TrainingInputMode": "Pipe",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        },
    }
    assert told["hyperparameters.json"] == {"epochs": "3", "mode": "fast"}
    assert told["resourceconfig.json"]["hosts"] == ["algo-1"]
    environment = told["environment"]
    folder = Path(environment["SM_INPUT_DIR"])
    assert environment["SM_CHANNEL_TRAIN"] == str(folder / "data" / "train")
    assert json.loads(environment["SM_CHANNELS"]) == ["my-test", "rows", "train"]
    assert not folder.exists()


def test_what_a_command_leaves_in_the_model_folder_is_kept(objects):
    body = "open(os.environ['SM_MODEL_DIR'] + '/model.txt', 'w').write('learnt')"
    served = serve(objects, command=script(body))
    kept = Path(served.kept)
    assert (kept / "model" / "model.txt").read_text() == "learnt"
    assert sorted(one.name for one in kept.iterdir()) == ["model", "output"]
    shutil.rmtree(kept)
    assert serve(objects, command=script("")).kept is None


def test_files_in_a_given_folder_stay(objects, tmp_path):
    data = tmp_path / "input" / "data"
    data.mkdir(parents=True)
    (data / "note").write_text("mine")
    serve(objects, directory=data, command=script("take(0)"))
    assert [one.name for one in data.iterdir()] == ["note"]
    assert not (tmp_path / "input" / "config").exists()
    serve(objects, directory=tmp_path / "new" / "data", command=script("take(0)"))
    assert not (tmp_path / "new").exists()


def test_nothing_is_left_open(objects, tmp_path):
    def fds():
        return sorted(os.listdir("/proc/self/fd"))

    serve(objects, command=script("take(0)"))
    before, threads = fds(), threading.active_count()
    for _ in range(3):
        serve(objects, command=script("take(0); take(1)"), epochs=2)
        with pytest.raises(PipeTimeoutError):
            serve(objects, directory=tmp_path, timeout_s=0.05)
    assert fds() == before
    assert threading.active_count() == threads
