"""Administration: accounts, and figures of the platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, ListPage, view_of
from api.endpoints.paging import Paging, list_page
from api.endpoints.query_types import DAYS, Days, PlainText
from api.http.request_context import Caller
from api.schemas.users import UserView, user_row_view, user_view
from commands.users import SetActive
from domain.errors import Conflict, NotFound
from domain.personal import login_name_of
from projections.read_models.model_list import MODEL_LIST
from projections.read_models.model_stats import MODEL_STATS
from projections.read_models.overview import platform_days, platform_stats
from projections.read_models.users import USERS, users_page

endpoints = Endpoints()

PREFIX_LENGTH_MAX = 60

Prefix = Annotated[
    PlainText,
    Field(max_length=PREFIX_LENGTH_MAX, description="The beginning of the username."),
]


@dataclass(frozen=True, kw_only=True)
class PlatformView:
    """Totals of the whole platform."""

    total_users: int
    active_users: int
    total_models: int
    active_models: int
    total_versions: int
    total_predictions: int
    total_rows: int
    failures: int
    mean_ms: float | None


@dataclass(frozen=True, kw_only=True)
class PlatformDayView:
    """Totals of one day (UTC)."""

    day: date
    new_users: int
    new_models: int
    predictions: int
    rows: int
    failures: int


@dataclass(frozen=True, kw_only=True)
class AnalyticsView:
    """The last days, oldest first, including days without activity."""

    days: int
    per_day: list[PlatformDayView]


@endpoints.add("GET", "/api/v1/admin/users", access="admin", reads=(USERS.name,))
async def list_users(
    dependencies: Dependencies, paging: Paging, search: Prefix | None = None
) -> ListPage[UserView]:
    """List accounts, newest first."""
    begins = "" if search is None else login_name_of(search)
    page = await users_page(dependencies.pool, begins=begins, **vars(paging))
    return list_page(page, user_row_view, limit=paging.limit, kept={"search": search})


@endpoints.add(
    "POST",
    "/api/v1/admin/users/{user_id}/toggle",
    access="admin",
    raises=(NotFound, Conflict),
)
async def toggle_user(
    dependencies: Dependencies, caller: Caller, user_id: UUID, active: bool
) -> UserView:
    """Deactivate an account, or activate it again."""
    command = SetActive(by=caller.actor, user_id=user_id, is_active=active)
    return user_view(await dependencies.users.set_active(command))


@endpoints.add(
    "GET",
    "/api/v1/admin/stats",
    access="admin",
    reads=(USERS.name, MODEL_LIST.name, MODEL_STATS.name),
)
async def read_platform(dependencies: Dependencies) -> PlatformView:
    """Return the totals of the platform."""
    stats = await platform_stats(dependencies.pool)
    return PlatformView(
        total_users=stats.users,
        active_users=stats.active_users,
        total_models=stats.models,
        active_models=stats.active_models,
        total_versions=stats.versions,
        total_predictions=stats.predictions,
        total_rows=stats.rows,
        failures=stats.failures,
        mean_ms=stats.mean_ms,
    )


@endpoints.add(
    "GET",
    "/api/v1/admin/analytics",
    access="admin",
    reads=(USERS.name, MODEL_LIST.name, MODEL_STATS.name),
)
async def read_analytics(dependencies: Dependencies, days: Days = DAYS) -> AnalyticsView:
    """Return the totals of each day."""
    per_day = await platform_days(dependencies.pool, days=days)
    return AnalyticsView(days=days, per_day=[view_of(PlatformDayView, each) for each in per_day])
