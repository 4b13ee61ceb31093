"""The checkpoints: up to which position the tables of each projection have applied the events.

All SQL on the table `projections`. A projection has a row under its name, and each build one under
a key of its own: `users@2` is the second generation of `users`, `users@2+1` its second range.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import asyncpg

from projections.engine.errors import CheckpointConflict
from projections.engine.parked_events import HAS_PARKED, PARKED_COUNT
from projections.engine.projection import PREDICTION_TOPICS
from storage.postgres.pool import Connection, Pool

Source: TypeAlias = "Pool | Connection"

FIND = "SELECT generation, rule_version, position FROM projections WHERE name = $1"
LOCK = f"{FIND} FOR UPDATE"
RULES = "SELECT name, rule_version FROM projections WHERE name = ANY($1)"
LAG = """
    WITH furthest AS (
        SELECT min(position) AS position, (SELECT coalesce(max(position), 0) FROM events) AS head
          FROM projections WHERE name = ANY($1))
    SELECT position, head, clock_timestamp() - (
               SELECT e.recorded_at FROM events e WHERE e.position = furthest.position + 1) AS age
      FROM furthest
"""
POSITIONS = f"""
    SELECT name, position, (SELECT coalesce(max(position), 0) FROM events) AS head,
           (SELECT coalesce(max(position), 0) FROM events
             WHERE topic NOT IN ({PREDICTION_TOPICS})) AS last_other
      FROM projections WHERE name = ANY($1) ORDER BY position
"""
MOVE = f"""
    UPDATE projections p SET position = $3, updated_at = clock_timestamp()
     WHERE name = ANY($1) AND position = $2
    RETURNING name, rule_version, generation, {HAS_PARKED} AS has_parked
"""
# Back to before the first event.
RESET = """
    INSERT INTO projections (name, rule_version, generation) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET
        rule_version = $2, position = 0, updated_at = clock_timestamp(),
        verified_position = NULL, verified_digest = NULL, is_verified = NULL, verified_at = NULL,
        live_digest = NULL
"""
# Of a build, or of one of its ranges.
BEGIN = """
    INSERT INTO projections (name, rule_version, generation, position, started_at)
    VALUES ($1, $2, $3, $4, $4)
"""
# To the end of a build's last range.
FINISH = "UPDATE projections SET position = $2, started_at = 0 WHERE name = $1"
SWITCH = """
    UPDATE projections SET generation = $2, rule_version = $3, updated_at = clock_timestamp()
     WHERE name = $1
"""
REMOVE = "DELETE FROM projections WHERE name = $1"
REMOVE_BUILDS = "DELETE FROM projections WHERE name LIKE $1 || '@%'"
SAVE_VERIFICATION = """
    UPDATE projections SET verified_position = $2, verified_digest = $3, live_digest = $4,
                           is_verified = $5, verified_at = clock_timestamp()
     WHERE name = $1
"""
STATUS = f"""
    WITH head AS (SELECT coalesce(max(position), 0) AS head FROM events)
    SELECT p.name, p.rule_version, p.generation, p.position, h.head,
           h.head - p.position AS lag_events,
           coalesce(extract(epoch FROM clock_timestamp() - (
               SELECT e.recorded_at FROM events e WHERE e.position = p.position + 1
           )), 0)::float8 AS lag_s,
           p.updated_at, p.verified_position, p.verified_digest, p.live_digest, p.is_verified,
           p.verified_at, {PARKED_COUNT} AS parked, b.progress
      FROM projections p CROSS JOIN head h
      LEFT JOIN LATERAL (
          SELECT least(1, sum(b.position - b.started_at) / greatest(1, p.position))::float8
                 AS progress
            FROM projections b WHERE b.name LIKE p.name || '@%' HAVING count(*) > 0) b ON true
     WHERE p.name = ANY($1) ORDER BY p.name
"""


@dataclass(frozen=True)
class Checkpoint:
    """The live tables of a projection, and the last position that they have applied."""

    generation: int
    rule_version: int
    position: int


@dataclass(frozen=True)
class Lag:
    """The lag of the projection that is furthest behind."""

    position: int
    head: int
    age: timedelta
    """The age of the oldest event that is not applied yet; zero at the head."""


@dataclass(frozen=True)
class Step:
    """What the checkpoints that are furthest behind can apply together."""

    keys: Sequence[str]
    after: int
    until: int
    has_predictions_only: bool


@dataclass(frozen=True)
class ProjectionStatus:
    """The state of one projection."""

    name: str
    rule_version: int
    generation: int
    position: int
    head: int
    lag_events: int
    lag_s: float
    """The age of the oldest event that is not applied yet."""
    updated_at: datetime
    verified_position: int | None
    verified_digest: str | None
    live_digest: str | None
    """Of the tables that were live then; None if they were of another rule."""
    is_verified: bool | None
    """Whether the last comparison found the tables equal to a fold of all events."""
    verified_at: datetime | None
    parked: int
    progress: float | None
    """The completed part of a rebuild or verification, 0 to 1; None if there is none."""


async def find(name: str, source: Source) -> Checkpoint | None:
    """The checkpoint of a projection, or of a build."""
    row = await source.fetchrow(FIND, name)
    return None if row is None else Checkpoint(**row)


async def lock(name: str, connection: Connection) -> Checkpoint:
    """Lock a checkpoint for the transaction: no window is applied to its tables meanwhile."""
    row = await connection.fetchrow(LOCK, name)
    assert row is not None, f"{name} has no tables"
    return Checkpoint(**row)


async def rules_of(names: Sequence[str], source: Source) -> dict[str, int]:
    """The rule version of the tables of each projection."""
    return {row["name"]: row["rule_version"] for row in await source.fetch(RULES, names)}


async def lag_of(names: Sequence[str], source: Source) -> Lag:
    """How far some projections are behind the events."""
    row = await source.fetchrow(LAG, names)
    assert row is not None
    assert row["position"] is not None, f"none of {names} has tables"
    return Lag(row["position"], row["head"], row["age"] or timedelta())


async def next_step(names: Sequence[str], connection: Connection) -> Step:
    """Find which are furthest behind, and how far they can go: to the next checkpoint or the head.

    Raises `CheckpointConflict` if checkpoints are missing.
    """
    rows = await connection.fetch(POSITIONS, names)
    if len(rows) != len(names):
        raise CheckpointConflict("checkpoints are missing")
    after, head = rows[0]["position"], rows[0]["head"]
    keys = [row["name"] for row in rows if row["position"] == after]
    ahead = [row["position"] for row in rows if row["position"] > after]
    return Step(keys, after, min([head, *ahead]), after >= rows[0]["last_other"])


async def move(
    keys: Sequence[str], after: int, until: int, connection: Connection
) -> list[asyncpg.Record]:
    """Move checkpoints and lock them; return name, rule_version, generation and has_parked.

    Raises `CheckpointConflict` if one of them is not at ``after``.
    """
    rows = await connection.fetch(MOVE, keys, after, until)
    if len(rows) != len(keys):
        raise CheckpointConflict(f"not all of {', '.join(keys)} are at {after}")
    return rows


async def status(pool: Pool, names: Iterable[str]) -> list[ProjectionStatus]:
    """The state of each projection."""
    rows = await pool.fetch(STATUS, list(names))
    return [ProjectionStatus(**row) for row in rows]
