"""Calls of each version of a model: how many and how fast, by day (UTC) and in total."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from projections.engine.projection import SetProjection, Table
from projections.read_models.latency_buckets import (
    ADD_CALLS,
    BUCKET,
    COUNT_CALLS,
    PREDICTIONS,
    SUM_CALLS,
    LatencyStats,
    Sums,
    stats_of_buckets,
    sums_of,
)
from storage.postgres.pool import Pool

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

ADD_STATS = f"ON CONFLICT (model_id, number, day, bucket) DO UPDATE SET {ADD_CALLS}"
ADD_TOTALS = f"""
    ON CONFLICT (model_id, number) DO UPDATE SET
        {ADD_CALLS}, last_at = greatest(t.last_at, excluded.last_at)
"""
FOLD = f"""
    WITH cells AS MATERIALIZED (
        SELECT p.model_id, p.number, (e.recorded_at AT TIME ZONE 'UTC')::date AS day,
               {BUCKET} AS bucket, {COUNT_CALLS}, max(e.recorded_at) AS last_at
          FROM {PREDICTIONS}
         GROUP BY 1, 2, 3, 4
    ), totals AS (
        INSERT INTO {TOTALS} AS t
        SELECT model_id, number, {SUM_CALLS}, max(last_at) FROM cells GROUP BY 1, 2
        {ADD_TOTALS}
    )
    INSERT INTO {STATS} AS t
    SELECT model_id, number, day, bucket, calls, rows, failures, latency_us FROM cells
    {ADD_STATS}
"""
MERGE = f"""
    WITH totals AS (INSERT INTO {TOTALS} AS t SELECT * FROM {TOTALS.other} {ADD_TOTALS})
    INSERT INTO {STATS} AS t SELECT * FROM {STATS.other} {ADD_STATS}
"""

MODEL_STATS = SetProjection(
    name="model_stats",
    rule_version=1,
    tables=(STATS, TOTALS),
    folds="predictions",
    fold=FOLD,
    merge=MERGE,
)

OF_MODEL = f"""
    SELECT number, day, bucket, {SUM_CALLS}
      FROM read.model_stats WHERE model_id = $1
     GROUP BY GROUPING SETS ((number, bucket), (day))
"""
CALL_COUNT = """
    SELECT coalesce(sum(calls), 0)::bigint FROM read.model_totals
     WHERE model_id = $1 AND number = coalesce($2, number)
"""
LAST_AT = "SELECT max(last_at) FROM read.model_totals WHERE model_id = $1"


@dataclass(frozen=True)
class DayStats(Sums):
    """The calls of one day (UTC)."""

    day: date = date.min


@dataclass(frozen=True)
class VersionStats(LatencyStats):
    """The calls of one version."""

    number: int = 0


@dataclass(frozen=True)
class ModelStats:
    """All calls of a model: in total, per version and per day."""

    total: LatencyStats
    versions: Sequence[VersionStats]
    days: Sequence[DayStats]
    """The last days with any call, oldest first."""
    last_at: datetime | None


async def stats_of(model_id: UUID, pool: Pool, *, days: int = 30) -> ModelStats:
    """The calls of a model; zeros if it was never called."""
    by_version: dict[int, list[Any]] = defaultdict(list)
    by_day: list[DayStats] = []
    for row in await pool.fetch(OF_MODEL, model_id):
        if row["day"] is None:
            by_version[row["number"]].append(row)
        else:
            by_day.append(DayStats(**sums_of([row]), day=row["day"]))
    by_day.sort(key=lambda stats: stats.day)
    return ModelStats(
        total=stats_of_buckets([row for rows in by_version.values() for row in rows]),
        versions=[
            VersionStats(**vars(stats_of_buckets(rows)), number=number)
            for number, rows in sorted(by_version.items())
        ],
        days=by_day[-min(max(days, 1), DAYS_MAX) :],
        last_at=await pool.fetchval(LAST_AT, model_id),
    )


async def call_count(model_id: UUID, pool: Pool, *, number: int | None = None) -> int:
    """The number of calls of a model, or of one of its versions."""
    return await pool.fetchval(CALL_COUNT, model_id, number)
