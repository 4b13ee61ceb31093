"""What was done to users, sessions, names and models, by whom: everything but predictions.

The tables say where the events stand; what they hold is read from the events themselves, so
that sealed values stay sealed. Whom something concerns stands in a table of its own: whoever did
it, and whoever it was done to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from projections.engine.projection import SetProjection, Table
from projections.read_models.conditions import Conditions, span_of
from projections.read_models.paging import BYTES_MAX, WITHIN, Page, bounded
from storage.postgres.pool import Pool

RULE_VERSION = 2

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
    indexes=(
        "(actor_id, position DESC)",
        "(action, position DESC)",
        "(stream_id, position DESC)",
    ),
)
ACTIVITY = Table(
    "activity",
    """
    user_id  uuid   NOT NULL,
    position bigint NOT NULL,
    action   text   NOT NULL,
    PRIMARY KEY (user_id, position)
    """,
    indexes=("(user_id, action, position DESC)",),
)
# Whose a model is stands in its first event, and never changes.
FOLD = """
    WITH seen AS MATERIALIZED (
        SELECT e.position, e.stream_id, e.version, e.topic AS action, m.actor_id, m.request_id,
               m.causation, e.recorded_at,
               CASE split_part(e.topic, '.', 1)
               WHEN 'User' THEN e.stream_id
               WHEN 'Model' THEN (
                   SELECT s.owner_id FROM events f, json_to_record(f.state) AS s (owner_id uuid)
                    WHERE f.stream_id = e.stream_id AND f.version = 1)
               END AS owner_id
          FROM events e,
               json_to_record(e.metadata) AS m (actor_id uuid, request_id text, causation text)
         WHERE e.position > $1 AND e.position <= $2
           AND e.topic NOT IN ('Prediction.Served', 'Prediction.Failed')
    ), concerned AS (
        INSERT INTO read.activity_{generation}
        SELECT DISTINCT u.user_id, s.position, s.action
          FROM seen s CROSS JOIN LATERAL (VALUES (s.actor_id), (s.owner_id)) AS u (user_id)
         WHERE u.user_id IS NOT NULL
    )
    INSERT INTO read.audit_log_{generation}
    SELECT position, stream_id, version, action, actor_id, request_id, causation, recorded_at
      FROM seen
"""

AUDIT_LOG = SetProjection(
    name="audit_log",
    rule_version=RULE_VERSION,
    tables=(AUDIT, ACTIVITY),
    of_predictions=False,
    fold=FOLD,
)

FOUND = "SELECT position FROM read.{table} WHERE {fits} ORDER BY position DESC OFFSET {} LIMIT {}"
PAGE = """{WITHIN}
    SELECT a.position, a.stream_id, a.version, a.action, a.actor_id, a.request_id, a.causation,
           a.recorded_at, e.state
      FROM within e CROSS JOIN LATERAL (
           SELECT * FROM read.audit_log a WHERE a.position = e.position OFFSET 0) a
     ORDER BY a.position DESC
""".replace("{WITHIN}", WITHIN)
OF_USER = """{WITHIN}
    SELECT a.position, a.stream_id, a.version, a.action, a.actor_id, a.request_id, a.causation,
           a.recorded_at, e.state,
           CASE WHEN a.action LIKE 'Model.%' THEN a.stream_id END AS model_id,
           (SELECT m.name FROM read.model_list m WHERE m.id = a.stream_id) AS model_name
      FROM within e CROSS JOIN LATERAL (
           SELECT * FROM read.audit_log a WHERE a.position = e.position OFFSET 0) a
     ORDER BY a.position DESC
""".replace("{WITHIN}", WITHIN)
TOTAL = "SELECT count(*) FROM read.{table} WHERE {fits}"


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
    state: msgspec.Raw
    """What the event says, as it was recorded: JSON, personal values sealed."""


@dataclass(frozen=True)
class ActivityRow(AuditRow):
    """One thing that concerns a user, and the model it was done to, if it was one."""

    model_id: UUID | None
    model_name: str | None
    """As it is called today."""


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """What is wanted of the log; what is None does not matter."""

    user_id: UUID | None = None
    """Who did it."""
    action: str | None = None
    stream_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Before this time."""


EVERYTHING = AuditFilter()


async def audit_page(
    pool: Pool,
    wanted: AuditFilter = EVERYTHING,
    *,
    skip: int = 0,
    limit: int = 100,
    before: int | None = None,
) -> Page[AuditRow]:
    """What was done, newest first, before one position if it is named.

    A page has fewer rows than its limit where they are large; it says then where to go on.
    """
    after, until = await span_of(pool, wanted.since, wanted.until)
    fits = Conditions([])
    fits.add("actor_id = $", wanted.user_id)
    fits.add("action = $", wanted.action)
    fits.add("stream_id = $", wanted.stream_id)
    fits.add("position > $", after)
    fits.add("position <= $", until)
    total = await pool.fetchval(TOTAL.format(table=AUDIT.name, fits=fits), *fits.arguments)
    fits.add("position < $", before)
    rows, following = await _page(AUDIT, PAGE, fits, pool, skip, limit)
    return Page([AuditRow(**_decoded(row)) for row in rows], total, following)


async def activity_of(
    user_id: UUID,
    pool: Pool,
    *,
    action: str | None = None,
    skip: int = 0,
    limit: int = 100,
    before: int | None = None,
) -> Page[ActivityRow]:
    """What a user did, and what was done to their account and their models, newest first.

    A page ends early where its rows are large, as that of the log does.
    """
    fits = Conditions([])
    fits.add("user_id = $", user_id)
    fits.add("action = $", action)
    total = await pool.fetchval(TOTAL.format(table=ACTIVITY.name, fits=fits), *fits.arguments)
    fits.add("position < $", before)
    rows, following = await _page(ACTIVITY, OF_USER, fits, pool, skip, limit)
    return Page([ActivityRow(**_decoded(row)) for row in rows], total, following)


async def _page(
    table: Table, statement: str, fits: Conditions, pool: Pool, skip: int, limit: int
) -> tuple[list[asyncpg.Record], int | None]:
    """Read what is found, as much as a page may hold, and say before what the next one goes on."""
    count = len(fits.arguments)
    found = FOUND.format(f"${count + 1}", f"${count + 2}", table=table.name, fits=fits)
    records = await pool.fetch(found, *fits.arguments, *bounded(skip, limit))
    positions = [record["position"] for record in records]
    rows = await pool.fetch(statement, positions, BYTES_MAX) if positions else []
    return rows, rows[-1]["position"] if 0 < len(rows) < len(positions) else None


def _decoded(row: asyncpg.Record) -> dict[str, Any]:
    return dict(row) | {"state": msgspec.Raw(row["state"])}
