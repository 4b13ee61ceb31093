"""What the event table refuses, even to its owner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from domain.aggregate import new_id
from storage.postgres.pool import Pool, connect
from tests.storage.event_rows import check_dense, committing, row

IMPORT = "SELECT import_events($1, $2, $3, $4, $5, $6, $7)"
NOW = datetime.now(UTC)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


async def import_events(pool: Pool, *times: datetime) -> int:
    """Import one event for each time, and return the last position."""
    events = [row() for _ in times]
    last: int = await pool.fetchval(
        IMPORT,
        [event.originator_id for event in events],
        [event.originator_version for event in events],
        [event.topic for event in events],
        [event.state for event in events],
        [event.body for event in events],
        [event.metadata for event in events],
        list(times),
    )
    return last


async def recorded_at(pool: Pool) -> list[datetime]:
    rows = await pool.fetch("SELECT recorded_at FROM events ORDER BY position")
    return [row["recorded_at"] for row in rows]


@pytest.mark.parametrize("role", ["origin", "replica", "local"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET topic = 'forged'",
        "UPDATE events SET topic = 'forged' WHERE false",
        "DELETE FROM events",
        "TRUNCATE events",
        "TRUNCATE events, credentials CASCADE",
        "MERGE INTO events e USING (VALUES (1)) v (p) ON e.position = v.p WHEN MATCHED THEN DELETE",
        "INSERT INTO events SELECT * FROM events ON CONFLICT (position) DO UPDATE SET topic = 'x'",
    ],
)
async def test_nothing_is_changed_or_removed(
    database_dsn: str, owner_dsn: str, pool: Pool, role: str, change: str
) -> None:
    async with committing(database_dsn) as committer:
        await committer.append([row()])
    owner = await connect(owner_dsn)
    await owner.execute(f"SET session_replication_role = {role}")
    with pytest.raises(asyncpg.RestrictViolationError, match="never changed or removed"):
        await owner.execute(change)
    await owner.close()
    assert await pool.fetchval("SELECT topic FROM events") == "Test.Noted"


async def test_times_grow_with_positions_even_if_the_clock_goes_back(
    database_dsn: str, owner_pool: Pool
) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    await owner_pool.execute(
        """INSERT INTO events (position, stream_id, version, topic, state, metadata, recorded_at)
           VALUES (1, $1, 1, 'Test.Ahead', '{}', '{}', $2)""",
        new_id(),
        ahead,
    )
    async with committing(database_dsn) as committer:
        appended = await committer.append([row()])
    assert appended.recorded_at == ahead
    assert await recorded_at(owner_pool) == [ahead, ahead]


async def test_past_events_are_imported_in_order_and_with_their_times(owner_pool: Pool) -> None:
    times = [days_ago(3), days_ago(2), days_ago(2)]
    assert await import_events(owner_pool, *times) == 3
    assert await import_events(owner_pool, days_ago(1)) == 4
    assert await recorded_at(owner_pool) == [*times, days_ago(1)]


@pytest.mark.parametrize(
    "times", [[days_ago(1), days_ago(2)], [days_ago(-1)], [days_ago(2), days_ago(-1)]]
)
async def test_unordered_and_future_times_are_not_imported(
    owner_pool: Pool, times: list[datetime]
) -> None:
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError, match="order of their times"):
        await import_events(owner_pool, *times)
    assert await check_dense(owner_pool) == 0


async def test_an_import_older_than_the_previous_one_is_refused(owner_pool: Pool) -> None:
    await import_events(owner_pool, days_ago(2))
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError, match="order of their times"):
        await import_events(owner_pool, days_ago(3))


async def test_nothing_is_imported_after_an_append(database_dsn: str, owner_pool: Pool) -> None:
    await import_events(owner_pool, days_ago(2))
    async with committing(database_dsn) as committer:
        assert (await committer.append([row()])).first_position == 2
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError, match="empty store only"):
        await import_events(owner_pool, days_ago(1))
    assert await check_dense(owner_pool) == 2


async def test_the_position_at_a_time_is_that_of_the_last_event_until_then(
    owner_pool: Pool,
) -> None:
    times = [days_ago(9), days_ago(7), days_ago(7), days_ago(7), days_ago(4), days_ago(1)]
    assert await owner_pool.fetchval("SELECT position_at(now())") == 0
    await import_events(owner_pool, *times)
    for time in (days_ago(d) for d in (10, 9, 8, 7, 6.999, 5, 4, 2, 1, 0)):
        expected = sum(recorded <= time for recorded in times)
        assert await owner_pool.fetchval("SELECT position_at($1)", time) == expected


async def test_a_role_without_rights_can_neither_append_nor_import(owner_dsn: str) -> None:
    stranger = await connect(owner_dsn)
    await stranger.execute("CREATE ROLE stranger")
    await stranger.execute("GRANT USAGE ON SCHEMA public TO stranger; SET ROLE stranger")
    try:
        for call in (
            "SELECT append_events('{}', '{}', '{}', '{}', '{}', '{}', true)",
            "SELECT append_events_checked('{}', '{}', '{}', '{}', '{}', '{}', '{}', true)",
            "SELECT import_events('{}', '{}', '{}', '{}', '{}', '{}', '{}')",
            "SELECT begin_append()",
            "SELECT * FROM events",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await stranger.execute(call)
    finally:
        await stranger.execute("RESET ROLE; DROP OWNED BY stranger; DROP ROLE stranger")
        await stranger.close()
