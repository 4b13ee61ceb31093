"""Which PostgreSQL the platform uses: the one that is set, or the embedded one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from mlplatform.failures import reaching_the_database
from mlplatform.settings import Settings
from storage.data_lock import holder
from storage.embedded import LOCK_NAME, EmbeddedPostgres, running_dsn
from storage.migrate import migrate


@dataclass(frozen=True)
class Database:
    """How to reach the database: as the platform, and as its owner."""

    dsn: str
    owner_dsn: str


@asynccontextmanager
async def open_database(
    settings: Settings, *, is_shared: bool = True, is_migrated: bool = True
) -> AsyncGenerator[Database]:
    """Reach the database of the settings, with its schema up to date unless told otherwise.

    Without DATABASE_URL the embedded server of the data directory is started and, at the end,
    stopped. One that another process runs already is shared, by commands beside a running
    platform; else `DataDirInUse` says who that is.
    """
    async with _reached(settings, is_shared=is_shared) as database:
        if is_migrated:
            with reaching_the_database("the database"):
                await migrate(database.owner_dsn)
        yield database


def check_data_dir_is_free(settings: Settings) -> None:
    """Raise `DataDirInUse` where another process runs the embedded server there."""
    if settings.database_url is None:
        taken = holder(settings.data_dir.resolve() / LOCK_NAME)
        if taken is not None:
            raise taken


@asynccontextmanager
async def _reached(settings: Settings, *, is_shared: bool) -> AsyncGenerator[Database]:
    if settings.database_url is not None:
        dsn = settings.database_url.get_secret_value()
        owner = settings.database_owner_url
        yield Database(dsn, owner.get_secret_value() if owner else dsn)
        return
    if is_shared and (running := running_dsn(settings.data_dir)):
        yield Database(running, running)
        return
    async with AsyncExitStack() as stack:
        with reaching_the_database(f"the data directory {settings.data_dir}"):
            server = await stack.enter_async_context(EmbeddedPostgres.open(settings.data_dir))
        yield Database(server.owner_dsn, server.owner_dsn)
