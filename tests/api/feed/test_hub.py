"""Limits of the feed, and its end when the platform stops."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientSession

from api.app import create_app
from api.dependencies import Dependencies
from api.feed import hub as feed_hub
from api.feed.hub import FEED_HUB
from api.http.in_flight import IN_FLIGHT
from tests.api.api_client import Person, problem, served
from tests.api.feed_client import FEED, FeedReader, open_feed


async def test_an_account_has_five_feeds_at_once(alice: Person, bob: Person) -> None:
    feeds: list[FeedReader] = []
    for _ in range(5):
        feeds.append(FeedReader(await alice.get("/feed")))
        assert feeds[-1].response.status == 200
    refused = await alice.get("/feed")
    await problem(refused, 429)
    assert int(refused.headers["Retry-After"]) >= 1
    async with open_feed(bob) as feed:
        await feed.figures()
    for each in feeds:
        each.response.close()


async def test_the_number_of_feeds_of_a_process_is_limited(
    alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_hub, "SUBSCRIBERS_MAX", 1)
    async with open_feed(alice) as feed:
        await feed.figures()
        await problem(await bob.get("/feed"), 503)


async def test_the_store_is_not_polled_without_subscribers(
    alice: Person, dependencies: Dependencies
) -> None:
    async with served(create_app(dependencies)) as client:
        hub = client.app[FEED_HUB]
        assert hub.is_idle
        async with open_feed(alice, client) as feed:
            await feed.figures()
            assert not hub.is_idle
        async with asyncio.timeout(10):
            while not hub.is_idle:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_a_stopping_platform_ends_feeds_and_refuses_new_ones(
    alice: Person, dependencies: Dependencies
) -> None:
    async with served(create_app(dependencies)) as client:
        async with open_feed(alice, client) as feed, open_feed(alice, client) as unread_feed:
            await feed.figures()
            async with asyncio.timeout(0.5):
                await client.app[IN_FLIGHT].drain()
            await feed.rest()
            assert unread_feed.response.status == 200
        async with ClientSession() as http:
            await problem(await http.get(client.make_url(FEED), headers=alice.headers), 503)
