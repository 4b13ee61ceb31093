"""Given / when / then for aggregates: a state, an action, and the new events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from domain.aggregate import Aggregate

AnyAggregate = TypeVar("AnyAggregate", bound=Aggregate)
EventFacts = tuple[str, dict[str, Any]]

HEADER_FIELDS = {"originator_id", "originator_version", "originator_topic", "timestamp"}


def when(given: AnyAggregate, act: Callable[[AnyAggregate], object]) -> list[EventFacts]:
    """Act on an aggregate, and return the topics and fields of the new events."""
    given.collect_events()
    act(given)
    return [facts_of(event) for event in given.collect_events()]


def then(event: type[Any], **facts: Any) -> list[EventFacts]:
    """Expect exactly one event, with these attributes."""
    return [(event.TOPIC, facts)]


def history(aggregate: Aggregate) -> list[EventFacts]:
    """The topics and fields of all events that were not collected yet."""
    return [facts_of(event) for event in aggregate.pending_events]


def facts_of(event: Any) -> EventFacts:
    """The topic of an event, and its fields without those of the header."""
    facts: dict[str, Any] = event.__dict__
    return event.TOPIC, {name: facts[name] for name in facts.keys() - HEADER_FIELDS}


def replayed(aggregate: AnyAggregate) -> AnyAggregate:
    """Replay the events of an aggregate that were not collected yet."""
    copy: Any = None
    for event in aggregate.pending_events:
        copy = event.mutate(copy)
    return copy


def state(aggregate: Aggregate) -> dict[str, Any]:
    """The attributes of an aggregate, without its pending events."""
    return {name: value for name, value in vars(aggregate).items() if name != "_pending_events"}
