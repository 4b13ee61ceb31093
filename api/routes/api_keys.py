"""API keys: managed by signed-in users only, never with an API key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field

from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, ListPage, view_of
from api.endpoints.paging import Paging, list_page
from api.endpoints.parsing import Body
from api.http.request_context import Caller
from commands.api_keys import IssueApiKey, RevokeApiKey
from domain.api_key import CALLS_PER_MINUTE_MAX, NAME_LENGTH_MAX, SCOPES, Scope, Terms
from domain.errors import Conflict, NotFound, Rejected
from projections.read_models.api_keys import API_KEY_USES, API_KEYS, ApiKeyRow, api_keys_of

endpoints = Endpoints()


def _check_is_string(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("use an ISO 8601 string")
    return value


Expiry = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_check_is_string)]


class ApiKeyBody(Body):
    """The name and the permissions of a key."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX, examples=["nightly"])]
    scopes: Annotated[
        list[Scope], Field(min_length=1, max_length=len(SCOPES), examples=[["predict"]])
    ]
    expires_at: Expiry | None = Field(
        default=None, description="When it expires; must include the offset from UTC."
    )
    calls_per_minute: Annotated[int, Field(ge=1, le=CALLS_PER_MINUTE_MAX)] | None = Field(
        default=None, description="A rate limit of the key, below that of the account."
    )


@dataclass(frozen=True, kw_only=True)
class ApiKeyView:
    """A key, without its secret."""

    id: UUID
    name: str
    scopes: Sequence[str]
    calls_per_minute: int | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """The last call with this key that recorded an event."""
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class IssuedKeyView(ApiKeyView):
    """A key that was just created; only this response contains its secret."""

    key: str
    """Sent as ``Authorization: Bearer mlp_…`` or ``X-API-Key: mlp_…``."""


@endpoints.add("POST", "/api/v1/api-keys", status=HTTPStatus.CREATED, raises=(Rejected, Conflict))
async def issue_api_key(
    dependencies: Dependencies, caller: Caller, body: ApiKeyBody
) -> IssuedKeyView:
    """Create an API key; its secret is returned only once."""
    issued = await dependencies.api_keys.issue(
        IssueApiKey(
            by=caller.actor,
            name=body.name,
            terms=Terms(
                scopes=tuple(body.scopes),
                expires_at=body.expires_at,
                calls_per_minute=body.calls_per_minute,
            ),
        )
    )
    return IssuedKeyView(
        id=issued.key.id,
        name=issued.key.name,
        scopes=issued.key.scopes,
        calls_per_minute=issued.key.calls_per_minute,
        created_at=issued.key.created_on,
        expires_at=issued.key.expires_at,
        last_used_at=None,
        revoked_at=None,
        key=issued.text,
    )


@endpoints.add("GET", "/api/v1/api-keys", reads=(API_KEYS.name, API_KEY_USES.name))
async def list_api_keys(
    dependencies: Dependencies, caller: Caller, paging: Paging, include_revoked: bool = False
) -> ListPage[ApiKeyView]:
    """List the caller's keys, newest first."""
    pool = dependencies.pool
    page = await api_keys_of(caller.id, pool, with_revoked=include_revoked, **vars(paging))
    kept = {"include_revoked": include_revoked or None}
    return list_page(page, _view, limit=paging.limit, kept=kept)


@endpoints.add(
    "DELETE", "/api/v1/api-keys/{key_id}", status=HTTPStatus.NO_CONTENT, raises=(NotFound,)
)
async def revoke_api_key(dependencies: Dependencies, caller: Caller, key_id: UUID) -> None:
    """Revoke a key: it stops working at once."""
    await dependencies.api_keys.revoke(RevokeApiKey(by=caller.actor, key_id=key_id))


def _view(row: ApiKeyRow) -> ApiKeyView:
    return view_of(ApiKeyView, row)
