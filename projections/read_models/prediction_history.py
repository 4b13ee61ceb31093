"""The predictions of each model: their positions, and what can be filtered.

Inputs and outputs are read from the events when they are shown, and not stored twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec.structs import asdict

from domain.prediction import Prediction
from projections.engine.projection import PREDICTION_TOPICS, SetProjection, Table
from projections.queries import EVENTS_WITHIN_BYTES
from projections.read_models.latency_buckets import PREDICTIONS
from storage.postgres.pool import Pool

Status = Literal["success", "error"]
STATUSES: Final[Mapping[str, Status]] = {
    Prediction.Served.TOPIC: "success",
    Prediction.Failed.TOPIC: "error",
}
# For SQL on events with the alias e; null for other events.
STATUS: Final = """
    CASE e.topic WHEN 'Prediction.Served' THEN 'success' WHEN 'Prediction.Failed' THEN 'error' END
"""

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
    indexes=(
        "(model_id, position DESC) INCLUDE (status, number, latency_us)",
        "(model_id, number, position DESC) INCLUDE (status, latency_us)",
        "(model_id, position DESC) INCLUDE (number, latency_us) WHERE status = 'error'",
    ),
)
FOLD = f"""
    INSERT INTO {HISTORY}
    SELECT e.position, e.stream_id, p.model_id, p.number,
           {STATUS}, p.rows, p.queue_us + p.inference_us, e.recorded_at
      FROM {PREDICTIONS}
"""

PREDICTION_HISTORY = SetProjection(
    name="prediction_history",
    rule_version=2,
    tables=(HISTORY,),
    folds="predictions",
    fold=FOLD,
)

COLUMNS = "position, stream_id, topic, state, body, recorded_at"
AT_POSITIONS = f"{EVENTS_WITHIN_BYTES} SELECT {COLUMNS} FROM within ORDER BY position DESC"
IS_OF_ID = f"stream_id = $1 AND version = 1 AND topic IN ({PREDICTION_TOPICS})"
BY_ID = f"SELECT {COLUMNS} FROM events WHERE {IS_OF_ID}"
POSITION = f"SELECT position FROM events WHERE {IS_OF_ID}"
ID = "SELECT id FROM read.prediction_history WHERE position = $1"

NULL = msgspec.Raw(b"null")


class _State(msgspec.Struct):
    model_id: UUID
    number: int
    rows: int
    queue_us: int
    inference_us: int
    reason: str | None = None
    error: str | None = None


class _Body(msgspec.Struct):
    inputs: msgspec.Raw = NULL
    outputs: msgspec.Raw = NULL
    probabilities: msgspec.Raw = NULL


_decode_state = msgspec.json.Decoder(_State).decode
_decode_body = msgspec.json.Decoder(_Body).decode


@dataclass(frozen=True)
class PredictionRow:
    """A prediction with its inputs and outputs, which are raw JSON as recorded.

    Decoding them only to encode them again would take thirty times as long.
    """

    position: int
    id: UUID
    model_id: UUID
    number: int
    status: Status
    rows: int
    queue_us: int
    inference_us: int
    created_at: datetime
    inputs: msgspec.Raw
    outputs: msgspec.Raw
    probabilities: msgspec.Raw
    reason: str | None
    error: str | None

    @property
    def latency_us(self) -> int:
        """From the call's arrival in the queue to its result."""
        return self.queue_us + self.inference_us


async def prediction_row(prediction_id: UUID, pool: Pool) -> PredictionRow | None:
    """One prediction, from its event: available as soon as it is recorded."""
    row = await pool.fetchrow(BY_ID, prediction_id)
    return None if row is None else _prediction(row)


async def predictions_at(
    positions: Sequence[int], pool: Pool, *, bytes_max: int
) -> list[PredictionRow]:
    """The predictions at some positions, newest first: as many as the bytes allow, at least one."""
    rows = await pool.fetch(AT_POSITIONS, positions, bytes_max) if positions else []
    return [_prediction(row) for row in rows]


def _prediction(row: asyncpg.Record) -> PredictionRow:
    return PredictionRow(
        position=row["position"],
        id=row["stream_id"],
        status=STATUSES[row["topic"]],
        created_at=row["recorded_at"],
        **asdict(_decode_state(row["state"])),
        **asdict(_decode_body(row["body"] or b"{}")),
    )
