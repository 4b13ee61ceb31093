"""The newest events of models and their calls, for the live feed.

They are read from the events, which never change: two queries for the same positions agree, and
nothing depends on the read tables' lag. A model's first event names its owner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

from projections.engine.projection import PREDICTION_TOPICS
from projections.read_models.latency_buckets import (
    BOUNDS,
    PREDICTION_COLUMNS,
    SUM_CALLS,
    LatencyStats,
    Sums,
    latency_stats,
)
from projections.read_models.prediction_history import STATUS, Status
from storage.postgres.pool import Pool

ALL_OWNERS: Final = UUID(int=0)
"""Represents all owners together."""

HEAD = "SELECT coalesce(max(position), 0) FROM events"
# Events of models have some of these members too; absent members are null.
STATE = f"json_to_record(e.state) AS s ({PREDICTION_COLUMNS}, reason text)"
BATCHES = f"""
    WITH new AS MATERIALIZED (
        SELECT e.position, e.topic, coalesce(s.model_id, e.stream_id) AS model_id, s.rows,
               s.queue_us + s.inference_us AS latency_us
          FROM events e, {STATE}
         WHERE e.position > $1 AND e.position <= $2
           AND (e.topic LIKE 'Model.%' OR e.topic IN ({PREDICTION_TOPICS}))
    ), owned AS MATERIALIZED (
        SELECT m.model_id,
               (SELECT (u.state ->> 'owner_id')::uuid FROM events u
                 WHERE u.stream_id = m.model_id AND u.version = 1
                   AND u.topic = 'Model.Uploaded') AS owner_id
          FROM (SELECT DISTINCT model_id FROM new) m
    ), scoped AS MATERIALIZED (
        SELECT o.owner_id AS owner, n.* FROM new n JOIN owned o USING (model_id)
         WHERE o.owner_id = ANY($3)
         UNION ALL
        SELECT '{ALL_OWNERS}'::uuid, n.* FROM new n WHERE '{ALL_OWNERS}'::uuid = ANY($3)
    ), batches AS (
        SELECT owner, count(*) AS events,
               (array_agg(position ORDER BY position DESC))[1:$4] AS newest
          FROM scoped GROUP BY owner
    ), cells AS (
        SELECT owner, width_bucket(latency_us, {BOUNDS}) AS bucket,
               count(*) AS calls, sum(rows)::bigint AS rows,
               count(*) FILTER (WHERE topic = 'Prediction.Failed') AS failures,
               sum(latency_us)::bigint AS latency_us
          FROM scoped WHERE topic IN ({PREDICTION_TOPICS}) GROUP BY 1, 2
    ), calls AS (
        SELECT owner, {SUM_CALLS}, array_agg(bucket) AS buckets, array_agg(calls) AS counts
          FROM cells GROUP BY owner
    )
    SELECT * FROM batches LEFT JOIN calls USING (owner)
"""
EVENTS = f"""
    SELECT e.position, e.topic AS type, e.stream_id, e.version, e.recorded_at AS at, m.actor_id,
           coalesce(s.model_id, e.stream_id) AS model_id, l.name AS model_name,
           s.number AS version_number, {STATUS} AS status,
           (s.queue_us + s.inference_us)::float8 / 1000 AS latency_ms, s.rows, s.reason
      FROM unnest($1::bigint[]) AS n (position)
     CROSS JOIN LATERAL (SELECT * FROM events e WHERE e.position = n.position OFFSET 0) e
     CROSS JOIN LATERAL {STATE}
     CROSS JOIN LATERAL json_to_record(e.metadata) AS m (actor_id uuid)
      LEFT JOIN read.model_list l ON l.id = coalesce(s.model_id, e.stream_id)
     ORDER BY e.position
"""


@dataclass(frozen=True)
class FeedEvent:
    """One event of a model or of a prediction, sent as `happened`."""

    position: int
    type: str
    """The event's topic, such as `Model.Renamed` or `Prediction.Served`."""
    stream_id: UUID
    version: int
    """The event's version in its stream."""
    at: datetime
    actor_id: UUID | None
    model_id: UUID
    model_name: str | None
    """None while the model is not in the model list yet."""
    version_number: int | None
    """The version of the model that was called."""
    status: Status | None
    """How a prediction ended; None for any other event."""
    latency_ms: float | None
    rows: int | None
    reason: str | None
    """Why a prediction failed."""


@dataclass(frozen=True)
class Calls(Sums):
    """Some calls, with their number per latency bucket."""

    by_bucket: Mapping[int, int] | None = None


@dataclass(frozen=True)
class EventBatch:
    """The new events of one owner's models."""

    events: Sequence[FeedEvent]
    """The newest, in order."""
    skipped: int
    """How many older ones are left out."""
    calls: Calls


async def head(pool: Pool) -> int:
    """The position of the newest event; no event will be recorded before it."""
    return await pool.fetchval(HEAD)


async def event_batches(
    owners: Sequence[UUID], pool: Pool, *, after: int, until: int, limit: int
) -> Mapping[UUID, EventBatch]:
    """The events in positions (after, until], at most ``limit`` for each owner that has any.

    Raises one of `DATA_ERRORS` if the state of an event does not fit its topic.
    """
    found = await pool.fetch(BATCHES, after, until, owners, limit)
    positions = {position for row in found for position in row["newest"]}
    rows = await pool.fetch(EVENTS, sorted(positions)) if positions else []
    events = {row["position"]: FeedEvent(**row) for row in rows}
    return {
        row["owner"]: EventBatch(
            [events[position] for position in reversed(row["newest"])],
            row["events"] - len(row["newest"]),
            _calls(row),
        )
        for row in found
    }


def latency_stats_of(parts: Sequence[Calls]) -> LatencyStats:
    """Add up calls and estimate their percentiles."""
    counts = chain.from_iterable((part.by_bucket or {}).items() for part in parts)
    return latency_stats([vars(part) for part in parts], counts)


def _calls(row: Any) -> Calls:
    if row["calls"] is None:
        return Calls()
    by_bucket = dict(zip(row["buckets"], row["counts"], strict=True))
    return Calls(row["calls"], row["rows"], row["failures"], row["latency_us"], by_bucket)
