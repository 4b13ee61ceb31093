"""One served or failed call of a model: a stream of one event.

Predictions are by far the most frequent events and never change. They are bare events: there is
no aggregate to load, and appending the same id again is recognised as a repetition.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import DomainEvent

from domain.errors import FailureReason

UNRECORDED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The timestamp of an event before the database clock sets it."""


class Prediction:
    """The events of a prediction; its id is the id of their stream."""

    TOPIC = "Prediction"

    @dataclass(frozen=True)
    class Event(DomainEvent):
        """A call of a model: of which version, with how many rows, how long it took."""

        model_id: UUID
        number: int
        digest: str
        rows: int
        queue_us: int
        inference_us: int

    @dataclass(frozen=True)
    class Served(Event):
        """A model answered a call."""

        TOPIC = "Prediction.Served"
        BODY = ("inputs", "outputs", "probabilities")
        inputs: Any
        outputs: Any
        probabilities: Any

    @dataclass(frozen=True)
    class Failed(Event):
        """A model was called and gave no answer."""

        TOPIC = "Prediction.Failed"
        BODY = ("inputs",)
        reason: FailureReason
        error: str
        inputs: Any
