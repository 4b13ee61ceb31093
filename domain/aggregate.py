"""The base of the aggregates: a UUID as identity, stable names, copies that cost nothing.

The library would name a stored event after the Python path of its class, so that moving
a module would orphan history. Here every aggregate and every event carries a ``TOPIC``
of its own, and a missing one is an error at import.

An aggregate's attributes hold immutable values only (numbers, texts, tuples, frozen
dataclasses), so that a shallow copy is a true one.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, AggregateEvent, BaseAggregate

from domain.identity import new_id


class Aggregate(BaseAggregate[UUID]):
    """An event-sourced object that is identified by a UUID."""

    NOUN: ClassVar[str] = ""
    """What people call it, where that is not the name of its class."""

    class Event(AggregateEvent):
        """A fact about one aggregate."""

    @classmethod
    def noun(cls) -> str:
        """Give what people call it."""
        return cls.NOUN or cls.__name__.lower()

    @staticmethod
    def create_id(*_: Any, **__: Any) -> UUID:
        """Draw a fresh identity, for aggregates that have no natural one."""
        return new_id()

    def copy(self) -> Self:
        """Give an equal aggregate whose changes do not show in this one."""
        kind = type(self)
        twin = kind.__new__(kind)
        vars(twin).update(vars(self), _pending_events=list(self.pending_events))
        return twin


class Created(AggregateCreated):
    """The first fact about an aggregate."""
