"""Reading channels through real FIFOs: late, slow, dying and several writers."""

import gc
import gzip
import io
import os
import signal
import threading
import time

import numpy as np
import pytest

import recordsmith as rs
from feeding import WAIT_S, fed, writer
from recordsmith.errors import FormatError, InputError, ParseError, PipeTimeoutError
from recordsmith.frames import wrap

X = np.arange(3000, dtype="float32").reshape(1000, 3)
Y = np.arange(1000, dtype="float32")
DATA = rs.encode(X, Y)
FRAME = len(DATA) // 1000  # all rows are equally long
CSV = "text/csv;label_size=1"


def channel(folder, name="train", **options):
    return rs.pipe.Channel(name, folder, **{"timeout_s": WAIT_S, **options})


def labels(batches):
    return np.concatenate([batch.labels for batch in batches])


def fails(reader, error, reason, epoch=0):
    with pytest.raises(error, match=reason):
        list(reader.epoch(epoch))


# -- the platform's way ----------------------------------------------------------------


def test_three_epochs_through_three_fifos(tmp_path):
    with fed(tmp_path, "train", DATA, DATA[: 500 * FRAME], DATA) as taken:
        got = [
            (epoch.number, epoch.is_fifo, labels(epoch), epoch.n_rows)
            for epoch in channel(tmp_path, rows=64).epochs(3)
        ]
    assert [(number, piped, n) for number, piped, _, n in got] == [
        (0, True, 1000),
        (1, True, 500),
        (2, True, 1000),
    ]
    for _, _, found, n in got:
        assert np.array_equal(found, Y[:n])
    assert taken == [len(DATA), len(DATA) // 2, len(DATA)]


def test_a_fifo_that_comes_late_and_dribbles(tmp_path):
    late = {"delay_s": 0.3, "piece": 7, "pause_s": 1e-4}
    with fed(tmp_path, "train", DATA[: 50 * FRAME], **late):
        found = list(rs.open_pipe(tmp_path, "train", rows=20, timeout_s=WAIT_S))
    assert [batch.n_rows for batch in found] == [20, 20, 10]
    assert [batch.first_row for batch in found] == [0, 20, 40]
    assert np.array_equal(np.concatenate([b.features for b in found]), X[:50])


def test_a_writer_that_comes_late_to_its_fifo(tmp_path):
    (tmp_path / "data").write_bytes(DATA)
    os.mkfifo(tmp_path / "train_0")
    batches = rs.open_pipe(tmp_path, "train", timeout_s=WAIT_S)
    late = writer(tmp_path, "sleep 0.3; cat data > train_0")
    assert np.array_equal(labels(batches), Y)
    assert late.wait(WAIT_S) == 0


def test_two_channels_at_once(tmp_path):
    with fed(tmp_path, "train", DATA), fed(tmp_path, "validation", DATA[: 100 * FRAME]):
        train = channel(tmp_path, rows=100).epoch(0)
        validation = channel(tmp_path, "validation", rows=10).epoch(0)
        pairs = list(zip(train, validation))
        train.close()
        validation.close()
    assert [(a.n_rows, b.n_rows) for a, b in pairs] == [(100, 10)] * 10
    assert np.array_equal(labels(a for a, _ in pairs), Y)
    assert np.array_equal(labels(b for _, b in pairs), Y[:100])


def test_stopping_early_closes_the_fifo_and_the_next_epoch_opens_the_next(tmp_path):
    large = DATA * 1000  # 56 MB: more than is read ahead
    with fed(tmp_path, "train", large, DATA) as taken:
        for epoch in channel(tmp_path, rows=10).epochs(2):
            first = next(epoch)
            assert np.array_equal(first.labels, Y[:10])
            if epoch.number == 1:
                assert len(list(epoch)) == 99
    assert taken[0] < len(large)
    assert taken[1] == len(DATA)


def test_opening_an_epoch_closes_the_one_before(tmp_path):
    reader = channel(tmp_path, rows=10)
    with fed(tmp_path, "train", DATA * 1000, DATA):
        before = reader.epoch(0)
        next(before)
        now = reader.epoch(1)
        with pytest.raises(InputError, match="epoch 0 of channel 'train' was closed"):
            next(before)
        assert np.array_equal(labels(now), Y)


def test_passes_over_files_do_not_close_each_other(tmp_path):
    (tmp_path / "train").write_bytes(DATA)
    reader = channel(tmp_path, rows=500)
    first, second = reader.epoch(0), reader.epoch(1)
    pairs = [(a.labels, b.labels) for a, b in zip(first, second)]
    assert np.array_equal(np.concatenate([a for a, _ in pairs]), Y)
    assert np.array_equal(np.concatenate([b for _, b in pairs]), Y)


@pytest.mark.parametrize("prefetch", [0, 2])
def test_an_epoch_that_was_never_begun_is_closed_too(tmp_path, prefetch):
    before = len(os.listdir("/proc/self/fd"))
    with fed(tmp_path, "train", DATA):
        epoch = channel(tmp_path, prefetch=prefetch).epoch(0)
        epoch.close()
        epoch.close()
        with pytest.raises(InputError, match="was closed before its end"):
            next(epoch)
    assert len(os.listdir("/proc/self/fd")) == before


def test_nothing_is_left_open(tmp_path):
    before, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    with fed(tmp_path, "train", *[DATA] * 4):
        for epoch in channel(tmp_path, rows=10).epochs(4):
            next(epoch)
    with fed(tmp_path, "broken", DATA[:-1]), pytest.raises(FormatError):
        list(channel(tmp_path, "broken").epoch(0))
    assert len(os.listdir("/proc/self/fd")) == before
    assert threading.active_count() == threads


def test_an_epoch_that_is_forgotten_ends_its_reading(tmp_path):
    threads = threading.active_count()
    with fed(tmp_path, "train", DATA * 1000) as taken:
        next(rs.open_pipe(tmp_path, "train", rows=10, timeout_s=WAIT_S))
        gc.collect()
    assert taken[0] < 1000 * len(DATA)
    assert threading.active_count() == threads


def test_a_slow_reader_holds_the_writer_up(tmp_path):
    """What is read ahead is bounded, however long the stream."""
    data = DATA * 1500  # 84 MB
    with fed(tmp_path, "train", data, piece=1 << 20) as taken:
        epoch = channel(tmp_path, rows=1000).epoch(0)
        next(epoch)
        time.sleep(0.5)
        epoch.close()
    assert 0 < taken[0] < 48 << 20


@pytest.mark.parametrize("step", [1, 3, FRAME - 1, FRAME, FRAME + 1, 4096])
def test_however_the_bytes_arrive_the_rows_are_the_same(tmp_path, step):
    with fed(tmp_path, "train", DATA[: 40 * FRAME], piece=step):
        batches = list(channel(tmp_path, rows=7, shuffle=20, seed=3).epoch(0))
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "a.pbr").write_bytes(DATA[: 40 * FRAME])
    expected = list(channel(tmp_path, "whole", rows=7, shuffle=20, seed=3).epoch(0))
    assert [batch.n_rows for batch in batches] == [7, 7, 7, 7, 7, 5]
    for one, other in zip(batches, expected):
        assert np.array_equal(one.features, other.features)
        assert np.array_equal(one.labels, other.labels)


