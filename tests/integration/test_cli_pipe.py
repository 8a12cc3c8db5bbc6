"""`recordsmith pipe` as a process: programs, signals, messages, what is left behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import recordsmith as rs
from commands import WAIT_S, bad, csv_bytes, eventually, names, run, start
from fifos import OBJECTS, appears, fifos_in, script, take

# -- programs --------------------------------------------------------------------------


def said(done):
    return done.stderr.decode().splitlines()


def test_three_epochs(objects):
    body = "print([len(take(epoch)) for epoch in range(3)])"
    done = run("pipe", objects, "--epochs", 3, "--", *script(body))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [len(OBJECTS)] * 3
    lines = said(done)
    for epoch in range(3):
        assert re.match(
            rf"train_{epoch}: 2.6 MB, read to its end, in [\d.]+ s \([\d.]+ .B/s; "
            r"[\d.]+ s waiting for the reader\)$",
            lines[epoch],
        )
    assert re.match(r"3 epochs, 7.7 MB in [\d.]+ s$", lines[3])
    assert len(lines) == 4


def test_two_channels(objects, records):
    body = "print(len(take(0)), len(take(0, 'validation')))"
    done = run(
        *["pipe", "--channel", "train", objects, "--channel", "validation", records],
        *["--", *script(body)],
    )
    assert done.returncode == 0, done.stderr
    sizes = [len(OBJECTS), records.stat().st_size]
    assert list(map(int, done.stdout.split())) == sizes


def test_json(objects):
    body = "take(0); open(fifo(1), 'rb', buffering=0).read(2)"
    done = run("pipe", objects, "--epochs", 3, "--json", "--", *script(body))
    found = json.loads(done.stdout)
    assert done.returncode == 0
    first, second = found["deliveries"]
    assert (first["channel"], first["epoch"], first["bytes"], first["ended"]) == (
        *("train", 0, len(OBJECTS)),
        "whole",
    )
    assert (second["bytes"], second["ended"] in ("closed", "cut")) == (2, True)
    assert found["unopened"] == [["train", 2]]
    assert found["exit_code"] == 0


def test_the_program_s_exit_code_is_passed_on(objects):
    done = run("pipe", objects, "--epochs", 2, "--", *script("take(0); sys.exit(7)"))
    assert done.returncode == 7
    assert said(done)[1:3] == [
        "not opened: train_1",
        f"{sys.executable} ended with exit code 7",
    ]
    body = "take(0); os.kill(os.getpid(), 9)"
    done = run("pipe", objects, "-q", "--", *script(body))
    assert (done.returncode, done.stderr) == (128 + 9, b"")


def test_a_program_that_opens_nothing(objects):
    done = run("pipe", objects, "--", *script(""))
    assert done.returncode == 0
    assert said(done)[0] == "not opened: train_0"


def test_a_program_that_stalls_is_ended(objects):
    body = "file = open(fifo(0), 'rb', buffering=0); file.read(3); time.sleep(1000)"
    message = bad(1, "pipe", objects, "--timeout-s", 2, "-q", "--", *script(body))
    assert "train_0: the reader took nothing for 2." in message
    assert "after 3 bytes; pass a longer --timeout-s" in message


def test_what_a_program_wrote_is_named_even_if_the_serving_fails(objects):
    body = "open(os.environ['SM_MODEL_DIR'] + '/part', 'w').close(); time.sleep(1000)"
    done = run("pipe", objects, "--timeout-s", 2, "--", *script(body))
    assert done.returncode == 1
    kept = re.search("what the program wrote is in (.*)", said(done)[0])[1]
    assert Path(kept, "model", "part").exists()
    shutil.rmtree(kept)


def test_a_program_that_never_opens(objects):
    message = bad(
        *(1, "pipe", objects, "--timeout-s", 0.3, "--", *script("time.sleep(1000)"))
    )
    assert "train_0: nobody opened epoch 0 of channel 'train' for 0." in message


def test_a_program_finds_its_channel_with_open_pipe_s_directory(objects):
    body = """
from pathlib import Path
assert Path(os.environ["SM_INPUT_DIR"], "data", "train_0").is_fifo()
print(sorted(os.listdir(os.environ["SM_INPUT_CONFIG_DIR"])))
"""
    done = run("pipe", objects, "--", *script(body))
    assert done.stdout.decode().strip() == (
        "['hyperparameters.json', 'inputdataconfig.json', 'resourceconfig.json']"
    )


def test_hyperparameters_and_content_type(objects):
    body = """
