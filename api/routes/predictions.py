"""Predictions: call a model, read a recorded call, and describe the endpoint of one model.

A prediction needs no database query; the response is encoded from what was recorded.
"""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from pydantic import Field

from api.auth.authorization import audited_model, own_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints
from api.endpoints.parsing import Body
from api.endpoints.query_types import VersionToCall
from api.http.request_context import Caller
from api.schemas.model_openapi import describe_model
from api.schemas.predictions import US_PER_S, BatchView, PredictionView, RecordView, record_view
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
from projections.read_models.prediction_history import prediction_row

endpoints = Endpoints()

BATCH_MAX = 100
ROW = [5.1, 3.5, 1.4, 0.2]
REFUSALS = (NotFound, Conflict, Rejected, TooLarge, Unavailable, PredictionFailed)


class PredictBody(Body):
    """One row or many, in exactly one of these members.

    A row is a list of values, or an object by column name. Rows are checked against the
    signature of the model.
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
        """Extract the rows; the signature of the model checks them, not pydantic."""
        body = cls.__new__(cls)
        vars(body)["input_data"] = extract_rows(members)
        return body


class BatchBody(Body):
    """Up to a hundred rows."""

    inputs: list[Any] = Field(min_length=1, max_length=BATCH_MAX, examples=[[ROW, ROW]])


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
    version: VersionToCall | None = None,
) -> PredictionView:
    """Predict for one row or many."""
    result = await dependencies.predictions.predict(
        Predict(
            by=caller.actor,
            model_id=model_id,
            input_data=body.input_data,
            number=version,
        )
    )
    return PredictionView(*_members(result))


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
    version: VersionToCall | None = None,
) -> BatchView:
    """Predict for up to a hundred rows; they are recorded as one prediction."""
    result = await dependencies.predictions.predict(
        Predict(
            by=caller.actor,
            model_id=model_id,
            input_data=body.inputs,
            number=version,
            rows_max=BATCH_MAX,
        )
    )
    return BatchView(*_members(result), batch_size=result.event.rows)


@endpoints.add("GET", "/api/v1/predictions/{prediction_id}", scope="read", raises=(NotFound,))
async def read_prediction(
    dependencies: Dependencies, caller: Caller, prediction_id: UUID
) -> RecordView:
    """Return a recorded call; for the model's owner and administrators."""
    row = await prediction_row(prediction_id, dependencies.pool)
    if row is None:
        raise NotFound("there is no such prediction")
    try:
        await audited_model(dependencies.events, caller, row.model_id)
    except NotFound:
        raise NotFound("there is no such prediction") from None
    return record_view(row)


@endpoints.add("GET", "/api/v1/models/{model_id}/openapi.json", scope="read", raises=(NotFound,))
async def read_model_description(
    dependencies: Dependencies,
    caller: Caller,
    model_id: UUID,
    version: VersionToCall | None = None,
) -> dict[str, Any]:
    """Return an OpenAPI description of a model's live version, or of another version."""
    model = await own_model(dependencies.events, caller, model_id)
    return describe_model(PREDICT, model, version)


PREDICT = endpoints.named("predict")


def _members(result: PredictionResult) -> tuple[Any, ...]:
    event = result.event
    return (
        event.originator_id,
        event.model_id,
        result.model.name,
        result.version.label,
        event.number,
        event.outputs,
        event.probabilities,
        (event.queue_us + event.inference_us) / US_PER_S,
        result.recorded_at,
    )
