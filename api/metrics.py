"""Figures for Prometheus: every call by route and status, and gauges that others provide."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator
from itertools import accumulate

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
BOUNDS = (*map(str, BOUNDS_S), "+Inf")


class Metrics:
    """The figures of this process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = _Calls()
        self._registry.register(self._calls)
        self._lag_events = self._of_projection("lag_events", "Events not applied yet.")
        self._lag_s = self._of_projection("lag_seconds", "Age of the oldest event not applied yet.")
        self._parked = self._of_projection("parked_events", "Events that could not be applied.")

    def called(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a call; ``route`` is the pattern and not the path, so that there are few."""
        self._calls.count((method, route, status), seconds)

    def stands(self, projection: str, *, lag_events: int, lag_s: float, parked: int) -> None:
        """Note how a projection stands."""
        self._lag_events.labels(projection).set(lag_events)
        self._lag_s.labels(projection).set(lag_s)
        self._parked.labels(projection).set(parked)

    def gauge(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """Show a figure that is asked for whenever somebody looks."""
        Gauge(name, help_text, registry=self._registry).set_function(value)

    def render(self) -> bytes:
        """Give all figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def _of_projection(self, name: str, help_text: str) -> Gauge:
        return Gauge(f"projection_{name}", help_text, ("projection",), registry=self._registry)


class _Calls(Collector):
    """The library's histogram without its locks: calls are counted in one thread."""

    def __init__(self) -> None:
        self._by_call: dict[tuple[str, str, int], _Durations] = {}

    def count(self, call: tuple[str, str, int], seconds: float) -> None:
        durations = self._by_call.get(call)
        if durations is None:
            durations = self._by_call[call] = _Durations()
        durations.counts[bisect_left(BOUNDS_S, seconds)] += 1
        durations.sum_s += seconds

    def collect(self) -> Generator[HistogramMetricFamily]:
        """Give all figures, as the library asks for them."""
        family = HistogramMetricFamily(
            "http_request_duration_seconds",
            "Calls by method, route and status, and how long they took.",
            labels=("method", "route", "status"),
        )
        for (method, route, status), durations in self._by_call.items():
            buckets = list(zip(BOUNDS, accumulate(durations.counts), strict=True))
            family.add_metric((method, route, str(status)), buckets, durations.sum_s)
        yield family


class _Durations:
    """How many calls took how long: up to each bound, and longer."""

    __slots__ = ("counts", "sum_s")

    def __init__(self) -> None:
        self.counts = [0] * len(BOUNDS)
        self.sum_s = 0.0
