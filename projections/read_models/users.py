"""The accounts, with personal values in plain text, for their owners and for administrators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.user import User
from projections.engine.errors import UnknownEvent
from projections.engine.projection import Change, StreamProjection, Table
from projections.queries import Page, bounded
from storage.event_store.event_store import DecodedEvent
from storage.postgres.pool import Pool

USERS_TABLE = Table(
    "users",
    """
    id         uuid        PRIMARY KEY,
    email      text        NOT NULL,
    username   text        NOT NULL,
    full_name  text,
    is_active  boolean     NOT NULL,
    is_admin   boolean     NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
    """,
    indexes=("(created_at DESC, id DESC)", "(username)", "(email)"),
)
INSERT = f"INSERT INTO {USERS_TABLE} VALUES ($1, $2, $3, $4, true, false, $5, $5)"
CHANGE_PROFILE = f"""
    UPDATE {USERS_TABLE} SET email = $2, full_name = $3, updated_at = $4 WHERE id = $1
"""
SET_ADMIN = f"UPDATE {USERS_TABLE} SET is_admin = $2, updated_at = $3 WHERE id = $1"
SET_ACTIVE = f"UPDATE {USERS_TABLE} SET is_active = $2, updated_at = $3 WHERE id = $1"
TOUCH = f"UPDATE {USERS_TABLE} SET updated_at = $2 WHERE id = $1"


def _changes(recorded: DecodedEvent) -> Iterator[Change]:
    at = recorded.recorded_at
    user_id = recorded.event.originator_id
    match recorded.event:
        case User.Registered() as e:
            yield INSERT, (user_id, e.email, e.username, e.full_name, at)
        case User.ProfileChanged() as e:
            yield CHANGE_PROFILE, (user_id, e.email, e.full_name, at)
        case User.AdminGranted() | User.AdminRevoked() as e:
            yield SET_ADMIN, (user_id, isinstance(e, User.AdminGranted), at)
        case User.Deactivated() | User.Reactivated() as e:
            yield SET_ACTIVE, (user_id, isinstance(e, User.Reactivated), at)
        case User.PasswordChanged():
            yield TOUCH, (user_id, at)
        case event:
            raise UnknownEvent(event)


USERS = StreamProjection(
    name="users",
    rule_version=1,
    tables=(USERS_TABLE,),
    stream_type=User.TOPIC,
    changes=_changes,
)

PAGE = """
    SELECT * FROM read.users
     WHERE starts_with(username, $1) AND ($4::uuid IS NULL
        OR (created_at, id) < (SELECT created_at, id FROM read.users WHERE id = $4))
     ORDER BY created_at DESC, id DESC OFFSET $2 LIMIT $3
"""
TOTAL = "SELECT count(*) FROM read.users WHERE starts_with(username, $1)"


@dataclass(frozen=True)
class UserRow:
    """An account as its owner and administrators see it."""

    id: UUID
    email: str
    username: str
    full_name: str | None
    is_active: bool
    is_admin: bool
    created_at: datetime
    updated_at: datetime


async def users_page(
    pool: Pool, *, begins: str = "", skip: int = 0, limit: int = 100, before: UUID | None = None
) -> Page[UserRow]:
    """All accounts, newest first; with ``before``, those older than that account.

    ``begins`` is a prefix of the username, in its normal form.
    """
    rows = await pool.fetch(PAGE, begins, *bounded(skip, limit), before)
    return Page([UserRow(**row) for row in rows], await pool.fetchval(TOTAL, begins))
