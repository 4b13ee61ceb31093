"""Metrics for Prometheus: HTTP calls by route and status, projections, and model processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from inference.pool.statistics import PoolStatistics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The figures of this process."""

    def __init__(self, model_processes: Callable[[], PoolStatistics] | None = None) -> None:
        self._registry = CollectorRegistry()
        self._calls = Histogram(
            "http_request_duration_seconds",
            "Calls by method, route and status, and how long they took.",
            ("method", "route", "status"),
            registry=self._registry,
            buckets=BOUNDS_S,
        )
        self._lag_events = self._projection_gauge("lag_events", "Events not applied yet.")
        self._lag_s = self._projection_gauge(
            "lag_seconds", "Age of the oldest event not applied yet."
        )
        self._parked = self._projection_gauge("parked_events", "Events that could not be applied.")
        if model_processes is not None:
            self._registry.register(_ModelProcesses(model_processes))
        self._by_call: dict[tuple[str, str, int], Histogram] = {}

    def called(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a call; ``route`` is the pattern and not the path, so that there are few."""
        key = (method, route, status)
        histogram = self._by_call.get(key)
        if histogram is None:
            histogram = self._by_call[key] = self._calls.labels(method, route, status)
        histogram.observe(seconds)

    def set_projection(
        self, projection: str, *, lag_events: int, lag_s: float, parked: int
    ) -> None:
        """Set the figures of a projection."""
        self._lag_events.labels(projection).set(lag_events)
        self._lag_s.labels(projection).set(lag_s)
        self._parked.labels(projection).set(parked)

    def render(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def _projection_gauge(self, name: str, help_text: str) -> Gauge:
        return Gauge(f"projection_{name}", help_text, ("projection",), registry=self._registry)


class _ModelProcesses(Collector):
    """Reads the statistics of the model processes when it is scraped."""

    def __init__(self, read: Callable[[], PoolStatistics]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Return the figures of the pool, then those of each model version."""
        pool = self._read()
        for name, help_text, value in (
            ("model_processes", "Model processes that run or start.", pool.processes),
            ("model_processes_max", "Limit of model processes.", pool.processes_max),
            ("model_memory_bytes", "Private memory of all model processes.", pool.memory_bytes),
            ("model_memory_budget_bytes", "Limit of that memory.", pool.memory_budget_bytes),
        ):
            yield GaugeMetricFamily(name, help_text, value)
        yield CounterMetricFamily(
            "model_process_evictions",
            "Idle model processes ended to free a slot or memory.",
            pool.evictions,
        )
        yield from _by_model(pool)


def _by_model(pool: PoolStatistics) -> tuple[Metric, ...]:
    labels = ("model_id", "version")
    processes = GaugeMetricFamily("model_version_processes", "Running processes.", labels=labels)
    memory = GaugeMetricFamily("model_version_memory_bytes", "Private memory.", labels=labels)
    requests = GaugeMetricFamily("model_version_queue_requests", "Queued calls.", labels=labels)
    rows = GaugeMetricFamily("model_version_queue_rows", "Queued rows.", labels=labels)
    losses = CounterMetricFamily(
        "model_process_losses",
        "Model processes lost through the model's fault, by cause.",
        labels=(*labels, "cause"),
    )
    for label, model in pool.models.items():
        processes.add_metric(label, model.processes)
        memory.add_metric(label, model.memory_bytes)
        requests.add_metric(label, model.queued_requests)
        rows.add_metric(label, model.queued_rows)
        for cause, count in model.losses.items():
            losses.add_metric((*label, cause), count)
    return processes, memory, requests, rows, losses
