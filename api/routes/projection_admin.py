"""Projections: status, rebuild, verification, and parked events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, ListPage, view_of
from api.endpoints.paging import LIMIT, Limit, Skip, list_page_by_skip
from api.endpoints.query_types import Position
from domain.errors import Conflict, NotFound
from projections.engine import retry
from projections.engine.checkpoints import ProjectionStatus, status
from projections.engine.parked_events import ParkedRow, parked_page
from projections.engine.projection import Projection
from projections.engine.rebuild import rebuild, verify
from projections.registry import PROJECTIONS

endpoints = Endpoints()

Name = Annotated[str, Field(max_length=64, examples=["model_stats"])]
Task = Literal["rebuild", "verify"]
TASKS = {"rebuild": rebuild, "verify": verify}


@dataclass(frozen=True, kw_only=True)
class ProjectionView:
    """The status of a projection."""

    name: str
    status: Literal["up to date", "behind", "building"]
    rule_version: int
    generation: int
    position: int
    lag_events: int
    lag_seconds: float
    progress: float | None
    """The completed part of a rebuild or a verification, 0 to 1."""
    digest: str | None
    """Of the tables that the last verification computed from all events."""
    live_digest: str | None
    """Of the live tables at that time; null if they had another rule version."""
    verified_position: int | None
    """The last event of that verification."""
    is_verified: bool | None
    verified_at: datetime | None
    parked: int


@dataclass(frozen=True)
class StartedView:
    """A task in the background; the projection's status shows its progress."""

    name: str
    task: Task


@dataclass(frozen=True)
class ParkedView:
    """An event that a projection could not apply."""

    projection: str
    position: int
    stream_id: UUID
    type: str
    error: str
    attempts: int
    is_skipped: bool
    parked_at: datetime


@dataclass(frozen=True)
class RetriedView:
    """How many events of the stream were applied, in order, until one failed again."""

    applied: int


@endpoints.add("GET", "/api/v1/admin/projections", access="admin")
async def list_projections(dependencies: Dependencies) -> list[ProjectionView]:
    """List the projections with their progress and their last verification."""
    return [_view(each) for each in await status(dependencies.pool, PROJECTIONS)]


@endpoints.add(
    "POST",
    "/api/v1/admin/projections/{name}/rebuild",
    access="admin",
    status=HTTPStatus.ACCEPTED,
    raises=(NotFound, Conflict),
)
async def rebuild_projection(dependencies: Dependencies, name: Name) -> StartedView:
    """Rebuild a projection's tables beside the live ones, then swap them."""
    return await _start("rebuild", dependencies, name)


@endpoints.add(
    "POST",
    "/api/v1/admin/projections/{name}/verify",
    access="admin",
    status=HTTPStatus.ACCEPTED,
    raises=(NotFound, Conflict),
)
async def verify_projection(dependencies: Dependencies, name: Name) -> StartedView:
    """Compare a projection's tables with tables computed from all events."""
    return await _start("verify", dependencies, name)


@endpoints.add("GET", "/api/v1/admin/parked", access="admin")
async def list_parked(
    dependencies: Dependencies, skip: Skip = 0, limit: Limit = LIMIT
) -> ListPage[ParkedView]:
    """List the events that projections could not apply."""
    page = await parked_page(dependencies.pool, skip=skip, limit=limit)
    return list_page_by_skip(page, _parked_view, skip=skip, limit=limit)


@endpoints.add(
    "POST",
    "/api/v1/admin/parked/{projection}/{position}/retry",
    access="admin",
    raises=(NotFound,),
)
async def retry_parked(
    dependencies: Dependencies, projection: Name, position: Position
) -> RetriedView:
    """Apply a parked event, and the later events of its stream that are parked with it."""
    found = _projection(projection)
    return RetriedView(
        await retry.retry_parked(found, position, dependencies.events, dependencies.pool)
    )


@endpoints.add(
    "POST",
    "/api/v1/admin/parked/{projection}/{position}/skip",
    access="admin",
    status=HTTPStatus.NO_CONTENT,
    raises=(NotFound,),
)
async def skip_parked(dependencies: Dependencies, projection: Name, position: Position) -> None:
    """Skip a parked event permanently."""
    await retry.skip_parked(_projection(projection), position, dependencies.pool)


def _projection(name: str) -> Projection:
    if name not in PROJECTIONS:
        raise NotFound(f"there is no such projection; there are {', '.join(PROJECTIONS)}")
    return PROJECTIONS[name]


async def _start(task: Task, dependencies: Dependencies, name: str) -> StartedView:
    """Start a task; raises `Conflict` if one is running for the projection."""
    projection = _projection(name)
    [current] = await status(dependencies.pool, [name])
    is_starting = any(f"{each} {name}" in dependencies.background for each in TASKS)
    if current.progress is not None or is_starting:
        raise Conflict(f"{name} is being rebuilt or verified")
    work = TASKS[task](projection, dsn=dependencies.dsn, events=dependencies.events)
    dependencies.background.start(f"{task} {name}", work)
    return StartedView(name, task)


def _view(status: ProjectionStatus) -> ProjectionView:
    is_building = status.progress is not None
    return view_of(
        ProjectionView,
        status,
        status="building" if is_building else "behind" if status.lag_events else "up to date",
        lag_seconds=status.lag_s,
        digest=status.verified_digest,
    )


def _parked_view(row: ParkedRow) -> ParkedView:
    return view_of(ParkedView, row, type=row.topic)
