"""Stopping without breaking off: requests in flight end first, their bodies included."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


class DrainingRunner(web.AppRunner):
    """Runs an application and, at the end, lets its requests end.

    aiohttp's own runner waits for them too, but drops what arrives meanwhile: an upload would
    wait for its second half until the time is over.
    """

    def __init__(self, app: web.Application, *, timeout_s: float) -> None:
        app.middlewares.insert(0, self._counted())
        super().__init__(app, access_log=None, shutdown_timeout=timeout_s)
        self._timeout_s = timeout_s
        self._in_flight = 0
        self._ended = asyncio.Event()
        self._is_draining = False

    async def cleanup(self) -> None:
        """Take no more connections, wait for the requests in flight, and close."""
        for site in list(self.sites):
            await site.stop()
        self._is_draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout_s):
                while self._in_flight:
                    self._ended.clear()
                    await self._ended.wait()
        await super().cleanup()

    def _counted(self) -> Middleware:
        @web.middleware
        async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._in_flight += 1
            try:
                answer = await handler(request)
            finally:
                self._in_flight -= 1
                self._ended.set()
            if self._is_draining:
                answer.force_close()  # nothing more is taken on this connection
            return answer

        return counted
