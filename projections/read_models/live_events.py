"""What has just happened to models and with them, as the live feed tells it.

It is read from the events themselves, which are final: two questions about the same positions
agree, and nothing depends on how far the read tables are. Whose a model is, its first event says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from projections.engine.errors import DATA_ERRORS
from projections.read_models.call_stats import LatencyStats, Sums, percentiles_of, sums_of
from projections.read_models.latency import BOUNDS_US
from storage.postgres.pool import Pool

EVERYBODY: Final = UUID(int=0)
"""Stands for all owners together."""

UNREADABLE: Final = DATA_ERRORS
"""What is raised where an event among the news cannot be read."""

HEAD = "SELECT coalesce(max(position), 0) FROM events"
# Model events have some of these members too, and others read as null.
STATE = """
    json_to_record(e.state) AS s (
        model_id uuid, number int, rows bigint, queue_us bigint, inference_us bigint, reason text)
"""
NEWS = (
    """
    WITH new AS MATERIALIZED (
        SELECT e.position, e.topic, coalesce(s.model_id, e.stream_id) AS model_id, s.rows,
               s.queue_us + s.inference_us AS latency_us
          FROM events e, {STATE}
         WHERE e.position > $1 AND e.position <= $2
           AND (e.topic LIKE 'Model.%' OR e.topic LIKE 'Prediction.%')
    ), owned AS MATERIALIZED (
        SELECT m.model_id,
               (SELECT (u.state ->> 'owner_id')::uuid FROM events u
                 WHERE u.stream_id = m.model_id AND u.version = 1
                   AND u.topic = 'Model.Uploaded') AS owner_id
          FROM (SELECT DISTINCT model_id FROM new) m
    ), told AS MATERIALIZED (
        SELECT o.owner_id AS listener, n.* FROM new n JOIN owned o USING (model_id)
         WHERE o.owner_id = ANY($3)
         UNION ALL
        SELECT {EVERYBODY}, n.* FROM new n WHERE {EVERYBODY} = ANY($3)
    ), happened AS (
        SELECT listener, count(*) AS happened,
               (array_agg(position ORDER BY position DESC))[1:$4] AS newest
          FROM told GROUP BY listener
    ), cells AS (
        SELECT listener, width_bucket(latency_us, ARRAY[{BOUNDS}]::bigint[]) AS bucket,
               count(*) AS calls, sum(rows)::bigint AS rows,
               count(*) FILTER (WHERE topic = 'Prediction.Failed') AS failures,
               sum(latency_us)::bigint AS latency_us
          FROM told WHERE topic LIKE 'Prediction.%' GROUP BY 1, 2
    ), calls AS (
        SELECT listener, sum(calls)::bigint AS calls, sum(rows)::bigint AS rows,
               sum(failures)::bigint AS failures, sum(latency_us)::bigint AS latency_us,
               array_agg(bucket) AS buckets, array_agg(calls) AS counts
          FROM cells GROUP BY listener
    )
    SELECT * FROM happened LEFT JOIN calls USING (listener)
""".replace("{STATE}", STATE)
    .replace("{EVERYBODY}", f"'{EVERYBODY}'::uuid")
    .replace("{BOUNDS}", ", ".join(map(str, BOUNDS_US)))
)
HAPPENED = """
    SELECT e.position, e.topic AS type, e.stream_id, e.version, e.recorded_at AS at, m.actor_id,
           coalesce(s.model_id, e.stream_id) AS model_id, l.name AS model_name,
           s.number AS version_number, s.rows, s.queue_us + s.inference_us AS latency_us, s.reason
      FROM unnest($1::bigint[]) AS n (position)
     CROSS JOIN LATERAL (SELECT * FROM events e WHERE e.position = n.position OFFSET 0) e
     CROSS JOIN LATERAL {STATE}
     CROSS JOIN LATERAL json_to_record(e.metadata) AS m (actor_id uuid)
      LEFT JOIN read.model_list l ON l.id = coalesce(s.model_id, e.stream_id)
     ORDER BY e.position
""".replace("{STATE}", STATE)


@dataclass(frozen=True)
class Happened:
    """One event, as the feed tells it."""

    position: int
    type: str
    stream_id: UUID
    version: int
    at: datetime
    actor_id: UUID | None
    model_id: UUID
    model_name: str | None
    """None where the listing does not know the model yet."""
    version_number: int | None
    rows: int | None
    latency_us: int | None
    reason: str | None

    @property
    def status(self) -> Literal["success", "error"] | None:
        """How a call ended; None where it was no call."""
        statuses: Mapping[str, Literal["success", "error"]] = {
            "Prediction.Served": "success",
            "Prediction.Failed": "error",
        }
        return statuses.get(self.type)


@dataclass(frozen=True)
class Calls(Sums):
    """Some calls, and how many of them fell into each bucket of latency."""

    by_bucket: Mapping[int, int] | None = None


@dataclass(frozen=True)
class News:
    """What is new for one listener."""

    happened: Sequence[Happened]
    """The newest, oldest first."""
    left_out: int
    """How many there were besides."""
    calls: Calls


async def head(pool: Pool) -> int:
    """Say the position of the newest event: nothing before it is still to come."""
    return await pool.fetchval(HEAD)


async def news_of(
    owners: Sequence[UUID], pool: Pool, *, after: int, until: int, limit: int
) -> Mapping[UUID, News]:
    """What happened between two positions, for each owner that there is any for.

    ``limit`` is how many events each is told of. Raises one of `UNREADABLE` where an event is
    not what its topic says.
    """
    found = await pool.fetch(NEWS, after, until, owners, limit)
    positions = {position for row in found for position in row["newest"]}
    rows = await pool.fetch(HAPPENED, sorted(positions)) if positions else []
    told = {row["position"]: Happened(**row) for row in rows}
    return {
        row["listener"]: News(
            [told[position] for position in reversed(row["newest"])],
            row["happened"] - len(row["newest"]),
            _calls(row),
        )
        for row in found
    }


def added_up(parts: Sequence[Calls]) -> LatencyStats:
    """Add up calls and estimate their percentiles."""
    by_bucket: dict[int, int] = {}
    for part in parts:
        for bucket, count in (part.by_bucket or {}).items():
            by_bucket[bucket] = by_bucket.get(bucket, 0) + count
    return LatencyStats(**sums_of([vars(part) for part in parts]), **percentiles_of(by_bucket))


def _calls(row: Any) -> Calls:
    if row["calls"] is None:
        return Calls()
    by_bucket = dict(zip(row["buckets"], row["counts"], strict=True))
    return Calls(row["calls"], row["rows"], row["failures"], row["latency_us"], by_bucket)
