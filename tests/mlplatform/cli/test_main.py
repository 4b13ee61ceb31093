"""The command line: it is fully documented, and its help starts fast."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from mlplatform.cli.main import app
from tests.mlplatform.conftest import Cli

ROOT = Path(__file__).parents[3]
SLOW = ("aiohttp", "asyncpg", "cryptography", "eventsourcing", "pydantic", "structlog", "uvloop")


def commands_of(group: Any, *path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, *path, name)
        else:
            yield " ".join([*path, name]), command


COMMANDS = dict(commands_of(typer.main.get_command(app), "mlplatform"))


def test_every_command_is_documented_and_no_other() -> None:
    text = (ROOT / "docs" / "cli.md").read_text()

    assert sorted(re.findall(r"^## `(mlplatform [a-z -]+?)[` ][A-Z[`\n]", text, re.MULTILINE)) == (
        sorted(COMMANDS)
    )


def test_every_option_is_documented_with_its_command() -> None:
    text = (ROOT / "docs" / "cli.md").read_text()
    for name, command in COMMANDS.items():
        section = text.partition(f"## `{name}")[2].partition("\n## ")[0]
        options = {
            option
            for parameter in command.params
            for option in parameter.opts + parameter.secondary_opts
            if option.startswith("--")
        }
        for option in options - {"--data-dir", "--help", "--follow"}:
            assert option in section, f"{name} {option}"


def test_help_imports_nothing_slow() -> None:
    program = (
        "import sys, typer, rich.console, mlplatform.cli.main\n"
        f"print([name for name in {SLOW} if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"


def test_help_names_every_command(cli: Cli) -> None:
    shown = cli("--help").output

    for name in COMMANDS:
        assert name.split()[1] in shown


def test_without_a_command_help_is_shown(cli: Cli) -> None:
    assert "Usage" in cli().output


def test_it_also_runs_as_a_module() -> None:
    shown = subprocess.check_output([sys.executable, "-m", "mlplatform", "--help"], text=True)
    assert "create-admin" in shown
