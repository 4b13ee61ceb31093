"""Limits on model processes: how many run, how much memory they use, how many open at a time.

Slots and memory are freed by ending idle processes, the least recently used first; a busy process
is never ended. A new process waits for a slot for a limited time. It does not wait for memory, and
no process is ended for it if that would not free enough: otherwise one large model could evict all
others again and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from domain.errors import Unavailable


class Evictable(Protocol):
    """The owner of an idle process."""

    memory_bytes: int

    def retire(self) -> None:
        """End the process, which releases its slot."""


class ProcessCapacity:
    """Counts the processes and the memory that they used when they were opened."""

    def __init__(
        self,
        *,
        processes_max: int,
        memory_budget_bytes: int,
        wait_s_max: float,
        idle: Callable[[], Sequence[Evictable]],
    ) -> None:
        self._processes_max = processes_max
        self._memory_budget_bytes = memory_budget_bytes
        self._wait_s_max = wait_s_max
        self._idle = idle
        """Gives those that may be evicted, the least recently used first."""
        self._changed = asyncio.Event()
        self.processes = 0
        self.memory_bytes = 0
        self.evictions = 0
        """How many idle processes were ended to free a slot or memory."""

    async def acquire(self, expected_bytes: int) -> Slot:
        """Take a slot; raises `Unavailable` if none is free in time, or no memory.

        ``expected_bytes`` is what the same model used the last time; 0 if that is not known.
        """
        try:
            async with asyncio.timeout(self._wait_s_max):
                while self.processes >= self._processes_max:
                    await self._free_slot()
        except TimeoutError:
            raise Unavailable("all model processes are busy") from None
        self.free_memory(expected_bytes, used_bytes=self.memory_bytes)
        return Slot(self, expected_bytes)

    def notify(self) -> None:
        """Wake those that wait for a slot: a process has ended or become idle."""
        self._changed.set()

    def free_memory(self, needed_bytes: int, used_bytes: int) -> None:
        """Evict idle processes until ``needed_bytes`` fit beside what the others use.

        A process larger than the whole budget may run alone. Raises `Unavailable`, and evicts
        nothing, if evicting all idle ones would not be enough.
        """
        if used_bytes + needed_bytes <= self._memory_budget_bytes:
            return
        idle = self._idle()
        busy_bytes = used_bytes - sum(owner.memory_bytes for owner in idle)
        if busy_bytes and busy_bytes + needed_bytes > self._memory_budget_bytes:
            raise Unavailable("the memory for models is in use")
        for owner in idle:
            used_bytes -= owner.memory_bytes
            self._evict(owner)
            if used_bytes + needed_bytes <= self._memory_budget_bytes:
                return

    async def _free_slot(self) -> None:
        if idle := self._idle():
            self._evict(idle[0])
        else:
            self._changed.clear()
            await self._changed.wait()

    def _evict(self, owner: Evictable) -> None:
        self.evictions += 1
        owner.retire()


class Slot:
    """The share of one process in the capacity, until it is released."""

    def __init__(self, capacity: ProcessCapacity, expected_bytes: int) -> None:
        self._capacity = capacity
        self._memory_bytes = expected_bytes
        self._is_released = False
        capacity.processes += 1
        capacity.memory_bytes += expected_bytes

    def resize(self, memory_bytes: int) -> None:
        """Set the memory that the process uses; raises `Unavailable` if that is not available."""
        if self._is_released:
            return
        others_bytes = self._capacity.memory_bytes - self._memory_bytes
        self._capacity.free_memory(memory_bytes, used_bytes=others_bytes)
        self._capacity.memory_bytes += memory_bytes - self._memory_bytes
        self._memory_bytes = memory_bytes

    def release(self) -> None:
        """Give the slot back; calling it again has no effect."""
        if not self._is_released:
            self._is_released = True
            self._capacity.processes -= 1
            self._capacity.memory_bytes -= self._memory_bytes
            self._capacity.notify()


class ConcurrencyLimit:
    """Bounds how many tasks run at once, how many wait for their turn, and for how long."""

    def __init__(
        self, concurrent_max: int, *, waiting_max: int, wait_s_max: float, error: str
    ) -> None:
        self._free = asyncio.Semaphore(concurrent_max)
        self._waiting_max = waiting_max
        self._wait_s_max = wait_s_max
        self._error = error
        self._waiting = 0

    @asynccontextmanager
    async def acquire(self) -> AsyncGenerator[None]:
        """Run while the context is open; raises `Unavailable` if too many wait or the wait ends."""
        if self._waiting >= self._waiting_max:
            raise Unavailable(self._error)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_s_max):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable(self._error) from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
