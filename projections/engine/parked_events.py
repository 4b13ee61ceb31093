"""Events that a projection could not apply: set aside, so that the others can go on.

Later events of the same stream wait behind them, for that projection alone, until the first is
retried with success or skipped for good. Whoever applies or retries holds the row of the
projection's checkpoint, so that no event can slip past one that waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from domain.errors import NotFound
from projections.engine.errors import DATA_ERRORS, NOT_DATA_ERRORS, described
from projections.engine.projection import Projection, Window, read_window
from projections.read_models.paging import Page, bounded
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Connection, Pool

WAITS = "waits for position {position}"

PARK = """
    INSERT INTO parked_events (projection, position, stream_id, error)
    SELECT $1, position, stream_id, $3 FROM events WHERE position = $2
    ON CONFLICT (projection, position) DO UPDATE SET
        error = excluded.error, attempts = parked_events.attempts + 1
"""
SKIPPED = """
    SELECT position FROM parked_events
     WHERE projection = $1 AND is_skipped AND position > $2 AND position <= $3
"""
HELD_BACK = """
    SELECT e.position, p.first
      FROM (SELECT stream_id, min(position) AS first FROM parked_events
             WHERE projection = $1 AND NOT is_skipped GROUP BY stream_id) p
      JOIN events e ON e.stream_id = p.stream_id
     WHERE e.position > $2 AND e.position <= $3
"""
LOCK = "SELECT generation FROM projections WHERE name = $1 FOR UPDATE"
OF_STREAM = """
    SELECT position FROM parked_events
     WHERE projection = $1 AND NOT is_skipped
       AND stream_id = (SELECT stream_id FROM parked_events WHERE projection = $1 AND position = $2)
     ORDER BY position
"""
UNPARK = "DELETE FROM parked_events WHERE projection = $1 AND position = $2"
SKIP = """
    UPDATE parked_events SET is_skipped = true
     WHERE projection = $1 AND position = $2 AND NOT is_skipped
    RETURNING position
"""
PAGE = """
    SELECT p.projection, p.position, p.stream_id, e.topic, p.error, p.attempts, p.is_skipped,
           p.parked_at
      FROM parked_events p JOIN events e USING (position)
     WHERE p.projection NOT LIKE '%@%'
     ORDER BY p.projection, p.position OFFSET $1 LIMIT $2
"""
TOTAL = "SELECT count(*) FROM parked_events WHERE projection NOT LIKE '%@%'"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ParkedRow:
    """An event that waits, or was skipped."""

    projection: str
    position: int
    stream_id: UUID
    topic: str
    error: str
    attempts: int
    is_skipped: bool
    parked_at: datetime


async def parked_page(pool: Pool, *, skip: int = 0, limit: int = 100) -> Page[ParkedRow]:
    """What waits, by projection and position."""
    rows = await pool.fetch(PAGE, *bounded(skip, limit))
    return Page([ParkedRow(**row) for row in rows], await pool.fetchval(TOTAL))


async def park(key: str, position: int, error: Exception, connection: Connection) -> None:
    """Set one event aside."""
    log.error("event_parked", projection=key, position=position, error=described(error))
    await connection.execute(PARK, key, position, described(error))


async def parts_without_parked(
    key: str, window: Window, connection: Connection
) -> Sequence[Window]:
    """Cut out of a window what was skipped, and what waits, which is parked."""
    bounds: Any = key, window.after, window.until
    live = key.partition("@")[0]
    left_out = {row["position"] for row in await connection.fetch(SKIPPED, live, *bounds[1:])}
    for row in await connection.fetch(HELD_BACK, *bounds):
        if row["position"] not in left_out:
            await connection.execute(
                PARK, key, row["position"], WAITS.format(position=row["first"])
            )
            left_out.add(row["position"])
    starts = [window.after, *sorted(left_out)]
    ends = [position - 1 for position in sorted(left_out)] + [window.until]
    between = zip(starts, ends, strict=True)
    return [window.part(start, end) for start, end in between if start < end]


async def retry(projection: Projection, position: int, events: EventStore, pool: Pool) -> int:
    """Apply a parked event, those of its stream before it and those after it, in order.

    Gives how many were applied: it ends at the first that fails again. Raises `NotFound`.
    """
    name = projection.name
    async with pool.acquire() as connection, connection.transaction():
        generation = await connection.fetchval(LOCK, name)
        positions = [row["position"] for row in await connection.fetch(OF_STREAM, name, position)]
        if position not in positions:
            raise NotFound("no such event is parked")
        for applied, parked in enumerate(positions):
            window = await read_window(events, parked - 1, parked)
            try:
                async with connection.transaction():
                    await projection.project(window, generation, connection)
            except NOT_DATA_ERRORS:
                raise
            except DATA_ERRORS as error:
                await park(name, parked, error, connection)
                return applied
            await connection.execute(UNPARK, name, parked)
        return len(positions)


async def skip(projection: Projection, position: int, pool: Pool) -> None:
    """Leave a parked event out for good; raises `NotFound`."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(LOCK, projection.name)
        if await connection.fetchval(SKIP, projection.name, position) is None:
            raise NotFound("no such event is parked")
    log.warning("parked_event_skipped", projection=projection.name, position=position)
