"""Figures of some calls, as statistics and metrics show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from projections.read_models.call_stats import LatencyStats, Sums


@dataclass(frozen=True, kw_only=True)
class CallSumsView:
    """How many calls there were, and how long they took on average."""

    calls: int
    rows: int
    failures: int
    mean_ms: float | None
    """Null without any call."""


@dataclass(frozen=True, kw_only=True)
class SummaryView(CallSumsView):
    """Figures of calls; percentiles are estimated from buckets, and null without any call."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


def call_sums(sums: Sums) -> dict[str, Any]:
    """The fields of `CallSumsView`."""
    return {
        "calls": sums.calls,
        "rows": sums.rows,
        "failures": sums.failures,
        "mean_ms": sums.mean_ms,
    }


def call_stats(stats: LatencyStats) -> dict[str, Any]:
    """The fields of `SummaryView`."""
    percentiles = {"p50_ms": stats.p50_ms, "p95_ms": stats.p95_ms, "p99_ms": stats.p99_ms}
    return {**call_sums(stats), **percentiles}
