"""Serves HTTP in this process, or in several processes under gunicorn."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import aiohttp
from aiohttp import web

from api.app import create_app
from mlplatform.demo.demo import Demo, prepare_demo
from mlplatform.errors import Refused
from mlplatform.server.app_runner import SHUTDOWN_TIMEOUT_S, DrainingRunner, freeze_gc
from mlplatform.server.database import Database, check_data_dir_is_free, open_database
from mlplatform.server.store import ensure_first_admin
from mlplatform.settings import Settings
from mlplatform.wiring import open_artifacts, open_dependencies_with_engine, open_engine
from projections.engine.freshness import Freshness
from projections.registry import PROJECTIONS
from storage.embedded import launch

BACKLOG = 1_024
WORKER_STOP_TIMEOUT_S = 2 * SHUTDOWN_TIMEOUT_S
"""After this time gunicorn kills a worker that has not stopped."""
READY_TIMEOUT_S = 120.0
READY_POLL_S = 0.1
FRESH_TIMEOUT_S = 5.0
FREE_PORT = 0
OPEN_FILES = 8_192
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 — not an address to listen on


async def serve(settings: Settings, *, workers: int, with_demo: bool) -> None:
    """Answer HTTP requests until cancelled; then finish the requests in flight and return.

    Raises the errors that `mlplatform.errors` explains. Another server on the same data directory
    and an address in use are detected before anything else starts.
    """
    check_data_dir_is_free(settings)
    _raise_open_files_limit()
    with _listening_socket(settings.host, settings.port) as listener:
        if workers == 1:
            await _serve_alone(settings, listener, with_demo=with_demo)
        else:
            await _serve_with_workers(settings, listener, workers, with_demo=with_demo)


def _raise_open_files_limit() -> None:
    """Raise the soft limit on open files, which connections count against."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < OPEN_FILES:
        limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, limit), hard))


async def _serve_alone(settings: Settings, listener: socket.socket, *, with_demo: bool) -> None:
    artifacts = open_artifacts(settings)
    async with (
        # First: it takes longest, and continues while the database starts.
        open_engine(settings, artifacts) as engine,
        prepare_demo(settings, with_demo=with_demo) as demo,
        open_database(settings, is_shared=False) as database,
    ):
        await demo.seed(database, artifacts, engine)
        await ensure_first_admin(settings, database)
        async with open_dependencies_with_engine(
            settings, database, artifacts, engine
        ) as dependencies:
            runner = DrainingRunner(create_app(dependencies))
            await runner.setup()
            freeze_gc()
            try:
                await _until_fresh(dependencies.freshness)
                await web.SockSite(runner, listener, backlog=BACKLOG).start()
                await _announce(settings, listener, demo, database)
                await asyncio.Event().wait()
            finally:
                await runner.cleanup()


async def _serve_with_workers(
    settings: Settings, listener: socket.socket, workers: int, *, with_demo: bool
) -> None:
    """Run gunicorn; each worker opens its own dependencies (`mlplatform.server.app_runner`)."""
    async with (
        prepare_demo(settings, with_demo=with_demo) as demo,
        open_database(settings, is_shared=False) as database,
    ):
        if demo.is_requested:
            artifacts = open_artifacts(settings)
            async with open_engine(settings, artifacts) as engine:
                await demo.seed(database, artifacts, engine)
        await ensure_first_admin(settings, database)
        async with _gunicorn(database, listener, workers) as process:
            ended = asyncio.create_task(process.wait())
            ready = asyncio.create_task(_until_ready(listener))
            await asyncio.wait([ended, ready], return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                ready.result()
                await _announce(settings, listener, demo, database)
            code = await ended
            raise Refused(f"the serving processes ended (code {code})")


@asynccontextmanager
async def _gunicorn(
    database: Database, listener: socket.socket, workers: int
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run the workers in a session of their own: Ctrl-C reaches only this process.

    `storage.embedded.launch` stops them if this process is killed.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), "-1", "-1"),
        *(sys.executable, "-m", "gunicorn", "mlplatform.server.app_runner:application"),
        *("--worker-class", "aiohttp.GunicornUVLoopWebWorker", "--workers", str(workers)),
        *("--bind", f"fd://{listener.fileno()}"),
        *("--graceful-timeout", f"{WORKER_STOP_TIMEOUT_S:.0f}"),
        *("--timeout", "0", "--log-level", "warning", "--no-control-socket"),
        # The owner's work is finished; workers do not get the owner's URL.
        env={**os.environ, "DATABASE_URL": database.dsn, "DATABASE_OWNER_URL": ""},
        pass_fds=(listener.fileno(),),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _until_fresh(freshness: Freshness) -> None:
    """Wait a short time for the projections to catch up with the existing events."""
    with suppress(TimeoutError):
        async with asyncio.timeout(FRESH_TIMEOUT_S):
            while await freshness.wait(*PROJECTIONS) > 0:  # noqa: ASYNC110 — no event to wait for
                await asyncio.sleep(READY_POLL_S)


async def _until_ready(listener: socket.socket) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    async with aiohttp.ClientSession() as client:
        while time.monotonic() < deadline:
            with suppress(aiohttp.ClientError):
                async with client.get(f"{url_of(listener)}/health") as response:
                    if response.ok:
                        return
            await asyncio.sleep(READY_POLL_S)
    raise Refused(f"the serving processes were not ready within {READY_TIMEOUT_S:.0f} s")


async def _announce(
    settings: Settings, listener: socket.socket, demo: Demo, database: Database
) -> None:
    """Print the URL and the data directory, once the platform responds."""
    print(f"data in {settings.data_dir.resolve()}")  # noqa: T201 — output of the command
    print(f"listening on {_url(*listener.getsockname()[:2])}", flush=True)  # noqa: T201
    for line in await demo.instructions(database, url_of(listener)):
        print(line, flush=True)  # noqa: T201


def url_of(listener: socket.socket) -> str:
    """Give the URL under which a client on this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    return _url(LOOPBACK.get(str(host), str(host)), port)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listening_socket(host: str, port: int) -> socket.socket:
    """Bind the address first, so that a port in use is detected before anything starts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        hint = "" if port == FREE_PORT else "; choose another port with --port, or 0 for a free one"
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Refused(f"cannot listen on {host}:{port}: {reason}{hint}") from error
