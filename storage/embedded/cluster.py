"""The files and processes of one embedded PostgreSQL server.

    DIR/postgres            the cluster; its socket stands in it, so only its owner gets in
    DIR/postgres.password   of the role that owns everything, 0600
    DIR/platform.password   of the role that the platform connects as, 0600
    DIR/postgres.log        what the server says

Under root the server knows its folder as ``/proc/self/cwd``, which it was started in, so that
its account needs no access to the folders above.
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
    # WAL files are reused rather than made anew, which is much slower.
    "min_wal_size": "1GB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A conflict is no news, and a failed statement may hold what no log may.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
}


class StartFailed(Exception):
    """PostgreSQL did not start; the message says why, with the end of its log."""


class Cluster:
    """Makes the cluster, starts a server on it, and clears away what a dead one left."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "postgres"
        self._log_path = data_dir / "postgres.log"
        self._passwords = data_dir
        self._account = database_account()
        self._binaries = bin_folder(self._account)

    @property
    def owner(self) -> Login:
        """The role that owns everything, with its password, which is made on first use."""
        return Login(OWNER, _kept(self._passwords / "postgres.password"))

    @property
    def platform(self) -> Login:
        """The role that the platform connects as, with a password of its own."""
        return Login(PLATFORM, _kept(self._passwords / "platform.password"))

    async def create(self) -> None:
        """Make the cluster if there is none; what was begun and not ended is begun again."""
        if self.folder.exists():
            return
        half = self.folder.with_suffix(".new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        self._hand_over(half)
        with tempfile.TemporaryDirectory() as folder:
            password_file = Path(folder) / "password"
            password_file.touch(mode=0o600)
            password_file.write_text(self.owner.password or "")
            self._hand_over(password_file)
            self._hand_over(Path(folder))
            process = await self._spawn("initdb", half, *INITDB, f"--pwfile={password_file}")
            if await process.wait():
                raise StartFailed(f"initdb failed:\n{self.log_tail()}")
        half.rename(self.folder)

    async def start(self) -> asyncio.subprocess.Process:
        """Start the server; it is ready once `is_ready` says so."""
        settings = (f"--{name}={value}" for name, value in SETTINGS.items())
        return await self._spawn("postgres", self.folder, *settings)

    def is_ready(self, pid: int) -> bool:
        """Whether this server accepts connections: its eighth line in the pid file says so."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(pid)] and lines[7:8] == ["ready   "]

    async def clear_leftovers(self, *, patience_s: float) -> None:
        """End what still runs on the cluster, cleanly if it can be done in time.

        Afterwards the files that hold its process id are removed: by now the number may be
        another program's, and PostgreSQL would refuse to start.
        """
        deadline = time.monotonic() + patience_s
        pid_path = self.folder / "postmaster.pid"
        if patience_s and pid_path.exists():
            postmaster = int(pid_path.read_text().partition("\n")[0])
            if postmaster in self._running():
                os.kill(postmaster, signal.SIGINT)
        while running := self._running():
            if time.monotonic() > deadline:
                for pid in running:
                    _kill(pid)
            await asyncio.sleep(POLL_S)
        pid_path.unlink(missing_ok=True)
        (self.folder / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)

    def log_tail(self) -> str:
        """The last lines that the server wrote."""
        with self._log_path.open("rb") as file:
            file.seek(max(0, self._log_path.stat().st_size - LOG_TAIL_BYTES))
            return file.read().decode(errors="replace")

    def _running(self) -> list[int]:
        """Every server process that works in the cluster's folder."""
        pids = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
        return [pid for pid in pids if self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/exe").readlink().name.startswith("postgres") and Path(
                f"/proc/{pid}/cwd"
            ).samefile(self.folder)
        except OSError:  # it has ended, or is none of our business
            return False

    async def _spawn(
        self, program: str, folder: Path, *arguments: str
    ) -> asyncio.subprocess.Process:
        account = self._account
        seen_as = "/proc/self/cwd" if account.uid >= 0 else str(folder)
        with self._open_log() as log_file:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", launch.__file__),
                *(str(os.getpid()), str(account.uid), str(account.gid)),
                *(str(self._binaries / program), "-D", seen_as, *arguments),
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},  # none of our secrets
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                start_new_session=True,  # Ctrl-C is for us, who stop the server when we are done
            )

    def _open_log(self) -> BinaryIO:
        path = self._log_path
        if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
            path.rename(path.with_suffix(".log.1"))
        path.touch(mode=0o600)
        return path.open("ab")

    def _hand_over(self, path: Path) -> None:
        if self._account.uid >= 0:
            os.chown(path, self._account.uid, self._account.gid)


def _kept(path: Path) -> str:
    """Read a password, made on first use."""
    if not path.exists():
        half = path.with_suffix(".password.new")
        half.touch(mode=0o600)
        half.write_text(secrets.token_urlsafe(32))
        half.rename(path)
    return path.read_text()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
