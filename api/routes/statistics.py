"""How a model is used, and what happened to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from api.auth.ownership import audited_model, own_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, Listed
from api.endpoints.paging import LIMIT, Limit, Skip
from api.http.request_context import Caller
from api.routes.model_views import ModelView, model_view
from api.routes.predictions import RecordView, record_view
from domain.errors import NotFound
from projections.read_models.call_stats import Sums
from projections.read_models.model_stats import (
    DAYS_MAX,
    MODEL_STATS,
    ModelStats,
    VersionStats,
    stats_of,
)
from projections.read_models.prediction_history import PREDICTION_HISTORY
from projections.read_models.prediction_search import recent_predictions
from storage.event_store.event_store import DecodedEvent

endpoints = Endpoints()

RECENT = 10
DAYS = 30
EVENTS_BYTES_MAX = 256 * 1024
"""Of a page of events, each of which is made anew of what was recorded: an eighth of what may be
sent as it is."""
OWN_MEMBERS = frozenset(("originator_id", "originator_version", "timestamp", "originator_topic"))

Days = Annotated[int, Field(ge=1, le=DAYS_MAX, description="How many days to look back.")]


@dataclass(frozen=True, kw_only=True)
class DayView:
    """The calls of one day (UTC)."""

    day: date
    calls: int
    rows: int
    failures: int
    mean_ms: float | None


@dataclass(frozen=True, kw_only=True)
class VersionStatsView:
    """The calls that one version answered; times are estimated from buckets."""

    number: int
    calls: int
    rows: int
    failures: int
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, kw_only=True)
class StatisticsView:
    """All calls of a model; times are estimated from buckets."""

    usage_count: int
    total_predictions: int
    total_rows: int
    failures: int
    upload_date: datetime
    last_used_at: datetime | None
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    per_day: Sequence[DayView]
    per_version: Sequence[VersionStatsView]


@dataclass(frozen=True)
class StatsView:
    """A model, its figures and its last calls."""

    model_info: ModelView
    statistics: StatisticsView
    recent_predictions: Sequence[RecordView]


@dataclass(frozen=True)
class EventView:
    """One thing that happened to a model."""

    position: int
    version: int
    type: str
    data: Mapping[str, Any]
    actor_id: UUID | None
    request_id: str | None
    recorded_at: datetime


@endpoints.add(
    "GET",
    "/api/v1/models/{model_id}/stats",
    scope="read",
    raises=(NotFound,),
    reads=(MODEL_STATS.name, PREDICTION_HISTORY.name),
)
async def read_stats(
    dependencies: Dependencies, caller: Caller, model_id: UUID, days: Days = DAYS
) -> StatsView:
    """Show how a model is used."""
    model = await own_model(dependencies.events, caller, model_id)
    stats = await stats_of(model_id, dependencies.pool, days=days)
    recent = await recent_predictions(model_id, dependencies.pool, limit=RECENT)
    return StatsView(
        model_view(model, usage_count=stats.total.calls),
        _statistics(stats, model.created_on),
        [record_view(row) for row in recent],
    )


@endpoints.add("GET", "/api/v1/models/{model_id}/events", scope="read", raises=(NotFound,))
async def list_events(
    dependencies: Dependencies, caller: Caller, model_id: UUID, skip: Skip = 0, limit: Limit = LIMIT
) -> Listed[EventView]:
    """List what happened to a model, oldest first, to its owner and to administrators.

    A page is short where events are large: there is more as long as there is a Link.
    """
    model = await audited_model(dependencies.events, caller, model_id)
    history = await dependencies.events.history_page(
        model_id, after_version=skip, limit=limit, bytes_max=EVENTS_BYTES_MAX
    )
    end = skip + len(history)
    following = f"skip={end}&limit={limit}" if end < model.version else None
    return Listed([_event_view(recorded) for recorded in history], model.version, following)


def _statistics(stats: ModelStats, upload_date: datetime) -> StatisticsView:
    total = stats.total
    return StatisticsView(
        usage_count=total.calls,
        total_predictions=total.calls,
        total_rows=total.rows,
        failures=total.failures,
        upload_date=upload_date,
        last_used_at=stats.last_at,
        mean_ms=total.mean_ms,
        p50_ms=total.p50_ms,
        p95_ms=total.p95_ms,
        p99_ms=total.p99_ms,
        per_day=[DayView(day=each.day, **_sums(each)) for each in stats.days],
        per_version=[_version_stats(each) for each in stats.versions],
    )


def _version_stats(stats: VersionStats) -> VersionStatsView:
    return VersionStatsView(
        number=stats.number,
        **_sums(stats),
        p50_ms=stats.p50_ms,
        p95_ms=stats.p95_ms,
        p99_ms=stats.p99_ms,
    )


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "calls": sums.calls,
        "rows": sums.rows,
        "failures": sums.failures,
        "mean_ms": sums.mean_ms,
    }


def _event_view(recorded: DecodedEvent) -> EventView:
    event: object = recorded.event
    members: dict[str, Any] = vars(event)
    return EventView(
        position=recorded.position,
        version=recorded.event.originator_version,
        type=recorded.event.TOPIC,
        data={name: value for name, value in members.items() if name not in OWN_MEMBERS},
        actor_id=recorded.metadata.actor_id,
        request_id=recorded.metadata.request_id,
        recorded_at=recorded.recorded_at,
    )
