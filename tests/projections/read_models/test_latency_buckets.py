"""Percentiles that are estimated from buckets."""

from __future__ import annotations

import pytest

from projections.read_models.latency_buckets import BOUNDS_US, percentile_ms


def test_percentiles_are_at_most_a_fifth_off() -> None:
    latencies = [100 + 7 * n for n in range(5_000)]
    calls: dict[int, int] = {}
    for latency in latencies:
        bucket = sum(bound <= latency for bound in BOUNDS_US)
        calls[bucket] = calls.get(bucket, 0) + 1

    for fraction in (0.01, 0.5, 0.95, 0.99):
        exact = latencies[round(fraction * len(latencies)) - 1] / 1000
        assert percentile_ms(calls, fraction) == pytest.approx(exact, rel=0.2)


def test_percentiles_of_the_slowest_and_the_fastest_stay_within_the_bounds() -> None:
    assert percentile_ms({}, 0.5) is None
    assert percentile_ms({3: 0}, 0.5) is None
    assert percentile_ms({len(BOUNDS_US): 4}, 0.99) == BOUNDS_US[-1] / 1000
    assert percentile_ms({0: 1}, 0.5) == BOUNDS_US[0] / 2000
