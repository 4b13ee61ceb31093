"""Sign in, stay signed in, sign out."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from commands.command import Command
from commands.passwords import Passwords
from commands.users import UserCommands
from domain.errors import NotFound, Unauthenticated
from domain.metadata import Metadata
from domain.personal import login_name_of
from domain.session import CloseReason, Session
from domain.user import User
from storage.credentials import Credentials
from storage.event_store import EventStore

SECRET_BYTES = 32
TOKEN_LENGTH_MAX = 200


@dataclass(frozen=True, kw_only=True)
class LogIn(Command):
    """Sign in with a username or an e-mail address."""

    login: str
    password: str
    user_agent: str = ""


@dataclass(frozen=True, kw_only=True)
class RefreshSession(Command):
    """Exchange a refresh token for the next one."""

    refresh_token: str


@dataclass(frozen=True, kw_only=True)
class CloseSession(Command):
    """Sign a session of one's own out."""

    session_id: UUID
    reason: CloseReason = "logout"


@dataclass(frozen=True, kw_only=True)
class CloseSessions(Command):
    """Sign sessions of a user out, for example all others after a change of password."""

    user_id: UUID
    session_ids: tuple[UUID, ...]
    reason: CloseReason


@dataclass(frozen=True)
class SignedIn:
    """A session, whose it is, and the refresh token that only the client gets to see."""

    user: User
    session: Session
    refresh_token: str


class SessionCommands:
    """Handles the commands on sessions."""

    def __init__(
        self,
        events: EventStore,
        users: UserCommands,
        credentials: Credentials,
        passwords: Passwords,
        *,
        refresh_lifetime: timedelta,
    ) -> None:
        self._events = events
        self._users = users
        self._credentials = credentials
        self._passwords = passwords
        self._refresh_lifetime = refresh_lifetime

    async def log_in(self, command: LogIn) -> SignedIn:
        """Sign in; `Unauthenticated` says the same whatever was wrong, after the same time."""
        user = await self._users.user_named(login_name_of(command.login))
        credential = user and await self._credentials.get(user.credential_id, user.id)
        if not await self._passwords.matches(command.password, credential) or user is None:
            raise Unauthenticated("the username or the password is wrong")
        user.check_active()
        secret = secrets.token_bytes(SECRET_BYTES)
        session = Session.open(
            user_id=user.id,
            token_digest=_digest(secret),
            expires_at=datetime.now(UTC) + self._refresh_lifetime,
            user_agent=command.user_agent,
        )
        as_user = Metadata(user.id, command.by.request_id, session.id, type(command).__name__)
        [session] = await self._events.save([session], as_user)
        return SignedIn(user, session, _token(session.id, secret))

    async def refresh(self, command: RefreshSession) -> SignedIn:
        """Exchange a refresh token; one that was used before ends the whole session."""
        session_id, presented = _parsed(command.refresh_token)
        secret = secrets.token_bytes(SECRET_BYTES)
        is_refreshed = False

        def refresh(session: Session) -> None:
            nonlocal is_refreshed
            now = datetime.now(UTC)
            is_refreshed = session.refresh(
                presented=_digest(presented),
                token_digest=_digest(secret),
                expires_at=now + self._refresh_lifetime,
                now=now,
            )

        session = await self._events.find(Session, session_id)
        if session is None:
            raise Unauthenticated("this refresh token is not valid")
        user = await self._events.load(User, session.user_id)
        user.check_active()
        as_user = Metadata(user.id, command.by.request_id, session.id, type(command).__name__)
        session = await self._events.change(Session, session_id, refresh, as_user)
        if not is_refreshed:
            raise Unauthenticated("this refresh token was used before: the session is closed")
        return SignedIn(user, session, _token(session_id, secret))

    async def close(self, command: CloseSession) -> None:
        """Sign a session out; raises `NotFound` for one of somebody else's."""

        def close(session: Session) -> None:
            if session.user_id != command.by.id:
                raise NotFound("there is no such session")
            session.close(command.reason)

        await self._events.change(Session, command.session_id, close, command.metadata)

    async def close_all(self, command: CloseSessions) -> None:
        """Sign all these sessions of a user out, in one call."""

        async def decided() -> list[Session]:
            sessions = [await self._events.load(Session, each) for each in command.session_ids]
            for session in sessions:
                if session.user_id == command.user_id:
                    session.close(command.reason)
            return sessions

        await self._events.change_all(decided, command.metadata)


def _digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()


def _token(session_id: UUID, secret: bytes) -> str:
    return urlsafe_b64encode(session_id.bytes + secret).decode().rstrip("=")


def _parsed(token: str) -> tuple[UUID, bytes]:
    """Take a refresh token apart into the session's id and the secret."""
    try:
        raw = urlsafe_b64decode(token[:TOKEN_LENGTH_MAX] + "==")
        return UUID(bytes=raw[:16]), raw[16 : 16 + SECRET_BYTES]
    except ValueError as error:
        raise Unauthenticated("this refresh token is not valid") from error
