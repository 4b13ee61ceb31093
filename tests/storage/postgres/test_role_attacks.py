"""Attacks with the platform's database role, statement by statement."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from storage.embedded.server import EmbeddedPostgres
from storage.postgres.pool import DirectConnection, Pool, connect
from storage.postgres.roles import grant_platform_role
from tests.storage.event_rows import check_dense, committing, row
from tests.storage.postgres.forbidden_statements import NO_EFFECT, REFUSED, SNAPSHOT

REFUSALS = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.FeatureNotSupportedError,  # an extension that this server does not have
)


@pytest.fixture
async def attacker(
    database_dsn: str, owner_dsn: str, postgres: EmbeddedPostgres
) -> AsyncIterator[DirectConnection]:
    """A connection of the platform's role, on a store with three events."""
    await grant_platform_role(owner_dsn, postgres.platform)
    async with committing(database_dsn) as committer:
        await committer.append([row(), row(), row()])
    connection = await connect(database_dsn)
    yield connection
    await connection.close()


async def snapshot(owner_pool: Pool) -> list[Any]:
    """Everything that must not change."""
    return [[tuple(found) for found in await owner_pool.fetch(query)] for query in SNAPSHOT]


@pytest.mark.parametrize("aim", REFUSED)
async def test_forbidden_statements_are_refused(
    attacker: DirectConnection, owner_pool: Pool, aim: str
) -> None:
    before = await snapshot(owner_pool)
    let_through: list[str] = []
    for statement in REFUSED[aim]:
        try:
            await attacker.execute(statement)
        except REFUSALS:
            continue
        except asyncpg.PostgresError as error:
            let_through.append(f"{statement}: {type(error).__name__}: {error}")
        else:
            let_through.append(statement)
    assert let_through == []
    assert await snapshot(owner_pool) == before


async def test_statements_that_only_warn_change_nothing(
    attacker: DirectConnection, owner_pool: Pool
) -> None:
    before = await snapshot(owner_pool)
    for statement in NO_EFFECT:
        try:
            await attacker.execute(statement)
        except REFUSALS:
            continue
    assert await snapshot(owner_pool) == before


