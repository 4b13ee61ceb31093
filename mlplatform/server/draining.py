"""A runner that stops only after the requests in flight have ended, their bodies included."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import web

from api.http.connections import ConnectionServer
from api.http.in_flight import IN_FLIGHT


class DrainingRunner(web.AppRunner):
    """Serves an application and, at the end, waits for its requests.

    aiohttp's own runner waits too, but drops what arrives meanwhile: an upload would wait for its
    second half until the time is over.
    """

    def __init__(self, app: web.Application, *, timeout_s: float) -> None:
        super().__init__(app, access_log=None, shutdown_timeout=timeout_s)
        self._timeout_s = timeout_s
        self._connections: ConnectionServer | None = None

    @property
    def server(self) -> web.Server | None:
        """The server that sites hand connections to."""
        return self._connections

    async def setup(self) -> None:
        """Start the application, and put our limits on its connections."""
        await super().setup()
        app_server = super().server
        assert app_server is not None
        self._connections = ConnectionServer(app_server)

    async def cleanup(self) -> None:
        """Take no more connections, wait for the requests in flight, and close."""
        for site in list(self.sites):
            await site.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout_s):
                await self.app[IN_FLIGHT].drain()
        await super().cleanup()

    async def shutdown(self) -> None:
        """Run the application's shutdown, and close all connections."""
        connections, self._connections = self._connections, None
        if connections is not None:
            connections.pre_shutdown()
        await super().shutdown()
        if connections is not None:
            await connections.shutdown(self._timeout_s)
