"""A client that reads the live feed, as a browser does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import ClientResponse

from tests.api.api_client import API, Client, Person

FEED = f"{API}/feed"
TIMEOUT_S = 10.0


@dataclass
class FeedMessage:
    """One message of the feed."""

    event: str = "message"
    id: str | None = None
    data: str = ""

    @property
    def json(self) -> Any:
        """The decoded data."""
        return msgspec.json.decode(self.data)


@dataclass
class FeedReader:
    """An open feed."""

    response: ClientResponse
    comments: list[str] = field(default_factory=list[str])

    async def next(self) -> FeedMessage | None:
        """Wait for the next message; None at the end."""
        message = FeedMessage()
        async with asyncio.timeout(TIMEOUT_S):
            while line := await self.response.content.readline():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if not name and not value and message.data:
                    return message
                if line.startswith(b":"):
                    self.comments.append(line.decode())
                elif name in ("event", "id", "data"):
                    setattr(message, name, value)
        return None

    async def until(self, is_last: Callable[[FeedMessage], bool]) -> list[FeedMessage]:
        """Read up to the last message."""
        messages: list[FeedMessage] = []
        async with asyncio.timeout(TIMEOUT_S):
            while not messages or not is_last(messages[-1]):
                message = await self.next()
                assert message is not None, "the feed ended"
                messages.append(message)
        return messages

    async def events(self, count: int) -> list[Any]:
        """Wait for a number of events; return their data."""
        seen = 0

        def is_last(message: FeedMessage) -> bool:
            nonlocal seen
            seen += message.event == "happened"
            return seen == count

        return [each.json for each in await self.until(is_last) if each.event == "happened"]

    async def figures(self) -> Any:
        """Wait for the next figures; return them."""
        return (await self.until(lambda message: message.event == "figures"))[-1].json

    async def rest(self) -> list[FeedMessage]:
        """Read to the end."""
        messages: list[FeedMessage] = []
        while (message := await self.next()) is not None:
            messages.append(message)
        return messages


async def ticket_of(person: Person) -> str:
    """Get a ticket."""
    response = await person.post("/feed/ticket")
    assert response.status == 201, await response.text()
    return (await response.json())["ticket"]


@asynccontextmanager
async def open_feed(
    person: Person,
    client: Client | None = None,
    headers: dict[str, str] | None = None,
    **query: Any,
) -> AsyncGenerator[FeedReader]:
    """Open a feed with a ticket; all events after the first figures are received."""
    params = {"ticket": await ticket_of(person), **query}
    response = await (client or person.client).get(FEED, params=params, headers=headers)
    assert response.status == 200, await response.text()
    try:
        yield FeedReader(response)
    finally:
        response.close()
