"""Keys by which programs call without signing in: named, limited, ended by their owner.

A key reads ``mlp_<id>_<secret>``: the id of its stream in 32 hexadecimal digits, which is no
secret, and 256 random bits in the alphabet of URLs. The stream holds the SHA-256 of the secret,
which gives nothing away: there is nothing to guess in 256 random bits.
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

from domain.aggregate import Aggregate, Created, new_id
from domain.errors import NotFound, Rejected, Unauthenticated
from domain.model_text import line_of

PREFIX: Final = "mlp_"
SECRET_BYTES: Final = 32
NAME_LENGTH_MAX: Final = 100
LIFETIME_MAX: Final = timedelta(days=3_660)
CALLS_PER_MINUTE_MAX: Final = 1_000_000

Scope = Literal["predict", "read", "write"]
"""What a key may do: ask models, look at what there is, change it."""
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

# One spelling for each key: 43 characters hold two bits more than there are in a secret.
_KEY = re.compile(r"mlp_([0-9a-f]{32})_([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])", re.ASCII)


@dataclass(frozen=True)
class PresentedKey:
    """What a caller's key says: which stream to look at, and the SHA-256 of its secret."""

    key_id: UUID
    digest: str

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Take a key apart; raises `Unauthenticated` for what is none."""
        match = _KEY.fullmatch(text)
        if match is None:
            raise Unauthenticated("the API key is not valid")
        return cls(UUID(match[1]), digest_of(match[2]))


@dataclass(frozen=True)
class Terms:
    """What a key is good for, until when, and how often."""

    scopes: tuple[Scope, ...]
    expires_at: datetime | None = None
    calls_per_minute: int | None = None

    def checked(self, now: datetime) -> Self:
        """Give them as they are recorded; raises `Rejected` where they are none."""
        until = self.expires_at
        if until is not None and not now < until <= now + LIFETIME_MAX:
            days = LIFETIME_MAX.days
            raise Rejected(f"expires_at: it is later than now, and by {days} days at the most")
        calls = self.calls_per_minute
        if calls is not None and not 1 <= calls <= CALLS_PER_MINUTE_MAX:
            raise Rejected(f"calls_per_minute: it is from 1 to {CALLS_PER_MINUTE_MAX}")
        if not self.scopes or not set(self.scopes) <= set(SCOPES):
            raise Rejected(f"scopes: one or more of {', '.join(SCOPES)}")
        scopes = tuple(scope for scope in SCOPES if scope in self.scopes)
        return replace(self, scopes=scopes, expires_at=until and until.astimezone(UTC))


def new_secret() -> str:
    """Draw 256 random bits, in 43 characters."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> str:
    """Give the SHA-256 of a secret as it is written, in hexadecimal."""
    return sha256(secret.encode()).hexdigest()


def key_text(key_id: UUID, secret: str) -> str:
    """Write a key as its owner gets to see it, once."""
    return f"{PREFIX}{key_id.hex}_{secret}"


class ApiKey(Aggregate):
    """Whose key it is, what it opens, and until when."""

    TOPIC = "ApiKey"
    NOUN = "API key"

    class Issued(Aggregate.Event, Created):
        """A user was given a key."""

        TOPIC = "ApiKey.Issued"
        owner_id: UUID
        name: str
        secret_digest: str
        scopes: tuple[Scope, ...]
        expires_at: datetime | None
        calls_per_minute: int | None

    class Revoked(Aggregate.Event):
        """The owner ended the key."""

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
        """A limit of the key's own, where the owner wants a lower one than there is."""
        self.is_revoked = False

    @classmethod
    def issue(
        cls, *, owner_id: UUID, name: str, secret: str, terms: Terms, now: datetime
    ) -> ApiKey:
        """Give a user a key; raises `Rejected` where its name or its terms are none."""
        terms = terms.checked(now)
        return cls._create(
            cls.Issued,
            id=new_id(),
            owner_id=owner_id,
            name=line_of("name", name, NAME_LENGTH_MAX),
            secret_digest=digest_of(secret),
            scopes=terms.scopes,
            expires_at=terms.expires_at,
            calls_per_minute=terms.calls_per_minute,
        )

    def revoke(self, *, by: UUID) -> None:
        """End the key; one that is at its end stays so. Raises `NotFound` for a stranger."""
        if by != self.owner_id:
            raise NotFound(f"there is no such {self.noun()}")
        if not self.is_revoked:
            self._revoked()

    def check_secret(self, digest: str) -> None:
        """Raise `Unauthenticated` where a secret is not the key's, after the same time always."""
        if not hmac.compare_digest(digest, self.secret_digest):
            raise Unauthenticated("the API key is not valid")

    def check_usable(self, now: datetime) -> None:
        """Raise `Unauthenticated` where the key was revoked or has run out."""
        if self.is_revoked:
            raise Unauthenticated("this API key was revoked")
        if self.expires_at is not None and now >= self.expires_at:
            raise Unauthenticated("this API key has expired")

    @event(Revoked)
    def _revoked(self) -> None:
        self.is_revoked = True
