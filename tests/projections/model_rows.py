"""One model of the read tables."""

from __future__ import annotations

from uuid import UUID

from projections.read_models.model_list import SELECT_MODELS, ModelRow, read_row
from storage.postgres.pool import Pool


async def model_row(model_id: UUID, pool: Pool) -> ModelRow | None:
    """One model, which may be deleted."""
    row = await pool.fetchrow(f"{SELECT_MODELS} WHERE m.id = $1", model_id)
    return None if row is None else read_row(ModelRow, row)
