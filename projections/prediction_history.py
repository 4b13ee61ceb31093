"""Which predictions each model made, newest first.

The table says where they stand among the events; what went in and what came out is read from
the events themselves when it is shown, and is not kept twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from projections.page import Page, bounded
from projections.projection import SetProjection, Table
from storage.postgres import Pool

RULE_VERSION = 1
PAGE_BYTES_MAX = 16 * 2**20

HISTORY = Table(
    "prediction_history",
    """
    position   bigint      PRIMARY KEY,
    id         uuid        NOT NULL,
    model_id   uuid        NOT NULL,
    number     int         NOT NULL,
    status     text        NOT NULL,
    rows       bigint      NOT NULL,
    latency_us bigint      NOT NULL,
    created_at timestamptz NOT NULL
    """,
    indexes=("(model_id, position DESC)",),
)
FOLD = """
    INSERT INTO read.prediction_history_{generation}
    SELECT e.position, e.stream_id, p.model_id, p.number,
           CASE e.topic WHEN 'Prediction.Served' THEN 'success' ELSE 'error' END,
           p.rows, p.queue_us + p.inference_us, e.recorded_at
      FROM events e,
           json_to_record(e.state) AS p (
               model_id uuid, number int, rows bigint, queue_us bigint, inference_us bigint)
     WHERE e.position > $1 AND e.position <= $2
       AND e.topic IN ('Prediction.Served', 'Prediction.Failed')
"""

PREDICTION_HISTORY = SetProjection(
    name="prediction_history",
    rule_version=RULE_VERSION,
    tables=(HISTORY,),
    of_predictions=True,
    fold=FOLD,
)

LAST_POSITION = 2**63 - 1

# A page ends early where its bodies grow too large to be held and sent at once. The events are
# looked up one by one, so that no plan made without statistics reads all of them.
OF_MODEL = """
    SELECT position, stream_id, topic, state, body, recorded_at
      FROM (SELECT e.*, sum(octet_length(e.body::text)) OVER (ORDER BY e.position DESC) AS bytes,
                   row_number() OVER (ORDER BY e.position DESC) AS number
              FROM (SELECT position FROM read.prediction_history
                     WHERE model_id = $1 AND position < $2
                     ORDER BY position DESC OFFSET $3 LIMIT $4) h
             CROSS JOIN LATERAL (
                   SELECT * FROM events e WHERE e.position = h.position OFFSET 0) e) page
     WHERE bytes <= $5 OR number = 1
     ORDER BY position DESC
"""
BY_ID = """
    SELECT position, stream_id, topic, state, body, recorded_at FROM events
     WHERE stream_id = $1 AND version = 1
       AND topic IN ('Prediction.Served', 'Prediction.Failed')
"""
TOTAL = "SELECT coalesce(sum(calls), 0)::bigint FROM read.model_totals WHERE model_id = $1"


class _State(msgspec.Struct):
    model_id: UUID
    number: int
    rows: int
    queue_us: int
    inference_us: int
    reason: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class PredictionRow:
    """One call of a model, with what went in and what came out."""

    position: int
    id: UUID
    model_id: UUID
    number: int
    status: Literal["success", "error"]
    rows: int
    queue_us: int
    inference_us: int
    created_at: datetime
    inputs: Any
    outputs: Any
    probabilities: Any
    reason: str | None
    error: str | None

    @property
    def latency_us(self) -> int:
        """From the call's arrival in the queue to the answer."""
        return self.queue_us + self.inference_us


async def history_of(
    model_id: UUID, pool: Pool, *, skip: int = 0, limit: int = 100, before: UUID | None = None
) -> Page[PredictionRow]:
    """The predictions of a model, newest first, those made before one of them if it is named.

    A page has fewer rows than its limit where their inputs are large; the cursor goes on.
    """
    skip, limit = bounded(skip, limit)
    position = LAST_POSITION
    if before is not None:
        row = await pool.fetchrow(BY_ID, before)
        position = row["position"] if row else 0
    rows = await pool.fetch(OF_MODEL, model_id, position, skip, limit, PAGE_BYTES_MAX)
    return Page([_prediction(row) for row in rows], await pool.fetchval(TOTAL, model_id))


async def prediction_row(prediction_id: UUID, pool: Pool) -> PredictionRow | None:
    """One prediction; it is there from the moment it was recorded."""
    row = await pool.fetchrow(BY_ID, prediction_id)
    return None if row is None else _prediction(row)


_STATE = msgspec.json.Decoder(_State)


def _prediction(row: asyncpg.Record) -> PredictionRow:
    state = _STATE.decode(row["state"])
    body: dict[str, Any] = msgspec.json.decode(row["body"]) if row["body"] else {}
    return PredictionRow(
        position=row["position"],
        id=row["stream_id"],
        model_id=state.model_id,
        number=state.number,
        status="success" if row["topic"] == "Prediction.Served" else "error",
        rows=state.rows,
        queue_us=state.queue_us,
        inference_us=state.inference_us,
        created_at=row["recorded_at"],
        inputs=body.get("inputs"),
        outputs=body.get("outputs"),
        probabilities=body.get("probabilities"),
        reason=state.reason,
        error=state.error,
    )
