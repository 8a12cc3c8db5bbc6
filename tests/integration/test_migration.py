"""The page on migration: its code runs, and its names are there."""

import re
from pathlib import Path

import recordsmith.sagemaker

PAGE = Path(__file__).resolve().parents[2] / "docs" / "migration.md"


def test_code():
    """Blocks that need the SDK run where it is: environments/tests/sdk."""
    blocks = re.findall(
        r"<!-- run -->\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.S
    )
    names = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert len(blocks) == 2
    assert len(names["buf"].getvalue()) == 1000 * 3184


def test_every_name_is_told():
    text = PAGE.read_text("utf-8")
    assert not [name for name in recordsmith.sagemaker.__all__ if name not in text]
