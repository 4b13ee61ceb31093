"""All event classes by their stored topic, and the metadata that is stored with each event.

Topics are resolved only here: a topic in the database never causes an import.
"""

from __future__ import annotations

from typing import Final, TypeAlias
from uuid import UUID

import msgspec
from eventsourcing.domain import DomainEvent

from domain.api_key import ApiKey
from domain.model import Model
from domain.prediction import Prediction
from domain.reservation import Reservation
from domain.session import Session
from domain.user import User


class Actor(msgspec.Struct, frozen=True):
    """Who sent a command, and how they authenticated."""

    id: UUID | None
    """The user; None for the platform itself and its operator."""
    request_id: str | None = None
    access_id: UUID | None = None
    """The session or API key that the user authenticated with."""
    address: str = ""
    """The client address that limits count by; never stored."""


class Metadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is stored with each event besides its own state."""

    actor_id: UUID | None = None
    request_id: str | None = None
    access_id: UUID | None = None
    causation: str | None = None
    """The name of the command that caused the event."""


Event: TypeAlias = DomainEvent | Prediction.Event
EVENT_BASES: Final = (DomainEvent, Prediction.Event)

OPERATOR: Final = Actor(id=None)
"""The person who runs commands on the server itself."""


def _events_of(*kinds: type) -> dict[str, type[Event]]:
    events = [
        member
        for kind in kinds
        for name, member in vars(kind).items()
        if isinstance(member, type) and issubclass(member, EVENT_BASES) and name != "Event"
    ]
    by_topic = {_topic_of(event): event for event in events}
    assert len(by_topic) == len(events), "two event classes share a topic"
    return by_topic


def _topic_of(event: type[Event]) -> str:
    topic = getattr(event, "TOPIC", None)
    assert isinstance(topic, str), f"{event.__qualname__} has no topic"
    return topic


EVENTS: Final = _events_of(User, Reservation, Session, ApiKey, Model, Prediction)
PREDICTIONS: Final = (Prediction.Served.TOPIC, Prediction.Failed.TOPIC)