# -- formats ---------------------------------------------------------------------------


def test_csv_of_several_objects(tmp_path):
    with fed(tmp_path, "train", b"1,2,3\n4,5,6\n7,8,9\n"):
        options = {"content_type": CSV, "dtype": "float32", "rows": 9}
        (batch,) = channel(tmp_path, **options).epoch(0)
    assert batch.features.dtype == np.float32
    assert batch.features.tolist() == [[2, 3], [5, 6], [8, 9]]
    assert batch.labels.tolist() == [1, 4, 7]


def test_gzip_of_several_objects_in_one_fifo(tmp_path):
    objects = gzip.compress(b"1,2\n3,4\n") + gzip.compress(b"5,6\n")
    records = gzip.compress(DATA) + gzip.compress(DATA)
    with fed(tmp_path, "train", objects), fed(tmp_path, "records", records):
        options = {"content_type": "text/csv;label_size=0", "rows": 9}
        (batch,) = channel(tmp_path, **options).epoch(0)
        found = labels(channel(tmp_path, "records").epoch(0))
    assert batch.features.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert batch.labels is None
    assert np.array_equal(found, np.tile(Y, 2))


def test_gzip_that_ends_early(tmp_path):
    with (
        fed(tmp_path, "train", gzip.compress(DATA)[:-9]),
        pytest.raises(FormatError, match="train_0: the gzip data ends in the middle"),
    ):
        list(channel(tmp_path).epoch(0))


