"""Applying a window of events: its rows and the moved checkpoints, in one transaction.

The checkpoints move first, and only from the position that the caller expects: a process that is
too late changes nothing. That also locks their rows, so that meanwhile tables are not exchanged
and parked events are not retried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import asyncpg
import structlog

from projections.engine import checkpoints
from projections.engine.errors import CheckpointConflict, describe, is_data_error
from projections.engine.parked_events import park, parts_without_parked
from projections.engine.projection import Projection, Window
from storage.postgres.pool import Connection

# Rows and checkpoints that a crash loses are folded again, so their commits need not wait for the
# disk. The plans must not depend on statistics, which were taken when the table was small.
SESSION = "SET synchronous_commit = off; SET enable_seqscan = off; SET jit = off"

log = structlog.get_logger(__name__)


class Advance:
    """Moves checkpoints forward on one connection."""

    def __init__(self, projections: Mapping[str, Projection], connection: Connection) -> None:
        self._projections = projections
        self._connection = connection

    async def apply(self, keys: Sequence[str], window: Window) -> None:
        """Apply a window for checkpoints that are all at its start.

        An event whose data cause an error is parked for that projection; the others, and all other
        events, go on. Raises `CheckpointConflict` if a checkpoint is at another position.
        """
        try:
            await self._apply(keys, window)
        except Exception as error:
            if not is_data_error(error):
                raise
            log.warning("window_refused", after=window.after, error=describe(error))
            for key in keys:
                await self._apply_by_halves(key, window)

    async def _apply(self, keys: Sequence[str], window: Window) -> None:
        async with self._connection.transaction():
            rows = await checkpoints.move(keys, window.after, window.until, self._connection)
            for row in rows:
                projection = self._projection(row)
                parts: Sequence[Window] = [window]
                if row["has_parked"]:
                    parts = await parts_without_parked(row["name"], window, self._connection)
                for part in parts:
                    await projection.project(part, row["generation"], self._connection)

    async def _apply_by_halves(self, key: str, window: Window) -> None:
        try:
            await self._apply([key], window)
        except Exception as error:
            if not is_data_error(error):
                raise
            if window.size == 1:
                await self._park(key, window, error)
                return
            middle = (window.after + window.until) // 2
            await self._apply_by_halves(key, window.part(window.after, middle))
            await self._apply_by_halves(key, window.part(middle, window.until))

    async def _park(self, key: str, window: Window, error: Exception) -> None:
        async with self._connection.transaction():
            await checkpoints.move([key], window.after, window.until, self._connection)
            await park(key, window.until, error, self._connection)

    def _projection(self, row: asyncpg.Record) -> Projection:
        projection = self._projections[row["name"].partition("@")[0]]
        if row["rule_version"] != projection.rule_version:
            raise CheckpointConflict(f"{row['name']} is of rule version {row['rule_version']}")
        return projection
