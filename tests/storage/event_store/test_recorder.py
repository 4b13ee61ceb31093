"""Appending to the event table, and reading it by stream, by position and by subscription."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from eventsourcing.persistence import IntegrityError
from msgspec.structs import replace

from domain.aggregate import new_id
from domain.events import PREDICTIONS
from storage.event_store.mapper import RecordedEvent
from storage.event_store.recorder import EventRecorder
from storage.postgres.pool import TRANSIENT, Pool
from tests.storage.event_rows import TOPIC, row

SERVED, FAILED = PREDICTIONS
LISTENERS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'mlplatform listen'"


@pytest.fixture
async def recorder(database_dsn: str, pool: Pool) -> AsyncIterator[EventRecorder]:
    async with EventRecorder.open(database_dsn, pool) as recorder:
        yield recorder


def versions(events: list[RecordedEvent]) -> list[int]:
    return [event.originator_version for event in events]


def positions(events: list[RecordedEvent]) -> list[int]:
    return [event.position for event in events]


async def test_events_are_appended_at_consecutive_positions(recorder: EventRecorder) -> None:
    assert (await recorder.append([row(), row()])).first_position == 1
    assert (await recorder.append([row()])).first_position == 3
    assert await recorder.max_notification_id() == 3


async def test_a_version_that_is_taken_is_an_integrity_error(recorder: EventRecorder) -> None:
    stream = new_id()
    await recorder.append([row(stream)])
    with pytest.raises(IntegrityError):
        await recorder.append([row(), row(stream, state=b"[]")])
    with pytest.raises(IntegrityError):
        await recorder.append([row(stream, 2), row(stream, 2)])
    assert await recorder.max_notification_id() == 1


async def test_a_stream_is_read_between_versions_and_from_either_end(
    recorder: EventRecorder,
) -> None:
    stream = new_id()
    await recorder.append([row(stream, version) for version in (1, 2, 3, 4)])
    await recorder.append([row()])

    assert versions(await recorder.select_events(stream)) == [1, 2, 3, 4]
    assert versions(await recorder.select_events(stream, gt=1, lte=3)) == [2, 3]
    assert versions(await recorder.select_events(stream, desc=True, limit=2)) == [4, 3]
    assert await recorder.select_events(new_id()) == []


async def test_a_stream_is_read_as_of_a_time(recorder: EventRecorder) -> None:
    stream = new_id()
    for version in (1, 2, 3):
        await recorder.append([row(stream, version)])
    second = (await recorder.select_events(stream))[1].recorded_at
    a_little = timedelta(microseconds=1)
    assert versions(await recorder.select_events(stream, as_of=second)) == [1, 2]
    assert versions(await recorder.select_events(stream, as_of=second - a_little)) == [1]


async def test_a_stream_is_read_with_or_without_bodies(recorder: EventRecorder) -> None:
    event = row(body=b"[1]")
    await recorder.append([event])
    [with_body] = await recorder.select_events(event.originator_id)
    [without] = await recorder.select_without_bodies(event.originator_id)
    assert (with_body.body, without.body) == (b"[1]", None)
    assert without == replace(with_body, body=None)


async def test_all_streams_are_read_in_the_order_of_positions(recorder: EventRecorder) -> None:
    await recorder.append([row(topic=topic) for topic in ("A", "B", "A", "C", "A")])
    assert positions(await recorder.select_notifications(None, 2)) == [1, 2]
    assert positions(await recorder.select_notifications(2, 9, 4)) == [2, 3, 4]
    assert positions(await recorder.select_notifications(2, 9, inclusive_of_start=False)) == [
        3,
        4,
        5,
    ]
    assert positions(await recorder.select_notifications(2, 9, topics=["A", "C"])) == [3, 4, 5]


async def test_predictions_can_be_skipped(recorder: EventRecorder) -> None:
    topics = (SERVED, TOPIC, FAILED, TOPIC, TOPIC, SERVED)
    await recorder.append([row(topic=topic, body=b"[1]") for topic in topics])
    assert positions(await recorder.select_non_predictions(0, 6)) == [2, 4, 5]
    assert positions(await recorder.select_non_predictions(2, 4)) == [4]
    assert positions(await recorder.select_non_predictions(0, 6, limit=1)) == [2]


async def test_the_time_is_the_databases(recorder: EventRecorder) -> None:
    before = await recorder.now()
    position = (await recorder.append([row()])).first_position
    [event] = await recorder.select_notifications(position, 1)
    assert before < event.recorded_at < await recorder.now()


async def test_a_subscription_yields_existing_and_new_events(recorder: EventRecorder) -> None:
    await recorder.append([row() for _ in range(5)])
    async with recorder.subscribe(2) as subscription:
        seen = [(await anext(subscription)).position for _ in range(3)]
        following = asyncio.create_task(anext(subscription))
        await asyncio.sleep(0.05)
        await recorder.append([row(), row()])
        seen += [(await following).position, (await anext(subscription)).position]
    assert seen == [3, 4, 5, 6, 7]


async def test_a_subscription_reads_page_by_page(
    recorder: EventRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.event_store.recorder.PAGE_ROWS_MAX", 2)
    await recorder.append([row(topic=topic) for topic in "ABABA"])
    async with recorder.subscribe(topics=["A"]) as subscription:
        seen: list[int] = []
        async for event in subscription:
            seen.append(event.position)
            if len(seen) == 3:
                break
    assert seen == [1, 3, 5]


async def test_a_subscription_that_loses_its_connection_raises(
    recorder: EventRecorder, pool: Pool
) -> None:
    async with recorder.subscribe() as subscription:
        await pool.execute(f"SELECT pg_terminate_backend(pid) FROM ({LISTENERS}) listeners")
        with pytest.raises(TRANSIENT):
            await asyncio.wait_for(anext(subscription), 5)


async def test_subscriptions_use_no_connection_of_the_pool(
    recorder: EventRecorder, pool: Pool
) -> None:
    async with AsyncExitStack() as stack:
        subscriptions = [
            await stack.enter_async_context(recorder.subscribe())
            for _ in range(pool.get_max_size() + 2)
        ]
        await recorder.append([row()])
        seen = [(await anext(subscription)).position for subscription in subscriptions]
    assert seen == [1] * len(subscriptions)
