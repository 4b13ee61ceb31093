"""One answered or failed call of a model: a stream of one event each.

Predictions are by far the most frequent events and are never changed, so they are bare events:
there is no aggregate to load, and a repeated append of the same id is found to be the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import DomainEvent

from domain.errors import FailureReason

UNRECORDED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of an event until it is recorded: the database's clock is the only one that counts."""


class Prediction:
    """The events of a prediction; its identity is that of their stream."""

    TOPIC = "Prediction"

    @dataclass(frozen=True)
    class Served(DomainEvent):
        """A model answered a call."""

        TOPIC = "Prediction.Served"
        BODY = ("inputs", "outputs", "probabilities")
        model_id: UUID
        number: int
        digest: str
        rows: int
        queue_us: int
        inference_us: int
        inputs: Any
        outputs: Any
        probabilities: Any

    @dataclass(frozen=True)
    class Failed(DomainEvent):
        """A model was asked and gave no answer."""

        TOPIC = "Prediction.Failed"
        BODY = ("inputs",)
        model_id: UUID
        number: int
        digest: str
        rows: int
        queue_us: int
        inference_us: int
        reason: FailureReason
        error: str
        inputs: Any
