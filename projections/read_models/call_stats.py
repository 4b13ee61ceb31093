"""Calls added up, with the percentiles of how long they took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from projections.read_models.latency import percentile_ms


@dataclass(frozen=True)
class Sums:
    """Some calls, added up."""

    calls: int = 0
    rows: int = 0
    failures: int = 0
    latency_us: int = 0

    @property
    def mean_ms(self) -> float | None:
        """How long a call took on average; None without any."""
        return self.latency_us / self.calls / 1000 if self.calls else None


@dataclass(frozen=True)
class LatencyStats(Sums):
    """Calls with their percentiles, estimated from buckets."""

    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


def sums_of(rows: Iterable[Any]) -> dict[str, Any]:
    """Add up rows of sums: the fields of `Sums`."""
    rows = list(rows)
    names = ("calls", "rows", "failures", "latency_us")
    return {name: sum(row[name] for row in rows) for name in names}


def percentiles_of(calls: Mapping[int, int]) -> dict[str, Any]:
    """Estimate from the calls of each bucket: what `LatencyStats` has more than `Sums`."""
    return {
        "p50_ms": percentile_ms(calls, 0.50),
        "p95_ms": percentile_ms(calls, 0.95),
        "p99_ms": percentile_ms(calls, 0.99),
    }


def stats_of_buckets(rows: Sequence[Any]) -> dict[str, Any]:
    """Add up rows of sums, each of one bucket: the fields of `LatencyStats`."""
    calls: dict[int, int] = defaultdict(int)
    for row in rows:
        calls[row["bucket"]] += row["calls"]
    return sums_of(rows) | percentiles_of(calls)
