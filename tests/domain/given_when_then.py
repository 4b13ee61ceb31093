"""Given / when / then for aggregates: state by history, behaviour by the events it adds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from domain.aggregate import Aggregate

A = TypeVar("A", bound=Aggregate)
Fact = tuple[str, dict[str, Any]]

BOOKKEEPING = {"originator_id", "originator_version", "originator_topic", "timestamp"}


def when(given: A, act: Callable[[A], object]) -> list[Fact]:
    """Act on what was given, and return the facts that this added."""
    given.collect_events()
    act(given)
    return [fact(event) for event in given.collect_events()]


def then(event: type[Any], **facts: Any) -> list[Fact]:
    """Expect exactly one event, with these attributes."""
    return [(event.TOPIC, facts)]


def history(aggregate: Aggregate) -> list[Fact]:
    """Everything that has happened since the aggregate was last collected from."""
    return [fact(event) for event in aggregate.pending_events]


def fact(event: Any) -> Fact:
    """An event by its topic and what it says, without its bookkeeping."""
    facts: dict[str, Any] = event.__dict__
    return event.TOPIC, {name: facts[name] for name in facts.keys() - BOOKKEEPING}


def replayed(aggregate: A) -> A:
    """Fold the events of an aggregate that has not been collected from."""
    twin: Any = None
    for event in aggregate.pending_events:
        twin = event.mutate(twin)
    return twin


def state(aggregate: Aggregate) -> dict[str, Any]:
    """Everything that an aggregate knows, but for what is not recorded yet."""
    return {name: value for name, value in vars(aggregate).items() if name != "_pending_events"}
