"""Reservations keep e-mail addresses and usernames unique.

Each name has its own stream. It is taken by an append at a version that only one writer can use,
in one transaction with the events of the account.
"""

from __future__ import annotations

import hmac
from typing import Any, Literal
from uuid import UUID

from eventsourcing.domain import event

from domain.aggregate import Aggregate, Created
from domain.errors import Conflict
from domain.personal import Personal

NameKind = Literal["email", "username"]

_VERSION_8 = 0x8 << 76
_VARIANT = 0b10 << 62
_FIXED_BITS = 0xF << 76 | 0b11 << 62


def reservation_id(identity_key: bytes, kind: NameKind, name: Personal) -> UUID:
    """Give the id of the stream of a normalised name.

    It is the HMAC-SHA256 under a key that never changes, truncated to a UUID of version 8
    (RFC 9562). Without the key, names cannot be derived or guessed.
    """
    digest = hmac.digest(identity_key, f"{kind}:{name}".encode(), "sha256")
    number = int.from_bytes(digest[:16], "big")
    return UUID(int=number & ~_FIXED_BITS | _VERSION_8 | _VARIANT)


class Reservation(Aggregate):
    """One e-mail address or username, and the account that holds it, if any."""

    TOPIC = "Reservation"

    class Taken(Aggregate.Event, Created):
        """An account took the name; the first such event creates the aggregate."""

        TOPIC = "Reservation.Taken"
        kind: NameKind
        user_id: UUID

        def mutate(self, aggregate: Any) -> Any:
            """Create the aggregate, or give a released name to its next holder."""
            if aggregate is None:
                return super().mutate(None)
            return Aggregate.Event.mutate(self, aggregate)

        def apply(self, aggregate: Any) -> None:
            """Set the holder."""
            aggregate.user_id = self.user_id

    class Released(Aggregate.Event):
        """The account released the name."""

        TOPIC = "Reservation.Released"

    @event(Taken)
    def __init__(self, kind: NameKind, user_id: UUID) -> None:
        self.kind: NameKind = kind
        self.user_id: UUID | None = user_id

    @classmethod
    def open(cls, stream_id: UUID, kind: NameKind, *, by: UUID) -> Reservation:
        """Take a name that was never taken before."""
        return cls._create(cls.Taken, id=stream_id, kind=kind, user_id=by)

    def take(self, *, by: UUID) -> None:
        """Take the name; raises `Conflict` if another account holds it."""
        if self.user_id not in (None, by):
            raise Conflict(f"{self.kind}: this {self.kind} is taken")
        if self.user_id is None:
            self.trigger_event(self.Taken, kind=self.kind, user_id=by, originator_topic=self.TOPIC)

    def release(self, *, by: UUID) -> None:
        """Release the name, if the account holds it."""
        if self.user_id == by:
            self._released()

    @event(Released)
    def _released(self) -> None:
        self.user_id = None
