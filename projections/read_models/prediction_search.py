"""Filtered predictions of a model, newest first: by page, or all of them in batches.

Each query scans one index from the newest prediction on and stops after `SCAN_MAX`, even if few
or none match; the next query continues there.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from projections.queries import (
    BYTES_MAX,
    LAST_POSITION,
    Conditions,
    Page,
    bounded,
    position_range,
)
from projections.read_models.model_stats import call_count
from projections.read_models.prediction_history import (
    ID,
    POSITION,
    PredictionRow,
    Status,
    predictions_at,
)
from storage.postgres.pool import Pool

SCAN_MAX: Final = 250_000
"""How many predictions one query scans."""

COUNT_MAX: Final = 10_000
"""Up to how many matching predictions are counted."""

BATCH_BYTES_MAX: Final = 2**20
BATCH_ROWS_MAX: Final = 200
FIRST_BATCH_ROWS: Final = 10


@dataclass(frozen=True, kw_only=True)
class PredictionFilter:
    """Conditions on predictions; None is no condition."""

    status: Status | None = None
    number: int | None = None
    """The version."""
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    latency_us_min: int | None = None
    latency_us_max: int | None = None


ALL_PREDICTIONS: Final = PredictionFilter()


class PredictionSearch:
    """Finds the predictions of one model that match a filter."""

    def __init__(self, pool: Pool, model_id: UUID, filter_: PredictionFilter) -> None:
        self._pool = pool
        self._model_id = model_id
        self._filter = filter_
        self._range: tuple[int, int] | None = None

    async def read(
        self, before: int, limit: int, *, skip: int = 0, bytes_max: int = BYTES_MAX
    ) -> tuple[list[PredictionRow], int | None]:
        """Read the newest matches before a position, and the position before which to continue."""
        statement, arguments = await self._scan(before, skip + limit)
        scanned = await self._pool.fetch(statement, *arguments)
        is_end = not scanned or (
            len(scanned) < skip + limit and scanned[-1]["number_scanned"] < SCAN_MAX
        )
        positions = [row["position"] for row in scanned if row["is_match"]][skip:]
        rows = await predictions_at(positions, self._pool, bytes_max=bytes_max)
        if len(rows) < len(positions):
            return rows, rows[-1].position
        return rows, None if is_end else scanned[-1]["position"]

    async def count(self) -> int | None:
        """Count the matches; None if they, or the predictions to scan, are too many."""
        if self._filter == ALL_PREDICTIONS:
            return await call_count(self._model_id, self._pool)
        statement, arguments = await self._scan(LAST_POSITION, COUNT_MAX + 1)
        row = await self._pool.fetchrow(
            f"""
            SELECT count(*) FILTER (WHERE is_match) AS matches,
                   max(number_scanned) = {SCAN_MAX} AS is_cut
              FROM ({statement}) scanned
            """,
            *arguments,
        )
        assert row is not None
        return None if row["is_cut"] or row["matches"] > COUNT_MAX else row["matches"]

    async def _scan(self, before: int, limit: int) -> tuple[str, list[Any]]:
        """Build a statement: matches, and the last prediction if the scan was cut.

        The conditions of ``scanned`` are a range of an index, which includes the columns that
        ``matches`` compares.
        """
        filter_ = self._filter
        if self._range is None:
            self._range = await position_range(self._pool, filter_.since, filter_.until)
        after, until = self._range
        arguments: list[Any] = [self._model_id, limit]
        matches = Conditions(arguments)
        if filter_.status == "error":  # as a literal, which the partial index requires
            scanned = Conditions(arguments, "model_id = $1", "status = 'error'")
            matches.add("number = $", filter_.number)
        else:
            scanned = Conditions(arguments, "model_id = $1")
            scanned.add("number = $", filter_.number)
            matches.add("status = $", filter_.status)
        scanned.add("position > $", after)
        scanned.add("position <= $", min(until, before - 1))
        matches.add("latency_us >= $", filter_.latency_us_min)
        matches.add("latency_us <= $", filter_.latency_us_max)
        statement = f"""
            SELECT position, is_match, number_scanned
              FROM (SELECT position, ({matches}) AS is_match,
                           row_number() OVER (ORDER BY position DESC) AS number_scanned
                      FROM (SELECT position, status, number, latency_us
                              FROM read.prediction_history
                             WHERE {scanned} ORDER BY position DESC LIMIT {SCAN_MAX}) h) n
             WHERE is_match OR number_scanned = {SCAN_MAX}
             ORDER BY position DESC LIMIT $2
        """
        return statement, arguments


async def history_of(
    model_id: UUID,
    pool: Pool,
    filter_: PredictionFilter = ALL_PREDICTIONS,
    *,
    skip: int = 0,
    limit: int = 100,
    before: UUID | None = None,
) -> Page[PredictionRow]:
    """The predictions of a model, newest first; with ``before``, those before that prediction.

    A page has fewer rows than its limit if they are large, or if few of very many match; its
    cursor shows where to continue.
    """
    skip, limit = bounded(skip, limit)
    position = LAST_POSITION if before is None else await pool.fetchval(POSITION, before) or 0
    search = PredictionSearch(pool, model_id, filter_)
    rows, following = await search.read(position, limit, skip=skip)
    cursor = None if following is None else await pool.fetchval(ID, following)
    return Page(rows, await search.count(), cursor)


async def recent_predictions(model_id: UUID, pool: Pool, *, limit: int) -> list[PredictionRow]:
    """The last predictions of a model, newest first; fewer if they are large."""
    search = PredictionSearch(pool, model_id, ALL_PREDICTIONS)
    return (await search.read(LAST_POSITION, limit))[0]


async def history_batches(
    model_id: UUID, pool: Pool, filter_: PredictionFilter = ALL_PREDICTIONS
) -> AsyncGenerator[list[PredictionRow]]:
    """All matching predictions of a model, newest first, in batches that are read quickly.

    Each batch is a query of its own, so nothing is locked while a client reads slowly. A batch is
    empty if its scan found no match.
    """
    search = PredictionSearch(pool, model_id, filter_)
    position: int | None = LAST_POSITION
    size = FIRST_BATCH_ROWS
    while position is not None:
        rows, position = await search.read(position, size, bytes_max=BATCH_BYTES_MAX)
        # If rows are large, few fit: then fewer positions are searched for.
        size = min(max(2 * len(rows), 1), BATCH_ROWS_MAX)
        yield rows
