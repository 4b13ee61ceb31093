"""How many requests are being answered, for whoever has to wait until there are none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from aiohttp import web


class InFlight:
    """A context that each request is answered in."""

    def __init__(self) -> None:
        self._count = 0
        self._none_left = asyncio.Event()
        self._streams: set[asyncio.Timeout] = set()
        self._endless: list[Callable[[], None]] = []
        self.is_draining = False
        """Whether nothing more is taken, so that connections end with their request."""

    def __enter__(self) -> None:
        self._count += 1

    def __exit__(self, *_: object) -> None:
        self._count -= 1
        if self.is_draining and not self._count:
            self._none_left.set()

    @asynccontextmanager
    async def streaming(self, seconds_max: float) -> AsyncGenerator[None]:
        """Count a long answer while it is sent.

        It ends by a `TimeoutError` after so many seconds, or when those in flight are not waited
        for any longer.
        """
        with self:
            async with asyncio.timeout(seconds_max) as stream:
                self._streams.add(stream)
                try:
                    yield
                finally:
                    self._streams.discard(stream)

    def break_off(self) -> None:
        """End all long answers now."""
        now = asyncio.get_running_loop().time()
        for stream in self._streams:
            stream.reschedule(now)

    def end_at_drain(self, end: Callable[[], None]) -> None:
        """Call something at a drain that ends requests which would go on for ever."""
        self._endless.append(end)

    async def drain(self) -> None:
        """Wait until all requests have ended; those that still come count too."""
        self.is_draining = True
        for end in self._endless:
            end()
        while self._count:
            self._none_left.clear()
            await self._none_left.wait()


IN_FLIGHT = web.AppKey("in_flight", InFlight)
"""What whoever stops an application waits for."""
