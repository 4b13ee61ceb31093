"""Export and import: the same events, byte by byte, or an error that names the line."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.aggregate import new_id
from storage.embedded.server import EmbeddedPostgres
from storage.postgres.pool import connect
from tests.conftest import TEMPLATE
from tests.mlplatform.conftest import Cli, Past

Change = Callable[[bytes], bytes]

ROWS = "SELECT * FROM events ORDER BY position"
EVENTS = 7


async def rows(dsn: str) -> list[tuple[Any, ...]]:
    connection = await connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(ROWS)]
    finally:
        await connection.close()


@pytest.fixture
async def empty_name(postgres: EmbeddedPostgres) -> str:
    """The name of another migrated database, which ends with the server."""
    name = f"test_{new_id().hex}"
    connection = await connect(postgres.dsn("postgres"))
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    await connection.close()
    return name


@pytest.fixture
def empty_dsn(postgres: EmbeddedPostgres, empty_name: str) -> str:
    """The DSN of that database for the platform's role."""
    return postgres.dsn(empty_name, postgres.platform)


@pytest.fixture
def exported(cli: Cli, past: Past, data_dir: Path) -> Path:
    """A file of all events."""
    path = data_dir / "events.jsonl"
    result = cli("export", path)
    assert result.output == f"{EVENTS} events are in {path}\n"
    return path


@pytest.fixture
def into_empty(
    cli: Cli,
    postgres: EmbeddedPostgres,
    empty_name: str,
    empty_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Cli:
    """The command line with the other database."""
    monkeypatch.setenv("DATABASE_URL", empty_dsn)
    monkeypatch.setenv("DATABASE_OWNER_URL", postgres.dsn(empty_name))
    return cli


def test_an_import_restores_every_byte(
    exported: Path, into_empty: Cli, empty_dsn: str, database_dsn: str
) -> None:
    result = into_empty("import", exported)

    assert result.output == f"{EVENTS} events were imported\n"
    assert asyncio.run(rows(empty_dsn)) == asyncio.run(rows(database_dsn))


def test_an_export_of_an_import_is_the_same_file(
    exported: Path, into_empty: Cli, data_dir: Path
) -> None:
    into_empty("import", exported)
    into_empty("export", data_dir / "again.jsonl")

    assert (data_dir / "again.jsonl").read_bytes() == exported.read_bytes()


def test_an_export_is_readable_by_its_owner_only_and_has_no_personal_values(exported: Path) -> None:
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    assert "alice" not in exported.read_text()
    assert [path.name for path in exported.parent.glob("events*")] == ["events.jsonl"]


def test_an_existing_file_is_not_overwritten(exported: Path, cli: Cli) -> None:
    assert f"{exported} exists already" in cli("export", exported).stderr


def test_a_file_that_cannot_be_written_is_refused(cli: Cli, data_dir: Path) -> None:
    path = data_dir / "nowhere" / "events.jsonl"
    assert f"{path} cannot be written: No such file" in cli("export", path).stderr


def test_a_store_with_events_refuses_an_import(exported: Path, cli: Cli) -> None:
    result = cli("import", exported)

    assert result.exit_code == 1
    assert "events are imported into an empty store only" in result.stderr


def test_only_the_owner_imports(
    exported: Path, into_empty: Cli, empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", "")

    result = into_empty("import", exported)

    assert result.exit_code == 1
    assert "only the owner of the database may import events" in result.stderr
    assert asyncio.run(rows(empty_dsn)) == []


def test_nothing_is_imported_if_a_line_is_invalid(
    exported: Path, into_empty: Cli, empty_dsn: str
) -> None:
    with exported.open("a") as file:
        file.write("{}\n")

    assert into_empty("import", exported).stderr.startswith("mlplatform: line 8: ")
    assert asyncio.run(rows(empty_dsn)) == []


def with_member(**members: Any) -> Change:
    return lambda line: json.dumps(json.loads(line) | members).encode()


BAD_LINES: list[tuple[Change, str]] = [
    (lambda line: line[:-10], "JSON is malformed"),
    (lambda _: b"", "Input data was truncated"),
    (lambda line: line.replace(b"irises", rb"a\u0000"), "U+0000"),
    (lambda line: line.replace(b"irises", rb"\ud800"), "line 5"),
    (with_member(topic="Model.Exploded"), "unknown topic 'Model.Exploded'"),
    (with_member(state={"name": 1}), "Expected `str`, got `int` - at `$.name`"),
    (with_member(state={}), "missing required field `name`"),
    (with_member(body=[]), "the body is missing or not allowed"),
    (with_member(metadata={"actor_id": "x"}), "Invalid UUID"),
    (with_member(version=4), "the stream has version 4 instead of 2"),
    (with_member(version=0), "Expected `int` >= 1"),
    (with_member(stream_id="x"), "Invalid UUID"),
    (with_member(recorded_at="2026-01-01T00:00:00"), "timezone"),
    (with_member(recorded_at="2019-01-01T00:00:00Z"), "lines 1 to 7: events are imported in"),
    (with_member(colour="red"), "unknown field `colour`"),
]


@pytest.mark.parametrize(("change", "reason"), BAD_LINES)
def test_an_invalid_line_is_refused_with_its_number(
    exported: Path, into_empty: Cli, change: Change, reason: str
) -> None:
    lines = exported.read_bytes().splitlines()
    lines[4] = change(lines[4])
    exported.write_bytes(b"\n".join(lines) + b"\n")

    result = into_empty("import", exported)

    assert result.exit_code == 1
    assert reason in result.stderr
    assert "line 5: " in result.stderr or "lines 1 to 7: " in result.stderr
