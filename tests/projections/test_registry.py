"""Rules for all projections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.aggregate import Aggregate, new_id
from domain.api_key import ApiKey
from domain.events import EVENTS, Metadata
from domain.model import Model
from domain.personal import Personal
from domain.session import Session, TokenDigests
from domain.user import User
from projections.engine.errors import UnknownEvent
from projections.engine.projection import StreamProjection
from projections.registry import PROJECTIONS
from storage.event_store.event_store import DecodedEvent
from tests.samples import ALICE, artifact, issued, opened, uploaded

NOW = datetime.now(UTC)
STREAM_PROJECTIONS = [each for each in PROJECTIONS.values() if isinstance(each, StreamProjection)]


@dataclass(frozen=True)
class Unknown(Aggregate.Event):
    """An event that a later release adds."""

    TOPIC = "User.Unknown"


def users() -> Sequence[User]:
    user = User(Personal("ada"), Personal("ada@example.org"), Personal("Ada"), uuid4())
    user.change_profile(email=Personal("a@example.org"), full_name=None)
    user.change_password(uuid4())
    user.grant_admin()
    user.revoke_admin()
    user.deactivate()
    user.reactivate()
    return [user]


def sessions() -> Sequence[Session]:
    closed, reused = opened(), opened()
    later = NOW + timedelta(days=1)
    closed.refresh(
        presented=TokenDigests("family", "a"), token_digest="b", expires_at=later, now=NOW
    )
    closed.close("logout")
    reused.refresh(
        presented=TokenDigests("family", "z"), token_digest="b", expires_at=later, now=NOW
    )
    return [closed, reused]


def api_keys() -> Sequence[ApiKey]:
    key = issued()
    key.revoke(by=ALICE)
    return [key]


def models() -> Sequence[Model]:
    model = uploaded()
    model.rename("another", by=ALICE)
    model.describe("more words", by=ALICE)
    model.add_version(artifact("e" * 64), by=ALICE)
    model.promote(2, by=ALICE)
    model.relabel(2, "two", by=ALICE)
    model.describe_schema(1, {"type": "array"}, None, by=ALICE)
    model.quarantine(1, "it crashed")
    model.release(1, by=ALICE)
    model.deactivate(by=ALICE)
    model.reactivate(by=ALICE)
    model.delete(by=ALICE)
    model.restore(by=ALICE)
    return [model]


HISTORIES = {"User": users, "Session": sessions, "ApiKey": api_keys, "Model": models}


def recorded(event: Any) -> DecodedEvent:
    return DecodedEvent(1, NOW, event, Metadata())


@pytest.mark.parametrize("projection", STREAM_PROJECTIONS, ids=lambda each: each.name)
def test_a_projection_knows_every_event_of_its_streams(projection: StreamProjection) -> None:
    events: list[Any] = [
        event
        for aggregate in HISTORIES[projection.stream_type]()
        for event in aggregate.pending_events
    ]

    assert all(list(projection.changes(recorded(event))) for event in events)
    of_type = {topic for topic in EVENTS if topic.startswith(f"{projection.stream_type}.")}
    assert {event.TOPIC for event in events} == of_type


@pytest.mark.parametrize("projection", STREAM_PROJECTIONS, ids=lambda each: each.name)
def test_a_projection_refuses_an_event_that_it_does_not_know(projection: StreamProjection) -> None:
    unknown = Unknown(originator_id=new_id(), originator_version=2, timestamp=NOW)

    with pytest.raises(UnknownEvent, match=r"User\.Unknown"):
        list(projection.changes(recorded(unknown)))
