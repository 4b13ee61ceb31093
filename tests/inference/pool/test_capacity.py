"""Slots, memory and turns: which process is started, which is evicted, which waits."""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import Unavailable
from inference.pool.capacity import ConcurrencyLimit, ProcessCapacity, Slot


class Process:
    """The owner of a slot, as the capacity sees it."""

    def __init__(self, slot: Slot, memory_bytes: int) -> None:
        self.slot = slot
        self.memory_bytes = memory_bytes
        self.is_idle = False

    def retire(self) -> None:
        self.is_idle = False
        self.slot.release()


class Processes:
    """A capacity and the processes that were started in it, in order."""

    def __init__(
        self, *, processes_max: int = 3, budget: int = 100, wait_s_max: float = 10.0
    ) -> None:
        self.started: list[Process] = []
        self.capacity = ProcessCapacity(
            processes_max=processes_max,
            memory_budget_bytes=budget,
            wait_s_max=wait_s_max,
            idle=lambda: [process for process in self.started if process.is_idle],
        )

    @property
    def used(self) -> tuple[int, int]:
        return self.capacity.processes, self.capacity.memory_bytes

    async def start(self, size: int, *, expected: int = 0, is_idle: bool = False) -> Process:
        slot = await self.capacity.acquire(expected)
        try:
            slot.resize(size)
        except Unavailable:
            slot.release()
            raise
        self.started.append(process := Process(slot, size))
        if is_idle:
            self.becomes_idle(process)
        return process

    def becomes_idle(self, process: Process) -> None:
        process.is_idle = True
        self.capacity.notify()


async def test_the_least_recently_used_idle_process_is_evicted() -> None:
    processes = Processes()
    first, second, _ = [await processes.start(10, is_idle=True) for _ in range(3)]
    await processes.start(10)
    assert processes.capacity.processes == 3
    assert (first.is_idle, second.is_idle) == (False, True)
    assert processes.capacity.evictions == 1


async def test_processes_are_evicted_until_the_memory_suffices() -> None:
    processes = Processes(processes_max=10)
    for _ in range(4):
        await processes.start(25, is_idle=True)
    await processes.start(60)
    assert processes.used == (2, 85)
    assert processes.capacity.evictions == 3


async def test_the_memory_a_model_used_last_time_is_freed_before_it_is_opened() -> None:
    processes = Processes()
    await processes.start(60, is_idle=True)
    await processes.capacity.acquire(60)
    assert processes.capacity.memory_bytes == 60


async def test_busy_processes_are_never_evicted() -> None:
    processes = Processes(wait_s_max=0.05)
    for _ in range(3):
        await processes.start(30)
    with pytest.raises(Unavailable, match="all model processes are busy"):
        await processes.start(1)
    assert processes.used == (3, 90)


@pytest.mark.parametrize("expected", [0, 60])
async def test_nothing_is_evicted_for_a_process_that_would_not_fit_anyway(expected: int) -> None:
    processes = Processes()
    await processes.start(20, is_idle=True)
    busy = await processes.start(60)
    with pytest.raises(Unavailable, match="memory for models is in use"):
        await processes.start(60, expected=expected)
    assert processes.used == (2, 80)
    processes.becomes_idle(busy)
    await processes.start(60, expected=expected)
    assert processes.used == (1, 60)


async def test_a_process_larger_than_the_budget_runs_alone() -> None:
    processes = Processes()
    await processes.start(10, is_idle=True)
    large = await processes.start(500)
    assert processes.used == (1, 500)
    processes.becomes_idle(large)
    await processes.start(500, expected=500)
    assert processes.used == (1, 500)


async def test_all_that_wait_for_a_slot_get_one_as_slots_become_free() -> None:
    processes = Processes(processes_max=1)
    busy = await processes.start(1)
    started: list[int] = []

    async def start(number: int) -> None:
        process = await processes.start(1)
        started.append(number)
        await asyncio.sleep(0)
        process.retire()

    waiting = [asyncio.create_task(start(number)) for number in range(5)]
    await asyncio.sleep(0)
    waiting[2].cancel()
    processes.becomes_idle(busy)
    await asyncio.gather(*waiting, return_exceptions=True)
    assert sorted(started) == [0, 1, 3, 4]
    assert processes.used == (0, 0)


async def test_a_released_slot_can_be_neither_released_again_nor_resized() -> None:
    processes = Processes()
    process = await processes.start(10)
    process.retire()
    process.retire()
    process.slot.resize(10)
    assert processes.used == (0, 0)


def concurrency(
    concurrent_max: int = 2, waiting_max: int = 3, wait_s_max: float = 10.0
) -> ConcurrencyLimit:
    return ConcurrencyLimit(
        concurrent_max, waiting_max=waiting_max, wait_s_max=wait_s_max, error="too many"
    )


async def _take_turn(limit: ConcurrencyLimit) -> None:
    async with limit.acquire():
        pass


async def test_no_more_tasks_run_at_once_than_allowed_and_all_get_their_turn() -> None:
    limit, now, most, done = concurrency(), 0, 0, 0

    async def work() -> None:
        nonlocal now, most, done
        async with limit.acquire():
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1
            done += 1

    await asyncio.gather(*(work() for _ in range(5)))
    assert (most, done) == (2, 5)


async def test_a_full_queue_refuses_at_once() -> None:
    limit = concurrency(concurrent_max=1, waiting_max=1)
    async with limit.acquire():
        waiting = asyncio.create_task(_take_turn(limit))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="too many"):
            await _take_turn(limit)
    await waiting


async def test_the_wait_is_bounded_and_a_timeout_leaves_the_queue() -> None:
    limit = concurrency(concurrent_max=1, waiting_max=1, wait_s_max=0.05)
    async with limit.acquire():
        for _ in range(3):
            with pytest.raises(Unavailable, match="too many"):
                await _take_turn(limit)
    await _take_turn(limit)


async def test_a_turn_ends_even_if_the_task_fails() -> None:
    limit = concurrency(concurrent_max=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with limit.acquire():
                raise ZeroDivisionError
    await _take_turn(limit)
