"""Who asked for what: the facts that stand beside every event."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID


class Actor(NamedTuple):
    """Who sent a command, and through what."""

    id: UUID | None
    """The user; None where the platform itself or its operator acts."""
    request_id: str | None = None
    access_id: UUID | None = None
    """The session or API key that the user came with."""
    address: str = ""
    """From where the command came, as limits count it; recorded nowhere."""


class Metadata(NamedTuple):
    """What is recorded with each event apart from the event itself."""

    actor_id: UUID | None = None
    request_id: str | None = None
    access_id: UUID | None = None
    causation: str | None = None
    """The name of the command that decided the event."""


OPERATOR = Actor(id=None)
"""Whoever runs commands on the platform's own machine."""
