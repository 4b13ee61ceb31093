"""An owner's models, looked for by their texts and in the order somebody likes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from projections.read_models.conditions import Conditions
from projections.read_models.model_list import SELECT, ModelRow, model_row_of
from projections.read_models.paging import BYTES_MAX, Page, bounded, with_room
from storage.postgres.pool import Pool

Sort = Literal["created_at", "updated_at", "name", "usage_count"]
Order = Literal["asc", "desc"]

KEYS: Final[dict[Sort, str]] = {
    "created_at": "m.created_at",
    "updated_at": "m.updated_at",
    "name": "lower(m.name)",
    "usage_count": "(SELECT coalesce(sum(t.calls), 0) FROM read.model_totals t"
    " WHERE t.model_id = m.id)",
}
ORDERS: Final[dict[Order, str]] = {"asc": "ASC", "desc": "DESC"}

# What is found is counted and put in order by narrow rows; the wide ones of a page come after.
FOUND = """
    WITH found AS MATERIALIZED (
        SELECT m.id, {key} AS key FROM read.model_list m
         WHERE m.owner_id = $1 AND NOT m.is_deleted AND {fits})
    SELECT (SELECT count(*) FROM found) AS total,
           ARRAY(SELECT id FROM found WHERE {remains}
                  ORDER BY key {order}, id {order} OFFSET $2 LIMIT $3) AS ids
"""
IS_QUARANTINED = """
    EXISTS (SELECT FROM read.model_versions v
             WHERE v.model_id = m.id AND v.number = m.serving_number
               AND v.quarantine_reason IS NOT NULL) = $
"""
OLDER = "(key, id) < (SELECT c.created_at, c.id FROM read.model_list c WHERE c.id = $)"
IN_ORDER = with_room(
    """
    SELECT m.*, f.place FROM unnest($1::uuid[]) WITH ORDINALITY AS f (id, place)
      JOIN ({SELECT}) m ON m.id = f.id
    """.replace("{SELECT}", SELECT),
    by="place",
    bytes_max="$2",
)


@dataclass(frozen=True, kw_only=True)
class ModelFilter:
    """Which models are wanted, and in which order."""

    search: str | None = None
    """A part of the name, the description, the type or the label, whatever their case."""
    is_active: bool | None = None
    is_quarantined: bool | None = None
    """Whether the version that serves is in quarantine."""
    sort: Sort = "created_at"
    order: Order = "desc"

    @property
    def is_newest_first(self) -> bool:
        """Whether models that are added meanwhile come before all others."""
        return (self.sort, self.order) == ("created_at", "desc")


EVERY_MODEL: Final = ModelFilter()


async def models_of(
    owner_id: UUID,
    pool: Pool,
    wanted: ModelFilter = EVERY_MODEL,
    *,
    skip: int = 0,
    limit: int = 100,
    before: UUID | None = None,
) -> Page[ModelRow]:
    """The owner's models; where the newest come first, those older than one if it is named.

    A page has fewer rows than its limit where they are large.
    """
    assert before is None or wanted.is_newest_first
    arguments: list[Any] = [owner_id, *bounded(skip, limit)]
    fits, remains = Conditions(arguments), Conditions(arguments)
    fits.add("strpos(m.sought, lower($)) > 0", wanted.search)
    fits.add("m.is_active = $", wanted.is_active)
    fits.add(IS_QUARANTINED, wanted.is_quarantined)
    remains.add(OLDER, before)
    found = await pool.fetchrow(
        FOUND.format(key=KEYS[wanted.sort], order=ORDERS[wanted.order], fits=fits, remains=remains),
        *arguments,
    )
    assert found is not None
    ids = found["ids"]
    rows = [model_row_of(row) for row in await pool.fetch(IN_ORDER, ids, BYTES_MAX)]
    return Page(rows, found["total"], rows[-1].id if len(rows) < len(ids) else None)
