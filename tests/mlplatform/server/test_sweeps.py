"""Sweeps delete what no event names once it is old, and nothing else."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from commands.users import RegisterUser
from domain.aggregate import new_id
from domain.events import OPERATOR, Metadata
from domain.model import Model
from mlplatform.server.store import Store
from mlplatform.server.sweeps import sweep, sweeping
from storage.artifacts import ArtifactStore
from storage.credentials import Credential
from storage.postgres.pool import Pool
from tests.samples import artifact

LONG_AGO = datetime.now(UTC) - timedelta(hours=2)
AGE = "UPDATE {table} SET created_at = created_at - interval '2 hours'"
MAKE_STORE_OLDER = "UPDATE schema_migrations SET applied_at = applied_at - interval '1 day'"


@pytest.fixture
def artifacts(data_dir: Path) -> ArtifactStore:
    return ArtifactStore.at(str(data_dir / "artifacts"), cache_dir=data_dir / "cache")


async def received(artifacts: ArtifactStore) -> UUID:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"a model"

    return (await artifacts.receive(chunks(), 100)).artifact_id


async def files(artifacts: ArtifactStore) -> set[UUID]:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return {each async for each in artifacts.older_than(tomorrow)}


async def uploaded(store: Store, *artifact_ids: UUID) -> None:
    """Record a model whose versions are these files."""
    first, *others = [
        replace(artifact(artifact_id.hex * 2), artifact_id=artifact_id)
        for artifact_id in artifact_ids
    ]
    model = Model.upload(by=new_id(), name="iris", artifact=first)
    for other in others:
        model.add_version(other, by=model.owner_id)
    await store.events.save([model], Metadata())


def make_files_old(data_dir: Path) -> None:
    for path in (data_dir / "artifacts").iterdir():
        os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


async def test_old_files_that_no_event_names_are_removed(
    store: Store, owner_pool: Pool, artifacts: ArtifactStore, data_dir: Path
) -> None:
    await owner_pool.execute(MAKE_STORE_OLDER)
    first, second, orphan = [await received(artifacts) for _ in range(3)]
    await uploaded(store, first, second)
    make_files_old(data_dir)
    recent = await received(artifacts)

    await sweep(store, artifacts)

    assert await files(artifacts) == {first, second, recent}
    assert orphan not in await files(artifacts)


async def test_files_that_are_older_than_the_store_are_kept(
    store: Store, owner_pool: Pool, artifacts: ArtifactStore, data_dir: Path
) -> None:
    of_another_store = await received(artifacts)
    make_files_old(data_dir)
    await owner_pool.execute("UPDATE schema_migrations SET applied_at = now() + interval '1 s'")

    await sweep(store, artifacts)

    assert await files(artifacts) == {of_another_store}


async def test_old_keys_and_hashes_of_users_who_were_never_registered_are_removed(
    store: Store, owner_pool: Pool, artifacts: ArtifactStore
) -> None:
    alice = await store.users.register(
        RegisterUser(by=OPERATOR, username="alice", email="a@b.org", password="correct horse")
    )
    await add_unused(store)
    await sweep(store, artifacts)
    assert await counts(store.pool) == (2, 2), "they are recent"

    for table in ("user_keys", "credentials"):
        await owner_pool.execute(AGE.format(table=table))
    await add_unused(store)
    await sweep(store, artifacts)

    assert await counts(store.pool) == (2, 2), "those of Alice, and the recent ones"
    assert await store.credentials.get(alice.credential_id, alice.id)


async def test_a_failed_sweep_is_repeated(
    store: Store, owner_pool: Pool, artifacts: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlplatform.server.sweeps.PERIOD_S", 0.01)
    await add_unused(store)
    await owner_pool.execute(AGE.format(table="credentials"))
    await owner_pool.execute("ALTER TABLE credentials RENAME TO hidden")

    async with sweeping(store, artifacts):
        await asyncio.sleep(0.1)
        await owner_pool.execute("ALTER TABLE hidden RENAME TO credentials")
        async with asyncio.timeout(10):
            while await counts(store.pool) != (1, 0):  # noqa: ASYNC110 — there is no event
                await asyncio.sleep(0.01)


async def add_unused(store: Store) -> None:
    user_id = new_id()
    await store.events.make_user_key(user_id)
    await store.credentials.add(user_id, Credential("hash", "pepper"))


async def counts(pool: Pool) -> tuple[int, int]:
    return (
        await pool.fetchval("SELECT count(*) FROM user_keys"),
        await pool.fetchval("SELECT count(*) FROM credentials"),
    )
