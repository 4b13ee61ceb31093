"""No private name of a library is used: not as an attribute, an import or a text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "domain",
    "storage",
    "inference",
    "commands",
    "projections",
    "api",
    "mlplatform",
    "benchmarks",
)
FILES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "peers" not in path.parts
)
OWNERS = frozenset({"self", "cls"})
READERS = frozenset({"getattr", "setattr", "delattr", "hasattr", "attrgetter"})
NAMED_TUPLE = frozenset({"_replace", "_asdict", "_make", "_fields", "_field_defaults"})
"""Documented methods of named tuples, whose underscore only avoids the names of fields."""
DOCUMENTED = {
    "os._exit": "os documents it, for child processes after a fork",
    "sys._getframe": "sys documents it",
}


def is_private(name: str) -> bool:
    return any(
        part.startswith("_") and not (part.startswith("__") and part.endswith("__"))
        for part in name.split(".")
    )


def own_names(tree: ast.Module) -> set[str]:
    """The private names that a module defines itself: functions, classes, members, fields."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id in OWNERS
        ):
            names.add(node.attr)
    return names


def text_of(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if is_private(alias.name))
    elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
        names = (f"{node.module}.{alias.name}" for alias in node.names)
        yield from (name for name in names if is_private(name))


def written(node: ast.AST) -> Iterator[str]:
    """Private names in texts: `getattr(x, "_y")`, `vars(x)["_y"]`, `x.__dict__["_y"]`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
        function = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        texts = [text_of(each) for each in node.args] if function in READERS else []
        yield from (text for text in texts if text is not None and is_private(text))
    elif isinstance(node, ast.Subscript):
        text = text_of(node.slice)
        is_members = (
            isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Name)
            and node.value.func.id == "vars"
        ) or (isinstance(node.value, ast.Attribute) and node.value.attr == "__dict__")
        if is_members and text is not None and is_private(text):
            yield text


def private_names(source: str) -> set[str]:
    """Every private name of other modules that a module uses."""
    tree = ast.parse(source)
    own = own_names(tree)
    found: set[str] = set()
    for node in ast.walk(tree):
        found.update(imported(node), written(node))
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            if node.attr in NAMED_TUPLE:
                continue
            name = ast.unparse(node)
            is_own = isinstance(node.value, ast.Name) and node.value.id in OWNERS
            if node.attr not in own and (not is_own or _is_unknown_base(tree, node)):
                found.add(name)
    return found - set(DOCUMENTED)


def _is_unknown_base(tree: ast.Module, node: ast.Attribute) -> bool:
    """Whether `self._x` is read in a class with a base of another library, which must own it."""
    for each in ast.walk(tree):
        if isinstance(each, ast.ClassDef) and any(inner is node for inner in ast.walk(each)):
            return any(isinstance(base, ast.Attribute) for base in each.bases)
    return False


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_private_name_of_a_library_is_used(path: Path) -> None:
    assert private_names(path.read_text()) == set()


@pytest.mark.parametrize(
    "source",
    [
        "import lib\nlib._x",
        "from lib import _x",
        "from lib._x import y",
        "import lib._x",
        "def f(request): vars(request)['_match_info'] = 1",
        "def f(x): return getattr(x, '_y')",
        "def f(x): return x.__dict__['_y']",
        "import web\nclass A(web.Server):\n    def f(self): return self._connections",
        "def f(x): x._y = 1",
        "import operator\noperator.attrgetter('a._b')",
    ],
)
def test_a_private_name_is_found(source: str) -> None:
    assert private_names(source)


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    def __init__(self): self._x = 1\n    def f(self, other): return other._x",
        "def _f(): pass\nx = _f()",
        "import os\nos._exit(1)",
        "def f(x): return x.__dict__",
        "class A:\n    _x: int",
    ],
)
def test_own_and_documented_names_are_not(source: str) -> None:
    assert not private_names(source)
