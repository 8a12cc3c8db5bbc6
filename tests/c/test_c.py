"""Builds each C test with the core under sanitizers, and runs it."""

from pathlib import Path

import pytest

from native import build_program, run

SOURCES = sorted(Path(__file__).parent.glob("test_*.c"))


def test_there_are_programs():
    assert SOURCES


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_program(source, sanitized_core, tmp_path):
    run(build_program(source, sanitized_core, tmp_path))
