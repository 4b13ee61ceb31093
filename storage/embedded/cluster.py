"""The files and processes of one embedded PostgreSQL server.

    DIR/postgres            the cluster, with the socket inside, so that only its owner connects
    DIR/postgres.password   password of the role that owns everything, 0600
    DIR/platform.password   password of the platform's role, 0600
    DIR/postgres.log        the server's log

Under root the server is given its folder as ``/proc/self/cwd``, so that its account needs no
access to the parent folders.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from storage.embedded import launch
from storage.embedded.binaries import bin_folder, database_account
from storage.postgres.logins import Login

OWNER = "mlplatform"
PLATFORM = "mlplatform_app"
SOCKET_NAME = ".s.PGSQL.5432"
LOG_BYTES_MAX = 16 * 1024**2
LOG_TAIL_BYTES = 2000
POLL_S = 0.01

INITDB = (
    f"--username={OWNER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
)
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Reusing WAL files is much faster than creating them.
    "min_wal_size": "1GB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Conflicts are expected, and failed statements may contain secrets.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
}


class StartFailed(Exception):
    """PostgreSQL did not start; the message has the end of its log."""


class Cluster:
    """Creates the cluster, starts a server on it, and cleans up after a crashed one."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "postgres"
        self._log_path = data_dir / "postgres.log"
        self._passwords = data_dir
        self._account = database_account()
        self._binaries = bin_folder(self._account)

    @property
    def owner(self) -> Login:
        """The role that owns everything, with a password that is created on first use."""
        return Login(OWNER, _read_or_create_password(self._passwords / "postgres.password"))

    @property
    def platform(self) -> Login:
        """The role that the platform connects as, with a password of its own."""
        return Login(PLATFORM, _read_or_create_password(self._passwords / "platform.password"))

    async def create(self) -> None:
        """Create the cluster if it does not exist; an unfinished one is created again."""
        if self.folder.exists():
            return
        unfinished = self.folder.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._chown(unfinished)
        with tempfile.TemporaryDirectory() as folder:
            password_file = Path(folder) / "password"
            password_file.touch(mode=0o600)
            password_file.write_text(self.owner.password or "")
            self._chown(password_file)
            self._chown(Path(folder))
            process = await self._spawn("initdb", unfinished, *INITDB, f"--pwfile={password_file}")
            if await process.wait():
                raise StartFailed(f"initdb failed:\n{self.log_tail()}")
        unfinished.rename(self.folder)

    async def start(self) -> asyncio.subprocess.Process:
        """Start the server; it accepts connections once `is_ready` is true."""
        settings = (f"--{name}={value}" for name, value in SETTINGS.items())
        return await self._spawn("postgres", self.folder, *settings)

    def is_ready(self, pid: int) -> bool:
        """Whether this server accepts connections, by the eighth line of its pid file."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(pid)] and lines[7:8] == ["ready   "]

    async def clean_up(self, *, timeout_s: float) -> None:
        """Stop server processes that still run on the cluster; kill them after the timeout.

        Then remove the files with the process id: another program may have that id by now, and
        PostgreSQL would refuse to start.
        """
        deadline = time.monotonic() + timeout_s
        pid_path = self.folder / "postmaster.pid"
        if timeout_s and pid_path.exists():
            postmaster = int(pid_path.read_text().partition("\n")[0])
            if postmaster in self._running():
                os.kill(postmaster, signal.SIGINT)
        while running := self._running():
            if time.monotonic() > deadline:
                for pid in running:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(POLL_S)
        pid_path.unlink(missing_ok=True)
        (self.folder / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)

    def log_tail(self) -> str:
        """The end of the server's log."""
        with self._log_path.open("rb") as file:
            file.seek(max(0, self._log_path.stat().st_size - LOG_TAIL_BYTES))
            return file.read().decode(errors="replace")

    def _running(self) -> list[int]:
        """Every server process whose working directory is the cluster's folder."""
        pids = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
        return [pid for pid in pids if self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/exe").readlink().name.startswith("postgres") and Path(
                f"/proc/{pid}/cwd"
            ).samefile(self.folder)
        except OSError:  # it has ended, or is not ours
            return False

    async def _spawn(
        self, program: str, folder: Path, *arguments: str
    ) -> asyncio.subprocess.Process:
        account = self._account
        data_path = "/proc/self/cwd" if account.uid >= 0 else str(folder)
        with self._open_log() as log_file:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", launch.__file__),
                *(str(os.getpid()), str(account.uid), str(account.gid)),
                *(str(self._binaries / program), "-D", data_path, *arguments),
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},  # without our secrets
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                start_new_session=True,  # Ctrl-C goes to us only; we stop the server
            )

    def _open_log(self) -> BinaryIO:
        path = self._log_path
        if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
            path.rename(path.with_suffix(".log.1"))
        path.touch(mode=0o600)
        return path.open("ab")

    def _chown(self, path: Path) -> None:
        if self._account.uid >= 0:
            os.chown(path, self._account.uid, self._account.gid)


def _read_or_create_password(path: Path) -> str:
    if not path.exists():
        unfinished = path.with_suffix(".password.new")
        unfinished.touch(mode=0o600)
        unfinished.write_text(secrets.token_urlsafe(32))
        unfinished.rename(path)
    return path.read_text()
