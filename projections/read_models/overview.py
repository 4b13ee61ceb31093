"""Summaries for dashboards: an owner's models and their recent calls, and the whole platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from projections.read_models.latency_buckets import (
    SUM_CALLS,
    TOTAL_CALLS,
    LatencyStats,
    stats_of_buckets,
)
from projections.read_models.model_list import MODEL_LIST, OWN_MODELS
from projections.read_models.model_stats import DAYS_MAX, MODEL_STATS
from projections.read_models.model_traffic import MODEL_TRAFFIC
from storage.postgres.pool import Pool

FLEET_READS: Final = (MODEL_LIST.name, MODEL_STATS.name, MODEL_TRAFFIC.name)
"""The projections that `fleet_of` reads."""

FLEET = f"""
    SELECT m.*, v.*, t.*
      FROM (SELECT count(*) AS models, count(*) FILTER (WHERE is_active) AS active_models
              FROM read.model_list WHERE owner_id = $1 AND NOT is_deleted) m,
           (SELECT count(*) AS versions, count(quarantine_reason) AS quarantined_versions
              FROM read.model_versions WHERE model_id IN ({OWN_MODELS})) v,
           (SELECT {TOTAL_CALLS}, max(last_at) AS last_at
              FROM read.model_totals WHERE model_id IN ({OWN_MODELS})) t
"""
# The current minute and the five before it, so that a steady rate looks steady.
RECENT = f"""
    WITH now AS MATERIALIZED (SELECT clock_timestamp() AS now),
    since AS MATERIALIZED (
        SELECT now, date_trunc('minute', now) - interval '5 minutes' AS since FROM now)
    SELECT extract(epoch FROM now - since)::float8 / 60 AS minutes, t.*
      FROM since
      LEFT JOIN LATERAL (
           SELECT bucket, {SUM_CALLS}
             FROM read.model_traffic
             WHERE grain_s = 60 AND at >= since AND model_id IN ({OWN_MODELS})
            GROUP BY bucket) t ON true
"""
PLATFORM = f"""
    SELECT u.*, m.*, p.*
      FROM (SELECT count(*) AS users, count(*) FILTER (WHERE is_active) AS active_users
              FROM read.users) u,
           (SELECT count(*) AS models, count(*) FILTER (WHERE is_active) AS active_models,
                   coalesce(sum(version_count), 0)::bigint AS versions
              FROM read.model_list WHERE NOT is_deleted) m,
           (SELECT {TOTAL_CALLS}, coalesce(sum(latency_us), 0)::bigint AS latency_us
              FROM read.model_totals) p
"""
# The last days up to today (UTC), which includes days without any event.
PLATFORM_BY_DAY = f"""
    SELECT d.day::date, coalesce(u.users, 0) AS new_users, coalesce(m.models, 0) AS new_models,
           coalesce(p.calls, 0) AS predictions, coalesce(p.rows, 0) AS rows,
           coalesce(p.failures, 0) AS failures
      FROM (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date AS today) t,
           generate_series(t.today - ($1::int - 1), t.today, interval '1 day') AS d (day)
      LEFT JOIN (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS users
                   FROM read.users GROUP BY 1) u ON u.day = d.day::date
      LEFT JOIN (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS models
                   FROM read.model_list GROUP BY 1) m ON m.day = d.day::date
      LEFT JOIN (SELECT day, {SUM_CALLS}
                   FROM read.model_stats
                  WHERE day > (clock_timestamp() AT TIME ZONE 'UTC')::date - $1::int
                  GROUP BY 1) p ON p.day = d.day::date
     ORDER BY 1
"""


@dataclass(frozen=True)
class Fleet:
    """The models of an owner that are not deleted, and their calls."""

    models: int
    active_models: int
    versions: int
    quarantined_versions: int
    predictions: int
    rows: int
    failures: int
    last_at: datetime | None
    recent: LatencyStats
    """The calls of the last five minutes."""
    recent_minutes: float
    """How many minutes those are, including the current part of a minute."""

    @property
    def calls_per_minute(self) -> float:
        """The recent rate of calls."""
        return self.recent.calls / self.recent_minutes

    @property
    def error_rate(self) -> float | None:
        """The fraction of recent calls that failed; None without any."""
        return self.recent.failures / self.recent.calls if self.recent.calls else None


@dataclass(frozen=True)
class PlatformStats:
    """The users, models and predictions of the platform."""

    users: int
    active_users: int
    models: int
    active_models: int
    versions: int
    predictions: int
    rows: int
    failures: int
    latency_us: int

    @property
    def mean_ms(self) -> float | None:
        """The average latency of a prediction; None without any."""
        return self.latency_us / self.predictions / 1000 if self.predictions else None


@dataclass(frozen=True)
class PlatformDay:
    """What was added on one day (UTC)."""

    day: date
    new_users: int
    new_models: int
    predictions: int
    rows: int
    failures: int


async def fleet_of(owner_id: UUID, pool: Pool) -> Fleet:
    """The models of an owner and their recent calls."""
    summary = await pool.fetchrow(FLEET, owner_id)
    assert summary is not None
    rows = await pool.fetch(RECENT, owner_id)
    return Fleet(
        **summary,
        recent=stats_of_buckets([row for row in rows if row["bucket"] is not None]),
        recent_minutes=rows[0]["minutes"],
    )


async def platform_stats(pool: Pool) -> PlatformStats:
    """The totals of the platform."""
    row = await pool.fetchrow(PLATFORM)
    assert row is not None
    return PlatformStats(**row)


async def platform_days(pool: Pool, *, days: int = 30) -> Sequence[PlatformDay]:
    """The last days, oldest first, today included."""
    rows = await pool.fetch(PLATFORM_BY_DAY, min(max(days, 1), DAYS_MAX))
    return [PlatformDay(**row) for row in rows]
