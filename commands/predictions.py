"""Ask a model, and record what it answered before anybody hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from commands.command import Command
from commands.models import file_of
from domain.errors import PredictionFailed, Unavailable
from domain.identity import new_id
from domain.making import made_of
from domain.metadata import Actor
from domain.model import Model
from domain.model_version import ModelVersion
from domain.prediction import UNRECORDED, Prediction
from inference.engine import Engine, ModelFile, ModelOutput
from inference.inputs.row_encoding import Rows, encode_rows
from inference.protocol.messages import printable
from storage.event_store.event_store import EventStore

ROWS_MAX = 10_000


@dataclass(frozen=True, kw_only=True)
class Predict(Command):
    """Ask the serving version of a model, or the one that is named."""

    model_id: UUID
    input_data: Any
    """One row or many, as JSON values."""
    number: int | None = None
    rows_max: int = ROWS_MAX


@dataclass(frozen=True, kw_only=True)
class QuarantineVersion(Command):
    """Ask a version nothing more; the platform sends it, when too many processes were lost."""

    model_id: UUID
    number: int
    reason: str


class Answer(msgspec.Struct, frozen=True):
    """What a model answered, as it was recorded."""

    prediction_id: UUID
    model: Model
    version: ModelVersion
    rows: int
    outputs: list[Any]
    probabilities: list[Any] | None
    latency_us: int
    """In the queue and in the model."""
    recorded_at: datetime


class PredictionCommands:
    """Handles calls of models."""

    def __init__(self, events: EventStore, engine: Engine) -> None:
        self._events = events
        self._engine = engine

    async def predict(self, command: Predict) -> Answer:
        """Answer a call after its event is committed.

        A call that is refused before the model is asked (`NotFound`, `Conflict`, `Rejected`,
        `TooLarge`, `Unavailable`) records nothing. One that the model then fails is recorded as
        failed and raises `PredictionFailed`. A version that loses its processes too often is
        quarantined, before the caller hears of the last loss, and then refused.
        """
        model = await self._events.peek(Model, command.model_id)
        version = model.serve(command.number, by=command.actor_id)
        artifact = version.artifact
        rows = encode_rows(artifact.signature, command.input_data, command.rows_max)
        prediction_id = new_id()
        file = file_of(version)
        try:
            predicted = await self._engine.predict(file, artifact.signature, rows)
        except PredictionFailed as failure:
            await self._record_failure(command, version, prediction_id, rows, failure)
            await self._quarantine_if_exhausted(command, version, file)
            raise
        except Unavailable:
            if (known := await self._quarantine_if_exhausted(command, version, file)) is not None:
                known.version_numbered(version.number).answering()
            raise
        served = _served(command, version, prediction_id, rows, predicted)
        appended = await self._events.append([served], command.metadata)
        return Answer(
            prediction_id,
            model,
            version,
            rows.count,
            predicted.outputs,
            predicted.probabilities,
            predicted.queue_us + predicted.inference_us,
            appended.recorded_at,
        )

    async def quarantine(self, command: QuarantineVersion) -> Model:
        """Ask a version nothing more; of several who find that at once, one records it."""
        return await self._events.change(
            Model,
            command.model_id,
            lambda model: model.quarantine(command.number, command.reason),
            command.metadata,
        )

    async def _quarantine_if_exhausted(
        self, command: Predict, version: ModelVersion, file: ModelFile
    ) -> Model | None:
        if (reason := self._engine.quarantine_reason(file)) is None:
            return None
        # The platform acts; the request is the one that brought the last loss to light.
        actor = Actor(id=None, request_id=command.by.request_id)
        return await self.quarantine(
            QuarantineVersion(
                by=actor, model_id=command.model_id, number=version.number, reason=reason
            )
        )

    async def _record_failure(
        self,
        command: Predict,
        version: ModelVersion,
        prediction_id: UUID,
        rows: Rows,
        failure: PredictionFailed,
    ) -> None:
        failed = Prediction.Failed(
            originator_id=prediction_id,
            originator_version=1,
            timestamp=UNRECORDED,
            model_id=command.model_id,
            number=version.number,
            digest=version.artifact.digest,
            rows=rows.count,
            queue_us=failure.queue_us,
            inference_us=failure.inference_us,
            reason=failure.reason,
            error=printable(str(failure)),
            inputs=command.input_data,
        )
        await self._events.append([failed], command.metadata)
        failure.prediction_id = prediction_id


def _served(
    command: Predict, version: ModelVersion, prediction_id: UUID, rows: Rows, predicted: ModelOutput
) -> Prediction.Served:
    return made_of(
        Prediction.Served,
        originator_id=prediction_id,
        originator_version=1,
        timestamp=UNRECORDED,
        model_id=command.model_id,
        number=version.number,
        digest=version.artifact.digest,
        rows=rows.count,
        queue_us=predicted.queue_us,
        inference_us=predicted.inference_us,
        inputs=command.input_data,
        outputs=predicted.outputs,
        probabilities=predicted.probabilities,
    )
