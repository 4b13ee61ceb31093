"""Sign in, stay signed in, sign out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from commands.command import Command
from commands.passwords.admission import Admission
from commands.users import UserCommands
from domain.errors import NotFound, Unauthenticated
from domain.events import Metadata
from domain.personal import login_name_of
from domain.session import CloseReason, Session, TokenDigests
from domain.user import User
from storage.credentials import Credentials
from storage.event_store.event_store import EventStore

UUID_BYTES = 16
SECRET_BYTES = 32
TOKEN_LENGTH_MAX = 200


class LogIn(Command, frozen=True, kw_only=True):
    """Sign in with a username or an e-mail address."""

    login: str
    password: str
    user_agent: str = ""


class RefreshSession(Command, frozen=True, kw_only=True):
    """Exchange a refresh token for the next one."""

    refresh_token: str
    is_repeatable: bool = False
    """Whether asking again at once gives the same token, and not a refusal.

    Pages of one browser share their token, ask at the same time, and break off when they are
    loaded anew.
    """


class CloseSession(Command, frozen=True, kw_only=True):
    """Sign a session of one's own out."""

    session_id: UUID
    reason: CloseReason = "logout"


@dataclass(frozen=True)
class SignedIn:
    """A session, whose it is, and the refresh token that only the client gets to see."""

    user: User
    session: Session
    refresh_token: str


@dataclass(frozen=True)
class RefreshTokens:
    """How long a refresh token is good, and what makes the one after it."""

    lifetime: timedelta
    successor_key: bytes = field(repr=False)

    def secret_after(self, secret: bytes, *, is_repeatable: bool) -> bytes:
        """Give the secret of the next token: by chance, or by a key that nobody else has."""
        if not is_repeatable:
            return secrets.token_bytes(SECRET_BYTES)
        return hmac.digest(self.successor_key, secret, "sha256")


class SessionCommands:
    """Handles the commands on sessions."""

    def __init__(
        self,
        events: EventStore,
        users: UserCommands,
        credentials: Credentials,
        admission: Admission,
        refresh_tokens: RefreshTokens,
    ) -> None:
        self._events = events
        self._users = users
        self._credentials = credentials
        self._admission = admission
        self._refresh_tokens = refresh_tokens

    async def log_in(self, command: LogIn) -> SignedIn:
        """Sign in; `Unauthenticated` says the same whatever was wrong, after the same time.

        Raises `TooMany` after failures and `Forbidden` where the account is closed.
        """
        name = login_name_of(command.login)
        user = await self._users.user_named(name)
        credential = user and await self._credentials.get(user.credential_id, user.id)
        is_right = await self._admission.opens(
            command.password, credential, account=self._users.account_of(name), by=command.by
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
        as_user = Metadata(user.id, command.by.request_id, session.id, type(command).__name__)
        [session] = await self._events.save([session], as_user)
        return SignedIn(user, session, str(_RefreshToken(session.id, family, secret)))

    async def refresh(self, command: RefreshSession) -> SignedIn:
        """Exchange a refresh token; one that was used before ends the whole session."""
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

        as_user = Metadata(user.id, command.by.request_id, session.id, type(command).__name__)
        session = await self._events.change(Session, session.id, refresh, as_user)
        if not is_refreshed:
            raise Unauthenticated("this refresh token was used before: the session is closed")
        return SignedIn(user, session, str(_RefreshToken(session.id, presented.family, secret)))

    async def close(self, command: CloseSession) -> None:
        """Sign a session out; raises `NotFound` for one of somebody else's."""

        def close(session: Session) -> None:
            if session.user_id != command.by.id:
                raise NotFound("there is no such session")
            session.close(command.reason)

        await self._events.change(Session, command.session_id, close, command.metadata)


@dataclass(frozen=True)
class _RefreshToken:
    """What only the client gets to see: 80 bytes in the alphabet of URLs."""

    session_id: UUID
    family: bytes
    secret: bytes

    @classmethod
    def parsed(cls, text: str) -> _RefreshToken:
        """Take a token apart; raises `Unauthenticated` for what is none."""
        try:
            raw = urlsafe_b64decode(text[:TOKEN_LENGTH_MAX] + "==")
            session_id = UUID(bytes=raw[:UUID_BYTES])
        except ValueError as error:
            raise Unauthenticated("this refresh token is not valid") from error
        return cls(session_id, raw[UUID_BYTES:-SECRET_BYTES], raw[-SECRET_BYTES:])

    @property
    def digests(self) -> TokenDigests:
        """What the session knows of it."""
        return TokenDigests(_digest(self.family), _digest(self.secret))

    def __str__(self) -> str:
        raw = self.session_id.bytes + self.family + self.secret
        return urlsafe_b64encode(raw).decode().rstrip("=")


def _digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()
