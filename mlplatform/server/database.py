"""Opens the database of the settings: DATABASE_URL, or the embedded server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import structlog

from mlplatform.errors import Refused, reaching_the_database
from mlplatform.settings import Settings
from storage.embedded.data_lock import find_holder
from storage.embedded.server import LOCK_NAME, EmbeddedPostgres, running_dsns
from storage.postgres.logins import parse_login
from storage.postgres.migrate import migrate
from storage.postgres.pool import Pool, open_pool
from storage.postgres.roles import can_change_events, grant_platform_role

IDENTITY = "SELECT current_database(), pg_postmaster_start_time()"

log = structlog.get_logger()


@dataclass(frozen=True)
class Database:
    """Connection URLs of the database, for the platform's role and for the owner."""

    dsn: str = field(repr=False)
    owner_dsn: str = field(repr=False)
    """Equals ``dsn`` if the settings name one role only."""


@asynccontextmanager
async def open_database(
    settings: Settings, *, is_shared: bool = True, is_migrated: bool = True
) -> AsyncGenerator[Database]:
    """Open the database of the settings and migrate it.

    Without DATABASE_URL the embedded server of the data directory is started, and stopped at the
    end. If another process runs it already, it is shared, or else `DataDirInUse` is raised.
    """
    async with _connected(settings, is_shared=is_shared) as database:
        if is_migrated:
            await bring_up_to_date(database)
        yield database


def open_single(dsn: str) -> AbstractAsyncContextManager[Pool]:
    """Open a pool of one connection, for a command that reads."""
    return open_pool(dsn, min_size=1, max_size=1)


async def bring_up_to_date(database: Database) -> list[str]:
    """Migrate as the owner and grant rights to the platform's role; returns what was applied."""
    with reaching_the_database("the database"):
        applied = await migrate(database.owner_dsn)
        if database.owner_dsn != database.dsn:
            platform = parse_login(database.dsn)
            if platform is None:
                raise Refused("DATABASE_URL has to name a user if DATABASE_OWNER_URL is set")
            await grant_platform_role(database.owner_dsn, platform)
            if await _identity(database.dsn) != await _identity(database.owner_dsn):
                raise Refused("DATABASE_URL and DATABASE_OWNER_URL name different databases")
    return applied


async def warn_of_ownership(pool: Pool) -> None:
    """Log a warning if the platform's role may change recorded events."""
    if await can_change_events(pool):
        log.warning(
            "connected_as_owner",
            meaning="this role may change recorded events: set a role with fewer rights in "
            "DATABASE_URL, and the owner in DATABASE_OWNER_URL",
        )


async def _identity(dsn: str) -> object:
    async with open_single(dsn) as pool:
        return await pool.fetchrow(IDENTITY)


def check_data_dir_is_free(settings: Settings) -> None:
    """Raise `DataDirInUse` if another process runs the embedded server."""
    if settings.database_url is None and (
        in_use := find_holder(settings.data_dir.resolve() / LOCK_NAME)
    ):
        raise in_use


@asynccontextmanager
async def _connected(settings: Settings, *, is_shared: bool) -> AsyncGenerator[Database]:
    if settings.database_url is not None:
        dsn = settings.database_url.get_secret_value()
        owner = settings.database_owner_url
        yield Database(dsn, owner.get_secret_value() if owner else dsn)
        return
    if is_shared and (running := running_dsns(settings.data_dir)):
        yield Database(running.platform, running.owner)
        return
    async with AsyncExitStack() as stack:
        with reaching_the_database(f"the data directory {settings.data_dir}"):
            server = await stack.enter_async_context(EmbeddedPostgres.open(settings.data_dir))
        yield Database(server.platform_dsn, server.owner_dsn)
