"""A name that one account holds: how an e-mail address or a username is kept unique.

Each name has a stream of its own. Taking it is an append at a version that only one writer can
have, in the same call as the account's own events, so that both happen or neither does.
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
    """Say which stream holds a normalised name.

    HMAC-SHA256 under a key that never changes, cut to a UUID of version 8 (RFC 9562), so that
    nobody can tell from the stream which address it stands for, or try addresses out.
    """
    digest = hmac.digest(identity_key, f"{kind}:{name}".encode(), "sha256")
    number = int.from_bytes(digest[:16], "big")
    return UUID(int=number & ~_FIXED_BITS | _VERSION_8 | _VARIANT)


class Reservation(Aggregate):
    """One e-mail address or username, held by one account or by none."""

    TOPIC = "Reservation"

    class Taken(Aggregate.Event, Created):
        """An account took the name; the first time this also opens the stream."""

        TOPIC = "Reservation.Taken"
        kind: NameKind
        user_id: UUID

        def mutate(self, aggregate: Any) -> Any:
            """Open the stream, or hand a released name to its next holder."""
            if aggregate is None:
                return super().mutate(None)
            return Aggregate.Event.mutate(self, aggregate)

        def apply(self, aggregate: Any) -> None:
            """Note the holder."""
            aggregate.user_id = self.user_id

    class Released(Aggregate.Event):
        """The account let the name go."""

        TOPIC = "Reservation.Released"

    @event(Taken)
    def __init__(self, kind: NameKind, user_id: UUID) -> None:
        self.kind: NameKind = kind
        self.user_id: UUID | None = user_id

    @classmethod
    def open(cls, stream_id: UUID, kind: NameKind, *, by: UUID) -> Reservation:
        """Take a name that nobody ever held."""
        return cls._create(cls.Taken, id=stream_id, kind=kind, user_id=by)

    def take(self, *, by: UUID) -> None:
        """Take the name; raises `Conflict` where another account holds it."""
        if self.user_id not in (None, by):
            raise Conflict(f"{self.kind}: this {self.kind} is taken")
        if self.user_id is None:
            self.trigger_event(self.Taken, kind=self.kind, user_id=by, originator_topic=self.TOPIC)

    def release(self, *, by: UUID) -> None:
        """Let the name go; who does not hold it releases nothing."""
        if self.user_id == by:
            self._released()

    @event(Released)
    def _released(self) -> None:
        self.user_id = None
