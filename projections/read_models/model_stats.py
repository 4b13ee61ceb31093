"""How often and how fast each version of a model answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from projections.engine.projection import SetProjection, Table
from projections.read_models.call_stats import LatencyStats, Sums, stats_of_buckets, sums_of
from projections.read_models.latency import BOUNDS_US
from storage.postgres.pool import Pool

RULE_VERSION = 1
DAYS_MAX = 366

STATS = Table(
    "model_stats",
    """
    model_id   uuid     NOT NULL,
    number     int      NOT NULL,
    day        date     NOT NULL,
    bucket     smallint NOT NULL,
    calls      bigint   NOT NULL,
    rows       bigint   NOT NULL,
    failures   bigint   NOT NULL,
    latency_us bigint   NOT NULL,
    PRIMARY KEY (model_id, number, day, bucket)
    """,
    indexes=("(day)",),
    options="WITH (fillfactor = 70)",
)
TOTALS = Table(
    "model_totals",
    """
    model_id   uuid        NOT NULL,
    number     int         NOT NULL,
    calls      bigint      NOT NULL,
    rows       bigint      NOT NULL,
    failures   bigint      NOT NULL,
    latency_us bigint      NOT NULL,
    last_at    timestamptz NOT NULL,
    PRIMARY KEY (model_id, number)
    """,
    options="WITH (fillfactor = 50)",
)

ADD_STATS = """
    ON CONFLICT (model_id, number, day, bucket) DO UPDATE SET
        calls = s.calls + excluded.calls, rows = s.rows + excluded.rows,
        failures = s.failures + excluded.failures, latency_us = s.latency_us + excluded.latency_us
"""
ADD_TOTALS = """
    ON CONFLICT (model_id, number) DO UPDATE SET
        calls = t.calls + excluded.calls, rows = t.rows + excluded.rows,
        failures = t.failures + excluded.failures, latency_us = t.latency_us + excluded.latency_us,
        last_at = greatest(t.last_at, excluded.last_at)
"""
FOLD = """
    WITH cells AS MATERIALIZED (
        SELECT p.model_id, p.number, (e.recorded_at AT TIME ZONE 'UTC')::date AS day,
               width_bucket(p.queue_us + p.inference_us, ARRAY[{BOUNDS}]::bigint[]) AS bucket,
               count(*) AS calls, sum(p.rows)::bigint AS rows,
               count(*) FILTER (WHERE e.topic = 'Prediction.Failed') AS failures,
               sum(p.queue_us + p.inference_us)::bigint AS latency_us,
               max(e.recorded_at) AS last_at
          FROM events e,
               json_to_record(e.state) AS p (
                   model_id uuid, number int, rows bigint, queue_us bigint, inference_us bigint)
         WHERE e.position > $1 AND e.position <= $2
           AND e.topic IN ('Prediction.Served', 'Prediction.Failed')
         GROUP BY 1, 2, 3, 4
    ), totals AS (
        INSERT INTO read.model_totals_{generation} AS t
        SELECT model_id, number, sum(calls), sum(rows), sum(failures), sum(latency_us), max(last_at)
          FROM cells GROUP BY 1, 2
        {ADD_TOTALS}
    )
    INSERT INTO read.model_stats_{generation} AS s
    SELECT model_id, number, day, bucket, calls, rows, failures, latency_us FROM cells
    {ADD_STATS}
"""
MERGE = """
    WITH totals AS (
        INSERT INTO read.model_totals_{generation} AS t SELECT * FROM read.model_totals_{other}
        {ADD_TOTALS}
    )
    INSERT INTO read.model_stats_{generation} AS s SELECT * FROM read.model_stats_{other}
    {ADD_STATS}
"""

MODEL_STATS = SetProjection(
    name="model_stats",
    rule_version=RULE_VERSION,
    tables=(STATS, TOTALS),
    of_predictions=True,
    fold=FOLD.replace("{BOUNDS}", ", ".join(map(str, BOUNDS_US)))
    .replace("{ADD_TOTALS}", ADD_TOTALS)
    .replace("{ADD_STATS}", ADD_STATS),
    merge=MERGE.replace("{ADD_TOTALS}", ADD_TOTALS).replace("{ADD_STATS}", ADD_STATS),
)

OF_MODEL = """
    SELECT number, day, bucket, sum(calls)::bigint AS calls, sum(rows)::bigint AS rows,
           sum(failures)::bigint AS failures, sum(latency_us)::bigint AS latency_us
      FROM read.model_stats WHERE model_id = $1
     GROUP BY GROUPING SETS ((number, bucket), (day))
"""
LAST_AT = "SELECT max(last_at) FROM read.model_totals WHERE model_id = $1"


@dataclass(frozen=True)
class DayStats(Sums):
    """The calls of one day (UTC)."""

    day: date = date.min


@dataclass(frozen=True)
class VersionStats(LatencyStats):
    """The calls that one version answered."""

    number: int = 0


@dataclass(frozen=True)
class ModelStats:
    """All calls of a model: in sum, per version and per day."""

    total: LatencyStats
    versions: Sequence[VersionStats]
    days: Sequence[DayStats]
    """The last days that saw a call, oldest first."""
    last_at: datetime | None


async def stats_of(model_id: UUID, pool: Pool, *, days: int = 30) -> ModelStats:
    """How a model was called; a model that never was has zeros."""
    found = await pool.fetch(OF_MODEL, model_id)
    by_version: dict[int, list[Any]] = defaultdict(list)
    by_day: list[DayStats] = []
    for row in found:
        if row["day"] is None:
            by_version[row["number"]].append(row)
        else:
            by_day.append(DayStats(**sums_of([row]), day=row["day"]))
    by_day.sort(key=lambda stats: stats.day)
    return ModelStats(
        total=LatencyStats(**stats_of_buckets([r for rows in by_version.values() for r in rows])),
        versions=[
            VersionStats(**stats_of_buckets(rows), number=number)
            for number, rows in sorted(by_version.items())
        ],
        days=by_day[-min(max(days, 1), DAYS_MAX) :],
        last_at=await pool.fetchval(LAST_AT, model_id),
    )
