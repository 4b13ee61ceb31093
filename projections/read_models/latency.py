"""Latencies as counts in fixed buckets, from which percentiles are estimated.

The bounds are geometric, four to the octave from 64 µs to 67 s, so that an estimate is at most
a fifth off. Bucket 0 holds what is faster than the first bound, the last one what is slower than
the last. Counts of integers can be added up in any order, which exact percentiles cannot.
"""

from __future__ import annotations

from collections.abc import Mapping

FASTEST_US = 64
OCTAVES = 20
STEPS_PER_OCTAVE = 4

BOUNDS_US = tuple(
    round(FASTEST_US * 2 ** (step / STEPS_PER_OCTAVE))
    for step in range(OCTAVES * STEPS_PER_OCTAVE + 1)
)


def percentile_ms(calls: Mapping[int, int], share: float) -> float | None:
    """Estimate which latency a share of the calls stays within, from the calls per bucket.

    Inside a bucket calls are taken to be spread evenly; None without any call.
    """
    buckets = sorted(bucket for bucket in calls if calls[bucket])
    if not buckets:
        return None
    rank, reached, bucket = share * sum(calls.values()), 0, buckets[0]
    for bucket in buckets:
        reached += calls[bucket]
        if reached >= rank:
            break
    lower, upper = _range_us(bucket)
    inside = 1 - (reached - rank) / calls[bucket]
    return (lower + (upper - lower) * inside) / 1000


def _range_us(bucket: int) -> tuple[int, int]:
    bounds = (0, *BOUNDS_US, BOUNDS_US[-1])
    return bounds[bucket], bounds[bucket + 1]
