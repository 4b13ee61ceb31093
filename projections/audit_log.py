"""What was done to users, sessions, names and models, by whom: everything but predictions.

The table says where the events stand; what they hold is read from the events themselves, so
that sealed values stay sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from projections.page import Page, bounded
from projections.projection import SetProjection, Table
from storage.postgres import Pool

RULE_VERSION = 1

AUDIT = Table(
    "audit_log",
    """
    position    bigint      PRIMARY KEY,
    stream_id   uuid        NOT NULL,
    version     int         NOT NULL,
    action      text        NOT NULL,
    actor_id    uuid,
    request_id  text,
    causation   text,
    recorded_at timestamptz NOT NULL
    """,
    indexes=("(actor_id, position DESC)", "(action, position DESC)"),
)
FOLD = """
    INSERT INTO read.audit_log_{generation}
    SELECT e.position, e.stream_id, e.version, e.topic, m.actor_id, m.request_id, m.causation,
           e.recorded_at
      FROM events e,
           json_to_record(e.metadata) AS m (actor_id uuid, request_id text, causation text)
     WHERE e.position > $1 AND e.position <= $2
       AND e.topic NOT IN ('Prediction.Served', 'Prediction.Failed')
"""

AUDIT_LOG = SetProjection(
    name="audit_log",
    rule_version=RULE_VERSION,
    tables=(AUDIT,),
    of_predictions=False,
    fold=FOLD,
)

FILTER = """
    ($1::uuid IS NULL OR actor_id = $1) AND ($2::text IS NULL OR action = $2)
"""
PAGE = """
    SELECT a.position, a.stream_id, a.version, a.action, a.actor_id, a.request_id, a.causation,
           a.recorded_at, e.state
      FROM (SELECT * FROM read.audit_log
             WHERE {filter} AND position < coalesce($3, 9223372036854775807)
             ORDER BY position DESC OFFSET $4 LIMIT $5) a
     CROSS JOIN LATERAL (
           SELECT e.state FROM events e WHERE e.position = a.position OFFSET 0) e
     ORDER BY a.position DESC
""".replace("{filter}", FILTER)
TOTAL = "SELECT count(*) FROM read.audit_log WHERE {filter}".replace("{filter}", FILTER)


@dataclass(frozen=True)
class AuditRow:
    """One thing that was done."""

    position: int
    stream_id: UUID
    version: int
    action: str
    """The topic of the event, such as "Model.Renamed"."""
    actor_id: UUID | None
    request_id: str | None
    causation: str | None
    recorded_at: datetime
    state: Mapping[str, Any]
    """What the event says, personal values sealed."""


async def audit_page(
    pool: Pool,
    *,
    user_id: UUID | None = None,
    action: str | None = None,
    skip: int = 0,
    limit: int = 100,
    before: int | None = None,
) -> Page[AuditRow]:
    """What was done, newest first: by one user, of one kind, before one position, or at all."""
    rows = await pool.fetch(PAGE, user_id, action, before, *bounded(skip, limit))
    total = await pool.fetchval(TOTAL, user_id, action)
    decode = msgspec.json.decode
    return Page([AuditRow(**dict(row) | {"state": decode(row["state"])}) for row in rows], total)
