"""Making events where it has to be fast."""

from __future__ import annotations

from typing import Any, TypeVar

E = TypeVar("E")


def event_of(kind: type[E], /, **facts: Any) -> E:
    """Make an event of all its facts, at a quarter of what its constructor costs.

    That of a frozen dataclass sets each fact by a call of its own. Whether all are given is not
    checked.
    """
    event = object.__new__(kind)
    object.__setattr__(event, "__dict__", facts)
    return event
