"""What administrators see and do: accounts, the figures of the platform, the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from api.endpoint import Endpoints, Listed
from api.paging import LIMIT, Limit, Skip, listed
from api.parts import Parts
from api.security import Caller
from api.statistics import DAYS, Days
from api.users import UserView, user_row_view, user_view
from commands.users import SetActive
from domain.errors import Conflict, NotFound
from projections.audit_log import AUDIT_LOG, AuditRow, audit_page
from projections.model_list import MODEL_LIST
from projections.model_stats import MODEL_STATS
from projections.platform_stats import PlatformDay, PlatformStats, analytics, platform_stats
from projections.users import USERS, users_page

endpoints = Endpoints()

POSITION_MAX = 2**63 - 1

Action = Annotated[
    str, Field(pattern=r"^[A-Za-z]{1,40}(\.[A-Za-z]{1,40})?$", examples=["Model.Renamed"])
]
Position = Annotated[int, Field(ge=1, le=POSITION_MAX)]


@dataclass(frozen=True, kw_only=True)
class PlatformView:
    """What there is, and what was done with it so far."""

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
    """What happened on one day (UTC)."""

    day: date
    new_users: int
    new_models: int
    predictions: int
    rows: int
    failures: int


@dataclass(frozen=True, kw_only=True)
class AnalyticsView:
    """The last days, oldest first, those included on which nothing happened."""

    days: int
    per_day: list[PlatformDayView]


@dataclass(frozen=True, kw_only=True)
class AuditView:
    """One thing that was done; personal values in it are sealed."""

    position: int
    stream_id: UUID
    version: int
    action: str
    user_id: UUID | None
    """Who did it."""
    request_id: str | None
    causation: str | None
    details: Mapping[str, Any]
    created_at: datetime


@endpoints.add("GET", "/api/v1/admin/users", access="admin", reads=(USERS.name,))
async def list_users(
    parts: Parts, skip: Skip = 0, limit: Limit = LIMIT, before: UUID | None = None
) -> Listed[UserView]:
    """List all accounts, newest first."""
    page = await users_page(parts.pool, skip=skip, limit=limit, before=before)
    return listed(page, user_row_view, limit=limit, cursor=lambda row: row.id)


@endpoints.add(
    "POST",
    "/api/v1/admin/users/{user_id}/toggle",
    access="admin",
    raises=(NotFound, Conflict),
)
async def toggle_user(parts: Parts, caller: Caller, user_id: UUID, active: bool) -> UserView:
    """Close an account for the time being, or open it again."""
    command = SetActive(by=caller.actor, user_id=user_id, is_active=active)
    return user_view(await parts.users.set_active(command))


@endpoints.add(
    "GET",
    "/api/v1/admin/stats",
    access="admin",
    reads=(USERS.name, MODEL_LIST.name, MODEL_STATS.name),
)
async def read_platform(parts: Parts) -> PlatformView:
    """Show the figures of the platform."""
    return _platform_view(await platform_stats(parts.pool))


@endpoints.add(
    "GET",
    "/api/v1/admin/analytics",
    access="admin",
    reads=(USERS.name, MODEL_LIST.name, MODEL_STATS.name),
)
async def read_analytics(parts: Parts, days: Days = DAYS) -> AnalyticsView:
    """Show what happened day by day."""
    found = await analytics(parts.pool, days=days)
    return AnalyticsView(days=days, per_day=[_day_view(each) for each in found])


@endpoints.add("GET", "/api/v1/admin/audit-logs", access="admin", reads=(AUDIT_LOG.name,))
async def list_audit_log(
    parts: Parts,
    user_id: UUID | None = None,
    action: Action | None = None,
    skip: Skip = 0,
    limit: Limit = LIMIT,
    before: Position | None = None,
) -> Listed[AuditView]:
    """List what was done, newest first: by one user, of one kind, or all."""
    page = await audit_page(
        parts.pool, user_id=user_id, action=action, skip=skip, limit=limit, before=before
    )
    kept = {"user_id": user_id, "action": action}
    return listed(page, _audit_view, limit=limit, cursor=lambda row: row.position, kept=kept)


def _platform_view(stats: PlatformStats) -> PlatformView:
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


def _day_view(day: PlatformDay) -> PlatformDayView:
    return PlatformDayView(
        day=day.day,
        new_users=day.new_users,
        new_models=day.new_models,
        predictions=day.predictions,
        rows=day.rows,
        failures=day.failures,
    )


def _audit_view(row: AuditRow) -> AuditView:
    return AuditView(
        position=row.position,
        stream_id=row.stream_id,
        version=row.version,
        action=row.action,
        user_id=row.actor_id,
        request_id=row.request_id,
        causation=row.causation,
        details=row.state,
        created_at=row.recorded_at,
    )
