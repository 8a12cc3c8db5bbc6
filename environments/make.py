"""Make environments that hold recordsmith beside particular releases of other packages.

``environments/NAME.txt`` lists what an environment holds beside recordsmith, in pip's
words; ``python environments/make.py NAME...`` makes ``.environments/NAME`` of it, a
virtual environment, and with ``--test`` runs the tests for it: those of the folder
``environments/tests/KIND``, where KIND is NAME up to its first hyphen. Without names it
does all, but for those whose list has a line ``# by name only``.

A file that has the line ``# on: OTHER`` makes an environment that sees the packages of
``.environments/OTHER`` too, behind its own: small variants of one large environment are
made in seconds. All hold one wheel of recordsmith, which is built once for each state of
the sources, or given with ``--wheel``. What is up to date is left alone.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TARGET = ROOT / ".environments"
SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "src", "csrc")
GENERATED = ("*.so", "*.py[co]", "__pycache__", "_core.c", "_core.html", "*.egg-info")
ON = re.compile(r"^#\s*on:\s*(\S+)\s*$", re.MULTILINE)
BY_NAME_ONLY = re.compile(r"^#\s*by name only\b", re.MULTILINE)


def main() -> None:
    options = parse()
    wheel = options.wheel or build_wheel()
    begin = time.monotonic()
    for name in options.names:
        make(name, wheel.resolve())
        print(f"{name}: made, {time.monotonic() - begin:.0f} s so far", flush=True)
    failed = [name for name in options.names if options.test and not passes(name)]
    if failed:
        sys.exit(f"tests failed in: {', '.join(failed)}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    every = [one for one in known_names() if not BY_NAME_ONLY.search(text_of(one))]
    parser.add_argument("names", nargs="*", metavar="NAME", default=every)
    parser.add_argument("--test", action="store_true", help="run the tests in each")
    parser.add_argument("--wheel", type=Path, help="of recordsmith, for this Python")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(known_names()))
    if unknown:
        parser.error(f"no such environment: {unknown}; there are {known_names()}")
    return options


def known_names() -> list[str]:
    """All environments; one that others stand on is made when they are."""
    names = {file.name[: -len(".txt")] for file in HERE.glob("*.txt")}
    return sorted(names - {base_of(name) for name in names})


def text_of(name: str) -> str:
    return HERE.joinpath(f"{name}.txt").read_text("utf-8")


def base_of(name: str) -> str | None:
    found = ON.search(text_of(name))
    return found[1] if found else None


# -- the wheel -------------------------------------------------------------------------


def build_wheel() -> Path:
    """The wheel of the sources as they are; built unless it is there."""
    files = [path for name in SOURCES for path in source_files(ROOT / name)]
    digest = hashlib.sha256(sys.version.encode())
    for path in files:
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    folder = TARGET / f"wheel-{digest.hexdigest()[:16]}"
    if not list(folder.glob("*.whl")):
        for old in TARGET.glob("wheel-*"):
            shutil.rmtree(old)
        build_from_copy(files, folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def source_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    generated = [part for pattern in GENERATED for part in path.rglob(pattern)]
    return sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and not {file, *file.parents} & set(generated)
    )


def build_from_copy(files: list[Path], folder: Path) -> None:
    """Of a copy, since `build/` may hold modules that are no more."""
    copy = TARGET / "sources"
    shutil.rmtree(copy, ignore_errors=True)
    for file in files:
        place = copy / file.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, place)
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(copy))
    shutil.rmtree(copy)


# -- environments ----------------------------------------------------------------------


def make(name: str, wheel: Path) -> None:
    """Make an environment, and before it the one that it stands on."""
    base = base_of(name)
    if base:
        make(base, wheel)
    folder = TARGET / name
    # Of a wheel's path only the name counts: its folder is named after its content.
    holds = "\0".join([sys.version, text_of(name), text_of(base) if base else ""])
    made_of = "\0".join([holds, *wheel.parts[-2:]])
    stamp = folder / "made-of"
    found = stamp.read_text("utf-8") if stamp.is_file() else ""
    if found == made_of:
        return
    python = str(python_of(name))
    if found.startswith(f"{holds}\0") and not base:
        # An SDK takes minutes: only recordsmith is another than before.
        pip("--python", python, "uninstall", "--yes", "recordsmith")
    else:
        venv.create(folder, clear=True, symlinks=True)
    wanted = ["-r", str(HERE / f"{name}.txt")]
    if base:
        behind(folder, TARGET / base)
        # pip is shown this folder alone: the base has what the packages depend on.
        wanted.append("--no-deps")
    else:
        wanted.append(str(wheel))
    if base is None or requirements(name):
        # Not compiled: the tests import a small part of what an SDK brings.
        pip("--python", python, "install", "--no-compile", *wanted)
    stamp.write_text(made_of, "utf-8")


def requirements(name: str) -> list[str]:
    lines = map(str.strip, text_of(name).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def behind(folder: Path, base: Path) -> None:
    """Let an environment import what another one holds, behind its own packages."""
    (own,) = folder.glob("lib/python*/site-packages")
    (others,) = base.glob("lib/python*/site-packages")
    own.joinpath("base.pth").write_text(f"{others}\n", "utf-8")


def python_of(name: str) -> Path:
    return TARGET / name / "bin" / "python"


def pip(*arguments: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check")
    done = subprocess.run([sys.executable, "-m", "pip", *quiet, *arguments])
    if done.returncode:
        sys.exit(f"failed: pip {' '.join(arguments)}")


def passes(name: str) -> bool:
    """Run the tests of an environment, from outside of the sources."""
    tests = HERE / "tests" / name.split("-")[0]
    options = ("-q", "-p", "no:cacheprovider", "--rootdir", str(tests))
    print(f"\n-- {name}", flush=True)
    done = subprocess.run(
        [python_of(name), "-m", "pytest", *options, "-c", os.devnull, str(tests)],
        cwd=TARGET,
        env={**os.environ, "RECORDSMITH_ENVIRONMENT": name, "PYTHONPATH": ""},
    )
    return done.returncode == 0


if __name__ == "__main__":
    main()
