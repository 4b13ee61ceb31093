"""Every kind of event, by the topic under which it is stored.

Topics are looked up here and nowhere else: what stands in the database never decides what is
imported.
"""

from __future__ import annotations

from typing import Final

from eventsourcing.domain import DomainEvent

from domain.api_key import ApiKey
from domain.model import Model
from domain.prediction import Prediction
from domain.reservation import Reservation
from domain.session import Session
from domain.user import User


def _events_of(*kinds: type) -> dict[str, type[DomainEvent]]:
    events = [
        member
        for kind in kinds
        for name, member in vars(kind).items()
        if isinstance(member, type) and issubclass(member, DomainEvent) and name != "Event"
    ]
    by_topic = {_topic_of(event): event for event in events}
    assert len(by_topic) == len(events), "two kinds of event have one topic"
    return by_topic


def _topic_of(event: type[DomainEvent]) -> str:
    topic = getattr(event, "TOPIC", None)
    assert isinstance(topic, str), f"{event.__qualname__} has no topic"
    return topic


EVENTS: Final = _events_of(User, Reservation, Session, ApiKey, Model, Prediction)
PREDICTIONS: Final = (Prediction.Served.TOPIC, Prediction.Failed.TOPIC)
