"""Turns: one at a time, fairly given, and never waited for without an end."""

from __future__ import annotations

import asyncio

import pytest

from commands.passwords import fair_queue
from commands.passwords.fair_queue import WAITING_MAX, FairQueue
from domain.errors import Unavailable

FLOOD, HONEST = "192.0.2.1", "198.51.100.7"


class Counter:
    """A place where turns are taken, that notes who was served in which order."""

    def __init__(self) -> None:
        self.turns = FairQueue()
        self.served: list[str] = []
        self.is_open = asyncio.Event()
        self.is_busy = False

    async def visit(self, who: str) -> None:
        async with self.turns.taken(who):
            assert not self.is_busy
            self.is_busy = True
            try:
                await self.is_open.wait()
                await asyncio.sleep(0)
            finally:
                self.is_busy = False
            self.served.append(who)

    def visited(self, *visitors: str) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.visit(who)) for who in visitors]


async def outcomes(tasks: list[asyncio.Task[None]]) -> list[object]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_one_is_served_at_a_time_and_equals_in_their_order() -> None:
    counter = Counter()
    visits = counter.visited("a", "b", "c")
    counter.is_open.set()

    assert await outcomes(visits) == [None] * 3
    assert counter.served == ["a", "b", "c"]


async def test_who_was_served_least_comes_first() -> None:
    counter = Counter()
    visits = counter.visited(FLOOD, FLOOD, FLOOD, HONEST)
    await asyncio.sleep(0)
    counter.is_open.set()
    await outcomes(visits)

    assert counter.served == [FLOOD, HONEST, FLOOD, FLOOD]


async def test_where_the_queue_is_full_the_flood_is_turned_away() -> None:
    counter = Counter()
    flood = counter.visited(*[FLOOD] * (WAITING_MAX + 6))
    await asyncio.sleep(0)
    honest = counter.visited(HONEST)
    await asyncio.sleep(0)
    counter.is_open.set()

    assert await outcomes(honest) == [None]
    turned_away = [each for each in await outcomes(flood) if isinstance(each, Unavailable)]
    assert len(turned_away) == 6  # one at the counter, and one made room
    assert counter.served[:2] == [FLOOD, HONEST]


async def test_among_many_addresses_the_newcomer_goes_before_who_was_served_of_late() -> None:
    counter = Counter()
    crowd = [f"192.0.2.{number}" for number in range(WAITING_MAX)]
    counter.is_open.set()
    await outcomes(counter.visited(*crowd))
    counter.is_open.clear()
    again = counter.visited(crowd[0], *crowd)
    await asyncio.sleep(0)
    honest = counter.visited(HONEST)
    await asyncio.sleep(0)
    counter.is_open.set()

    assert await outcomes(honest) == [None]
    assert sum(isinstance(each, Unavailable) for each in await outcomes(again)) == 1
    assert counter.served[WAITING_MAX + 1] == HONEST


async def test_who_waits_too_long_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "WAIT_S_MAX", 0.05)
    counter = Counter()
    visits = counter.visited(FLOOD, HONEST)

    with pytest.raises(Unavailable):
        await visits[1]
    counter.is_open.set()
    assert await outcomes(visits[:1]) == [None]
    await counter.visit(HONEST)
    assert counter.served == [FLOOD, HONEST]


async def test_who_leaves_gives_the_turn_on() -> None:
    """Whenever they leave: while they wait, when their turn has just come, while they have it."""
    for moment in range(4):
        counter = Counter()
        first, second, third = counter.visited("a", "b", "c")
        await asyncio.sleep(0)
        if moment:
            counter.is_open.set()
        for _ in range(moment):
            await asyncio.sleep(0)
        second.cancel()
        counter.is_open.set()
        async with asyncio.timeout(5):
            await outcomes([first, second, third])
        assert "c" in counter.served
        await counter.visit("d")


async def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "REMEMBERED_MAX", 3)
    counter = Counter()
    counter.is_open.set()
    for number in range(10):
        await counter.visit(str(number))

    assert len(vars(counter.turns)["_had"]) == 3
