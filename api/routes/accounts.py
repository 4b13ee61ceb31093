"""Accounts, sign-in and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from aiohttp import web
from pydantic import Field

from api.auth.refresh_cookie import RefreshCookie
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, view_of
from api.endpoints.parsing import Body
from api.http.problems import FieldError, Malformed
from api.http.request_context import Caller
from api.schemas.users import UserView, user_view
from commands.sessions import CloseSession, LogIn, RefreshSession, SignedIn
from commands.users import ChangePassword, ChangeProfile, RegisterUser
from domain.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Rejected,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from domain.events import Actor
from domain.session import USER_AGENT_LENGTH_MAX
from projections.read_models.sessions import SESSIONS, sessions_of

endpoints = Endpoints()

TEXT_LENGTH_MAX = 1_000
Text = Annotated[str, Field(max_length=TEXT_LENGTH_MAX)]


class RegisterBody(Body):
    """The account to create."""

    email: Text = Field(examples=["ada@example.org"])
    username: Text = Field(examples=["ada"])
    password: Text = Field(examples=["correct horse battery"])
    full_name: Text | None = Field(default=None, examples=["Ada Lovelace"])


class LoginBody(Body):
    """A username and a password; OAuth 2 clients send the other fields too."""

    username: Text = Field(examples=["ada"], description="The username or the e-mail address.")
    password: Text = Field(examples=["correct horse battery"])
    grant_type: Literal["password", ""] | None = None
    scope: Text | None = None
    client_id: Text | None = None
    client_secret: Text | None = None
    use_cookie: bool = Field(
        default=False,
        description="Whether to return the refresh token in a cookie that scripts cannot read.",
    )


class RefreshBody(Body):
    """The refresh token of the last sign-in or refresh, unless it is in a cookie."""

    refresh_token: Text | None = None


class ProfileBody(Body):
    """The fields to change."""

    email: Text | None = Field(default=None, examples=["countess@example.org"])
    full_name: Text | None = Field(default=None, examples=["Ada King"])


class PasswordBody(Body):
    """The old and the new password."""

    current_password: Text
    new_password: Text


@dataclass(frozen=True)
class TokensView:
    """An access token for API calls, and a refresh token for the next access token."""

    access_token: str
    refresh_token: str | None
    """Null if it is in a cookie."""
    token_type: Literal["bearer"]
    expires_in: int
    """Seconds until the access token expires."""


@dataclass(frozen=True)
class SessionView:
    """One sign-in."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    user_agent: str
    is_current: bool


@endpoints.add(
    "POST",
    "/api/v1/auth/register",
    access="public",
    status=HTTPStatus.CREATED,
    raises=(Conflict, Rejected, Unavailable),
)
async def register(dependencies: Dependencies, actor: Actor, body: RegisterBody) -> UserView:
    """Create an account."""
    user = await dependencies.users.register(
        RegisterUser(
            by=actor,
            username=body.username,
            email=body.email,
            password=body.password,
            full_name=body.full_name,
        )
    )
    return user_view(user)


@endpoints.add(
    "POST",
    "/api/v1/auth/login",
    access="public",
    takes_form=True,
    raises=(Unauthenticated, Forbidden, TooMany, Unavailable),
)
async def login(
    dependencies: Dependencies, actor: Actor, request: web.Request, body: LoginBody
) -> TokensView:
    """Sign in with a username or an e-mail address."""
    cookie = RefreshCookie(request, dependencies.addresses) if body.use_cookie else None
    if cookie is not None:
        cookie.check_is_own_page()
    user_agent = _printable(request.headers.get("User-Agent", ""))
    command = LogIn(by=actor, login=body.username, password=body.password, user_agent=user_agent)
    return _tokens(dependencies, await dependencies.sessions.log_in(command), cookie)


