"""Advisory locks: their ids, and who holds one."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from storage.postgres import locks
from storage.postgres.locks import (
    APPENDS,
    Mutex,
    is_locked,
    lock_session,
    lock_transaction,
    try_lock_session,
)
from storage.postgres.pool import Pool, connect

ROOT = Path(__file__).parents[3]
LOCK_FUNCTION = re.compile(r"pg_(try_)?advisory_")
LOCK_ID = 4711


def test_ids_are_distinct() -> None:
    ids = [value for name, value in vars(locks).items() if name.isupper() and type(value) is int]
    assert len(ids) == len(set(ids)) == 7


def test_appends_are_locked_by_the_id_of_the_migration() -> None:
    sql = (ROOT / "migrations" / "0001_events.sql").read_text()
    assert f"pg_advisory_xact_lock({APPENDS})" in sql


def test_no_other_module_calls_the_lock_functions() -> None:
    packages = ("storage", "projections", "commands", "api", "mlplatform")
    sources = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    found = [path.name for path in sources if LOCK_FUNCTION.search(path.read_text())]
    assert found == ["locks.py"]


async def test_a_session_keeps_its_lock_until_it_closes(database_dsn: str, pool: Pool) -> None:
    first, second = [await connect(database_dsn) for _ in range(2)]
    await lock_session(first, LOCK_ID)
    assert await is_locked(pool, LOCK_ID)
    assert not await try_lock_session(second, LOCK_ID)
    await first.close()
    assert await try_lock_session(second, LOCK_ID)
    await second.close()
    assert not await is_locked(pool, LOCK_ID)


async def test_a_lock_of_a_name_excludes_that_name_only(database_dsn: str) -> None:
    first, second = [await connect(database_dsn) for _ in range(2)]
    assert await try_lock_session(first, LOCK_ID, "users")
    assert not await try_lock_session(second, LOCK_ID, "users")
    assert await try_lock_session(second, LOCK_ID, "models")
    for connection in (first, second):
        await connection.close()


async def test_a_transaction_keeps_its_lock_until_it_ends(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await lock_transaction(connection, LOCK_ID)
        assert await is_locked(pool, LOCK_ID)
    assert not await is_locked(pool, LOCK_ID)


async def test_one_holder_of_a_mutex_at_a_time_in_all_processes(pool: Pool) -> None:
    holders = 0

    async def hold(mutex: Mutex) -> None:
        nonlocal holders
        async with mutex.hold():
            holders += 1
            await asyncio.sleep(0.01)
            assert holders == 1
            holders -= 1

    first, second = Mutex(pool, LOCK_ID), Mutex(pool, LOCK_ID)
    held: list[Any] = [hold(mutex) for mutex in (first, second) * 4]
    await asyncio.gather(*held)
