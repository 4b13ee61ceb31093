"""The versions of a model: add, list, promote and release."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field

from api.auth.authorization import own_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, ListPage
from api.endpoints.multipart import received_upload
from api.endpoints.paging import Limit, query
from api.endpoints.query_types import Number
from api.http.request_context import Caller
from api.schemas.models import (
    AddedVersionView,
    VersionView,
    added_version_view,
    version_row_view,
    version_view,
)
from api.schemas.uploads import SAMPLE, VersionForm, sample_rows
from commands.models import AddVersion, PromoteVersion, ReleaseVersion
from domain.errors import Conflict, NotFound, Rejected, TooLarge, Unavailable
from domain.model import Model
from domain.model_version import VERSIONS_MAX
from projections.queries import LIMIT_MAX
from projections.read_models.model_list import MODEL_LIST, versions_of
from projections.read_models.model_stats import MODEL_STATS, call_count

endpoints = Endpoints()

After = Annotated[
    int, Field(ge=0, le=VERSIONS_MAX, description="Only versions with a higher number.")
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
) -> ListPage[VersionView]:
    """List the versions of a model, oldest first.

    A page is shorter if its versions are large. There are more as long as there is a `Link` header.
    """
    await own_model(dependencies.events, caller, model_id)
    page = await versions_of(model_id, dependencies.pool, after=after, limit=limit)
    numbers = [row.number for row in page.rows]
    is_last = not numbers or numbers[-1] == page.total
    next_query = None if is_last else query({}, after=numbers[-1], limit=limit)
    return ListPage([version_row_view(row) for row in page.rows], page.total, next_query)


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
    """Upload the file of a further version, which is not live until it is promoted."""
    await own_model(dependencies.events, caller, model_id)
    bytes_max = dependencies.upload_bytes_max
    async with received_upload(
        request, dependencies.artifacts, VersionForm, bytes_max=bytes_max
    ) as upload:
        model, number = await dependencies.models.add_version(
            AddVersion(
                by=caller.actor,
                model_id=model_id,
                file=upload.file,
                label=upload.text("version"),
                sample=sample_rows(upload.text(SAMPLE)),
            )
        )
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
    """Make a version live; promoting an earlier one rolls back."""
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
    """Release a version that was quarantined because its processes failed too often.

    A version that is not quarantined does not change.
    """
    command = ReleaseVersion(by=caller.actor, model_id=model_id, number=number)
    return await _view(dependencies, await dependencies.models.release(command), number)


async def _view(dependencies: Dependencies, model: Model, number: int) -> VersionView:
    calls = await call_count(model.id, dependencies.pool, number=number)
    return version_view(model, number, total_predictions=calls)
