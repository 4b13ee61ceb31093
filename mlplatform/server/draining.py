"""Stopping without breaking off: requests in flight end first, their bodies included."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import web

from api.http.connections import Connections
from api.http.dispatch import DISPATCH
from api.http.in_flight import IN_FLIGHT


class DrainingRunner(web.AppRunner):
    """Runs an application and, at the end, lets its requests end.

    aiohttp's own runner waits for them too, but drops what arrives meanwhile: an upload would
    wait for its second half until the time is over.
    """

    def __init__(self, app: web.Application, *, timeout_s: float) -> None:
        super().__init__(app, access_log=None, shutdown_timeout=timeout_s)
        self._timeout_s = timeout_s
        self._in_flight = app[IN_FLIGHT]

    async def _make_server(self) -> web.Server:
        return Connections(self.app[DISPATCH], await super()._make_server())

    async def cleanup(self) -> None:
        """Take no more connections, wait for the requests in flight, and close."""
        for site in list(self.sites):
            await site.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout_s):
                await self._in_flight.drain()
        await super().cleanup()
