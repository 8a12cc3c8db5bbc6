"""The code on the page on migration that needs one version of the SDK."""

import re
from pathlib import Path

__all__ = ["run"]

PAGE = Path(__file__).resolve().parents[3] / "docs" / "migration.md"


def run(version):
    """Run the block for a version; what it defines."""
    mark = f"<!-- run with version {version} -->\n```python\n"
    (block,) = re.findall(f"{mark}(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names = {}
    exec(compile(block, str(PAGE), "exec"), names)
    return names
