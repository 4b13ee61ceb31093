"""Which PostgreSQL the platform uses: the one that is set, or the embedded one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import structlog

from mlplatform.errors import Refused, reaching_the_database
from mlplatform.settings import Settings
from storage.embedded.data_lock import find_holder
from storage.embedded.server import LOCK_NAME, EmbeddedPostgres, running_dsns
from storage.postgres.logins import parse_login
from storage.postgres.migrate import migrate
from storage.postgres.pool import Pool, connect
from storage.postgres.roles import can_change_events, grant_platform_role

IDENTITY = "SELECT current_database(), pg_postmaster_start_time()"

log = structlog.get_logger()


@dataclass(frozen=True)
class Database:
    """How to reach the database: as the platform, and as its owner."""

    dsn: str = field(repr=False)
    owner_dsn: str = field(repr=False)
    """The same where nobody has told the two apart."""


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
            await bring_up_to_date(database)
        yield database


async def bring_up_to_date(database: Database) -> list[str]:
    """Migrate as the owner, let the platform's role in, and say what was applied."""
    with reaching_the_database("the database"):
        applied = await migrate(database.owner_dsn)
        if database.owner_dsn != database.dsn:
            platform = parse_login(database.dsn)
            if platform is None:
                raise Refused("DATABASE_URL has to name a user, where DATABASE_OWNER_URL is set")
            await grant_platform_role(database.owner_dsn, platform)
            if await _identity(database.dsn) != await _identity(database.owner_dsn):
                raise Refused("DATABASE_URL and DATABASE_OWNER_URL name different databases")
    return applied


async def warn_of_ownership(pool: Pool) -> None:
    """Say in the log where the platform could change what is recorded, as its role may."""
    if await can_change_events(pool):
        log.warning(
            "connected_as_owner",
            meaning="this role may change what is recorded: name a lesser one in DATABASE_URL, "
            "and the owner in DATABASE_OWNER_URL",
        )


async def _identity(dsn: str) -> object:
    connection = await connect(dsn)
    try:
        return await connection.fetchrow(IDENTITY)
    finally:
        await connection.close()


def check_data_dir_is_free(settings: Settings) -> None:
    """Raise `DataDirInUse` where another process runs the embedded server there."""
    if settings.database_url is None:
        taken = find_holder(settings.data_dir.resolve() / LOCK_NAME)
        if taken is not None:
            raise taken


@asynccontextmanager
async def _reached(settings: Settings, *, is_shared: bool) -> AsyncGenerator[Database]:
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
