"""Imports go downward only, and heavy packages are loaded only when they are needed."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = Path(find_spec("recordsmith").origin).parent

# Lowest first. A module may import from its own layer (without circles) and from those
# below. A package stands for all of its modules.
LAYERS = [
    {"errors", "tally", "wording"},
    {"_core", "algorithm_table", "intake", "reporting", "threads"},
    {"batch", "casts", "payload_stream", "payloads", "window"},
    {"arrays", "concat", "density", "exports", "gathering", "taking"},
    {"codec", "decoder"},
    {"chunks", "reader"},
    {"object_listing", "object_reader", "object_store", "object_writer"},
    {"publish", "storage"},
    {"folders", "resync"},
    {"frames", "salvaging", "sinks", "sources", "verification"},
    {"channels", "sharding"},
    {"results", "validation"},
    {"description", "pipeline"},
    {"comparison", "inference", "pipe", "summarising"},
    {"sagemaker"},
    {"", "cli", "__main__"},  # "" is the package itself: __init__.py
]

# Methods that are only another way to write a call to the layer above.
UPWARD_IN_FUNCTIONS = {
    ("batch", "exports"),
    ("reporting.findings", "reporting.rendering"),
    ("reporting.findings", "reporting.report_html"),
    ("reporting.findings", "reporting.report_json"),
    ("reporting.findings", "reporting.sarif"),
}

HEAVY = {
    *("boto3", "botocore", "matplotlib", "pandas", "polars", "pyarrow", "scipy", "tqdm"),
}


def layer(module):
    part = module.split(".")[0]
    for number, parts in enumerate(LAYERS):
        if part in parts:
            return number
    pytest.fail(f"{module or '__init__'} has no layer: add it to LAYERS in this file")


def module_files():
    """All modules and their files; "" is the package itself."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def statements(node, in_function=False):
    """Import statements outside `if TYPE_CHECKING`, and whether each is in a function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child, in_function
        inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        yield from statements(child, in_function or inside)


def targets(statement, path):
    """Absolute names that a statement imports: "pyarrow.csv", "recordsmith.batch", …"""
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    base = statement.module or ""
    if statement.level:
        package = path.relative_to(PACKAGE.parent).parent.parts
        package = package[: len(package) - statement.level + 1]
        base = ".".join([*package, *filter(None, [statement.module])])
    return [
        f"{base}.{alias.name}" if is_module(base, alias.name) else base
        for alias in statement.names
    ]


def is_module(package, name):
    """Whether `from package import name` takes a module of ours, not a name in it."""
    folder = PACKAGE.parent.joinpath(*package.split("."))
    return (folder / name).is_dir() or bool(list(folder.glob(f"{name}.*")))


def all_imports():
    """(importing module, imported absolute name, whether in a function)."""
    for module, path in module_files():
        tree = ast.parse(path.read_text("utf-8"))
        for statement, in_function in statements(tree):
            for target in targets(statement, path):
                yield module, target, in_function


def internal_imports():
    for module, target, in_function in all_imports():
        if target.split(".")[0] == "recordsmith":
            yield module, ".".join(target.split(".")[1:]), in_function


def test_imports_go_downward():
    checked = 0
    wrong = []
    for module, target, in_function in internal_imports():
        checked += 1
        if in_function and (module, target) in UPWARD_IN_FUNCTIONS:
            continue
        if layer(target) > layer(module):
            wrong.append(f"{module or '__init__'} imports {target or '__init__'}")
    assert not wrong
    assert checked > 0


def test_exceptions_are_still_needed():
    found = {(module, target) for module, target, in_function in internal_imports()}
    assert found >= UPWARD_IN_FUNCTIONS


def test_no_circles():
    graph = {}
    for module, target, _ in internal_imports():
        if (module, target) not in UPWARD_IN_FUNCTIONS and module != target:
            graph.setdefault(module, set()).add(target)
    assert graph
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(name or "__init__" for name in error.args[1]))


def test_heavy_packages_are_imported_in_functions_only():
    heavy = [i for i in all_imports() if i[1].split(".")[0] in HEAVY]
    assert heavy
    assert not [(m, target) for m, target, in_function in heavy if not in_function]


@pytest.mark.parametrize(
    "code",
    [
        "import recordsmith",
        "from recordsmith import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass",
    ],
    ids=["import", "help"],
)
def test_light_start(code):
    code += f"\nimport sys\nprint('loaded:', *sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["loaded:"]
