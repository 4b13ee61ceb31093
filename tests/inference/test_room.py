"""Places and memory: who is let in, who has to leave, who waits."""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import Unavailable
from inference.pool.capacity import Room, Stay


class Inmate:
    """Somebody with a process, as far as the room sees it."""

    def __init__(self, stay: Stay, own_bytes: int) -> None:
        self.stay = stay
        self.own_bytes = own_bytes
        self.is_idle = False

    def retire(self) -> None:
        self.is_idle = False
        self.stay.leave()


class House:
    """A room and those who came in, in the order in which they came."""

    def __init__(
        self, *, children_max: int = 3, bytes_max: int = 100, wait_s_max: float = 10.0
    ) -> None:
        self.came: list[Inmate] = []
        self.room = Room(
            children_max=children_max,
            bytes_max=bytes_max,
            wait_s_max=wait_s_max,
            idle=lambda: [inmate for inmate in self.came if inmate.is_idle],
        )

    async def enter(self, own_bytes: int, *, expected: int = 0, is_idle: bool = False) -> Inmate:
        stay = await self.room.enter(expected)
        try:
            stay.weigh(own_bytes)
        except Unavailable:
            stay.leave()
            raise
        self.came.append(inmate := Inmate(stay, own_bytes))
        if is_idle:
            self.becomes_idle(inmate)
        return inmate

    def becomes_idle(self, inmate: Inmate) -> None:
        inmate.is_idle = True
        self.room.stir()


async def test_the_least_recently_used_idle_one_makes_room() -> None:
    house = House()
    first, second, _ = [await house.enter(10, is_idle=True) for _ in range(3)]
    await house.enter(10)
    assert house.room.children == 3
    assert (first.is_idle, second.is_idle) == (False, True)


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


@pytest.mark.parametrize("expected", [0, 60])
async def test_who_does_not_fit_beside_the_busy_ones_is_refused_and_nobody_leaves(
    expected: int,
) -> None:
    house = House()
    await house.enter(20, is_idle=True)
    busy = await house.enter(60)
    with pytest.raises(Unavailable, match="memory for models is in use"):
        await house.enter(60, expected=expected)
    assert (house.room.children, house.room.bytes) == (2, 80)
    house.becomes_idle(busy)
    await house.enter(60, expected=expected)
    assert (house.room.children, house.room.bytes) == (1, 60)


async def test_who_is_larger_than_all_room_is_let_in_alone() -> None:
    house = House()
    await house.enter(10, is_idle=True)
    inmate = await house.enter(500)
    assert (house.room.children, house.room.bytes) == (1, 500)
    house.becomes_idle(inmate)
    await house.enter(500, expected=500)
    assert (house.room.children, house.room.bytes) == (1, 500)


async def test_all_who_wait_for_a_place_come_in_as_places_become_free() -> None:
    house = House(children_max=1)
    busy = await house.enter(1)
    came: list[int] = []

    async def come(number: int) -> None:
        inmate = await house.enter(1)
        came.append(number)
        await asyncio.sleep(0)
        inmate.retire()

    waiting = [asyncio.create_task(come(number)) for number in range(5)]
    await asyncio.sleep(0)
    waiting[2].cancel()
    house.becomes_idle(busy)
    await asyncio.gather(*waiting, return_exceptions=True)
    assert sorted(came) == [0, 1, 3, 4]
    assert (house.room.children, house.room.bytes) == (0, 0)


async def test_leaving_twice_or_being_weighed_afterwards_counts_for_nothing() -> None:
    house = House()
    inmate = await house.enter(10)
    inmate.retire()
    inmate.retire()
    inmate.stay.weigh(10)
    assert (house.room.children, house.room.bytes) == (0, 0)