import json
print(os.environ["SM_HPS"], json.loads(os.environ["SM_INPUT_DATA_CONFIG"])["a"])
"""
    done = run(
        *["pipe", objects, "--channel", "a", "--hyperparameters", "k=10"],
        *["--content-type", "text/csv", "--", *script(body)],
    )
    assert done.stdout.decode().startswith('{"k": "10"} {')
    assert "'ContentType': 'text/csv'" in done.stdout.decode()


def test_what_is_after_the_dashes_is_the_program_s(objects):
    """Even what looks like an option of ours, and a second --."""
    body = "print(sys.argv[1:])"
    done = run("pipe", objects, "--", *script(body), "--epochs", "--", "x")
    assert done.stdout.decode().strip() == "['--epochs', '--', 'x']"


# -- what is streamed ------------------------------------------------------------------

ECHO = script("sys.stdout.buffer.write(take(0))")


def test_options_reach_the_feed(objects, tmp_path):
    wrapped = run("pipe", objects, "--wrap", "recordio", "--", *ECHO).stdout
    assert wrapped.startswith(bytes.fromhex("0a23d7ce06000000") + b"first\n\0\0")
    assert run("pipe", objects, "--shard", "2/3", "--", *ECHO).stdout == b"last\n"
    args = ["pipe", objects, "--shuffle", "--seed", 4, "--", *ECHO]
    shuffled = run(*args).stdout
    assert shuffled == run(*args).stdout
    assert sorted(shuffled) == sorted(OBJECTS)
    subprocess.run(["gzip", objects / "a", objects / "c"], check=True)
    args = ["pipe", objects / "a.gz", objects / "c.gz", "--gzip", "--", *ECHO]
    assert run(*args).stdout == b"first\nlast\n"


def test_a_csv_file_is_converted_on_the_way(tmp_path):
    (tmp_path / "a.csv").write_bytes(csv_bytes(1000))
    args = ["pipe", tmp_path / "a.csv", "--as", "recordio", "--label", "y", "--", *ECHO]
    done = run(*args)
    assert rs.decode(done.stdout).n_rows == 1000, done.stderr
    (tmp_path / "bad.csv").write_text("y,x\n1,2\n1,\n")
    args = ["pipe", tmp_path / "bad.csv", "--as", "recordio", "--label", "y", "-q"]
    assert "bad.csv" in bad(1, *args, "--", *script("take(0); time.sleep(1000)"))


def test_rows_that_the_algorithm_would_refuse(tmp_path):
    (tmp_path / "a.csv").write_text("y,x\n1,0.5\n0,1.5\n")
    args = ["pipe", tmp_path / "a.csv", "--as", "recordio", "--label", "y", "-q"]
    args += ["--algorithm", "linear-learner", "--hyperparameters"]
    done = run(*args, "predictor_type=binary_classifier", "--", *ECHO)
    assert rs.decode(done.stdout).labels.tolist() == [1, 0], done.stderr
    assert rs.decode(done.stdout).features.dtype == "float32"
    (tmp_path / "a.csv").write_text("y,x\n1,0.5\n2,1.5\n")
    message = bad(1, *args, "predictor_type=binary_classifier", "--", *ECHO)
    assert message.startswith(f"{tmp_path}/a.csv: record 2")
    assert "label/values" in message


def test_a_manifest(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").write_bytes(b"jpg")
    (tmp_path / "m").write_text('{"image-ref": "s3://bucket/a.jpg", "label": 1}\n')
    args = ["pipe", tmp_path / "m", "--attributes", "image-ref,label"]
    refs = ["--refs", f"s3://bucket/={tmp_path}/images/"]
    assert run(*args, *refs, "--", *ECHO).stdout == b"jpg1"
    message = bad(1, *args, "-q", "--", *ECHO)
    assert "which is not on this machine" in message


JOB = {
    "TrainingJobName": "a",
    "AlgorithmSpecification": {"TrainingInputMode": "File"},
    "HyperParameters": {"k": "10", "epochs": "1"},
    "ResourceConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.xlarge"},
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "InputMode": "Pipe",
            "ContentType": "application/x-recordio",
            "RecordWrapperType": "RecordIO",
            "CompressionType": "None",
            "ShuffleConfig": {"Seed": 3},
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": "s3://bucket/train/",
                    "S3DataDistributionType": "ShardedByS3Key",
                }
            },
        },
        {
            "ChannelName": "labels",
            "InputMode": "Pipe",
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "AugmentedManifestFile",
                    "S3Uri": "s3://bucket/m",
                    "AttributeNames": ["image-ref", "label"],
                }
            },
        },
        {"ChannelName": "model", "DataSource": {}},
    ],
}


def test_a_training_job_says_it_all(tmp_path):
    (tmp_path / "job.json").write_text(json.dumps(JOB))
    (tmp_path / "train").mkdir()
    for i in range(6):
        (tmp_path / "train" / f"{i}").write_bytes(b"%d" % i)
    (tmp_path / "a.jpg").write_bytes(b"jpg")
    (tmp_path / "m").write_text('{"image-ref": "s3://bucket/a.jpg", "label": 7}\n')
    body = """
