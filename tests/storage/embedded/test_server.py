"""The embedded server: killed, crashed, and started in unusual folders."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from storage.embedded.cluster import Cluster, StartFailed
from storage.embedded.data_lock import DataDirInUse
from storage.embedded.server import (
    LOCK_NAME,
    EmbeddedPostgres,
    RunningDsns,
    data_lock,
    running_dsns,
)
from storage.postgres.logins import Login, parse_login
from storage.postgres.pool import connect

SERVE = """
import asyncio, sys
from pathlib import Path
from storage.embedded.server import EmbeddedPostgres

async def main():
    async with EmbeddedPostgres.open(Path(sys.argv[1])) as server:
        print(server.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""
TIMEOUT_S = 30.0


@pytest.fixture
async def server(data_dir: Path) -> AsyncIterator[EmbeddedPostgres]:
    async with EmbeddedPostgres.open(data_dir) as server:
        yield server


async def add_note(dsn: str, text: str) -> None:
    connection = await connect(dsn)
    await connection.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
    await connection.execute("INSERT INTO notes VALUES ($1)", text)
    await connection.close()


async def notes(dsn: str) -> list[str]:
    connection = await connect(dsn)
    rows = await connection.fetch("SELECT text FROM notes ORDER BY text")
    await connection.close()
    return [row["text"] for row in rows]


async def restarted(server: EmbeddedPostgres, *, pid: int | None) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while server.pid in (None, pid):
        assert time.monotonic() < deadline, "the server was not started again"
        await asyncio.sleep(0.01)


async def test_committed_data_survives_a_restart(data_dir: Path) -> None:
    async with EmbeddedPostgres.open(data_dir) as server:
        await add_note(server.owner_dsn, "kept")
    async with EmbeddedPostgres.open(data_dir) as server:
        assert await notes(server.owner_dsn) == ["kept"]


async def test_a_killed_server_is_restarted_and_has_lost_nothing(
    server: EmbeddedPostgres,
) -> None:
    for round_ in "12":
        await add_note(server.owner_dsn, f"round {round_}")
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await restarted(server, pid=pid)
    assert await notes(server.owner_dsn) == ["round 1", "round 2"]


async def test_a_killed_backend_is_replaced(server: EmbeddedPostgres) -> None:
    connection = await connect(server.owner_dsn)
    os.kill(connection.get_server_pid(), signal.SIGKILL)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.CrashShutdownError, OSError)):
        await connection.execute("SELECT 1")
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            try:
                await add_note(server.owner_dsn, "committed")
            except (asyncpg.PostgresError, OSError):  # It recovers.
                await asyncio.sleep(0.02)
            else:
                break


async def test_a_server_that_recovers_from_a_crash_can_be_stopped(data_dir: Path) -> None:
    began = time.monotonic()
    async with EmbeddedPostgres.open(data_dir) as server:
        connection = await connect(server.owner_dsn)
        os.kill(connection.get_server_pid(), signal.SIGKILL)
        await asyncio.sleep(0.05)
    assert time.monotonic() - began < TIMEOUT_S


async def test_a_server_ends_with_the_process_that_started_it(data_dir: Path) -> None:
    process = start_in_another_process(data_dir)
    pid = int(read_line(process))
    await add_note(running(data_dir).owner, "before the kill")
    kill(process)
    async with EmbeddedPostgres.open(data_dir) as server:
        assert server.pid != pid
        assert not runs(pid)
        assert await notes(server.owner_dsn) == ["before the kill"]


async def test_a_kill_of_all_processes_is_recovered_from(data_dir: Path) -> None:
    process = start_in_another_process(data_dir)
    pid = int(read_line(process))
    await add_note(running(data_dir).owner, "before the kill")
    kill(process)
    os.kill(pid, signal.SIGKILL)
    async with EmbeddedPostgres.open(data_dir) as server:
        assert await notes(server.owner_dsn) == ["before the kill"]


