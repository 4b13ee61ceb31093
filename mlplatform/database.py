"""Which PostgreSQL the platform uses: the one that is set, or the embedded one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mlplatform.settings import Settings
from storage.embedded import EmbeddedPostgres, running_dsn
from storage.migrate import migrate


@dataclass(frozen=True)
class Database:
    """How to reach the database: as the platform, and as its owner."""

    dsn: str
    owner_dsn: str


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncGenerator[Database]:
    """Reach the database of the settings, with its schema up to date.

    Without DATABASE_URL the embedded server of the data directory is started and, at the end,
    stopped; one that another process runs already is shared (for commands beside a running
    platform).
    """
    if settings.database_url is not None:
        dsn = settings.database_url.get_secret_value()
        owner = settings.database_owner_url
        yield await _migrated(dsn, owner.get_secret_value() if owner else dsn)
        return
    if running := running_dsn(settings.data_dir):
        yield await _migrated(running, running)
        return
    async with EmbeddedPostgres.open(settings.data_dir) as server:
        yield await _migrated(server.owner_dsn, server.owner_dsn)


async def _migrated(dsn: str, owner_dsn: str) -> Database:
    await migrate(owner_dsn)
    return Database(dsn, owner_dsn)
