"""One turn at a time, fair among addresses, with a limit on the wait."""

from __future__ import annotations

import asyncio

import pytest

from commands.passwords import fair_queue
from commands.passwords.fair_queue import WAITING_MAX, FairQueue
from domain.errors import Unavailable

FLOOD, OTHER = "192.0.2.1", "198.51.100.7"


class Recorder:
    """Takes turns and records the order of the addresses."""

    def __init__(self) -> None:
        self.queue = FairQueue()
        self.order: list[str] = []
        self.is_open = asyncio.Event()
        self.is_busy = False

    async def take_turn(self, address: str) -> None:
        async with self.queue.turn(address):
            assert not self.is_busy
            self.is_busy = True
            try:
                await self.is_open.wait()
                await asyncio.sleep(0)
            finally:
                self.is_busy = False
            self.order.append(address)

    def start(self, *addresses: str) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.take_turn(address)) for address in addresses]


async def outcomes(tasks: list[asyncio.Task[None]]) -> list[object]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_turns_are_given_one_at_a_time_in_order_of_arrival() -> None:
    recorder = Recorder()
    tasks = recorder.start("a", "b", "c")
    recorder.is_open.set()

    assert await outcomes(tasks) == [None] * 3
    assert recorder.order == ["a", "b", "c"]


async def test_the_address_with_the_fewest_turns_is_next() -> None:
    recorder = Recorder()
    tasks = recorder.start(FLOOD, FLOOD, FLOOD, OTHER)
    await asyncio.sleep(0)
    recorder.is_open.set()
    await outcomes(tasks)

    assert recorder.order == [FLOOD, OTHER, FLOOD, FLOOD]


async def test_a_full_queue_refuses_requests_of_the_flood() -> None:
    recorder = Recorder()
    flood = recorder.start(*[FLOOD] * (WAITING_MAX + 6))
    await asyncio.sleep(0)
    other = recorder.start(OTHER)
    await asyncio.sleep(0)
    recorder.is_open.set()

    assert await outcomes(other) == [None]
    refused = [each for each in await outcomes(flood) if isinstance(each, Unavailable)]
    assert len(refused) == 6  # One has the turn, and one was evicted.
    assert recorder.order[:2] == [FLOOD, OTHER]


async def test_a_new_address_goes_before_addresses_with_recent_turns() -> None:
    recorder = Recorder()
    addresses = [f"192.0.2.{number}" for number in range(WAITING_MAX)]
    recorder.is_open.set()
    await outcomes(recorder.start(*addresses))
    recorder.is_open.clear()
    again = recorder.start(addresses[0], *addresses)
    await asyncio.sleep(0)
    other = recorder.start(OTHER)
    await asyncio.sleep(0)
    recorder.is_open.set()

    assert await outcomes(other) == [None]
    assert sum(isinstance(each, Unavailable) for each in await outcomes(again)) == 1
    assert recorder.order[WAITING_MAX + 1] == OTHER


async def test_a_wait_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "WAIT_S_MAX", 0.05)
    recorder = Recorder()
    tasks = recorder.start(FLOOD, OTHER)

    with pytest.raises(Unavailable):
        await tasks[1]
    recorder.is_open.set()
    assert await outcomes(tasks[:1]) == [None]
    await recorder.take_turn(OTHER)
    assert recorder.order == [FLOOD, OTHER]


async def test_a_cancelled_request_passes_its_turn_on() -> None:
    """While it waits, when its turn has just come, and while it has the turn."""
    for steps in range(4):
        recorder = Recorder()
        first, second, third = recorder.start("a", "b", "c")
        await asyncio.sleep(0)
        if steps:
            recorder.is_open.set()
        for _ in range(steps):
            await asyncio.sleep(0)
        second.cancel()
        recorder.is_open.set()
        async with asyncio.timeout(5):
            await outcomes([first, second, third])
        assert "c" in recorder.order
        await recorder.take_turn("d")


async def test_the_number_of_addresses_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "ADDRESSES_MAX", 3)
    recorder = Recorder()
    recorder.is_open.set()
    for number in range(10):
        await recorder.take_turn(str(number))

    assert len(vars(recorder.queue)["_past_turns"]) == 3
