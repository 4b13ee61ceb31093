"""A reader that has seen position n has seen everything up to n, despite concurrent writers."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from contextlib import AsyncExitStack

import pytest

from storage.event_store.recorder import EventRecorder, Subscription
from storage.postgres.pool import Pool, connect
from tests.conftest import Rounds
from tests.storage.event_rows import check_dense, row

PROCESSES = 4
WRITERS = 6
EVENTS = 200
"""Per writer, of which there are 24."""
TIMEOUT_S = 60.0


async def read(subscription: Subscription, count: int, since: int) -> None:
    """Follow the store: every position once, every stream in order."""
    versions: defaultdict[object, int] = defaultdict(int)
    for position in range(since + 1, since + count + 1):
        event = await anext(subscription)
        assert event.position == position
        versions[event.originator_id] += 1
        assert event.originator_version == versions[event.originator_id]


async def write(dsn: str) -> None:
    arguments = ("-m", "tests.storage.event_store.append_process", dsn, str(WRITERS), str(EVENTS))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    assert await process.wait() == 0


async def race(dsn: str, recorder: EventRecorder) -> None:
    """Run 24 writers in 4 processes while two readers follow."""
    since = await recorder.max_notification_id() or 0
    count = PROCESSES * WRITERS * EVENTS
    async with AsyncExitStack() as stack, asyncio.timeout(TIMEOUT_S):
        readers = [await stack.enter_async_context(recorder.subscribe(since)) for _ in range(2)]
        await asyncio.gather(
            *(read(reader, count, since) for reader in readers),
            *(write(dsn) for _ in range(PROCESSES)),
        )


@pytest.mark.rounds
async def test_a_reader_loses_nothing_to_24_writers(
    database_dsn: str, pool: Pool, rounds: Rounds
) -> None:
    count = rounds(2, 20)
    async with EventRecorder.open(database_dsn, pool) as recorder:
        for _ in range(count):
            await race(database_dsn, recorder)
        assert await check_dense(pool) == count * PROCESSES * WRITERS * EVENTS


async def test_an_unrelated_open_transaction_delays_nothing(
    database_dsn: str, owner_dsn: str, pool: Pool
) -> None:
    other = await connect(owner_dsn)
    await other.execute("CREATE TABLE others (x int)")
    async with EventRecorder.open(database_dsn, pool) as recorder:
        async with other.transaction():
            await other.execute("INSERT INTO others VALUES (1)")
            await race(database_dsn, recorder)
            async with recorder.subscribe(await recorder.max_notification_id() or 0) as reader:
                delays: list[float] = []
                for _ in range(20):
                    appended = await recorder.append([row()])
                    began = time.monotonic()
                    assert (await anext(reader)).position == appended.first_position
                    delays.append(time.monotonic() - began)
        assert sorted(delays)[10] < 0.1
    await other.close()


async def test_events_without_a_notification_are_found_by_polling(
    database_dsn: str, pool: Pool, owner_pool: Pool
) -> None:
    async with (
        EventRecorder.open(database_dsn, pool) as recorder,
        recorder.subscribe() as reader,
    ):
        following = asyncio.create_task(anext(reader))
        await asyncio.sleep(0.05)
        await owner_pool.execute("""
            INSERT INTO events (position, stream_id, version, topic, state, metadata, recorded_at)
            VALUES (1, uuidv7(), 1, 'Test.Silent', '{}', '{}', now())
        """)
        assert (await asyncio.wait_for(following, 5)).position == 1


async def test_a_subscription_to_topics_skips_the_others(database_dsn: str, pool: Pool) -> None:
    async with (
        EventRecorder.open(database_dsn, pool) as recorder,
        recorder.subscribe(topics=["Test.Selected"]) as reader,
    ):
        await recorder.append([row(), row(topic="Test.Selected"), row()])
        assert (await anext(reader)).position == 2
        await recorder.append([row(topic="Test.Selected")])
        assert (await anext(reader)).position == 4
