"""Lost connections, a frozen or a busy server: every caller gets the correct outcome."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from asyncio import StreamReader, StreamWriter
from collections import ChainMap
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

import pytest
from eventsourcing.persistence import IntegrityError

from domain.errors import Unavailable
from storage.event_store.append_queue import AppendResult
from storage.event_store.group_commit import GroupCommitter
from storage.event_store.mapper import NewEvent
from storage.postgres.locks import APPENDS, lock_transaction
from storage.postgres.pool import DirectConnection, Pool, connect
from tests.conftest import Rounds
from tests.storage.event_rows import TIMEOUT_S, check_dense, committing, row, stored

Results = dict[NewEvent, AppendResult | IntegrityError]

SOCKET = ".s.PGSQL.5432"
BACKEND = "SELECT pid FROM pg_stat_activity WHERE application_name = 'committer under test'"
TERMINATE = f"SELECT pg_terminate_backend(pid) FROM ({BACKEND}) backends"


class Proxy:
    """A proxy to the database that can refuse connections and drop a response."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self._dsn = dsn
        self._folder = folder
        self.is_cut = False
        self.loses_next_response = False
        self._connections: list[asyncio.Future[None]] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, folder: Path) -> AsyncGenerator[Proxy]:
        proxy = cls(dsn, folder)
        async with await asyncio.start_unix_server(proxy._connected, folder / SOCKET):
            yield proxy
        for connection in proxy._connections:
            connection.cancel()
        await asyncio.gather(*proxy._connections, return_exceptions=True)

    async def dial(self) -> DirectConnection:
        if self.is_cut:
            raise ConnectionRefusedError("cut")
        dsn = f"{self._dsn.partition('?')[0]}?host={quote(str(self._folder), safe='')}"
        return await connect(dsn, application_name="committer under test")

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._connections.append(asyncio.ensure_future(self._serve(reader, writer)))

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        folder = parse_qs(urlsplit(self._dsn).query)["host"][0]
        from_server, to_server = await asyncio.open_unix_connection(f"{folder}/{SOCKET}")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(forward(reader, to_server))
                tasks.create_task(self._forward_responses(from_server, writer))
        finally:
            to_server.transport.abort()
            writer.transport.abort()

    async def _forward_responses(self, from_server: StreamReader, writer: StreamWriter) -> None:
        with suppress(ConnectionError):
            while response := await from_server.read(65_536):
                if self.loses_next_response:
                    self.loses_next_response = False
                    break
                writer.write(response)
        writer.transport.abort()


