"""Bring a database's schema up to date: each file of ``migrations/`` once, in order.

A file runs in a transaction of its own, with limits on how long it may wait and work. Its
checksum is kept: a file that was edited after it had been applied is refused, because the
databases that have the earlier text would differ from those that get the new one.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable

import asyncpg

from domain.errors import DomainError
from storage.postgres.locks import MIGRATIONS, lock_session
from storage.postgres.pool import DirectConnection, connect

LOCK_WAIT_S = 120.0
LIMITS = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '60s'"

EXISTS = "SELECT to_regclass('schema_migrations') IS NOT NULL"
TABLE = """
    CREATE TABLE schema_migrations (
        name       text        PRIMARY KEY,
        checksum   text        NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
APPLIED = "SELECT name, checksum FROM schema_migrations"
RECORD = "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)"


class MigrationRefused(DomainError):
    """The files and the database do not belong together, or only its owner can join them."""

    def __init__(self, message: str, *, needs_owner: bool = False) -> None:
        super().__init__(message)
        self.needs_owner = needs_owner


async def migrate(dsn: str, folder: Traversable | None = None) -> list[str]:
    """Apply what is missing and return its names; twice is as good as once.

    Needs the owner's DSN, but where nothing is missing any role may look. Raises
    `MigrationRefused`; an error in a file leaves that file unapplied as a whole, and the ones
    before it applied.
    """
    migrations = _read(folder or files("migrations"))
    connection = await connect(dsn, statement_timeout_s=LOCK_WAIT_S)
    try:
        await lock_session(connection, MIGRATIONS)
        missing = _missing(migrations, await _applied(connection))
        for name in missing:
            await _apply(connection, name, migrations[name])
        return missing
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationRefused(
            f"the schema is behind this release, and only its owner can change that ({error})",
            needs_owner=True,
        ) from error
    finally:
        await connection.close()


def _read(folder: Traversable) -> dict[str, str]:
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return {entry.name: entry.read_text("utf-8") for entry in sorted(found, key=lambda e: e.name)}


async def _applied(connection: DirectConnection) -> dict[str, str]:
    if not await connection.fetchval(EXISTS):
        await connection.execute(TABLE)
    return {row["name"]: row["checksum"] for row in await connection.fetch(APPLIED)}


def _missing(migrations: dict[str, str], applied: dict[str, str]) -> list[str]:
    for name, checksum in applied.items():
        if name not in migrations:
            raise MigrationRefused(f"the database has {name}, which this release does not know")
        if _checksum(migrations[name]) != checksum:
            raise MigrationRefused(f"{name} was edited after it had been applied")
    missing = [name for name in migrations if name not in applied]
    if missing and applied and missing[0] < max(applied):
        raise MigrationRefused(f"{missing[0]} comes before {max(applied)}, which is applied")
    return missing


async def _apply(connection: DirectConnection, name: str, sql: str) -> None:
    async with connection.transaction():
        await connection.execute(LIMITS)
        await connection.execute(sql)
        await connection.execute(RECORD, name, _checksum(sql))


def _checksum(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()
