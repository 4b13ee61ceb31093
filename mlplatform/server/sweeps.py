"""An hourly sweep, which deletes files, password hashes and keys that no event refers to.

A command writes them before its event, so that events never refer to something that is missing. If
no event refers to them after an hour, the command failed.
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
USED_ARTIFACTS = """
    SELECT (state #>> '{artifact,artifact_id}')::uuid AS artifact_id FROM events
     WHERE topic IN ('Model.Uploaded', 'Model.VersionAdded')
       AND topic NOT IN ('Prediction.Served', 'Prediction.Failed')  -- the condition of the index
"""
STORE_CREATED_AT = "SELECT min(applied_at) FROM schema_migrations"

log = structlog.get_logger()


@asynccontextmanager
async def sweeping(store: Store, artifacts: ArtifactStore) -> AsyncGenerator[None]:
    """Sweep now and every hour while the context is open."""
    task = asyncio.create_task(_sweep_hourly(store, artifacts))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def sweep(store: Store, artifacts: ArtifactStore) -> None:
    """Delete keys, password hashes and model files that no event refers to."""
    await store.pool.execute(SWEEP_USER_KEYS, AGE_MIN)
    await store.credentials.sweep()
    await _sweep_artifacts(store.pool, artifacts)


async def _sweep_artifacts(pool: Pool, artifacts: ArtifactStore) -> None:
    """Keep files that are older than the store: they belong to another one in the same place."""
    old = [each async for each in artifacts.older_than(datetime.now(UTC) - AGE_MIN)]
    if not old:
        return
    store_created_at: datetime = await pool.fetchval(STORE_CREATED_AT)
    used = {row["artifact_id"] for row in await pool.fetch(USED_ARTIFACTS)}
    for artifact_id in old:
        if artifact_id not in used and _time_of(artifact_id) > store_created_at:
            await artifacts.delete(artifact_id)
            log.info("artifact_swept", artifact_id=str(artifact_id))


async def _sweep_hourly(store: Store, artifacts: ArtifactStore) -> None:
    while True:
        try:
            await sweep(store, artifacts)
        except Exception:
            log.exception("sweep_failed")
        await asyncio.sleep(PERIOD_S)


def _time_of(artifact_id: UUID) -> datetime:
    """Read the time from a UUID of version 7."""
    return datetime.fromtimestamp((artifact_id.int >> UUID_TIME_SHIFT) / MS_PER_S, UTC)
