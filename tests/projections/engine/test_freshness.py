"""Reads that show what was recorded before them, or give their age."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from projections.engine.checkpoints import status
from projections.engine.freshness import Freshness
from projections.engine.runner import Runner
from projections.registry import PROJECTIONS
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import TIMEOUT_S, CatchUp
from tests.projections.histories import BY_ALICE, mixed
from tests.projections.model_rows import model_row
from tests.samples import uploaded


async def test_a_read_shows_what_was_recorded_before_it(
    events: EventStore, pool: Pool, freshness: Freshness
) -> None:
    for _ in range(20):
        [model] = await events.save([uploaded()], BY_ALICE)

        assert await freshness.wait("model_list") == 0
        assert await model_row(model.id, pool) is not None


async def test_a_read_on_standby_shows_it_too(
    events: EventStore, pool: Pool, runner: Runner
) -> None:
    without_runner = Freshness(pool, PROJECTIONS, wait_s_max=TIMEOUT_S)
    for _ in range(20):
        [model] = await events.save([uploaded()], BY_ALICE)

        assert await without_runner.wait("model_list", "model_stats") == 0
        assert await model_row(model.id, pool) is not None


async def test_a_read_returns_its_age_at_once_if_the_runner_is_stalled(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
    await mixed(events, 4)

    first = await Freshness(pool, PROJECTIONS).wait("users")
    await asyncio.sleep(1.1)
    async with asyncio.timeout(TIMEOUT_S):
        second = await Freshness(pool, PROJECTIONS, wait_s_max=2 * TIMEOUT_S).wait("users")

    assert first > 0
    assert second > first + 1


async def test_lag_is_measured_in_events_and_in_seconds(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
    assert {(one.lag_events, one.lag_s) for one in await status(pool, PROJECTIONS)} == {(0, 0.0)}
    began = datetime.now(UTC)
    head = await mixed(events, 4)

    statuses = await status(pool, PROJECTIONS)

    assert {one.lag_events for one in statuses} == {head}
    assert all(0 < one.lag_s < (datetime.now(UTC) - began).total_seconds() + 1 for one in statuses)
