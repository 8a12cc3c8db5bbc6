"""Channels: what the job says of them, what is there, and options that are wrong."""

import json
import os
import pickle

import numpy as np
import pytest
import scipy.sparse as sp

import recordsmith as rs
from recordsmith.errors import InputError, ParseError, PipeTimeoutError
from recordsmith.pipe import Channel, open_pipe
from recordsmith.pipe.container import ChannelConfig, data_directory, host_shard
from recordsmith.pipe.content import content_of

ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


@pytest.fixture
def container(tmp_path):
    """A folder as /opt/ml/input: data and config, and what puts a file there."""

    class Container:
        data = tmp_path / "data"
        config = tmp_path / "config"

        def say(self, text="", name="inputdataconfig.json", **channels):
            text = text or json.dumps(channels)
            (self.config / name).write_text(text)

        def files(self, channel="train"):
            (self.data / channel).mkdir()
            rs.write(self.data / channel / "a.pbr", ROWS, [0, 1, 0])

        def fifo(self, channel="train", epoch=0):
            os.mkfifo(self.data / f"{channel}_{epoch}")

        def channel(self, name="train", **options):
            return Channel(name, self.data, **{"timeout_s": 0.05, **options})

    made = Container()
    made.data.mkdir()
    made.config.mkdir()
    return made


# -- the container ---------------------------------------------------------------------


def test_the_directory_is_the_one_named_or_the_container_s(monkeypatch):
    monkeypatch.delenv("SM_INPUT_DIR", raising=False)
    assert data_directory() == "/opt/ml/input/data"
    monkeypatch.setenv("SM_INPUT_DIR", "/elsewhere/input")
    assert data_directory() == "/elsewhere/input/data"
    assert data_directory(b"here") == "here"


def test_the_job_says_mode_and_content_type(container):
    container.say(
        train={
            "ContentType": "text/csv;label_size=2",
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
    )
    (container.data / "train").mkdir()
    (container.data / "train" / "part").write_text("1,2,3\n4,5,6\n")
    (batch,) = container.channel(rows=5).epoch(0)
    assert batch.labels.tolist() == [[1, 2], [4, 5]]
    assert batch.features.tolist() == [[3], [6]]


def test_an_option_overrides_the_job(container):
    container.say(train={"ContentType": "text/csv", "TrainingInputMode": "Pipe"})
    (container.data / "train").write_text("1,2\n")
    told = {"mode": "File", "content_type": "text/csv;label_size=0"}
    (batch,) = container.channel(**told).epoch(0)
    assert batch.labels is None


def test_the_configuration_may_be_elsewhere(container, tmp_path):
    container.files()
    (tmp_path / "other.json").write_text('{"train": {"TrainingInputMode": "Pipe"}}')
    channel = container.channel(config=tmp_path / "other.json")
    with pytest.raises(InputError, match=r"other.json says Pipe mode, .* are files"):
        channel.epoch(0)
    with pytest.raises(FileNotFoundError):
        container.channel(config=tmp_path / "missing.json")


def test_an_unknown_channel_is_refused_with_the_known_ones(container):
    container.say(train={}, validation={})
    with pytest.raises(InputError) as caught:
        container.channel("test")
    assert "no channel 'test': the job's channels are 'train', 'validation'" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ('{"train": {}', ParseError, "line 1: no JSON"),
        ("[1]", InputError, "holds list, expected an object"),
        ('{"train": 3}', InputError, "line 1: train is 3, expected an object"),
        (
            '{"train":\n {"TrainingInputMode": "Tape"}}',
            InputError,
            "line 2: train.TrainingInputMode is 'Tape', expected one of File, FastFile",
        ),
        (
            '{"train": {"RecordWrapperType": "Gift"}}',
            InputError,
            "RecordWrapperType is 'Gift', expected one of None, RecordIO",
        ),
        ('{"train": {"ContentType": 1}}', InputError, "ContentType is 1, expected text"),
    ],
)
def test_a_wrong_configuration(container, text, error, reason):
    container.say(text)
    with pytest.raises(error, match=reason) as caught:
        container.channel()
    assert caught.value.path == str(container.config / "inputdataconfig.json")


@pytest.mark.parametrize("name", ["", "a/b", "x" * 65])
def test_names_that_no_channel_has(container, name):
    with pytest.raises(InputError, match="cannot be the name of a channel"):
        container.channel(name)


# -- what is there ---------------------------------------------------------------------


