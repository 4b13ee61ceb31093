"""How often and how fast a model was called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from api.auth.authorization import own_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, view_of
from api.endpoints.query_types import DAYS, Days
from api.http.request_context import Caller
from api.schemas.models import ModelView, model_view
from api.schemas.predictions import CallSumsView, RecordView, SummaryView, record_view
from domain.errors import NotFound
from projections.read_models.model_stats import MODEL_STATS, ModelStats, stats_of
from projections.read_models.prediction_history import PREDICTION_HISTORY
from projections.read_models.prediction_search import recent_predictions

endpoints = Endpoints()

RECENT = 10


@dataclass(frozen=True, kw_only=True)
class DayView(CallSumsView):
    """The calls of one day (UTC)."""

    day: date


@dataclass(frozen=True, kw_only=True)
class VersionStatsView(SummaryView):
    """The calls of one version."""

    number: int


@dataclass(frozen=True, kw_only=True)
class StatisticsView:
    """All calls of a model; percentiles are estimated from buckets."""

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
    """A model with its figures and its last calls."""

    model_info: ModelView
    statistics: StatisticsView
    recent_predictions: Sequence[RecordView]


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
    """Return a model with its figures and its last calls."""
    model = await own_model(dependencies.events, caller, model_id)
    stats = await stats_of(model_id, dependencies.pool, days=days)
    recent = await recent_predictions(model_id, dependencies.pool, limit=RECENT)
    return StatsView(
        model_view(model, usage_count=stats.total.calls),
        _statistics(stats, model.created_on),
        [record_view(row) for row in recent],
    )


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
        per_day=[view_of(DayView, each) for each in stats.days],
        per_version=[view_of(VersionStatsView, each) for each in stats.versions],
    )
