"""Summaries of an owner's models and of the platform."""

from __future__ import annotations

import pytest

from domain.aggregate import new_id
from projections.engine.runner import Runner
from projections.read_models.overview import fleet_of, platform_days, platform_stats
from projections.registry import PROJECTIONS
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import BY_ALICE, registered
from tests.samples import ALICE, BOB, failed, served, uploaded


async def test_a_fleet_adds_up_the_models_of_its_owner(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    first, second, deleted = await events.save([uploaded(), uploaded(), uploaded()], BY_ALICE)
    first.quarantine(1, "it crashed")
    second.deactivate(by=ALICE)
    deleted.delete(by=ALICE)
    await events.save([first, second, deleted], BY_ALICE)
    await events.append([served(first.id, rows=3) for _ in range(9)], BY_ALICE)
    await events.append([failed(first.id), served(deleted.id), served(new_id())], BY_ALICE)
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
        fleet = await fleet_of(ALICE, pool)
        nothing = await fleet_of(BOB, pool)

    assert (fleet.models, fleet.active_models) == (2, 1)
    assert (fleet.versions, fleet.quarantined_versions) == (2, 1)
    assert (fleet.predictions, fleet.rows, fleet.failures) == (10, 28, 1)
    assert fleet.last_at is not None
    assert 10 / 6 <= fleet.calls_per_minute <= 10 / 5
    assert fleet.error_rate == 0.1
    assert fleet.recent.p95_ms == pytest.approx(0.32, rel=0.2)
    assert (nothing.models, nothing.last_at, nothing.calls_per_minute) == (0, None, 0)
    assert (nothing.error_rate, nothing.recent.p95_ms) == (None, None)


async def test_the_platform_adds_up_everything(
    events: EventStore, pool: Pool, catch_up: CatchUp, runner: Runner
) -> None:
    await registered(events, "alice")
    [model] = await events.save([uploaded()], BY_ALICE)
    await events.append([served(model.id), failed(model.id)], BY_ALICE)
    await catch_up()

    stats = await platform_stats(pool)
    days = await platform_days(pool, days=7)

    assert (stats.users, stats.models, stats.versions) == (1, 1, 1)
    assert (stats.predictions, stats.failures, stats.mean_ms) == (2, 1, 0.32)
    assert len(days) == 7
    assert (days[-1].predictions, days[-1].new_users, days[-1].new_models) == (2, 1, 1)
    assert days[0].predictions == 0