import json
found = {
    "epochs": [take(0).hex(), take(1).hex()],
    "labels": take(0, "labels").decode(),
    "hps": json.loads(os.environ["SM_HPS"]),
    "config": json.loads(os.environ["SM_INPUT_DATA_CONFIG"])["train"],
}
print(json.dumps(found))
"""
    args = ["pipe", "--job", tmp_path / "job.json", "--hyperparameters", "k=5"]
    args += ["--channel", "train", tmp_path / "train", "--channel", "labels"]
    args += [tmp_path / "m", "--refs", f"s3://bucket/={tmp_path}/"]
    done = run(*args, "--", *script(body))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    first, second = found["epochs"]
    # Half of six records, other ones in each epoch.
    assert first != second
    assert {len(first), len(second)} == {2 * 3 * 12}
    assert first.startswith("0a23d7ce01000000")
    assert found["labels"] == "jpg7"
    assert found["hps"] == {"k": "5", "epochs": "1"}
    assert found["config"] == {
        "ContentType": "application/x-recordio",
        "TrainingInputMode": "Pipe",
        "S3DistributionType": "ShardedByS3Key",
        "RecordWrapperType": "RecordIO",
    }


def test_a_training_job_and_sources_that_do_not_fit(objects, tmp_path):
    (tmp_path / "job.json").write_text(json.dumps(JOB))
    args = ["pipe", "--job", tmp_path / "job.json"]
    message = bad(1, *args, objects)
    assert message == (
        f"{tmp_path}/job.json: channel 'labels' of the job has no source here; give one "
        "for each channel in pipe mode"
    )
    message = bad(1, *args, "--channel", "tset", objects)
    assert "no channel 'tset' in the job, whose channels are 'train', 'labels'" in message
    message = bad(1, *args, "--channel", "model", objects)
    assert "channel 'model' is in File mode, expected Pipe" in message


def test_standard_input_is_served_once():
    data = b"1,2\n" * 1000
    assert run("pipe", "-", "--epochs", 1, "--", *ECHO, input=data).stdout == data
    message = bad(1, "pipe", "-", "--", *ECHO, input=data)
    assert "the source can be read only once; pass --epochs 1" in message


@pytest.mark.parametrize(
    "options", [[], ["--gzip"], ["--as", "recordio", "--from", "csv"]]
)
def test_a_program_that_ends_before_standard_input_does(options):
    """The reading of standard input, which goes on, holds nothing up."""
    args = ["pipe", "-", "--epochs", 1, *options]
    body = "file = open(fifo(0), 'rb'); time.sleep(0.3)"
    process = start(*args, "--", *script(body), stdin=subprocess.PIPE)
    assert process.wait(WAIT_S) == 0
    with process.stderr as messages, process.stdin:
        assert b"train_0: 0 bytes" in messages.read()


# -- without a program -----------------------------------------------------------------


def test_without_a_program_readers_may_come_from_anywhere(objects, tmp_path):
    process = start("pipe", objects, "--directory", tmp_path / "data", "--epochs", 2)
    for epoch in range(2):
        assert take(tmp_path / "data" / f"train_{epoch}") == OBJECTS
    _, message = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    lines = message.decode().splitlines()
    assert f"serving train_0 in {tmp_path}/data (SM_INPUT_DIR={tmp_path})" in lines
    assert names(tmp_path) == ["objects"]


def test_without_a_program_there_is_one_epoch(objects, tmp_path):
    process = start("pipe", objects, "--directory", tmp_path)
    assert take(tmp_path / "train_0") == OBJECTS
    process.communicate(timeout=WAIT_S)
    assert process.returncode == 0


def test_a_dead_reader_is_told(objects, tmp_path):
    process = start("pipe", objects, "--directory", tmp_path)
    code = f"open({str(tmp_path / 'train_0')!r}, 'rb', buffering=0).read(5); 1/0"
    appears(tmp_path / "train_0")
    subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    _, message = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert b"train_0: 5 bytes, closed early" in message


# -- signals ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("when", ["waiting", "delivering"])
def test_signals_leave_nothing(number, when, objects, tmp_path):
    """No FIFO, no folder, no program."""
    pid = tmp_path / "pid"
    body = f"""
