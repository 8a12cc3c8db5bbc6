"""The examples in docstrings run, and there are some."""

import doctest
import importlib
import pkgutil

import pytest

import recordsmith

MODULES = ["recordsmith"] + [
    module.name
    for module in pkgutil.walk_packages(recordsmith.__path__, "recordsmith.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # for those that write files
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0, "see the captured output"


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = sum(
        len(test.examples)
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
    )
    assert found > 0
