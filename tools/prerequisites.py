"""Say in one line each what this machine lacks for building recordsmith.

Run by ``make`` with the Python that the environment is made from. Prints nothing and
exits with 0 if all is there. ``--packages`` prints the names of Debian packages only,
for ``apt-get install``.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig


def missing():
    """Yield (what is missing, the Debian package that has it)."""
    if importlib.util.find_spec("ensurepip") is None:
        yield "Python's venv with ensurepip", "python3-venv"
    if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
        yield "Python.h", "python3-dev"
    compiler = os.environ.get("CC", "cc").split()[0]
    if shutil.which(compiler) is None:
        yield "the C compiler %r" % compiler, "build-essential"


def main():
    if sys.version_info < (3, 9):
        sys.exit("recordsmith needs Python 3.9 or newer, this is " + sys.version.split()[0])
    found = list(missing())
    if "--packages" in sys.argv:
        print(" ".join(package for _, package in found))
        return
    for what, package in found:
        print("missing: %s (Debian, Ubuntu: apt-get install %s)" % (what, package))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
