"""Calls of models over time, and the current figures of all models of an owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from api.auth.authorization import own_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, view_of
from api.endpoints.query_types import ModelScope, Number
from api.http.request_context import Caller
from api.schemas.predictions import SummaryView
from domain.errors import Forbidden, NotFound
from projections.read_models.latency_buckets import LatencyStats
from projections.read_models.model_list import MODEL_LIST
from projections.read_models.overview import FLEET_READS, fleet_of
from projections.read_models.time_series import (
    TIME_SERIES_READS,
    Point,
    RangeName,
    TimeRange,
    TimeSeries,
    traffic_of_model,
    traffic_of_models,
)

endpoints = Endpoints()

RANGE: RangeName = "24h"

Range = Annotated[RangeName, Field(description="How far to look back.")]


@dataclass(frozen=True, kw_only=True)
class PointView(SummaryView):
    """The calls of one step."""

    at: datetime
    """When the step began (UTC)."""


@dataclass(frozen=True, kw_only=True)
class VersionTimeSeriesView:
    """The calls of one version."""

    number: int
    total: SummaryView
    points: Sequence[PointView]


@dataclass(frozen=True, kw_only=True)
class ModelUsageView:
    """The calls of one of several models."""

    model_id: UUID
    name: str
    total: SummaryView


# "from" is a keyword, which cannot be the name of a dataclass field.
_Bounds = TypedDict("_Bounds", {"from": datetime, "to": datetime})


class TimeSeriesView(_Bounds):
    """Calls in total and per step; the last step has not ended yet."""

    range: RangeName
    step_s: int
    total: SummaryView
    points: Sequence[PointView]


class ModelMetricsView(TimeSeriesView):
    """The calls of a model, and of its versions with any calls, at most the 20 busiest."""

    per_version: Sequence[VersionTimeSeriesView]


class MetricsView(TimeSeriesView):
    """The calls of many models, and of each of the 20 busiest, the busiest first."""

    per_model: Sequence[ModelUsageView]


@dataclass(frozen=True, kw_only=True)
class FleetView:
    """Figures of all models of the caller; the last three cover the last five minutes."""

    models: int
    active_models: int
    versions: int
    quarantined_versions: int
    total_predictions: int
    total_rows: int
    failures: int
    last_prediction_at: datetime | None
    requests_per_minute: float
    error_rate: float | None
    p95_ms: float | None


@endpoints.add(
    "GET",
    "/api/v1/models/{model_id}/metrics",
    scope="read",
    raises=(NotFound,),
    reads=TIME_SERIES_READS,
)
async def read_model_metrics(
    dependencies: Dependencies,
    caller: Caller,
    model_id: UUID,
    range: Range = RANGE,  # noqa: A002 — the name of the query parameter
    version: Number | None = None,
) -> ModelMetricsView:
    """Return the calls of a model over time, in total and per version."""
    await own_model(dependencies.events, caller, model_id)
    traffic = await traffic_of_model(model_id, range, dependencies.pool, number=version)
    return {
        **_time_series_view(range, traffic.time_range, traffic.time_series),
        "per_version": [
            VersionTimeSeriesView(
                number=number, total=_stats_view(series.total), points=_points(series.points)
            )
            for number, series in sorted(traffic.versions.items())
        ],
    }


@endpoints.add("GET", "/api/v1/metrics", scope="read", reads=(*TIME_SERIES_READS, MODEL_LIST.name))
async def read_metrics_of_models(
    dependencies: Dependencies,
    caller: Caller,
    range: Range = RANGE,  # noqa: A002 — the name of the query parameter
    scope: ModelScope = "own",
) -> MetricsView:
    """Return the calls of the caller's models, or of all models, over time."""
    if scope == "all" and not caller.is_admin:
        raise Forbidden("only administrators may read metrics of all models")
    owner_id = None if scope == "all" else caller.id
    traffic = await traffic_of_models(owner_id, range, dependencies.pool)
    return {
        **_time_series_view(range, traffic.time_range, traffic.time_series),
        "per_model": [
            ModelUsageView(model_id=each.model_id, name=each.name, total=_stats_view(each.total))
            for each in traffic.busiest
        ],
    }


@endpoints.add("GET", "/api/v1/fleet", scope="read", reads=FLEET_READS)
async def read_fleet(dependencies: Dependencies, caller: Caller) -> FleetView:
    """Return the current figures of all models of the caller."""
    fleet = await fleet_of(caller.id, dependencies.pool)
    return FleetView(
        models=fleet.models,
        active_models=fleet.active_models,
        versions=fleet.versions,
        quarantined_versions=fleet.quarantined_versions,
        total_predictions=fleet.predictions,
        total_rows=fleet.rows,
        failures=fleet.failures,
        last_prediction_at=fleet.last_at,
        requests_per_minute=fleet.calls_per_minute,
        error_rate=fleet.error_rate,
        p95_ms=fleet.recent.p95_ms,
    )


def _time_series_view(name: RangeName, time_range: TimeRange, series: TimeSeries) -> TimeSeriesView:
    return {
        "range": name,
        "step_s": int(time_range.step.total_seconds()),
        "from": time_range.since,
        "to": time_range.until,
        "total": _stats_view(series.total),
        "points": _points(series.points),
    }


def _points(points: Sequence[Point]) -> list[PointView]:
    return [view_of(PointView, point) for point in points]


def _stats_view(stats: LatencyStats) -> SummaryView:
    return view_of(SummaryView, stats)
