"""The figures of all calls, in the form in which the library gives its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from api.metrics import BOUNDS_S, Metrics

DURATIONS_S = (0.0, 0.001, 0.0011, 0.3, 30.0, 31.0)
CALLS = (("GET", "/a", 200), ("GET", "/a", 404), ("POST", '/b/"{id}"', 200))


def test_calls_are_counted_as_the_library_counts() -> None:
    metrics, registry = Metrics(), CollectorRegistry()
    library = Histogram(
        "http_request_duration_seconds",
        "Calls by method, route and status, and how long they took.",
        ("method", "route", "status"),
        registry=registry,
        buckets=BOUNDS_S,
    )
    for method, route, status in CALLS:
        for seconds in DURATIONS_S:
            metrics.called(method, route, status, seconds)
            library.labels(method, route, status).observe(seconds)

    ours, theirs = (
        text.decode().splitlines() for text in (metrics.render(), generate_latest(registry))
    )

    assert [line for line in theirs if "_created" not in line] == [
        line for line in ours if "http_request" in line
    ]
