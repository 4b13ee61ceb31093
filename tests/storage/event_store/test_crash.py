"""PostgreSQL is killed under load: no acknowledged event is lost, unknown outcomes are resolved."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.errors import Unavailable
from storage.embedded.server import EmbeddedPostgres
from storage.event_store.group_commit import GroupCommitter
from storage.event_store.mapper import NewEvent
from storage.postgres.migrate import migrate
from storage.postgres.pool import open_pool
from tests.conftest import Rounds
from tests.storage.event_rows import check_dense, committing, row, stored

CALLERS = 32
PATIENCE_S = 60.0


class Ledger:
    """The results that callers received."""

    def __init__(self) -> None:
        self.acknowledged: dict[NewEvent, int] = {}
        self.unknown: list[NewEvent] = []
        self.has_acknowledged = asyncio.Event()
        self.is_over = False

    async def call(self, committer: GroupCommitter) -> None:
        """Append events until the end; keep those whose outcome is unknown."""
        while not self.is_over:
            event = row()
            try:
                self.acknowledged[event] = (await committer.append([event])).first_position
                self.has_acknowledged.set()
            except Unavailable:
                self.unknown.append(event)
                await asyncio.sleep(0.01)

    async def settle(self, committer: GroupCommitter) -> None:
        """Repeat the appends whose outcome is unknown."""
        for event in self.unknown:
            self.acknowledged[event] = (await committer.append([event])).first_position
        self.unknown.clear()

    async def check(self, dsn: str) -> None:
        """Each acknowledged event is stored once at its position, and there are no others."""
        async with open_pool(dsn, min_size=1) as pool:
            await check_dense(pool)
            places = {position: stream for position, stream, _ in await stored(pool)}
        assert places == {p: event.originator_id for event, p in self.acknowledged.items()}


@pytest.fixture
async def server(data_dir: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server that the test kills."""
    async with EmbeddedPostgres.open(data_dir) as server:
        await migrate(server.owner_dsn)
        yield server


async def kill(server: EmbeddedPostgres) -> None:
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    for _ in range(4_000):
        if server.pid not in (None, pid):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the server did not come back")


@pytest.mark.rounds
@pytest.mark.parametrize("outage_s_max", [0.0, 60.0], ids=["callers retry", "committer retries"])
async def test_no_acknowledged_event_is_lost_when_the_server_is_killed(
    server: EmbeddedPostgres, outage_s_max: float, rounds: Rounds
) -> None:
    kills = rounds(2, 6)
    ledger = Ledger()
    async with asyncio.timeout(PATIENCE_S * kills):
        async with committing(server.owner_dsn, outage_s_max) as committer:
            callers = [asyncio.create_task(ledger.call(committer)) for _ in range(CALLERS)]
            for _ in range(kills):
                ledger.has_acknowledged.clear()
                await ledger.has_acknowledged.wait()
                await asyncio.sleep(0.2 + random.random() * 0.2)
                await kill(server)
            ledger.is_over = True
            await asyncio.gather(*callers)
        assert bool(ledger.unknown) == (outage_s_max == 0)
        async with committing(server.owner_dsn) as committer:
            await ledger.settle(committer)
        await ledger.check(server.owner_dsn)
