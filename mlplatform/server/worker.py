"""One of several serving processes, as gunicorn starts it."""

from __future__ import annotations

from contextlib import AsyncExitStack

from aiohttp import web

from api.app import create_app
from mlplatform.server.database import Database
from mlplatform.server.draining import DrainingRunner
from mlplatform.server.garbage import spare_what_stays
from mlplatform.server.logging import configure_logging
from mlplatform.server.server import SHUTDOWN_TIMEOUT_S
from mlplatform.settings import Settings
from mlplatform.wiring import open_dependencies


async def application() -> web.AppRunner:
    """Open this process' own dependencies, and close them with the application."""
    settings = Settings()
    configure_logging(log_format=settings.log_format, level=settings.log_level)
    assert settings.database_url is not None, "the supervisor says where the database is"
    dsn = settings.database_url.get_secret_value()
    stack = AsyncExitStack()
    dependencies = await stack.enter_async_context(open_dependencies(settings, Database(dsn, dsn)))
    app = create_app(dependencies)

    async def close(_: web.Application) -> None:
        await stack.aclose()

    app.on_cleanup.append(close)
    spare_what_stays()
    return DrainingRunner(app, timeout_s=SHUTDOWN_TIMEOUT_S)
