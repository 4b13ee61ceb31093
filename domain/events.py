"""Every kind of event, by the topic under which it is stored.

Topics are looked up here and nowhere else: what stands in the database never decides what is
imported.
"""

from __future__ import annotations

from typing import Final

from eventsourcing.domain import DomainEvent

from domain.model import Model
from domain.prediction import Prediction
from domain.reservation import Reservation
from domain.session import Session
from domain.user import User


def _events_of(*kinds: type) -> dict[str, type[DomainEvent]]:
    return {
        member.__dict__.get("TOPIC", f"{kind.__name__}.{name}"): member
        for kind in kinds
        for name, member in vars(kind).items()
        if isinstance(member, type) and issubclass(member, DomainEvent) and name != "Event"
    }


EVENTS: Final = _events_of(User, Reservation, Session, Model, Prediction)
PREDICTIONS: Final = (Prediction.Served.TOPIC, Prediction.Failed.TOPIC)
