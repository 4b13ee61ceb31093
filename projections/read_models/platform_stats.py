"""How the platform as a whole is used, for its administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from projections.read_models.model_stats import DAYS_MAX
from storage.postgres.pool import Pool

STATS = """
    SELECT u.*, m.*, p.*
      FROM (SELECT count(*) AS users, count(*) FILTER (WHERE is_active) AS active_users
              FROM read.users) u,
           (SELECT count(*) AS models, count(*) FILTER (WHERE is_active) AS active_models,
                   coalesce(sum(version_count), 0)::bigint AS versions
              FROM read.model_list WHERE NOT is_deleted) m,
           (SELECT coalesce(sum(calls), 0)::bigint AS predictions,
                   coalesce(sum(rows), 0)::bigint AS rows,
                   coalesce(sum(failures), 0)::bigint AS failures,
                   coalesce(sum(latency_us), 0)::bigint AS latency_us
              FROM read.model_totals) p
"""
# The last days up to today (UTC), also those on which nothing happened.
BY_DAY = """
    SELECT d.day::date, coalesce(u.users, 0) AS new_users, coalesce(m.models, 0) AS new_models,
           coalesce(p.calls, 0) AS predictions, coalesce(p.rows, 0) AS rows,
           coalesce(p.failures, 0) AS failures, coalesce(p.latency_us, 0) AS latency_us
      FROM (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date AS today) t,
           generate_series(t.today - ($1::int - 1), t.today, interval '1 day') AS d (day)
      LEFT JOIN (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS users
                   FROM read.users GROUP BY 1) u ON u.day = d.day::date
      LEFT JOIN (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS models
                   FROM read.model_list GROUP BY 1) m ON m.day = d.day::date
      LEFT JOIN (SELECT day, sum(calls)::bigint AS calls, sum(rows)::bigint AS rows,
                        sum(failures)::bigint AS failures, sum(latency_us)::bigint AS latency_us
                   FROM read.model_stats
                  WHERE day > (clock_timestamp() AT TIME ZONE 'UTC')::date - $1::int
                  GROUP BY 1) p ON p.day = d.day::date
     ORDER BY 1
"""


@dataclass(frozen=True)
class PlatformStats:
    """What there is, and what was done with it so far."""

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
        """How long a prediction took on average; None without any."""
        return self.latency_us / self.predictions / 1000 if self.predictions else None


@dataclass(frozen=True)
class PlatformDay:
    """What happened on one day (UTC)."""

    day: date
    new_users: int
    new_models: int
    predictions: int
    rows: int
    failures: int
    latency_us: int


async def platform_stats(pool: Pool) -> PlatformStats:
    """The figures of the platform as it stands."""
    row = await pool.fetchrow(STATS)
    assert row is not None
    return PlatformStats(**row)


async def analytics(pool: Pool, *, days: int = 30) -> Sequence[PlatformDay]:
    """The last days, oldest first, today included."""
    rows = await pool.fetch(BY_DAY, min(max(days, 1), DAYS_MAX))
    return [PlatformDay(**row) for row in rows]