def test_libsvm(tmp_path):
    options = {"content_type": "text/libsvm", "index_base": 1, "n_features": 3}
    with fed(tmp_path, "train", b"1 1:5 3:7\n0 2:6\n"):
        (batch,) = channel(tmp_path, **options).epoch(0)
    assert batch.features.toarray().tolist() == [[5, 0, 7], [0, 6, 0]]
    assert batch.labels.tolist() == [1, 0]


def test_libsvm_without_an_index_base_is_refused(tmp_path):
    with (
        fed(tmp_path, "train", b"1 1:5 3:7\n0 2:6\n"),
        pytest.raises(InputError, match="index_base= and n_features= must be stated"),
    ):
        list(channel(tmp_path, content_type="text/libsvm").epoch(0))


def test_json_lines(tmp_path):
    text = b'{"y": 1, "x": [1.5, 2]}\n{"y": 0, "x": [3, 4]}\n'
    options = {"content_type": "application/jsonlines", "label": "y"}
    with fed(tmp_path, "train", text):
        (batch,) = channel(tmp_path, **options).epoch(0)
    assert batch.features.tolist() == [[1.5, 2], [3, 4]]
    assert batch.labels.tolist() == [1, 0]


def test_augmented_manifest_examples(tmp_path):
    pairs = [(b"image-%d" % i * i, b'{"class": %d}' % i) for i in range(20)]
    data = b"".join(wrap(part) for pair in pairs for part in pair)
    options = {"content_type": "application/x-recordio", "group": 2}
    with fed(tmp_path, "train", data, data, data):
        reader = channel(tmp_path, **options)
        assert list(reader.epoch(0)) == pairs
        reader = channel(tmp_path, **options, rows=8, last="drop", shuffle=6, seed=1)
        lists = list(reader.epoch(1))
        reader = channel(tmp_path, **options, shard=(1, 3))
        third = reader.epoch(2)
        assert list(third) == pairs[1::3]
        assert third.n_rows == 7
    assert [len(one) for one in lists] == [8, 8]
    assert len({pair for one in lists for pair in one} & set(pairs)) == 16


def test_frames_that_end_inside_a_group_or_a_frame(tmp_path):
    options = {"frames": True, "group": 2}
    data = wrap(b"a") + wrap(b"b") + wrap(b"c")
    with fed(tmp_path, "train", data), fed(tmp_path, "cut", data[:-5]):
        with pytest.raises(FormatError, match=r"train_0: .* inside a group: 1 of 2"):
            list(channel(tmp_path, **options).epoch(0))
        with pytest.raises(FormatError, match=r"cut_0: record 3, byte 24: the data end"):
            list(channel(tmp_path, "cut", **options).epoch(0))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"1,2\n3,4\n", "neither the first bytes"),
        (b"PAR1", "not read from front to back"),
    ],
)
def test_what_a_fifo_without_content_type_cannot_be(tmp_path, data, reason):
    with fed(tmp_path, "train", data), pytest.raises(InputError, match=reason):
        list(channel(tmp_path).epoch(0))


# -- writers that fail -----------------------------------------------------------------


