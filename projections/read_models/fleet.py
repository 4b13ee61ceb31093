"""How all models of one owner stand, and how they are doing at the moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from projections.read_models.call_stats import LatencyStats, stats_of_buckets
from projections.read_models.model_list import MODEL_LIST
from projections.read_models.model_stats import MODEL_STATS
from projections.read_models.model_traffic import MODEL_TRAFFIC
from storage.postgres.pool import Pool

READS: Final = (MODEL_LIST.name, MODEL_STATS.name, MODEL_TRAFFIC.name)
"""The projections that are asked."""

OWN = "SELECT id FROM read.model_list WHERE owner_id = $1 AND NOT is_deleted"
STANDING = """
    SELECT m.*, v.*, t.*
      FROM (SELECT count(*) AS models, count(*) FILTER (WHERE is_active) AS active_models
              FROM read.model_list WHERE owner_id = $1 AND NOT is_deleted) m,
           (SELECT count(*) AS versions, count(quarantine_reason) AS quarantined_versions
              FROM read.model_versions WHERE model_id IN ({OWN})) v,
           (SELECT coalesce(sum(calls), 0)::bigint AS predictions,
                   coalesce(sum(rows), 0)::bigint AS rows,
                   coalesce(sum(failures), 0)::bigint AS failures,
                   max(last_at) AS last_at
              FROM read.model_totals WHERE model_id IN ({OWN})) t
""".replace("{OWN}", OWN)
# The minute that runs and the five before it, so that a steady rate looks steady.
RECENT = """
    WITH now AS MATERIALIZED (SELECT clock_timestamp() AS now),
    since AS MATERIALIZED (
        SELECT now, date_trunc('minute', now) - interval '5 minutes' AS since FROM now)
    SELECT extract(epoch FROM now - since)::float8 / 60 AS minutes, t.*
      FROM since
      LEFT JOIN LATERAL (
           SELECT bucket, sum(calls)::bigint AS calls, sum(rows)::bigint AS rows,
                  sum(failures)::bigint AS failures, sum(latency_us)::bigint AS latency_us
             FROM read.model_traffic
             WHERE grain_s = 60 AND at >= since AND model_id IN ({OWN})
            GROUP BY bucket) t ON true
""".replace("{OWN}", OWN)


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
    """How long that was."""

    @property
    def calls_per_minute(self) -> float:
        """How often the models were called of late."""
        return self.recent.calls / self.recent_minutes

    @property
    def error_rate(self) -> float | None:
        """Which share of the last calls failed; None without any."""
        return self.recent.failures / self.recent.calls if self.recent.calls else None


async def fleet_of(owner_id: UUID, pool: Pool) -> Fleet:
    """How the models of an owner stand."""
    standing = await pool.fetchrow(STANDING, owner_id)
    assert standing is not None
    found = await pool.fetch(RECENT, owner_id)
    recent = [row for row in found if row["bucket"] is not None]
    return Fleet(
        **standing,
        recent=LatencyStats(**stats_of_buckets(recent)),
        recent_minutes=found[0]["minutes"],
    )
