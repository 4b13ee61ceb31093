"""Events that a projection could not apply: parked, so that the others go on.

All SQL on the table `parked_events`. Later events of the same stream are parked behind the first,
for that projection only, until it is retried with success or skipped permanently. Applying,
retrying and skipping hold the lock of the checkpoint, so no event overtakes a parked one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from projections.engine.errors import describe
from projections.engine.projection import Window
from projections.queries import Page, bounded
from storage.postgres.pool import Connection, Pool

# For the statements on checkpoints, where p is a row of `projections`.
HAS_PARKED = """
    EXISTS (SELECT FROM parked_events q
             WHERE q.projection IN (p.name, split_part(p.name, '@', 1)))
"""
PARKED_COUNT = """
    (SELECT count(*) FROM parked_events q WHERE q.projection = p.name AND NOT q.is_skipped)
"""

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
WAITING = """
    SELECT e.position, p.first
      FROM (SELECT stream_id, min(position) AS first FROM parked_events
             WHERE projection = $1 AND NOT is_skipped GROUP BY stream_id) p
      JOIN events e ON e.stream_id = p.stream_id
     WHERE e.position > $2 AND e.position <= $3
"""
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
# From a range to its build, or from a build to the live tables.
RENAME = "UPDATE parked_events SET projection = $2 WHERE projection = $1"
# Skipped events remain.
CLEAR = "DELETE FROM parked_events WHERE projection = $1 AND NOT is_skipped"
CLEAR_BUILDS = "DELETE FROM parked_events WHERE projection LIKE $1 || '@%'"
CLEAR_SKIPPED = """
    DELETE FROM parked_events p
     WHERE projection = $2 AND EXISTS (
           SELECT FROM parked_events s
            WHERE s.projection = $1 AND s.position = p.position AND s.is_skipped)
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ParkedRow:
    """An event that is parked, or was skipped."""

    projection: str
    position: int
    stream_id: UUID
    topic: str
    error: str
    attempts: int
    is_skipped: bool
    parked_at: datetime


async def parked_page(pool: Pool, *, skip: int = 0, limit: int = 100) -> Page[ParkedRow]:
    """The parked events of the live tables, by projection and position."""
    rows = await pool.fetch(PAGE, *bounded(skip, limit))
    return Page([ParkedRow(**row) for row in rows], await pool.fetchval(TOTAL))


async def park(key: str, position: int, error: Exception, connection: Connection) -> None:
    """Park one event."""
    log.error("event_parked", projection=key, position=position, error=describe(error))
    await connection.execute(PARK, key, position, describe(error))


async def parts_without_parked(
    key: str, window: Window, connection: Connection
) -> Sequence[Window]:
    """Leave skipped events out of a window, and later events of parked streams, which are parked.

    ``key`` may be that of a build, which skips what the live tables skip.
    """
    live, bounds = key.partition("@")[0], (window.after, window.until)
    left_out = {row["position"] for row in await connection.fetch(SKIPPED, live, *bounds)}
    for row in await connection.fetch(WAITING, key, *bounds):
        if row["position"] not in left_out:
            error = f"waits for position {row['first']}"
            await connection.execute(PARK, key, row["position"], error)
            left_out.add(row["position"])
    starts = [window.after, *sorted(left_out)]
    ends = [position - 1 for position in sorted(left_out)] + [window.until]
    between = zip(starts, ends, strict=True)
    return [window.part(start, end) for start, end in between if start < end]


async def replace(name: str, key: str, connection: Connection) -> None:
    """Replace what is parked for the live tables by what is parked for a build; skips remain."""
    await connection.execute(CLEAR, name)
    await connection.execute(CLEAR_SKIPPED, name, key)
    await connection.execute(RENAME, key, name)
