"""Building a projection's tables from the first event, beside the live ones.

`rebuild` then exchanges them in one short transaction: readers see the old tables until it commits
and the new ones after. `verify` only compares, and drops what it built. Only one of the two runs at
a time for each projection; the next one drops what a crash leaves behind.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg
import structlog

from domain.errors import Unavailable
from projections.engine import checkpoints, parked_events
from projections.engine.projection import Projection
from projections.engine.table_build import TableBuild, open_build
from projections.engine.tables import create_indexes, drop, hide, show
from storage.event_store.event_store import EventStore

SWITCH_ATTEMPTS_MAX = 200
SWITCH_PAUSE_S = 0.1
DROP_ATTEMPTS_MAX = 20

SET_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '200ms'"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Comparison:
    """The digests of the live tables and of a fold of all events, at one position."""

    position: int
    live_digest: str | None
    """None if the live tables are of another rule, so that nothing is compared."""
    digest: str

    @property
    def is_same(self) -> bool:
        """Whether the live tables are right."""
        return self.live_digest in (None, self.digest)


async def rebuild(
    projection: Projection,
    *,
    dsn: str,
    events: EventStore,
    ranges: int = 2,
    on_progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Replace the live tables by ones that are built from the first event.

    ``on_progress`` is called with the number of folded events and of all events. Raises `Conflict`
    while the projection is being rebuilt or verified, and `Unavailable` if readers hold the
    views for too long.
    """
    async with open_build(projection, dsn, events, on_progress=on_progress) as build:
        await build.fold_ranges(ranges)
        await create_indexes(projection, build.generation, build.connection)
        comparison = await _compare(build)
        if not comparison.is_same:
            log.error("projection_was_wrong", projection=projection.name)
        await _switch(build)
        await _drop_old(build)
        await _save(build, comparison, is_verified=True)
    log.info("projection_rebuilt", projection=projection.name, position=comparison.position)
    return comparison


async def verify(
    projection: Projection,
    *,
    dsn: str,
    events: EventStore,
    ranges: int = 2,
    on_progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare the live tables with a fold of all events; raises `Conflict`."""
    async with open_build(
        projection, dsn, events, is_scratch=True, on_progress=on_progress
    ) as build:
        await build.fold_ranges(ranges)
        comparison = await _compare(build)
        await _save(build, comparison, is_verified=comparison.is_same)
    log.info("projection_verified", projection=projection.name, is_same=comparison.is_same)
    return comparison


async def _compare(build: TableBuild) -> Comparison:
    """Bring the build to a position of the live tables, and compare the two."""
    position, live_digest = await build.live_snapshot()
    await build.fold_to(position)
    return Comparison(position, live_digest, await build.digest())


async def _save(build: TableBuild, comparison: Comparison, *, is_verified: bool) -> None:
    """Save the result with the checkpoint of the tables that are live now."""
    await build.connection.execute(
        checkpoints.SAVE_VERIFICATION,
        build.projection.name,
        comparison.position,
        comparison.digest,
        comparison.live_digest,
        is_verified,
    )


async def _switch(build: TableBuild) -> None:
    """Exchange the tables; retried if a reader holds a view longer than others may wait."""
    for _ in range(SWITCH_ATTEMPTS_MAX):
        await build.fold_to(await build.live_position())
        try:
            await _try_to_switch(build)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            await asyncio.sleep(random.uniform(0.5, 1) * SWITCH_PAUSE_S)  # noqa: S311
        else:
            return
    raise Unavailable(
        f"{build.projection.name}: its readers hold it too long to exchange its tables"
    )


async def _try_to_switch(build: TableBuild) -> None:
    projection, connection = build.projection, build.connection
    async with connection.transaction():
        await connection.execute(SET_LOCK_TIMEOUT)
        if build.live.rule_version != projection.rule_version:
            await hide(projection, connection)
        await show(projection, build.generation, connection)
        live = await checkpoints.lock(projection.name, connection)
        await build.fold_to(live.position)
        await connection.execute(checkpoints.REMOVE, build.key)
        await parked_events.replace(projection.name, build.key, connection)
        await connection.execute(
            checkpoints.SWITCH, projection.name, build.generation, projection.rule_version
        )
    build.is_live = True


async def _drop_old(build: TableBuild) -> None:
    """Drop the old tables after their last readers, or leave them to the next rebuild."""
    for _ in range(DROP_ATTEMPTS_MAX):
        try:
            async with build.connection.transaction():
                await build.connection.execute(SET_LOCK_TIMEOUT)
                await drop(build.projection, build.live.generation, build.connection)
        except asyncpg.LockNotAvailableError:
            await asyncio.sleep(SWITCH_PAUSE_S)
        else:
            return
