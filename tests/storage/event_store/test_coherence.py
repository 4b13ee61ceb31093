"""Several processes on one database: each soon sees what the others append."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator

import pytest

from domain.aggregate import new_id
from domain.errors import Conflict
from domain.events import Metadata
from domain.model import Model
from domain.session import Session
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool, connect, open_pool
from tests.conftest import Rounds
from tests.samples import ALICE, opened, uploaded
from tests.storage.event_rows import eventually

NOBODY = Metadata()
FOLLOWERS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'mlplatform follow'"
RENAME = """
import asyncio, sys
from uuid import UUID
from domain.errors import Conflict
from domain.aggregate import new_id
from domain.events import Metadata
from domain.model import Model
from storage.event_store.event_store import EventStore
from storage.postgres.pool import open_pool

async def main(dsn, model_id, owner_id):
    async with open_pool(dsn) as pool, EventStore.open(dsn, pool, sealing_key=bytes(32)) as store:
        for number in range(50):
            rename = lambda model: model.rename(f"name {number}", by=owner_id)
            await store.change(Model, model_id, rename, Metadata())

asyncio.run(main(sys.argv[1], UUID(sys.argv[2]), UUID(sys.argv[3])))
"""


@pytest.fixture
async def other(database_dsn: str) -> AsyncIterator[EventStore]:
    """A store as another process would open it."""
    async with (
        open_pool(database_dsn, min_size=1, max_size=4) as pool,
        EventStore.open(database_dsn, pool, sealing_key=bytes(32)) as store,
    ):
        yield store


async def rename(store: EventStore, model: Model, name: str) -> None:
    await store.change(Model, model.id, lambda m: m.rename(name, by=ALICE), NOBODY)


async def is_called(store: EventStore, model: Model, name: str) -> bool:
    return (await store.load(Model, model.id)).name == name


async def test_events_of_another_process_are_seen_soon(
    events: EventStore, database_dsn: str
) -> None:
    [model] = await events.save([uploaded()], NOBODY)
    arguments = ("-c", RENAME, database_dsn, str(model.id), str(ALICE))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    seen: list[int] = []
    while process.returncode is None:
        seen.append((await events.load(Model, model.id)).version)
        await asyncio.sleep(0.001)
    assert process.returncode == 0
    await eventually(lambda: is_called(events, model, "name 49"))
    assert seen == sorted(seen)


async def test_two_processes_that_change_one_model_lose_no_change(
    events: EventStore, other: EventStore
) -> None:
    [model] = await events.save([uploaded()], NOBODY)
    for number in range(20):
        await asyncio.gather(
            rename(events, model, f"name {number}"), rename(other, model, f"title {number}")
        )
    last = (await other.history(model.id))[-1].event.name
    await eventually(lambda: is_called(events, model, last))
    assert (await events.load(Model, model.id)).version == 41
    assert len(await other.history(model.id)) == 41


async def test_loads_use_the_cache_until_the_follower_is_behind_for_a_second(
    events: EventStore, owner_dsn: str
) -> None:
    [model] = await events.save([uploaded()], NOBODY)
    await asyncio.sleep(0.3)
    blocker = await connect(owner_dsn)
    async with blocker.transaction():
        await blocker.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        assert await asyncio.wait_for(events.load(Model, model.id), 0.5) == model
        await asyncio.sleep(1.2)
        loading = asyncio.create_task(events.load(Model, model.id))
        await asyncio.sleep(0.2)
        assert not loading.done()
    assert await loading == model
    await blocker.close()


@pytest.mark.rounds
async def test_a_follower_that_loses_its_connection_reconnects_and_misses_nothing(
    events: EventStore, other: EventStore, pool: Pool, rounds: Rounds
) -> None:
    [model] = await events.save([uploaded()], NOBODY)
    for number in range(rounds(3, 30)):
        await pool.execute(f"SELECT pg_terminate_backend(pid) FROM ({FOLLOWERS}) followers")
        await rename(other, model, f"name {number}")
        began = time.monotonic()
        while not await is_called(events, model, f"name {number}"):
            assert time.monotonic() - began < 10
            await asyncio.sleep(0.01)


async def test_a_follower_survives_unexpected_errors(
    events: EventStore, other: EventStore, owner_pool: Pool
) -> None:
    [model] = await events.save([uploaded()], NOBODY)
    await owner_pool.execute("ALTER TABLE events RENAME TO hidden")
    await asyncio.sleep(0.6)
    await owner_pool.execute("ALTER TABLE hidden RENAME TO events")
    await rename(other, model, "new")
    await eventually(lambda: is_called(events, model, "new"))


@pytest.mark.rounds
async def test_a_revocation_during_a_load_is_never_undone(
    events: EventStore, other: EventStore, rounds: Rounds
) -> None:
    for _ in range(rounds(10, 200)):
        [session] = await other.save([opened()], NOBODY)
        closing = asyncio.create_task(close_soon(other, session))
        seen: list[bool] = []
        while not closing.done():
            seen += [s.is_open for s in await load_often(events, session)]
        await closing
        await eventually(lambda s=session: is_closed(events, s))
        await asyncio.sleep(0.01)
        assert not any(s.is_open for s in await load_often(events, session))


async def close_soon(store: EventStore, session: Session) -> None:
    await asyncio.sleep(random.random() * 0.005)
    await store.change(Session, session.id, lambda s: s.close("revoked"), NOBODY)


async def is_closed(store: EventStore, session: Session) -> bool:
    return not (await store.load(Session, session.id)).is_open


async def load_often(store: EventStore, session: Session) -> list[Session]:
    return await asyncio.gather(*(store.load(Session, session.id) for _ in range(5)))


async def test_an_aggregate_without_new_events_is_not_cached(
    events: EventStore, other: EventStore
) -> None:
    [old] = await events.save([uploaded()], NOBODY)
    await rename(events, old, "new")
    await asyncio.sleep(0.3)  # The other follower skips it, because it is not cached there.

    [same, _] = await other.save([old, uploaded()], NOBODY)

    assert same.name == "iris"
    assert await is_called(other, old, "new")


async def test_changing_a_loaded_copy_changes_nothing_else(events: EventStore) -> None:
    model = uploaded()
    [saved] = await events.save([model], NOBODY)
    saved.rename("mine", by=ALICE)
    model.rename("mine", by=ALICE)
    assert await is_called(events, model, "iris")
    [unchanged] = await events.save([await events.load(Model, model.id)], NOBODY)
    assert unchanged.version == 1


async def test_a_change_that_always_conflicts_fails_in_the_end(events: EventStore) -> None:
    [model] = await events.save([uploaded()], NOBODY)
    attempts: list[Model] = []

    async def decided() -> list[Model]:
        mine = await events.load(Model, model.id)
        await rename(events, model, f"name {len(attempts)}")
        attempts.append(mine)
        mine.describe("too late", by=ALICE)
        return [mine]

    with pytest.raises(Conflict):
        await events.change_all(decided, NOBODY)
    assert [mine.version for mine in attempts] == [2, 3, 4, 5, 6]
    assert (await events.load(Model, model.id)).description == ""


async def test_find_returns_none_for_other_streams(events: EventStore) -> None:
    [model] = await events.save([uploaded()], NOBODY)
    assert await events.find(Model, model.id) == model
    assert await events.find(Model, new_id()) is None
    assert await events.find(Session, model.id) is None
