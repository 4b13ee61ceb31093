"""The sessions of each user.

A row has the credential that opened the session. Whether that is still the user's credential is
known from the user's own stream, so a changed password takes effect at once and in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.session import Session
from domain.user import User
from projections.engine.errors import UnknownEvent
from projections.engine.projection import Change, StreamProjection, Table
from projections.queries import LIMIT_MAX
from storage.event_store.event_store import DecodedEvent
from storage.postgres.pool import Pool

SESSIONS_TABLE = Table(
    "sessions",
    """
    id            uuid        PRIMARY KEY,
    user_id       uuid        NOT NULL,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    user_agent    text        NOT NULL,
    is_open       boolean     NOT NULL,
    credential_id uuid
    """,
    indexes=("(user_id, last_used_at DESC) WHERE is_open",),
)
INSERT = f"INSERT INTO {SESSIONS_TABLE} VALUES ($1, $2, $3, $3, $4, $5, true, $6)"
REFRESH = f"UPDATE {SESSIONS_TABLE} SET last_used_at = $2, expires_at = $3 WHERE id = $1"
CLOSE = f"UPDATE {SESSIONS_TABLE} SET is_open = false WHERE id = $1"


def _changes(recorded: DecodedEvent) -> Iterator[Change]:
    at = recorded.recorded_at
    session_id = recorded.event.originator_id
    match recorded.event:
        case Session.Opened() as e:
            yield INSERT, (session_id, e.user_id, at, e.expires_at, e.user_agent, e.credential_id)
        case Session.Refreshed() as e:
            yield REFRESH, (session_id, at, e.expires_at)
        case Session.Closed() | Session.ReuseDetected():
            yield CLOSE, (session_id,)
        case event:
            raise UnknownEvent(event)


SESSIONS = StreamProjection(
    name="sessions",
    rule_version=2,
    tables=(SESSIONS_TABLE,),
    stream_type=Session.TOPIC,
    changes=_changes,
)

OF_USER = """
    SELECT * FROM read.sessions
     WHERE user_id = $1 AND is_open AND expires_at > clock_timestamp()
       AND (credential_id = $2 OR id = $3)  -- the rule of User.check_session
     ORDER BY last_used_at DESC LIMIT $4
"""


@dataclass(frozen=True)
class SessionRow:
    """A session of a user."""

    id: UUID
    user_id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str
    is_open: bool
    credential_id: UUID | None


async def sessions_of(user: User, pool: Pool) -> list[SessionRow]:
    """The sessions that a user can still use, most recently used first."""
    rows = await pool.fetch(OF_USER, user.id, user.credential_id, user.kept_session_id, LIMIT_MAX)
    return [SessionRow(**row) for row in rows]
