"""The messages of the live feed, and how they are written as server-sent events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from projections.read_models.live_events import Calls, EventBatch, FeedEvent, latency_stats_of

ENCODE = msgspec.json.Encoder().encode


@dataclass(frozen=True, kw_only=True)
class FeedFigures:
    """Predictions of the last five seconds, sent as `figures` once a second."""

    at: datetime
    predictions_per_second: float
    rows_per_second: float
    failures_per_second: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, kw_only=True)
class FeedSkipped:
    """How many events were left out, sent as `skipped` before the newest of a burst."""

    count: int


MESSAGES: Final[Mapping[str, type]] = {
    "happened": FeedEvent,
    "figures": FeedFigures,
    "skipped": FeedSkipped,
}
"""The type of the `data` of each server-sent event, by the name of the event."""


@dataclass(frozen=True)
class Message:
    """One server-sent event."""

    event: str
    data: str
    id: str | None = None


def to_messages(batch: EventBatch) -> list[Message]:
    """Write a batch of events, oldest first."""
    skipped = FeedSkipped(count=batch.skipped)
    return [
        *([_message("skipped", skipped)] if batch.skipped else ()),
        *(_message("happened", each, each.position) for each in batch.events),
    ]


def figures_message(calls: Sequence[Calls], seconds: float) -> Message:
    """Write the figures of the calls in a period."""
    stats = latency_stats_of(calls)
    figures = FeedFigures(
        at=datetime.now(UTC),
        predictions_per_second=stats.calls / seconds,
        rows_per_second=stats.rows / seconds,
        failures_per_second=stats.failures / seconds,
        p50_ms=stats.p50_ms,
        p95_ms=stats.p95_ms,
        p99_ms=stats.p99_ms,
    )
    return _message("figures", figures)


def _message(event: str, data: object, position: int | None = None) -> Message:
    return Message(event, ENCODE(data).decode(), None if position is None else str(position))
