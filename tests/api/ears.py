"""Listening to the live feed, as a browser does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import ClientResponse

from tests.api.people import API, Client, Person

FEED = f"{API}/feed"
PATIENCE_S = 10.0


@dataclass
class Heard:
    """One message."""

    event: str = "message"
    id: str | None = None
    data: str = ""

    @property
    def said(self) -> Any:
        """What it says."""
        return msgspec.json.decode(self.data)


@dataclass
class Ear:
    """An open feed."""

    answer: ClientResponse
    comments: list[str] = field(default_factory=list[str])

    async def next(self) -> Heard | None:
        """Wait for the next message; None at the end."""
        heard = Heard()
        async with asyncio.timeout(PATIENCE_S):
            while line := await self.answer.content.readline():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if not name and not value and heard.data:
                    return heard
                if line.startswith(b":"):
                    self.comments.append(line.decode())
                elif name in ("event", "id", "data"):
                    setattr(heard, name, value)
        return None

    async def until(self, is_last: Callable[[Heard], bool]) -> list[Heard]:
        """Listen up to a message."""
        heard: list[Heard] = []
        async with asyncio.timeout(PATIENCE_S):
            while not heard or not is_last(heard[-1]):
                message = await self.next()
                assert message is not None, "the feed ended"
                heard.append(message)
        return heard

    async def happened(self, count: int) -> list[Any]:
        """Wait until so many things have happened."""
        seen = 0

        def is_last(heard: Heard) -> bool:
            nonlocal seen
            seen += heard.event == "happened"
            return seen == count

        return [each.said for each in await self.until(is_last) if each.event == "happened"]

    async def figures(self) -> Any:
        """Wait for the next figures."""
        return (await self.until(lambda heard: heard.event == "figures"))[-1].said

    async def rest(self) -> list[Heard]:
        """Listen up to the end."""
        heard: list[Heard] = []
        while (message := await self.next()) is not None:
            heard.append(message)
        return heard


async def ticket_of(person: Person) -> str:
    """Draw a ticket."""
    answer = await person.post("/feed/ticket")
    assert answer.status == 201, await answer.text()
    return (await answer.json())["ticket"]


@asynccontextmanager
async def listening(
    person: Person,
    client: Client | None = None,
    headers: dict[str, str] | None = None,
    **query: Any,
) -> AsyncGenerator[Ear]:
    """Listen with a ticket; what happens after the first figures is heard for certain."""
    params = {"ticket": await ticket_of(person), **query}
    answer = await (client or person.client).get(FEED, params=params, headers=headers)
    assert answer.status == 200, await answer.text()
    try:
        yield Ear(answer)
    finally:
        answer.close()
