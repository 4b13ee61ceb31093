"""One served or failed call of a model: a stream of one event.

Predictions are by far the most frequent events and never change. They are bare events: there is
no aggregate to load, and appending the same id again is recognised as a repetition. One is made
for every call, so they are structs: the library's frozen dataclasses take four times as long.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from domain.errors import FailureReason

UNRECORDED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The timestamp of an event before the database clock sets it."""


class Prediction:
    """The events of a prediction; its id is the id of their stream."""

    TOPIC = "Prediction"

    class Event(msgspec.Struct, frozen=True, kw_only=True):
        """A call of a model: of which version, with how many rows, how long it took."""

        originator_id: UUID
        originator_version: int = 1
        timestamp: datetime = UNRECORDED
        model_id: UUID
        number: int
        digest: str
        rows: int
        queue_us: int
        inference_us: int

    class Served(Event, frozen=True, kw_only=True):
        """A model answered a call."""

        TOPIC = "Prediction.Served"
        BODY = ("inputs", "outputs", "probabilities")
        inputs: Any
        outputs: Any
        probabilities: Any

    class Failed(Event, frozen=True, kw_only=True):
        """A model was called and gave no answer."""

        TOPIC = "Prediction.Failed"
        BODY = ("inputs",)
        reason: FailureReason
        error: str
        inputs: Any
