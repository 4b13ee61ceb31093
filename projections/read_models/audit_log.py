"""Every event but predictions, by actor, action, stream and time.

The tables hold positions. The content is read from the events, so personal values stay encrypted.
A second table has the users that an event concerns: its actor, and the owner of its subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from projections.engine.projection import PREDICTION_TOPICS, SetProjection, Table
from projections.queries import (
    BYTES_MAX,
    EVENTS_WITHIN_BYTES,
    Conditions,
    Page,
    bounded,
    position_range,
)
from storage.postgres.pool import Pool

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
# The first event of a model names its owner, who never changes.
FOLD = f"""
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
         WHERE e.position > $1 AND e.position <= $2 AND e.topic NOT IN ({PREDICTION_TOPICS})
    ), concerned AS (
        INSERT INTO {ACTIVITY}
        SELECT DISTINCT u.user_id, s.position, s.action
          FROM seen s CROSS JOIN LATERAL (VALUES (s.actor_id), (s.owner_id)) AS u (user_id)
         WHERE u.user_id IS NOT NULL
    )
    INSERT INTO {AUDIT}
    SELECT position, stream_id, version, action, actor_id, request_id, causation, recorded_at
      FROM seen
"""

AUDIT_LOG = SetProjection(
    name="audit_log",
    rule_version=2,
    tables=(AUDIT, ACTIVITY),
    folds="others",
    fold=FOLD,
)

COLUMNS = """
    a.position, a.stream_id, a.version, a.action, a.actor_id, a.request_id, a.causation,
    a.recorded_at, e.state
"""
FROM_EVENTS = """
    within e CROSS JOIN LATERAL (
    SELECT * FROM read.audit_log a WHERE a.position = e.position OFFSET 0) a
"""
ROWS = f"{EVENTS_WITHIN_BYTES} SELECT {COLUMNS} FROM {FROM_EVENTS} ORDER BY a.position DESC"
ROWS_WITH_MODELS = f"""{EVENTS_WITHIN_BYTES}
    SELECT {COLUMNS}, CASE WHEN a.action LIKE 'Model.%' THEN a.stream_id END AS model_id,
           (SELECT m.name FROM read.model_list m WHERE m.id = a.stream_id) AS model_name
      FROM {FROM_EVENTS} ORDER BY a.position DESC
"""


@dataclass(frozen=True)
class AuditRow:
    """One event of the log."""

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
    """The state as it was recorded: JSON, with encrypted personal values."""


@dataclass(frozen=True)
class ActivityRow(AuditRow):
    """An event that concerns a user, with its model if it is an event of a model."""

    model_id: UUID | None
    model_name: str | None
    """The current name."""


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Conditions on the log; None is no condition."""

    user_id: UUID | None = None
    """The actor."""
    action: str | None = None
    stream_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""


ALL_EVENTS = AuditFilter()


async def audit_page(
    pool: Pool,
    filter_: AuditFilter = ALL_EVENTS,
    *,
    skip: int = 0,
    limit: int = 100,
    before: int | None = None,
) -> Page[AuditRow]:
    """The log, newest first; with ``before``, the events before that position.

    A page has fewer rows than its limit if they are large; its cursor shows where to continue.
    """
    after, until = await position_range(pool, filter_.since, filter_.until)
    conditions = Conditions([])
    conditions.add("actor_id = $", filter_.user_id)
    conditions.add("action = $", filter_.action)
    conditions.add("stream_id = $", filter_.stream_id)
    conditions.add("position > $", after)
    conditions.add("position <= $", until)
    page = await _page(AUDIT, ROWS, conditions, pool, bounded(skip, limit), before)
    return Page([AuditRow(**row) for row in page.rows], page.total, page.before)


async def activity_of(
    user_id: UUID,
    pool: Pool,
    *,
    action: str | None = None,
    skip: int = 0,
    limit: int = 100,
    before: int | None = None,
) -> Page[ActivityRow]:
    """The events of a user, their account and their models, newest first.

    A page is cut if its rows are large, as in `audit_page`.
    """
    conditions = Conditions([user_id], "user_id = $1")
    conditions.add("action = $", action)
    page = await _page(ACTIVITY, ROWS_WITH_MODELS, conditions, pool, bounded(skip, limit), before)
    return Page([ActivityRow(**row) for row in page.rows], page.total, page.before)


async def _page(
    table: Table,
    statement: str,
    conditions: Conditions,
    pool: Pool,
    part: tuple[int, int],
    before: int | None,
) -> Page[dict[str, Any]]:
    source = f"read.{table.name} WHERE {conditions}"
    total = await pool.fetchval(f"SELECT count(*) FROM {source}", *conditions.arguments)
    conditions.add("position < $", before)
    skip, limit = map(conditions.argument, part)
    found = await pool.fetch(
        f"SELECT position FROM read.{table.name} WHERE {conditions}"
        f" ORDER BY position DESC OFFSET {skip} LIMIT {limit}",
        *conditions.arguments,
    )
    positions = [row["position"] for row in found]
    records = await pool.fetch(statement, positions, BYTES_MAX) if positions else []
    rows = [dict(record) | {"state": msgspec.Raw(record["state"])} for record in records]
    is_cut = 0 < len(records) < len(positions)
    return Page(rows, total, records[-1]["position"] if is_cut else None)
