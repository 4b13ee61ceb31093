"""The API keys of each account, without what would open anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.api_key import ApiKey
from projections.engine.projection import Change, StreamProjection, Table
from projections.read_models.paging import Page, bounded
from storage.event_store.event_store import Recorded
from storage.postgres.pool import Pool

RULE_VERSION = 1

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
INSERT = "INSERT INTO read.api_keys_{generation} VALUES ($1, $2, $3, $4, $5, $6, $7)"
REVOKE = "UPDATE read.api_keys_{generation} SET revoked_at = $2 WHERE id = $1"


def _changes(recorded: Recorded) -> Iterator[Change]:
    at = recorded.recorded_at
    key_id = recorded.event.originator_id
    match recorded.event:
        case ApiKey.Issued() as e:
            yield (
                INSERT,
                (key_id, e.owner_id, e.name, e.scopes, e.calls_per_minute, at, e.expires_at),
            )
        case _:
            yield REVOKE, (key_id, at)


API_KEYS = StreamProjection(
    name="api_keys",
    rule_version=RULE_VERSION,
    tables=(KEYS,),
    kind=ApiKey.TOPIC,
    changes=_changes,
)

FILTER = "owner_id = $1 AND ($2 OR revoked_at IS NULL)"
PAGE = """
    SELECT k.*, u.last_used_at
      FROM (SELECT * FROM read.api_keys
             WHERE {filter}
               AND ($5::uuid IS NULL
                    OR (created_at, id) < (SELECT created_at, id FROM read.api_keys WHERE id = $5))
             ORDER BY created_at DESC, id DESC OFFSET $3 LIMIT $4) k
      LEFT JOIN read.api_key_uses u ON u.key_id = k.id
     ORDER BY k.created_at DESC, k.id DESC
""".replace("{filter}", FILTER)
TOTAL = "SELECT count(*) FROM read.api_keys WHERE {filter}".replace("{filter}", FILTER)


@dataclass(frozen=True)
class ApiKeyRow:
    """A key as its owner sees it."""

    id: UUID
    owner_id: UUID
    name: str
    scopes: list[str]
    calls_per_minute: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    """When it last brought something about; None if it never did."""


async def api_keys_of(
    owner_id: UUID,
    pool: Pool,
    *,
    with_revoked: bool = False,
    skip: int = 0,
    limit: int = 100,
    before: UUID | None = None,
) -> Page[ApiKeyRow]:
    """The keys of an account, newest first, those older than one of them if it is named."""
    rows = await pool.fetch(PAGE, owner_id, with_revoked, *bounded(skip, limit), before)
    total = await pool.fetchval(TOTAL, owner_id, with_revoked)
    return Page([ApiKeyRow(**row) for row in rows], total)
