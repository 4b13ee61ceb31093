"""Predictions over HTTP: asking a model, and looking up what was answered.

Asking is what the platform is for: it costs no query, and the answer is encoded straight from
what was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from api.auth.ownership import audited_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints
from api.endpoints.parsing import Body
from api.http.request_context import Caller
from api.routes.versions import Number
from commands.predictions import Predict, PredictionResult
from domain.errors import (
    Conflict,
    NotFound,
    PredictionFailed,
    Rejected,
    TooLarge,
    Unavailable,
)
from inference.inputs.input_shapes import extract_rows
from projections.read_models.prediction_history import (
    PredictionRow,
    prediction_row,
)

endpoints = Endpoints()

BATCH_MAX = 100
US_PER_S = 1_000_000
ROW = [5.1, 3.5, 1.4, 0.2]
REFUSALS = (NotFound, Conflict, Rejected, TooLarge, Unavailable, PredictionFailed)

VersionNumber = Annotated[Number, Field(description="Which version to ask, not the serving one.")]


class PredictBody(Body):
    """One row or many, in exactly one of these members.

    A row is a list of values or an object by column name. What stands in the rows is checked
    against the model's own signature.
    """

    input_data: Any = Field(default=None, examples=[ROW, [ROW, ROW]])
    inputs: Any = Field(default=None, description="Rows, or an object of columns.")
    instances: Any = Field(default=None, description="Rows.")
    dataframe_records: Any = Field(default=None, description="Rows as objects.")
    dataframe_split: Any = Field(
        default=None, description="An object with `columns` and `data`, as pandas writes it."
    )

    @classmethod
    def of(cls, members: dict[str, Any]) -> Self:
        """Find the rows; they are not looked into here, so pydantic is spared."""
        body = cls.__new__(cls)
        vars(body)["input_data"] = extract_rows(members)
        return body


class BatchBody(Body):
    """Rows, of which one call takes a hundred at the most."""

    inputs: list[Any] = Field(min_length=1, max_length=BATCH_MAX, examples=[[ROW, ROW]])


@dataclass  # made for each prediction: frozen, it would cost four times as much
class PredictionView:
    """What a model answered."""

    prediction_id: UUID
    model_id: UUID
    model_name: str
    model_version: str
    """The label of the version that answered."""
    version_number: int
    predictions: list[Any]
    """One entry for each row."""
    probabilities: list[Any] | None
    """For each row, one entry for each class; null where the model gives none."""
    prediction_time: float
    """Seconds, in the queue and in the model."""
    timestamp: datetime


@dataclass
class BatchView(PredictionView):
    """What a model answered to several rows."""

    batch_size: int


@dataclass(frozen=True)
class RecordView:
    """One call of a model, as it was recorded."""

    id: UUID
    model_id: UUID
    version_number: int
    input_data: Any
    output_data: dict[str, Any] | None
    """The predictions, and the probabilities if there are any; null for a failure."""
    prediction_time: float
    status: Literal["success", "error"]
    rows: int
    reason: str | None
    error: str | None
    created_at: datetime


@endpoints.add(
    "POST",
    "/api/v1/models/{model_id}/predict",
    scope="predict",
    quota="predictions",
    raises=REFUSALS,
)
async def predict(
    dependencies: Dependencies,
    caller: Caller,
    model_id: UUID,
    body: PredictBody,
    version: VersionNumber | None = None,
) -> PredictionView:
    """Ask a model about one row or many."""
    answer = await dependencies.predictions.predict(
        Predict(
            by=caller.actor,
            model_id=model_id,
            input_data=body.input_data,
            number=version,
        )
    )
    return PredictionView(*_members(answer))


@endpoints.add(
    "POST",
    "/api/v1/models/{model_id}/batch-predict",
    scope="predict",
    quota="predictions",
    raises=REFUSALS,
)
async def batch_predict(
    dependencies: Dependencies,
    caller: Caller,
    model_id: UUID,
    body: BatchBody,
    version: VersionNumber | None = None,
) -> BatchView:
    """Ask a model about up to a hundred rows; one prediction is recorded."""
    answer = await dependencies.predictions.predict(
        Predict(
            by=caller.actor,
            model_id=model_id,
            input_data=body.inputs,
            number=version,
            rows_max=BATCH_MAX,
        )
    )
    return BatchView(*_members(answer), batch_size=answer.rows)


@endpoints.add("GET", "/api/v1/predictions/{prediction_id}", scope="read", raises=(NotFound,))
async def read_prediction(
    dependencies: Dependencies, caller: Caller, prediction_id: UUID
) -> RecordView:
    """Show one call, to the model's owner and to administrators."""
    row = await prediction_row(prediction_id, dependencies.pool)
    if row is None:
        raise NotFound("there is no such prediction")
    try:
        await audited_model(dependencies.events, caller, row.model_id)
    except NotFound:
        raise NotFound("there is no such prediction") from None
    return record_view(row)


def record_view(row: PredictionRow) -> RecordView:
    """Show a call as it was recorded."""
    outputs = {"predictions": row.outputs, "probabilities": row.probabilities}
    return RecordView(
        id=row.id,
        model_id=row.model_id,
        version_number=row.number,
        input_data=row.inputs,
        output_data=outputs if row.status == "success" else None,
        prediction_time=row.latency_us / US_PER_S,
        status=row.status,
        rows=row.rows,
        reason=row.reason,
        error=row.error,
        created_at=row.created_at,
    )


def _members(answer: PredictionResult) -> tuple[Any, ...]:
    return (
        answer.prediction_id,
        answer.model.id,
        answer.model.name,
        answer.version.label,
        answer.version.number,
        answer.outputs,
        answer.probabilities,
        answer.latency_us / US_PER_S,
        answer.recorded_at,
    )
