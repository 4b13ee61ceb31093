"""The runner: every event exactly once, for every window size and after kills."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

import projections.engine.projection as windows
from domain.prediction import Prediction
from projections.engine.advance import Advance
from projections.engine.checkpoints import status
from projections.engine.errors import CheckpointConflict
from projections.engine.projection import Window, read_window
from projections.engine.runner import Runner, is_led
from projections.engine.tables import FIRST_GENERATION, create_missing, drop
from projections.read_models.users import USERS, USERS_TABLE, users_page
from projections.registry import PROJECTIONS
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool, connect
from tests.conftest import Rounds
from tests.projections.catch_up import CatchUp, digests
from tests.projections.histories import BY_ALICE, mixed, predictions

LEADER = """
    SELECT a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
       AND a.application_name = 'mlplatform projections' AND a.pid IS DISTINCT FROM $1
"""
GENERATION = "SELECT generation FROM projections WHERE name = $1"
POSITION = "SELECT min(position) FROM projections"
SUMS = """
    SELECT sum(calls)::int AS calls, sum(rows)::int AS rows, sum(failures)::int AS failures,
           sum(latency_us)::bigint AS latency_us
      FROM read.model_totals
"""


@pytest.mark.parametrize("batch", [1, 7, 100, 50_000])
async def test_every_size_of_window_gives_the_same_tables(
    batch: int,
    database_dsn: str,
    events: EventStore,
    pool: Pool,
    catch_up: CatchUp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head = await mixed(events, 400)
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
    expected = await digests(pool)
    connection = await connect(database_dsn)
    try:
        for projection in PROJECTIONS.values():
            await drop(projection, FIRST_GENERATION, connection)
        await create_missing(PROJECTIONS.values(), connection)
        monkeypatch.setattr(windows, "WINDOW_ROWS_MAX", 3)
        after = 0
        while after < head:
            window = await read_window(events, after, min(after + batch, head))
            await Advance(PROJECTIONS, connection).apply(list(PROJECTIONS), window)
            after = window.until
    finally:
        await connection.close()

    assert await digests(pool) == expected


async def test_a_checkpoint_moved_by_another_process_is_not_moved_again(
    events: EventStore, pool: Pool, database_dsn: str
) -> None:
    head = await mixed(events, 40)
    connection = await connect(database_dsn)
    try:
        await create_missing(PROJECTIONS.values(), connection)
        advance = Advance(PROJECTIONS, connection)
        window = await read_window(events, 0, head)
        await advance.apply(list(PROJECTIONS), window)
        before = await digests(pool)

        with pytest.raises(CheckpointConflict):
            await advance.apply(list(PROJECTIONS), window)
        with pytest.raises(CheckpointConflict):
            await advance.apply(["users"], Window(head + 1, head + 2))
    finally:
        await connection.close()

    assert await digests(pool) == before


@pytest.mark.rounds
async def test_one_process_leads_and_another_takes_over_within_half_a_second(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp, rounds: Rounds
) -> None:
    await mixed(events, 4)
    async with (
        Runner.open(database_dsn, events, PROJECTIONS) as first,
        Runner.open(database_dsn, events, PROJECTIONS) as second,
    ):
        await catch_up()
        assert await is_led(pool)
        assert first.is_leading != second.is_leading
        for _ in range(rounds(3, 20)):
            led_by = await _leader(pool)
            await pool.execute("SELECT pg_terminate_backend($1)", led_by)
            async with asyncio.timeout(0.5):
                while await _leader(pool, other_than=led_by) is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)


@pytest.mark.rounds
async def test_tables_are_correct_after_runners_are_killed_under_load(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp, rounds: Rounds
) -> None:
    chance = random.Random(3)
    connection = await connect(database_dsn)
    await create_missing(PROJECTIONS.values(), connection)
    await connection.close()
    recorded: list[Prediction.Served | Prediction.Failed] = []
    load = asyncio.create_task(_load(events, recorded))
    # Of two runners the older one leads, except possibly the first time.
    async with _runners(database_dsn, 2) as runners:
        for kill in range(rounds(4, 24)):
            await _moved(pool)
            await asyncio.sleep(chance.uniform(0, 0.1))
            await _kill_and_replace(runners, kill % 2, database_dsn)
        load.cancel()
        await asyncio.wait([load])
        await catch_up()

    row = await pool.fetchrow(SUMS)

    assert row is not None
    assert dict(row) == {
        "calls": len(recorded),
        "rows": sum(one.rows for one in recorded),
        "failures": sum(hasattr(one, "reason") for one in recorded),
        "latency_us": sum(one.queue_us + one.inference_us for one in recorded),
    }
    assert await pool.fetchval("SELECT count(*) FROM read.prediction_history") == len(recorded)


async def test_a_runner_of_an_older_rule_does_not_lead(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    async with Runner.open(database_dsn, events, PROJECTIONS) as runner:
        await catch_up()
        await pool.execute("UPDATE projections SET rule_version = 99 WHERE name = 'users'")
        await mixed(events, 4)
        await asyncio.sleep(0.6)

        assert not runner.is_leading
        assert {one.lag_events > 0 for one in await status(pool, PROJECTIONS)} == {True}


async def test_tables_of_an_older_rule_are_rebuilt_before_a_runner_leads(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    await mixed(events, 40)
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
    expected = await digests(pool)
    await pool.execute("UPDATE projections SET rule_version = 0 WHERE name = 'users'")
    await pool.execute("UPDATE read.users SET username = 'of an older rule'")

    async with Runner.open(database_dsn, events, PROJECTIONS) as runner:
        async with asyncio.timeout(10):
            while not runner.is_leading:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        generations = {one.name: one.generation for one in await status(pool, PROJECTIONS)}

    assert (generations["users"], generations["sessions"]) == (2, 1)
    assert await digests(pool) == expected


async def test_a_new_rule_may_have_other_columns(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    await mixed(events, 40)
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
    assert await users_page(pool)
    table = replace(USERS_TABLE, columns=f"{USERS_TABLE.columns}, origin text DEFAULT 'here'")
    users = replace(USERS, rule_version=2, tables=(table,))

    async with Runner.open(database_dsn, events, {**PROJECTIONS, "users": users}):
        async with asyncio.timeout(10):
            while await pool.fetchval(GENERATION, "users") != 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await mixed(events, 40, seed=2)
        await catch_up()

    assert await pool.fetchval("SELECT count(*) FROM read.users WHERE origin = 'here'") == 8


async def test_missing_tables_are_created_and_filled_again(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    await mixed(events, 40)
    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()
    expected = await digests(pool)
    await pool.execute("DROP TABLE read.model_totals_1 CASCADE")

    async with Runner.open(database_dsn, events, PROJECTIONS):
        await catch_up()

    assert await digests(pool) == expected


async def _leader(pool: Pool, other_than: int | None = None) -> int | None:
    """The backend of the leader, once it differs from another."""
    return await pool.fetchval(LEADER, other_than)


async def _load(events: EventStore, recorded: list[Prediction.Served | Prediction.Failed]) -> None:
    chance = random.Random(4)
    while True:
        batch = predictions(chance.randrange(1, 200), chance)
        recorded += batch
        await asyncio.shield(events.append(batch, BY_ALICE))
        await asyncio.sleep(0.002)


async def _moved(pool: Pool) -> None:
    """Wait until the checkpoints move."""
    before = await pool.fetchval(POSITION)
    async with asyncio.timeout(20):
        while await pool.fetchval(POSITION) == before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _runners(dsn: str, count: int) -> AsyncGenerator[list[Process]]:
    runners = [await _start(dsn) for _ in range(count)]
    try:
        yield runners
    finally:
        for runner in runners:
            runner.send_signal(signal.SIGKILL)
            await runner.wait()


async def _kill_and_replace(runners: list[Process], number: int, dsn: str) -> None:
    runners[number].send_signal(signal.SIGKILL)
    await runners[number].wait()
    runners[number] = await _start(dsn)


async def _start(dsn: str) -> Process:
    module = "tests.projections.engine.runner_process"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, dsn, stdout=asyncio.subprocess.DEVNULL
    )
