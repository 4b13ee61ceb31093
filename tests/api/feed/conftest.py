"""Each test of the feed begins without open feeds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from api.feed.hub import FEED_HUB
from tests.api.api_client import Client


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def no_open_feeds(client: Client) -> AsyncIterator[None]:
    """Wait until all feeds of a test are closed."""
    yield
    hub = client.app[FEED_HUB]
    async with asyncio.timeout(10):
        while hub.count:  # noqa: ASYNC110 — a closed client is noticed at the next message
            await asyncio.sleep(0.05)
