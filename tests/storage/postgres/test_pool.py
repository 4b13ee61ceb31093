"""Connections, pooled and direct."""

from __future__ import annotations

import asyncpg
import pytest

from storage.postgres.pool import Pool, connect, open_pool


async def test_json_is_stored_and_read_byte_for_byte(pool: Pool) -> None:
    raw = b'{"b":  -0.0, "a": 1e2, "b": 1.50}'
    assert await pool.fetchval("SELECT $1::json", raw) == raw


async def test_arrays_of_json_are_arrays_of_bytes(pool: Pool) -> None:
    raws = [b"{}", None, b"[1, 2]"]
    assert await pool.fetchval("SELECT $1::json[]", raws) == raws


async def test_a_direct_connection_exchanges_json_as_bytes(database_dsn: str) -> None:
    connection = await connect(database_dsn)
    assert await connection.fetchval("SELECT $1::json", b"[-0.0]") == b"[-0.0]"
    await connection.close()


async def test_a_session_is_in_utc(pool: Pool) -> None:
    assert await pool.fetchval("SHOW timezone") == "UTC"


async def test_the_driver_in_a_dsn_of_sqlalchemy_is_ignored(database_dsn: str) -> None:
    dsn = database_dsn.replace("postgresql://", "postgresql+asyncpg://")
    async with open_pool(dsn, min_size=1) as pool:
        assert await pool.fetchval("SELECT 1") == 1


async def test_a_statement_is_cancelled_after_its_timeout(database_dsn: str) -> None:
    async with open_pool(database_dsn, min_size=1, statement_timeout_s=0.05) as pool:
        with pytest.raises(asyncpg.QueryCanceledError):
            await pool.execute("SELECT pg_sleep(5)")


async def test_an_open_transaction_is_rolled_back_on_release(
    database_dsn: str,
) -> None:
    async with open_pool(database_dsn, min_size=1, max_size=1) as pool:
        async with pool.acquire() as connection:
            await connection.execute("BEGIN; CREATE TABLE read.half_done ()")
        assert await pool.fetchval("SELECT to_regclass('read.half_done')") is None
