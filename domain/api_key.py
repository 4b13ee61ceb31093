"""API keys: programs authenticate with them, with limited rights, until the owner revokes them.

A key has the form ``mlp_<id>_<secret>``: the id of its stream in 32 hexadecimal digits, which is
not secret, and 256 random bits in URL-safe base64. The stream stores the SHA-256 of the secret;
256 random bits cannot be guessed from it.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Literal, Self, get_args
from uuid import UUID

from eventsourcing.domain import event

from domain.aggregate import Aggregate, Created
from domain.errors import NotFound, Rejected, Unauthenticated
from domain.model_text import line_of

PREFIX: Final = "mlp_"
SECRET_BYTES: Final = 32
NAME_LENGTH_MAX: Final = 100
LIFETIME_MAX: Final = timedelta(days=3_660)
CALLS_PER_MINUTE_MAX: Final = 1_000_000

Scope = Literal["predict", "read", "write"]
"""What a key may do: call models, read, change."""
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

# The last character is restricted so that each key has one spelling: 43 characters encode 258 bits.
_KEY = re.compile(r"mlp_([0-9a-f]{32})_([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])", re.ASCII)


@dataclass(frozen=True)
class PresentedKey:
    """The parts of a key in a request: the id of its stream, and the SHA-256 of its secret."""

    key_id: UUID
    digest: str

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Parse a key; raises `Unauthenticated` if it is malformed."""
        match = _KEY.fullmatch(text)
        if match is None:
            raise Unauthenticated("the API key is not valid")
        return cls(UUID(match[1]), digest_of(match[2]))


@dataclass(frozen=True)
class Terms:
    """What a key allows, until when, and how often."""

    scopes: tuple[Scope, ...]
    expires_at: datetime | None = None
    calls_per_minute: int | None = None

    def checked(self, now: datetime) -> Self:
        """Give them in the form that is recorded; raises `Rejected` if one is out of bounds."""
        until = self.expires_at
        if until is not None and not now < until <= now + LIFETIME_MAX:
            days = LIFETIME_MAX.days
            raise Rejected(f"expires_at: it is in the future, by {days} days at most")
        calls = self.calls_per_minute
        if calls is not None and not 1 <= calls <= CALLS_PER_MINUTE_MAX:
            raise Rejected(f"calls_per_minute: it is from 1 to {CALLS_PER_MINUTE_MAX}")
        if not self.scopes or not set(self.scopes) <= set(SCOPES):
            raise Rejected(f"scopes: one or more of {', '.join(SCOPES)}")
        scopes = tuple(scope for scope in SCOPES if scope in self.scopes)
        return replace(self, scopes=scopes, expires_at=until and until.astimezone(UTC))


def new_secret() -> str:
    """Generate 256 random bits, as 43 characters."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> str:
    """Give the SHA-256 of the text of a secret, in hexadecimal."""
    return sha256(secret.encode()).hexdigest()


def key_text(key_id: UUID, secret: str) -> str:
    """Give the text of a key, which its owner sees once."""
    return f"{PREFIX}{key_id.hex}_{secret}"


class ApiKey(Aggregate):
    """An API key: its owner, what it allows, and until when."""

    TOPIC = "ApiKey"
    NOUN = "API key"

    class Issued(Aggregate.Event, Created):
        """A key was issued to a user."""

        TOPIC = "ApiKey.Issued"
        owner_id: UUID
        name: str
        secret_digest: str
        scopes: tuple[Scope, ...]
        expires_at: datetime | None
        calls_per_minute: int | None

    class Revoked(Aggregate.Event):
        """The owner revoked the key."""

        TOPIC = "ApiKey.Revoked"

    @event(Issued)
    def __init__(
        self,
        owner_id: UUID,
        name: str,
        secret_digest: str,
        scopes: tuple[Scope, ...],
        expires_at: datetime | None,
        calls_per_minute: int | None,
    ) -> None:
        self.owner_id = owner_id
        self.name = name
        self.secret_digest = secret_digest
        self.scopes: tuple[Scope, ...] = scopes
        self.expires_at = expires_at
        self.calls_per_minute = calls_per_minute
        """A limit of this key, besides the limit of the account."""
        self.is_revoked = False

    @classmethod
    def issue(
        cls, *, owner_id: UUID, name: str, secret: str, terms: Terms, now: datetime
    ) -> ApiKey:
        """Issue a key to a user; raises `Rejected` if name or terms are out of bounds."""
        terms = terms.checked(now)
        return cls(
            owner_id,
            line_of("name", name, NAME_LENGTH_MAX),
            digest_of(secret),
            terms.scopes,
            terms.expires_at,
            terms.calls_per_minute,
        )

    def revoke(self, *, by: UUID) -> None:
        """Revoke the key, if it is not revoked; raises `NotFound` for other users."""
        if by != self.owner_id:
            raise NotFound(f"there is no such {self.noun()}")
        if not self.is_revoked:
            self._revoked()

    def check_secret(self, digest: str) -> None:
        """Raise `Unauthenticated` if the secret is wrong, in constant time."""
        if not hmac.compare_digest(digest, self.secret_digest):
            raise Unauthenticated("the API key is not valid")

    def check_usable(self, now: datetime) -> None:
        """Raise `Unauthenticated` if the key is revoked or expired."""
        if self.is_revoked:
            raise Unauthenticated("this API key was revoked")
        if self.expires_at is not None and now >= self.expires_at:
            raise Unauthenticated("this API key has expired")

    @event(Revoked)
    def _revoked(self) -> None:
        self.is_revoked = True
