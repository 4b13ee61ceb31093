"""The accounts, with their personal values in the clear: for their owners and administrators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.user import User
from projections.engine.projection import Change, StreamProjection, Table
from projections.read_models.paging import Page, bounded
from storage.event_store.event_store import Recorded
from storage.postgres.pool import Pool

RULE_VERSION = 1

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
INSERT = """
    INSERT INTO read.users_{generation}
    VALUES ($1, $2, $3, $4, true, false, $5, $5)
"""
CHANGE_PROFILE = """
    UPDATE read.users_{generation} SET email = $2, full_name = $3, updated_at = $4 WHERE id = $1
"""
SET_ADMIN = "UPDATE read.users_{generation} SET is_admin = $2, updated_at = $3 WHERE id = $1"
SET_ACTIVE = "UPDATE read.users_{generation} SET is_active = $2, updated_at = $3 WHERE id = $1"
TOUCH = "UPDATE read.users_{generation} SET updated_at = $2 WHERE id = $1"


def _changes(recorded: Recorded) -> Iterator[Change]:
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
        case _:
            yield TOUCH, (user_id, at)


USERS = StreamProjection(
    name="users",
    rule_version=RULE_VERSION,
    tables=(USERS_TABLE,),
    kind=User.TOPIC,
    changes=_changes,
)

BY_ID = "SELECT * FROM read.users WHERE id = $1"
NAMED = "SELECT * FROM read.users WHERE username = $1 OR email = $1"
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


async def user_row(user_id: UUID, pool: Pool) -> UserRow | None:
    """One account."""
    row = await pool.fetchrow(BY_ID, user_id)
    return None if row is None else UserRow(**row)


async def user_named(name: str, pool: Pool) -> UserRow | None:
    """The account with a username or e-mail address, written in its normal form."""
    row = await pool.fetchrow(NAMED, name)
    return None if row is None else UserRow(**row)


async def users_page(
    pool: Pool, *, begins: str = "", skip: int = 0, limit: int = 100, before: UUID | None = None
) -> Page[UserRow]:
    """All accounts, newest first, those older than one of them if it is named.

    ``begins`` is how their usernames begin, in the normal form.
    """
    rows = await pool.fetch(PAGE, begins, *bounded(skip, limit), before)
    return Page([UserRow(**row) for row in rows], await pool.fetchval(TOTAL, begins))
