"""Migrations are applied once each, in order and atomically."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from pathlib import Path

import asyncpg
import pytest

from storage.embedded.server import EmbeddedPostgres
from storage.postgres.migrate import MigrationRefused, migrate
from storage.postgres.pool import connect

FIRST = "CREATE TABLE colours (name text); INSERT INTO colours VALUES ('red');"
SECOND = "INSERT INTO colours VALUES ('blue');"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, sql in {"0101_first.sql": FIRST, "0102_second.sql": SECOND}.items():
        (tmp_path / name).write_text(sql)
    (tmp_path / "__init__.py").touch()
    return tmp_path


@pytest.fixture
async def empty_dsn(owner_dsn: str) -> str:
    """A database without migrations."""
    connection = await connect(owner_dsn)
    await connection.execute("DROP TABLE schema_migrations")
    await connection.close()
    return owner_dsn


async def colours(dsn: str) -> list[str]:
    connection = await connect(dsn)
    rows = await connection.fetch("SELECT name FROM colours")
    await connection.close()
    return [row["name"] for row in rows]


async def test_files_are_applied_in_the_order_of_their_names(empty_dsn: str, folder: Path) -> None:
    assert await migrate(empty_dsn, folder) == ["0101_first.sql", "0102_second.sql"]
    assert await colours(empty_dsn) == ["red", "blue"]


async def test_a_second_run_changes_nothing(empty_dsn: str, folder: Path) -> None:
    await migrate(empty_dsn, folder)
    assert await migrate(empty_dsn, folder) == []
    assert await colours(empty_dsn) == ["red", "blue"]


async def test_concurrent_runs_apply_each_file_once(empty_dsn: str, folder: Path) -> None:
    runs = await asyncio.gather(*(migrate(empty_dsn, folder) for _ in range(8)))
    assert sorted(runs) == [[]] * 7 + [["0101_first.sql", "0102_second.sql"]]
    assert await colours(empty_dsn) == ["red", "blue"]


async def test_a_file_that_was_edited_after_it_was_applied_is_refused(
    empty_dsn: str, folder: Path
) -> None:
    await migrate(empty_dsn, folder)
    (folder / "0101_first.sql").write_text(FIRST + " ")
    with pytest.raises(MigrationRefused, match=r"0101_first\.sql was edited"):
        await migrate(empty_dsn, folder)


async def test_a_database_of_a_later_release_is_refused(empty_dsn: str, folder: Path) -> None:
    await migrate(empty_dsn, folder)
    (folder / "0102_second.sql").unlink()
    with pytest.raises(MigrationRefused, match="this release does not know"):
        await migrate(empty_dsn, folder)


async def test_a_new_file_numbered_before_an_applied_one_is_refused(
    empty_dsn: str, folder: Path
) -> None:
    await migrate(empty_dsn, folder)
    (folder / "0100_too_late.sql").write_text("SELECT 1")
    with pytest.raises(MigrationRefused, match=r"0100_too_late\.sql comes before"):
        await migrate(empty_dsn, folder)


async def test_a_failing_file_is_rolled_back(empty_dsn: str, folder: Path) -> None:
    (folder / "0102_second.sql").write_text(SECOND + "SELECT 1 / 0")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_dsn, folder)
    assert await colours(empty_dsn) == ["red"]
    (folder / "0102_second.sql").write_text(SECOND)
    assert await migrate(empty_dsn, folder) == ["0102_second.sql"]


async def test_the_platforms_own_schema_is_up_to_date_in_every_test(owner_dsn: str) -> None:
    assert await migrate(owner_dsn) == []


async def test_another_role_may_check_but_not_migrate(database_dsn: str, folder: Path) -> None:
    assert await migrate(database_dsn) == []
    for entry in files("migrations").iterdir():
        (folder / entry.name).write_bytes(entry.read_bytes() if entry.is_file() else b"")
    with pytest.raises(MigrationRefused, match="only its owner can change that"):
        await migrate(database_dsn, folder)


async def test_only_the_owner_can_apply_the_first_migration(
    postgres: EmbeddedPostgres, folder: Path
) -> None:
    with pytest.raises(MigrationRefused, match="only its owner can change that"):
        await migrate(postgres.dsn("template1", postgres.platform), folder)