async def test_a_hanging_leftover_server_is_killed(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.embedded.server.STOP_TIMEOUT_S", 0.1)
    process = start_in_another_process(data_dir)
    pid = int(read_line(process))
    os.kill(pid, signal.SIGSTOP)
    kill(process)
    async with EmbeddedPostgres.open(data_dir) as server:
        assert server.pid != pid
        assert not runs(pid)


async def test_a_stale_pid_file_with_the_pid_of_another_process_is_removed(
    data_dir: Path,
) -> None:
    async with EmbeddedPostgres.open(data_dir):
        pass
    (data_dir / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n")
    async with EmbeddedPostgres.open(data_dir) as server:
        assert server.pid


async def test_a_second_start_reports_the_process_that_uses_the_directory(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    assert server.pid
    with pytest.raises(DataDirInUse, match=f"already in use by pid {os.getpid()}"):
        async with EmbeddedPostgres.open(data_dir):
            raise AssertionError("two servers on one directory")


async def test_other_processes_get_the_dsns_of_a_running_server(data_dir: Path) -> None:
    assert running_dsns(data_dir) is None
    async with EmbeddedPostgres.open(data_dir) as server:
        assert running(data_dir) == RunningDsns(server.owner_dsn, server.platform_dsn)
        assert server.platform_dsn not in repr(running(data_dir))
    assert running_dsns(data_dir) is None


def test_a_server_of_an_earlier_release_has_one_role(data_dir: Path) -> None:
    with data_lock.acquire(data_dir / LOCK_NAME) as leave_note:
        leave_note("postgresql://owner@/mlplatform")
        assert running(data_dir).platform == running(data_dir).owner


async def test_a_wrong_password_is_refused(server: EmbeddedPostgres) -> None:
    for dsn in (server.owner_dsn, server.platform_dsn):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await connect(dsn.replace(":", ":x").replace("postgresql:x", "postgresql:"))


async def test_neither_role_can_log_in_with_the_others_password(server: EmbeddedPostgres) -> None:
    owner = parse_login(server.owner_dsn)
    assert owner is not None
    for name, password in [
        (owner.name, server.platform.password),
        (server.platform.name, owner.password),
        (server.platform.name, ""),
    ]:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await connect(server.dsn("postgres", Login(name, password)))


async def test_a_lost_password_of_the_platform_is_replaced(data_dir: Path) -> None:
    async with EmbeddedPostgres.open(data_dir) as server:
        former = server.platform
    (data_dir / "platform.password").unlink()
    async with EmbeddedPostgres.open(data_dir) as server:
        assert server.platform != former
        connection = await connect(server.platform_dsn)
        assert await connection.fetchval("SELECT session_user") == server.platform.name
        await connection.close()


async def test_nobody_else_can_read_the_data_directory(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    assert server.pid
    passwords = ("postgres.password", "platform.password")
    for name in ("postgres", "postgres.log", "postgres.lock", *passwords):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) & 0o077 == 0, name


async def test_the_data_directory_may_have_a_long_path_in_closed_folders(data_dir: Path) -> None:
    deep = data_dir / ("deep" * 20) / ("er" * 40)
    async with EmbeddedPostgres.open(deep) as server:
        await add_note(server.owner_dsn, "found")
        assert running(deep).owner == server.owner_dsn


async def test_an_unfinished_cluster_is_created_again(data_dir: Path) -> None:
    (data_dir / "postgres.new" / "base").mkdir(parents=True)
    async with EmbeddedPostgres.open(data_dir) as server:
        assert server.pid


async def test_a_failed_start_reports_the_servers_log(data_dir: Path) -> None:
    async with EmbeddedPostgres.open(data_dir):
        pass
    (data_dir / "postgres" / "postgresql.conf").write_text("nonsense = 1\n")
    with pytest.raises(StartFailed, match="nonsense"):
        async with EmbeddedPostgres.open(data_dir):
            raise AssertionError("started on nonsense")


async def test_a_long_log_is_rotated(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.embedded.cluster.LOG_BYTES_MAX", 10)
    async with EmbeddedPostgres.open(data_dir):
        assert (data_dir / "postgres.log.1").exists()


def test_the_passwords_are_created_once_and_differ(data_dir: Path) -> None:
    assert Cluster(data_dir).owner == Cluster(data_dir).owner
    assert Cluster(data_dir).platform == Cluster(data_dir).platform
    assert Cluster(data_dir).owner.password != Cluster(data_dir).platform.password


def running(data_dir: Path) -> RunningDsns:
    dsns = running_dsns(data_dir)
    assert dsns is not None
    return dsns


def start_in_another_process(data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, str(data_dir)], stdout=subprocess.PIPE, text=True
    )


def runs(pid: int) -> bool:
    """Whether a process still runs a program; one that has ended may wait for its parent."""
    try:
        return bool(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return False


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip().isdecimal():
            return line
    raise AssertionError("the server did not start")