def test_both_a_fifo_and_a_folder_need_a_word(container):
    container.files()
    container.fifo()
    with pytest.raises(InputError) as caught:
        container.channel().epoch(0)
    assert f"a FIFO, {container.data}/train_0, and files, {container.data}/train" in str(
        caught.value
    )
    assert container.channel(mode="File").epoch(0).is_fifo is False
    assert container.channel(mode="Pipe").epoch(0).is_fifo is True


@pytest.mark.parametrize("mode", ["File", "FastFile"])
def test_file_mode_and_a_fifo_contradict_each_other(container, mode):
    container.say(train={"TrainingInputMode": mode})
    container.fifo()
    with pytest.raises(InputError) as caught:
        container.channel().epoch(0)
    assert f"inputdataconfig.json says {mode} mode, and there is no" in str(caught.value)
    assert f"but a FIFO, {container.data}/train_0" in str(caught.value)


def test_file_mode_without_files_does_not_wait(container):
    with pytest.raises(
        InputError, match="mode= says File mode, and there is no .*/train"
    ):
        container.channel(mode="File", timeout_s=1000).epoch(0)


def test_an_empty_folder_does_not_contradict_pipe_mode(container):
    (container.data / "train").mkdir()
    with pytest.raises(
        PipeTimeoutError, match=f"^{container.data}/train_0: no such FIFO "
    ):
        container.channel(mode="Pipe").epoch(0)


def test_an_empty_folder_in_file_mode(container):
    (container.data / "train").mkdir()
    with pytest.raises(InputError, match="the folder holds no file to read"):
        next(container.channel().epoch(0))


@pytest.mark.parametrize("frames", [None, True])
def test_a_host_without_files_may_be_allowed(frames, container):
    (container.data / "train").mkdir()
    told = container.channel(allow_empty=True, frames=frames)
    assert list(told.epoch(0)) == []


@pytest.mark.parametrize(
    "content_type",
    [None, "text/csv", "application/jsonlines", "application/x-recordio-protobuf"],
)
def test_files_without_a_byte_have_no_rows(content_type, container):
    (container.data / "train").mkdir()
    for name in ("a", "b"):
        (container.data / "train" / name).write_bytes(b"")
    told = container.channel(content_type=content_type)
    with pytest.raises(InputError, match="epoch 0 of channel 'train' has no rows"):
        next(told.epoch(0))
    told = container.channel(content_type=content_type, allow_empty=True)
    assert list(told.epoch(0)) == []


@pytest.mark.parametrize(
    ("content_type", "row"),
    [("text/csv", "1,2\n"), ("application/jsonlines", '{"x": 2}\n')],
)
def test_a_file_without_a_byte_is_as_in_pipe_mode(content_type, row, container):
    (container.data / "train").mkdir()
    for name, text in [("a", ""), ("b", row), ("c", ""), ("d", row)]:
        (container.data / "train" / name).write_text(text)
    epoch = container.channel(content_type=content_type).epoch(0)
    assert np.concatenate([batch.features for batch in epoch]).tolist() == [[2], [2]]


def test_a_directory_that_is_not_there_is_not_waited_for(tmp_path):
    with pytest.raises(InputError, match="no such folder of inputs") as caught:
        open_pipe(tmp_path / "no", "train", timeout_s=1000)
    assert caught.value.path == str(tmp_path / "no")


def test_a_regular_file_in_the_place_of_a_fifo(container):
    (container.data / "train_0").write_bytes(b"")
    with pytest.raises(InputError, match="regular file stands where the FIFO"):
        container.channel().epoch(0)


def test_file_mode_minds_no_file_that_looks_like_an_epoch(container):
    container.files()
    (container.data / "train_0").write_bytes(b"")
    assert next(container.channel(mode="File").epoch(0)).n_rows == 3


def test_a_link_to_a_fifo_is_one(container, tmp_path):
    os.mkfifo(tmp_path / "elsewhere")
    (container.data / "train_0").symlink_to(tmp_path / "elsewhere")
    with container.channel(mode="Pipe").epoch(0) as epoch:
        assert epoch.is_fifo


def test_a_negative_epoch(container):
    with pytest.raises(InputError, match="epoch is -1"):
        container.channel().epoch(-1)
    with pytest.raises(InputError, match="n is -1"):
        next(container.channel().epochs(-1))


def test_epochs_may_begin_later(container):
    container.files()
    assert [one.number for one in container.channel().epochs(2, first=5)] == [5, 6]


