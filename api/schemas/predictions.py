"""Predictions: what a call returns, what is recorded of it, and figures of many calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from projections.read_models.prediction_history import PredictionRow

US_PER_S = 1_000_000


@dataclass  # not frozen, because that would cost four times as much for each prediction
class PredictionView:
    """The predictions of a model."""

    prediction_id: UUID
    model_id: UUID
    model_name: str
    model_version: str
    """The label of the version that was called."""
    version_number: int
    predictions: list[Any]
    """One entry for each row."""
    probabilities: list[Any] | None
    """For each row, one entry for each class; null if the model has no probabilities."""
    prediction_time: float
    """Seconds, in the queue and in the model."""
    timestamp: datetime


@dataclass
class BatchView(PredictionView):
    """The predictions of a model for several rows."""

    batch_size: int


@dataclass(frozen=True)
class RecordView:
    """One call of a model, as it was recorded."""

    id: UUID
    model_id: UUID
    version_number: int
    input_data: Any
    output_data: dict[str, Any] | None
    """The predictions, with the probabilities if there are any; null for a failure."""
    prediction_time: float
    status: Literal["success", "error"]
    rows: int
    reason: str | None
    error: str | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class CallSumsView:
    """How many calls there were, and how long they took on average."""

    calls: int
    rows: int
    failures: int
    mean_ms: float | None
    """Null without any call."""


@dataclass(frozen=True, kw_only=True)
class SummaryView(CallSumsView):
    """Figures of calls; percentiles are estimated from buckets, and null without any call."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


def record_view(row: PredictionRow) -> RecordView:
    """Build the view of a recorded call."""
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