async def forward(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
    writer.transport.abort()


async def write(proxy: Proxy, committer: GroupCommitter, seed: int) -> Results:
    """Append through a proxy that drops responses, sometimes to a contended stream."""
    chance = random.Random(seed)
    results: Results = {}
    for number in range(20):
        contended = UUID(int=seed // 100 * 100 + chance.randrange(20)) if number % 5 == 0 else None
        event = row(contended, metadata=f'{{"request_id":"{seed}-{number}"}}'.encode())
        proxy.loses_next_response |= chance.random() < 0.02
        try:
            results[event] = await committer.append([event])
        except IntegrityError as error:
            results[event] = error
        await asyncio.sleep(chance.random() * 0.01)
    return results


async def terminate_now_and_then(pool: Pool) -> None:
    while True:
        await asyncio.sleep(random.random() * 0.1)
        await pool.execute(TERMINATE)


@pytest.mark.rounds
async def test_connections_lost_under_load_neither_lose_nor_duplicate_events(
    database_dsn: str, pool: Pool, tmp_path: Path, rounds: Rounds
) -> None:
    appended: dict[UUID | str, int] = {}
    for number in range(rounds(1, 20)):
        async with (
            asyncio.timeout(TIMEOUT_S),
            Proxy.open(database_dsn, tmp_path) as proxy,
            GroupCommitter.open(proxy.dial, outage_s_max=TIMEOUT_S) as committer,
        ):
            terminating = asyncio.create_task(terminate_now_and_then(pool))
            seeds = range(number * 100, number * 100 + 32)
            written = await asyncio.gather(*(write(proxy, committer, seed) for seed in seeds))
            terminating.cancel()
        for event, result in ChainMap(*written).items():
            if isinstance(result, AppendResult):
                appended[event.originator_id] = result.first_position
        assert sum(map(len, written)) == 32 * 20
        assert {stream: place for place, stream, _ in await stored(pool)} == appended
        await check_dense(pool)


async def test_an_append_whose_response_was_lost_succeeds(
    database_dsn: str, pool: Pool, tmp_path: Path
) -> None:
    calls = [[row(), row()], [row(body=b"[1]")]]
    async with (
        Proxy.open(database_dsn, tmp_path) as proxy,
        GroupCommitter.open(proxy.dial, outage_s_max=TIMEOUT_S) as committer,
    ):
        await committer.append([row()])
        proxy.loses_next_response = True
        appended = await asyncio.gather(*map(committer.append, calls))
        assert not proxy.loses_next_response
    assert [each.first_position for each in appended] == [2, 4]
    assert await check_dense(pool) == 4


async def test_a_connection_to_a_frozen_server_is_replaced(
    database_dsn: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.event_store.group_commit.RESPONSE_TIMEOUT_S", 0.3)
    event = row()
    async with committing(database_dsn) as committer:
        await committer.append([row()])
        frozen: int = await pool.fetchval(BACKEND)
        os.kill(frozen, signal.SIGSTOP)
        try:
            appended = await committer.append([event])
        finally:
            os.kill(frozen, signal.SIGCONT)
        await committer.append([row()])
    assert appended.first_position == 2
    assert await check_dense(pool) == 3


async def test_an_append_waits_for_a_lock_that_another_holds(
    database_dsn: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "storage.event_store.group_commit.LOCK_TIMEOUT", "SET lock_timeout = '50ms'"
    )
    async with committing(database_dsn) as committer, pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await lock_transaction(other, APPENDS)
        waiting = asyncio.create_task(committer.append([row()]))
        await asyncio.sleep(0.4)
        assert not waiting.done()
        await transaction.rollback()
        assert (await waiting).first_position == 1


async def test_an_append_that_waits_too_long_for_the_lock_fails(
    database_dsn: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "storage.event_store.group_commit.LOCK_TIMEOUT", "SET lock_timeout = '50ms'"
    )
    async with committing(database_dsn, 0.2) as committer, pool.acquire() as other:
        async with other.transaction():
            await lock_transaction(other, APPENDS)
            with pytest.raises(Unavailable):
                await committer.append([row()])
        await committer.append([row()])
    assert await check_dense(pool) == 1


async def test_a_long_outage_refuses_at_once_until_it_is_over(
    database_dsn: str, pool: Pool, tmp_path: Path
) -> None:
    async with (
        Proxy.open(database_dsn, tmp_path) as proxy,
        GroupCommitter.open(proxy.dial, outage_s_max=2.0) as committer,
    ):
        await committer.append([row()])
        await pool.execute(TERMINATE)
        proxy.is_cut = True
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await committer.append([row()])
        assert time.monotonic() - began > 1.9

        for _ in range(5):
            began = time.monotonic()
            with pytest.raises(Unavailable):
                await committer.append([row()])
            assert time.monotonic() - began < 1.0

        proxy.is_cut = False
        assert (await committer.append([row()])).first_position == 2


async def test_a_failed_connection_is_an_outage_whatever_the_reason(owner_dsn: str) -> None:
    dial = partial(connect, owner_dsn.replace("mlplatform:", "mlplatform:x"))
    async with GroupCommitter.open(dial, outage_s_max=0.1) as committer:
        with pytest.raises(Unavailable):
            await committer.append([row()])


@pytest.mark.rounds
async def test_no_append_hangs(database_dsn: str, pool: Pool, rounds: Rounds) -> None:
    chance = random.Random(7)

    async def write(committer: GroupCommitter) -> None:
        for _ in range(20):
            await asyncio.sleep(chance.choice((0, 0, 0.0001, 0.001, 0.005)))
            await committer.append([row()])

    for _ in range(rounds(2, 20)):
        async with asyncio.timeout(TIMEOUT_S), committing(database_dsn) as committer:
            await asyncio.gather(*(write(committer) for _ in range(50)))
    assert await check_dense(pool) % 1_000 == 0
