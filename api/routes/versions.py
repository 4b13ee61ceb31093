"""The versions of a model over HTTP: adding, listing, choosing which one serves."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field

from api.auth.ownership import own_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, Listed
from api.endpoints.paging import Limit, query
from api.http.request_context import Caller
from api.routes.model_views import (
    AddedVersionView,
    VersionView,
    added_version_view,
    version_row_view,
    version_view,
)
from api.routes.uploads import SAMPLE, VersionForm, receive_upload
from commands.models import AddVersion, PromoteVersion, ReleaseVersion
from domain.errors import Conflict, NotFound, Rejected, TooLarge, Unavailable
from domain.model import Model
from domain.model_version import VERSIONS_MAX
from projections.queries import LIMIT_MAX
from projections.read_models.model_list import MODEL_LIST, versions_of
from projections.read_models.model_stats import MODEL_STATS

endpoints = Endpoints()

Number = Annotated[int, Field(ge=1, le=VERSIONS_MAX)]
After = Annotated[
    int, Field(ge=0, le=VERSIONS_MAX, description="The number of a version: later ones come.")
]


@endpoints.add(
    "GET",
    "/api/v1/models/{model_id}/versions",
    scope="read",
    raises=(NotFound,),
    reads=(MODEL_LIST.name, MODEL_STATS.name),
)
async def list_versions(
    dependencies: Dependencies,
    caller: Caller,
    model_id: UUID,
    after: After = 0,
    limit: Limit = LIMIT_MAX,
) -> Listed[VersionView]:
    """List the versions of a model, oldest first: all of them, unless they are large."""
    await own_model(dependencies.events, caller, model_id)
    page = await versions_of(model_id, dependencies.pool, after=after, limit=limit)
    numbers = [row.number for row in page.rows]
    is_last = not numbers or numbers[-1] == page.total
    following = None if is_last else query({}, after=numbers[-1], limit=limit)
    return Listed([version_row_view(row) for row in page.rows], page.total, following)


@endpoints.add(
    "POST",
    "/api/v1/models/{model_id}/versions",
    scope="write",
    status=HTTPStatus.CREATED,
    upload=VersionForm,
    raises=(NotFound, Conflict, Rejected, TooLarge, Unavailable),
)
async def add_version(
    dependencies: Dependencies, caller: Caller, request: web.Request, model_id: UUID
) -> AddedVersionView:
    """Take in the file of a further version, which does not serve until it is promoted."""
    await own_model(dependencies.events, caller, model_id)
    upload = await receive_upload(request, dependencies, VersionForm)
    model = await dependencies.models.add_version(
        AddVersion(
            by=caller.actor,
            model_id=model_id,
            file=upload.file,
            label=upload.text("version"),
            sample=upload.text(SAMPLE),
        )
    )
    number = next(v.number for v in model.versions if v.artifact.digest == upload.file.digest)
    return added_version_view(model, number)


@endpoints.add(
    "POST",
    "/api/v1/models/{model_id}/versions/{number}/promote",
    scope="write",
    raises=(NotFound, Conflict, Unavailable),
    reads=(MODEL_LIST.name, MODEL_STATS.name),
)
async def promote_version(
    dependencies: Dependencies, caller: Caller, model_id: UUID, number: Number
) -> VersionView:
    """Let a version serve; promoting an earlier one rolls back."""
    command = PromoteVersion(by=caller.actor, model_id=model_id, number=number)
    return await _view(dependencies, await dependencies.models.promote(command), number)


@endpoints.add(
    "POST",
    "/api/v1/models/{model_id}/versions/{number}/release",
    scope="write",
    raises=(NotFound, Conflict),
    reads=(MODEL_LIST.name, MODEL_STATS.name),
)
async def release_version(
    dependencies: Dependencies, caller: Caller, model_id: UUID, number: Number
) -> VersionView:
    """Let a version answer again that was quarantined, because its processes were lost too often.

    A version that is not quarantined stays as it is.
    """
    command = ReleaseVersion(by=caller.actor, model_id=model_id, number=number)
    return await _view(dependencies, await dependencies.models.release(command), number)


async def _view(dependencies: Dependencies, model: Model, number: int) -> VersionView:
    rows = (await versions_of(model.id, dependencies.pool, after=number - 1, limit=1)).rows
    calls = rows[0].total_predictions if rows else 0
    return version_view(model, number, total_predictions=calls)
