"""Reading one's own writes: a read waits until the tables have what was recorded before it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from domain.errors import Unavailable
from projections.engine import checkpoints
from projections.engine.projection import Projection
from projections.engine.runner import Runner
from storage.postgres.pool import Pool

WAIT_S_MAX = 0.25
STEP_S = 0.003
STALLED = timedelta(seconds=1)
"""A lag that is too large to wait for."""


class Freshness:
    """Waits for the read tables."""

    def __init__(
        self,
        pool: Pool,
        projections: Mapping[str, Projection],
        runner: Runner | None = None,
        *,
        wait_s_max: float = WAIT_S_MAX,
    ) -> None:
        self._pool = pool
        self._projections = projections
        self._runner = runner
        self._wait_s_max = wait_s_max

    async def wait(self, *names: str) -> float:
        """Wait, up to a limit, until projections have applied all that is recorded now.

        Returns 0 if they have, else the age in seconds of the oldest missing event. If the runner
        is stalled, it does not wait.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self._wait_s_max
        lag = await checkpoints.lag_of(names, self._pool)
        head = lag.head
        while lag.position < head:
            if lag.age > STALLED or loop.time() >= end:
                return lag.age.total_seconds()
            await self._step()
            lag = await checkpoints.lag_of(names, self._pool)
        return 0.0

    async def check_rules(self, *names: str) -> None:
        """Raise `Unavailable` if tables are still those of another release's rules."""
        for name, rule in (await checkpoints.rules_of(names, self._pool)).items():
            if rule != self._projections[name].rule_version:
                raise Unavailable(f"{name} is being rebuilt for this release")

    async def _step(self) -> None:
        """Pause, at most until the runner of this process moves a checkpoint."""
        if self._runner is None or not self._runner.is_leading:
            await asyncio.sleep(STEP_S)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(STEP_S):
                await self._runner.moved(is_urgent=True)
