"""Figures for Prometheus: every call by route and status, and gauges that others provide."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The figures of this process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = Histogram(
            "http_request_duration_seconds",
            "Calls by method, route and status, and how long they took.",
            ("method", "route", "status"),
            registry=self._registry,
            buckets=BOUNDS_S,
        )
        self._lag_events = self._of_projection("lag_events", "Events not applied yet.")
        self._lag_s = self._of_projection("lag_seconds", "Age of the oldest event not applied yet.")
        self._parked = self._of_projection("parked_events", "Events that could not be applied.")
        self._by_call: dict[tuple[str, str, int], Histogram] = {}

    def called(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a call; ``route`` is the pattern and not the path, so that there are few."""
        key = (method, route, status)
        histogram = self._by_call.get(key)
        if histogram is None:
            histogram = self._by_call[key] = self._calls.labels(method, route, status)
        histogram.observe(seconds)

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