@endpoints.add("POST", "/api/v1/auth/refresh", access="public", raises=(Unauthenticated, Forbidden))
async def refresh(
    dependencies: Dependencies,
    actor: Actor,
    request: web.Request,
    body: RefreshBody | None = None,
    refresh_token: Text = "",
) -> TokensView:
    """Exchange a refresh token for new tokens.

    The token is taken from the body, else from the query, else from the cookie. A page that uses
    the cookie must send `Content-Type: application/json` or `X-Requested-With: page`.
    """
    if token := (body and body.refresh_token) or refresh_token:
        command = RefreshSession(by=actor, refresh_token=token)
        return _tokens(dependencies, await dependencies.sessions.refresh(command))
    cookie = RefreshCookie(request, dependencies.addresses)
    if (token := cookie.token()) is None:
        raise Malformed([FieldError(("body", "refresh_token"), "this is required")])
    command = RefreshSession(by=actor, refresh_token=token, is_repeatable=True)
    try:
        return _tokens(dependencies, await dependencies.sessions.refresh(command), cookie)
    except Unauthenticated:
        cookie.remove()
        raise


@endpoints.add("GET", "/api/v1/auth/me")
async def read_profile(caller: Caller) -> UserView:
    """Return the caller's account."""
    return user_view(caller.user)


@endpoints.add("PUT", "/api/v1/auth/me", raises=(Conflict, Rejected))
async def change_profile(dependencies: Dependencies, caller: Caller, body: ProfileBody) -> UserView:
    """Change the caller's e-mail address or full name."""
    command = ChangeProfile(by=caller.actor, email=body.email, full_name=body.full_name)
    return user_view(await dependencies.users.change_profile(command))


@endpoints.add("POST", "/api/v1/auth/logout", status=HTTPStatus.NO_CONTENT)
async def logout(dependencies: Dependencies, caller: Caller, request: web.Request) -> None:
    """Sign out: end the session, with its tokens and its cookie."""
    await dependencies.sessions.close(CloseSession(by=caller.actor, session_id=caller.session_id))
    RefreshCookie(request, dependencies.addresses).remove()


@endpoints.add(
    "POST",
    "/api/v1/auth/password",
    status=HTTPStatus.NO_CONTENT,
    raises=(Rejected, TooMany, Unavailable),
)
async def change_password(dependencies: Dependencies, caller: Caller, body: PasswordBody) -> None:
    """Change the caller's password; their other sessions end."""
    await dependencies.users.change_password(
        ChangePassword(
            by=caller.actor,
            current_password=body.current_password,
            new_password=body.new_password,
        )
    )


@endpoints.add("GET", "/api/v1/auth/sessions", reads=(SESSIONS.name,))
async def list_sessions(dependencies: Dependencies, caller: Caller) -> list[SessionView]:
    """List the caller's open sessions."""
    return [
        view_of(SessionView, row, is_current=row.id == caller.session_id)
        for row in await sessions_of(caller.user, dependencies.pool)
    ]


@endpoints.add(
    "DELETE",
    "/api/v1/auth/sessions/{session_id}",
    status=HTTPStatus.NO_CONTENT,
    raises=(NotFound,),
)
async def close_session(dependencies: Dependencies, caller: Caller, session_id: UUID) -> None:
    """End one of the caller's sessions."""
    command = CloseSession(by=caller.actor, session_id=session_id, reason="revoked")
    await dependencies.sessions.close(command)


def _tokens(
    dependencies: Dependencies, signed_in: SignedIn, cookie: RefreshCookie | None = None
) -> TokensView:
    if cookie is not None:
        cookie.put(signed_in.refresh_token, signed_in.session.expires_at)
    return TokensView(
        access_token=dependencies.tokens.issue(
            user_id=signed_in.user.id, session_id=signed_in.session.id
        ),
        refresh_token=None if cookie is not None else signed_in.refresh_token,
        token_type="bearer",  # noqa: S106 — the type of the token
        expires_in=dependencies.tokens.lifetime_s,
    )


def _printable(header: str) -> str:
    """Keep the part of a header that can be stored and displayed."""
    return "".join(char for char in header[:USER_AGENT_LENGTH_MAX] if char.isprintable())
