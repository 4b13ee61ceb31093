"""How connections to PostgreSQL are opened, pooled and direct."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

# In quotes, because only the stubs are generic, not the classes.
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
"""Transient errors: the same statement may succeed on a retry."""

OTHER_TABLES: Final = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)
"""The tables differ from those that a statement was written for."""


@asynccontextmanager
async def open_pool(
    dsn: str,
    *,
    min_size: int = 2,
    max_size: int = 8,
    statement_timeout_s: float = 30.0,
) -> AsyncGenerator[Pool]:
    """A pool for short statements and transactions, closed at the end.

    The session is not reset between two uses, which saves a round trip: use `connect` for
    session locks, LISTEN and SET. An open transaction is rolled back all the same.
    """
    pool = asyncpg.create_pool(
        _plain(dsn),
        min_size=min_size,
        max_size=max_size,
        init=_use_raw_json,
        reset=_keep_session,
        timeout=CONNECT_TIMEOUT_S,
        record_class=asyncpg.Record,
        server_settings=_session("mlplatform", statement_timeout_s),
    )
    async with pool:
        yield pool


async def connect(
    dsn: str, *, statement_timeout_s: float = 0.0, application_name: str = "mlplatform"
) -> DirectConnection:
    """A connection that the caller must close; 0 seconds means no statement timeout."""
    connection = await asyncpg.connect(
        _plain(dsn),
        timeout=CONNECT_TIMEOUT_S,
        record_class=asyncpg.Record,
        server_settings=_session(application_name, statement_timeout_s),
    )
    await _use_raw_json(connection)
    return connection


def _plain(dsn: str) -> str:
    """The DSN without the driver name that SQLAlchemy adds to the scheme."""
    scheme, separator, rest = dsn.partition("://")
    return scheme.partition("+")[0] + separator + rest


def _session(application_name: str, statement_timeout_s: float) -> dict[str, str]:
    return {
        "application_name": application_name,
        "search_path": "public",  # not a schema with the name of the role
        "statement_timeout": str(round(statement_timeout_s * 1000)),
        "timezone": "UTC",
    }


async def _use_raw_json(connection: Connection) -> None:
    """Exchange `json` as bytes: the mapper encodes and decodes it."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=_same, decoder=_same, format="binary"
    )


def _same(raw: bytes) -> bytes:
    return raw


async def _keep_session(_: Connection) -> None:
    """Skip asyncpg's reset of the session; see `open_pool`."""
