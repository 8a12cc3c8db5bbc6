"""Say in one line each what this machine lacks for building recordsmith.

``make`` runs it with the Python that the environment is made from. It prints nothing
and exits with 0 if all is there. ``--packages`` prints only the names of the Debian
packages, for ``apt-get install``; ``--servers`` those of the servers that tests of other
places start: without them these tests are left out, except in CI.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig
from pathlib import Path


def missing():
    """Yield pairs: what is missing, and the Debian package that has it."""
    if importlib.util.find_spec("ensurepip") is None:
        yield "Python's venv with ensurepip", "python3-venv"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        yield "Python.h", "python3-dev"
    compiler = os.environ.get("CC", "cc").split()[0]
    if shutil.which(compiler) is None:
        yield f"the C compiler {compiler!r}", "build-essential"


# A program, and the Debian package that has it.
SERVERS = {
    "radosgw": "radosgw",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "ceph": "ceph-common",
}


def main():
    if sys.version_info < (3, 9):  # noqa: UP036  (it is the one place that finds out)
        sys.exit(f"recordsmith needs Python 3.9 or newer, this is {sys.version}")
    if "--servers" in sys.argv:
        print(*(SERVERS[name] for name in SERVERS if shutil.which(name) is None))
        return
    found = list(missing())
    if "--packages" in sys.argv:
        print(*(package for _, package in found))
        return
    for what, package in found:
        print(f"missing: {what} (Debian, Ubuntu: apt-get install {package})")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
