"""Places and memory: who is let in, who has to leave, who waits."""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import Unavailable
from inference.room import Room, Stay


class House:
    """A room, and the stays of its idle processes, the least recently used first."""

    def __init__(
        self, *, children_max: int = 3, bytes_max: int = 100, wait_s_max: float = 10.0
    ) -> None:
        self.idle: list[Stay] = []
        self.room = Room(
            children_max=children_max,
            bytes_max=bytes_max,
            wait_s_max=wait_s_max,
            give_up_one=self._give_up_one,
        )

    async def enter(self, own_bytes: int, *, expected: int = 0, is_idle: bool = False) -> Stay:
        stay = await self.room.enter(expected)
        try:
            stay.weigh(own_bytes)
        except Unavailable:
            stay.leave()
            raise
        if is_idle:
            self.becomes_idle(stay)
        return stay

    def becomes_idle(self, stay: Stay) -> None:
        self.idle.append(stay)
        self.room.stir()

    def _give_up_one(self) -> bool:
        if self.idle:
            self.idle.pop(0).leave()
            return True
        return False


async def test_the_least_recently_used_idle_one_makes_room() -> None:
    house = House()
    first, second, _ = [await house.enter(10, is_idle=True) for _ in range(3)]
    await house.enter(10)
    assert house.room.children == 3
    assert first not in house.idle
    assert second in house.idle


async def test_memory_is_made_free_by_as_many_as_it_takes() -> None:
    house = House(children_max=10)
    for _ in range(4):
        await house.enter(25, is_idle=True)
    await house.enter(60)
    assert (house.room.children, house.room.bytes) == (2, 85)


async def test_what_a_model_took_the_last_time_is_made_free_before_it_is_opened() -> None:
    house = House()
    await house.enter(60, is_idle=True)
    await house.room.enter(60)
    assert house.room.bytes == 60


async def test_busy_ones_are_never_asked_to_leave() -> None:
    house = House(wait_s_max=0.05)
    for _ in range(3):
        await house.enter(30)
    with pytest.raises(Unavailable, match="all model processes are busy"):
        await house.enter(1)
    assert (house.room.children, house.room.bytes) == (3, 90)


async def test_who_turns_out_too_large_beside_busy_ones_is_refused_and_then_waits() -> None:
    house = House()
    busy = await house.enter(60)
    with pytest.raises(Unavailable, match="memory for models is in use"):
        await house.enter(60)
    assert (house.room.children, house.room.bytes) == (1, 60)
    waiting = asyncio.create_task(house.enter(60, expected=60))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    house.becomes_idle(busy)
    await waiting
    assert house.room.bytes == 60


async def test_who_is_larger_than_all_room_is_let_in_alone() -> None:
    house = House()
    await house.enter(10, is_idle=True)
    stay = await house.enter(500)
    assert house.room.bytes == 500
    stay.leave()
    await house.enter(500, expected=500)


async def test_all_who_wait_come_in_one_after_the_other() -> None:
    house = House(children_max=1)
    busy = await house.enter(1)
    came: list[int] = []

    async def come(number: int) -> None:
        stay = await house.enter(1)
        came.append(number)
        await asyncio.sleep(0)
        stay.leave()

    waiting = [asyncio.create_task(come(number)) for number in range(5)]
    await asyncio.sleep(0)
    waiting[2].cancel()
    busy.leave()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert came == [0, 1, 3, 4]
    assert (house.room.children, house.room.bytes) == (0, 0)


async def test_leaving_twice_or_being_weighed_afterwards_counts_for_nothing() -> None:
    house = House()
    stay = await house.enter(10)
    stay.leave()
    stay.leave()
    stay.weigh(10)
    assert (house.room.children, house.room.bytes) == (0, 0)
