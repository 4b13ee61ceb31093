"""How the projections stand: how far they have come, and what is being built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from projections.catalogue import PROJECTIONS
from projections.engine.runner import LEADER_LOCK_ID
from storage.postgres.pool import Pool

STATUS = """
    WITH head AS (SELECT coalesce(max(position), 0) AS head FROM events)
    SELECT p.name, p.rule_version, p.generation, p.position, h.head,
           h.head - p.position AS lag_events,
           coalesce(extract(epoch FROM clock_timestamp() - (
               SELECT e.recorded_at FROM events e WHERE e.position = p.position + 1
           )), 0)::float8 AS lag_s,
           p.updated_at, p.verified_position, p.verified_digest, p.live_digest, p.is_verified,
           p.verified_at,
           (SELECT count(*) FROM parked_events q
             WHERE q.projection = p.name AND NOT q.is_skipped) AS parked,
           b.progress
      FROM projections p CROSS JOIN head h
      LEFT JOIN LATERAL (
          SELECT least(1, sum(b.position - b.started_at) / greatest(1, p.position))::float8
                 AS progress
            FROM projections b WHERE b.name LIKE p.name || '@%' HAVING count(*) > 0) b ON true
     WHERE p.name = ANY($1) ORDER BY p.name
"""
IS_LED = """
    SELECT EXISTS (
        SELECT FROM pg_locks
         WHERE locktype = 'advisory' AND granted AND objsubid = 1
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND (classid::bigint << 32 | objid::bigint) = $1)
"""


@dataclass(frozen=True)
class ProjectionStatus:
    """How one projection stands."""

    name: str
    rule_version: int
    generation: int
    position: int
    head: int
    lag_events: int
    lag_s: float
    """For how long the oldest event that is not applied yet has been there."""
    updated_at: datetime
    verified_position: int | None
    verified_digest: str | None
    live_digest: str | None
    """What the tables gave that were live then; None where they were of another rule."""
    is_verified: bool | None
    """Whether the tables were as a fold from zero gave them, when that was last compared."""
    verified_at: datetime | None
    parked: int
    progress: float | None
    """How much of a rebuild or of a verification is done, 0 to 1; None while there is none."""


async def status(pool: Pool) -> list[ProjectionStatus]:
    """How each projection stands."""
    rows = await pool.fetch(STATUS, list(PROJECTIONS))
    return [ProjectionStatus(**row) for row in rows]


async def is_led(pool: Pool) -> bool:
    """Whether some process keeps the tables up to date at the moment."""
    return await pool.fetchval(IS_LED, LEADER_LOCK_ID)