# -- hosts -----------------------------------------------------------------------------


def test_the_share_of_a_host(container):
    container.files()
    hosts = {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]}
    container.say(name="resourceconfig.json", **hosts)
    (batch,) = container.channel(shard="auto", rows=9).epoch(0)
    assert batch.features.tolist() == [ROWS[1]]
    container.say(train={"S3DistributionType": "ShardedByS3Key"})
    (batch,) = container.channel(shard="auto", rows=9).epoch(0)
    assert batch.features.tolist() == ROWS


def test_a_share_that_nobody_knows(container):
    config = ChannelConfig()
    with pytest.raises(InputError, match="there is no resourceconfig.json"):
        host_shard(str(container.data), config)
    container.say('{"current_host": "a", "hosts": ["b"]}', name="resourceconfig.json")
    with pytest.raises(InputError, match="current_host is 'a', expected one of hosts"):
        host_shard(str(container.data), config)


# -- content types ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "format_", "options"),
    [
        (None, None, {}),
        ("application/x-recordio-protobuf", "recordio", {}),
        ("text/csv", "csv", {"header": False, "label": 0}),
        ("Text/CSV; label_size=0", "csv", {"header": False}),
        ("text/csv;label_size=3", "csv", {"header": False, "label": [0, 1, 2]}),
        ("text/csv;header=present", "csv", {"header": True, "label": 0}),
        (
            "csv;charset=latin-1",
            "csv",
            {"header": False, "label": 0, "encoding": "latin-1"},
        ),
        ("text/x-libsvm", "libsvm", {}),
        ("application/jsonlines", "jsonl", {}),
        ("application/x-parquet", "parquet", {}),
        ("application/x-recordio;label-format=class-id", "frames", {}),
    ],
)
def test_content_types(content_type, format_, options):
    content = content_of(content_type)
    assert (content.format, content.options) == (format_, options)


def test_wrapped_objects_are_frames_whatever_the_type():
    assert content_of("text/csv", wrapper="RecordIO").format == "frames"
    assert content_of("image/png", wrapper="RecordIO").format == "frames"
    assert content_of("text/csv", wrapper="RecordIO", frames=False).format == "csv"
    assert content_of(None, frames=True).format == "frames"
    assert content_of("application/x-recordio", frames=False).format == "recordio"
    assert content_of("text/csv", wrapper="None").format == "csv"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"content_type": "image/png"}, "'image/png' is not read as rows; known: "),
        ({"content_type": "text/csv;label_size=x"}, "label_size is 'x', expected 0 or"),
        (
            {"content_type": "text/csv;labels=1"},
            "no parameter 'labels'; known: label_size",
        ),
        ({"content_type": "text/libsvm;label_size=1"}, "no parameter label_size"),
        (
            {"content_type": "text/csv;label_size=1", "label_size": 2},
            "label_size is 2, and the content type says 1",
        ),
        ({"content_type": "text/csv", "label_size": -1}, "label_size is -1"),
        ({"content_type": "text/libsvm", "label_size": 1}, "text/libsvm is no CSV"),
    ],
)
def test_content_types_that_are_refused(container, options, reason):
    with pytest.raises(InputError, match=reason):
        container.channel(**options)


def test_the_first_bytes_tell_where_the_type_does_not(container):
    container.files()
    assert next(container.channel().epoch(0)).features.tolist() == ROWS
    (container.data / "text").mkdir()
    (container.data / "text" / "a.csv").write_text("1,2\n")
    assert next(container.channel("text").epoch(0)).labels.tolist() == [1]
    told = container.channel("text", label_size=2)
    with pytest.raises(InputError, match="no column is left for the features"):
        next(told.epoch(0))
    with pytest.raises(InputError, match="label_size is for CSV, not recordio"):
        next(container.channel(label_size=1).epoch(0))


def test_options_of_another_format_are_refused(container):
    container.files()
    with pytest.raises(InputError, match="recordio has no option index_base="):
        next(container.channel(index_base=1).epoch(0))
    skipping = {"n_features": 3, "on_error": "skip"}
    with pytest.raises(InputError, match="on_error='skip' does not go with n_features="):
        next(container.channel(**skipping).epoch(0))


