"""Serving: one process that answers, or several under a supervisor."""

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
from mlplatform.cli.accounts import ensure_first_admin
from mlplatform.cli.failures import Refused
from mlplatform.demo.demo import Demo, prepare_demo
from mlplatform.server.database import Database, check_data_dir_is_free, open_database
from mlplatform.server.draining import DrainingRunner
from mlplatform.server.garbage import spare_what_stays
from mlplatform.settings import Settings
from mlplatform.wiring import open_artifacts, open_dependencies_with_engine, open_engine
from projections.engine.freshness import Freshness
from projections.registry import PROJECTIONS
from storage.embedded import launch

BACKLOG = 1_024
SHUTDOWN_TIMEOUT_S = 30.0
WORKER_TIMEOUT_S = 60
"""A worker that has not ended by then is killed by its supervisor."""
READY_TIMEOUT_S = 120.0
READY_POLL_S = 0.1
FRESH_TIMEOUT_S = 5.0
FREE_PORT = 0
FILES = 8_192
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 — where those are reached


async def serve(settings: Settings, *, workers: int, with_demo: bool) -> None:
    """Answer HTTP requests until cancelled; then end what is in flight, and leave.

    Raises what `mlplatform.cli.failures` explains, before anything else where it is known by then:
    another server on the same data directory, an address that is taken.
    """
    check_data_dir_is_free(settings)
    _allow_many_files()
    with _listening_socket(settings.host, settings.port) as listener:
        if workers == 1:
            await _serve_alone(settings, listener, with_demo=with_demo)
        else:
            await _serve_with_workers(settings, listener, workers, with_demo=with_demo)


def _allow_many_files() -> None:
    """Take as many files, which connections are too, as the operator allows; no more are needed."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed < FILES:
        wanted = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, wanted), most))


async def _serve_alone(settings: Settings, listener: socket.socket, *, with_demo: bool) -> None:
    artifacts = open_artifacts(settings)
    async with (
        # First of all: it takes longest, and runs while the database starts.
        open_engine(settings, artifacts) as engine,
        prepare_demo(settings, with_demo=with_demo) as demo,
        open_database(settings, is_shared=False) as database,
    ):
        await demo.seed(database, artifacts, engine)
        await ensure_first_admin(settings, database)
        async with open_dependencies_with_engine(
            settings, database, artifacts, engine
        ) as dependencies:
            runner = DrainingRunner(create_app(dependencies), timeout_s=SHUTDOWN_TIMEOUT_S)
            await runner.setup()
            spare_what_stays()
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
    """Let gunicorn keep the workers; each opens its own (see `mlplatform.server.worker`)."""
    async with (
        prepare_demo(settings, with_demo=with_demo) as demo,
        open_database(settings, is_shared=False) as database,
    ):
        if demo.is_wanted:
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
    """Run the workers, deaf to the terminal's Ctrl-C, which is for us, and never outliving us."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), "-1", "-1"),
        *(sys.executable, "-m", "gunicorn", "mlplatform.server.worker:application"),
        *("--worker-class", "aiohttp.GunicornUVLoopWebWorker", "--workers", str(workers)),
        *(
            "--bind",
            f"fd://{listener.fileno()}",
            "--graceful-timeout",
            f"{2 * SHUTDOWN_TIMEOUT_S:.0f}",
        ),
        *("--timeout", "0", "--log-level", "warning", "--no-control-socket"),
        # What only the owner may do is done by then; the workers need not know how.
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
    """Let the read tables catch up with what was recorded before, as far as that goes quickly."""
    with suppress(TimeoutError):
        async with asyncio.timeout(FRESH_TIMEOUT_S):
            while await freshness.wait(*PROJECTIONS) > 0:  # noqa: ASYNC110 — nobody tells
                await asyncio.sleep(READY_POLL_S)


async def _until_ready(listener: socket.socket) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    async with aiohttp.ClientSession() as client:
        while time.monotonic() < deadline:
            with suppress(aiohttp.ClientError):
                async with client.get(f"{url_of(listener)}/health") as answer:
                    if answer.ok:
                        return
            await asyncio.sleep(READY_POLL_S)
    raise Refused(f"the serving processes were not ready within {READY_TIMEOUT_S:.0f} s")


async def _announce(
    settings: Settings, listener: socket.socket, demo: Demo, database: Database
) -> None:
    """Say where the platform answers, now that it does."""
    print(f"data in {settings.data_dir.resolve()}")  # noqa: T201 — the answer
    print(f"listening on {_url(*listener.getsockname()[:2])}", flush=True)  # noqa: T201
    for line in await demo.instructions(database, url_of(listener)):
        print(line, flush=True)  # noqa: T201


def url_of(listener: socket.socket) -> str:
    """Say how a client on this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    return _url(ANY_ADDRESS.get(str(host), str(host)), port)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listening_socket(host: str, port: int) -> socket.socket:
    """Take the address at once, so that a port that is in use is known before all else."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        hint = "" if port == FREE_PORT else "; take another port with --port, 0 for a free one"
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Refused(f"cannot listen on {host}:{port}: {reason}{hint}") from error
