"""Search in the models of an owner, by text and state, in a chosen order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from projections.queries import BYTES_MAX, Conditions, Page, bounded, limit_bytes
from projections.read_models.model_list import SELECT_MODELS, USAGE_COUNT, ModelRow, read_row
from storage.postgres.pool import Pool

Sort = Literal["created_at", "updated_at", "name", "usage_count"]
Order = Literal["asc", "desc"]

KEYS: Final[dict[Sort, str]] = {
    "created_at": "m.created_at",
    "updated_at": "m.updated_at",
    "name": "lower(m.name)",
    "usage_count": USAGE_COUNT,
}
ORDERS: Final[dict[Order, str]] = {"asc": "ASC", "desc": "DESC"}

IS_QUARANTINED = """
    EXISTS (SELECT FROM read.model_versions v
             WHERE v.model_id = m.id AND v.number = m.serving_number
               AND v.quarantine_reason IS NOT NULL) = $
"""
OLDER = "(key, id) < (SELECT c.created_at, c.id FROM read.model_list c WHERE c.id = $)"
ROWS_OF_PAGE = limit_bytes(
    f"""
    SELECT m.*, f.place FROM unnest($1::uuid[]) WITH ORDINALITY AS f (id, place)
      JOIN ({SELECT_MODELS}) m ON m.id = f.id
    """,
    order="place",
    bytes_max="$2",
)


@dataclass(frozen=True, kw_only=True)
class ModelFilter:
    """Conditions on models, and the order; None is no condition."""

    search: str | None = None
    """Part of the name, description, model type or label of the live version, in any case."""
    is_active: bool | None = None
    is_quarantined: bool | None = None
    """Whether the live version is quarantined."""
    sort: Sort = "created_at"
    order: Order = "desc"

    @property
    def is_newest_first(self) -> bool:
        """Whether new models come first, so that a cursor stays valid."""
        return (self.sort, self.order) == ("created_at", "desc")


ALL_MODELS: Final = ModelFilter()


async def models_of(
    owner_id: UUID,
    pool: Pool,
    filter_: ModelFilter = ALL_MODELS,
    *,
    skip: int = 0,
    limit: int = 100,
    before: UUID | None = None,
) -> Page[ModelRow]:
    """The owner's models; with ``before``, those older than that one (newest first only).

    A page has fewer rows than its limit if they are large.
    """
    assert before is None or filter_.is_newest_first
    arguments: list[Any] = [owner_id, *bounded(skip, limit)]
    conditions = Conditions(arguments, "m.owner_id = $1", "NOT m.is_deleted")
    conditions.add("strpos(m.search_text, lower($)) > 0", filter_.search)
    conditions.add("m.is_active = $", filter_.is_active)
    conditions.add(IS_QUARANTINED, filter_.is_quarantined)
    cursor = Conditions(arguments)
    cursor.add(OLDER, before)
    order = ORDERS[filter_.order]
    # Narrow rows are counted and sorted; the wide rows of a page are read after that.
    statement = f"""
        WITH found AS MATERIALIZED (
            SELECT m.id, {KEYS[filter_.sort]} AS key FROM read.model_list m WHERE {conditions})
        SELECT (SELECT count(*) FROM found) AS total,
               ARRAY(SELECT id FROM found WHERE {cursor}
                      ORDER BY key {order}, id {order} OFFSET $2 LIMIT $3) AS ids
    """
    found = await pool.fetchrow(statement, *arguments)
    assert found is not None
    ids = found["ids"]
    rows = [read_row(ModelRow, row) for row in await pool.fetch(ROWS_OF_PAGE, ids, BYTES_MAX)]
    return Page(rows, found["total"], rows[-1].id if len(rows) < len(ids) else None)
