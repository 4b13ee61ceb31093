"""Tables that are rebuilt beside the live ones, without readers noticing."""

from __future__ import annotations

import asyncio
import random

import pytest

from domain.errors import Conflict
from projections.engine.checkpoints import status
from projections.engine.rebuild import rebuild, verify
from projections.engine.table_build import open_build
from projections.read_models.model_stats import stats_of
from projections.registry import PROJECTIONS
from storage.event_store.event_store import EventStore
from storage.postgres.pool import TRANSIENT, Pool
from tests.conftest import Rounds
from tests.projections.catch_up import CatchUp, digests
from tests.projections.histories import BY_ALICE, MODELS, mixed, predictions
from tests.samples import served

pytestmark = pytest.mark.usefixtures("runner")

MODEL_STATS = PROJECTIONS["model_stats"]
HISTORY = PROJECTIONS["prediction_history"]
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'read' ORDER BY 1"
BUILDS = "SELECT count(*) FROM projections WHERE name LIKE '%@%'"
FIRST = 1_000
SEEN = "SELECT count(*), (SELECT sum(calls) FROM read.model_totals) FROM read.prediction_history"


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a few hundred events enough for two ranges."""
    monkeypatch.setattr("projections.engine.table_build.WINDOW_EVENTS_MAX", 50)


@pytest.mark.parametrize("name", PROJECTIONS)
@pytest.mark.parametrize("ranges", [1, 2, 3])
async def test_every_projection_is_rebuilt_to_the_same_rows(
    name: str, ranges: int, database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    head = await mixed(events, 400)
    await catch_up()
    expected, tables = await digests(pool), await pool.fetch(TABLES)
    calls: list[tuple[int, int]] = []

    comparison = await rebuild(
        PROJECTIONS[name],
        dsn=database_dsn,
        events=events,
        ranges=ranges,
        on_progress=lambda done, total: calls.append((done, total)),
    )

    assert comparison.is_same
    assert comparison.digest == expected[name]
    assert await digests(pool) == expected
    assert calls[-1] == (head, head)
    assert len(await pool.fetch(TABLES)) == len(tables)
    assert await pool.fetchval(BUILDS) == 0
    assert {one.generation for one in await status(pool, PROJECTIONS) if one.name == name} == {2}


@pytest.mark.rounds
async def test_a_rebuild_under_load_loses_nothing_and_shows_no_partial_table(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp, rounds: Rounds
) -> None:
    await events.append(predictions(FIRST, random.Random(5)), BY_ALICE)
    await catch_up()
    is_over = asyncio.Event()
    writer = asyncio.create_task(_write(events, is_over))
    readers = [asyncio.create_task(_read(pool, is_over)) for _ in "ab"]

    for _ in range(rounds(4, 20)):
        for projection in (MODEL_STATS, HISTORY):
            assert (await rebuild(projection, dsn=database_dsn, events=events)).is_same
    is_over.set()
    appended = FIRST + await writer
    reads = await asyncio.gather(*readers)
    await catch_up()

    row = await pool.fetchrow(SEEN)
    assert row is not None
    assert tuple(row) == (appended, appended)
    assert min(reads) > 20


async def test_a_long_read_keeps_its_view_and_delays_no_other_read(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    await events.append(predictions(10, random.Random(6)), BY_ALICE)
    await catch_up()

    async with pool.acquire() as reader:
        async with reader.transaction(isolation="repeatable_read"):
            assert await reader.fetchval("SELECT count(*) FROM read.prediction_history") == 10
            task = asyncio.create_task(rebuild(HISTORY, dsn=database_dsn, events=events))
            await asyncio.sleep(0.5)
            await events.append([served(MODELS[0])], BY_ALICE)
            await catch_up()
            assert not task.done()
            assert await reader.fetchval("SELECT count(*) FROM read.prediction_history") == 10
        assert (await task).is_same
        assert await reader.fetchval("SELECT count(*) FROM read.prediction_history") == 11


@pytest.mark.parametrize("name", PROJECTIONS)
async def test_a_verification_confirms_correct_tables(
    name: str, database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    await mixed(events, 400)
    await catch_up()
    tables = await pool.fetch(TABLES)

    assert (await verify(PROJECTIONS[name], dsn=database_dsn, events=events)).is_same

    [found] = [one for one in await status(pool, PROJECTIONS) if one.name == name]
    assert found.is_verified
    assert found.verified_position == found.position
    assert await pool.fetch(TABLES) == tables


async def test_a_verification_finds_a_changed_row_and_a_rebuild_repairs_it(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    await events.append([served(MODELS[0]), served(MODELS[0])], BY_ALICE)
    await catch_up()
    await pool.execute("UPDATE read.model_stats SET latency_us = latency_us + 1")

    assert not (await verify(MODEL_STATS, dsn=database_dsn, events=events)).is_same
    [found] = [one for one in await status(pool, PROJECTIONS) if one.name == "model_stats"]
    assert found.is_verified is False
    assert not (await rebuild(MODEL_STATS, dsn=database_dsn, events=events)).is_same
    [found] = [one for one in await status(pool, PROJECTIONS) if one.name == "model_stats"]
    assert found.is_verified
    assert found.live_digest != found.verified_digest
    assert (await stats_of(MODELS[0], pool)).total.latency_us == 640
    assert (await verify(MODEL_STATS, dsn=database_dsn, events=events)).is_same


async def test_a_projection_is_built_only_once_at_a_time(
    database_dsn: str, events: EventStore, catch_up: CatchUp
) -> None:
    await catch_up()
    async with open_build(MODEL_STATS, database_dsn, events):
        with pytest.raises(Conflict):
            await verify(MODEL_STATS, dsn=database_dsn, events=events)
        assert (await verify(HISTORY, dsn=database_dsn, events=events)).is_same


async def test_tables_of_a_newer_release_are_left_alone(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    await catch_up()
    await pool.execute("UPDATE projections SET rule_version = 99 WHERE name = 'model_stats'")

    with pytest.raises(Conflict, match="newer release"):
        await rebuild(MODEL_STATS, dsn=database_dsn, events=events)


async def test_an_abandoned_build_keeps_the_live_tables_and_is_dropped_by_the_next(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    await mixed(events, 400)
    await catch_up()
    expected, tables = await digests(pool), await pool.fetch(TABLES)

    with pytest.raises(TRANSIENT):
        await _build_until_the_connection_is_lost(database_dsn, events, pool)
    assert len(await pool.fetch(TABLES)) > len(tables)
    assert await digests(pool) == expected
    [progress] = [
        one.progress for one in await status(pool, PROJECTIONS) if one.name == "model_stats"
    ]
    assert progress == pytest.approx(1)

    assert (await rebuild(MODEL_STATS, dsn=database_dsn, events=events)).is_same
    assert len(await pool.fetch(TABLES)) == len(tables)
    assert await pool.fetchval(BUILDS) == 0


async def _build_until_the_connection_is_lost(dsn: str, events: EventStore, pool: Pool) -> None:
    async with open_build(MODEL_STATS, dsn, events) as build:
        await build.fold_ranges(2)
        pid = await build.connection.fetchval("SELECT pg_backend_pid()")
        await pool.execute("SELECT pg_terminate_backend($1)", pid)
        await build.fold_to(400)


async def _write(events: EventStore, is_over: asyncio.Event) -> int:
    """Record predictions; return their number."""
    chance, appended = random.Random(6), 0
    while not is_over.is_set():
        await events.append(predictions(20, chance), BY_ALICE)
        appended += 20
        await asyncio.sleep(0.005)
    return appended


async def _read(pool: Pool, is_over: asyncio.Event) -> int:
    """Read counts that may only grow, repeatedly; return the number of reads."""
    seen, reads = (FIRST, FIRST), 0
    while not is_over.is_set():
        row = await pool.fetchrow(SEEN)
        assert row is not None
        assert row[0] >= seen[0]
        assert row[1] >= seen[1]
        seen, reads = (row[0], row[1]), reads + 1
        await asyncio.sleep(0)
    return reads
