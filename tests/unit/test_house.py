"""The house is in order: versions, bounds, module conventions, no traces of a machine."""

import ast
import re
import subprocess
from importlib.metadata import requires, version
from pathlib import Path

import pytest

import recordsmith

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "recordsmith"
MAX_LINES = 600
GENERATED = {"csrc/src/power_table.c"}  # a table, by csrc/tools/make_power_table.py

# What everyone gets, on some Python at least, and the extras "pandas" and "s3".
BOUND = re.compile(
    r"([\w-]+)>=([\d.]+)(?:$|; extra == .(?:pandas|s3).|; python_version <)"
)

# Pieces, so that this file does not match itself.
MACHINE_PATHS = re.compile(
    "|".join("/" + p for p in ("root/", "home/", "Users/", "work/"))
)


@pytest.fixture(scope="session")
def tracked():
    """Text files under version control: {name: text}."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    files = {}
    for name in filter(None, listing.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (data := path.read_bytes()):
            # Fuzzing inputs are text that need not be UTF-8.
            files[name] = data.decode("utf-8", "replace")
    assert files
    return files


def test_no_machine_paths(tracked):
    personal = (str(ROOT), str(Path.home()))
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in tracked.items()
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATHS.search(line) or any(p in line for p in personal if len(p) > 1)
    ]
    assert not found


def test_files_are_short(tracked):
    code = {n for n in tracked if n.endswith((".py", ".pyx", ".c", ".h"))}
    assert code > GENERATED
    lines = {name: len(tracked[name].splitlines()) for name in code - GENERATED}
    assert not {name: n for name, n in lines.items() if n > MAX_LINES}


def test_every_module_names_its_public_names():
    modules = [p for p in PACKAGE.rglob("*.py") if p.name != "__main__.py"]
    assert modules
    without = []
    for path in modules:
        body = ast.parse(path.read_text("utf-8")).body
        names = {t.id for s in body if isinstance(s, ast.Assign) for t in s.targets}
        if "__all__" not in names:
            without.append(path.relative_to(PACKAGE).as_posix())
    assert not without


def test_public_names_exist_and_have_docstrings():
    assert recordsmith.__all__
    for name in recordsmith.__all__:
        thing = getattr(recordsmith, name)
        if callable(thing):
            assert thing.__doc__, name


def test_one_version():
    assert recordsmith.__version__ == version("recordsmith")
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert recordsmith.__version__ in headings


def test_oldest_requirements_are_the_lower_bounds():
    bounds = {}
    for requirement in requires("recordsmith"):
        match = BOUND.match(requirement)
        if match:
            bounds[match[1]] = match[2]
    pins = dict(
        line.split("==")
        for line in (ROOT / "tests/oldest-requirements.txt").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert bounds
    assert pins == bounds
