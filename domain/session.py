"""A login session: a family of refresh tokens, of which only the newest is valid.

A refresh token consists of the session id, a secret that all tokens of the family share, and a
secret of its own, each of 256 random bits. Streams store the SHA-256 of both secrets. 256 random
bits cannot be guessed, and the duration of a comparison of digests reveals nothing useful.

A caller who knows the secret of the family has one of its tokens. If it is not the newest, it was
used before, by the user or by a thief, and the session ends. This needs no list of old tokens, and
guessing cannot end a session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID

from eventsourcing.domain import event

from domain.aggregate import Aggregate, Created
from domain.errors import Unauthenticated

SESSION_LIFETIME_MAX = timedelta(days=30)
REUSE_GRACE = timedelta(seconds=2)
"""A client whose connection broke may repeat a refresh within this time."""
USER_AGENT_LENGTH_MAX = 200

CloseReason = Literal["logout", "revoked", "password_changed", "deactivated"]


@dataclass(frozen=True)
class TokenDigests:
    """The SHA-256 of a refresh token's secrets, in hexadecimal."""

    family: str
    own: str


class Session(Aggregate):
    """Who logged in, with which credential, and which refresh token is valid."""

    TOPIC = "Session"

    class Opened(Aggregate.Event, Created):
        """A user logged in."""

        TOPIC = "Session.Opened"
        class_version: ClassVar[int] = 2
        user_id: UUID
        credential_id: UUID | None
        family_digest: str
        token_digest: str
        expires_at: datetime
        user_agent: str

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Set no credential and no family, so that the session is not valid any more."""
            state["credential_id"] = None
            state["family_digest"] = ""

    class Refreshed(Aggregate.Event):
        """The refresh token was exchanged for the next one."""

        TOPIC = "Session.Refreshed"
        token_digest: str
        expires_at: datetime

    class Closed(Aggregate.Event):
        """The session ended before it expired."""

        TOPIC = "Session.Closed"
        reason: CloseReason

    class ReuseDetected(Aggregate.Event):
        """An old refresh token was used again; one of the two uses may be by a thief."""

        TOPIC = "Session.ReuseDetected"

    @event(Opened)
    def __init__(
        self,
        user_id: UUID,
        credential_id: UUID | None,
        family_digest: str,
        token_digest: str,
        expires_at: datetime,
        user_agent: str,
    ) -> None:
        self.user_id = user_id
        self.credential_id = credential_id
        self.family_digest = family_digest
        self.token_digest = token_digest
        self.expires_at = expires_at
        self.user_agent = user_agent
        self.former_digest = ""
        self.is_open = True

    @classmethod
    def open(
        cls,
        *,
        user_id: UUID,
        credential_id: UUID,
        token: TokenDigests,
        expires_at: datetime,
        user_agent: str,
    ) -> Session:
        """Log a user in with a credential."""
        user_agent = user_agent[:USER_AGENT_LENGTH_MAX]
        return cls(user_id, credential_id, token.family, token.own, expires_at, user_agent)

    def refresh(
        self, *, presented: TokenDigests, token_digest: str, expires_at: datetime, now: datetime
    ) -> bool:
        """Exchange the presented token for the next one; returns whether that succeeded.

        A repetition within `REUSE_GRACE` returns True and changes nothing. For a token that was
        used before, it ends the session and returns False, so that the event is saved. Raises
        `Unauthenticated` for all other refusals.
        """
        self.check_open(now)
        if presented.family != self.family_digest:
            raise Unauthenticated("this refresh token is not valid")
        if presented.own == self.token_digest:
            self._refreshed(token_digest, min(expires_at, self.created_on + SESSION_LIFETIME_MAX))
            return True
        if presented.own == self.former_digest and now - self.modified_on <= REUSE_GRACE:
            if token_digest == self.token_digest:
                return True
            raise Unauthenticated("this refresh token has just been used")
        self._reuse_detected()
        return False

    def close(self, reason: CloseReason) -> None:
        """Close the session, if it is open."""
        if self.is_open:
            self._closed(reason)

    def check_open(self, now: datetime) -> None:
        """Raise `Unauthenticated` if the session is closed or expired."""
        if not self.is_open:
            raise Unauthenticated("this session was closed")
        if now >= self.expires_at:
            raise Unauthenticated("this session has expired")

    @event(Refreshed)
    def _refreshed(self, token_digest: str, expires_at: datetime) -> None:
        self.former_digest = self.token_digest
        self.token_digest = token_digest
        self.expires_at = expires_at

    @event(Closed)
    def _closed(self, reason: CloseReason) -> None:  # noqa: ARG002 — part of the event
        self.is_open = False

    @event(ReuseDetected)
    def _reuse_detected(self) -> None:
        self.is_open = False
