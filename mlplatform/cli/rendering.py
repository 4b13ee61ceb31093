"""Events and aggregates as plain values that can be encoded as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from eventsourcing.domain import AggregateEvent

from domain.aggregate import Aggregate
from domain.events import EVENTS
from mlplatform.cli.transfer import KeylessSealer
from storage.event_store.event_store import DecodedEvent
from storage.event_store.mapper import (
    HEADER,
    EventMapper,
    RecordedEvent,
    decode_metadata,
    field_names,
)

HIDDEN = "[personal]"


_mapper = EventMapper(EVENTS, KeylessSealer(HIDDEN))


def without_personal(row: RecordedEvent) -> DecodedEvent:
    """Decode a row with its personal values hidden; raises `UnknownTopic`."""
    event = _mapper.to_domain_event(row)
    return DecodedEvent(row.position, row.recorded_at, event, decode_metadata(row.metadata))


def fields_of(event: Any) -> dict[str, Any]:
    """Give the fields of an event, without those of its header."""
    names = (name for name in field_names(EVENTS[event.TOPIC]) if name not in HEADER)
    return msgspec.to_builtins({name: getattr(event, name) for name in names})


def state_of(history: Sequence[DecodedEvent]) -> dict[str, Any]:
    """Replay a stream and give its state; the state of a prediction is its only event."""
    state: Any = None
    for recorded in history:
        event = recorded.event
        if not isinstance(event, AggregateEvent):
            return fields_of(event)
        state = event.mutate(state)
    assert isinstance(state, Aggregate)
    public = {name: value for name, value in vars(state).items() if not name.startswith("_")}
    return msgspec.to_builtins(public)
