"""Moving checkpoints: a window's rows and the checkpoints that say so, in one transaction.

The checkpoint moves first, and only from where the caller knows it to be: whoever is too late
finds nothing to move and changes nothing. It also locks the row, so that tables are not exchanged
and parked events not retried meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import asyncpg
import structlog

from projections.engine.errors import DATA_ERRORS, NOT_DATA_ERRORS, Fenced, described
from projections.engine.parked_events import park, parts_without_parked
from projections.engine.projection import Projection, Window
from storage.postgres.pool import Connection

# A lost tail of rows and checkpoints is folded again, so their commits need not wait for the
# disk. The plans must not depend on statistics, which were taken when the table was small.
SESSION = "SET synchronous_commit = off; SET enable_seqscan = off; SET jit = off"
MOVE = """
    UPDATE projections p SET position = $3, updated_at = clock_timestamp()
     WHERE name = ANY($1) AND position = $2
    RETURNING name, rule_version, generation, EXISTS (
        SELECT FROM parked_events q
         WHERE q.projection IN (p.name, split_part(p.name, '@', 1))) AS has_parked
"""

log = structlog.get_logger(__name__)


class Advance:
    """Brings checkpoints forward on one connection."""

    def __init__(self, projections: Mapping[str, Projection], connection: Connection) -> None:
        self._projections = projections
        self._connection = connection

    async def apply(self, keys: Sequence[str], window: Window) -> None:
        """Apply a window for checkpoints that all stand at its start.

        An event that cannot be applied is parked for the projection that cannot; the others,
        and all other events, go on. Raises `Fenced` where a checkpoint stands elsewhere.
        """
        try:
            await self._apply(keys, window)
        except NOT_DATA_ERRORS:
            raise
        except DATA_ERRORS as error:
            log.warning("window_refused", after=window.after, error=described(error))
            for key in keys:
                await self._apply_by_halves(key, window)

    async def _apply(self, keys: Sequence[str], window: Window) -> None:
        async with self._connection.transaction():
            for row in await self._move(keys, window):
                projection = self._projection(row)
                parts: Sequence[Window] = [window]
                if row["has_parked"]:
                    parts = await parts_without_parked(row["name"], window, self._connection)
                for part in parts:
                    await projection.project(part, row["generation"], self._connection)

    async def _apply_by_halves(self, key: str, window: Window) -> None:
        try:
            await self._apply([key], window)
        except NOT_DATA_ERRORS:
            raise
        except DATA_ERRORS as error:
            if window.size == 1:
                await self._park(key, window, error)
                return
            middle = (window.after + window.until) // 2
            await self._apply_by_halves(key, window.part(window.after, middle))
            await self._apply_by_halves(key, window.part(middle, window.until))

    async def _park(self, key: str, window: Window, error: Exception) -> None:
        async with self._connection.transaction():
            await self._move([key], window)
            await park(key, window.until, error, self._connection)

    async def _move(self, keys: Sequence[str], window: Window) -> list[asyncpg.Record]:
        rows = await self._connection.fetch(MOVE, keys, window.after, window.until)
        if len(rows) != len(keys):
            raise Fenced(f"of {', '.join(keys)} not all stand at {window.after}")
        return rows

    def _projection(self, row: asyncpg.Record) -> Projection:
        projection = self._projections[row["name"].partition("@")[0]]
        if row["rule_version"] != projection.rule_version:
            raise Fenced(f"{row['name']} is of rule version {row['rule_version']}")
        return projection
