"""PostgreSQL is killed while projections run: lost commits are folded again."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from domain.errors import Unavailable
from projections.engine.rebuild import verify
from projections.engine.runner import Runner
from projections.registry import PROJECTIONS
from storage.embedded.server import EmbeddedPostgres
from storage.event_store.event_store import EventStore
from storage.postgres.migrate import migrate
from storage.postgres.pool import open_pool
from tests.conftest import Rounds
from tests.projections.catch_up import catching_up
from tests.projections.histories import BY_ALICE, mixed, predictions


@pytest.mark.rounds
async def test_the_tables_are_correct_after_the_database_was_killed(
    data_dir: Path, rounds: Rounds
) -> None:
    async with EmbeddedPostgres.open(data_dir) as postgres:
        dsn = postgres.owner_dsn
        await migrate(dsn)
        async with (
            open_pool(dsn) as pool,
            EventStore.open(dsn, pool, sealing_key=bytes(32)) as events,
            Runner.open(dsn, events, PROJECTIONS),
        ):
            load = asyncio.create_task(_load(events))
            for _ in range(rounds(1, 6)):
                await asyncio.sleep(0.5)
                await _kill(postgres)
            load.cancel()
            await asyncio.wait([load])
            await mixed(events, 40)
            await catching_up(pool)()

            for projection in PROJECTIONS.values():
                assert (await verify(projection, dsn=dsn, events=events)).is_same
            assert not await pool.fetchval("SELECT count(*) FROM parked_events")


async def _load(events: EventStore) -> None:
    chance = random.Random(8)
    while True:
        with suppress(Unavailable):
            await asyncio.shield(events.append(predictions(50, chance), BY_ALICE))
        await asyncio.sleep(0.002)


async def _kill(postgres: EmbeddedPostgres) -> None:
    killed = postgres.pid
    assert killed
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(30):
        while postgres.pid in (None, killed):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
