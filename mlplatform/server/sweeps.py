"""Removing, every hour, what commands that did not come about have left behind.

A command writes files, hashes and keys before the event that names them, so that no event ever
names what is not there. What is still unnamed an hour later never will be named.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from mlplatform.server.store import Store
from storage.artifacts import ArtifactStore
from storage.postgres.pool import Pool

PERIOD_S = 3_600.0
AGE_MIN = timedelta(hours=1)
UUID_TIME_SHIFT = 80
MS_PER_S = 1_000

SWEEP_USER_KEYS = """
    DELETE FROM user_keys k
     WHERE k.created_at < clock_timestamp() - $1::interval
       AND NOT EXISTS (SELECT FROM events e WHERE e.stream_id = k.user_id AND e.version = 1)
"""
NAMED_ARTIFACTS = """
    SELECT (state #>> '{artifact,artifact_id}')::uuid AS artifact_id FROM events
     WHERE topic IN ('Model.Uploaded', 'Model.VersionAdded')
       AND topic NOT IN ('Prediction.Served', 'Prediction.Failed')  -- as the index wants it
"""
STORE_MADE_AT = "SELECT min(applied_at) FROM schema_migrations"

log = structlog.get_logger()


@asynccontextmanager
async def sweeping(store: Store, artifacts: ArtifactStore) -> AsyncGenerator[None]:
    """Sweep now and every hour while the context is open."""
    task = asyncio.create_task(_sweep_for_ever(store, artifacts))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def sweep(store: Store, artifacts: ArtifactStore) -> None:
    """Remove keys, password hashes and model files that no event names."""
    await store.pool.execute(SWEEP_USER_KEYS, AGE_MIN)
    await store.credentials.sweep()
    await sweep_artifacts(store.pool, artifacts)


async def sweep_artifacts(
    pool: Pool, artifacts: ArtifactStore, age_min: timedelta = AGE_MIN
) -> int:
    """Remove model files that no event names and say how many that were.

    A file that is older than the store itself belongs to another store, which was kept in the
    same place before: it stays.
    """
    old = [each async for each in artifacts.older_than(datetime.now(UTC) - age_min)]
    if not old:
        return 0
    made_at: datetime = await pool.fetchval(STORE_MADE_AT)
    named = {row["artifact_id"] for row in await pool.fetch(NAMED_ARTIFACTS)}
    orphans = [each for each in old if each not in named and _drawn_at(each) > made_at]
    for artifact_id in orphans:
        await artifacts.delete(artifact_id)
        log.info("artifact_swept", artifact_id=str(artifact_id))
    return len(orphans)


async def _sweep_for_ever(store: Store, artifacts: ArtifactStore) -> None:
    while True:
        try:
            await sweep(store, artifacts)
        except Exception:
            log.exception("sweep_failed")
        await asyncio.sleep(PERIOD_S)


def _drawn_at(artifact_id: UUID) -> datetime:
    """Read the time out of an id of ours, which is a UUID of version 7."""
    return datetime.fromtimestamp((artifact_id.int >> UUID_TIME_SHIFT) / MS_PER_S, UTC)
