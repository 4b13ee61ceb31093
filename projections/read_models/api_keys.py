"""The API keys of each account, without their secrets, and when each was last used.

A use is an event whose metadata name the key, so reads and refused calls are not uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.api_key import ApiKey
from projections.engine.errors import UnknownEvent
from projections.engine.projection import Change, SetProjection, StreamProjection, Table
from projections.queries import Page, bounded
from storage.event_store.event_store import DecodedEvent
from storage.postgres.pool import Pool

KEYS = Table(
    "api_keys",
    """
    id               uuid        PRIMARY KEY,
    owner_id         uuid        NOT NULL,
    name             text        NOT NULL,
    scopes           text[]      NOT NULL,
    calls_per_minute int,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz,
    revoked_at       timestamptz
    """,
    indexes=("(owner_id, created_at DESC, id DESC)",),
)
USES = Table(
    "api_key_uses",
    """
    key_id       uuid        PRIMARY KEY,
    last_used_at timestamptz NOT NULL
    """,
)

INSERT = f"INSERT INTO {KEYS} VALUES ($1, $2, $3, $4, $5, $6, $7)"
REVOKE = f"UPDATE {KEYS} SET revoked_at = $2 WHERE id = $1"

KEEP_LATEST = """
    ON CONFLICT (key_id) DO UPDATE
          SET last_used_at = greatest(u.last_used_at, excluded.last_used_at)
"""
# Without any key, no metadata are read. Most events name a session instead: which of the few
# accesses of a window are keys is looked up in the streams of the keys.
FOLD_USES = f"""
    INSERT INTO {USES} AS u
    SELECT used.access_id, used.last_used_at
      FROM (SELECT (e.metadata ->> 'access_id')::uuid AS access_id,
                   max(e.recorded_at) AS last_used_at
              FROM events e
             WHERE e.position > $1 AND e.position <= $2
               AND EXISTS (SELECT FROM events WHERE topic = 'ApiKey.Issued')
             GROUP BY 1) used
      JOIN events k ON k.stream_id = used.access_id AND k.version = 1 AND k.topic = 'ApiKey.Issued'
    {KEEP_LATEST}
"""
MERGE_USES = f"INSERT INTO {USES} AS u SELECT * FROM {USES.other} {KEEP_LATEST}"


def _changes(recorded: DecodedEvent) -> Iterator[Change]:
    at = recorded.recorded_at
    key_id = recorded.event.originator_id
    match recorded.event:
        case ApiKey.Issued() as e:
            terms = e.scopes, e.calls_per_minute, at, e.expires_at
            yield INSERT, (key_id, e.owner_id, e.name, *terms)
        case ApiKey.Revoked():
            yield REVOKE, (key_id, at)
        case event:
            raise UnknownEvent(event)


API_KEYS = StreamProjection(
    name="api_keys",
    rule_version=1,
    tables=(KEYS,),
    stream_type=ApiKey.TOPIC,
    changes=_changes,
)
API_KEY_USES = SetProjection(
    name="api_key_uses",
    rule_version=1,
    tables=(USES,),
    folds="all",
    fold=FOLD_USES,
    merge=MERGE_USES,
)

FILTER = "owner_id = $1 AND ($2 OR revoked_at IS NULL)"
PAGE = f"""
    SELECT k.*, u.last_used_at
      FROM (SELECT * FROM read.api_keys
             WHERE {FILTER}
               AND ($5::uuid IS NULL
                    OR (created_at, id) < (SELECT created_at, id FROM read.api_keys WHERE id = $5))
             ORDER BY created_at DESC, id DESC OFFSET $3 LIMIT $4) k
      LEFT JOIN read.api_key_uses u ON u.key_id = k.id
     ORDER BY k.created_at DESC, k.id DESC
"""
TOTAL = f"SELECT count(*) FROM read.api_keys WHERE {FILTER}"


@dataclass(frozen=True)
class ApiKeyRow:
    """A key as its owner sees it, without its secret."""

    id: UUID
    owner_id: UUID
    name: str
    scopes: list[str]
    calls_per_minute: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    """None if no event names the key."""


async def api_keys_of(
    owner_id: UUID,
    pool: Pool,
    *,
    with_revoked: bool = False,
    skip: int = 0,
    limit: int = 100,
    before: UUID | None = None,
) -> Page[ApiKeyRow]:
    """The keys of an account, newest first; with ``before``, those older than that key."""
    rows = await pool.fetch(PAGE, owner_id, with_revoked, *bounded(skip, limit), before)
    total = await pool.fetchval(TOTAL, owner_id, with_revoked)
    return Page([ApiKeyRow(**row) for row in rows], total)
