"""Rules of style that no linter checks: sizes, names, imports, documentation of settings."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from mlplatform.settings import Settings

ROOT = Path(__file__).parents[1]
PACKAGES = ("domain", "storage", "inference", "commands", "projections", "api", "mlplatform")
FOLDERS = (*PACKAGES, "tests", "benchmarks")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
MIGRATIONS = sorted((ROOT / "migrations").glob("*.sql"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))

PRODUCT = [path for path in FILES if path.relative_to(ROOT).parts[0] in PACKAGES]

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
MODULE_LINES_MIN = 40
MODULES_MAX = 15
SHORT_MODULES = {
    "commands/command.py": "the base class of all commands",
    "inference/child/libraries.py": "the only untyped imports",
    "mlplatform/__main__.py": "python -m mlplatform",
    "projections/registry.py": "the only module that imports both engine and read models",
    "storage/embedded/launch.py": "a program that runs without the platform's packages",
}
"""Modules that are short for a reason; any other is merged into the module that uses it."""
FORBIDDEN_MARKS = re.compile(r"type: ignor[e]|pyright: ignor[e](?!\[)|\b(?:TOD[O]|FIXM[E]|XX[X])\b")
CHILDS_LIBRARIES = ("sklearn", "joblib", "numpy", "pandas", "scipy", "skops")


def in_repository(path: Path) -> str:
    return str(path.relative_to(ROOT))


def settings_in(path: Path) -> list[str]:
    """The settings that an environment file names, commented out or not."""
    return re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=in_repository)
def test_files_and_functions_are_short(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= FILE_LINES_MAX
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            assert node.end_lineno - node.lineno < FUNCTION_LINES_MAX, node.name


def test_packages_are_split_by_concern() -> None:
    sizes = Counter(in_repository(path.parent) for path in PRODUCT)
    assert {name: size for name, size in sizes.items() if size > MODULES_MAX} == {}


def test_short_modules_have_a_reason() -> None:
    short = {
        in_repository(path)
        for path in PRODUCT
        if path.name != "__init__.py" and path.read_text().count("\n") < MODULE_LINES_MIN
    }
    assert short == set(SHORT_MODULES)


@pytest.mark.parametrize("path", FILES, ids=in_repository)
def test_nothing_is_postponed_or_hidden_from_the_type_checker(path: Path) -> None:
    assert FORBIDDEN_MARKS.findall(path.read_text()) == []


@pytest.mark.parametrize("name", [*PACKAGES, "migrations"])
def test_no_dependency_takes_one_of_our_top_level_names(name: str) -> None:
    assert set(packages_distributions().get(name, ())) <= {"mlplatform"}
    assert name not in sys.stdlib_module_names


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_of_ours_is_a_package(folder: str) -> None:
    """Otherwise pytest puts `tests/` on the path, and `import domain` finds the wrong one."""
    for path in [ROOT / folder, *(ROOT / folder).rglob("*/")]:
        if folder != "benchmarks" and any(path.glob("*.py")):
            assert (path / "__init__.py").exists(), path


def test_tests_that_scripts_name_exist() -> None:
    scripts = [*(ROOT / "scripts").iterdir(), *(ROOT / ".github").rglob("*.yml")]
    for path in [*scripts, ROOT / "Dockerfile", ROOT / "Makefile", ROOT / "pyproject.toml"]:
        for name in re.findall(r"tests/[\w/]+(?:\.py)?", path.read_text()):
            assert (ROOT / name).exists(), f"{in_repository(path)} names {name}"


def test_migrations_are_numbered_without_gaps() -> None:
    numbers = [int(path.name.split("_")[0]) for path in MIGRATIONS]
    assert numbers == list(range(1, len(MIGRATIONS) + 1))


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(len(DECISIONS)))


def test_the_example_names_every_setting_once_and_no_other() -> None:
    names = settings_in(ROOT / ".env.example")
    of_compose = ["POSTGRES_PASSWORD", "PLATFORM_PASSWORD"]
    assert sorted(names) == sorted([*map(str.upper, Settings.model_fields), *of_compose])


def test_the_example_names_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text()
    monkeypatch.chdir(tmp_path)  # without a .env file
    for name in settings_in(ROOT / ".env.example"):
        monkeypatch.delenv(name, raising=False)
    defaults = Settings()
    for name, value in re.findall(r"^# ([A-Z][A-Z0-9_]+)=(.+)$", text, re.MULTILINE):
        monkeypatch.setenv(name, value)
    example = Settings()
    for name in Settings.model_fields:
        default = getattr(defaults, name)
        assert default is None or getattr(example, name) == default, name


def test_the_parents_modules_load_nothing_that_belongs_to_the_child() -> None:
    """Directly or indirectly: the API process must never be able to unpickle a model."""
    modules = (
        "inference.pool.pool",
        "storage.event_store.event_store",
        "storage.artifacts",
        "storage.embedded.server",
    )
    program = (
        f"import sys, {', '.join(modules)}\n"
        f"print([name for name in {CHILDS_LIBRARIES} if name in sys.modules])"
    )
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True, cwd=ROOT)
    assert loaded.strip() == "[]"
