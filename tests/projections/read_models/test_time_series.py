"""Calls over time: every step of a range, from minutes, quarters of an hour and days."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.aggregate import new_id
from domain.model import Model
from projections.engine.rebuild import verify
from projections.engine.runner import Runner
from projections.read_models.time_series import (
    RANGES,
    RangeName,
    TimeRange,
    traffic_of_model,
    traffic_of_models,
)
from projections.registry import PROJECTIONS
from storage.event_store.event_store import EventStore
from storage.event_store.importing import Importer, PastEvent
from storage.event_store.mapper import encode_metadata
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp, digests
from tests.projections.histories import BY_ALICE
from tests.samples import ALICE, BOB, failed, served, uploaded

NOW = datetime.now(UTC)
AGES = [
    timedelta(days=80),
    timedelta(days=20),
    timedelta(days=3),
    timedelta(hours=20),
    timedelta(hours=5),
    timedelta(minutes=30),
]
"""One age within each range and outside all shorter ranges."""
EXPECTED: dict[RangeName, int] = {"1h": 1, "6h": 2, "24h": 3, "7d": 4, "30d": 5, "90d": 6}

RecordCalls = Callable[[UUID, list[timedelta]], Awaitable[None]]


@pytest.fixture
def record_calls(events: EventStore, owner_dsn: str) -> RecordCalls:
    """Make a function that records calls of a model with given ages."""

    async def record(model_id: UUID, ages: list[timedelta]) -> None:
        metadata = encode_metadata(BY_ALICE)
        past = [
            PastEvent(
                *(new.originator_id, new.originator_version, new.topic, new.state, new.body),
                metadata,
                NOW - age,
            )
            for age in sorted(ages, reverse=True)
            for new in [events.mapper.to_new_event(served(model_id, rows=2), metadata)]
        ]
        async with Importer.open(owner_dsn) as importer:
            await importer.add(past)

    return record


@pytest.mark.parametrize("name", RANGES)
def test_a_range_has_all_its_steps_and_ends_with_the_current_one(name: RangeName) -> None:
    length, step = RANGES[name]

    time_range = TimeRange.of(name, NOW)

    assert time_range.until - time_range.since == length
    assert time_range.until - step <= NOW < time_range.until
    assert time_range.starts == [time_range.since + n * step for n in range(length // step)]
    assert (time_range.since.minute * 60 + time_range.since.second) % min(
        step.total_seconds(), 3600
    ) == 0


async def test_each_range_has_the_calls_that_were_made_in_it(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp, record_calls: RecordCalls
) -> None:
    model_id = new_id()
    await record_calls(model_id, AGES)
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()

        for name, count in EXPECTED.items():
            traffic = await traffic_of_model(model_id, name, pool)
            series = traffic.time_series
            assert (series.total.calls, series.total.rows) == (count, 2 * count), name
            assert [point.at for point in series.points] == traffic.time_range.starts
            assert sum(point.calls for point in series.points) == count
            called = [point for point in series.points if point.calls]
            step = traffic.time_range.step
            made = {(NOW - age) for age in AGES}
            assert all(any(p.at <= at < p.at + step for at in made) for p in called)
            assert {point.p50_ms for point in series.points if not point.calls} == {None}
            assert traffic.versions == {1: series}


async def test_versions_and_failures_are_separate(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    model_id = new_id()
    await events.append([served(model_id) for _ in range(98)], BY_ALICE)
    slow = [failed(model_id, number=2), served(model_id, number=2, inference_us=10_000)]
    await events.append([*slow, served(new_id())], BY_ALICE)
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()

        both = await traffic_of_model(model_id, "1h", pool)
        second = await traffic_of_model(model_id, "1h", pool, number=2)
        none = await traffic_of_model(model_id, "1h", pool, number=3)

    assert (both.time_series.total.calls, both.time_series.total.failures) == (100, 1)
    assert {number: each.total.calls for number, each in both.versions.items()} == {1: 98, 2: 2}
    assert both.time_series.total.mean_ms == pytest.approx((99 * 0.32 + 10.02) / 100)
    assert both.time_series.total.p50_ms == pytest.approx(0.32, rel=0.2)
    assert second.time_series == both.versions[2]
    assert second.versions == {2: second.time_series}
    assert second.time_series.total.p99_ms == pytest.approx(10, rel=0.2)
    assert (none.time_series.total.calls, len(none.time_series.points), none.versions) == (
        0,
        60,
        {},
    )


async def test_only_the_last_hours_and_days_are_kept_for_every_window_size(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp, record_calls: RecordCalls
) -> None:
    model_id = new_id()
    ages = [timedelta(hours=3 * n) for n in range(80)]
    await record_calls(model_id, ages)
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
        kept = await pool.fetch(
            "SELECT grain_s, min(at), count(*) FROM read.model_traffic GROUP BY 1"
        )
        before = await digests(pool)
        projection = PROJECTIONS["model_traffic"]
        comparison = await verify(projection, dsn=database_dsn, events=events)

    oldest = {row["grain_s"]: NOW - row["min"] for row in kept}
    assert timedelta(hours=6) <= oldest[60] <= timedelta(hours=7, minutes=1)
    assert timedelta(days=7) <= oldest[900] <= timedelta(days=8, minutes=1)
    assert comparison.is_same
    assert comparison.digest == before["model_traffic"]


async def test_a_later_minute_removes_expired_rows(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp, record_calls: RecordCalls
) -> None:
    model_id = new_id()
    await record_calls(model_id, [timedelta(days=12), timedelta(days=9)])
    count = "SELECT count(*) FROM read.model_traffic"
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
        before = await pool.fetchval(count)
        await events.append([served(model_id)], BY_ALICE)
        await catch_up()
        after = await pool.fetchval(count)

        comparison = await verify(
            PROJECTIONS["model_traffic"], dsn=database_dsn, events=events, ranges=2
        )

    assert (before, after) == (3, 2)
    assert comparison.is_same


async def test_a_store_of_an_earlier_release_gets_its_time_series(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    await events.append([served(model.id) for _ in range(20)], BY_ALICE)
    earlier = {name: each for name, each in PROJECTIONS.items() if name != "model_traffic"}
    async with Runner.open(database_dsn, events, earlier):
        await catch_up()

    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
        traffic = await traffic_of_model(model.id, "1h", pool)

    assert traffic.time_series.total.calls == 20


async def test_traffic_is_added_up_for_an_owner_or_for_all(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    mine, other, deleted = await events.save(
        [uploaded(name="mine"), uploaded(name="other"), uploaded(name="deleted")], BY_ALICE
    )
    [theirs] = await events.save([uploaded(by=BOB, name="theirs")], BY_ALICE)
    for model, calls in ((mine, 1), (other, 3), (deleted, 7), (theirs, 5)):
        await events.append([served(model.id) for _ in range(calls)], BY_ALICE)
    await events.change(Model, deleted.id, lambda model: model.delete(by=ALICE), BY_ALICE)
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
        for name in RANGES:
            own = await traffic_of_models(ALICE, name, pool)
            everything = await traffic_of_models(None, name, pool)
            assert [(each.name, each.total.calls) for each in own.busiest] == [
                ("other", 3),
                ("mine", 1),
            ]
            assert (own.time_series.total.calls, everything.time_series.total.calls) == (4, 9)
            assert everything.busiest[0].name == "theirs"
            assert len(own.time_series.points) == len(own.time_range.starts)
        nobody = await traffic_of_models(new_id(), "1h", pool)

    assert (nobody.time_series.total.calls, nobody.busiest) == (0, [])


async def test_of_many_models_only_the_busiest_are_listed(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    models = await events.save([uploaded(name=f"m{n}") for n in range(23)], BY_ALICE)
    for number, model in enumerate(models):
        await events.append([served(model.id) for _ in range(number + 1)], BY_ALICE)
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
        traffic = await traffic_of_models(ALICE, "6h", pool)

    assert [each.name for each in traffic.busiest] == [f"m{n}" for n in range(22, 2, -1)]
    assert traffic.time_series.total.calls == 23 * 24 / 2
