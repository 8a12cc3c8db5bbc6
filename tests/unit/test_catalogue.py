"""The catalogue lists exactly the rules that the code applies."""

import ast
import re
from importlib.util import find_spec
from pathlib import Path

from recordsmith.reporting.catalogue import RULES, title

PACKAGE = Path(find_spec("recordsmith").origin).parent
ID = re.compile(r"([a-z]+)/([a-z0-9]+(?:-[a-z0-9]+)*)")


def families():
    return {rule.split("/")[0] for rule in RULES}


def ids_in(path):
    """Ids that a module uses: all texts that look like one of a known family, and the
    first argument of every call of Finding, whatever its family."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            match = ID.fullmatch(node.value)
            if match and match[1] in families():
                yield node.value
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Finding"):
            rule = [k.value for k in node.keywords if k.arg == "rule"] + node.args[:1]
            if rule and isinstance(rule[0], ast.Constant):
                yield rule[0].value


def used():
    catalogue = PACKAGE / "reporting" / "catalogue.py"
    modules = [path for path in PACKAGE.rglob("*.py") if path != catalogue]
    assert modules
    return {rule for path in modules for rule in ids_in(path)}


def test_every_id_that_the_code_uses_is_listed_and_the_other_way_round():
    assert sorted(used() - set(RULES)) == []
    assert sorted(set(RULES) - used()) == []


def test_ids_and_sentences_are_in_order():
    for rule, sentence in RULES.items():
        assert ID.fullmatch(rule), rule
        assert 10 < len(sentence) <= 100, rule
        assert sentence[0].isupper() or not sentence[0].isalpha(), rule
        assert not sentence.endswith("."), rule
    assert len(set(RULES.values())) == len(RULES)


def test_title():
    assert title("nobody/knows") == "nobody/knows"
    assert [title(rule) for rule in RULES] == list(RULES.values())
