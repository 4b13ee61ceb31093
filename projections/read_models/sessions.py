"""Where each user is signed in.

Which credential opened a session stands in its row; whether that is still the user's is asked of
the user's own stream, so that a change of password shows at once and whatever comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.session import Session
from domain.user import User
from projections.engine.projection import Change, StreamProjection, Table
from projections.read_models.paging import LIMIT_MAX
from storage.event_store.event_store import Recorded
from storage.postgres.pool import Pool

RULE_VERSION = 2

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
INSERT = "INSERT INTO read.sessions_{generation} VALUES ($1, $2, $3, $3, $4, $5, true, $6)"
REFRESH = """
    UPDATE read.sessions_{generation} SET last_used_at = $2, expires_at = $3 WHERE id = $1
"""
CLOSE = "UPDATE read.sessions_{generation} SET is_open = false WHERE id = $1"


def _changes(recorded: Recorded) -> Iterator[Change]:
    at = recorded.recorded_at
    session_id = recorded.event.originator_id
    match recorded.event:
        case Session.Opened() as e:
            yield INSERT, (session_id, e.user_id, at, e.expires_at, e.user_agent, e.credential_id)
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
       AND (credential_id = $2 OR id = $3)  -- as `User.check_session` has it
     ORDER BY last_used_at DESC LIMIT $4
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
    credential_id: UUID | None


async def sessions_of(user: User, pool: Pool) -> list[SessionRow]:
    """The sessions that a user can still use, last used first."""
    rows = await pool.fetch(OF_USER, user.id, user.credential_id, user.kept_session_id, LIMIT_MAX)
    return [SessionRow(**row) for row in rows]