@pytest.mark.parametrize("policy", ["raise", "skip"])
@pytest.mark.parametrize("prefetch", [0, 2])
def test_a_writer_killed_inside_a_record(tmp_path, policy, prefetch):
    """Truncated, says the reader, with record and byte; never a short record."""
    (tmp_path / "data").write_bytes(DATA[: 10 * FRAME + FRAME // 2])
    os.mkfifo(tmp_path / "train_0")
    dying = writer(tmp_path, "exec > train_0; cat data; kill -9 $$")
    epoch = channel(tmp_path, rows=5, on_error=policy, prefetch=prefetch).epoch(0)
    found = [next(epoch), next(epoch)]
    with pytest.raises(FormatError) as caught:
        next(epoch)
    assert dying.wait(WAIT_S) == -signal.SIGKILL
    assert np.array_equal(labels(found), Y[:10])
    error = caught.value
    assert (error.row, error.offset) == (11, 10 * FRAME)
    assert error.path == str(tmp_path / "train_0")
    assert "the data end inside a frame" in str(error)
    assert "what writes to the FIFO has died" in str(error)
    assert next(epoch, None) is None


def test_a_writer_that_stalls(tmp_path):
    os.mkfifo(tmp_path / "train_0")
    (tmp_path / "data").write_bytes(DATA[: 2 * FRAME])
    stalled = writer(tmp_path, "exec > train_0; cat data; sleep 60")
    try:
        with pytest.raises(PipeTimeoutError) as caught:
            list(channel(tmp_path, timeout_s=0.3).epoch(0))
    finally:
        stalled.kill()
        stalled.wait(WAIT_S)
    assert isinstance(caught.value, TimeoutError)
    assert f"after {2 * FRAME} bytes nothing more came within 0.3 s" in str(caught.value)


def test_a_fifo_that_nobody_writes_to(tmp_path):
    os.mkfifo(tmp_path / "train_0")
    with pytest.raises(PipeTimeoutError, match="nobody has written to it within 0.2 s"):
        list(channel(tmp_path, timeout_s=0.2).epoch(0))


def test_a_fifo_that_does_not_come(tmp_path):
    os.mkfifo(tmp_path / "train_1")
    (tmp_path / "validation").mkdir()
    (tmp_path / "a.csv").write_text("1\n")
    with pytest.raises(PipeTimeoutError) as caught:
        channel(tmp_path, timeout_s=0.2).epoch(0)
    text = str(caught.value)
    assert text.startswith(f"{tmp_path}/train_0: no such FIFO and no {tmp_path}/train ")
    assert "after 0.2 s" in text
    assert f"{tmp_path} holds a.csv, train_1 (FIFO), validation/" in text


@pytest.mark.parametrize("prefetch", [0, 2])
def test_an_epoch_without_a_byte(tmp_path, prefetch):
    options = {"prefetch": prefetch, "content_type": CSV}
    with fed(tmp_path, "train", b"", b""):
        with pytest.raises(InputError, match="epoch 0 of channel 'train' has no rows"):
            list(channel(tmp_path, **options).epoch(0))
        epoch = channel(tmp_path, allow_empty=True, **options).epoch(1)
        assert list(epoch) == []
        assert epoch.n_rows == 0


def test_an_interrupt_ends_the_waiting(tmp_path):
    os.mkfifo(tmp_path / "train_0")
    epoch = channel(tmp_path).epoch(0)
    interrupt = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        next(epoch)
    interrupt.join()
    assert time.monotonic() - started < WAIT_S / 2  # and not after timeout_s


# -- bad records -----------------------------------------------------------------------


def test_bad_records_are_skipped_and_counted(tmp_path):
    data = bytearray(DATA[: 20 * FRAME])
    data[5 * FRAME] ^= 1  # a magic number
    data[9 * FRAME + 9] ^= 0x80  # the length of a field
    with fed(tmp_path, "train", bytes(data)):
        epoch = channel(tmp_path, rows=6, on_error="skip").epoch(0)
        found = list(epoch)
    assert np.array_equal(labels(found), np.delete(Y[:20], [5, 9]))
    assert epoch.n_skipped == len(epoch.skipped) == 2
    assert [(one.begin, one.end, one.record) for one in epoch.skipped] == [
        (5 * FRAME, 6 * FRAME, 6),
        (9 * FRAME, 10 * FRAME, 9),
    ]
    assert epoch.skipped[0].path == str(tmp_path / "train_0")
    assert "no RecordIO frame begins here" in epoch.skipped[0].reason


def test_without_the_policy_they_are_errors(tmp_path):
    data = bytearray(DATA[: 20 * FRAME])
    data[5 * FRAME] ^= 1
    reason = f"record 6, byte {5 * FRAME}: no RecordIO frame"
    with fed(tmp_path, "train", bytes(data)):
        fails(channel(tmp_path), FormatError, reason)


def test_bad_lines_of_csv_are_skipped_and_counted(tmp_path):
    text = b"1,2,3\n4,5\n6,7,8\n9,10,11,12\n"
    with fed(tmp_path, "train", text, text):
        epoch = channel(tmp_path, content_type=CSV, on_error="skip").epoch(0)
        assert labels(epoch).tolist() == [1, 6]
        assert epoch.n_skipped == 2
        with pytest.raises(ParseError, match="line 2"):
            list(channel(tmp_path, content_type=CSV).epoch(1))


@pytest.mark.parametrize(
    ("options", "data", "reason"),
    [
        (
            {"content_type": "text/libsvm", "index_base": 0, "n_features": 3},
            b"1 1:2\n",
            "on_error='skip' cannot tell where the next row of libsvm begins",
        ),
        ({"frames": True}, wrap(b"a"), "raw frames have no option on_error='skip'"),
    ],
)
def test_what_cannot_be_skipped_is_refused(tmp_path, options, data, reason):
    with fed(tmp_path, "train", data), pytest.raises(InputError, match=reason):
        list(channel(tmp_path, on_error="skip", **options).epoch(0))


# -- the same script in all modes ------------------------------------------------------


def script(folder, **options):
    """What a training script does, whatever the mode."""
    reader = rs.pipe.Channel("train", folder, rows=32, timeout_s=WAIT_S, **options)
    return [np.concatenate([b.features for b in epoch]) for epoch in reader.epochs(2)]


@pytest.mark.parametrize("options", [{}, {"shuffle": 500, "seed": 7}, {"shard": (1, 4)}])
def test_the_same_rows_from_a_fifo_a_folder_and_a_file(tmp_path, options):
    folder, file, piped = (tmp_path / name for name in ("folder", "file", "piped"))
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "part-0.pbr").write_bytes(DATA[: 300 * FRAME])
    (folder / "train" / "part-1.pbr").write_bytes(DATA[300 * FRAME :])
    file.mkdir()
    (file / "train").write_bytes(DATA)
    piped.mkdir()
    with fed(piped, "train", DATA, DATA):
        found = [script(one, **options) for one in (folder, file, piped)]
    for epoch in (0, 1):
        for other in found[1:]:
            assert np.array_equal(found[0][epoch], other[epoch])
    assert found[0][0].shape == ((250, 3) if "shard" in options else (1000, 3))


def test_parquet_and_compressed_files_in_file_mode(tmp_path):
    (tmp_path / "train").mkdir()
    rs.write(tmp_path / "train" / "a.parquet", X[:10], Y[:10])
    (tmp_path / "text").mkdir()
    for number in (0, 1):
        data = gzip.compress(b"%d,2\n" % number)
        (tmp_path / "text" / f"{number}.csv.gz").write_bytes(data)
    reader = channel(tmp_path, content_type="application/x-parquet", label=0)
    assert sum(batch.n_rows for batch in reader.epoch(0)) == 10
    assert labels(channel(tmp_path, "text").epoch(0)).tolist() == [0, 1]


def test_a_stream_of_memory_is_what_iter_batches_reads(tmp_path):
    """The rows are those of the other way to read, bit for bit."""
    with fed(tmp_path, "train", DATA):
        found = list(channel(tmp_path).epoch(0))
    other = list(rs.iter_batches(io.BytesIO(DATA)))
    assert [b.n_rows for b in found] == [b.n_rows for b in other]
    for one, two in zip(found, other):
        assert one.features.tobytes() == two.features.tobytes()
