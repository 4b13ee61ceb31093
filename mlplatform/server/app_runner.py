"""One serving process: its application runner, and its entry point under gunicorn."""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack, suppress

from aiohttp import web

from api.app import create_app
from api.http.connections import ConnectionServer
from api.http.in_flight import IN_FLIGHT
from mlplatform.server.database import Database
from mlplatform.server.logging import configure_logging
from mlplatform.settings import Settings
from mlplatform.wiring import open_dependencies

SHUTDOWN_TIMEOUT_S = 30.0
GC_THRESHOLDS = (50_000, 20, 50)


class DrainingRunner(web.AppRunner):
    """Serves an application; at the end it waits for requests in flight, including their bodies.

    aiohttp's own runner waits too, but discards data that arrives meanwhile: an upload would wait
    for its second half until the timeout.
    """

    def __init__(self, app: web.Application, *, timeout_s: float = SHUTDOWN_TIMEOUT_S) -> None:
        super().__init__(app, access_log=None, shutdown_timeout=timeout_s)
        self._timeout_s = timeout_s
        self._connections: ConnectionServer | None = None

    @property
    def server(self) -> web.Server | None:
        """The server that sites pass connections to."""
        return self._connections

    async def setup(self) -> None:
        """Start the application, with limits on its connections."""
        await super().setup()
        app_server = super().server
        assert app_server is not None
        self._connections = ConnectionServer(app_server)

    async def cleanup(self) -> None:
        """Stop listening, wait for the requests in flight, and close."""
        for site in list(self.sites):
            await site.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout_s):
                await self.app[IN_FLIGHT].drain()
        await super().cleanup()

    async def shutdown(self) -> None:
        """Shut the application down, and close all connections."""
        connections, self._connections = self._connections, None
        if connections is not None:
            connections.pre_shutdown()
        await super().shutdown()
        if connections is not None:
            await connections.shutdown(self._timeout_s)


def freeze_gc() -> None:
    """Exclude all existing objects from garbage collection, and collect less often.

    Modules, schemas and caches live as long as the process. Scanning them again and again cost a
    tenth of each prediction and half of the slowest ones' time. Reference counting frees what
    requests leave behind; reference cycles are rare.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


async def application() -> web.AppRunner:
    """Create the runner of a gunicorn worker, with its own dependencies."""
    settings = Settings()
    configure_logging(log_format=settings.log_format, level=settings.effective_log_level)
    assert settings.database_url is not None, "the parent process sets it"
    dsn = settings.database_url.get_secret_value()
    stack = AsyncExitStack()
    dependencies = await stack.enter_async_context(open_dependencies(settings, Database(dsn, dsn)))
    app = create_app(dependencies)

    async def close(_: web.Application) -> None:
        await stack.aclose()

    app.on_cleanup.append(close)
    freeze_gc()
    return DrainingRunner(app)
