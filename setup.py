"""The native part of the build; everything else is in ``pyproject.toml``.

The C core is built as a static library, apart from the extension, so that its strict
warnings do not apply to the code that Cython generates.

Environment
-----------
RECORDSMITH_CFLAGS
    More compiler flags for the C core, e.g. ``-Werror`` or ``-O0 -g``.
RECORDSMITH_SANITIZE
    ``1`` builds core and extension with AddressSanitizer and UBSan. The interpreter
    then has to be started with ``LD_PRELOAD=$(cc -print-file-name=libasan.so)``.
"""

import os
import shlex
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CORE_SOURCES = sorted(map(str, Path("csrc").glob("src/*.c")))
CORE_HEADERS = sorted(map(str, Path("csrc").glob("**/*.h")))
BINDING_HEADERS = sorted(map(str, Path("src/recordsmith").glob("*.h")))
# Python's own flags have -g: slow to build, and the wheel is several times larger.
NO_DEBUG_INFO = "-g0"
INCLUDE_DIRS = ["csrc/include", "csrc/src"]
CORE_CFLAGS = [
    "-std=c11",
    "-O3",
    NO_DEBUG_INFO,
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-fvisibility=hidden",
    *shlex.split(os.environ.get("RECORDSMITH_CFLAGS", "")),
]
SANITIZE = (
    ["-fsanitize=address,undefined", "-fno-sanitize-recover", "-UNDEBUG", "-g", "-O1"]
    if os.environ.get("RECORDSMITH_SANITIZE") == "1"
    else []
)


class BuildExt(build_ext):
    """Builds the core first: ``build_ext`` alone, as ``--inplace`` runs it, would not."""

    def run(self):
        self.run_command("build_clib")
        super().run()


setup(
    cmdclass={"build_ext": BuildExt},
    libraries=[
        (
            "recordsmith",
            {
                "sources": CORE_SOURCES,
                "include_dirs": INCLUDE_DIRS,
                "cflags": CORE_CFLAGS + SANITIZE,
                "obj_deps": {"": CORE_HEADERS},
            },
        )
    ],
    ext_modules=cythonize(
        Extension(
            "recordsmith._core",
            sources=["src/recordsmith/_core.pyx"],
            include_dirs=INCLUDE_DIRS,
            depends=CORE_SOURCES + CORE_HEADERS + BINDING_HEADERS,
            extra_compile_args=[NO_DEBUG_INFO, *SANITIZE],
            extra_link_args=SANITIZE,
        ),
    ),
)
