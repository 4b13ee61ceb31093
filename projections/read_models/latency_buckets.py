"""Calls by buckets of their latency: how they are counted, added up, and percentiles estimated.

Latencies are counted in fixed buckets, from which percentiles are estimated. The bounds are
geometric, four per octave from 64 µs to 67 s, so an estimate is off by at most a fifth. Bucket 0
holds what is faster than the first bound, the last bucket what is slower than the last bound.
Counts can be added in any order, which exact percentiles cannot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from projections.engine.projection import PREDICTION_TOPICS

FASTEST_US = 64
OCTAVES = 20
STEPS_PER_OCTAVE = 4

BOUNDS_US: Final = tuple(
    round(FASTEST_US * 2 ** (step / STEPS_PER_OCTAVE))
    for step in range(OCTAVES * STEPS_PER_OCTAVE + 1)
)
BOUNDS: Final = f"ARRAY[{', '.join(map(str, BOUNDS_US))}]::bigint[]"

PREDICTION_COLUMNS: Final = (
    "model_id uuid, number int, rows bigint, queue_us bigint, inference_us bigint"
)
# The predictions of a window, for a FROM clause.
PREDICTIONS: Final = f"""
    events e, json_to_record(e.state) AS p ({PREDICTION_COLUMNS})
     WHERE e.position > $1 AND e.position <= $2 AND e.topic IN ({PREDICTION_TOPICS})
"""
COUNT_CALLS: Final = """
    count(*) AS calls, sum(p.rows)::bigint AS rows,
    count(*) FILTER (WHERE e.topic = 'Prediction.Failed') AS failures,
    sum(p.queue_us + p.inference_us)::bigint AS latency_us
"""
BUCKET: Final = f"width_bucket(p.queue_us + p.inference_us, {BOUNDS})"
SUM_CALLS: Final = """
    sum(calls)::bigint AS calls, sum(rows)::bigint AS rows, sum(failures)::bigint AS failures,
    sum(latency_us)::bigint AS latency_us
"""
TOTAL_CALLS: Final = """
    coalesce(sum(calls), 0)::bigint AS predictions, coalesce(sum(rows), 0)::bigint AS rows,
    coalesce(sum(failures), 0)::bigint AS failures
"""
# For a table with the alias t, after ON CONFLICT DO UPDATE SET.
ADD_CALLS: Final = """
    calls = t.calls + excluded.calls, rows = t.rows + excluded.rows,
    failures = t.failures + excluded.failures, latency_us = t.latency_us + excluded.latency_us
"""


@dataclass(frozen=True)
class Sums:
    """Some calls, added up."""

    calls: int = 0
    rows: int = 0
    failures: int = 0
    latency_us: int = 0

    @property
    def mean_ms(self) -> float | None:
        """The average latency; None without any call."""
        return self.latency_us / self.calls / 1000 if self.calls else None


@dataclass(frozen=True)
class LatencyStats(Sums):
    """Sums with percentiles, which are estimated from buckets."""

    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


def sums_of(rows: Iterable[Any]) -> dict[str, int]:
    """Add up rows of sums: the fields of `Sums`."""
    rows = list(rows)
    names = ("calls", "rows", "failures", "latency_us")
    return {name: sum(row[name] for row in rows) for name in names}


def latency_stats(rows: Iterable[Any], counts: Iterable[tuple[int, int]]) -> LatencyStats:
    """Add up rows of sums, with percentiles from pairs of a bucket and its calls."""
    calls: dict[int, int] = defaultdict(int)
    for bucket, count in counts:
        calls[bucket] += count
    p50_ms, p95_ms, p99_ms = (percentile_ms(calls, share) for share in (0.50, 0.95, 0.99))
    return LatencyStats(**sums_of(rows), p50_ms=p50_ms, p95_ms=p95_ms, p99_ms=p99_ms)


def stats_of_buckets(rows: Sequence[Any]) -> LatencyStats:
    """Add up rows of sums, each of one bucket."""
    return latency_stats(rows, ((row["bucket"], row["calls"]) for row in rows))


def percentile_ms(calls: Mapping[int, int], share: float) -> float | None:
    """Estimate the latency that a share of the calls stays within, from the calls per bucket.

    Calls are taken to be spread evenly within a bucket. None without any call.
    """
    buckets = sorted(bucket for bucket in calls if calls[bucket])
    if not buckets:
        return None
    rank, reached, bucket = share * sum(calls.values()), 0, buckets[0]
    for bucket in buckets:
        reached += calls[bucket]
        if reached >= rank:
            break
    bounds = (0, *BOUNDS_US, BOUNDS_US[-1])
    lower, upper = bounds[bucket], bounds[bucket + 1]
    inside = 1 - (reached - rank) / calls[bucket]
    return (lower + (upper - lower) * inside) / 1000
