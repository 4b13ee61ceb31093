"""Errors while events are applied: data errors park an event, all others stop the run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from projections.engine.checkpoints import status
from projections.engine.projection import Change, Projection
from projections.engine.runner import Runner
from projections.read_models.users import USERS, users_page
from projections.registry import PROJECTIONS
from storage.event_store.event_store import DecodedEvent, EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import mixed, registered


def failing(error: Exception) -> Mapping[str, Projection]:
    """All projections; that of the users raises an error for each event."""

    def changes(_: DecodedEvent) -> Iterator[Change]:
        raise error

    return {**PROJECTIONS, "users": replace(USERS, changes=changes)}


@pytest.mark.parametrize("kind", [TypeError, AttributeError, AssertionError, RecursionError])
async def test_a_bug_stops_the_run_and_parks_nothing(
    kind: type[Exception], database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    await registered(events, "alice")
    with capture_logs() as logs:
        async with Runner.open(database_dsn, events, failing(kind("a bug"))), asyncio.timeout(20):
            while "projections_failed" not in {line["event"] for line in logs}:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    stopped = await status(pool, PROJECTIONS)
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()

    assert {(one.position, one.parked) for one in stopped} == {(0, 0)}
    assert "event_parked" not in {line["event"] for line in logs}
    assert [user.username for user in (await users_page(pool)).rows] == ["alice"]


@pytest.mark.parametrize("kind", [ValueError, KeyError])
async def test_an_error_of_the_data_parks_the_event_for_that_projection(
    kind: type[Exception], database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    await registered(events, "alice")
    async with Runner.open(database_dsn, events, failing(kind("no such thing"))):
        await catch_up()

    assert {one.name: one.parked for one in await status(pool, ["users", "sessions"])} == {
        "users": 1,
        "sessions": 0,
    }


async def test_a_missing_table_parks_nothing(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
        await pool.execute("ALTER TABLE read.model_totals_1 RENAME TO hidden")
        head = await mixed(events, 40)
        await asyncio.sleep(0.5)
        statuses = await status(pool, PROJECTIONS)
        await pool.execute("ALTER TABLE read.hidden RENAME TO model_totals_1")
        await catch_up()

    assert {one.parked for one in statuses} == {0}
    assert {one.position for one in statuses} == {0}
    assert await pool.fetchval("SELECT count(*) FROM read.prediction_history") == 40
    assert {one.position for one in await status(pool, PROJECTIONS)} == {head}
