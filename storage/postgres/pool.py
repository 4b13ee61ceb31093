"""Connections to PostgreSQL: how every one of them is opened."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

# The stubs are generic, the classes are not, hence the quotes.
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
DirectConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Connection: TypeAlias = "DirectConnection | PoolConnectionProxy[asyncpg.Record]"

CONNECT_TIMEOUT_S = 10.0

TRANSIENT: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""Failures of the moment: the same statement may succeed when it is tried again."""

OTHER_TABLES: Final = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)
"""The tables are not those that a statement was written for."""


@asynccontextmanager
async def open_pool(
    dsn: str,
    *,
    min_size: int = 2,
    max_size: int = 8,
    statement_timeout_s: float = 30.0,
    application_name: str = "mlplatform",
) -> AsyncGenerator[Pool]:
    """A pool for short statements and transactions, closed at the end.

    A connection keeps its session between two users: advisory locks, LISTEN and SET belong on
    a connection of one's own (`connect`), so that no round trip is spent on cleaning up. An
    open transaction is rolled back all the same.
    """
    pool = asyncpg.create_pool(
        _plain(dsn),
        min_size=min_size,
        max_size=max_size,
        init=_pass_json_through,
        reset=_keep_session,
        timeout=CONNECT_TIMEOUT_S,
        record_class=asyncpg.Record,
        server_settings=_session(application_name, statement_timeout_s),
    )
    async with pool:
        yield pool


async def connect(
    dsn: str, *, statement_timeout_s: float = 0.0, application_name: str = "mlplatform"
) -> DirectConnection:
    """One connection of the caller's own, for the caller to close; 0 seconds is no limit."""
    connection = await asyncpg.connect(
        _plain(dsn),
        timeout=CONNECT_TIMEOUT_S,
        record_class=asyncpg.Record,
        server_settings=_session(application_name, statement_timeout_s),
    )
    await _pass_json_through(connection)
    return connection


def _plain(dsn: str) -> str:
    """The DSN without the driver that SQLAlchemy writes into its scheme."""
    scheme, separator, rest = dsn.partition("://")
    return scheme.partition("+")[0] + separator + rest


def _session(application_name: str, statement_timeout_s: float) -> dict[str, str]:
    return {
        "application_name": application_name,
        "search_path": "public",  # and no schema that happens to bear the role's name
        "statement_timeout": str(round(statement_timeout_s * 1000)),
        "timezone": "UTC",
    }


async def _pass_json_through(connection: Connection) -> None:
    """Give and take `json` as bytes: it is encoded once, by the mapper, and stays as it was."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=_same, decoder=_same, format="binary"
    )


def _same(raw: bytes) -> bytes:
    return raw


async def _keep_session(_: Connection) -> None:
    """Nothing: see `open_pool`."""
