"""Serving: one process that answers, or several under a supervisor."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress

import aiohttp
from aiohttp import web
from api.app import create_app

from mlplatform.database import Database
from mlplatform.settings import Settings
from mlplatform.wiring import open_parts

BACKLOG = 1_024
SHUTDOWN_TIMEOUT_S = 30.0
READY_TIMEOUT_S = 120.0
READY_POLL_S = 0.1


async def serve(settings: Settings, database: Database, *, workers: int) -> None:
    """Answer HTTP requests until told to stop; then end what is in flight, and leave."""
    with _listening_socket(settings.host, settings.port) as listener:
        if workers == 1:
            await _serve_alone(settings, database, listener)
        else:
            await _serve_with_workers(database, listener, workers)


def announce(listener: socket.socket) -> None:
    """Say where the platform answers, once it does."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"listening on http://{shown}:{port}", flush=True)  # noqa: T201 — the answer


async def _serve_alone(settings: Settings, database: Database, listener: socket.socket) -> None:
    stop = _stop_signal()
    async with open_parts(settings, database) as parts:
        runner = web.AppRunner(
            create_app(parts), access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT_S
        )
        await runner.setup()
        try:
            await web.SockSite(runner, listener, backlog=BACKLOG).start()
            announce(listener)
            await stop.wait()
        finally:
            await runner.cleanup()


async def _serve_with_workers(database: Database, listener: socket.socket, workers: int) -> None:
    """Let gunicorn keep the workers; each opens its own parts (see `mlplatform.worker`)."""
    stop = _stop_signal()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gunicorn", "mlplatform.worker:application"),
        *("--worker-class", "aiohttp.GunicornUVLoopWebWorker", "--workers", str(workers)),
        *("--bind", f"fd://{listener.fileno()}", "--graceful-timeout", str(SHUTDOWN_TIMEOUT_S)),
        *("--timeout", "0", "--log-level", "warning", "--no-control-socket"),
        env={**os.environ, "DATABASE_URL": database.dsn},
        pass_fds=(listener.fileno(),),
    )
    ended = asyncio.create_task(process.wait())
    stopped = asyncio.create_task(stop.wait())
    ready = asyncio.create_task(_announce_when_ready(listener))
    await asyncio.wait([ended, stopped], return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    stopped.cancel()
    if not ended.done():
        process.send_signal(signal.SIGTERM)
    if code := await ended:
        raise SystemExit(code)


async def _announce_when_ready(listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    async with asyncio.timeout(READY_TIMEOUT_S), aiohttp.ClientSession() as client:
        while True:
            with suppress(aiohttp.ClientError):
                async with client.get(f"http://{host}:{port}/health") as answer:
                    if answer.ok:
                        announce(listener)
                        return
            await asyncio.sleep(READY_POLL_S)


def _listening_socket(host: str, port: int) -> socket.socket:
    """Take the address at once, so that a port that is in use is known before all else."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
