"""The requests in flight, so that a shutdown can wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from aiohttp import web


class InFlight:
    """Counts requests; each is handled inside this context."""

    def __init__(self) -> None:
        self._count = 0
        self._none_left = asyncio.Event()
        self._streams: set[asyncio.Timeout] = set()
        self._drain_callbacks: list[Callable[[], None]] = []
        self.is_draining = False
        """Whether each connection closes after its current request."""

    def __enter__(self) -> None:
        self._count += 1

    def __exit__(self, *_: object) -> None:
        self._count -= 1
        if self.is_draining and not self._count:
            self._none_left.set()

    @asynccontextmanager
    async def streaming(self, seconds_max: float) -> AsyncGenerator[None]:
        """Count a long response; raises `TimeoutError` after a time or at `abort_streams`."""
        with self:
            async with asyncio.timeout(seconds_max) as stream:
                self._streams.add(stream)
                try:
                    yield
                finally:
                    self._streams.discard(stream)

    async def abort_streams(self, _: web.Application) -> None:
        """End all long responses now."""
        now = asyncio.get_running_loop().time()
        for stream in self._streams:
            stream.reschedule(now)

    def on_drain(self, callback: Callable[[], None]) -> None:
        """Register a callback that ends requests without an end of their own."""
        self._drain_callbacks.append(callback)

    async def drain(self) -> None:
        """Wait until all requests have ended, including those that arrive meanwhile."""
        self.is_draining = True
        for callback in self._drain_callbacks:
            callback()
        while self._count:
            self._none_left.clear()
            await self._none_left.wait()


IN_FLIGHT = web.AppKey("in_flight", InFlight)
