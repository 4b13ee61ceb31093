"""The embedded PostgreSQL server in the data directory, for users without a server of their own.

It has no TCP port and trusts no user: a socket in a 0700 folder, one role that owns everything
and one for the platform (`storage.postgres.roles`), each with a random password. It ends with the
process that started it, even if that process is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import asyncpg
import structlog

from storage.embedded import data_lock
from storage.embedded.cluster import POLL_S, SOCKET_NAME, Cluster, StartFailed
from storage.postgres.logins import Login
from storage.postgres.pool import connect
from storage.postgres.roles import change_password, create_login

DATABASE = "mlplatform"
LOCK_NAME = "postgres.lock"
SOCKET_PATH_BYTES_MAX = 107

START_TIMEOUT_S = 300.0
STOP_TIMEOUT_S = 30.0
CONNECT_TIMEOUT_S = 2.0
RESTART_PAUSE_S_MAX = 5.0

ROLE_EXISTS = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
DATABASE_EXISTS = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"

log = structlog.get_logger(__name__)


class EmbeddedPostgres:
    """A running server; it is restarted if it ends."""

    def __init__(self, cluster: Cluster, socket_dir: Path) -> None:
        self._cluster = cluster
        self._socket_dir = socket_dir
        self._process: asyncio.subprocess.Process | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, data_dir: Path) -> AsyncGenerator[EmbeddedPostgres]:
        """Start the server of a data directory, created on first use; stop it at the end.

        Raises `storage.embedded.data_lock.DataDirInUse` if another process runs it (see
        `running_dsns`), and `StartFailed`.
        """
        data_dir = _created(data_dir)
        with data_lock.acquire(data_dir / LOCK_NAME) as write_note:
            cluster = Cluster(data_dir)
            await cluster.create()
            await cluster.clean_up(timeout_s=STOP_TIMEOUT_S)
            with _short_path(cluster.folder) as socket_dir:
                server = cls(cluster, socket_dir)
                async with server._running():
                    write_note(f"{server.owner_dsn}\n{server.platform_dsn}")
                    yield server

    @property
    def owner_dsn(self) -> str:
        """The DSN of the platform's database for its owner."""
        return self.dsn(DATABASE)

    @property
    def platform_dsn(self) -> str:
        """The DSN of the platform's database for the platform's role."""
        return self.dsn(DATABASE, self._cluster.platform)

    @property
    def platform(self) -> Login:
        """The login of the platform; see `storage.postgres.roles` for its rights."""
        return self._cluster.platform

    def dsn(self, database: str, login: Login | None = None) -> str:
        """The DSN of a database of this server, for its owner or another login."""
        login = login or self._cluster.owner
        name, password, host = (
            quote(part, safe="")
            for part in (login.name, login.password or "", str(self._socket_dir))
        )
        return f"postgresql://{name}:{password}@/{database}?host={host}"

    @property
    def pid(self) -> int | None:
        """The server's process id; None while it starts."""
        process = self._process
        return process.pid if process and self._cluster.is_ready(process.pid) else None

    @asynccontextmanager
    async def _running(self) -> AsyncGenerator[None]:
        supervisor = None
        try:
            await self._start()
            supervisor = asyncio.create_task(self._supervise())
            await self._create_role_and_database()
            yield
        finally:
            if supervisor:
                supervisor.cancel()
                await asyncio.wait([supervisor])
            await self._stop()

    async def _start(self) -> None:
        began = time.monotonic()
        process = self._process = await self._cluster.start()
        while not self._cluster.is_ready(process.pid):
            if process.returncode is not None:
                raise StartFailed(f"PostgreSQL did not start:\n{self._cluster.log_tail()}")
            if time.monotonic() - began > START_TIMEOUT_S:
                raise StartFailed(f"PostgreSQL was not ready within {START_TIMEOUT_S:.0f} s")
            await asyncio.sleep(POLL_S)
        log.info("postgres_started", pid=process.pid, seconds=round(time.monotonic() - began, 3))

    async def _supervise(self) -> None:
        """Restart the server whenever it ends, with pauses while it does not stay up."""
        pause_s = 0.0
        while self._process is not None:
            began = time.monotonic()
            code = await self._process.wait()
            stayed_up = time.monotonic() - began > RESTART_PAUSE_S_MAX
            log.error("postgres_ended", code=code, restart_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = 0.0 if stayed_up else min(2 * pause_s + 0.1, RESTART_PAUSE_S_MAX)
            await self._cluster.clean_up(timeout_s=0)
            with contextlib.suppress(StartFailed):
                await self._start()

    async def _stop(self) -> None:
        """Stop cleanly or, if that takes too long, in a way that requires a recovery.

        PostgreSQL 18 never completes a clean stop that begins during crash recovery.
        """
        process = self._process
        clean = [signal.SIGINT] if await self._accepts_connections() else []
        for sign in (*clean, signal.SIGQUIT, signal.SIGKILL):
            if process is None or process.returncode is not None:
                break
            process.send_signal(sign)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await process.wait()
        await self._cluster.clean_up(timeout_s=0)

    async def _accepts_connections(self) -> bool:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                connection = await connect(self.dsn("postgres"))
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    async def _create_role_and_database(self) -> None:
        platform = self._cluster.platform
        connection = await connect(self.dsn("postgres"))
        try:
            if await connection.fetchval(ROLE_EXISTS, platform.name):
                await change_password(connection, platform)
            else:
                await create_login(connection, platform)
            if not await connection.fetchval(DATABASE_EXISTS, DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()


@dataclass(frozen=True)
class RunningDsns:
    """The DSNs of a server that another process runs."""

    owner: str = field(repr=False)
    platform: str = field(repr=False)


def running_dsns(data_dir: Path) -> RunningDsns | None:
    """The DSNs of the server that another process runs in a data directory, if any."""
    holder = data_lock.find_holder(data_dir.resolve() / LOCK_NAME)
    if holder is None or not holder.note:
        return None
    owner, _, platform = holder.note.partition("\n")
    return RunningDsns(owner, platform or owner)


def _created(data_dir: Path) -> Path:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return data_dir.resolve()


@contextmanager
def _short_path(folder: Path) -> Generator[Path]:
    """A path of the folder that is short enough for a socket address."""
    if len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="mlplatform-") as temporary:
        link = Path(temporary) / "postgres"
        link.symlink_to(folder)
        yield link
