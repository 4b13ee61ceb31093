"""Who did what, over HTTP: to administrators all of it, to others what concerns them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

from pydantic import Field

from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, Listed, Query
from api.endpoints.paging import LIMIT, Limit, Skip, listed
from api.endpoints.timestamps import Since, Until
from api.http.request_context import Caller
from projections.read_models.audit_log import (
    AUDIT_LOG,
    ActivityRow,
    AuditFilter,
    AuditRow,
    activity_of,
    audit_page,
)
from projections.read_models.model_list import MODEL_LIST

endpoints = Endpoints()

POSITION_MAX = 2**63 - 1

Action = Annotated[
    str, Field(pattern=r"^[A-Za-z]{1,40}(\.[A-Za-z]{1,40})?$", examples=["Model.Renamed"])
]
Position = Annotated[int, Field(ge=1, le=POSITION_MAX)]


@dataclass(frozen=True, kw_only=True)
class Part(Query):
    """Which part of the log is wanted."""

    skip: Skip = 0
    limit: Limit = LIMIT
    before: Position | None = None


@dataclass(frozen=True, kw_only=True)
class Wanted(Query):
    """What is wanted of the log; all that is given has to hold."""

    user_id: UUID | None = None
    action: Action | None = None
    stream_id: UUID | None = None
    since: Since | None = None
    until: Until | None = None


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


@dataclass(frozen=True, kw_only=True)
class ActivityView(AuditView):
    """One thing that the caller did, or that was done to what is theirs."""

    model_id: UUID | None
    """The model it was done to, if it was one."""
    model_name: str | None
    """As it is called today."""


@endpoints.add("GET", "/api/v1/admin/audit-logs", access="admin", reads=(AUDIT_LOG.name,))
async def list_audit_log(
    dependencies: Dependencies, wanted: Wanted, part: Part
) -> Listed[AuditView]:
    """List what was done, newest first: by one user, to one thing, of one kind, or all.

    A page is short where entries are large: there is more as long as there is a Link.
    """
    page = await audit_page(dependencies.pool, AuditFilter(**vars(wanted)), **vars(part))
    return listed(
        page, _audit_view, limit=part.limit, cursor=lambda row: row.position, kept=vars(wanted)
    )


@endpoints.add("GET", "/api/v1/activity", reads=(AUDIT_LOG.name, MODEL_LIST.name))
async def list_activity(
    dependencies: Dependencies, caller: Caller, part: Part, action: Action | None = None
) -> Listed[ActivityView]:
    """List what the caller did and what was done to their account and models, newest first.

    A page is short where entries are large: there is more as long as there is a Link.
    """
    page = await activity_of(caller.id, dependencies.pool, action=action, **vars(part))
    kept = {"action": action}
    return listed(
        page, _activity_view, limit=part.limit, cursor=lambda row: row.position, kept=kept
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
        details=cast("Any", row.state),  # sent as it is
        created_at=row.recorded_at,
    )


def _activity_view(row: ActivityRow) -> ActivityView:
    seen = vars(_audit_view(row))
    return ActivityView(**seen, model_id=row.model_id, model_name=row.model_name)
