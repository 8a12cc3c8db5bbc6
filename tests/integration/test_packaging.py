"""sdist -> wheel -> import in a fresh environment, with nothing from the checkout."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def run(*args, **kwargs):
    done = subprocess.run(
        [str(a) for a in args], capture_output=True, text=True, **kwargs
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tracked():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def built(tracked, tmp_path_factory):
    """The sdist, and the wheel built from it.

    They come from a copy of the tracked files: the checkout's own *.egg-info lists files,
    which would hide what MANIFEST.in forgets.
    """
    copy = tmp_path_factory.mktemp("source")
    for name in tracked:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    out = tmp_path_factory.mktemp("dist")
    # Without isolation, to be quick: .ci/run builds with it.
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, copy)
    (sdist,) = out.glob("*.tar.gz")
    (wheel,) = out.glob("*.whl")
    return sdist, wheel


def test_sdist_holds_everything_needed(built, tracked):
    with tarfile.open(built[0]) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    for name in ("LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "setup.py"):
        assert name in held
    folders = ("src/", "csrc/", "tests/", "examples/", "benchmarks/", "tools/")
    needed = {name for name in tracked if name.startswith(folders)}
    assert needed
    assert needed <= held
    assert not [name for name in held if name.endswith((".so", "/_core.c"))]


def test_wheel_holds_the_package_and_nothing_else(built, tracked):
    with zipfile.ZipFile(built[1]) as archive:
        held = set(archive.namelist())
    assert "recordsmith/py.typed" in held
    assert [name for name in held if name.startswith("recordsmith/_core.c")]
    sources = {name[len("src/") :] for name in tracked if name.startswith("src/")}
    data = {n for n in sources if n.endswith((".py", ".pyi", ".json", ".toml", ".css"))}
    assert data <= held
    assert {name.split("/")[0].partition("-")[0] for name in held} == {"recordsmith"}
    assert not [
        name for name in held if name.endswith((".pyx", ".pxd", ".pxi", ".c", ".h"))
    ]


def test_wheel_works_in_a_fresh_environment(built, tmp_path):
    env = tmp_path / "env"
    run(sys.executable, "-m", "venv", "--without-pip", env)
    python = env / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python]
    run(*pip, "install", "--no-deps", "--no-index", built[1])
    # The dependencies come from the environment that runs this test, behind the new one's
    # own packages; .ci/run installs them for real.
    purelib = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    others = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    Path(purelib.strip(), "others.pth").write_text("\n".join(sorted(others)))

    where = run(
        python, "-c", "import recordsmith; print(recordsmith.__file__)", cwd=tmp_path
    )
    assert Path(where.strip()).is_relative_to(env)
    code = (
        "import numpy, recordsmith\n"
        "X = numpy.arange(6, dtype='float32').reshape(2, 3)\n"
        "y = numpy.array([1, 0], dtype='float32')\n"
        "batch = recordsmith.decode(recordsmith.encode(X, y))\n"
        "assert (batch.features == X).all()\n"
        "assert (numpy.ravel(batch.labels) == y).all()\n"
        "print('equal')"
    )
    assert run(python, "-c", code, cwd=tmp_path) == "equal\n"
    assert "convert" in run(env / "bin" / "recordsmith", "--help", cwd=tmp_path)
