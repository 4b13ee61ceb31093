"""Schema migrations: each file of ``migrations/`` is applied once, in the order of names.

Each file runs in its own transaction with lock and statement timeouts. Its checksum is stored: a
file that was edited after it was applied is refused, because databases would then differ.
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
    """The files and the database do not match, or only the owner may migrate."""

    def __init__(self, message: str, *, needs_owner: bool = False) -> None:
        super().__init__(message)
        self.needs_owner = needs_owner


async def migrate(dsn: str, folder: Traversable | None = None) -> list[str]:
    """Apply the pending migrations and return their names; idempotent.

    Needs the owner's DSN if any are pending. Raises `MigrationRefused`; an error in a file rolls
    that file back and leaves the files before it applied.
    """
    migrations = _read(folder or files("migrations"))
    connection = await connect(dsn, statement_timeout_s=LOCK_WAIT_S)
    try:
        await lock_session(connection, MIGRATIONS)
        pending = _pending(migrations, await _applied(connection))
        for name in pending:
            await _apply(connection, name, migrations[name])
        return pending
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


def _pending(migrations: dict[str, str], applied: dict[str, str]) -> list[str]:
    for name, checksum in applied.items():
        if name not in migrations:
            raise MigrationRefused(f"the database has {name}, which this release does not know")
        if _checksum(migrations[name]) != checksum:
            raise MigrationRefused(f"{name} was edited after it had been applied")
    pending = [name for name in migrations if name not in applied]
    if pending and applied and pending[0] < max(applied):
        raise MigrationRefused(f"{pending[0]} comes before {max(applied)}, which is applied")
    return pending


async def _apply(connection: DirectConnection, name: str, sql: str) -> None:
    async with connection.transaction():
        await connection.execute(LIMITS)
        await connection.execute(sql)
        await connection.execute(RECORD, name, _checksum(sql))


def _checksum(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()
