"""The page on security names only existing tests, and at least one for each claim."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.inference.attacks.corpus import KINDS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/security.md").read_text("utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def names_in(file: Path) -> set[str]:
    """Name the tests of a file, those in classes too."""
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_the_page_names_exists() -> None:
    named = NAMED.findall(PAGE)
    missing = [
        f"{file}::{name}" for file, name in named if name not in names_in(ROOT / "tests" / file)
    ]
    assert len(named) > 100
    assert missing == []


def test_every_attack_on_the_page_has_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    attacks = [row for row in rows if not row.startswith("| attack |")]
    assert len(attacks) > 50
    assert [row for row in attacks if not NAMED.search(row)] == []
    assert [row for row in attacks if row.count("::") != len(NAMED.findall(row))] == []


def test_every_kind_of_hostile_file_is_on_the_page() -> None:
    assert [kind for kind in KINDS if f"`{kind}`" not in PAGE] == []
