"""Calls of each version: how many and how fast."""

from __future__ import annotations

from uuid import uuid4

import pytest

from domain.aggregate import new_id
from projections.read_models.model_stats import call_count, stats_of
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import BY_ALICE
from tests.samples import failed, served

pytestmark = pytest.mark.usefixtures("runner")


async def test_stats_count_calls_rows_failures_and_latency(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    model_id = new_id()
    await events.append([served(model_id, rows=3) for _ in range(98)], BY_ALICE)
    await events.append(
        [failed(model_id, number=2), served(model_id, inference_us=10_000)], BY_ALICE
    )
    await catch_up()

    stats = await stats_of(model_id, pool)

    assert (stats.total.calls, stats.total.rows, stats.total.failures) == (100, 296, 1)
    assert stats.total.latency_us == 99 * 320 + 10_020
    assert [(v.number, v.calls, v.failures) for v in stats.versions] == [(1, 99, 0), (2, 1, 1)]
    assert [day.calls for day in stats.days] == [100]
    assert stats.last_at is not None
    assert stats.total.p50_ms == pytest.approx(0.32, rel=0.2)
    assert stats.total.p99_ms == pytest.approx(0.32, rel=0.2)
    assert stats.versions[0].mean_ms == pytest.approx((98 * 0.32 + 10.02) / 99)
    assert (await stats_of(uuid4(), pool)).total.p50_ms is None
    per_version = [await call_count(model_id, pool, number=each.number) for each in stats.versions]
    assert per_version == [each.calls for each in stats.versions]
    assert await call_count(model_id, pool) == stats.total.calls > 0
    assert await call_count(uuid4(), pool) == 0
