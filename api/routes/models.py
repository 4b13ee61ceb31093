"""Models: upload, list, read, change, delete and restore."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from aiohttp import web
from pydantic import AfterValidator, Field

from api.auth.authorization import audited_model, own_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, ListPage, Query
from api.endpoints.multipart import received_upload
from api.endpoints.paging import Paging, list_page, list_page_by_skip
from api.endpoints.parsing import Body
from api.endpoints.query_types import PlainText, Timestamp
from api.http.problems import FieldError, Malformed
from api.http.request_context import Caller
from api.schemas.models import (
    ModelView,
    UploadedModelView,
    model_row_view,
    model_view,
    uploaded_model_view,
)
from api.schemas.uploads import SAMPLE, ModelForm, sample_rows
from commands.models import DeleteModel, RestoreModel, UpdateModel, UploadModel
from domain.errors import Conflict, NotFound, Rejected, TooLarge, Unavailable
from domain.model import Model
from projections.read_models.model_list import MODEL_LIST
from projections.read_models.model_search import ModelFilter, Order, Sort, models_of
from projections.read_models.model_stats import MODEL_STATS, call_count

endpoints = Endpoints()

READS = (MODEL_LIST.name, MODEL_STATS.name)
SCHEMA_EXAMPLE = {"type": "array", "items": {"type": "number"}}

SCHEMA_DEPTH_MAX = 50
SCHEMA_BYTES_MAX = 64 * 1024
SEARCH_LENGTH_MAX = 200


def _check_depth(schema: dict[str, Any]) -> dict[str, Any]:
    """Refuse a schema that is nested so deeply that comparing it could exhaust the stack."""
    level: list[Any] = [schema]
    for _ in range(SCHEMA_DEPTH_MAX):
        level = [inner for outer in level for inner in _values(outer)]
        if not level:
            return schema
    raise ValueError(f"it is nested more than {SCHEMA_DEPTH_MAX} levels deep")


def _check_size(schema: dict[str, Any]) -> dict[str, Any]:
    """Refuse a large schema: events contain it, and lists of models contain many."""
    if len(msgspec.json.encode(schema)) > SCHEMA_BYTES_MAX:
        raise ValueError(f"it is longer than {SCHEMA_BYTES_MAX} bytes of JSON")
    return schema


def _values(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return cast("dict[str, Any]", value).values()
        case list():
            return cast("list[Any]", value)
        case _:
            return ()


SchemaObject = Annotated[dict[str, Any], AfterValidator(_check_depth), AfterValidator(_check_size)]
SearchText = Annotated[
    PlainText,
    Field(
        max_length=SEARCH_LENGTH_MAX, description="Part of the name, description, type or label."
    ),
]
Text = Annotated[str, Field(max_length=10_000)]


@dataclass(frozen=True, kw_only=True)
class ModelsQuery(Query):
    """Filters and order of the models."""

    search: SearchText | None = None
    is_active: bool | None = None
    is_quarantined: bool | None = None
    sort: Sort = "created_at"
    order: Order = "desc"


class UpdateBody(Body):
    """The fields to change; `version` (the label) and schemas are those of the live version."""

    name: Text | None = Field(default=None, examples=["irises"])
    description: Text | None = None
    version: Text | None = Field(default=None, examples=["2.0"])
    input_schema: SchemaObject | None = Field(default=None, examples=[SCHEMA_EXAMPLE])
    output_schema: SchemaObject | None = None
    is_active: bool | None = None


@endpoints.add(
    "POST",
    "/api/v1/models/upload",
    scope="write",
    status=HTTPStatus.CREATED,
    upload=ModelForm,
    raises=(Rejected, TooLarge, Unavailable),
)
async def upload_model(
    dependencies: Dependencies, caller: Caller, request: web.Request
) -> UploadedModelView:
    """Upload a model file; its version 1 is live at once."""
    bytes_max = dependencies.upload_bytes_max
    async with received_upload(
        request, dependencies.artifacts, ModelForm, bytes_max=bytes_max, required=("name",)
    ) as upload:
        model = await dependencies.models.upload(
            UploadModel(
                by=caller.actor,
                file=upload.file,
                name=upload.text("name"),
                description=upload.text("description"),
                framework=upload.text("framework"),
                label=upload.text("version"),
                sample=sample_rows(upload.text(SAMPLE)),
            )
        )
    return uploaded_model_view(model)


@endpoints.add("GET", "/api/v1/models", scope="read", reads=READS)
async def list_models(
    dependencies: Dependencies, caller: Caller, query: ModelsQuery, paging: Paging
) -> ListPage[ModelView]:
    """List the caller's models, newest first by default.

    Page with `before` if the newest models come first, and with `skip` in any other order.
    """
    models = ModelFilter(**vars(query))
    if paging.before is not None and not models.is_newest_first:
        raise Malformed([FieldError(("query", "before"), "use skip in this order")])
    page = await models_of(caller.id, dependencies.pool, models, **vars(paging))
    skip, limit, kept = paging.skip, paging.limit, vars(query)
    if models.is_newest_first:
        return list_page(page, model_row_view, limit=limit, kept=kept)
    return list_page_by_skip(page, model_row_view, skip=skip, limit=limit, kept=kept)


@endpoints.add("GET", "/api/v1/models/{model_id}", scope="read", raises=(NotFound,), reads=READS)
async def read_model(
    dependencies: Dependencies, caller: Caller, model_id: UUID, as_of: Timestamp | None = None
) -> ModelView:
    """Return a model as it is, or as it was at a time."""
    if as_of is None:
        return await _view(dependencies, await own_model(dependencies.events, caller, model_id))
    await audited_model(dependencies.events, caller, model_id)
    former = await dependencies.events.load_as_of(Model, model_id, as_of)
    former.check_changeable(former.owner_id)
    return model_view(former, usage_count=None)


@endpoints.add(
    "PUT", "/api/v1/models/{model_id}", scope="write", raises=(NotFound, Conflict, Rejected)
)
async def update_model(
    dependencies: Dependencies, caller: Caller, model_id: UUID, body: UpdateBody
) -> ModelView:
    """Change the description of a model, or whether it accepts calls."""
    command = UpdateModel(
        by=caller.actor,
        model_id=model_id,
        name=body.name,
        description=body.description,
        label=body.version,
        input_schema=body.input_schema,
        output_schema=body.output_schema,
        is_active=body.is_active,
    )
    return await _view(dependencies, await dependencies.models.update(command))


@endpoints.add(
    "DELETE",
    "/api/v1/models/{model_id}",
    scope="write",
    status=HTTPStatus.NO_CONTENT,
    raises=(NotFound, Conflict),
)
async def delete_model(dependencies: Dependencies, caller: Caller, model_id: UUID) -> None:
    """Delete a model; its history is kept, and it can be restored."""
    await dependencies.models.delete(DeleteModel(by=caller.actor, model_id=model_id))


@endpoints.add(
    "POST", "/api/v1/models/{model_id}/restore", scope="write", raises=(NotFound, Conflict)
)
async def restore_model(dependencies: Dependencies, caller: Caller, model_id: UUID) -> ModelView:
    """Restore a deleted model."""
    return await _view(
        dependencies,
        await dependencies.models.restore(RestoreModel(by=caller.actor, model_id=model_id)),
    )


async def _view(dependencies: Dependencies, model: Model) -> ModelView:
    return model_view(model, usage_count=await call_count(model.id, dependencies.pool))
