"""Call a model, and record the answer before it is returned."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from commands.command import Command
from domain.aggregate import new_id
from domain.errors import PredictionFailed, Unavailable
from domain.events import Actor
from domain.model import Model
from domain.model_version import ModelVersion
from domain.prediction import Prediction
from inference.inputs.row_encoding import encode_rows
from inference.model_file import ModelFile, ModelOutput
from inference.pool.pool import WorkerPool
from inference.protocol.messages import printable
from storage.event_store.event_store import EventStore

ROWS_MAX = 10_000


class Predict(Command, frozen=True, kw_only=True):
    """Call the live version of a model, or the version with the given number."""

    model_id: UUID
    input_data: Any
    """One row or several, as JSON values."""
    number: int | None = None
    rows_max: int = ROWS_MAX


class QuarantineVersion(Command, frozen=True, kw_only=True):
    """Stop calls of a version; the platform itself sends this after too many crashes."""


class PredictionResult(msgspec.Struct, frozen=True):
    """The answer of a model, as it was recorded."""

    event: Prediction.Served
    model: Model
    version: ModelVersion
    recorded_at: datetime


class PredictionCommands:
    """Handles calls of models."""

    def __init__(self, events: EventStore, engine: WorkerPool) -> None:
        self._events = events
        self._engine = engine

    async def predict(self, command: Predict) -> PredictionResult:
        """Give the answer after its event is committed.

        A call that is refused before it reaches the model (`NotFound`, `Conflict`, `Rejected`,
        `TooLarge`, `Unavailable`) records nothing. A call that the model fails is recorded as
        failed and raises `PredictionFailed`. A version whose processes crash too often is
        quarantined before the last error is raised; later calls are refused.
        """
        model = await self._events.peek(Model, command.model_id)
        version = model.serve(command.number, by=command.actor_id)
        signature = version.artifact.signature
        rows = encode_rows(signature, command.input_data, command.rows_max)
        fields = event_fields(command.model_id, version, rows.count, command.input_data)
        file = ModelFile.of(command.model_id, version)
        try:
            predicted = await self._engine.predict(file, signature, rows)
        except PredictionFailed as failure:
            failed = failed_event(fields, failure)
            await self._events.append([failed], command.metadata)
            failure.prediction_id = failed.originator_id
            await self._quarantine_if_exhausted(command, version, file)
            raise
        except Unavailable:
            if (current := await self._quarantine_if_exhausted(command, version, file)) is not None:
                current.version_numbered(version.number).check_serviceable()
            raise
        served = served_event(fields, predicted)
        appended = await self._events.append([served], command.metadata)
        return PredictionResult(served, model, version, appended.recorded_at)

    async def _quarantine_if_exhausted(
        self, command: Predict, version: ModelVersion, file: ModelFile
    ) -> Model | None:
        """Quarantine a version that crashed too often; of several such calls, one is recorded."""
        if (reason := self._engine.quarantine_reason(file)) is None:
            return None
        # The platform is the actor; the request is the one during which the last crash happened.
        actor = Actor(id=None, request_id=command.by.request_id)
        return await self._events.change(
            Model,
            command.model_id,
            lambda model: model.quarantine(version.number, reason),
            QuarantineVersion(by=actor).metadata,
        )


def event_fields(
    model_id: UUID, version: ModelVersion, rows: int, input_data: Any
) -> dict[str, Any]:
    """Give the fields that every event of a new prediction has, except the durations."""
    return {
        "originator_id": new_id(),
        "model_id": model_id,
        "number": version.number,
        "digest": version.artifact.digest,
        "rows": rows,
        "inputs": input_data,
    }


def served_event(fields: dict[str, Any], predicted: ModelOutput) -> Prediction.Served:
    """Make the event of a successful call."""
    return Prediction.Served(
        **fields,
        queue_us=predicted.queue_us,
        inference_us=predicted.inference_us,
        outputs=predicted.outputs,
        probabilities=predicted.probabilities,
    )


def failed_event(fields: dict[str, Any], failure: PredictionFailed) -> Prediction.Failed:
    """Make the event of a failed call."""
    return Prediction.Failed(
        **fields,
        queue_us=failure.queue_us,
        inference_us=failure.inference_us,
        reason=failure.reason,
        error=printable(str(failure)),
    )
