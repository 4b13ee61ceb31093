"""What events and aggregates say, as plain values that become JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.domain import AggregateEvent

from domain.aggregate import Aggregate
from domain.events import EVENTS
from mlplatform.cli.transfer import AsSealed
from storage.event_store.event_store import DecodedEvent
from storage.event_store.mapper import HEADER, EventMapper, RecordedEvent, decode_metadata

HIDDEN = "[personal]"


class _Hidden(AsSealed):
    """Reads personal values as hidden, without any key."""

    def unseal(self, user_id: UUID, place: str, sealed: str) -> str:
        """Hide the value."""
        del user_id, place, sealed
        return HIDDEN


_mapper = EventMapper(EVENTS, _Hidden())


def without_personal(row: RecordedEvent) -> DecodedEvent:
    """Decode a row with its personal values hidden; raises `UnknownTopic`."""
    event = _mapper.to_domain_event(row)
    return DecodedEvent(row.position, row.recorded_at, event, decode_metadata(row.metadata))


def facts_of(event: Any) -> dict[str, Any]:
    """Give what an event says, apart from which it is."""
    return _plain({name: value for name, value in event.__dict__.items() if name not in HEADER})


def state_of(history: Sequence[DecodedEvent]) -> dict[str, Any]:
    """Give what a stream comes to; what stands alone, as predictions do, is its own state."""
    state: Any = None
    for recorded in history:
        event = recorded.event
        if not isinstance(event, AggregateEvent):
            return facts_of(event)
        state = event.mutate(state)
    assert isinstance(state, Aggregate)
    return _plain({name: value for name, value in vars(state).items() if not name.startswith("_")})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return msgspec.to_builtins(values)
