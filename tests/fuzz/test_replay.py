"""Runs each fuzzing harness, under sanitizers, over its corpus and its old findings."""

from pathlib import Path

import pytest

from native import build_program, run

HERE = Path(__file__).parent
HARNESSES = sorted(HERE.glob("fuzz_*.c"))


def inputs(harness):
    target = harness.stem[len("fuzz_") :]
    folders = [HERE / kind / target for kind in ("corpus", "regressions")]
    return sorted(p for folder in folders for p in folder.glob("*") if p.is_file())


def test_there_are_harnesses():
    assert HARNESSES


@pytest.mark.parametrize("harness", HARNESSES, ids=lambda harness: harness.stem)
def test_replay(harness, sanitized_core, tmp_path):
    files = inputs(harness)
    assert files
    program = build_program(harness, sanitized_core, tmp_path, "-DRS_REPLAY_MAIN")
    assert run(program, *files).split() == [str(len(files)), "inputs"]
