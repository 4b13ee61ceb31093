"""Log in, refresh a session, log out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from commands.account_names import AccountNames
from commands.command import Command
from commands.passwords.account_passwords import AccountPasswords
from domain.errors import NotFound, Unauthenticated
from domain.events import Metadata
from domain.personal import login_name_of
from domain.session import CloseReason, Session, TokenDigests
from domain.user import User
from storage.event_store.event_store import EventStore

UUID_BYTES = 16
SECRET_BYTES = 32
TOKEN_LENGTH_MAX = 200


class LogIn(Command, frozen=True, kw_only=True):
    """Log in with a username or an e-mail address."""

    login: str
    password: str
    user_agent: str = ""


class RefreshSession(Command, frozen=True, kw_only=True):
    """Exchange a refresh token for the next one."""

    refresh_token: str
    is_repeatable: bool = False
    """Whether an immediate repetition gives the same token instead of an error.

    Tabs of one browser share their token, refresh it at the same time, and abort requests when
    they are reloaded.
    """


class CloseSession(Command, frozen=True, kw_only=True):
    """Close a session of the sender."""

    session_id: UUID
    reason: CloseReason = "logout"


@dataclass(frozen=True)
class SignedIn:
    """A session, its user, and the refresh token, which only the client receives."""

    user: User
    session: Session
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class RefreshTokens:
    """How long a refresh token is valid, and how the next one is made."""

    lifetime: timedelta
    successor_key: bytes = field(repr=False)

    def secret_after(self, secret: bytes, *, is_repeatable: bool) -> bytes:
        """Give the secret of the next token: random, or derived so that it can be repeated."""
        if not is_repeatable:
            return secrets.token_bytes(SECRET_BYTES)
        return hmac.digest(self.successor_key, secret, "sha256")


class SessionCommands:
    """Handles the commands on sessions."""

    def __init__(
        self,
        events: EventStore,
        passwords: AccountPasswords,
        names: AccountNames,
        refresh_tokens: RefreshTokens,
    ) -> None:
        self._events = events
        self._passwords = passwords
        self._names = names
        self._refresh_tokens = refresh_tokens

    async def log_in(self, command: LogIn) -> SignedIn:
        """Open a session; raises the same `Unauthenticated` for a wrong name or password.

        Both take the same time. Raises `TooMany` after failed attempts and `Forbidden` if the
        account is deactivated.
        """
        name = login_name_of(command.login)
        user = await self._names.find_user(name)
        is_right = await self._passwords.verify_password(
            command.password, user, account=self._names.limit_key(name), by=command.by
        )
        if not is_right or user is None:
            raise Unauthenticated("the username or the password is wrong")
        user.check_active()
        family, secret = (secrets.token_bytes(SECRET_BYTES) for _ in range(2))
        session = Session.open(
            user_id=user.id,
            credential_id=user.credential_id,
            token=TokenDigests(_digest(family), _digest(secret)),
            expires_at=await self._events.now() + self._refresh_tokens.lifetime,
            user_agent=command.user_agent,
        )
        [session] = await self._events.save([session], _metadata(command, user, session))
        return SignedIn(user, session, str(_RefreshToken(session.id, family, secret)))

    async def refresh(self, command: RefreshSession) -> SignedIn:
        """Exchange a refresh token; reuse of an old token closes the session."""
        presented = _RefreshToken.parsed(command.refresh_token)
        session = await self._events.find(Session, presented.session_id)
        if session is None:
            raise Unauthenticated("this refresh token is not valid")
        user = await self._events.load(User, session.user_id)
        now = await self._events.now()
        secret = self._refresh_tokens.secret_after(
            presented.secret, is_repeatable=command.is_repeatable
        )
        is_refreshed = False

        def refresh(session: Session) -> None:
            nonlocal is_refreshed
            user.check_session(session, now)
            is_refreshed = session.refresh(
                presented=presented.digests,
                token_digest=_digest(secret),
                expires_at=now + self._refresh_tokens.lifetime,
                now=now,
            )

        metadata = _metadata(command, user, session)
        session = await self._events.change(Session, session.id, refresh, metadata)
        if not is_refreshed:
            raise Unauthenticated("this refresh token was used before: the session is closed")
        return SignedIn(user, session, str(_RefreshToken(session.id, presented.family, secret)))

    async def close(self, command: CloseSession) -> None:
        """Close a session; raises `NotFound` for a session of another user."""

        def close(session: Session) -> None:
            if session.user_id != command.by.id:
                raise NotFound("there is no such session")
            session.close(command.reason)

        await self._events.change(Session, command.session_id, close, command.metadata)


@dataclass(frozen=True)
class _RefreshToken:
    """A refresh token: 80 bytes as URL-safe base64; only the client has it."""

    session_id: UUID
    family: bytes
    secret: bytes

    @classmethod
    def parsed(cls, text: str) -> _RefreshToken:
        """Parse a token; raises `Unauthenticated` if it is malformed."""
        try:
            raw = urlsafe_b64decode(text[:TOKEN_LENGTH_MAX] + "==")
            session_id = UUID(bytes=raw[:UUID_BYTES])
        except ValueError as error:
            raise Unauthenticated("this refresh token is not valid") from error
        return cls(session_id, raw[UUID_BYTES:-SECRET_BYTES], raw[-SECRET_BYTES:])

    @property
    def digests(self) -> TokenDigests:
        """The digests that the session stores."""
        return TokenDigests(_digest(self.family), _digest(self.secret))

    def __str__(self) -> str:
        raw = self.session_id.bytes + self.family + self.secret
        return urlsafe_b64encode(raw).decode().rstrip("=")


def _metadata(command: Command, user: User, session: Session) -> Metadata:
    """Record the user as the actor; the command is sent before the user is authenticated."""
    return Metadata(user.id, command.by.request_id, session.id, type(command).__name__)


def _digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()