def test_numbers_of_records_have_the_dtype_that_is_asked_for(container):
    container.files()  # of float64 and int32
    plain = next(container.channel().epoch(0))
    assert (plain.features.dtype, plain.labels.dtype) == ("float64", "int32")
    for options in ({}, {"on_error": "skip"}):
        told = {"dtype": "float32", "label_dtype": "float64", **options}
        batch = next(container.channel(**told).epoch(0))
        assert (batch.features.dtype, batch.labels.dtype) == ("float32", "float64")
        assert batch.features.tolist() == ROWS
        assert batch.labels.tolist() == [0, 1, 0]


def test_sparse_rows_are_cast_and_rounding_is_counted(container):
    matrix = sp.csr_matrix(np.array([[0, 0.5], [0.1, 0]]))
    rs.write(container.data / "train", matrix, dest_format="recordio")
    epoch = container.channel(dtype="float32", rows=5).epoch(0)
    (batch,) = epoch
    assert batch.features.dtype == np.float32
    assert np.allclose(batch.features.toarray(), matrix.toarray())
    assert epoch.tally.values_rounded == 1


@pytest.mark.parametrize("sparse", [False, True])
def test_a_number_that_does_not_fit_is_named(container, sparse):
    rows = np.array([[1, 2], [3, 1e300]])
    X = sp.csr_matrix(rows) if sparse else rows
    rs.write(container.data / "train", X, dest_format="recordio")
    with pytest.raises(InputError) as caught:
        next(container.channel(dtype="float32").epoch(0))
    assert (caught.value.row, caught.value.unit) == (2, "record")
    assert caught.value.path == str(container.data / "train")
    assert "features: 1e+300 is too large for float32" in str(caught.value)


# -- settings --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"mode": "pipe"}, "mode is 'pipe', expected one of None, 'Pipe'"),
        ({"last": "fill", "rows": 2}, "last is 'fill', expected one of 'keep'"),
        ({"last": "drop"}, "last is 'drop', and batches have no fixed size"),
        ({"on_error": "ignore"}, "on_error is 'ignore'"),
        ({"rows": 0}, "rows is 0, expected 1 or more"),
        ({"group": 0}, "group is 0, expected 1 or more"),
        ({"seed": -1}, "seed is -1, expected 0 or more"),
        ({"prefetch": -1}, "prefetch is -1, expected 0 or more"),
        ({"shuffle": 1}, "shuffle is 1, expected a window of 2 rows or more"),
        ({"timeout_s": 0}, "timeout_s is 0, expected more than 0"),
        ({"timeout_s": float("nan")}, "timeout_s is nan, expected more than 0"),
        ({"shard": (2, 2)}, r"shard is \(2, 2\), expected \(i, n\)"),
        ({"shard": 3}, "shard is 3, expected"),
        ({"shard": "all"}, "shard is 'all', expected"),
        ({"frames": True, "last": "pad", "rows": 2}, "raw frames have no padding"),
        ({"group": 2}, "group is 2, and only raw frames come in groups; pass frames="),
        ({"frames": True, "label_size": 1}, "label_size is 1, and raw frames have no"),
        ({"rows": "3"}, "rows is '3', expected 1 or more"),
        ({"rows": 2.5}, "rows is 2.5, expected 1 or more"),
        ({"seed": None}, "seed is None, expected 0 or more"),
        ({"label_size": "1"}, "label_size is '1', expected 0 or more"),
        ({"shuffle": 2.5}, "shuffle is 2.5, expected a window of 2 rows or more"),
        ({"timeout_s": None}, "timeout_s is None, expected more than 0; .* waits for"),
        ({"shard": (0.5, 2)}, r"shard is \(0.5, 2\), expected \(i, n\)"),
    ],
)
def test_settings_that_are_refused(container, options, reason):
    with pytest.raises(InputError, match=reason):
        container.channel(**options)


def test_a_channel_survives_a_process_boundary(container):
    container.files()
    channel = container.channel(rows=2, shuffle=2, seed=3)
    expected = [batch.labels.tolist() for batch in channel.epoch(1)]
    again = pickle.loads(pickle.dumps(channel))
    assert [batch.labels.tolist() for batch in again.epoch(1)] == expected
    assert repr(again) == f"<Channel 'train' in {container.data}>"


def test_a_channel_s_part(container):
    container.files()
    channel = container.channel(rows=2)
    (part,) = channel.with_shard((1, 2)).epoch(0)
    assert np.array_equal(part.features, ROWS[1:2])
    assert [len(batch) for batch in channel.epoch(0)] == [2, 1]