if {when == "delivering"}:
    file = open(fifo(0), 'rb', buffering=0)
    file.read(3)
open({str(pid)!r}, "w").write(str(os.getpid()) + "\\n")
time.sleep(1000)
"""
    env = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    process = start("pipe", objects, "--", *script(body), env=env)
    eventually(lambda: pid.exists() and pid.read_text().endswith("\n"))
    assert fifos_in(tmp_path / "tmp") == ["train_0"]
    process.send_signal(number)
    _, message = process.communicate(timeout=WAIT_S)
    assert process.returncode == 128 + number, message
    assert names(tmp_path / "tmp") == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    how = "interrupted" if number == signal.SIGINT else f"terminated by {number.name}"
    assert message.decode().splitlines()[-1] == f"recordsmith: {how}"


def test_a_program_that_ignores_being_asked_is_killed(objects, tmp_path):
    pid = tmp_path / "pid"
    body = f"""
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open({str(pid)!r}, "w").write(str(os.getpid()) + "\\n")
time.sleep(1000)
"""
    process = start("pipe", objects, "--", *script(body))
    eventually(lambda: pid.exists() and pid.read_text().endswith("\n"))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=WAIT_S)
    assert process.returncode == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_an_interrupt_while_a_reader_is_slow_without_a_program(objects, tmp_path):
    process = start("pipe", objects, "--directory", tmp_path / "d", "--epochs", 5)
    with open(appears(tmp_path / "d" / "train_0"), "rb", buffering=0) as file:
        file.read(3)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=WAIT_S)
    assert process.returncode == 130
    assert names(tmp_path) == ["objects"]


# -- refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["pipe"], "channel train has no source: --channel train SRC"),
        (["pipe", "--channel", "a", "--channel", "b", "S"], "channel a has no source"),
        (["pipe", "S", "--channel", "a", "S"], "no channel is left for "),
        (["pipe", "--channel", "a", "S", "--channel", "a", "S"], "a is named twice"),
        (["pipe", "S", "--"], "no program stands after --"),
        (["pipe", "S", "--seed", "1"], "--seed is for --shuffle"),
        (["pipe", "S", "--refs", "a=b"], "--refs is for --attributes, or for --job"),
        (["pipe", "S", "--label", "y"], "--label is for --as recordio"),
        (["pipe", "S", "--algorithm", "pca"], "--algorithm is for --as recordio"),
        (["pipe", "S", "--job", "j", "--gzip"], "--gzip and --job: the job says it"),
        (["pipe", "S", "--job", "j", "--shuffle"], "--shuffle and --job"),
        (["pipe", "S", "--job", "j", "--as", "recordio"], "--as and --job"),
        (["pipe", "S", "--shard", "1"], "'1' is not I/N"),
        (["pipe", "S", "--refs", "a"], "'a' is not PREFIX=FOLDER"),
        (
            ["pipe", "S", "--epoch", "1"],
            "unknown argument '--epoch'; did you mean --epochs",
        ),
        (["pipe", "S", "--wrap", "tar"], "unknown value 'tar'"),
    ],
)
def test_wrong_usage(args, message, objects):
    args = [str(objects) if one == "S" else one for one in args]
    assert message in bad(2, *args)


def test_sources_and_places_that_will_not_do(objects, tmp_path):
    message = bad(1, "pipe", tmp_path / "gone")
    assert message == f"{tmp_path}/gone: No such file or directory"
    (tmp_path / "empty").mkdir()
    assert "holds no file to read" in bad(1, "pipe", tmp_path / "empty")
    os.mkfifo(tmp_path / "train_0")
    message = bad(1, "pipe", objects, "--directory", tmp_path)
    assert message.startswith(f"{tmp_path}/train_0: there is a train_0 already; ")
    assert Path(tmp_path / "train_0").is_fifo()
    message = bad(1, "pipe", objects, "--", "no-such-program")
    assert message == "no-such-program: No such file or directory"
    assert "epochs is 0" in bad(1, "pipe", objects, "--epochs", 0)
