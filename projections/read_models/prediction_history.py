"""Which predictions each model made, newest first.

The table says where they stand among the events; what went in and what came out is read from
the events themselves when it is shown, and is not kept twice.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from projections.engine.projection import SetProjection, Table
from projections.read_models.conditions import LAST_POSITION
from projections.read_models.paging import BYTES_MAX, WITHIN, Page, bounded
from projections.read_models.prediction_search import EVERY_CALL, CallFilter, Found, Look, Status
from storage.postgres.pool import Pool

RULE_VERSION = 2

PART_BYTES_MAX = 2**20
PART_ROWS_MAX = 200
FIRST_PART_ROWS = 10

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

AT_POSITIONS = """{WITHIN}
    SELECT position, stream_id, topic, state, body, recorded_at
      FROM within ORDER BY position DESC
""".replace("{WITHIN}", WITHIN)
BY_ID = """
    SELECT position, stream_id, topic, state, body, recorded_at FROM events
     WHERE stream_id = $1 AND version = 1
       AND topic IN ('Prediction.Served', 'Prediction.Failed')
"""
ID_AT = "SELECT id FROM read.prediction_history WHERE position = $1"


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


@dataclass(frozen=True)
class PredictionRow:
    """One call of a model, with what went in and what came out: raw JSON, as it was recorded.

    To make values of it, only to write them again, would cost thirty times as much.
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
        """From the call's arrival in the queue to the answer."""
        return self.queue_us + self.inference_us


async def history_of(
    model_id: UUID,
    pool: Pool,
    wanted: CallFilter = EVERY_CALL,
    *,
    skip: int = 0,
    limit: int = 100,
    before: UUID | None = None,
) -> Page[PredictionRow]:
    """The predictions of a model, newest first, those made before one of them if it is named.

    A page has fewer rows than its limit where their inputs are large, or where few of very many
    are wanted; it says then where to go on.
    """
    skip, limit = bounded(skip, limit)
    position = LAST_POSITION
    if before is not None:
        row = await pool.fetchrow(BY_ID, before)
        position = row["position"] if row else 0
    look = Look(pool, model_id, wanted)
    found = await look.before(position, skip + limit)
    rows, following = await _at(found, skip, pool, BYTES_MAX)
    return Page(
        [_prediction(row) for row in rows],
        await look.total(),
        None if following is None else await pool.fetchval(ID_AT, following),
    )


async def parts_of_history(
    model_id: UUID, pool: Pool, wanted: CallFilter = EVERY_CALL
) -> AsyncGenerator[list[PredictionRow]]:
    """All predictions of a model that are wanted, newest first, in parts that are quickly read.

    Each is read by itself, so that nothing is held while somebody takes their time; there are
    empty ones where the look took long.
    """
    look = Look(pool, model_id, wanted)
    position: int | None = LAST_POSITION
    size = FIRST_PART_ROWS
    while position is not None:
        found = await look.before(position, size)
        rows, position = await _at(found, 0, pool, PART_BYTES_MAX)
        # Where bodies are large, the next ones are not read in vain.
        size = min(max(2 * len(rows), 1), PART_ROWS_MAX)
        yield [_prediction(row) for row in rows]


async def prediction_row(prediction_id: UUID, pool: Pool) -> PredictionRow | None:
    """One prediction; it is there from the moment it was recorded."""
    row = await pool.fetchrow(BY_ID, prediction_id)
    return None if row is None else _prediction(row)


async def _at(
    found: Found, skip: int, pool: Pool, bytes_max: int
) -> tuple[list[asyncpg.Record], int | None]:
    """Read what was found, as much of it as may be, and say before which position to go on."""
    positions = found.positions[skip:]
    rows = await pool.fetch(AT_POSITIONS, positions, bytes_max) if positions else []
    return rows, rows[-1]["position"] if len(rows) < len(positions) else found.looked_until


_STATE = msgspec.json.Decoder(_State)
_BODY = msgspec.json.Decoder(_Body)


def _prediction(row: asyncpg.Record) -> PredictionRow:
    state = _STATE.decode(row["state"])
    body = _BODY.decode(row["body"] or b"{}")
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
        inputs=body.inputs,
        outputs=body.outputs,
        probabilities=body.probabilities,
        reason=state.reason,
        error=state.error,
    )
