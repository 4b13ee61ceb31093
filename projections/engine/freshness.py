"""Reading one's own writes: a read of the tables waits for what was recorded before it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import asyncpg

from domain.errors import Unavailable
from projections.catalogue import PROJECTIONS
from projections.engine.runner import Runner
from storage.postgres.pool import Pool

WAIT_S_MAX = 0.25
"""How long a read waits at the most, unless told otherwise."""

STEP_S = 0.003
STALLED = timedelta(seconds=1)
"""Whoever is this far behind will not catch up within the wait."""

BEHIND = """
    WITH stand AS (
        SELECT min(position) AS position, (SELECT coalesce(max(position), 0) FROM events) AS head
          FROM projections WHERE name = ANY($1))
    SELECT position, head, clock_timestamp() - (
               SELECT e.recorded_at FROM events e WHERE e.position = stand.position + 1) AS age
      FROM stand
"""

RULES = "SELECT name, rule_version FROM projections WHERE name = ANY($1)"


class Freshness:
    """Knows how far the read tables are behind the events."""

    def __init__(
        self, pool: Pool, runner: Runner | None = None, *, wait_s_max: float = WAIT_S_MAX
    ) -> None:
        self._pool = pool
        self._runner = runner
        self._wait_s_max = wait_s_max

    async def wait(self, *names: str) -> float:
        """Wait until projections have applied all that is recorded by now, but not for ever.

        Gives 0 then, and else for how many seconds the oldest missing event has been there;
        where the runner is stalled it says so at once.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self._wait_s_max
        behind = await self._behind(names)
        head = behind["head"]
        while behind["position"] < head:
            if behind["age"] > STALLED or loop.time() >= end:
                return behind["age"].total_seconds()
            await self._step()
            behind = await self._behind(names)
        return 0.0

    async def check_rules(self, *names: str) -> None:
        """Raise `Unavailable` where tables are still those of another release's rules."""
        for row in await self._pool.fetch(RULES, names):
            if row["rule_version"] != PROJECTIONS[row["name"]].rule_version:
                raise Unavailable(f"{row['name']} is being built anew for this release")

    async def _step(self) -> None:
        """Let a moment pass, or less where the runner of this process gets further."""
        if self._runner is None or not self._runner.is_leading:
            await asyncio.sleep(STEP_S)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(STEP_S):
                await self._runner.moved(is_urgent=True)

    async def _behind(self, names: tuple[str, ...]) -> asyncpg.Record:
        row = await self._pool.fetchrow(BEHIND, names)
        assert row is not None
        assert row["position"] is not None, f"none of {names} has tables"
        return row
