"""Lines that are bounded in length and in time."""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import Unavailable
from inference.pool.bulkhead import Bulkhead


def turns(at_once: int = 2, waiting_max: int = 3, wait_s_max: float = 10.0) -> Bulkhead:
    return Bulkhead(at_once, waiting_max=waiting_max, wait_s_max=wait_s_max, full="too many")


async def test_no_more_work_at_once_than_allowed_and_all_who_waited_get_their_turn() -> None:
    line, now, most, done = turns(), 0, 0, 0

    async def work() -> None:
        nonlocal now, most, done
        async with line.turn():
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1
            done += 1

    await asyncio.gather(*(work() for _ in range(5)))
    assert (most, done) == (2, 5)


async def test_a_full_line_refuses_at_once() -> None:
    line = turns(at_once=1, waiting_max=1)
    async with line.turn():
        waiting = asyncio.create_task(_take(line))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="too many"):
            await _take(line)
    await waiting


async def test_nobody_waits_for_ever_and_who_gave_up_leaves_the_line() -> None:
    line = turns(at_once=1, waiting_max=1, wait_s_max=0.05)
    async with line.turn():
        for _ in range(3):
            with pytest.raises(Unavailable, match="too many"):
                await _take(line)
    await _take(line)


async def test_a_turn_ends_with_the_work_even_if_that_fails() -> None:
    line = turns(at_once=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with line.turn():
                raise ZeroDivisionError
    await _take(line)


async def _take(line: Bulkhead) -> None:
    async with line.turn():
        pass
