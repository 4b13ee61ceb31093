"""A queue for one worker that is fair among client addresses.

The address with the fewest recent turns is next. If the queue is full, the address with the most
waiting requests loses its latest one. A flood from one address therefore waits behind all other
addresses, and its own requests are the ones that are refused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic

from domain.errors import Unavailable
from storage.lru_dict import LruDict

WAITING_MAX = 20
WAIT_S_MAX = 10.0
HALF_LIFE_S = 30.0
"""After this time a past turn counts half."""
ADDRESSES_MAX = 10_000

QUEUE_FULL = "too many passwords are being checked at the moment"


class FairQueue:
    """Gives one turn at a time."""

    def __init__(self) -> None:
        self._is_busy = False
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._past_turns: LruDict[str, tuple[float, float]] = LruDict(ADDRESSES_MAX)
        """By address: the decayed number of turns, and the time of that number."""

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncGenerator[None]:
        """Wait for a turn and hold it; raises `Unavailable` if the queue is full or too slow."""
        if self._is_busy:
            await self._wait(address)
        self._is_busy = True
        self._past_turns[address] = self._turns_of(address) + 1, monotonic()
        try:
            yield
        finally:
            self._start_next()

    async def _wait(self, address: str) -> None:
        self._evict_if_full(address)
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(waiter)
        try:
            async with asyncio.timeout(WAIT_S_MAX):
                await waiter
        except (TimeoutError, asyncio.CancelledError) as error:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._start_next()  # the turn came at the same moment
            else:
                self._remove(address, waiter)
            if isinstance(error, TimeoutError):
                raise Unavailable(QUEUE_FULL) from None
            raise

    def _evict_if_full(self, address: str) -> None:
        """If the queue is full, refuse the latest request of the address with the most."""
        if sum(map(len, self._waiting.values())) < WAITING_MAX:
            return
        largest = max(self._waiting, key=self._load)
        new_load = len(self._waiting.get(address, ())) + 1, self._turns_of(address)
        if largest == address or self._load(largest) <= new_load:
            raise Unavailable(QUEUE_FULL)
        waiter = self._waiting[largest][-1]
        self._remove(largest, waiter)
        if not waiter.done():
            waiter.set_exception(Unavailable(QUEUE_FULL))

    def _load(self, address: str) -> tuple[int, float]:
        return len(self._waiting[address]), self._turns_of(address)

    def _turns_of(self, address: str) -> float:
        turns, at = self._past_turns.get(address) or (0.0, 0.0)
        return turns * 0.5 ** ((monotonic() - at) / HALF_LIFE_S)

    def _start_next(self) -> None:
        """Give the turn to the address with the fewest turns; on a tie, to the first to wait."""
        while self._waiting:
            address = min(self._waiting, key=self._turns_of)
            waiter = self._waiting[address][0]
            self._remove(address, waiter)
            if not waiter.done():  # else it was cancelled
                waiter.set_result(None)
                return
        self._is_busy = False

    def _remove(self, address: str, waiter: asyncio.Future[None]) -> None:
        waiters = self._waiting.get(address)
        if waiters and waiter in waiters:
            waiters.remove(waiter)
            if not waiters:
                del self._waiting[address]
