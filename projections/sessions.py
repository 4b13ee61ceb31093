"""Where each user is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.session import Session
from projections.page import LIMIT_MAX
from projections.projection import Change, StreamProjection, Table
from storage.event_store import Recorded
from storage.postgres import Pool

RULE_VERSION = 1

SESSIONS_TABLE = Table(
    "sessions",
    """
    id           uuid        PRIMARY KEY,
    user_id      uuid        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    user_agent   text        NOT NULL,
    is_open      boolean     NOT NULL
    """,
    indexes=("(user_id, last_used_at DESC) WHERE is_open",),
)
INSERT = "INSERT INTO read.sessions_{generation} VALUES ($1, $2, $3, $3, $4, $5, true)"
REFRESH = """
    UPDATE read.sessions_{generation} SET last_used_at = $2, expires_at = $3 WHERE id = $1
"""
CLOSE = "UPDATE read.sessions_{generation} SET is_open = false WHERE id = $1"


def _changes(recorded: Recorded) -> Iterator[Change]:
    at = recorded.recorded_at
    session_id = recorded.event.originator_id
    match recorded.event:
        case Session.Opened() as e:
            yield INSERT, (session_id, e.user_id, at, e.expires_at, e.user_agent)
        case Session.Refreshed() as e:
            yield REFRESH, (session_id, at, e.expires_at)
        case _:
            yield CLOSE, (session_id,)


SESSIONS = StreamProjection(
    name="sessions",
    rule_version=RULE_VERSION,
    tables=(SESSIONS_TABLE,),
    kind=Session.TOPIC,
    changes=_changes,
)

OF_USER = """
    SELECT * FROM read.sessions
     WHERE user_id = $1 AND is_open AND expires_at > clock_timestamp()
     ORDER BY last_used_at DESC LIMIT $2
"""


@dataclass(frozen=True)
class SessionRow:
    """One sign-in of a user."""

    id: UUID
    user_id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str
    is_open: bool


async def sessions_of(user_id: UUID, pool: Pool) -> list[SessionRow]:
    """The sessions that a user can still use, last used first."""
    return [SessionRow(**row) for row in await pool.fetch(OF_USER, user_id, LIMIT_MAX)]
