"""The base of the aggregates: identity, stable topics, cheap copies, ownership.

The library would store the Python path of an event class as its topic, so moving a module would
break old events. Here every aggregate and event class declares a ``TOPIC``; one that declares
none raises an error at import.

The attributes of an aggregate hold immutable values only (numbers, strings, tuples, frozen
dataclasses). A shallow copy is therefore independent of the original.
"""

from __future__ import annotations

import time
from copy import copy
from random import getrandbits
from typing import Any, ClassVar, Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, AggregateEvent, BaseAggregate

from domain.errors import NotFound

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_A = 0xFFF << 64
_RANDOM_B = (1 << 62) - 1


def new_id() -> UUID:
    """Generate a UUID of version 7 (RFC 9562): milliseconds since 1970, then 74 random bits.

    Such ids sort by time. Random ids would spread inserts over all pages of an index, and the
    append rate would fall as the table grows.
    """
    random = getrandbits(80)
    milliseconds = time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF
    number = milliseconds << 80 | _VERSION_7 | random & _RANDOM_A | _VARIANT | random & _RANDOM_B
    return UUID(int=number)


class Aggregate(BaseAggregate[UUID]):
    """An event-sourced object that is identified by a UUID."""

    NOUN: ClassVar[str] = ""
    """The name in messages, if it is not the class name in lower case."""

    class Event(AggregateEvent):
        """A change of one aggregate."""

    @classmethod
    def noun(cls) -> str:
        """Give the name of this kind of aggregate in messages."""
        return cls.NOUN or cls.__name__.lower()

    @staticmethod
    def create_id(*_: Any, **__: Any) -> UUID:
        """Generate the id of a new aggregate that is given none."""
        return new_id()

    def copy(self) -> Self:
        """Copy the aggregate; changes of the copy do not affect the original."""
        twin = copy(self)
        twin.__base_init__(self.id, self.version, self.created_on)
        twin.modified_on = self.modified_on
        twin.pending_events.extend(self.pending_events)
        return twin


class Created(AggregateCreated):
    """The first event of an aggregate."""


class Owned(Aggregate):
    """An aggregate that belongs to one user; for other users it does not exist."""

    owner_id: UUID
    is_deleted: bool

    def check_owner(self, user_id: UUID) -> None:
        """Raise `NotFound` unless the user owns the aggregate."""
        if user_id != self.owner_id:
            raise NotFound(f"there is no such {self.noun()}")

    def check_changeable(self, user_id: UUID) -> None:
        """Raise `NotFound` unless the user owns the aggregate and it is not deleted."""
        self.check_owner(user_id)
        if self.is_deleted:
            raise NotFound(f"this {self.noun()} was deleted")
