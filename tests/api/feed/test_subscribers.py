"""Subscribers that are too slow or read nothing."""

from __future__ import annotations

import asyncio
import socket
from uuid import UUID, uuid4

import pytest

from api.dependencies import Dependencies
from api.feed import hub as feed_hub
from api.feed.hub import FEED_HUB
from api.feed.messages import Message
from api.feed.subscribers import BATCHES_MAX, Subscriber
from domain.events import Metadata
from tests.api.api_client import Client, Person
from tests.api.feed_client import FEED, open_feed, ticket_of
from tests.samples import served as served_call

BATCH = [Message("figures", "{}")]


async def test_a_slow_subscriber_is_closed_whatever_it_waits_for() -> None:
    subscriber = Subscriber(uuid4(), uuid4())
    has_started = asyncio.Event()

    async def consume() -> None:
        async with subscriber.until_closed():
            has_started.set()
            await asyncio.Event().wait()

    consuming = asyncio.create_task(consume())
    await has_started.wait()
    for _ in range(BATCHES_MAX):
        subscriber.push(BATCH)
    await asyncio.sleep(0)
    assert not consuming.done()
    subscriber.push(BATCH)
    subscriber.push(BATCH)

    async with asyncio.timeout(1):
        await consuming


async def test_a_subscriber_closed_before_it_starts_does_not_start() -> None:
    subscriber = Subscriber(uuid4(), uuid4())
    subscriber.close()

    async with asyncio.timeout(1), subscriber.until_closed():
        await asyncio.Event().wait()


async def test_a_client_that_reads_nothing_is_disconnected_and_may_resume(
    client: Client,
    alice: Person,
    dependencies: Dependencies,
    iris: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.feed.routes.SEND_S_MAX", 0.3)
    monkeypatch.setattr(feed_hub, "RESUMED_EVENTS_MAX", 20_000)
    model_id = UUID((await alice.model(iris, "n" * 100))["id"])
    appended = await dependencies.events.append(
        [served_call(model_id) for _ in range(18_000)], Metadata()
    )
    before = appended.first_position - 1
    hub = client.app[FEED_HUB]
    head = (
        f"GET {FEED}?last_event_id={before}&ticket={await ticket_of(alice)} HTTP/1.1\r\n"
        "Host: localhost\r\n\r\n"
    )
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.connect((client.host, client.port))
        connection.sendall(head.encode())
        async with asyncio.timeout(20):
            while hub.count == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            while hub.count:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async with open_feed(alice, last_event_id=before + 17_999) as feed:
        [last] = await feed.events(1)
    assert last["position"] == before + 18_000
