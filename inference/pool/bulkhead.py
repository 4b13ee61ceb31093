"""Work that goes on a few at a time, and waits in a line that is bounded in length and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from domain.errors import Unavailable


class Bulkhead:
    """Lets so many work at once; so many more may wait, and none of them for ever."""

    def __init__(self, at_once: int, *, waiting_max: int, wait_s_max: float, full: str) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._waiting_max = waiting_max
        self._wait_s_max = wait_s_max
        self._full = full
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Work while the context is open; raises `Unavailable` if no turn comes."""
        if self._waiting >= self._waiting_max:
            raise Unavailable(self._full)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_s_max):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable(self._full) from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
