"""Building a projection's tables anew, beside the live ones, from the first event.

`rebuild` then exchanges them in one short transaction: readers see the old tables until it
commits and the new ones after. `verify` only compares and drops what it built. One of the two
runs at a time for each projection; what a crash leaves behind, the next one drops.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg
import structlog

from domain.errors import Unavailable
from projections.engine.projection import Projection
from projections.engine.table_build import Build, building
from projections.engine.tables import drop, hide, show
from storage.event_store.event_store import EventStore

SWITCH_ATTEMPTS_MAX = 200
SWITCH_PAUSE_S = 0.1
DROP_ATTEMPTS_MAX = 20

LIMIT = "SET LOCAL lock_timeout = '200ms'"
LIVE_LOCKED = "SELECT position FROM projections WHERE name = $1 FOR UPDATE"
SWITCH = """
    UPDATE projections SET generation = $2, rule_version = $3, updated_at = clock_timestamp()
     WHERE name = $1
"""
FORGET = "DELETE FROM projections WHERE name = $1"
UNPARK = """
    DELETE FROM parked_events p
     WHERE projection = $1 AND NOT is_skipped
        OR projection = $2 AND EXISTS (
            SELECT FROM parked_events s WHERE s.projection = $1 AND s.position = p.position
                                          AND s.is_skipped)
"""
TAKE_PARKED = "UPDATE parked_events SET projection = $1 WHERE projection = $2"
NOTE = """
    UPDATE projections SET verified_position = $2, verified_digest = $3, live_digest = $4,
                           is_verified = $5, verified_at = clock_timestamp()
     WHERE name = $1
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Comparison:
    """What the live tables held at one position, and what a fold from zero gives there."""

    position: int
    live_digest: str | None
    """None where the live tables are of another rule, so that there is nothing to compare."""
    digest: str

    @property
    def is_same(self) -> bool:
        """Whether the live tables were right."""
        return self.live_digest in (None, self.digest)


async def rebuild(
    projection: Projection,
    *,
    dsn: str,
    events: EventStore,
    ranges: int = 2,
    on_progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Put tables in the place of the live ones that were built from the first event.

    ``on_progress`` is called with how many events are folded, and of how many. Raises `Conflict`
    while the projection is being rebuilt or verified, and `Unavailable` where readers hold the
    views for too long.
    """
    async with building(projection, dsn, events, on_progress=on_progress) as build:
        await build.fold_ranges(ranges)
        await build.create_indexes()
        comparison = await _compared(build)
        if not comparison.is_same:
            log.error("projection_was_wrong", projection=projection.name)
        await _switch(build)
        await _drop_old(build)
        await _note(build, comparison, is_verified=True)
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
    """Compare the live tables with what a fold of all events gives; raises `Conflict`."""
    async with building(projection, dsn, events, is_scratch=True, on_progress=on_progress) as build:
        await build.fold_ranges(ranges)
        comparison = await _compared(build)
        await _note(build, comparison, is_verified=comparison.is_same)
    log.info("projection_verified", projection=projection.name, is_same=comparison.is_same)
    return comparison


async def _compared(build: Build) -> Comparison:
    """Bring the build to where the live tables stood at a moment, and compare the two."""
    live = await build.live_at_a_moment()
    await build.fold_to(live.position)
    return Comparison(live.position, live.digest, await build.digest())


async def _note(build: Build, comparison: Comparison, *, is_verified: bool) -> None:
    """Say of the tables that are live now whether they are right."""
    found = comparison.position, comparison.digest, comparison.live_digest
    await build.connection.execute(NOTE, build.projection.name, *found, is_verified)


async def _switch(build: Build) -> None:
    """Exchange the tables; again where a reader holds a view for longer than others may wait."""
    for _ in range(SWITCH_ATTEMPTS_MAX):
        await build.fold_to(await build.live_position())
        try:
            await _try_to_switch(build)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            await asyncio.sleep(random.uniform(0.5, 1) * SWITCH_PAUSE_S)  # noqa: S311
        else:
            return
    raise Unavailable(f"{build.projection.name}: its readers leave no gap to exchange it in")


async def _try_to_switch(build: Build) -> None:
    projection, connection = build.projection, build.connection
    async with connection.transaction():
        await connection.execute(LIMIT)
        if build.live_rule_version != projection.rule_version:
            await hide(projection, connection)
        await show(projection, build.generation, connection)
        await build.fold_to(await connection.fetchval(LIVE_LOCKED, projection.name))
        await connection.execute(FORGET, build.key)
        await connection.execute(UNPARK, projection.name, build.key)
        await connection.execute(TAKE_PARKED, projection.name, build.key)
        await connection.execute(SWITCH, projection.name, build.generation, projection.rule_version)
    build.is_live = True


async def _drop_old(build: Build) -> None:
    """Drop the former tables once their last readers are done, or leave it to the next rebuild."""
    for _ in range(DROP_ATTEMPTS_MAX):
        try:
            async with build.connection.transaction():
                await build.connection.execute(LIMIT)
                await drop(build.projection, build.live_generation, build.connection)
        except asyncpg.LockNotAvailableError:
            await asyncio.sleep(SWITCH_PAUSE_S)
        else:
            return
