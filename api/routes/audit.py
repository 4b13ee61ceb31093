"""The audit log, a user's activity, and the events of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from api.auth.authorization import audited_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, ListPage, Query, view_of
from api.endpoints.paging import LIMIT, Limit, Skip, list_page, list_page_by_skip
from api.endpoints.query_types import Position, Since, Until
from api.http.request_context import Caller
from domain.errors import NotFound
from projections.queries import Page
from projections.read_models.audit_log import (
    AUDIT_LOG,
    ActivityRow,
    AuditFilter,
    AuditRow,
    activity_of,
    audit_page,
)
from projections.read_models.model_list import MODEL_LIST
from storage.event_store.event_store import DecodedEvent

endpoints = Endpoints()

EVENTS_BYTES_MAX = 256 * 1024
"""Of a page of a model's events: decoding and encoding them costs more than sending stored JSON."""

Action = Annotated[
    str, Field(pattern=r"^[A-Za-z]{1,40}(\.[A-Za-z]{1,40})?$", examples=["Model.Renamed"])
]


@dataclass(frozen=True, kw_only=True)
class AuditPaging(Query):
    """The part of the log to return."""

    skip: Skip = 0
    limit: Limit = LIMIT
    before: Position | None = None


@dataclass(frozen=True, kw_only=True)
class AuditQuery(Query):
    """Filters of the log; an entry must match all of them."""

    user_id: UUID | None = None
    action: Action | None = None
    stream_id: UUID | None = None
    since: Since | None = None
    until: Until | None = None


@dataclass(frozen=True, kw_only=True)
class AuditView:
    """One event; personal values in it are encrypted."""

    position: int
    stream_id: UUID
    version: int
    action: str
    user_id: UUID | None
    """The user who caused it."""
    request_id: str | None
    causation: str | None
    details: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ActivityView(AuditView):
    """One event that the caller caused, or that concerns their account or models."""

    model_id: UUID | None
    """The model that it concerns, if any."""
    model_name: str | None
    """The current name of the model."""


@dataclass(frozen=True)
class EventView:
    """One event of a model."""

    position: int
    version: int
    type: str
    data: Mapping[str, Any]
    actor_id: UUID | None
    request_id: str | None
    recorded_at: datetime


@endpoints.add("GET", "/api/v1/admin/audit-logs", access="admin", reads=(AUDIT_LOG.name,))
async def list_audit_log(
    dependencies: Dependencies, query: AuditQuery, paging: AuditPaging
) -> ListPage[AuditView]:
    """List the audit log, newest first.

    A page is shorter if its entries are large. There are more as long as there is a `Link` header.
    """
    page = await audit_page(dependencies.pool, AuditFilter(**vars(query)), **vars(paging))
    return list_page(
        page, _audit_view, limit=paging.limit, cursor=lambda row: row.position, kept=vars(query)
    )


@endpoints.add("GET", "/api/v1/activity", reads=(AUDIT_LOG.name, MODEL_LIST.name))
async def list_activity(
    dependencies: Dependencies, caller: Caller, paging: AuditPaging, action: Action | None = None
) -> ListPage[ActivityView]:
    """List events that the caller caused or that concern their account and models, newest first.

    A page is shorter if its entries are large. There are more as long as there is a `Link` header.
    """
    page = await activity_of(caller.id, dependencies.pool, action=action, **vars(paging))
    kept = {"action": action}
    return list_page(
        page, _activity_view, limit=paging.limit, cursor=lambda row: row.position, kept=kept
    )


@endpoints.add("GET", "/api/v1/models/{model_id}/events", scope="read", raises=(NotFound,))
async def list_events(
    dependencies: Dependencies, caller: Caller, model_id: UUID, skip: Skip = 0, limit: Limit = LIMIT
) -> ListPage[EventView]:
    """List the events of a model, oldest first; for its owner and administrators.

    A page is shorter if its events are large. There are more as long as there is a `Link` header.
    """
    model = await audited_model(dependencies.events, caller, model_id)
    history = await dependencies.events.history_page(
        model_id, after_version=skip, limit=limit, bytes_max=EVENTS_BYTES_MAX
    )
    return list_page_by_skip(Page(history, model.version), _event_view, skip=skip, limit=limit)


def _audit_view(row: AuditRow) -> AuditView:
    return view_of(AuditView, row, **_renamed(row))


def _activity_view(row: ActivityRow) -> ActivityView:
    return view_of(ActivityView, row, **_renamed(row))


def _renamed(row: AuditRow) -> dict[str, Any]:
    return {"user_id": row.actor_id, "details": row.state, "created_at": row.recorded_at}


def _event_view(recorded: DecodedEvent) -> EventView:
    return EventView(
        position=recorded.position,
        version=recorded.event.originator_version,
        type=recorded.event.TOPIC,
        data=recorded.fields,
        actor_id=recorded.metadata.actor_id,
        request_id=recorded.metadata.request_id,
        recorded_at=recorded.recorded_at,
    )
