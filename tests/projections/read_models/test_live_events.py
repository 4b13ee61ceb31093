"""The newest events for the live feed."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from api.feed.hub import FeedHub
from domain.aggregate import new_id
from projections.engine.errors import DATA_ERRORS
from projections.engine.runner import Runner
from projections.read_models.live_events import (
    ALL_OWNERS,
    event_batches,
    head,
    latency_stats_of,
)
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.histories import BY_ALICE
from tests.samples import ALICE, BOB, failed, served, uploaded


@pytest.mark.usefixtures("runner")
async def test_each_owner_gets_the_newest_events_and_all_are_counted(
    events: EventStore, pool: Pool
) -> None:
    [mine] = await events.save([uploaded()], BY_ALICE)
    [theirs] = await events.save([uploaded(by=BOB)], BY_ALICE)
    calls = [served(mine.id, rows=2) for _ in range(6)]
    await events.append([*calls, failed(mine.id), served(theirs.id)], BY_ALICE)
    await events.append([served(new_id())], BY_ALICE)
    until = await head(pool)

    batches = await event_batches(
        [ALICE, ALL_OWNERS, new_id()], pool, after=0, until=until, limit=3
    )

    assert set(batches) == {ALICE, ALL_OWNERS}
    own, all_of_them = batches[ALICE], batches[ALL_OWNERS]
    assert [each.position for each in own.events] == [7, 8, 9]
    assert [each.status for each in own.events] == ["success", "success", "error"]
    assert (own.skipped, own.calls.calls, own.calls.rows, own.calls.failures) == (5, 7, 13, 1)
    assert (all_of_them.skipped, all_of_them.calls.calls) == (8, 9)
    twice = latency_stats_of([own.calls, own.calls])
    assert (twice.calls, twice.mean_ms) == (14, 0.32)
    assert twice.p95_ms == pytest.approx(0.32, rel=0.2)


async def test_the_feed_continues_after_events_that_cannot_be_read(
    events: EventStore, pool: Pool, runner: Runner
) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    feed = FeedHub(pool)
    with feed.subscribed(ALICE, ALICE) as subscriber:
        after = await subscriber.starts_after
        with capture_logs() as logs:
            await events.append([served(model.id, rows="many")], BY_ALICE)
            async with asyncio.timeout(5):
                while not any(each["event"] == "feed_unreadable" for each in logs):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        with pytest.raises(DATA_ERRORS):
            await event_batches([ALICE], pool, after=after, until=after + 1, limit=1)
        await events.append([served(model.id)], BY_ALICE)
        async with asyncio.timeout(5):
            while not any(each.event == "happened" for each in await subscriber.next_batch()):
                pass
    await feed.close()