async def test_sessions_of_the_owner_can_be_neither_ended_nor_inspected(
    attacker: DirectConnection, owner_dsn: str
) -> None:
    owner = await connect(owner_dsn)
    pid = owner.get_server_pid()
    for function in ("pg_terminate_backend", "pg_cancel_backend"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await attacker.execute(f"SELECT {function}({pid})")
    query = "SELECT query FROM pg_stat_activity WHERE pid = $1"
    assert await attacker.fetchval(query, pid) == "<insufficient privilege>"
    assert await owner.fetchval("SELECT 1") == 1
    await owner.close()


SHADOWS = """
    CREATE TABLE read.events (LIKE public.events);
    CREATE TABLE read.imported_events (position bigint);
    CREATE FUNCTION read.begin_append(OUT next_position bigint, OUT recorded_at timestamptz)
        LANGUAGE sql AS $$ SELECT 1000::bigint, '2001-01-01'::timestamptz $$;
    CREATE FUNCTION read.clock_timestamp() RETURNS timestamptz
        LANGUAGE sql AS $$ SELECT '2001-01-01'::timestamptz $$;
    CREATE FUNCTION read.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS '';
    CREATE FUNCTION read.shifted(bigint, int) RETURNS bigint LANGUAGE sql AS 'SELECT 1000::bigint';
    CREATE OPERATOR read.+ (LEFTARG = bigint, RIGHTARG = int, FUNCTION = read.shifted);
    CREATE DOMAIN read.json AS text;
    CREATE TYPE read.bigint AS ENUM ('1');
    SET search_path = read, public, pg_catalog;
"""
APPEND = """
    SELECT first_position, recorded_at > now() - interval '1 minute' AS is_now
      FROM public.append_events(ARRAY[gen_random_uuid()], '{1}', '{Test.Noted}', '{"{}"}', '{null}',
                                '{"{}"}', true)
"""
APPEND_CHECKED = APPEND.replace("append_events(", "append_events_checked('{0}', ")


@pytest.mark.parametrize("append", [APPEND, APPEND_CHECKED])
async def test_the_functions_ignore_objects_that_the_caller_shadows(
    attacker: DirectConnection, pool: Pool, append: str
) -> None:
    await attacker.execute(SHADOWS)

    assert tuple(await attacker.fetchrow(append) or ()) == (4, True)

    assert await check_dense(pool) == 4
    assert await attacker.fetchval("SELECT count(*) FROM read.events") == 0


@pytest.mark.parametrize(
    "setting",
    [
        "default_transaction_isolation = 'serializable'",
        "DateStyle = 'SQL, DMY'",
        "TimeZone = 'Pacific/Kiritimati'",
        "lock_timeout = 1",
        "plpgsql.extra_errors = 'all'",
        "check_function_bodies = off",
        "array_nulls = off",
        "xmloption = 'document'",
        "enable_indexscan = off",
        "row_security = off",
    ],
)
async def test_the_callers_settings_change_neither_positions_nor_times(
    attacker: DirectConnection, pool: Pool, setting: str
) -> None:
    await attacker.execute(f"SET {setting}")
    assert tuple(await attacker.fetchrow(APPEND) or ()) == (4, True)
    assert await check_dense(pool) == 4


async def test_a_stale_snapshot_appends_nothing(
    attacker: DirectConnection, database_dsn: str, pool: Pool
) -> None:
    async with attacker.transaction(isolation="repeatable_read"):
        await attacker.execute("SELECT 1 FROM events")
        async with committing(database_dsn) as committer:
            await committer.append([row()])
        with pytest.raises(asyncpg.UniqueViolationError):
            await attacker.execute(APPEND)
    assert await check_dense(pool) == 4


async def test_rolled_back_appends_leave_no_gap(attacker: DirectConnection, pool: Pool) -> None:
    async with attacker.transaction():
        for _ in range(3):
            await attacker.execute("SAVEPOINT s")
            await attacker.execute(APPEND)
            await attacker.execute("ROLLBACK TO s")
        await attacker.execute(APPEND)
    assert await check_dense(pool) == 4


STREAM = "01a20bc0-6c7e-7a0f-9a73-1ea3388f392d"
ODD_ARRAYS = (
    "NULL, NULL, NULL, NULL, NULL, NULL",
    "'{}', '{}', '{}', '{}', '{}', '{}'",
    "'{NULL}', '{1}', '{a}', '{null}', '{null}', '{null}'",
    "ARRAY[gen_random_uuid()], '{1,2}', '{a}', '{1}', '{null}', '{1}'",
    "ARRAY[gen_random_uuid()], '{0}', '{a}', '{1}', '{null}', '{1}'",
    "ARRAY[gen_random_uuid()], '{-1}', '{a}', '{1}', '{null}', '{1}'",
    f"'{{{STREAM},{STREAM}}}', '{{1,1}}', '{{a,a}}', '{{1,1}}', '{{null,null}}', '{{1,1}}'",
    f"'{{{{{STREAM}}}}}', '[5:5]={{1}}', '{{{{a}}}}', '{{1}}', '{{null}}', '{{1}}'",
)


@pytest.mark.parametrize("arrays", ODD_ARRAYS)
@pytest.mark.parametrize("calls", [None, "NULL", "'{}'", "'{NULL}'", "'{0}'", "'{0,1,2,3}'"])
async def test_odd_arguments_leave_positions_without_gaps(
    attacker: DirectConnection, pool: Pool, arrays: str, calls: str | None
) -> None:
    call = f"append_events_checked({calls}, " if calls else "append_events("
    with suppress(asyncpg.IntegrityConstraintViolationError, asyncpg.DataError):
        await attacker.execute(f"SELECT public.{call}{arrays}, NULL)")
    assert await check_dense(pool) >= 3
    times = [
        found["t"]
        for found in await pool.fetch("SELECT recorded_at AS t FROM events ORDER BY position")
    ]
    assert times == sorted(times)
